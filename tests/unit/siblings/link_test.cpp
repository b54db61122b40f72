#include "protocol/siblings/link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::protocol::siblings {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using state = link::state;

class link_test : public ::testing::Test {
protected:
  /// Lets time pass up to the next deadline, and takes what is due.
  std::vector<link_action> next() {
    now = *uut.next_deadline();
    return uut.on_time(now);
  }

  void join() {
    ASSERT_TRUE(std::holds_alternative<call>(next().at(0)));
    ASSERT_TRUE(std::holds_alternative<greet>(uut.on_reached(now).at(0)));
    uut.on_greeted(now);
  }

  std::uint64_t number_of(const std::vector<link_action>& actions) {
    return std::get<ping>(actions.at(0)).number;
  }

  time_point now{};
  link uut{true, now};
};

TEST_F(link_test, calls_greets_and_is_up) {
  join();
  EXPECT_EQ(uut.now_is(), state::up);
  EXPECT_TRUE(uut.ask(now));
}

TEST_F(link_test, who_does_not_call_waits_for_ever) {
  link called{false, now};
  EXPECT_FALSE(called.next_deadline());
  called.on_greeted(now);
  EXPECT_EQ(called.now_is(), state::up);
  called.on_lost("gone", now);
  EXPECT_FALSE(called.next_deadline());
}

TEST_F(link_test, calls_again_after_a_growing_pause) {
  std::vector<duration> pauses;
  for (int i = 0; i < 8; ++i) {
    ASSERT_THAT(next(), SizeIs(1));
    uut.on_failed("nobody listens", false, now);
    pauses.push_back(*uut.next_deadline() - now);
  }
  EXPECT_EQ(pauses.front(), first_pause);
  EXPECT_EQ(pauses[1], 2 * first_pause);
  EXPECT_EQ(pauses.back(), longest_pause);
  join();
  uut.on_lost("gone", now);
  EXPECT_EQ(*uut.next_deadline() - now, first_pause);
}

TEST_F(link_test, a_call_that_nothing_comes_of_is_given_up) {
  next();
  EXPECT_THAT(next(), SizeIs(1));
  EXPECT_EQ(uut.now_is(), state::down);
  next();
  uut.on_reached(now);
  ASSERT_TRUE(std::holds_alternative<hang_up>(next().at(0)));
  EXPECT_THAT(uut.reason(), HasSubstr("says nothing"));
}

TEST_F(link_test, pings_while_it_is_up) {
  join();
  auto first = number_of(next());
  uut.on_heard(first, now + 10ms);
  auto second = number_of(next());
  EXPECT_GT(second, first);
  uut.on_heard(first, now); // a late answer proves nothing
  now += late_after;
  EXPECT_THAT(uut.on_time(now), IsEmpty());
  EXPECT_EQ(uut.now_is(), state::late);
}

TEST_F(link_test, who_is_late_is_not_asked_and_is_back_when_heard) {
  join();
  auto number = number_of(next());
  next();
  ASSERT_EQ(uut.now_is(), state::late);
  EXPECT_FALSE(uut.ask(now));
  EXPECT_TRUE(uut.joined());
  uut.on_heard(number, now);
  EXPECT_EQ(uut.now_is(), state::up);
  EXPECT_TRUE(uut.ask(now));
}

TEST_F(link_test, who_is_late_for_long_is_gone) {
  join();
  next();
  next();
  auto actions = next();
  ASSERT_THAT(actions, SizeIs(1));
  EXPECT_TRUE(std::holds_alternative<hang_up>(actions[0]));
  EXPECT_EQ(uut.now_is(), state::down);
}

TEST_F(link_test, one_question_without_an_answer_is_enough_to_be_late) {
  join();
  uut.on_heard(number_of(next()), now);
  ASSERT_TRUE(uut.ask(now));
  auto actions = uut.on_unanswered(now + 300ms);
  ASSERT_THAT(actions, SizeIs(1));
  EXPECT_EQ(uut.now_is(), state::late);
  EXPECT_EQ(uut.missed(), 1u);
  // No second ping while one is out.
  EXPECT_THAT(uut.on_unanswered(now + 301ms), IsEmpty());
  uut.on_heard(number_of(actions), now + 400ms);
  EXPECT_EQ(uut.now_is(), state::up);
}

TEST_F(link_test, questions_without_an_answer_are_bounded) {
  join();
  for (std::uint32_t i = 0; i < max_unanswered; ++i)
    EXPECT_TRUE(uut.ask(now));
  EXPECT_FALSE(uut.ask(now));
  uut.on_answered(now);
  EXPECT_TRUE(uut.ask(now));
  // A ping that was asked after them and is answered settles them.
  uut.on_heard(number_of(next()), now);
  EXPECT_EQ(uut.unanswered(), 0u);
}

TEST_F(link_test, a_refusal_is_not_repeated_soon) {
  next();
  uut.on_reached(now);
  uut.on_failed("another version", true, now);
  EXPECT_EQ(*uut.next_deadline() - now, longest_pause);
  EXPECT_EQ(uut.reason(), "another version");
}

TEST_F(link_test, judges_a_greeting) {
  EXPECT_TRUE(judge({wire_version, "b", "tocsin 1"}, "a", "b"));
  auto version = judge({wire_version + 1, "b", "tocsin 9"}, "a", "b");
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().code, ec::unsupported);
  EXPECT_THAT(version.error().detail,
              AllOf(HasSubstr("'b' (tocsin 9)"), HasSubstr("on both")));
  EXPECT_EQ(judge({wire_version, "c", ""}, "a", "b").error().code,
            ec::unacceptable);
  EXPECT_THAT(judge({wire_version, "a", ""}, "a", "b").error().detail,
              HasSubstr("the name of this one"));
}

} // namespace
} // namespace tocsin::protocol::siblings
