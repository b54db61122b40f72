#include "protocol/signal/json.hpp"
#include "tests/unit/bodies/random_body.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {

namespace {

constexpr unsigned rounds = 1500;

template <class Check>
void for_random_bodies(Check check) {
  for (auto way : {direction::request, direction::response})
    for (unsigned seed = 0; seed < rounds; ++seed) {
      SCOPED_TRACE(seed);
      check(test::body_maker{seed}.make(way), way);
      if (testing::Test::HasFailure())
        return;
    }
}

} // namespace

TEST(round_trip, through_cbor_gives_the_same_body) {
  for_random_bodies([](const body& x, direction way) {
    auto r = decode(encode(x), way);
    ASSERT_TRUE(r) << to_string(r.error());
    EXPECT_TRUE(*r == x);
  });
}

TEST(round_trip, through_json_gives_the_same_body) {
  for_random_bodies([](const body& x, direction way) {
    auto r = from_json(to_json(x), way);
    ASSERT_TRUE(r) << to_string(r.error()) << '\n' << to_json(x);
    EXPECT_TRUE(*r == x);
  });
}

// SIG-399: total, whatever the octets.
TEST(round_trip, of_damaged_messages_gives_a_body_or_a_failure) {
  std::mt19937_64 engine{7};
  for_random_bodies([&](const body& x, direction way) {
    auto octets = encode(x);
    for (int i = 0; i < 4; ++i)
      octets[engine() % octets.size()] =
          static_cast<std::uint8_t>(engine() % 256);
    auto r = decode(octets, way);
    if (!r) {
      EXPECT_NE(r.error().code, ec::internal);
      EXPECT_FALSE(r.error().where.empty());
      return;
    }
    auto again = decode(encode(*r), way);
    ASSERT_TRUE(again);
    EXPECT_TRUE(*again == *r);
  });
}

} // namespace tocsin::protocol::signal
