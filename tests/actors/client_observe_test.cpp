#include "tests/actors/client_fixture.hpp"

namespace tocsin::actors {

namespace sig = protocol::signal;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

class client_observe_test : public client_fixture {
protected:
  client_observe_test() {
    start_registry();
    uut = start("acme", "cuid-1");
  }

  party uut;
};

// SIG-180, SIG-182, SIG-010, USE-018, USE-037, ARCH-027
TEST_F(client_observe_test, changes_and_the_passing_of_time_are_reported) {
  site->works = false;
  put(uut, 1, wanted("192.0.2.1/32"));
  EXPECT_TRUE(observe(uut, 1, 7, seen).observed);
  site->works = true;
  advance(3s);
  EXPECT_EQ(told(*seen), (std::vector{status::mitigated}));
  EXPECT_EQ(seen->notified[0].first, 7u);
  seen->notified.clear();
  advance(60s);
  EXPECT_THAT(seen->notified, SizeIs(4));
  EXPECT_LT(*entry(seen->notified[3].second).lifetime,
            *entry(seen->notified[0].second).lifetime);
}

// SIG-167: nothing to observe yet, hence no observation (COAP-066).
TEST_F(client_observe_test, what_is_not_there_cannot_be_observed) {
  auto answer = observe(uut, {}, 1, seen);
  EXPECT_EQ(answer.code, 0x84);
  EXPECT_FALSE(answer.observed);
  put(uut, 1, wanted("192.0.2.1/32"));
  EXPECT_THAT(seen->notified, IsEmpty());
}

TEST_F(client_observe_test, the_end_of_what_is_observed_ends_the_observation) {
  put(uut, 1, wanted("192.0.2.1/32"));
  put(uut, 2, wanted("192.0.2.2/32"));
  auto list = std::make_shared<session_journal>();
  observe(uut, 1, 1, seen);
  observe(uut, {}, 2, list);
  remove(uut, 1);
  advance(121s);
  ASSERT_FALSE(seen->notified.empty());
  EXPECT_EQ(seen->notified.back().second.code, 0x84);
  EXPECT_FALSE(seen->notified.back().second.observed);
  EXPECT_EQ(list->notified.back().second.code, 0x45);
  auto before = seen->notified.size();
  remove(uut, 2);
  advance(121s);
  EXPECT_EQ(list->notified.back().second.code, 0x84);
  EXPECT_EQ(seen->notified.size(), before);
}

TEST_F(client_observe_test, who_lost_interest_or_its_session_hears_no_more) {
  put(uut, 1, wanted("192.0.2.1/32"));
  auto other = std::make_shared<session_journal>();
  observe(uut, 1, 1, seen);
  observe(uut, 1, 2, other);
  self->send(uut.handle, atom::forget_v, std::uint64_t{1}, std::uint64_t{1});
  sched.run();
  advance(20s);
  EXPECT_THAT(seen->notified, IsEmpty());
  EXPECT_THAT(other->notified, SizeIs(1));
  session_down(uut, 1, session_end::closed);
  advance(20s);
  EXPECT_THAT(other->notified, SizeIs(1));
}

TEST_F(client_observe_test, the_number_of_observations_is_limited) {
  put(uut, 1, wanted("192.0.2.1/32"));
  std::size_t granted = 0;
  for (std::uint64_t i = 0; i < max_observers + 5; ++i) {
    granted += observe(uut, 1, i, seen).observed;
    advance(1s);
  }
  EXPECT_EQ(granted, max_observers);
}

// SIG-126
TEST_F(client_observe_test, observers_of_a_replaced_mid_hear_that_it_is_gone) {
  put(uut, 1, wanted("192.0.2.0/25"));
  observe(uut, 1, 1, seen);
  put(uut, 2, wanted("192.0.2.1/32"));
  ASSERT_THAT(seen->notified, SizeIs(1));
  EXPECT_EQ(seen->notified[0].second.code, 0x84);
}

TEST_F(client_observe_test, sessions_learn_whether_something_is_active) {
  put(uut, 1, wanted("192.0.2.1/32"));
  session_up(uut, 4, seen);
  EXPECT_EQ(seen->modes, (std::vector{true}));
  remove(uut, 1);
  advance(121s);
  EXPECT_EQ(seen->modes, (std::vector{true, false}));
}

// SIG-214, ARCH-207
TEST_F(client_observe_test, a_mitigation_asked_for_again_lasts_twice_as_long) {
  put(uut, 1, wanted("192.0.2.1/32"));
  remove(uut, 1);
  advance(5s);
  EXPECT_EQ(put(uut, 1, wanted("192.0.2.1/32")).code, 0x80)
      << "it may be a late copy";
  advance(6s);
  EXPECT_EQ(put(uut, 1, wanted("192.0.2.1/32")).code, 0x44);
  EXPECT_EQ(state(uut, 1), status::mitigated);
  EXPECT_EQ(store->mitigations.at({"acme", "cuid-1", 1}).status, 1);
  remove(uut, 1);
  advance(125s);
  EXPECT_EQ(state(uut, 1), status::client_withdrawn);
  advance(120s);
  EXPECT_EQ(get(uut, 1).code, 0x84);
  EXPECT_EQ(put(uut, 1, wanted("192.0.2.1/32")).code, 0x80);
}

// SIG-202, SIG-196
TEST_F(client_observe_test, the_operator_sees_how_well_the_client_finds_it) {
  put(uut, 1, wanted("192.0.2.1/32"));
  auto x = wanted("192.0.2.1/32");
  x.attack = sig::attack_status::under_attack;
  EXPECT_EQ(put(uut, 1, x, true).code, 0x44);
  auto view = ask<mitigation_view>(uut.handle, atom::status_v, 1u);
  ASSERT_TRUE(view);
  EXPECT_THAT(view->note, HasSubstr("under-attack"));
  EXPECT_EQ(view->origin, "request");
}

// SIG-171: totals survive a driver that counts anew.
TEST_F(client_observe_test, counters_survive_a_driver_that_begins_anew) {
  put(uut, 1, wanted("192.0.2.1/32"));
  auto rule = site->rules.begin()->first;
  auto owner = caf::actor_cast<mitigation_actor>(site->owners[rule]);
  for (std::uint64_t n : {1000, 50}) {
    advance(10s);
    self->send(owner, atom::counters_v, rule, n, n * 64);
    sched.run();
  }
  EXPECT_EQ(entry(get(uut, 1)).dropped->pkts_dropped, 1050u);
}

} // namespace

} // namespace tocsin::actors
