#include "tools/load/schedule.hpp"

#include <gtest/gtest.h>

namespace tocsin::tools::load {

namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

const time_point start{hours{1}};

std::size_t take_all(schedule& x, time_point now) {
  std::size_t count = 0;
  while (x.take(now))
    ++count;
  return count;
}

} // namespace

TEST(schedule, begins_at_its_start) {
  schedule x{10, start};
  EXPECT_FALSE(x.take(start - nanoseconds{1}));
  EXPECT_EQ(x.take(start), start);
  EXPECT_EQ(x.next(), start + milliseconds{100});
}

TEST(schedule, gives_nothing_before_its_time) {
  schedule x{1000, start};
  EXPECT_EQ(take_all(x, start + microseconds{2999}), 3U);
  EXPECT_EQ(take_all(x, start + microseconds{2999}), 0U);
  EXPECT_EQ(take_all(x, start + microseconds{3000}), 1U);
}

TEST(schedule, tells_who_is_late_the_time_that_was_meant) {
  schedule x{1000, start};
  const auto late = start + seconds{2};
  for (int i = 0; i < 2000; ++i)
    ASSERT_EQ(x.take(late), start + milliseconds{i});
}

TEST(schedule, keeps_its_rate_however_often_it_is_asked) {
  schedule rare{7, start}, often{7, start};
  std::size_t count = 0;
  for (auto now = start; now < start + seconds{100}; now += milliseconds{3})
    count += take_all(often, now);
  EXPECT_EQ(count, 700U);
  EXPECT_EQ(take_all(rare, start + seconds{100} - nanoseconds{1}), 700U);
}

TEST(schedule, does_not_drift_at_rates_that_do_not_divide_a_second) {
  schedule x{3, start};
  take_all(x, start + hours{1} - nanoseconds{1});
  EXPECT_EQ(x.taken(), 3U * 3600U);
  EXPECT_EQ(x.next(), start + hours{1});
}

TEST(schedule, counts_what_nobody_took) {
  for (std::uint64_t rate : {1U, 3U, 7U, 1000U, 999'983U}) {
    schedule x{rate, start}, twin{rate, start};
    EXPECT_EQ(x.overdue(start - nanoseconds{1}), 0U);
    EXPECT_EQ(x.overdue(start), 1U);
    const auto later = start + milliseconds{1777};
    EXPECT_EQ(x.overdue(later), take_all(twin, later)) << rate;
    x.take(later);
    EXPECT_EQ(x.overdue(later), twin.taken() - 1) << rate;
    EXPECT_EQ(twin.overdue(later), 0U) << rate;
  }
}

TEST(schedule, lasts_for_an_hour_at_the_highest_rate) {
  schedule x{1'000'000, start};
  EXPECT_EQ(x.overdue(start + hours{1}), 3'600'000'001U);
}

} // namespace tocsin::tools::load
