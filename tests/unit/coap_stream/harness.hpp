#pragma once
#include "protocol/coap/stream_codec.hpp"
#include "protocol/coap/stream_endpoint.hpp"
#include "tests/unit/coap/notation.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tocsin::protocol::coap {

/// The heartbeat of the reference table, as it comes over TCP.
inline const bytes heartbeat =
    hex("D4 12 03 CA FE BA BF BB 2E77656C6C2D6B6E6F776E 04 646F7473 02 6862"
        "12 01 0F FF A1 18 31 A1 18 33 F5");

inline constexpr auto csm = make_code(7, 1);
inline constexpr auto ping = make_code(7, 2);
inline constexpr auto pong = make_code(7, 3);
inline constexpr auto release = make_code(7, 4);
inline constexpr auto abortion = make_code(7, 5);

inline message signal_of(code what, std::string_view id = "") {
  message x;
  x.code = what;
  x.token = token{hex(id)};
  return x;
}

inline message csm_of(std::uint32_t size, bool block_wise = true) {
  auto x = signal_of(csm);
  x.options.add_uint(2, size);
  if (block_wise)
    x.options.add(4);
  return x;
}

inline bytes wire(const message& x) {
  bytes out;
  EXPECT_TRUE(serialise_frame(x.code, x.token, x.options, x.payload, out));
  return out;
}

/// A request of the peer.
inline message request(std::string_view id, code method = code::put) {
  auto x = signal_of(method, id);
  x.options.add(option::uri_path, "hb");
  return x;
}

inline outgoing_request own_request(code method = code::put) {
  outgoing_request x;
  x.code = method;
  x.options.add(option::uri_path, "hb");
  x.payload = {0xa0};
  return x;
}

/// The peer's response to what the endpoint sent.
inline message answer_to(const message& x, code result = code::changed) {
  auto y = signal_of(result);
  y.token = x.token;
  return y;
}

/// An endpoint, its clock, and what it sent and reported.
class harness {
public:
  explicit harness(limits bounds = {}, stream_limits stream = {},
                   bool introduced = false)
      : uut{{}, std::mt19937_64{1}, now, bounds, stream} {
    if (!introduced)
      return;
    EXPECT_EQ(sent_one().code, csm);
    give(csm_of(64 * 1024));
  }

  /// With both CSMs behind it.
  static harness open(limits bounds = {}, stream_limits stream = {}) {
    return harness{bounds, stream, true};
  }

  void give(byte_view octets) { uut.receive(octets, now); }
  void give(const message& x) { give(byte_view{wire(x)}); }

  void advance(duration span) {
    const auto end = now + span;
    for (auto due = uut.next_deadline(); due && *due <= end;
         due = uut.next_deadline()) {
      now = std::max(now, *due);
      uut.on_time(now);
    }
    now = end;
  }

  bytes octets() {
    bytes all;
    for (bytes piece; uut.next_datagram(piece);)
      all.insert(all.end(), piece.begin(), piece.end());
    return all;
  }

  /// What was sent since the last call.
  std::vector<message> sent() {
    const auto all = octets();
    byte_view rest{all};
    frame_reader reader{1024 * 1024};
    std::vector<message> frames;
    for (;;) {
      const auto frame = reader.next(rest);
      if (!frame || !*frame)
        break;
      const auto x = parse_frame(**frame);
      EXPECT_TRUE(x);
      if (x)
        frames.push_back(*x);
    }
    EXPECT_TRUE(rest.empty() && reader.buffered() == 0);
    return frames;
  }

  message sent_one() {
    auto all = sent();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? message{} : all[0];
  }

  bool silent() { return octets().empty(); }

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

  /// An Abort with a diagnostic was sent as the last thing, and the
  /// application was told.
  bool aborted() {
    const auto all = sent();
    const auto ended = event_of<stream_ended>();
    return !all.empty() && all.back().code == abortion
           && !all.back().payload.empty() && ended && !ended->orderly;
  }

  time_point now{std::chrono::hours{1000}};
  stream_endpoint uut;
};

} // namespace tocsin::protocol::coap
