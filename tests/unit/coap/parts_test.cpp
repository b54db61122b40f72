// The containers below the endpoint.
#include "harness.hpp"

#include "protocol/coap/dedup.hpp"
#include "protocol/coap/fifo.hpp"
#include "protocol/coap/mid_sequence.hpp"
#include "protocol/coap/outbox.hpp"
#include "protocol/coap/probing.hpp"

#include <algorithm>
#include <deque>
#include <map>

namespace tocsin::protocol::coap {

using namespace std::chrono_literals;

namespace {

constexpr time_point start{1000h};

dedup::key request_key(std::uint16_t mid) {
  return {mid, false};
}

} // namespace

TEST(coap_fifo, behaves_as_a_queue_through_growth_and_removal) {
  fifo<int> uut;
  std::deque<int> model;
  std::mt19937 random{7};
  for (int i = 0; i < 20000; ++i) {
    if (random() % 5 < 3) {
      uut.push(i), model.push_back(i);
    } else if (auto x = uut.pop()) {
      ASSERT_EQ(*x, model.front());
      model.pop_front();
    }
    if (random() % 100 == 0) {
      uut.remove_if([](int x) { return x % 3 == 0; });
      std::erase_if(model, [](int x) { return x % 3 == 0; });
    }
    ASSERT_EQ(uut.size(), model.size());
  }
}

TEST(coap_outbox, keeps_order_and_refuses_what_exceeds_its_bound) {
  outbox uut{3};
  bytes out;
  for (int round = 0; round < 5; ++round) {
    EXPECT_TRUE(uut.push(hex("01")));
    EXPECT_TRUE(uut.push(hex("02")));
    EXPECT_TRUE(uut.take(out));
    EXPECT_EQ(out, hex("01"));
    EXPECT_TRUE(uut.push(hex("03")));
    EXPECT_TRUE(uut.push(hex("04")));
    EXPECT_FALSE(uut.push(hex("05")));
    for (const auto* x : {"02", "03", "04"}) {
      EXPECT_TRUE(uut.take(out));
      EXPECT_EQ(out, hex(x));
    }
    EXPECT_FALSE(uut.take(out));
  }
}

// COAP-019
TEST(coap_mid_sequence, no_id_comes_again_within_its_lifetime) {
  mid_sequence uut{60000};
  std::map<std::uint16_t, time_point> used;
  auto now = start;
  std::size_t given = 0;
  for (int i = 0; i < 300000; ++i, now += 1ms) {
    const auto mid = uut.next(now, 223s);
    if (!mid)
      continue;
    ++given;
    if (const auto last = used.find(*mid); last != used.end()) {
      ASSERT_GE(now - last->second, 223s);
    }
    used[*mid] = now;
  }
  EXPECT_GT(given, 60000u);
  EXPECT_LT(given, 300000u);
}

TEST(coap_dedup, remembers_until_the_lifetime_ends) {
  dedup uut{16, 1000};
  uut.insert(request_key(5), start, start + 10s);
  EXPECT_TRUE(uut.find(request_key(5), start + 9s));
  EXPECT_FALSE(uut.find(request_key(5), start + 10s));
  EXPECT_FALSE(uut.find({5, true}, start));
  uut.insert(request_key(5), start + 11s, start + 20s);
  uut.set_reply(request_key(5), hex("0102"));
  EXPECT_EQ(uut.find(request_key(5), start + 12s)->size(), 2u);
  EXPECT_EQ(uut.size(), 1u);
}

TEST(coap_dedup, forgets_the_oldest_first_when_a_bound_is_reached) {
  dedup uut{16, 100};
  for (std::uint16_t i = 0; i < 100; ++i)
    uut.insert(request_key(i), start, start + 10s);
  EXPECT_EQ(uut.size(), 16u);
  EXPECT_FALSE(uut.find(request_key(83), start));
  EXPECT_TRUE(uut.find(request_key(84), start));
  for (std::uint16_t i = 90; i < 100; ++i)
    uut.set_reply(request_key(i), bytes(30, 1));
  EXPECT_FALSE(uut.find(request_key(96), start));
  EXPECT_EQ(uut.find(request_key(97), start)->size(), 30u);
  uut.set_reply(request_key(99), bytes(101, 1));
  EXPECT_EQ(uut.size(), 0u);
}

TEST(coap_dedup, agrees_with_a_simple_model) {
  struct known {
    dedup::key id;
    time_point expires;
  };
  dedup uut{64, 1 << 20};
  std::deque<known> model;
  std::mt19937 random{3};
  auto now = start;
  for (int i = 0; i < 50000; ++i, now += 10ms) {
    const dedup::key id{static_cast<std::uint16_t>(random() % 200),
                        random() % 4 == 0};
    const auto in_model = std::ranges::any_of(
        model, [&](const known& x) { return x.id == id && x.expires > now; });
    ASSERT_EQ(uut.find(id, now).has_value(), in_model);
    if (in_model)
      continue;
    const auto expires = now + (id.mid % 2 == 0 ? 300ms : 900ms);
    while (!model.empty() && model.front().expires <= now)
      model.pop_front();
    if (model.size() == 64)
      model.pop_front();
    model.push_back({id, expires});
    uut.insert(id, now, expires);
  }
}

// COAP-027
TEST(coap_probing, a_silent_peer_gets_no_more_than_the_rate) {
  probing_gate uut;
  auto now = start;
  std::size_t octets = 0;
  for (; now < start + 1000s; now += 100ms)
    if (uut.open(now))
      uut.on_sent(150, 5, now), octets += 150;
  EXPECT_LE(octets, 5u * 1000 + 150);
  EXPECT_GE(octets, 5u * 1000 - 150);
  EXPECT_FALSE(uut.open(now));
  uut.on_heard(now);
  EXPECT_TRUE(uut.open(now));
}

} // namespace tocsin::protocol::coap
