#include "tools/load/meter.hpp"

#include <gtest/gtest.h>

namespace tocsin::tools::load {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const time_point start{seconds{100}};

} // namespace

TEST(meter, takes_the_median_rate_of_its_windows) {
  meter x{std::nullopt};
  auto now = start;
  for (int count : {10, 1000, 20}) {
    x.begin(now);
    for (int i = 0; i < count; ++i)
      x.done("get", milliseconds{1}, "2.05");
    x.end(now += seconds{1});
  }
  EXPECT_DOUBLE_EQ(x.result().rate, 20);
  EXPECT_EQ(x.result().done(), 1030U);
}

TEST(meter, forgets_what_was_before_the_first_window) {
  meter x{std::nullopt};
  x.done("get", milliseconds{1}, "2.05");
  x.lost("get");
  x.begin(start);
  x.end(start + seconds{1});
  EXPECT_EQ(x.result().done(), 0U);
  EXPECT_EQ(x.result().lost(), 0U);
}

TEST(meter, counts_late_answers_in_totals_but_not_in_windows) {
  meter x{std::nullopt};
  x.begin(start);
  x.done("get", milliseconds{1}, "2.05");
  x.end(start + seconds{1});
  x.done("get", milliseconds{900}, "2.05");
  x.lost("put");
  const auto found = x.result();
  EXPECT_DOUBLE_EQ(found.rate, 1);
  EXPECT_LT(found.p99_us, 1100);
  EXPECT_EQ(found.operations.at("get").latency.count(), 2U);
  EXPECT_EQ(found.lost(), 1U);
}

TEST(meter, counts_codes_by_operation_and_together) {
  meter x{std::nullopt};
  x.begin(start);
  x.done("get", milliseconds{1}, "2.05");
  x.done("get", milliseconds{1}, "4.04");
  x.done("put", milliseconds{1}, "4.04");
  x.note("session", "lost: closed");
  const auto found = x.result();
  EXPECT_EQ(found.operations.at("get").outcomes.at("4.04"), 1U);
  EXPECT_EQ(found.outcomes().at("4.04"), 2U);
  EXPECT_EQ(found.outcomes().at("lost: closed"), 1U);
  EXPECT_EQ(found.done(), 3U);
}

} // namespace tocsin::tools::load
