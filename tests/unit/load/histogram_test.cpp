#include "tools/load/histogram.hpp"

#include <gtest/gtest.h>

namespace tocsin::tools::load {

namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

} // namespace

TEST(histogram, says_zero_of_nothing) {
  histogram x;
  EXPECT_EQ(x.count(), 0U);
  EXPECT_EQ(x.quantile(0.5), nanoseconds{0});
  EXPECT_EQ(x.max(), nanoseconds{0});
}

TEST(histogram, is_exact_below_its_first_step) {
  histogram x;
  for (int i = 0; i < 32; ++i)
    x.add(nanoseconds{i});
  EXPECT_EQ(x.quantile(0), nanoseconds{0});
  EXPECT_EQ(x.quantile(0.5), nanoseconds{16});
  EXPECT_EQ(x.quantile(1), nanoseconds{31});
}

TEST(histogram, is_wrong_by_a_thirty_second_at_most) {
  for (std::int64_t ns = 1; ns < std::int64_t{3'600'000'000'000};
       ns = ns * 5 / 4 + 1) {
    histogram x;
    x.add(nanoseconds{ns});
    x.add(hours{1}); // so that the longest does not cut the bucket
    const auto found = x.quantile(0.25).count();
    EXPECT_GE(found, ns);
    EXPECT_LE(found, ns + ns / 32) << ns;
  }
}

TEST(histogram, finds_the_share_that_was_not_exceeded) {
  histogram x;
  for (int i = 1; i <= 1000; ++i)
    x.add(microseconds{i});
  const auto near = [](nanoseconds found, microseconds wanted) {
    return found >= wanted && found <= wanted * 34 / 32;
  };
  EXPECT_TRUE(near(x.quantile(0.5), microseconds{500}));
  EXPECT_TRUE(near(x.quantile(0.99), microseconds{990}));
}

TEST(histogram, never_says_more_than_the_longest) {
  histogram x;
  x.add(milliseconds{1001});
  EXPECT_EQ(x.quantile(1), milliseconds{1001});
  EXPECT_EQ(x.max(), milliseconds{1001});
}

TEST(histogram, takes_what_is_out_of_bounds) {
  histogram x;
  x.add(nanoseconds{-5});
  x.add(hours{24 * 365});
  EXPECT_EQ(x.count(), 2U);
  EXPECT_EQ(x.quantile(0), nanoseconds{0});
  x.clear();
  EXPECT_EQ(x.count(), 0U);
}

} // namespace tocsin::tools::load
