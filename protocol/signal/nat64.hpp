#pragma once
#include "protocol/error.hpp"
#include "protocol/signal/prefix.hpp"

#include <string_view>

/// IPv4 addresses as a host with nothing but IPv6 reaches them (RFC 6052).
namespace tocsin::protocol::signal {

/// 64:ff9b::/96 (RFC 6052, Section 2.1).
prefix well_known_nat64();

/// Reads a translator's prefix: "well-known", or an IPv6 prefix of 32, 40, 48,
/// 56, 64 or 96 bits (RFC 6052, Section 2.2) whose bits 64 to 71 are zero.
result<prefix> parse_nat64(std::string_view text);

/// The IPv6 address of an IPv4 address behind a translator with this prefix, as
/// parse_nat64() reads one. Fails with out_of_range for what is no IPv4
/// address, and for one that is not global behind the well-known prefix (RFC
/// 6052, Section 3.1).
result<prefix> embed_ipv4(const prefix& nat64, const prefix& address);

} // namespace tocsin::protocol::signal
