#pragma once
#include "protocol/bytes.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::protocol::coap {

/// How a message travels (RFC 7252, Section 3); the values are those on the
/// wire.
enum class type : std::uint8_t { con, non, ack, rst };

/// Request method or response code, as on the wire: class in the upper three
/// bits, detail in the lower five (RFC 7252, Section 3). A peer may send any
/// of the 256 values, not only those named here.
enum class code : std::uint8_t {
  empty = 0x00,
  get = 0x01,
  post = 0x02,
  put = 0x03,
  del = 0x04,
  created = 0x41,
  deleted = 0x42,
  valid = 0x43,
  changed = 0x44,
  content = 0x45,
  continue_ = 0x5f, ///< RFC 7959, Section 2.9.1
  bad_request = 0x80,
  unauthorized = 0x81,
  bad_option = 0x82,
  forbidden = 0x83,
  not_found = 0x84,
  method_not_allowed = 0x85,
  not_acceptable = 0x86,
  request_incomplete = 0x88,
  conflict = 0x89,
  precondition_failed = 0x8c,
  too_large = 0x8d,
  unsupported_format = 0x8f,
  unprocessable = 0x96,
  too_many_requests = 0x9d,
  internal = 0xa0,
  not_implemented = 0xa1,
  bad_gateway = 0xa2,
  unavailable = 0xa3,
  gateway_timeout = 0xa4,
  proxying_not_supported = 0xa5,
  hop_limit = 0xa8,
};

/// The code `cls.detail`; bits that do not fit are cut off.
constexpr code make_code(unsigned cls, unsigned detail) noexcept {
  return static_cast<code>(((cls & 7u) << 5) | (detail & 31u));
}

/// Upper part of a code: 0 request, 2 success, 4 and 5 errors.
constexpr unsigned class_of(code x) noexcept {
  return static_cast<unsigned>(x) >> 5;
}

/// Lower part of a code, e.g. 4 of 4.04.
constexpr unsigned detail_of(code x) noexcept {
  return static_cast<unsigned>(x) & 31u;
}

/// A method, known or not; the empty code is none.
constexpr bool is_request(code x) noexcept {
  return class_of(x) == 0 && x != code::empty;
}

/// A response of class 2, 4 or 5; all other classes are reserved.
constexpr bool is_response(code x) noexcept {
  return class_of(x) == 2 || class_of(x) == 4 || class_of(x) == 5;
}

/// A response of class 2. A client treats a code it does not know as the
/// x.00 of its class (RFC 7252, Section 5.2).
constexpr bool is_success(code x) noexcept {
  return class_of(x) == 2;
}

/// "4.04"; two digits after the point.
std::string code_string(code x);

/// 0 to 8 octets chosen by the sender of a request and echoed in each response
/// (RFC 7252, Section 5.3.1). A value without heap storage.
class token {
public:
  static constexpr std::size_t max_size = 8;

  token() = default;

  /// Takes the first `max_size` octets of `octets`.
  explicit token(byte_view octets) noexcept;

  /// Eight octets out of a random number.
  explicit token(std::uint64_t random) noexcept;

  byte_view view() const noexcept { return {octets_.data(), size_}; }
  std::size_t size() const noexcept { return size_; }

  /// Different for tokens of eight octets that differ: a key for tables.
  std::uint64_t key() const noexcept;

  friend bool operator==(const token&, const token&) = default;

private:
  std::array<std::uint8_t, max_size> octets_{}; // unused octets are zero
  std::uint8_t size_ = 0;
};

using option_number = std::uint16_t;

/// Option numbers (IANA, CoAP Option Numbers). Odd numbers are critical.
namespace option {
inline constexpr option_number if_match = 1;
inline constexpr option_number uri_host = 3;
inline constexpr option_number etag = 4;
inline constexpr option_number if_none_match = 5;
inline constexpr option_number observe = 6;
inline constexpr option_number uri_port = 7;
inline constexpr option_number location_path = 8;
inline constexpr option_number uri_path = 11;
inline constexpr option_number content_format = 12;
inline constexpr option_number max_age = 14;
inline constexpr option_number uri_query = 15;
inline constexpr option_number hop_limit = 16;
inline constexpr option_number accept = 17;
inline constexpr option_number q_block1 = 19;
inline constexpr option_number location_query = 20;
inline constexpr option_number block2 = 23;
inline constexpr option_number block1 = 27;
inline constexpr option_number size2 = 28;
inline constexpr option_number q_block2 = 31;
inline constexpr option_number proxy_uri = 35;
inline constexpr option_number proxy_scheme = 39;
inline constexpr option_number size1 = 60;
inline constexpr option_number request_tag = 292; ///< RFC 9175, Section 3.2
} // namespace option

