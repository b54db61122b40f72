#include "transports/handshake_order.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace tocsin::transports {
namespace {

using verdict = handshake_order::verdict;

struct part {
  std::uint8_t type = 1;
  std::uint8_t sequence = 0;
  std::uint32_t length = 8, offset = 0, size = 8;
  std::size_t real_size = 8;
};

class handshake_order_test : public ::testing::Test {
protected:
  verdict judge(std::initializer_list<part> parts) {
    bytes body;
    for (const auto& x : parts) {
      body.insert(body.end(), {x.type, 0, high(x.length), low(x.length), 0,
                               x.sequence, 0, high(x.offset), low(x.offset), 0,
                               high(x.size), low(x.size)});
      body.insert(body.end(), x.real_size, 0);
    }
    record = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0};
    auto size = static_cast<std::uint32_t>(body.size());
    record.insert(record.end(), {high(size), low(size)});
    record.insert(record.end(), body.begin(), body.end());
    byte_view rest{record};
    return uut.judge(*next_record(rest), false);
  }
  static std::uint8_t high(std::uint32_t x) {
    return static_cast<std::uint8_t>(x >> 8);
  }
  static std::uint8_t low(std::uint32_t x) {
    return static_cast<std::uint8_t>(x);
  }
  handshake_order uut;
  bytes record;
};

TEST_F(handshake_order_test, messages_and_parts_in_their_order_are_ready) {
  EXPECT_EQ(judge({{1, 0, 8, 0, 8, 8}}), verdict::ready);
  EXPECT_EQ(judge({{11, 1, 8, 0, 3, 3}}), verdict::ready);
  EXPECT_EQ(judge({{11, 1, 8, 2, 6, 6}, {16, 2, 8, 0, 8, 8}}), verdict::ready);
  EXPECT_EQ(judge({{14, 3, 0, 0, 0, 0}}), verdict::ready);
  EXPECT_EQ(judge({{16, 2, 8, 0, 8, 8}}), verdict::repeated);
  EXPECT_EQ(judge({{16, 5, 8, 0, 8, 8}}), verdict::held);
}

// GnuTLS would read past its buffer.
TEST_F(handshake_order_test, parts_that_contradict_themselves_are_rejected) {
  EXPECT_EQ(judge({{1, 0, 8, 0, 9, 9}}), verdict::rejected); // past the end
  EXPECT_EQ(judge({{1, 0, 8, 0, 0, 0}}), verdict::rejected); // no progress
  EXPECT_EQ(judge({{1, 0, 8, 0, 8, 7}}), verdict::rejected); // cut
  EXPECT_EQ(judge({{1, 0, 8, 0, 8, 9}}), verdict::rejected); // and more
  EXPECT_EQ(judge({{1, 0, 8, 0, 8, 8}, {2, 1, 17000, 0, 0, 0}}),
            verdict::rejected);
  EXPECT_EQ(judge({{1, 0, 8, 0, 8, 8}}), verdict::ready); // nothing moved
}

TEST_F(handshake_order_test, parts_that_contradict_others_are_rejected) {
  EXPECT_EQ(judge({{11, 0, 8, 0, 3, 3}}), verdict::ready);
  EXPECT_EQ(judge({{11, 0, 9, 3, 5, 5}}), verdict::rejected); // length
  EXPECT_EQ(judge({{12, 0, 8, 3, 5, 5}}), verdict::rejected); // type
  EXPECT_EQ(judge({{11, 0, 9, 4, 5, 5}}), verdict::held);     // too early
  EXPECT_EQ(judge({{11, 0, 8, 3, 1, 1}}), verdict::ready);
  bytes next;
  EXPECT_FALSE(uut.next(next, false)); // its turn came, and it does not fit
  EXPECT_EQ(judge({{11, 0, 8, 4, 4, 4}}), verdict::ready);
}

TEST_F(handshake_order_test, messages_of_one_record_follow_each_other) {
  EXPECT_EQ(judge({{1, 0, 8, 0, 8, 8}, {1, 2, 8, 0, 8, 8}}), verdict::rejected);
  EXPECT_EQ(judge({{1, 0, 8, 0, 8, 8}, {1, 0, 8, 0, 8, 8}}), verdict::rejected);
  EXPECT_EQ(judge({{1, 0, 8, 0, 8, 8}, {1, 1, 8, 0, 8, 8}}), verdict::ready);
}

} // namespace
} // namespace tocsin::transports
