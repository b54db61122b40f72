#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tocsin {

/// Owned octets. `std::uint8_t`, not `std::byte`: g++ 12 warns inside CAF's
/// deserializer otherwise.
using bytes = std::vector<std::uint8_t>;

/// Borrowed octets; valid as long as their owner is.
using byte_view = std::span<const std::uint8_t>;

/// Views text as octets.
inline byte_view as_octets(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Views octets as text; the caller checks that they are UTF-8 if it matters.
inline std::string_view as_text(byte_view octets) noexcept {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

} // namespace tocsin
