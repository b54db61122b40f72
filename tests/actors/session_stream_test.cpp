#include "protocol/coap/stream_codec.hpp"
#include "tests/actors/session_fixture.hpp"
#include "transports/tls.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {

namespace coap = protocol::coap;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

/// The SESSION of a client over TLS; the test plays the server.
class stream_session_test : public session_fixture {
protected:
  using association = transports::tls_association;

  void SetUp() override {
    auto there = association::server(credentials("server.example"), {}, now());
    auto ours = association::client(credentials("client.example"),
                                    "server.example", {}, now());
    ASSERT_TRUE(there && ours);
    server = *std::move(there);
    bytes hello;
    ASSERT_TRUE((*ours)->next_datagram(hello));
    server->receive(hello, now());
    spawn_session(false, *std::move(ours));
    carry();
    say(coap::make_code(7, 1)); // its CSM
    ASSERT_THAT(seen->opened, SizeIs(1));
    heard.clear();
  }

  void carry() {
    for (bool moved = true; moved;) {
      moved = false;
      sched.run();
      for (; !wire.empty(); wire.pop_front(), moved = true)
        server->receive(wire.front(), now());
      for (bytes x; server->next_plaintext(x); moved = true)
        read(x);
      for (bytes x; server->next_datagram(x); moved = true)
        self->send(uut, atom::packet_v, x);
    }
  }

  void read(byte_view octets) {
    for (;;) {
      auto frame = frames.next(octets);
      ASSERT_TRUE(frame);
      if (!*frame)
        return;
      auto message = coap::parse_frame(**frame);
      ASSERT_TRUE(message);
      heard.push_back(*message);
    }
  }

  void say(coap::code code, coap::token token = {}) {
    bytes octets;
    ASSERT_TRUE(coap::serialise_frame(code, token, {}, {}, octets));
    ASSERT_TRUE(server->send(octets));
    carry();
  }

  void pass(std::chrono::milliseconds total) {
    for (constexpr std::chrono::milliseconds step{100}; total.count() > 0;
         total -= step) {
      advance(std::min(step, total));
      carry();
    }
  }

  /// The heartbeats that arrived since; others are answered at once.
  std::vector<coap::token> beats() {
    std::vector<coap::token> found;
    for (const auto& x : std::exchange(heard, {}))
      if (x.code == coap::code::put)
        found.push_back(x.token);
      else if (coap::is_request(x.code))
        say(coap::code::not_found, x.token);
    return found;
  }

  /// Answers each heartbeat so much later, until `limit` or the end.
  void answer_after(std::chrono::milliseconds delay,
                    std::chrono::seconds limit) {
    std::deque<std::pair<time_point, coap::token>> waiting;
    for (auto end = now() + limit; now() < end && seen->gone.empty();) {
      pass(100ms);
      for (auto& x : beats())
        waiting.emplace_back(now() + delay, x);
      for (; !waiting.empty() && waiting.front().first <= now();
           waiting.pop_front())
        say(coap::code::changed, waiting.front().second);
    }
  }

  std::unique_ptr<association> server;
  coap::frame_reader frames{65536};
  std::vector<coap::message> heard;
};

// SIG-286
TEST_F(stream_session_test, a_heartbeat_is_sent_once_each_interval) {
  pass(29s);
  EXPECT_THAT(beats(), SizeIs(0));
  pass(2s);
  auto first = beats();
  ASSERT_THAT(first, SizeIs(1));
  pass(28s);
  EXPECT_THAT(beats(), SizeIs(0));
  pass(2s);
  EXPECT_THAT(beats(), SizeIs(1));
}

// SIG-309: just within the interval.
TEST_F(stream_session_test, an_answer_may_take_as_long_as_the_interval) {
  answer_after(29s, 900s);
  EXPECT_TRUE(seen->gone.empty()) << seen->gone[0];
  EXPECT_TRUE(seen->silent.empty());
}

// SIG-309: just beyond it.
TEST_F(stream_session_test, an_answer_after_the_interval_comes_too_late) {
  answer_after(31s, 900s);
  ASSERT_THAT(seen->gone, SizeIs(1));
  EXPECT_THAT(seen->gone[0], HasSubstr("lost: 15"));
  EXPECT_EQ(seen->ends.at(0), session_end::lost);
}

} // namespace

} // namespace tocsin::actors
