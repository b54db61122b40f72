#include "protocol/coap/stream_codec.hpp"

#include "protocol/coap/content_codec.hpp"

#include <algorithm>

namespace tocsin::protocol::coap {

namespace {

constexpr std::uint64_t one_octet = 13;       // lengths from here on
constexpr std::uint64_t two_octets = 269;     // RFC 8323, Section 3.2
constexpr std::uint64_t four_octets = 65805;  //
constexpr std::size_t kept_when_empty = 2048; // more than most frames

/// Octets of length that follow the first octet.
std::size_t extension(std::uint8_t first) {
  switch (first >> 4) {
  case 13:
    return 1;
  case 14:
    return 2;
  case 15:
    return 4;
  default:
    return 0;
  }
}

std::uint64_t extended_length(byte_view octets) {
  const auto value = read_uint(octets).value_or(0);
  switch (octets.size()) {
  case 1:
    return value + one_octet;
  case 2:
    return value + two_octets;
  default:
    return value + four_octets;
  }
}

/// Appends the octets up to the code.
void append_length(std::uint64_t length, std::size_t token_size, bytes& out) {
  const auto first = [&](unsigned nibble) {
    out.push_back(static_cast<std::uint8_t>(nibble << 4 | token_size));
  };
  const auto rest = [&](std::uint64_t value, unsigned octets) {
    while (octets-- > 0)
      out.push_back(static_cast<std::uint8_t>(value >> 8 * octets));
  };
  if (length < one_octet) {
    first(static_cast<unsigned>(length));
  } else if (length < two_octets) {
    first(13);
    rest(length - one_octet, 1);
  } else if (length < four_octets) {
    first(14);
    rest(length - two_octets, 2);
  } else {
    first(15);
    rest(length - four_octets, 4);
  }
}

} // namespace

result<std::optional<std::uint64_t>> frame_size(byte_view octets) {
  if (octets.empty())
    return std::optional<std::uint64_t>{};
  const std::size_t token_size = octets[0] & 15;
  if (token_size > token::max_size)
    return fail(ec::malformed, "token length");
  const auto extra = extension(octets[0]);
  if (octets.size() < 1 + extra)
    return std::optional<std::uint64_t>{};
  const auto content = extra == 0 ? std::uint64_t{octets[0]} >> 4
                                  : extended_length(octets.subspan(1, extra));
  return std::optional{1 + extra + 1 + token_size + content};
}

result<std::optional<byte_view>> frame_reader::next(byte_view& input) {
  if (delivered_)
    forget();
  if (!buffer_.empty())
    return complete(input);
  // The usual case: the frame is in one piece and need not be copied.
  const auto size = checked_size(input);
  if (!size)
    return size.error();
  if (!*size || **size > input.size()) {
    buffer_.assign(input.begin(), input.end());
    input = {};
    return std::optional<byte_view>{};
  }
  const auto frame = input.first(static_cast<std::size_t>(**size));
  input = input.subspan(frame.size());
  return std::optional{frame};
}

result<std::optional<byte_view>> frame_reader::complete(byte_view& input) {
  for (;;) {
    const auto size = checked_size(buffer_);
    if (!size)
      return size.error();
    const auto wanted =
        *size ? static_cast<std::size_t>(**size) : 1 + extension(buffer_[0]);
    if (*size && buffer_.size() == wanted) {
      delivered_ = true;
      return std::optional{byte_view{buffer_}};
    }
    if (input.empty())
      return std::optional<byte_view>{};
    const auto piece =
        input.first(std::min(wanted - buffer_.size(), input.size()));
    buffer_.insert(buffer_.end(), piece.begin(), piece.end());
    input = input.subspan(piece.size());
  }
}

result<std::optional<std::uint64_t>>
frame_reader::checked_size(byte_view octets) const {
  auto size = frame_size(octets);
  if (size && *size && **size > bound_)
    return fail(ec::too_large, "message");
  return size;
}

void frame_reader::forget() {
  delivered_ = false;
  buffer_.clear();
  if (buffer_.capacity() > kept_when_empty)
    buffer_ = {};
}

result<message> parse_frame(byte_view frame) {
  const auto size = frame_size(frame);
  if (!size)
    return size.error();
  if (!*size || **size != frame.size())
    return fail(ec::truncated, "frame");
  const std::size_t token_size = frame[0] & 15;
  const auto rest = frame.subspan(1 + extension(frame[0]));
  message x;
  x.code = static_cast<code>(rest[0]);
  x.token = token{rest.subspan(1, token_size)};
  if (x.code == code::empty)
    return x;
  const auto good =
      parse_content(rest.subspan(1 + token_size), x, max_frame_options);
  if (!good)
    return good.error();
  return x;
}

result<void> serialise_frame(code what, const token& id,
                             const option_list& options, byte_view payload,
                             bytes& out) {
  const auto content = content_size(options, payload);
  if (!content)
    return content.error();
  append_length(*content, id.size(), out);
  out.push_back(static_cast<std::uint8_t>(what));
  out.insert(out.end(), id.view().begin(), id.view().end());
  const auto start = out.size();
  out.resize(start + *content);
  write_content(options, payload, std::span{out}.subspan(start));
  return {};
}

} // namespace tocsin::protocol::coap
