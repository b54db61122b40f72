#include "protocol/signal/drop_rates.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {
namespace {

using namespace std::chrono_literals;
constexpr time_point t0{1h};

// SIG-171
TEST(drop_rates, keeps_totals_when_the_driver_begins_anew) {
  drop_rates x{t0};
  x.sample(10, 1000, t0 + 10s);
  x.sample(3, 300, t0 + 20s);
  EXPECT_EQ(x.current().pkts_dropped, 13u);
  EXPECT_EQ(x.current().bytes_dropped, 1300u);
  x.driver_restarted();
  x.sample(4, 400, t0 + 30s);
  EXPECT_EQ(x.current().bytes_dropped, 1700u);
}

TEST(drop_rates, takes_a_wrap_for_a_wrap) {
  drop_rates x{t0};
  auto top = ~std::uint64_t{0};
  x.sample(1, top - 9, t0 + 1s);
  x.sample(2, 10, t0 + 2s);
  EXPECT_EQ(x.current().bytes_dropped, 10u); // the total wraps as well
  EXPECT_EQ(x.current().pkts_dropped, 2u);
}

// SIG-172
TEST(drop_rates, averages_full_five_minute_buckets) {
  drop_rates x{t0};
  x.sample(100, 1000, t0 + 10s);
  EXPECT_EQ(x.current().bps_dropped, 100u);
  x.sample(600, 6000, t0 + 300s);
  EXPECT_EQ(x.current().bps_dropped, 20u);
  x.sample(60000, 600000, t0 + 599s); // not full: does not count yet
  EXPECT_EQ(x.current().bps_dropped, 20u);
  EXPECT_EQ(x.current().pps_dropped, 2u);
  x.sample(60000, 600000, t0 + 600s);
  EXPECT_EQ(x.current().bps_dropped, 1000u);
}

TEST(drop_rates, what_was_dropped_before_is_not_dropped_of_late) {
  auto start = time_point{} + std::chrono::hours{1};
  drop_rates uut{start};
  auto now = start + std::chrono::milliseconds{10};
  uut.sample(1'000'000, 1'000'000'000, now); // as after a restart
  EXPECT_EQ(uut.recent(now), 0u);
  now += std::chrono::seconds{10};
  uut.sample(1'000'100, 1'000'001'000, now);
  EXPECT_LE(uut.recent(now), 200u);
}

// An attack that grows is seen while it grows, not when the average says so.
TEST(drop_rates, what_is_dropped_of_late_is_no_average) {
  auto start = time_point{} + std::chrono::hours{1};
  drop_rates uut{start};
  std::uint64_t bytes = 0;
  auto now = start;
  auto second = [&](std::uint64_t more) {
    now += std::chrono::seconds{1};
    uut.sample(1, bytes += more, now);
  };
  for (int i = 0; i < 600; ++i)
    second(100);
  EXPECT_EQ(uut.recent(now), 100u);
  for (int i = 0; i < 10; ++i)
    second(5000);
  EXPECT_EQ(uut.recent(now), 5000u);
  EXPECT_EQ(uut.current().bps_dropped, 100u);
  EXPECT_LE(uut.recent(now + std::chrono::seconds{90}), 500u)
      << "nothing was heard since";
  now += std::chrono::seconds{90};
  second(5000);
  EXPECT_EQ(uut.recent(now), 1000u) << "after a pause: of the last 5 s";
}

TEST(drop_rates, packets_of_late_are_counted_as_octets_are) {
  auto now = time_point{} + std::chrono::hours{1};
  drop_rates uut{now};
  std::uint64_t packets = 0;
  auto second = [&](std::uint64_t more) {
    now += std::chrono::seconds{1};
    packets += more;
    uut.sample(packets, 64 * packets, now);
  };
  for (int i = 0; i < 600; ++i)
    second(10);
  EXPECT_EQ(uut.recent_packets(now), 10u);
  for (int i = 0; i < 10; ++i)
    second(1000);
  EXPECT_EQ(uut.recent_packets(now), 1000u);
  EXPECT_EQ(uut.current().pps_dropped, 10u);
}

} // namespace
} // namespace tocsin::protocol::signal
