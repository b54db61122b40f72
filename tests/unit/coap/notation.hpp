#pragma once
#include "protocol/bytes.hpp"

#include <string>
#include <string_view>

/// Octets as tests write them, for messages over datagrams and over streams.
namespace tocsin::protocol::coap {

/// "4401 0a" to octets; blanks are skipped.
inline bytes hex(std::string_view text) {
  bytes octets;
  std::string digits;
  for (const char x : text)
    if (x != ' ')
      digits += x;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    octets.push_back(static_cast<std::uint8_t>(
        std::stoul(digits.substr(i, 2), nullptr, 16)));
  return octets;
}

inline bytes octets_of(std::string_view text) {
  const auto view = as_octets(text);
  return {view.begin(), view.end()};
}

inline std::string text_of(const bytes& octets) {
  return std::string{as_text(octets)};
}

} // namespace tocsin::protocol::coap
