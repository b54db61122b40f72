#include "tools/load/request_source.hpp"

#include "protocol/coap/codec.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/request.hpp"

#include <array>

namespace tocsin::tools::load {

namespace {

namespace coap = protocol::coap;
namespace sig = protocol::signal;

constexpr std::size_t header_size = 4;
constexpr std::size_t token_size = 4;

coap::token token_of(std::uint32_t number) {
  std::array<std::uint8_t, token_size> octets{
      static_cast<std::uint8_t>(number >> 24),
      static_cast<std::uint8_t>(number >> 16),
      static_cast<std::uint8_t>(number >> 8),
      static_cast<std::uint8_t>(number)};
  return coap::token{octets};
}

coap::option_list options_of(const sig::request_path& path, bool with_body) {
  coap::option_list out;
  for (const auto& segment : sig::to_segments(path))
    out.add(coap::option::uri_path, segment);
  if (with_body)
    out.add_uint(coap::option::content_format, coap::dots_cbor);
  return out;
}

} // namespace

request_source::request_source(std::string name)
    : name_{std::move(name)}, heartbeat_path_{options_of(sig::heartbeat_path{},
                                                         true)},
      heartbeat_{sig::encode(sig::heartbeat_body{true})} {}

coap::option_list request_source::path(std::size_t slot,
                                       std::optional<std::uint32_t> mid,
                                       bool with_body) const {
  return options_of(
      sig::mitigate_path{std::nullopt, name_ + '-' + std::to_string(slot), mid},
      with_body);
}

// Hosts of 10.0.0.0/8, one after the other, so that no two targets overlap.
bytes request_source::mitigation_body(bool immediate) {
  auto x = ++targets_;
  sig::mitigation wanted;
  wanted.what.prefixes.push_back(
      {sig::prefix::family::ipv4,
       {10, static_cast<std::uint8_t>(x >> 16),
        static_cast<std::uint8_t>(x >> 8), static_cast<std::uint8_t>(x)},
       32});
  wanted.what.protocols.push_back(17);
  wanted.lifetime = 3600;
  if (!immediate)
    wanted.trigger_mitigation = false;
  return sig::encode(sig::mitigation_scope{{wanted}});
}

// What is made here is small and well-formed: serialising cannot fail.
byte_view request_source::write(coap::code code, std::uint32_t number,
                                const coap::option_list& options,
                                byte_view body) {
  return write(code, number, static_cast<std::uint16_t>(number), options, body);
}

byte_view request_source::write(coap::code code, std::uint32_t number,
                                std::uint16_t message,
                                const coap::option_list& options,
                                byte_view body) {
  out_.clear();
  coap::header head;
  head.type = coap::type::non;
  head.code = code;
  head.mid = message;
  (void)coap::serialise(head, token_of(number), options, body, out_);
  return out_;
}

byte_view request_source::make(const request& x) {
  switch (x.kind) {
  case request_kind::heartbeat:
    return write(coap::code::put, x.number, heartbeat_path_, heartbeat_);
  case request_kind::get:
    return write(coap::code::get, x.number, path(x.slot, x.mid, false), {});
  case request_kind::put:
    return write(coap::code::put, x.number, path(x.slot, x.mid, true),
                 mitigation_body(x.immediate));
  case request_kind::del:
    return write(coap::code::del, x.number, path(x.slot, x.mid, false), {});
  }
  return {};
}

byte_view request_source::observe(std::size_t slot) {
  coap::option_list options;
  options.add_uint(coap::option::observe, 0);
  for (auto x : path(slot, std::nullopt, false))
    options.add(x.number, x.value);
  return write(coap::code::get, observe_bit, options, {});
}

byte_view request_source::look_at(std::size_t slot, std::uint32_t mid) {
  coap::option_list options;
  for (auto x : path(slot, mid, false))
    options.add(x.number, x.value);
  // From the other end than numbers: with the id of another request it would be
  // taken for a copy of that.
  return write(coap::code::get, observe_bit | mid, --look_, options, {});
}

std::optional<answer> read_answer(byte_view message) {
  auto head = coap::peek_header(message);
  if (!head || head->token_length != token_size
      || !coap::is_response(head->code)
      || message.size() < header_size + token_size)
    return {};
  std::uint32_t number = 0;
  for (auto octet : message.subspan(header_size, token_size))
    number = number << 8 | octet;
  return answer{head->code, number, head->type == coap::type::con};
}

std::optional<bytes> reply_to(byte_view message) {
  auto from = coap::parse(message);
  if (!from)
    return {};
  bool confirmable = from->type == coap::type::con;
  coap::message out;
  out.type = confirmable ? coap::type::ack : coap::type::non;
  out.mid = from->mid;
  if (coap::is_request(from->code)) {
    out.code = coap::code::changed;
    out.token = from->token;
  } else if (!confirmable) {
    return {};
  }
  bytes wire;
  if (!coap::serialise(out, wire))
    return {};
  return wire;
}

} // namespace tocsin::tools::load
