#pragma once
#include "protocol/error.hpp"
#include "roles/config/config.hpp"
#include "roles/config/option.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The text forms of configuration values, free of TOML.
namespace tocsin::roles {

/// Reads "90s", "2m", "1h30m" or "1d" into seconds. Fails with ec::malformed,
/// or ec::out_of_range beyond 64 bits.
result<std::int64_t> parse_duration(std::string_view text);

/// The shortest text that parse_duration() reads back; -1 is "indefinite".
std::string duration_text(std::int64_t seconds);

/// Reads "host", "host:port", "[v6]" or "[v6]:port"; `port` stands in for an
/// absent one. Fails with ec::malformed.
result<endpoint> parse_endpoint(std::string_view text,
                                std::uint16_t port = default_port);

/// Reads "80" or "8000-8080".
result<protocol::signal::port_range> parse_port_range(std::string_view text);

/// Reads "tcp" and its like; the number of an IP protocol.
result<std::uint8_t> parse_protocol(std::string_view name);

/// Checks and normalises text of this form. The failure's detail says what it
/// should look like.
result<std::string> normalise(std::string_view text, form as);

/// The candidate that a misspelt word most likely means, or nothing.
std::string_view closest(std::string_view word,
                         std::span<const std::string_view> candidates);

/// Names of an enumeration's values, in their order.
std::span<const std::string_view> labels_of(log_level);
std::span<const std::string_view> labels_of(log_format);
std::span<const std::string_view>
    labels_of(protocol::signal::mitigation_action);

std::span<const std::string_view> labels_of(protocol::signal::conflict_policy);
std::span<const std::string_view> labels_of(protocol::data::conflict_policy);
std::span<const std::string_view> labels_of(relay_choice);
std::span<const std::string_view> labels_of(protocol::signal::transport_kind);
std::span<const std::string_view> labels_of(protocol::signal::translation_kind);

template <class Enum>
std::string_view label(Enum x) {
  return labels_of(x)[static_cast<std::size_t>(x)];
}

/// "a, b, c"
std::string join(std::span<const std::string_view> words);

} // namespace tocsin::roles
