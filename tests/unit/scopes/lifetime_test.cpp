#include "protocol/signal/lifetime.hpp"

#include "protocol/signal/rate_limit.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {
namespace {

using namespace std::chrono_literals;

// SIG-089
TEST(lifetime, asked_for_by_default_is_an_hour) {
  EXPECT_EQ(default_lifetime, 3600);
}

// SIG-091
TEST(lifetime, is_granted_within_the_policy) {
  lifetime_policy finite{7200, false};
  EXPECT_EQ(grant_lifetime(3600, finite), 3600);
  EXPECT_EQ(grant_lifetime(7201, finite), 7200);
  EXPECT_EQ(grant_lifetime(-1, finite), 7200);
  EXPECT_EQ(grant_lifetime(-1, {7200, true}), -1);
  EXPECT_EQ(grant_lifetime(9999, {7200, true}), 7200);
}

// SIG-093
TEST(lifetime, left_counts_down_to_zero_and_an_endless_one_stays) {
  EXPECT_EQ(expiry(3600, 1000), 4600);
  EXPECT_EQ(remaining_lifetime(4600, 1000), 3600);
  EXPECT_EQ(remaining_lifetime(4600, 4599), 1);
  EXPECT_EQ(remaining_lifetime(4600, 9999), 0);
  EXPECT_EQ(expiry(-1, 1000), -1);
  EXPECT_EQ(remaining_lifetime(-1, 1000), -1);
}

// SIG-092
TEST(lifetime, is_refreshed_well_before_its_end) {
  EXPECT_EQ(refresh_after(3600), 2400s);
  EXPECT_EQ(refresh_after(1), 1s);
  EXPECT_EQ(refresh_after(-1), 0s);
}

constexpr time_point t0{1h};

// SIG-393
TEST(rate_limit, lets_a_burst_pass_and_then_the_rate) {
  rate_limit uut{60, 3};
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(uut.allow(t0));
  EXPECT_FALSE(uut.allow(t0));
  EXPECT_EQ(uut.wait(t0), 1s);
  EXPECT_FALSE(uut.allow(t0 + 999ms));
  EXPECT_TRUE(uut.allow(t0 + 1s));
  EXPECT_FALSE(uut.allow(t0 + 1s));
}

TEST(rate_limit, saves_no_more_than_a_burst) {
  rate_limit uut{60, 3};
  EXPECT_TRUE(uut.allow(t0));
  auto later = t0 + 10h;
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(uut.allow(later));
  EXPECT_FALSE(uut.allow(later));
}

TEST(rate_limit, gives_the_rate_in_the_long_run) {
  rate_limit uut{600, 10};
  int served = 0;
  for (auto now = t0; now < t0 + 10min; now += 10ms)
    served += uut.allow(now);
  EXPECT_GE(served, 6000);
  EXPECT_LE(served, 6010);
}

TEST(rate_limit, refusals_cost_nothing) {
  rate_limit uut{60, 1};
  EXPECT_TRUE(uut.allow(t0));
  for (int i = 0; i < 1000; ++i)
    EXPECT_FALSE(uut.allow(t0));
  EXPECT_TRUE(uut.allow(t0 + 1s));
}

TEST(rate_limit, of_zero_is_no_limit_and_extremes_are_harmless) {
  rate_limit open{0, 0}, slow{1, 0xffffffff}, fast{0xffffffff, 0};
  for (int i = 0; i < 1000; ++i)
    EXPECT_TRUE(open.allow(t0));
  EXPECT_EQ(open.wait(t0), 0s);
  EXPECT_TRUE(slow.allow(t0));
  EXPECT_TRUE(slow.allow(t0));
  EXPECT_TRUE(fast.allow(t0));
  EXPECT_FALSE(fast.allow(t0));
}

} // namespace
} // namespace tocsin::protocol::signal
