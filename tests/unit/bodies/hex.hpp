#pragma once
#include "protocol/bytes.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Octets in hexadecimal, independent of the writers under test.
namespace tocsin::test {

/// "A1 01" as octets; blanks do not count.
inline bytes unhex(std::string_view text) {
  auto digit = [](char c) {
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
  };
  bytes out;
  int high = -1;
  for (char c : text) {
    if (c == ' ')
      continue;
    if (high < 0) {
      high = digit(c);
    } else {
      out.push_back(static_cast<std::uint8_t>(high << 4 | digit(c)));
      high = -1;
    }
  }
  return out;
}

inline std::string hex(byte_view octets) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (auto x : octets) {
    out += digits[x >> 4];
    out += digits[x & 15];
  }
  return out;
}

inline std::string hex(std::string_view text) {
  return hex(as_octets(text));
}

/// A CBOR text item of at most 65535 octets, in hexadecimal.
inline std::string text_item(std::string_view text) {
  auto n = text.size();
  auto octet = [](std::size_t x) {
    auto value = static_cast<std::uint8_t>(x);
    return hex(byte_view{&value, 1});
  };
  std::string head = n < 24    ? octet(0x60 + n)
                     : n < 256 ? "78" + octet(n)
                               : "79" + octet(n >> 8) + octet(n & 255);
  return head + hex(text);
}

} // namespace tocsin::test
