// Datagrams that a SESSION takes straight from its reactor, without a message.
#include "tests/actors/session_fixture.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {

namespace coap = protocol::coap;
using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

class session_take_test : public session_fixture {
protected:
  void SetUp() override { connect(true); }

  session& direct() {
    auto* actor = caf::actor_cast<caf::abstract_actor*>(uut);
    return *static_cast<session*>(actor);
  }

  void take(const coap::message& x) {
    bytes octets;
    EXPECT_TRUE(coap::serialise(x, octets));
    EXPECT_TRUE(peer->send(octets));
    while (peer->next_datagram(octets))
      direct().take(octets);
  }

  session_view view() { return *ask<session_view>(uut, atom::status_v); }
};

// SIG-287, COAP-035
TEST_F(session_take_test, a_heartbeat_is_answered_before_anybody_has_a_turn) {
  take(message(coap::code::put, dots({"hb"}), beat));
  ASSERT_THAT(wire, SizeIs(1));
  exchange();
  ASSERT_THAT(inbox, SizeIs(1));
  EXPECT_EQ(inbox[0].code, coap::code::changed);
  EXPECT_EQ(inbox[0].type, coap::type::non);
  auto x = view();
  EXPECT_TRUE(x.peer_hears_us);
  EXPECT_EQ(x.idle_ms, 0u);
}

TEST_F(session_take_test, other_requests_wait_for_a_turn) {
  seen->answer = {
      static_cast<std::uint8_t>(coap::code::content), true, {1}, {}, false};
  take(message(coap::code::get, dots({"mitigate", "cuid=a"})));
  EXPECT_THAT(wire, IsEmpty());
  exchange();
  ASSERT_THAT(inbox, SizeIs(1));
  EXPECT_EQ(inbox[0].code, coap::code::content);
  ASSERT_THAT(seen->requests, SizeIs(1));
}

// SIG-318
TEST_F(session_take_test, a_heartbeat_that_says_nothing_is_refused) {
  take(message(coap::code::put, dots({"hb"}), {0xA1, 0x18, 0x31, 0xA0}));
  EXPECT_THAT(wire, IsEmpty());
  exchange();
  ASSERT_THAT(inbox, SizeIs(1));
  EXPECT_EQ(inbox[0].code, coap::code::bad_request);
}

// Heartbeats taken this way keep the session, and their end ends it.
TEST_F(session_take_test, liveness_counts_what_was_taken) {
  policy.missing_hb_allowed = {1, 30};
  for (int i = 0; i < 120; ++i) {
    cut = true; // its own heartbeats go unanswered
    advance_both(30s);
    cut = false;
    take(message(coap::code::put, dots({"hb"}), beat));
    wire.clear();
  }
  EXPECT_THAT(seen->gone, IsEmpty());
  cut = true;
  advance_both(30s * 20);
  EXPECT_THAT(seen->gone, SizeIs(1));
}

TEST_F(session_take_test, a_goodbye_ends_the_session) {
  peer->close();
  for (bytes x; peer->next_datagram(x);)
    direct().take(x);
  EXPECT_EQ(forgotten, 0);
  sched.run();
  EXPECT_EQ(forgotten, 1);
  EXPECT_THAT(seen->gone, SizeIs(1));
}

TEST_F(session_take_test, nothing_is_taken_after_the_end) {
  bytes octets;
  ASSERT_TRUE(
      coap::serialise(message(coap::code::put, dots({"hb"}), beat), octets));
  ASSERT_TRUE(peer->send(octets));
  bytes late;
  ASSERT_TRUE(peer->next_datagram(late));
  self->send_exit(uut, caf::exit_reason::kill);
  sched.run();
  wire.clear();
  direct().take(late);
  sched.run();
  EXPECT_THAT(wire, IsEmpty());
}

TEST_F(session_take_test, garbage_is_dropped) {
  direct().take(bytes(100, 0x17));
  direct().take({});
  exchange();
  EXPECT_THAT(inbox, IsEmpty());
  EXPECT_THAT(seen->gone, IsEmpty());
}

} // namespace

} // namespace tocsin::actors
