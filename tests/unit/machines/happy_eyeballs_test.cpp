#include "protocol/signal/happy_eyeballs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::protocol::signal {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr time_point t0{1h};

std::vector<candidate> two_families() {
  return candidates_of(
      std::vector<server_address>{{"192.0.2.1", address_family::ipv4},
                                  {"2001:db8::1", address_family::ipv6}});
}

// SIG-029
TEST(candidates, come_in_the_order_of_preference) {
  std::vector<std::string> order;
  for (const auto& x : two_families())
    order.push_back((x.transport == transport_kind::udp ? "udp " : "tcp ")
                    + x.address.text);
  EXPECT_THAT(order, ElementsAre("udp 2001:db8::1", "udp 192.0.2.1",
                                 "tcp 2001:db8::1", "tcp 192.0.2.1"));
}

struct row {
  const char* id;
  bool attack;
  duration delay;
};
class race_spacing : public testing::TestWithParam<row> {};

// SIG-028, SIG-035, SIG-036
TEST_P(race_spacing, is_equal_even_after_a_failure) {
  auto delay = GetParam().delay;
  connection_race race{two_families(), GetParam().attack};
  EXPECT_THAT(race.start(t0), ElementsAre(start_attempt{0}));
  EXPECT_THAT(race.on_failed(0), IsEmpty());
  EXPECT_EQ(race.next_deadline(), t0 + delay);
  EXPECT_THAT(race.on_time(t0 + delay - 1ns), IsEmpty());
  EXPECT_THAT(race.on_time(t0 + delay), ElementsAre(start_attempt{1}));
  EXPECT_THAT(race.on_time(t0 + 2 * delay), ElementsAre(start_attempt{2}));
  EXPECT_THAT(race.on_succeeded(3), IsEmpty()); // was never started
  EXPECT_THAT(race.on_succeeded(2),
              ElementsAre(use_attempt{2}, cancel_attempt{1}));
  EXPECT_FALSE(race.next_deadline());
  EXPECT_THAT(race.on_succeeded(1), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(rows, race_spacing,
                         testing::Values(row{"calm", false, 250ms},
                                         row{"attack", true, 100ms}),
                         [](const auto& x) { return x.param.id; });

TEST(connection_race, fails_when_nothing_is_left) {
  auto one = two_families();
  one.resize(1);
  connection_race race{one, false}, empty{{}, false};
  (void)race.start(t0);
  EXPECT_THAT(race.on_failed(0), ElementsAre(all_failed{}));
  EXPECT_THAT(empty.start(t0), ElementsAre(all_failed{}));
}

// SIG-030, SIG-031
TEST(path_cache, puts_the_winner_first_until_it_is_old) {
  path_cache cache;
  auto all = two_families();
  cache.remember(all[0], false, t0);
  cache.remember(all[2], true, t0);
  EXPECT_THAT(cache.arrange(all, t0 + 10min - 1ns),
              ElementsAre(all[2], all[1], all[3]));
  EXPECT_EQ(cache.arrange(all, t0 + 10min), all);
  for (const auto& x : all)
    cache.remember(x, false, t0);
  EXPECT_EQ(cache.arrange(all, t0), all);
}

// SIG-032, SIG-033, SIG-034
TEST(udp_probe, comes_once_a_day_while_tcp_is_used) {
  udp_probe probe;
  probe.connected(transport_kind::udp, t0);
  EXPECT_FALSE(probe.next_deadline());
  probe.connected(transport_kind::tcp, t0);
  EXPECT_FALSE(probe.on_time(t0 + 24h - 1ns));
  EXPECT_TRUE(probe.on_time(t0 + 24h));
  EXPECT_FALSE(probe.on_outcome(false, t0 + 24h));
  EXPECT_TRUE(probe.on_time(t0 + 48h));
  EXPECT_TRUE(probe.on_outcome(true, t0 + 48h));
  EXPECT_FALSE(probe.next_deadline());
  EXPECT_FALSE(validate_udp_probe(299s));
  EXPECT_TRUE(validate_udp_probe(300s));
}

} // namespace
} // namespace tocsin::protocol::signal
