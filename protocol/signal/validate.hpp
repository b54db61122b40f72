#pragma once
#include "protocol/error.hpp"
#include "protocol/signal/body.hpp"

#include <string_view>

/// What a mitigation request must satisfy beyond its form. Pure functions; a
/// failure's `where` is the leaf, its detail tells an operator what to change.
namespace tocsin::protocol::signal {

/// Limits on the number of list entries in one request. RFC 9132 sets none. A
/// request which fits one datagram (Section 7.3) holds some 60 prefixes; these
/// leave room for block-wise requests and keep the cost of one request small.
inline constexpr std::size_t max_prefixes = 256;
inline constexpr std::size_t max_port_ranges = 64;
inline constexpr std::size_t max_protocols = 256; ///< there are no more
inline constexpr std::size_t max_fqdns = 64;      ///< each costs a look-up
inline constexpr std::size_t max_uris = 64;       ///< each costs a look-up
inline constexpr std::size_t max_aliases = 64;
inline constexpr std::size_t max_filter_controls = 128;

/// Longest domain name in text form (RFC 1035, Section 2.3.4).
inline constexpr std::size_t max_fqdn_length = 253;
/// Longest name of an alias or ACL we accept; RFC 8783 names no limit.
inline constexpr std::size_t max_name_length = 255;

/// Checks the body of a PUT to `mitigate` (RFC 9132, Section 4.4.1.1): one
/// scope entry with a valid target, a lifetime, nothing that only a server may
/// say. An efficacy update (with attack-status) may lack the lifetime.
/// Failures: missing, malformed, out_of_range, too_large.
result<void> validate_request(const mitigation_scope& x);

/// Checks a lifetime as requested or configured: -1 or 1..4294967295 seconds.
result<void> validate_lifetime(std::int64_t seconds);

/// Checks targets by themselves: at least one of prefix, FQDN, URI and alias,
/// each well formed, within limits and not special.
result<void> validate_target(const target& x);

/// Checks the acl-list of a request (RFC 9133, Section 3.2.1): names that can
/// be ones, each once. Which ACLs there are is not known here.
result<void> validate_filters(const std::vector<filter_control>& acls);

/// A prefix which may be protected: not broadcast, loopback, multicast or
/// unspecified. Also for addresses that a name resolved to (RFC 9132, Section
/// 4.4.1.1); `where` then names the leaf that held the name.
result<void> validate_prefix(const prefix& x,
                             std::string_view where = "target-prefix");

/// A domain name as in RFC 1123, Section 2.1, with the underscore that YANG's
/// inet:domain-name allows as well; a trailing dot is fine. Addresses in text
/// form are refused: they belong into target-prefix.
result<void> validate_fqdn(std::string_view name,
                           std::string_view where = "target-fqdn");

/// A URI that can be mapped to targets: see map_uri() in uri.hpp.
result<void> validate_uri(std::string_view text);

} // namespace tocsin::protocol::signal
