#include "tools/traffic/pacer.hpp"

#include <gtest/gtest.h>

namespace tocsin::tools::traffic {

using namespace std::chrono_literals;

TEST(pacer, keeps_the_rate_over_time) {
  for (std::uint64_t rate : {1u, 7u, 999u, 10'000u, 200'000u}) {
    pacer::clock::time_point start{};
    pacer uut{rate, start, 20ms};
    std::uint64_t sum = 0;
    for (auto now = start; now <= start + 10s; now += 700us)
      sum += uut.due(now);
    EXPECT_NEAR(static_cast<double>(sum), 10.0 * static_cast<double>(rate),
                0.0002 * static_cast<double>(rate) * 10 + 1);
  }
}

TEST(pacer, forgets_what_was_missed_instead_of_bursting) {
  pacer::clock::time_point start{};
  pacer uut{10'000, start, 20ms};
  EXPECT_EQ(uut.due(start + 5s), 200u);
  EXPECT_EQ(uut.due(start + 5s + 1ms), 10u);
}

TEST(pacer, gives_one_at_a_time_to_the_slow) {
  pacer::clock::time_point start{};
  pacer uut{1, start, 20ms};
  EXPECT_EQ(uut.due(start + 999ms), 0u);
  EXPECT_EQ(uut.due(start + 1s), 1u);
  EXPECT_EQ(uut.due(start + 10s), 1u);
}

TEST(pacer, owes_nothing_when_time_stands_still_or_runs_back) {
  pacer::clock::time_point start{1s};
  pacer uut{1'000'000, start, 20ms};
  EXPECT_EQ(uut.due(start), 0u);
  EXPECT_EQ(uut.due(start - 1s), 0u);
  EXPECT_EQ(uut.due(start + 1ms), 1000u);
}

} // namespace tocsin::tools::traffic
