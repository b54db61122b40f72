#include "transports/cookie_guard.hpp"

#include <gtest/gtest.h>

namespace tocsin::transports {
namespace {

using namespace std::chrono_literals;
using verdict = cookie_guard::verdict;

const time_point start = time_point{} + 1000h;

// A ClientHello record with the given cookie, as far as a cookie guard cares.
bytes hello(byte_view cookie = {}, std::uint8_t record_number = 0) {
  bytes body{0xfe, 0xfd};
  for (std::uint8_t i = 0; i < 32; ++i)
    body.push_back(i);
  body.push_back(0); // session id
  body.push_back(static_cast<std::uint8_t>(cookie.size()));
  body.insert(body.end(), cookie.begin(), cookie.end());
  for (std::uint8_t x : {0, 2, 0xc0, 0x2b, 1, 0})
    body.push_back(x);
  auto size = static_cast<std::uint8_t>(body.size());
  auto number = static_cast<std::uint8_t>(cookie.empty() ? 0 : 1);
  bytes out{22,
            0xfe,
            0xff,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            record_number,
            0,
            static_cast<std::uint8_t>(size + 12)};
  bytes header{1, 0, 0, size, 0, number, 0, 0, 0, 0, 0, size};
  out.insert(out.end(), header.begin(), header.end());
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

bytes cookie_of(byte_view reply) {
  auto at = 13u + 12 + 2;
  auto cookie = reply.subspan(at + 1, reply[at]);
  return {cookie.begin(), cookie.end()};
}

struct cookie_guard_test : ::testing::Test {
  bytes ask(const socket_address& from, time_point now) {
    auto x = uut.judge(hello(), from, local, now);
    EXPECT_EQ(x.what, verdict::needs_cookie);
    return cookie_of(x.reply);
  }
  verdict offer(byte_view cookie, const socket_address& from,
                const socket_address& to, time_point now) {
    return uut.judge(hello(cookie), from, to, now).what;
  }
  socket_address peer = *socket_address::parse("192.0.2.1:1000");
  socket_address local = *socket_address::parse("192.0.2.9:4646");
  cookie_guard uut{{10, 5, 60s}, start};
};

TEST_F(cookie_guard_test, a_cookie_that_was_handed_out_is_accepted) {
  auto cookie = ask(peer, start);
  EXPECT_EQ(offer(cookie, peer, local, start), verdict::verified);
}

TEST_F(cookie_guard_test, the_answer_is_no_larger_than_the_question) {
  auto x = uut.judge(hello(), peer, local, start);
  EXPECT_LE(x.reply.size(), hello().size() + 1);
}

// RFC 6347, Section 4.2.1.
TEST_F(cookie_guard_test, the_answer_repeats_the_record_number) {
  auto x = uut.judge(hello({}, 3), peer, local, start);
  ASSERT_EQ(x.what, verdict::needs_cookie);
  EXPECT_EQ(x.reply[10], 3);
}

TEST_F(cookie_guard_test, a_cookie_is_worth_nothing_to_another_address) {
  auto cookie = ask(peer, start);
  auto other = *socket_address::parse("192.0.2.2:1000");
  EXPECT_EQ(offer(cookie, other, local, start), verdict::needs_cookie);
  EXPECT_EQ(offer(cookie, peer.with_port(1001), local, start),
            verdict::needs_cookie);
  EXPECT_EQ(offer(cookie, peer, other, start), verdict::needs_cookie);
  EXPECT_EQ(offer(cookie, peer, local, start), verdict::verified);
}

TEST_F(cookie_guard_test, a_changed_cookie_is_refused) {
  auto cookie = ask(peer, start);
  cookie[3] ^= 1;
  EXPECT_EQ(offer(cookie, peer, local, start), verdict::needs_cookie);
}

TEST_F(cookie_guard_test, a_cookie_outlives_one_change_of_keys_but_not_two) {
  auto cookie = ask(peer, start + 1s);
  EXPECT_EQ(offer(cookie, peer, local, start + 60s), verdict::verified);
  EXPECT_EQ(offer(cookie, peer, local, start + 119s), verdict::verified);
  EXPECT_EQ(offer(cookie, peer, local, start + 120s), verdict::needs_cookie);
}

TEST_F(cookie_guard_test, a_long_pause_makes_all_cookies_void) {
  auto cookie = ask(peer, start);
  EXPECT_EQ(offer(cookie, peer, local, start + 1h), verdict::needs_cookie);
}

TEST_F(cookie_guard_test, answers_are_limited_but_the_verified_are_not) {
  auto cookie = ask(peer, start);
  for (int i = 0; i < 4; ++i)
    ask(peer, start);
  EXPECT_EQ(uut.judge(hello(), peer, local, start).what, verdict::throttled);
  EXPECT_EQ(offer(cookie, peer, local, start), verdict::verified);
  ask(peer, start + 100ms); // refilled by one
  EXPECT_EQ(uut.judge(hello(), peer, local, start + 100ms).what,
            verdict::throttled);
}

TEST_F(cookie_guard_test, what_is_not_a_hello_gets_no_answer) {
  auto good = hello();
  for (std::size_t size = 0; size <= 59; ++size)
    EXPECT_EQ(uut.judge(byte_view{good}.first(size), peer, local, start).what,
              verdict::not_a_client_hello);
  for (std::size_t at : {0u, 1u, 3u, 4u, 13u}) {
    auto bad = good;
    bad[at] ^= 0x40;
    EXPECT_EQ(uut.judge(bad, peer, local, start).what,
              verdict::not_a_client_hello)
        << at;
  }
}

TEST_F(cookie_guard_test, a_length_that_points_outside_is_never_followed) {
  auto x = hello();
  x[13 + 12 + 2 + 32] = 255; // session id
  EXPECT_NE(uut.judge(x, peer, local, start).what, verdict::verified);
  x[13 + 12 + 2 + 32] = 0;
  x[13 + 12 + 2 + 33] = 255; // cookie
  EXPECT_NE(uut.judge(x, peer, local, start).what, verdict::verified);
}

// Random and cookie are in the first fragment of a hello; in others, anything
// may stand in their place.
TEST_F(cookie_guard_test, later_fragments_of_a_hello_are_not_answered) {
  for (auto place : {6u, 7u, 8u}) {
    auto x = hello();
    x.at(13 + place) = 1;
    EXPECT_FALSE(is_client_hello(x));
    EXPECT_EQ(uut.judge(x, peer, local, start).what,
              verdict::not_a_client_hello);
  }
}

} // namespace
} // namespace tocsin::transports
