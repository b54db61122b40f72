#include "protocol/signal/signal_watch.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {
namespace {

using namespace std::chrono_literals;

constexpr time_point t0{1h};
constexpr heartbeat_settings beats{15s, 4}; // limit: 60 s

struct end_row {
  const char* id;
  session_end how;
  bool at_once;
  bool at_limit;
};
class last_session : public testing::TestWithParam<end_row> {};

// SIG-217: recovery says no more than that it is there.
TEST_P(last_session, decides_when_the_signal_is_lost) {
  signal_watch watch{beats};
  EXPECT_FALSE(watch.up(1));
  auto now = watch.ended(1, GetParam().how, t0);
  EXPECT_EQ(now == signal_event::lost, GetParam().at_once);
  EXPECT_EQ(watch.next_deadline().has_value(), GetParam().at_limit);
  EXPECT_FALSE(watch.on_time(t0 + 60s - 1ns));
  EXPECT_EQ(watch.on_time(t0 + 60s) == signal_event::lost, GetParam().at_limit);
  EXPECT_FALSE(watch.on_time(t0 + 1h));
  EXPECT_EQ(watch.up(2) == signal_event::recovered,
            GetParam().at_once || GetParam().at_limit);
}

TEST_P(last_session, is_not_any_other_session) {
  signal_watch watch{beats};
  watch.up(1);
  watch.up(2);
  EXPECT_FALSE(watch.ended(1, GetParam().how, t0));
  EXPECT_FALSE(watch.next_deadline());
}

INSTANTIATE_TEST_SUITE_P(
    rows, last_session,
    testing::Values(end_row{"goodbye", session_end::goodbye, false, false},
                    end_row{"lost", session_end::lost, true, false},
                    end_row{"replaced", session_end::replaced, false, true},
                    end_row{"failed", session_end::failed, false, true},
                    end_row{"stop", session_end::node_stop, false, false}),
    [](const auto& row) { return row.param.id; });

TEST(signal_watch, waits_after_a_restart_and_begins_anew_with_activity) {
  signal_watch watch{beats};
  watch.restored(t0);
  watch.activity(t0 + 10s);
  EXPECT_EQ(watch.next_deadline(), t0 + 70s);
  watch.up(1);
  EXPECT_FALSE(watch.on_time(t0 + 70s));
}

// The goodbye of the older session was lost.
TEST(signal_watch, a_goodbye_on_the_session_in_use_is_one_for_all) {
  signal_watch watch{beats};
  watch.up(1);
  watch.up(2);
  watch.asked_on(2, t0);
  EXPECT_FALSE(watch.ended(2, session_end::goodbye, t0));
  EXPECT_FALSE(watch.ended(1, session_end::lost, t0 + 60s));
  EXPECT_FALSE(watch.expected());
  EXPECT_FALSE(watch.next_deadline());
}

// A client that calls over two transports at once ends the slower session.
TEST(signal_watch, a_goodbye_on_a_session_that_was_never_used_says_nothing) {
  signal_watch watch{beats};
  watch.up(1);
  watch.asked_on(1, t0);
  watch.up(2);
  watch.ended(2, session_end::goodbye, t0 - 20s);
  EXPECT_EQ(watch.ended(1, session_end::lost, t0 + 45s), signal_event::lost);
}

// SIG-308: the client was heard on the newer session until that broke.
TEST(signal_watch, a_session_that_broke_later_begins_the_limit_anew) {
  for (auto how : {session_end::failed, session_end::replaced}) {
    signal_watch watch{beats};
    watch.up(1);
    watch.up(2);
    watch.ended(2, how, t0);
    EXPECT_FALSE(watch.ended(1, session_end::lost, t0 + 45s));
    EXPECT_FALSE(watch.on_time(t0 + 60s - 1ns));
    EXPECT_EQ(watch.on_time(t0 + 60s), signal_event::lost);
  }
}

TEST(signal_watch, a_session_that_broke_long_ago_delays_nothing) {
  signal_watch watch{beats};
  watch.up(1);
  watch.up(2);
  watch.ended(2, session_end::failed, t0);
  EXPECT_EQ(watch.ended(1, session_end::lost, t0 + 60s), signal_event::lost);
}

TEST(signal_watch, who_was_heard_after_a_goodbye_may_be_lost) {
  signal_watch watch{beats};
  watch.up(1);
  watch.up(2);
  watch.asked_on(2, t0);
  watch.ended(2, session_end::goodbye, t0);
  EXPECT_EQ(watch.ended(1, session_end::lost, t0 + 61s), signal_event::lost);
}

TEST(signal_watch, a_goodbye_on_an_older_session_ends_only_that) {
  signal_watch watch{beats};
  watch.up(1);
  watch.asked_on(1, t0);
  watch.up(2);
  watch.asked_on(2, t0);
  watch.ended(1, session_end::goodbye, t0);
  EXPECT_EQ(watch.ended(2, session_end::lost, t0 + 60s), signal_event::lost);
}

// A client in need repeats its request over both sessions, and then lets go of
// the older one.
TEST(signal_watch, a_request_repeated_over_the_older_session_is_no_return) {
  signal_watch watch{beats};
  watch.up(1);
  watch.up(2);
  watch.asked_on(2, t0);
  watch.asked_on(1, t0 + 1s);
  watch.ended(1, session_end::goodbye, t0 + 2s);
  EXPECT_EQ(watch.ended(2, session_end::lost, t0 + 62s), signal_event::lost);
}

TEST(signal_watch, who_went_back_to_the_older_session_leaves_on_that) {
  signal_watch watch{beats};
  watch.up(1);
  watch.up(2);
  watch.asked_on(2, t0);
  watch.asked_on(1, t0 + beats.interval);
  watch.ended(1, session_end::goodbye, t0 + 30s);
  EXPECT_FALSE(watch.ended(2, session_end::lost, t0 + 60s));
  EXPECT_FALSE(watch.expected());
}

// SIG-308: what arrives last may come on the session that the client lets go.
TEST(signal_watch, a_goodbye_on_an_older_session_was_heard) {
  signal_watch watch{beats};
  watch.up(1);
  watch.up(2);
  watch.asked_on(2, t0);
  watch.ended(1, session_end::goodbye, t0);
  EXPECT_FALSE(watch.ended(2, session_end::lost, t0 + 59s));
  EXPECT_EQ(watch.on_time(t0 + 60s), signal_event::lost);
}

TEST(signal_watch, never_says_lost_with_heartbeats_off) {
  signal_watch watch{{0s, 4}};
  watch.up(1);
  EXPECT_FALSE(watch.ended(1, session_end::lost, t0));
  EXPECT_FALSE(watch.on_time(t0 + 24h));
}

} // namespace
} // namespace tocsin::protocol::signal
