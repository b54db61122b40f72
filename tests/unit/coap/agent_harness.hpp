#pragma once
#include "harness.hpp"

#include "protocol/coap/agent.hpp"
#include "protocol/coap/block_option.hpp"
#include "protocol/coap/stream_endpoint.hpp"

namespace tocsin::protocol::coap {

/// A body whose every block differs from every other.
inline bytes body_of(std::size_t size, std::uint64_t seed = 1) {
  std::mt19937_64 random{seed};
  bytes x(size);
  for (auto& octet : x)
    octet = static_cast<std::uint8_t>(random());
  return x;
}

inline outgoing_request get_of(std::string_view path, type kind = type::con) {
  outgoing_request x;
  x.type = kind;
  x.options.add(option::uri_path, path);
  return x;
}

inline outgoing_request observe_of(std::string_view path,
                                   type kind = type::con) {
  auto x = get_of(path, kind);
  x.options.add_uint(option::observe, 0);
  return x;
}

inline outgoing_request put_of(std::string_view path, bytes body,
                               type kind = type::con) {
  auto x = get_of(path, kind);
  x.code = code::put;
  x.options.add_uint(option::content_format, dots_cbor);
  x.payload = std::move(body);
  return x;
}

inline response state_of(bytes body) {
  response x{code::content, {}, std::move(body)};
  x.options.add_uint(option::content_format, dots_cbor);
  return x;
}

/// One agent over datagrams, its clock, and a peer made of single messages.
class agent_harness {
public:
  explicit agent_harness(agent_limits bounds = {}, std::uint64_t seed = 1)
      : uut{std::make_unique<endpoint>(parameters{}, std::mt19937_64{seed}),
            std::mt19937_64{seed + 1}, bounds} {}

  void give(const message& x) { uut.receive(wire(x), now); }

  /// A request of the peer, with a message id of its own.
  message asks(code method, std::uint64_t token_number = 7,
               type kind = type::con) {
    message x{kind, method, next_mid++, token{token_number}, {}, {}};
    x.options.add(option::uri_path, "mitigate");
    return x;
  }

  void advance(duration span) {
    const auto end = now + span;
    for (auto due = uut.next_deadline(); due && *due <= end;
         due = uut.next_deadline()) {
      now = std::max(now, *due);
      uut.on_time(now);
      drain();
    }
    now = end;
    uut.on_time(now);
  }

  void drain() {
    bytes datagram;
    while (uut.next_datagram(datagram)) {
      const auto x = parse(datagram);
      ASSERT_TRUE(x);
      log.push_back({now, *x});
    }
  }

  std::vector<harness::sending> sent() {
    drain();
    return std::exchange(log, {});
  }

  message sent_one() {
    auto all = sent();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? message{} : all[0].what;
  }

  template <class T>
  std::optional<T> event_of() {
    auto x = uut.next_event();
    if (!x || !std::holds_alternative<T>(*x))
      return std::nullopt;
    return std::get<T>(std::move(*x));
  }

  bool no_event() { return !uut.next_event(); }

  request_id incoming() {
    const auto x = event_of<incoming_request>();
    EXPECT_TRUE(x);
    return x ? x->id : 0;
  }

  std::optional<failure_reason> failure() {
    const auto x = event_of<request_failed>();
    return x ? std::optional{x->reason} : std::nullopt;
  }

  /// Gives a request that the application answers; what is sent.
  message exchange(const message& x, const response& answer,
                   bool observe = false) {
    give(x);
    uut.respond(incoming(), answer, now, observe);
    return sent_one();
  }

  /// Gives a request that the agent answers by itself.
  message answered(const message& x) {
    give(x);
    EXPECT_TRUE(no_event());
    return sent_one();
  }

  /// Answers the request that the agent just sent.
  void answers(const message& to, code result, const bytes& payload = {},
               const option_list& options = {}) {
    auto x = answer_to(to, to.type == type::con ? type::ack : type::non,
                       to.type == type::con ? to.mid : next_mid++, result);
    x.payload = payload;
    x.options = options;
    give(x);
  }

  time_point now{std::chrono::hours{1000}};
  agent uut;
  std::uint16_t next_mid = 100;
  std::vector<harness::sending> log;
};

/// The octets of a block of `body`.
inline bytes block_of(const bytes& body, std::size_t num, std::size_t unit) {
  const auto from = std::min(num * unit, body.size());
  const auto to = std::min(from + unit, body.size());
  return {body.begin() + static_cast<std::ptrdiff_t>(from),
          body.begin() + static_cast<std::ptrdiff_t>(to)};
}

/// Options with the Block2 of a response, and perhaps ETag and Observe.
inline option_list block2(const block& x, std::string_view etag = {},
                          std::optional<std::uint32_t> observe = {}) {
  option_list y;
  if (!etag.empty())
    y.add(option::etag, etag);
  if (observe)
    y.add_uint(option::observe, *observe);
  set_block(y, option::block2, x);
  return y;
}

} // namespace tocsin::protocol::coap
