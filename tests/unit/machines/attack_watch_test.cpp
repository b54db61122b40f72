#include "protocol/signal/attack_watch.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {
namespace {

using namespace std::chrono_literals;
constexpr time_point t0{1h};

TEST(attack_watch, says_nothing_before_anything_was_dropped) {
  attack_watch x{60s};
  EXPECT_EQ(x.phase(t0 + 24h), attack_phase::unknown);
  EXPECT_FALSE(x.next_deadline());
}

TEST(attack_watch, finds_the_end_when_nothing_was_dropped_for_long_enough) {
  attack_watch x{60s};
  x.dropped(t0);
  x.dropped(t0 + 10s);
  EXPECT_EQ(x.next_deadline(), t0 + 70s);
  EXPECT_EQ(x.phase(t0 + 69s), attack_phase::ongoing);
  EXPECT_EQ(x.phase(t0 + 70s), attack_phase::stopped);
}

TEST(attack_watch, goes_on_when_something_is_dropped_again) {
  attack_watch x{60s};
  x.dropped(t0);
  EXPECT_EQ(x.phase(t0 + 60s), attack_phase::stopped);
  x.dropped(t0 + 100s);
  EXPECT_EQ(x.phase(t0 + 100s), attack_phase::ongoing);
  EXPECT_EQ(x.phase(t0 + 160s), attack_phase::stopped);
}

TEST(attack_watch, never_ends_by_quiet_where_policy_says_so) {
  attack_watch x{0s};
  x.dropped(t0);
  EXPECT_EQ(x.phase(t0 + 24h), attack_phase::ongoing);
  EXPECT_FALSE(x.next_deadline());
  x.stated(false);
  EXPECT_EQ(x.phase(t0 + 24h), attack_phase::stopped);
}

TEST(attack_watch, believes_the_driver_more_than_its_own_clock) {
  attack_watch x{60s};
  x.stated(true);
  EXPECT_EQ(x.phase(t0), attack_phase::ongoing);
  x.dropped(t0);
  EXPECT_EQ(x.phase(t0 + 1h), attack_phase::ongoing);
  x.stated(false);
  x.dropped(t0 + 2h);
  EXPECT_EQ(x.phase(t0 + 2h), attack_phase::stopped);
}

TEST(attack_watch, takes_no_silence_of_a_blind_driver_for_quiet) {
  attack_watch x{60s};
  x.dropped(t0);
  x.blind(t0 + 30s);
  EXPECT_FALSE(x.next_deadline());
  EXPECT_EQ(x.phase(t0 + 1h), attack_phase::ongoing);
  x.sighted(t0 + 1h);
  EXPECT_EQ(x.phase(t0 + 1h + 59s), attack_phase::ongoing);
  EXPECT_EQ(x.phase(t0 + 1h + 60s), attack_phase::stopped);
}

TEST(attack_watch, keeps_what_it_knew_when_the_driver_goes_blind) {
  attack_watch x{60s};
  x.dropped(t0);
  x.blind(t0 + 61s);
  EXPECT_EQ(x.phase(t0 + 61s), attack_phase::stopped);
  x.sighted(t0 + 90s);
  EXPECT_EQ(x.phase(t0 + 90s), attack_phase::stopped);
  x.sighted(t0 + 95s);
  x.dropped(t0 + 100s);
  EXPECT_EQ(x.phase(t0 + 100s), attack_phase::ongoing);
}

TEST(attack_watch, forgets_what_a_dead_driver_said) {
  attack_watch x{60s};
  x.stated(false);
  x.lost(t0);
  EXPECT_EQ(x.phase(t0), attack_phase::unknown);
  x.sighted(t0 + 1s);
  EXPECT_EQ(x.phase(t0 + 1h), attack_phase::unknown);
}

} // namespace
} // namespace tocsin::protocol::signal
