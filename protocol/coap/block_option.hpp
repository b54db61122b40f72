#pragma once
#include "protocol/coap/message.hpp"

#include <algorithm>

namespace tocsin::protocol::coap {

/// Value of a Block1 or Block2 option (RFC 7959, Section 2.2).
struct block {
  std::uint32_t num = 0; ///< below 2^20
  bool more = false;
  std::uint8_t szx = 6; ///< 0 to 6: 16 to 1024 octets; `bert`

  /// Several blocks of 1024 octets in one message (RFC 8323, Section 6);
  /// reserved over datagrams.
  static constexpr std::uint8_t bert = 7;

  /// What `num` counts, in octets.
  std::size_t unit() const noexcept {
    return std::size_t{16} << std::min<unsigned>(szx, 6);
  }

  /// Where in the body the block begins.
  std::size_t offset() const noexcept { return num * unit(); }

  /// May a block that is not the last have that many octets (RFC 7959,
  /// Section 2.3)?
  bool full(std::size_t octets) const noexcept {
    return szx == bert ? octets > 0 && octets % unit() == 0 : octets == unit();
  }

  friend bool operator==(const block&, const block&) = default;
};

/// The block that begins at `offset`, which is a multiple of its size.
block block_at(std::size_t offset, std::uint8_t szx, bool more) noexcept;

/// The largest block size of at most `octets`; nothing below 16.
std::optional<std::uint8_t> largest_szx(std::size_t octets) noexcept;

/// The option's value; nothing if it is absent.
std::optional<block> find_block(const option_list& options,
                                option_number number) noexcept;

/// Sets the option in place of one that is there.
void set_block(option_list& options, option_number number, const block& x);

/// Removes every option of that number.
void remove_option(option_list& options, option_number number);

/// Sets the option in place of those that are there.
void set_uint(option_list& options, option_number number, std::uint64_t value);

/// Octets that the options take in a message.
std::size_t encoded_size(const option_list& options) noexcept;

/// What makes two requests ask for the same thing: the method and all options
/// but those of one message of several (RFC 7959, Section 2.4), Observe, ETag,
/// and those that are not part of the cache key (RFC 7252, Section 5.4.2).
/// With `content` false Content-Format is left out too.
bytes request_key(code method, const option_list& options, bool content);

} // namespace tocsin::protocol::coap
