#include "protocol/signal/target_value.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {

namespace {

prefix of(const char* text) {
  return *prefix::parse(text);
}

customer shop() {
  customer out;
  out.name = "shop";
  out.prefixes = {of("192.0.2.0/24"), of("2001:db8::/32")};
  out.value = 20;
  out.assets = {{{of("192.0.2.64/26"), of("2001:db8:1::/48")}, 60},
                {{of("192.0.2.80/32")}, 90},
                {{of("192.0.2.81/32")}, 5}};
  return out;
}

std::uint32_t worth(std::initializer_list<const char*> targets) {
  std::vector<prefix> all;
  for (const auto* x : targets)
    all.push_back(of(x));
  return value_of(shop(), all);
}

} // namespace

TEST(target_value, what_is_no_asset_is_worth_what_the_customer_says) {
  EXPECT_EQ(worth({"192.0.2.1/32"}), 20u);
  EXPECT_EQ(value_of(customer{}, std::vector{of("192.0.2.1/32")}), 0u);
}

TEST(target_value, the_longest_asset_around_a_target_counts) {
  EXPECT_EQ(worth({"192.0.2.70/32"}), 60u);
  EXPECT_EQ(worth({"2001:db8:1::5/128"}), 60u);
  EXPECT_EQ(worth({"192.0.2.80/32"}), 90u);
  EXPECT_EQ(worth({"192.0.2.81/32"}), 5u) << "less than what is around it";
}

TEST(target_value, a_target_is_worth_what_its_most_valuable_part_is) {
  EXPECT_EQ(worth({"192.0.2.0/24"}), 90u);
  EXPECT_EQ(worth({"192.0.2.96/27"}), 60u);
  EXPECT_EQ(worth({"192.0.2.1/32", "192.0.2.70/32"}), 60u);
}

TEST(target_value, a_range_holds_its_bounds) {
  value_bounds some{10, 20};
  EXPECT_FALSE(some.holds(9));
  EXPECT_TRUE(some.holds(10));
  EXPECT_TRUE(some.holds(20));
  EXPECT_FALSE(some.holds(21));
  EXPECT_TRUE(value_bounds{}.holds(0));
  EXPECT_TRUE(value_bounds{}.holds(highest_value));
}

// USE-056
TEST(displacement, the_least_valuable_gives_way_to_what_is_worth_more) {
  displacement full{{50, 10, 90, 10}};
  EXPECT_EQ(full.make_room(50), 3u) << "of equals, the last";
  EXPECT_EQ(full.make_room(50), 1u);
  EXPECT_FALSE(full.make_room(50)) << "equals do not displace each other";
  EXPECT_EQ(full.make_room(60), 0u);
  EXPECT_FALSE(full.make_room(60));
  EXPECT_EQ(full.make_room(highest_value), 2u);
  EXPECT_FALSE(full.make_room(highest_value)) << "nobody is left";
}

TEST(displacement, nothing_gives_way_to_what_is_worth_nothing) {
  displacement full{{0, 0}};
  EXPECT_FALSE(full.make_room(0));
}

} // namespace tocsin::protocol::signal
