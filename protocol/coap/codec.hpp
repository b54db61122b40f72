#pragma once
#include "protocol/coap/message.hpp"
#include "protocol/error.hpp"

#include <optional>

namespace tocsin::protocol::coap {

/// The most octets that `parse` looks at: the plaintext of one DTLS record
/// (RFC 6347, Section 4.1).
inline constexpr std::size_t max_datagram_size = 16384;

/// The first four octets of a message.
struct header {
  std::uint8_t version = 1;
  coap::type type = coap::type::con;
  std::uint8_t token_length = 0; ///< as on the wire, 9 to 15 are reserved
  coap::code code = coap::code::empty;
  std::uint16_t mid = 0;
};

/// Reads the header alone, also of a message which `parse` refuses: what to
/// do about such a message depends on its version, type and message id (RFC
/// 7252, Sections 3 and 4.2). Nothing if `datagram` is shorter than a header.
std::optional<header> peek_header(byte_view datagram) noexcept;

/// The token of the datagram that has this header; options and payload follow.
/// Nothing if it is too long or does not fit.
std::optional<byte_view> token_of(const header& head,
                                  byte_view datagram) noexcept;

/// Reads one message. Errors: `truncated` (shorter than a header),
/// `unsupported` (another version than 1), `too_large` (beyond
/// `max_datagram_size`), `malformed` (any other break of the grammar of RFC
/// 7252, Section 3). Says nothing about the meaning of options; that unknown,
/// overlong or surplus options are well-formed lets the endpoint answer them
/// as RFC 7252, Section 5.4 demands.
result<message> parse(byte_view datagram);

/// Appends the wire form of `x` to `out`. Errors: `out_of_range` (an option
/// longer than the format can express, or an empty message that is not empty);
/// `out` then is as before.
result<void> serialise(const message& x, bytes& out);

/// The same with the pieces apart, which spares copies.
result<void> serialise(const header& head, const token& id,
                       const option_list& options, byte_view payload,
                       bytes& out);

/// Appends an empty message: an ACK, a RST or a ping.
void serialise_empty(type kind, std::uint16_t mid, bytes& out);

/// Puts another message id into the message that begins at `datagram[0]`.
void set_mid(std::span<std::uint8_t> datagram, std::uint16_t mid) noexcept;

} // namespace tocsin::protocol::coap
