#pragma once
#include "protocol/bytes.hpp"
#include "transports/credentials.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace tocsin::transports {

/// What came of judging a peer.
struct verification {
  bool good = false;
  std::string reason;      ///< if not good: a sentence for the operator
  std::uint8_t alert = 42; ///< if not good: RFC 5246, Section 7.2
};

/// Judges a certificate chain, DER, the peer's own certificate first, whichever
/// library received it: path to a trusted CA, time, revocation, purpose, and,
/// as a client, `server_name`, which is empty for servers (RFC 5280; RFC 6125;
/// RFC 9132, Section 7.1). Any thread.
verification verify_chain(const credentials& own, std::span<const bytes> chain,
                          const std::string& server_name);

/// Whether `name` is an IPv4 or IPv6 address rather than a name.
bool is_address_literal(const std::string& name);

/// Digest of what a client must have in common with the time when a session
/// was saved: its own credentials and the name of the server.
bytes resumption_binding(const credentials& own, const std::string& server_name,
                         std::string_view protocol);

} // namespace tocsin::transports
