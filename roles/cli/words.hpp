#pragma once
#include "protocol/error.hpp"
#include "protocol/signal/body.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/// What an operator types, and how numbers are said to one.
namespace tocsin::roles::cli {

/// "90", "90s", "15m", "1h30m", "2d": seconds. Fails with ec::malformed or
/// ec::out_of_range (beyond 32 bits).
result<std::chrono::seconds> parse_duration(std::string_view text);

/// A duration from one second, or "forever": -1.
result<std::int64_t> parse_lifetime(std::string_view text);

/// "80" or "8000-8100".
result<protocol::signal::port_range> parse_ports(std::string_view text);

/// "udp", "tcp" and some more names, or a number from 0 to 255.
result<std::uint8_t> parse_protocol(std::string_view text);

/// "udp" for 17, else the number.
std::string protocol_name(std::uint8_t number);

/// The two largest units that matter: "2 d 3 h", "59 min 3 s", "0 s".
std::string say_duration(std::uint64_t seconds);

/// Seconds left, or "forever" for -1.
std::string say_lifetime(std::int64_t seconds);

/// Milliseconds up to ten seconds, then as say_duration.
std::string say_milliseconds(std::uint64_t ms);

/// Three digits and a decimal prefix: "999", "1.23 k", "45.6 M".
std::string say_count(std::uint64_t n);

/// "1.23 MB"
std::string say_bytes(std::uint64_t n);

/// All digits, in groups: "1,234,567".
std::string say_exactly(std::uint64_t n);

/// "2023-11-14 22:13:20 UTC"
std::string say_time(std::int64_t epoch_seconds);

/// "203.0.113.7/32, udp, ports 80, 8000-8100"
std::string say_target(const protocol::signal::target& what);

/// A few words for a status, e.g. "mitigated".
std::string_view say_status(protocol::signal::status x);

/// `text` without control characters: what a peer said must not steer the
/// operator's terminal.
std::string printable(std::string_view text);

/// Escapes all but unreserved characters (RFC 3986, Section 2.3).
std::string percent_encode(std::string_view text);

} // namespace tocsin::roles::cli
