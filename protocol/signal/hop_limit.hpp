#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// How loops of gateways end (RFC 8768; RFC 9132, Section 4.4.1.2).
namespace tocsin::protocol::signal {

/// What a gateway gives a request that came without a Hop-Limit.
inline constexpr std::uint8_t default_hop_limit = 16;

/// What is left for the next hop of a request that came with this Hop-Limit
/// (0: with none); nothing if it must not be passed on (RFC 8768, Section 3).
constexpr std::optional<std::uint8_t> next_hop(std::uint8_t came) noexcept {
  if (came == 0)
    return default_hop_limit;
  if (came == 1)
    return std::nullopt;
  return static_cast<std::uint8_t>(came - 1);
}

/// The diagnostic payload of a 5.08: the nodes on the way; that which found the
/// loop is the last (RFC 8768, Section 4). This node's `name`, without
/// spaces, goes before what it heard; a list that names it already is not
/// passed on.
std::string hop_report(std::string_view name, std::string_view heard);

} // namespace tocsin::protocol::signal
