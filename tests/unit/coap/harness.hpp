#pragma once
#include "protocol/coap/codec.hpp"
#include "protocol/coap/endpoint.hpp"
#include "tests/unit/coap/notation.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tocsin::protocol::coap {

inline bytes wire(const message& x) {
  bytes out;
  EXPECT_TRUE(serialise(x, out));
  return out;
}

/// The message of the reference table's heartbeat, as a peer may send it.
inline message request(type kind, std::uint16_t mid,
                       coap::code method = code::put) {
  message x{kind, method, mid, token{hex("cafebabf")}, {}, {}};
  x.options.add(option::uri_path, ".well-known");
  x.options.add(option::uri_path, "dots");
  x.options.add(option::uri_path, "hb");
  return x;
}

inline outgoing_request own_request(type kind) {
  outgoing_request x;
  x.type = kind;
  x.code = code::put;
  x.options.add(option::uri_path, "hb");
  x.payload = {0xa0};
  return x;
}

/// An endpoint, its clock and what it sent and reported.
class harness {
public:
  struct sending {
    time_point when;
    message what;
  };

  explicit harness(parameters values = {}, limits bounds = {},
                   std::uint64_t seed = 1)
      : uut{values, std::mt19937_64{seed}, bounds} {}

  void give(const bytes& datagram) { uut.receive(datagram, now); }
  void give(const message& x) { give(wire(x)); }

  /// Lets time pass, stopping at every deadline.
  void advance(duration span) {
    const auto end = now + span;
    drain();
    for (auto due = uut.next_deadline(); due && *due <= end;
         due = uut.next_deadline()) {
      now = std::max(now, *due);
      uut.on_time(now);
      drain();
    }
    now = end;
  }

  void drain() {
    bytes datagram;
    while (uut.next_datagram(datagram)) {
      auto x = parse(datagram);
      ASSERT_TRUE(x);
      log.push_back({now, *x});
    }
  }

  /// What was sent since the last call.
  std::vector<sending> sent() {
    drain();
    return std::exchange(log, {});
  }

  /// The one message sent since the last call.
  message sent_one() {
    auto all = sent();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? message{} : all[0].what;
  }

  bool silent() { return sent().empty(); }

  /// The next event if it is of that kind.
  template <class T>
  std::optional<T> event_of() {
    auto x = uut.next_event();
    if (!x || !std::holds_alternative<T>(*x))
      return std::nullopt;
    return std::get<T>(std::move(*x));
  }

  bool no_event() { return !uut.next_event(); }

  /// The id of the request that just came in.
  request_id incoming() {
    const auto x = event_of<incoming_request>();
    EXPECT_TRUE(x);
    return x ? x->id : 0;
  }

  std::optional<failure_reason> failure() {
    const auto x = event_of<request_failed>();
    return x ? std::optional{x->reason} : std::nullopt;
  }

  time_point now{std::chrono::hours{1000}};
  endpoint uut;
  std::vector<sending> log;
};

/// A response to what the endpoint sent.
inline message answer_to(const message& x, type kind, std::uint16_t mid,
                         coap::code result = code::changed) {
  return {kind, result, mid, x.token, {}, {}};
}

inline message empty(type kind, std::uint16_t mid) {
  return {kind, code::empty, mid, {}, {}, {}};
}

} // namespace tocsin::protocol::coap
