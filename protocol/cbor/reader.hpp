#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::protocol::cbor {

/// Kinds of CBOR data items (RFC 8949, Section 3).
enum class kind : std::uint8_t {
  unsigned_integer,
  negative_integer,
  octets,
  text,
  array,
  map,
  tag,
  boolean,
  null,
  simple, ///< undefined and other simple values
  real,   ///< a floating-point number, its value is of no use to us
  stop,   ///< the break that ends an indefinite length
};

/// "text", "an array": for diagnostics.
std::string_view to_string(kind x) noexcept;

/// The head of one data item.
struct head {
  kind what = kind::null;
  /// The integer (for a negative one n stands for -1 - n), the tag, the
  /// boolean, or the number of elements, pairs or octets.
  std::uint64_t value = 0;
  bool indefinite = false;  ///< strings, arrays and maps without a length
  std::string_view content; ///< of a definite string, borrowed from the input
};

/// An array or map being read.
struct container {
  std::uint64_t left = 0; ///< elements or pairs to come, if definite
  bool indefinite = false;
};

/// Pulls data items off octets. Total and bounded: never reads past the end,
/// holds no more than what one text needs, needs no recursion to skip, refuses
/// nesting beyond `max_depth`. Text is checked to be UTF-8 without NUL. Failed
/// calls leave the reader in an unspecified position; stop then.
///
/// Failures carry where = "cbor" and the offset in the detail; codes:
/// truncated, malformed, too_large (depth).
class reader {
public:
  /// DOTS nests 8 deep; the rest is room for elements to be skipped.
  static constexpr unsigned max_depth = 16;

  explicit reader(byte_view input) noexcept : input_{input} {}

  std::size_t position() const noexcept { return position_; }
  bool at_end() const noexcept { return position_ == input_.size(); }

  /// The next head, without consuming it.
  result<head> peek() const;
  /// Consumes one head: for a container or tag only its start.
  result<head> next();

  result<std::uint64_t> read_unsigned();
  /// An integer of either sign that fits 64 bits.
  result<std::int64_t> read_integer();
  result<bool> read_bool();
  /// Definite or indefinite text.
  result<std::string> read_text();

  result<container> enter_array();
  result<container> enter_map();
  /// Whether another element or pair follows; leaves the container if not.
  result<bool> more(container& in);

  /// Consumes one whole item, whatever it is, checking that it is well formed.
  result<void> skip();

  /// Fails unless all octets have been consumed.
  result<void> finish() const;

private:
  result<head> expect(kind what);
  result<container> enter(kind what);
  result<void> skip_string(kind what);
  failure broken(ec code, std::string_view what) const;

  byte_view input_;
  std::size_t position_ = 0;
  unsigned depth_ = 0;
};

} // namespace tocsin::protocol::cbor
