#include "protocol/signal/escalation.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {

namespace {

using namespace std::chrono_literals;
using reason = escalation_reason;

class escalation_test : public ::testing::Test {
protected:
  void use(const escalation_settings& x) { uut = escalation{x}; }
  void wait(std::chrono::seconds x) {
    now += x;
    uut.on_time(now);
  }

  time_point now = time_point{} + 1h;
  escalation uut{{}};
};

// ARCH-008
TEST_F(escalation_test, rests_without_a_reason) {
  uut.on_overload(true, now); // not configured
  uut.on_rate(1'000'000'000'000, 0, now);
  uut.on_efficacy(attack_status::under_attack, now);
  wait(3600s);
  EXPECT_FALSE(uut.called());
  EXPECT_FALSE(uut.next_deadline());
}

TEST_F(escalation_test, the_operator_may_always) {
  uut.on_operator(true, now);
  EXPECT_TRUE(uut.called());
  EXPECT_EQ(uut.reason(), reason::by_operator);
  wait(3600s);
  EXPECT_TRUE(uut.called());
}

// ARCH-190
TEST_F(escalation_test, an_overload_calls_until_it_has_been_over_for_a_while) {
  use({.when_overloaded = true, .hold = 60s});
  uut.on_overload(true, now);
  EXPECT_EQ(uut.reason(), reason::overloaded);
  uut.on_overload(false, now);
  EXPECT_TRUE(uut.called());
  EXPECT_FALSE(uut.reason());
  EXPECT_EQ(uut.next_deadline(), now + 60s);
  wait(59s);
  EXPECT_TRUE(uut.called());
  wait(1s);
  EXPECT_FALSE(uut.called());
}

TEST_F(escalation_test, a_reason_that_comes_back_begins_the_hold_anew) {
  use({.when_overloaded = true, .hold = 60s});
  uut.on_overload(true, now);
  uut.on_overload(false, now);
  wait(50s);
  uut.on_overload(true, now);
  uut.on_overload(false, now);
  wait(50s);
  EXPECT_TRUE(uut.called());
}

TEST_F(escalation_test, help_stays_while_those_who_were_called_see_the_attack) {
  use({.when_overloaded = true, .hold = 60s});
  uut.on_needed(true, now); // it is no reason to call
  EXPECT_FALSE(uut.called());
  uut.on_overload(true, now);
  uut.on_overload(false, now);
  wait(3600s);
  EXPECT_TRUE(uut.called());
  uut.on_needed(false, now);
  wait(60s);
  EXPECT_FALSE(uut.called());
}

// ARCH-187
TEST_F(escalation_test, an_attack_of_many_packets_calls) {
  use({.above_packets = 500});
  uut.on_rate(1'000'000'000, 500, now);
  EXPECT_FALSE(uut.called());
  uut.on_rate(0, 501, now);
  EXPECT_EQ(uut.reason(), reason::attack_size);
}

// ARCH-196: as long as one of them holds, whichever; the operator's own
// programs call by the operator's order.
TEST_F(escalation_test, any_of_several_conditions_calls) {
  use({.when_overloaded = true,
       .above = 1000,
       .hold = 0s,
       .above_packets = 500});
  uut.on_rate(0, 501, now);
  EXPECT_TRUE(uut.called());
  uut.on_overload(true, now);
  uut.on_rate(0, 0, now);
  EXPECT_TRUE(uut.called());
  uut.on_rate(1001, 0, now);
  uut.on_overload(false, now);
  EXPECT_TRUE(uut.called());
  uut.on_operator(true, now);
  uut.on_rate(0, 0, now);
  EXPECT_TRUE(uut.called());
  uut.on_operator(false, now);
  EXPECT_FALSE(uut.called());
}

// ARCH-188
TEST_F(escalation_test, a_large_attack_calls) {
  use({.above = 1000});
  uut.on_rate(1000, 0, now);
  EXPECT_FALSE(uut.called());
  uut.on_rate(1001, 0, now);
  EXPECT_EQ(uut.reason(), reason::attack_size);
}

TEST_F(escalation_test, a_client_that_stays_under_attack_calls) {
  use({.ineffective_after = 120s});
  uut.on_efficacy(attack_status::under_attack, now);
  EXPECT_FALSE(uut.called());
  EXPECT_EQ(uut.next_deadline(), now + 120s);
  wait(100s);
  uut.on_efficacy(attack_status::under_attack, now); // since the first one
  EXPECT_FALSE(uut.called());
  wait(20s);
  EXPECT_EQ(uut.reason(), reason::inefficacy);
  EXPECT_FALSE(uut.next_deadline());
}

// Whoever waits for the deadline would wait for it again, and again.
TEST_F(escalation_test, a_reason_that_counts_already_has_no_deadline) {
  use({.when_overloaded = true, .ineffective_after = 120s});
  uut.on_overload(true, now);
  uut.on_efficacy(attack_status::under_attack, now);
  EXPECT_EQ(uut.next_deadline(), now + 120s);
  wait(120s);
  EXPECT_EQ(uut.reason(), reason::overloaded); // the first of two
  EXPECT_FALSE(uut.next_deadline());
}

TEST_F(escalation_test, a_client_that_is_well_does_not) {
  use({.ineffective_after = 120s});
  uut.on_efficacy(attack_status::under_attack, now);
  wait(100s);
  uut.on_efficacy(attack_status::successfully_mitigated, now);
  wait(3600s);
  EXPECT_FALSE(uut.called());
}

TEST_F(escalation_test, the_next_mitigation_begins_anew) {
  uut.on_operator(true, now);
  uut.reset();
  EXPECT_FALSE(uut.called());
}

TEST_F(escalation_test, an_operators_order_ends_at_once) {
  uut.on_operator(true, now);
  uut.on_needed(true, now);
  uut.on_operator(false, now);
  EXPECT_FALSE(uut.called());
}

TEST_F(escalation_test, an_operators_end_leaves_other_reasons) {
  use({.when_overloaded = true});
  uut.on_overload(true, now);
  uut.on_operator(true, now);
  uut.on_operator(false, now);
  EXPECT_TRUE(uut.called());
}

TEST_F(escalation_test, failure_calls_at_once) {
  use({.when_failed = true, .hold = 60s});
  uut.on_failure(true, now);
  EXPECT_EQ(uut.reason(), reason::failed);
  uut.on_failure(false, now);
  wait(60s);
  EXPECT_FALSE(uut.called());
}

TEST_F(escalation_test, silence_calls_after_a_while) {
  use({.when_failed = true});
  uut.on_unreachable(true, now);
  EXPECT_EQ(uut.next_deadline(), now + 30s);
  wait(29s);
  uut.on_unreachable(true, now);
  EXPECT_FALSE(uut.called());
  wait(1s);
  EXPECT_TRUE(uut.called());
  EXPECT_EQ(uut.reason(), reason::failed);
}

} // namespace

} // namespace tocsin::protocol::signal
