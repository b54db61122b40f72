#include "protocol/signal/server_choice.hpp"

#include <gmock/gmock.h>

namespace tocsin::protocol::signal {

namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<prefix> of(const std::vector<std::string>& texts) {
  std::vector<prefix> out;
  for (const auto& text : texts)
    out.push_back(*prefix::parse(text));
  return out;
}

// MULTI-020, MULTI-022, MULTI-001, MULTI-007
TEST(split_by_owner, each_server_gets_what_its_network_assigned) {
  auto x = split_by_owner(
      {of({"192.0.2.0/24", "2001:db8:1::/48"}), of({"198.51.100.0/24"})},
      of({"192.0.2.7", "198.51.100.0/25", "2001:db8:1::1"}));
  EXPECT_EQ(x.parts[0], of({"192.0.2.7", "2001:db8:1::1"}));
  EXPECT_EQ(x.parts[1], of({"198.51.100.0/25"}));
  EXPECT_THAT(x.nobody, IsEmpty());
}

// MULTI-021
TEST(split_by_owner, what_is_nobodys_is_told) {
  auto x = split_by_owner({of({"192.0.2.0/25"})},
                          of({"203.0.113.1", "192.0.2.0/24"}));
  EXPECT_EQ(x.parts[0], of({"192.0.2.0/25"})) << "its share of the wider one";
  EXPECT_EQ(x.nobody, of({"203.0.113.1", "192.0.2.0/24"}));
}

TEST(split_by_owner, two_may_have_all_of_it_together) {
  auto x = split_by_owner({of({"192.0.2.0/25"}), of({"192.0.2.128/25"})},
                          of({"192.0.2.0/24"}));
  EXPECT_EQ(x.parts[0], of({"192.0.2.0/25"}));
  EXPECT_EQ(x.parts[1], of({"192.0.2.128/25"}));
  EXPECT_THAT(x.nobody, IsEmpty());
}

// MULTI-004: addresses of one's own go to a server that claims none.
TEST(split_by_owner, a_server_without_prefixes_takes_the_rest) {
  auto x = split_by_owner({of({"192.0.2.0/24"}), {}},
                          of({"192.0.2.1", "203.0.113.1"}));
  EXPECT_EQ(x.parts[0], of({"192.0.2.1"}));
  EXPECT_EQ(x.parts[1], of({"203.0.113.1"}));
  EXPECT_THAT(x.nobody, IsEmpty());
}

class server_failover_test : public ::testing::Test {
protected:
  time_point now = time_point{} + 1h;
  server_failover uut{3, 0};
};

// ARCH-097
TEST_F(server_failover_test, a_refusal_moves_on_in_order) {
  uut.on_failed(now);
  EXPECT_EQ(uut.current(), 1u);
  uut.on_failed(now);
  EXPECT_EQ(uut.current(), 2u);
  uut.on_progress();
  EXPECT_FALSE(uut.next_deadline()) << "it stays where it works";
}

TEST_F(server_failover_test, silence_counts_as_failure_after_a_while) {
  uut.on_lost(now);
  EXPECT_EQ(uut.next_deadline(), now + server_lost_after);
  uut.on_lost(now + 29s);
  EXPECT_EQ(uut.current(), 0u);
  uut.on_time(now + 30s);
  EXPECT_EQ(uut.current(), 1u);
}

TEST_F(server_failover_test, progress_ends_the_silence) {
  uut.on_lost(now);
  uut.on_progress();
  uut.on_time(now + 60s);
  EXPECT_EQ(uut.current(), 0u);
}

TEST_F(server_failover_test, when_all_have_failed_it_waits_for_the_first) {
  uut.on_failed(now);
  uut.on_failed(now + 1s);
  uut.on_failed(now + 2s);
  EXPECT_TRUE(uut.exhausted());
  EXPECT_EQ(uut.next_deadline(), now + server_retry);
  uut.on_time(now + server_retry);
  EXPECT_FALSE(uut.exhausted());
  EXPECT_EQ(uut.current(), 0u);
}

} // namespace

} // namespace tocsin::protocol::signal
