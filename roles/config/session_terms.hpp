#pragma once
#include "protocol/signal/redirect.hpp"
#include "protocol/signal/session_config.hpp"
#include "roles/config/config.hpp"
#include "transports/reactor.hpp"

#include <optional>

/// What the configuration says about the sessions of a node (RFC 9132, Section
/// 4.5).
namespace tocsin::roles {

/// What a server accepts, and what holds until a client negotiates.
protocol::signal::config_policy terms_of(const server_config& x);

/// What its reactors take on, each of them: limits of all reactors together are
/// divided among them, at least 1 for each.
transports::reactor_limits limits_of(const server_config& x);

/// When and where to a server sends clients away (RFC 9132, Section 4.6).
protocol::signal::redirect_settings redirects_of(const server_config& x);

/// What a client asks its server for; nothing: whatever the server has, as the
/// configuration wants no more than the defaults.
std::optional<protocol::signal::session_sets>
wishes_of(const upstream_config& x);

/// What a client lets a server talk it into: its own wishes are among it.
protocol::signal::config_policy terms_of(const upstream_config& x);

/// Largest payload of a UDP datagram to this server over IPv4 or IPv6, by the
/// path MTU that is assumed (RFC 9132, Section 7.3).
std::size_t datagram_octets(const upstream_config& x, bool ipv4);

/// Largest body of a request to this server that fits such a datagram, over
/// whichever family, with DTLS and with all that CoAP adds.
std::size_t request_octets(const upstream_config& x);

} // namespace tocsin::roles
