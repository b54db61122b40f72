#pragma once
#include "protocol/error.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::protocol::signal {

/// An IPv4 or IPv6 prefix in canonical form: host bits are zero.
class prefix {
public:
  enum class family : std::uint8_t { ipv4, ipv6 };

  /// The IPv4 prefix 0.0.0.0/0.
  prefix() = default;

  /// Octets in network order; for IPv4 the first four count. Bits beyond
  /// `length` are cleared; `length` is capped at 32 or 128.
  prefix(family f, const std::array<std::uint8_t, 16>& octets,
         std::uint8_t length);

  /// Parses "192.0.2.0/24" or "2001:db8::/32"; an address without a length is a
  /// host prefix. Fails with ec::malformed or ec::out_of_range.
  static result<prefix> parse(std::string_view text);

  family which() const noexcept { return family_; }
  bool is_ipv4() const noexcept { return family_ == family::ipv4; }
  std::uint8_t length() const noexcept { return length_; }
  std::uint8_t max_length() const noexcept { return is_ipv4() ? 32 : 128; }
  const std::array<std::uint8_t, 16>& octets() const noexcept {
    return octets_;
  }
  /// Bit `i` of the address, 0 = most significant; `i` < max_length().
  bool bit(std::uint8_t i) const noexcept {
    return (octets_[i >> 3] >> (7 - (i & 7))) & 1;
  }

  bool contains(const prefix& other) const noexcept;
  bool overlaps(const prefix& other) const noexcept {
    return contains(other) || other.contains(*this);
  }
  /// Broadcast, loopback, multicast or unspecified: never a valid target
  /// (RFC 9132, Section 4.4.1.1). A wide prefix that merely includes such
  /// addresses is judged by its first address and by containment in the
  /// special ranges.
  bool is_special() const noexcept;

  /// Always with the length: "192.0.2.1/32"; IPv6 as RFC 5952 wants it.
  std::string to_string() const;
  /// Without the length: "192.0.2.1".
  std::string address_string() const;

  friend auto operator<=>(const prefix&, const prefix&) = default;

private:
  std::array<std::uint8_t, 16> octets_{};
  family family_ = family::ipv4;
  std::uint8_t length_ = 0;
};

} // namespace tocsin::protocol::signal
