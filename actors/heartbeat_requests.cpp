#include "actors/heartbeat_requests.hpp"

#include "protocol/coap/content_codec.hpp"
#include "protocol/coap/option_rules.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/request.hpp"

#include <algorithm>
#include <vector>

namespace tocsin::actors {

namespace {

namespace coap = protocol::coap;
namespace sig = protocol::signal;

constexpr std::size_t most_options = 8;

/// Uri-Path "hb" as an option: length and text. What lacks it is not worth a
/// closer look.
constexpr std::array<std::uint8_t, 3> hb_segment{2, 'h', 'b'};

bool names_heartbeat(byte_view content) {
  // The upper half of the first octet is the delta to the option before.
  for (std::size_t i = 0; i + hb_segment.size() <= content.size(); ++i)
    if ((content[i] & 15) == hb_segment[0] && content[i + 1] == hb_segment[1]
        && content[i + 2] == hb_segment[2])
      return true;
  return false;
}

/// As SESSION reads a request, in full.
std::optional<bool> read(byte_view content) {
  coap::message x;
  x.type = coap::type::non;
  x.code = coap::code::put;
  if (!coap::parse_content(content, x, most_options) || coap::check_request(x))
    return std::nullopt;
  std::vector<std::string_view> segments;
  for (auto option : x.options) {
    if (option.number == coap::option::uri_path)
      segments.push_back(option.text());
    else if (option.number == coap::option::content_format
                 ? coap::read_uint(option.value) != coap::dots_cbor
                 : option.number != coap::option::hop_limit)
      return std::nullopt;
  }
  auto path = sig::parse_path(segments);
  if (!path || !std::holds_alternative<sig::heartbeat_path>(*path))
    return std::nullopt;
  auto body = sig::decode(x.payload, sig::direction::request);
  auto* beat = body ? std::get_if<sig::heartbeat_body>(&*body) : nullptr;
  if (beat == nullptr)
    return std::nullopt;
  return beat->peer_hb_status;
}

} // namespace

std::optional<bool> heartbeat_requests::find(byte_view content) {
  if (content.empty() || content.size() > most_octets)
    return std::nullopt;
  for (const auto& x : known_)
    if (x.size == content.size()
        && std::equal(content.begin(), content.end(), x.octets.begin()))
      return x.peer_hb_status;
  if (!names_heartbeat(content))
    return std::nullopt;
  auto peer_hb_status = read(content);
  if (peer_hb_status)
    remember(content, *peer_hb_status);
  return peer_hb_status;
}

heartbeat_requests& heartbeat_requests::of_thread() {
  thread_local heartbeat_requests x;
  return x;
}

void heartbeat_requests::remember(byte_view content, bool peer_hb_status) {
  auto& x = known_[next_];
  next_ = (next_ + 1) % known_.size();
  x.size = static_cast<std::uint8_t>(content.size());
  x.peer_hb_status = peer_hb_status;
  std::ranges::copy(content, x.octets.begin());
}

} // namespace tocsin::actors
