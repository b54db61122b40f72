#include "protocol/coap/codec.hpp"

#include <coap3/coap.h>

#include <algorithm>
#include <array>

namespace tocsin::protocol::coap {

namespace {

constexpr std::size_t header_size = 4;
constexpr std::uint8_t payload_marker = 0xff;
constexpr std::size_t largest_option_header = 5;
constexpr std::size_t longest_option = 65535 + 269;

// libcoap reports odd input on standard error; a peer could flood the log.
[[maybe_unused]] const bool libcoap_is_silent = [] {
  coap_set_log_handler([](coap_log_t, const char*) {});
  coap_set_log_level(LOG_EMERG);
  return true;
}();

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

// Options one by one with coap_opt_parse rather than the whole message with
// coap_pdu_parse: the latter refuses a message for an option of wrong length,
// which RFC 7252, Section 5.4.3 wants treated as an unknown option.
result<std::size_t> parse_options(byte_view octets, option_list& out) {
  std::size_t at = 0;
  std::uint32_t number = 0;
  while (at < octets.size() && octets[at] != payload_marker) {
    coap_option_t found{};
    const auto used =
        coap_opt_parse(octets.data() + at, octets.size() - at, &found);
    if (used == 0 || used > octets.size() - at)
      return malformed("option");
    // libcoap keeps deltas in 16 bits and lets the largest ones wrap.
    if (octets[at] >> 4 == 14 && found.delta < 269)
      return malformed("option delta");
    number += found.delta;
    if (number > 65535)
      return malformed("option number");
    out.add(static_cast<option_number>(number), {found.value, found.length});
    at += used;
  }
  return at;
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

result<message> parse(byte_view datagram) {
  const auto head = peek_header(datagram);
  if (!head)
    return fail(ec::truncated, "header");
  if (head->version != 1)
    return fail(ec::unsupported, "version");
  if (datagram.size() > max_datagram_size)
    return fail(ec::too_large, "message");
  if (head->token_length > token::max_size
      || datagram.size() < header_size + head->token_length)
    return malformed("token");
  if (head->code == code::empty && datagram.size() != header_size)
    return malformed("empty message");
  message x{
      head->type, head->code,
      head->mid,  token{datagram.subspan(header_size, head->token_length)},
      {},         {}};
  const auto rest = datagram.subspan(header_size + head->token_length);
  if (rest.empty())
    return x;
  if (rest[0] != payload_marker)
    x.options.reserve(8, rest.size() < 256 ? rest.size() : 256);
  const auto options = parse_options(rest, x.options);
  if (!options)
    return options.error();
  if (*options == rest.size())
    return x;
  const auto payload = rest.subspan(*options + 1);
  if (payload.empty())
    return malformed("payload");
  x.payload.assign(payload.begin(), payload.end());
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
  auto room = header_size + id.size() + 1 + payload.size();
  for (const auto& x : options) {
    if (x.value.size() > longest_option)
      return fail(ec::out_of_range, "option");
    room += largest_option_header + x.value.size();
  }
  const auto start = out.size();
  out.resize(start + room);
  auto exact = head;
  exact.version = 1;
  exact.token_length = static_cast<std::uint8_t>(id.size());
  const auto first = encode(exact);
  auto at = std::copy(first.begin(), first.end(),
                      out.begin() + static_cast<std::ptrdiff_t>(start));
  at = std::copy_n(id.view().begin(), id.size(), at);
  option_number previous = 0;
  for (const auto& x : options) {
    const auto used = coap_opt_encode(
        &*at, static_cast<std::size_t>(out.end() - at),
        static_cast<option_number>(x.number - previous),
        x.value.empty() ? nullptr : x.value.data(), x.value.size());
    at += static_cast<std::ptrdiff_t>(used);
    previous = x.number;
  }
  if (!payload.empty()) {
    *at++ = payload_marker;
    at = std::copy(payload.begin(), payload.end(), at);
  }
  out.resize(static_cast<std::size_t>(at - out.begin()));
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
