#include "tools/benchmark/request_source.hpp"

#include "protocol/coap/codec.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/request.hpp"

#include <array>

namespace tocsin::tools::benchmark {

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

request_source::request_source(request_kind kind, std::size_t sessions,
                               std::string name)
    : kind_{kind}, name_{std::move(name)}, heartbeat_{sig::encode(
                                               sig::heartbeat_body{true})} {
  if (kind_ == request_kind::heartbeat)
    fixed_.push_back(options_of(sig::heartbeat_path{}, true));
  if (kind_ == request_kind::get)
    for (std::size_t i = 0; i < sessions; ++i)
      fixed_.push_back(path(i, std::nullopt));
}

coap::option_list request_source::path(std::size_t slot,
                                       std::optional<std::uint32_t> mid) const {
  return options_of(
      sig::mitigate_path{std::nullopt, name_ + '-' + std::to_string(slot), mid},
      mid.has_value());
}

// Hosts of 10.0.0.0/8, one after the other, so that no two targets overlap.
bytes request_source::mitigation_body() {
  auto x = ++targets_;
  sig::mitigation wanted;
  wanted.what.prefixes.push_back(
      {sig::prefix::family::ipv4,
       {10, static_cast<std::uint8_t>(x >> 16),
        static_cast<std::uint8_t>(x >> 8), static_cast<std::uint8_t>(x)},
       32});
  wanted.what.protocols.push_back(17);
  wanted.lifetime = 3600;
  return sig::encode(sig::mitigation_scope{{wanted}});
}

byte_view request_source::make(std::size_t slot, std::uint32_t number,
                               bool preparing) {
  out_.clear();
  coap::header head;
  head.type = coap::type::non;
  head.code = coap::code::put;
  head.mid = static_cast<std::uint16_t>(number);
  // What is made here is small and well-formed: serialising cannot fail.
  if (kind_ == request_kind::heartbeat) {
    (void)coap::serialise(head, token_of(number), fixed_[0], heartbeat_, out_);
  } else if (kind_ == request_kind::get && !preparing) {
    head.code = coap::code::get;
    (void)coap::serialise(head, token_of(number), fixed_[slot], {}, out_);
  } else {
    (void)coap::serialise(head, token_of(number), path(slot, number),
                          mitigation_body(), out_);
  }
  return out_;
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
  return answer{head->code, number};
}

std::optional<bytes> answer_to(byte_view message) {
  auto request = coap::parse(message);
  if (!request || !coap::is_request(request->code))
    return {};
  coap::message out;
  out.type =
      request->type == coap::type::con ? coap::type::ack : coap::type::non;
  out.code = coap::code::changed;
  out.mid = request->mid;
  out.token = request->token;
  bytes wire;
  if (!coap::serialise(out, wire))
    return {};
  return wire;
}

} // namespace tocsin::tools::benchmark
