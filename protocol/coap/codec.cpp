#include "protocol/coap/codec.hpp"

#include "protocol/coap/content_codec.hpp"

#include <algorithm>
#include <array>

namespace tocsin::protocol::coap {

namespace {

constexpr std::size_t header_size = 4;

failure malformed(std::string_view where) {
  return fail(ec::malformed, std::string{where});
}

std::array<std::uint8_t, header_size> encode(const header& x) {
  return {
      static_cast<std::uint8_t>(
          x.version << 6 | static_cast<unsigned>(x.type) << 4 | x.token_length),
      static_cast<std::uint8_t>(x.code), static_cast<std::uint8_t>(x.mid >> 8),
      static_cast<std::uint8_t>(x.mid)};
}

} // namespace

std::optional<header> peek_header(byte_view datagram) noexcept {
  if (datagram.size() < header_size)
    return std::nullopt;
  const auto first = datagram[0];
  return header{
      static_cast<std::uint8_t>(first >> 6), static_cast<type>(first >> 4 & 3),
      static_cast<std::uint8_t>(first & 15), static_cast<code>(datagram[1]),
      static_cast<std::uint16_t>(datagram[2] << 8 | datagram[3])};
}

std::optional<byte_view> token_of(const header& head,
                                  byte_view datagram) noexcept {
  if (head.token_length > token::max_size
      || datagram.size() < header_size + head.token_length)
    return std::nullopt;
  return datagram.subspan(header_size, head.token_length);
}

result<message> parse(byte_view datagram) {
  const auto head = peek_header(datagram);
  if (!head)
    return fail(ec::truncated, "header");
  if (head->version != 1)
    return fail(ec::unsupported, "version");
  if (datagram.size() > max_datagram_size)
    return fail(ec::too_large, "message");
  const auto token_octets = token_of(*head, datagram);
  if (!token_octets)
    return malformed("token");
  if (head->code == code::empty && datagram.size() != header_size)
    return malformed("empty message");
  message x{head->type, head->code, head->mid, token{*token_octets}, {}, {}};
  // A datagram is small enough for any number of options.
  const auto good = parse_content(
      datagram.subspan(header_size + head->token_length), x, max_datagram_size);
  if (!good)
    return good.error();
  return x;
}

result<void> serialise(const message& x, bytes& out) {
  return serialise(header{1, x.type, 0, x.code, x.mid}, x.token, x.options,
                   x.payload, out);
}

result<void> serialise(const header& head, const token& id,
                       const option_list& options, byte_view payload,
                       bytes& out) {
  if (head.code == code::empty
      && (id.size() > 0 || !options.empty() || !payload.empty()))
    return fail(ec::out_of_range, "empty message");
  const auto content = content_size(options, payload);
  if (!content)
    return content.error();
  const auto start = out.size();
  out.resize(start + header_size + id.size() + *content);
  auto exact = head;
  exact.version = 1;
  exact.token_length = static_cast<std::uint8_t>(id.size());
  const auto first = encode(exact);
  auto at = std::copy(first.begin(), first.end(),
                      out.begin() + static_cast<std::ptrdiff_t>(start));
  at = std::copy_n(id.view().begin(), id.size(), at);
  write_content(options, payload, {at, out.end()});
  return {};
}

void serialise_empty(type kind, std::uint16_t mid, bytes& out) {
  const auto octets = encode({1, kind, 0, code::empty, mid});
  out.insert(out.end(), octets.begin(), octets.end());
}

void set_mid(std::span<std::uint8_t> datagram, std::uint16_t mid) noexcept {
  datagram[2] = static_cast<std::uint8_t>(mid >> 8);
  datagram[3] = static_cast<std::uint8_t>(mid);
}

} // namespace tocsin::protocol::coap
