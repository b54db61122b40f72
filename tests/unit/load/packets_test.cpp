#include "tools/load/packets.hpp"

#include "transports/cookie_guard.hpp"
#include "transports/dtls_record.hpp"

#include <gtest/gtest.h>

namespace tocsin::tools::load {

namespace {

using transports::cookie_guard;

cookie_guard::verdict judge(byte_view hello) {
  const time_point now{};
  cookie_guard guard{{}, now};
  const auto peer = transports::socket_address::v4({127, 128, 0, 1}, 5684);
  const auto local = transports::socket_address::v4({127, 0, 0, 1}, 4646);
  return guard.judge(hello, peer, local, now).what;
}

} // namespace

TEST(packets, hellos_are_taken_for_first_flights) {
  std::mt19937 dice{1};
  for (bool with_cookie : {false, true})
    EXPECT_EQ(judge(client_hello(dice, with_cookie)),
              cookie_guard::verdict::needs_cookie)
        << with_cookie;
}

TEST(packets, hellos_differ_and_dice_repeat_them) {
  std::mt19937 dice{7}, same{7};
  const auto first = client_hello(dice, true);
  EXPECT_NE(first, client_hello(dice, true));
  EXPECT_EQ(first, client_hello(same, true));
}

TEST(packets, false_records_look_like_those_of_a_session) {
  std::mt19937 dice{1};
  for (int i = 0; i < 100; ++i) {
    const auto octets = false_record(dice);
    byte_view rest{octets};
    const auto record = transports::next_record(rest);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->epoch, 1);
    EXPECT_TRUE(rest.empty());
  }
}

TEST(packets, noise_stays_within_its_limit) {
  std::mt19937 dice{1};
  for (int i = 0; i < 100; ++i)
    EXPECT_LE(noise(dice).size(), noise_limit);
}

} // namespace tocsin::tools::load
