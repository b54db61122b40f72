#pragma once
#include "protocol/bytes.hpp"

#include <cstdint>
#include <string_view>

namespace tocsin::protocol::cbor {

/// Appends CBOR data items in their shortest form (RFC 8949, Section 4.2.1).
/// The caller announces the number of elements of containers and keeps to it.
class writer {
public:
  writer& unsigned_integer(std::uint64_t x);
  writer& integer(std::int64_t x);
  writer& boolean(bool x);
  writer& null();
  writer& text(std::string_view x);
  writer& octets(byte_view x);
  writer& array(std::size_t elements);
  writer& map(std::size_t pairs);
  writer& tag(std::uint64_t number);
  /// A decimal fraction with two digits: tag 4 [-2, hundredths] (RFC 8949,
  /// Section 3.4.4; RFC 9132, Section 6).
  writer& hundredths(std::int64_t x);
  /// Items that are already CBOR, copied as they are.
  writer& raw(byte_view items);

  const bytes& get() const& noexcept { return out_; }
  bytes get() && noexcept { return std::move(out_); }

private:
  bytes out_;
};

} // namespace tocsin::protocol::cbor
