#include "protocol/siblings/claim_desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::protocol::siblings {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

signal::target scope(std::string_view text) {
  signal::target x;
  x.prefixes = {*signal::prefix::parse(text)};
  return x;
}

pending_claim claim(std::uint32_t mid, std::string_view text) {
  return {{"acme", "cuid", mid}, scope(text), 3600};
}

class claim_desk_test : public ::testing::Test {
protected:
  time_point now{};
  claim_desk uut{"m"};
};

TEST_F(claim_desk_test,
       while_it_is_asked_about_it_counts_for_later_names_only) {
  ASSERT_TRUE(uut.open(claim(1, "192.0.2.0/24"), now));
  EXPECT_THAT(uut.overlapping(scope("192.0.2.1/32"), "z", now), SizeIs(1));
  EXPECT_THAT(uut.overlapping(scope("192.0.2.1/32"), "a", now), IsEmpty());
  EXPECT_THAT(uut.overlapping(scope("198.51.100.0/24"), "z", now), IsEmpty());
}

TEST_F(claim_desk_test, once_it_is_answered_it_counts_for_all_for_a_while) {
  ASSERT_TRUE(uut.open(claim(1, "192.0.2.0/24"), now));
  uut.answered({"acme", "cuid", 1}, now);
  EXPECT_THAT(uut.overlapping(scope("192.0.2.1/32"), "a", now), SizeIs(1));
  EXPECT_THAT(uut.overlapping(scope("192.0.2.1/32"), "a", now + claim_linger),
              IsEmpty());
  EXPECT_EQ(uut.size(), 0u);
}

TEST_F(claim_desk_test, of_two_simultaneous_claims_exactly_one_sees_the_other) {
  claim_desk other{"n"};
  auto mine = scope("192.0.2.0/24"), theirs = scope("192.0.2.7/32");
  ASSERT_TRUE(uut.open(claim(1, "192.0.2.0/24"), now));
  ASSERT_TRUE(other.open({{"globex", "c2", 1}, theirs, 60}, now));
  auto m_sees = other.overlapping(mine, "m", now).size();
  auto n_sees = uut.overlapping(theirs, "n", now).size();
  EXPECT_EQ(m_sees + n_sees, 1u);
}

TEST_F(claim_desk_test, who_asks_after_it_answered_sees_the_other) {
  claim_desk other{"a"};
  auto theirs = scope("192.0.2.7/32");
  // "a" asked and was answered before "m" was asked anything.
  ASSERT_TRUE(other.open({{"globex", "c2", 1}, theirs, 60}, now));
  EXPECT_THAT(uut.overlapping(theirs, "a", now), IsEmpty());
  other.answered({"globex", "c2", 1}, now);
  ASSERT_TRUE(uut.open(claim(1, "192.0.2.0/24"), now));
  EXPECT_THAT(other.overlapping(scope("192.0.2.0/24"), "m", now), SizeIs(1));
}

TEST_F(claim_desk_test, claims_on_their_way_are_bounded) {
  for (std::uint32_t i = 0; i < max_pending_claims; ++i)
    ASSERT_TRUE(uut.open(claim(i, "192.0.2.0/24"), now));
  EXPECT_FALSE(uut.open(claim(max_pending_claims, "192.0.2.0/24"), now));
  EXPECT_TRUE(uut.open(claim(0, "192.0.2.0/24"), now)) << "asked anew";
  for (std::uint32_t i = 0; i < max_pending_claims; ++i)
    uut.answered({"acme", "cuid", i}, now);
  EXPECT_TRUE(uut.open(claim(5000, "192.0.2.0/24"), now + claim_linger));
  EXPECT_EQ(uut.size(), 1u);
}

} // namespace
} // namespace tocsin::protocol::siblings
