#pragma once
#include "protocol/signal/customer_table.hpp"
#include "transports/peer_identity.hpp"

#include <string>
#include <string_view>

namespace tocsin::actors {

/// Who the agent is, stable over a renewed certificate (RFC 9132, Section 8).
inline std::string identity_of(const transports::peer_identity& x) {
  if (!x.psk_identity.empty())
    return "psk:" + x.psk_identity;
  if (!x.dns_names.empty())
    return x.dns_names.front();
  return x.common_name.empty() ? x.spki_fingerprint : x.common_name;
}

/// Begins the identity of an agent whose requests a trusted gateway passes on:
/// the gateway alone has a session.
inline constexpr std::string_view behind_gateway = "behind a gateway: ";

/// What the table of customers asks of a peer.
inline protocol::signal::peer_identity
proven_names(const transports::peer_identity& x) {
  return {{x.fingerprint, x.spki_fingerprint},
          x.dns_names,
          x.common_name,
          x.psk_identity};
}

/// What a server-domain gateway calls the domain of this peer: the recipe of
/// the cuid over what it authenticated with (RFC 9132, Section 4.4.1.2).
std::string cdid_of(const transports::peer_identity& x);

} // namespace tocsin::actors
