#include "tools/load/mix.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace tocsin::tools::load {

TEST(mix, asks_for_one_kind_if_there_is_only_one) {
  mix x{request_kind::put};
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(x.next(), request_kind::put);
}

TEST(mix, reads_weights_by_name) {
  auto x = mix::parse("heartbeat=90,get=6,put=3,delete=1");
  ASSERT_TRUE(x);
  EXPECT_EQ(x->weight(request_kind::heartbeat), 90U);
  EXPECT_EQ(x->weight(request_kind::get), 6U);
  EXPECT_EQ(x->weight(request_kind::put), 3U);
  EXPECT_EQ(x->weight(request_kind::del), 1U);
}

TEST(mix, keeps_the_proportions_in_every_round) {
  auto x = mix::parse("heartbeat=5,get=3,delete=2");
  ASSERT_TRUE(x);
  for (int round = 0; round < 3; ++round) {
    std::array<int, request_kinds> seen{};
    for (int i = 0; i < 10; ++i)
      ++seen[static_cast<std::size_t>(x->next())];
    EXPECT_EQ(seen, (std::array{5, 3, 0, 2}));
  }
}

TEST(mix, spreads_what_is_rare) {
  auto x = mix::parse("heartbeat=2,get=1");
  ASSERT_TRUE(x);
  for (int i = 0; i < 3; ++i) {
    int gets = 0;
    for (int j = 0; j < 3; ++j)
      gets += x->next() == request_kind::get ? 1 : 0;
    EXPECT_EQ(gets, 1);
  }
}

TEST(mix, takes_weights_of_zero) {
  auto x = mix::parse("heartbeat=0,get=1");
  ASSERT_TRUE(x);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(x->next(), request_kind::get);
}

TEST(mix, refuses_what_is_no_mix) {
  for (auto text : {"", "heartbeat", "heartbeat=", "heartbeat=x", "get=-1",
                    "get=1.5", "post=1", "=1", "heartbeat=0", "get=1000001",
                    "get=1,,put=1", "get=99999999999999999999"}) {
    auto x = mix::parse(text);
    ASSERT_FALSE(x) << text;
    EXPECT_FALSE(x.error().detail.empty()) << text;
  }
}

} // namespace tocsin::tools::load
