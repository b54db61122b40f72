#include "protocol/coap/content_codec.hpp"

#include <coap3/coap.h>

#include <algorithm>

namespace tocsin::protocol::coap {

namespace {

constexpr std::uint8_t payload_marker = 0xff;
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

// Options one by one with coap_opt_parse rather than the whole message with
// coap_pdu_parse: the latter refuses a message for an option of wrong length,
// which RFC 7252, Section 5.4.3 wants treated as an unknown option.
result<std::size_t> parse_options(byte_view octets, option_list& out,
                                  std::size_t most) {
  std::size_t at = 0;
  std::uint32_t number = 0;
  while (at < octets.size() && octets[at] != payload_marker) {
    if (out.size() == most)
      return fail(ec::too_large, "number of options");
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

/// Octets by which a delta or a length extends the header of an option.
std::size_t extension(std::size_t value) {
  return value < 13 ? 0 : value < 269 ? 1 : 2;
}

} // namespace

result<void> parse_content(byte_view octets, message& x,
                           std::size_t most_options) {
  if (octets.empty())
    return {};
  if (octets[0] != payload_marker)
    x.options.reserve(8, octets.size() < 256 ? octets.size() : 256);
  const auto options = parse_options(octets, x.options, most_options);
  if (!options)
    return options.error();
  if (*options == octets.size())
    return {};
  const auto payload = octets.subspan(*options + 1);
  if (payload.empty())
    return malformed("payload");
  x.payload.assign(payload.begin(), payload.end());
  return {};
}

result<std::size_t> content_size(const option_list& options,
                                 byte_view payload) {
  auto size = payload.empty() ? 0 : 1 + payload.size();
  option_number previous = 0;
  for (const auto& x : options) {
    if (x.value.size() > longest_option)
      return fail(ec::out_of_range, "option");
    const auto delta = static_cast<std::size_t>(x.number - previous);
    size += 1 + extension(delta) + extension(x.value.size()) + x.value.size();
    previous = x.number;
  }
  return size;
}

void write_content(const option_list& options, byte_view payload,
                   std::span<std::uint8_t> room) noexcept {
  option_number previous = 0;
  for (const auto& x : options) {
    const auto used = coap_opt_encode(
        room.data(), room.size(),
        static_cast<option_number>(x.number - previous),
        x.value.empty() ? nullptr : x.value.data(), x.value.size());
    room = room.subspan(used);
    previous = x.number;
  }
  if (payload.empty())
    return;
  room[0] = payload_marker;
  std::ranges::copy(payload, room.begin() + 1);
}

} // namespace tocsin::protocol::coap