/// Must the receiver understand this option (RFC 7252, Section 5.4.1)?
constexpr bool is_critical(option_number x) noexcept {
  return (x & 1) != 0;
}

/// Content-Format of application/dots+cbor (RFC 9132, Section 10.3).
inline constexpr std::uint16_t dots_cbor = 271;

/// An absent Max-Age means 60 seconds (RFC 7252, Section 5.10.5).
inline constexpr std::uint32_t default_max_age = 60;

/// Value of an option in uint format, leading zeros accepted (RFC 7252,
/// Section 3.2); nothing if it does not fit into 64 bits.
std::optional<std::uint64_t> read_uint(byte_view value) noexcept;

/// Options in ascending order of their numbers; equal numbers keep the order
/// in which they were added. All values share one octet buffer.
class option_list {
public:
  /// One option; `value` is valid until the list changes.
  struct entry {
    option_number number;
    byte_view value;

    std::string_view text() const noexcept { return as_text(value); }
  };

  /// Walks the list in order.
  class iterator {
  public:
    using value_type = entry;
    using difference_type = std::ptrdiff_t;

    iterator() = default;
    entry operator*() const noexcept { return (*list_)[index_]; }
    iterator& operator++() noexcept { return ++index_, *this; }
    iterator operator++(int) noexcept {
      auto old = *this;
      ++index_;
      return old;
    }
    friend bool operator==(const iterator&, const iterator&) = default;

  private:
    friend class option_list;
    iterator(const option_list* list, std::size_t index) noexcept
        : list_{list}, index_{index} {}

    const option_list* list_ = nullptr;
    std::size_t index_ = 0;
  };

  void add(option_number number, byte_view value = {});
  void add(option_number number, std::string_view text) {
    add(number, as_octets(text));
  }

  /// Adds `value` with the fewest octets: none for 0 (RFC 7252, Section 3.2).
  void add_uint(option_number number, std::uint64_t value);

  /// Makes room ahead of `add`.
  void reserve(std::size_t options, std::size_t octets);

  /// Value of the first option of that number.
  std::optional<byte_view> find(option_number number) const noexcept;

  /// The same, read as an unsigned integer; nothing if absent or too long.
  std::optional<std::uint64_t> find_uint(option_number number) const noexcept;

  bool contains(option_number number) const noexcept {
    return find(number).has_value();
  }

  /// How many options have that number.
  std::size_t count(option_number number) const noexcept;

  /// Removes the option at `index`; its octets stay allocated.
  void erase(std::size_t index);

  /// For removing many in one walk: puts the option at `from` to `to`, which
  /// is not behind it, and at the end cuts the list to what was kept.
  void move(std::size_t from, std::size_t to) { slots_[to] = slots_[from]; }
  void truncate(std::size_t size) { slots_.resize(size); }

  entry operator[](std::size_t index) const noexcept;
  std::size_t size() const noexcept { return slots_.size(); }
  bool empty() const noexcept { return slots_.empty(); }
  iterator begin() const noexcept { return {this, 0}; }
  iterator end() const noexcept { return {this, slots_.size()}; }

  /// Equal numbers and values in the same order.
  friend bool operator==(const option_list& a, const option_list& b) noexcept;

private:
  struct slot {
    std::uint32_t offset;
    std::uint32_t length;
    option_number number;
  };

  bytes octets_;
  std::vector<slot> slots_;
};

/// One CoAP message over a datagram transport (RFC 7252, Section 3).
struct message {
  coap::type type = coap::type::con;
  coap::code code = coap::code::empty;
  std::uint16_t mid = 0;
  coap::token token;
  option_list options;
  bytes payload;

  friend bool operator==(const message&, const message&) = default;
};

} // namespace tocsin::protocol::coap
