#pragma once
#include "protocol/coap/message.hpp"
#include "protocol/error.hpp"

/// Options and payload: the part of a message that looks the same in a
/// datagram (RFC 7252, Section 3) and in a stream (RFC 8323, Section 3.2).
namespace tocsin::protocol::coap {

/// Reads all that follows the token into `x`. Errors: `malformed` (a break of
/// the grammar), `too_large` (more than `most_options` options).
result<void> parse_content(byte_view octets, message& x,
                           std::size_t most_options);

/// Exact size of the wire form. Errors: `out_of_range` (an option longer than
/// the format can express).
result<std::size_t> content_size(const option_list& options, byte_view payload);

/// Writes the wire form into `room`, which has the size of `content_size`.
void write_content(const option_list& options, byte_view payload,
                   std::span<std::uint8_t> room) noexcept;

} // namespace tocsin::protocol::coap
