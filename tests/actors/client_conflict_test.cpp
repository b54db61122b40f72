#include "tests/actors/client_fixture.hpp"

namespace tocsin::actors {

namespace sig = protocol::signal;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

class client_conflict_test : public client_fixture {
protected:
  void begin(sig::conflict_policy policy) {
    start_registry({policy, false});
    first = start("acme", "cuid-1");
    second = start("globex", "cuid-2");
  }

  party first, second;
};

// SIG-136, SIG-137, SIG-138, SIG-143, SIG-144
TEST_F(client_conflict_test, by_default_the_newcomer_is_refused) {
  begin(sig::conflict_policy::first_wins);
  put(first, 1, wanted("192.0.2.0/25", true, 1800));
  observe(first, 1, 1, seen);
  auto answer = put(second, 5, wanted("192.0.2.1/32"));
  EXPECT_EQ(answer.code, 0x89);
  auto why = entry(answer).conflict;
  ASSERT_TRUE(why);
  EXPECT_EQ(why->status, sig::conflict_status::inactive_other_active);
  EXPECT_EQ(why->cause, sig::conflict_cause::overlapping_targets);
  EXPECT_EQ(why->retry_timer, 1800u);
  EXPECT_EQ(why->scope->what.prefixes, std::vector{prefix_of("192.0.2.1/32")});
  EXPECT_FALSE(why->scope->mid) << "another client's own business";
  EXPECT_EQ(get(second, 5).code, 0x84);
  EXPECT_THAT(store->mitigations, SizeIs(1));
  ASSERT_THAT(seen->notified, SizeIs(1)) << "SIG-183";
  auto notice = entry(seen->notified[0].second).conflict;
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->status, sig::conflict_status::active);
  EXPECT_FALSE(notice->retry_timer);
  advance(10s);
  EXPECT_EQ(put(second, 5, wanted("192.0.2.1/32")).code, 0x89);
  remove(first, 1);
  advance(121s);
  EXPECT_EQ(put(second, 5, wanted("192.0.2.1/32")).code, 0x41);
}

// SIG-134, SIG-145, SIG-184
TEST_F(client_conflict_test, a_loser_is_deactivated_without_a_gap_and_kept) {
  begin(sig::conflict_policy::newest_wins);
  put(first, 1, wanted("192.0.2.0/25"));
  observe(first, 1, 1, seen);
  site->journal.clear();
  auto answer = put(second, 5, wanted("192.0.2.1/32", true, 600));
  EXPECT_EQ(answer.code, 0x41);
  EXPECT_EQ(entry(answer).conflict->status, sig::conflict_status::active);
  EXPECT_FALSE(entry(answer).conflict->retry_timer);
  ASSERT_THAT(site->journal, SizeIs(2));
  EXPECT_THAT(site->journal[0], HasSubstr("install"));
  auto x = entry(get(first, 1));
  EXPECT_EQ(x.state, status::withdrawn);
  EXPECT_EQ(x.lifetime, 645);
  ASSERT_TRUE(x.conflict);
  EXPECT_EQ(x.conflict->status, sig::conflict_status::inactive_other_active);
  EXPECT_EQ(x.conflict->retry_timer, 600u);
  EXPECT_EQ(told(*seen), (std::vector{status::withdrawn}));
  EXPECT_EQ(put(first, 1, wanted("192.0.2.0/25")).code, 0x89)
      << "its retry-timer has not run out";
  remove(second, 5);
  advance(121s);
  EXPECT_EQ(state(first, 1), status::mitigated) << "the winner is gone";
  ASSERT_THAT(site->rules, SizeIs(1));
  EXPECT_EQ(site->rules.begin()->second.customer, "acme");
  auto again = std::ranges::any_of(
      store->audit, [](const auto& e) { return e.action == "reactivate"; });
  EXPECT_TRUE(again);
}

TEST_F(client_conflict_test, a_loser_stays_in_force_until_the_winner_is) {
  begin(sig::conflict_policy::newest_wins);
  put(first, 1, wanted("192.0.2.0/25"));
  site->silent = true;
  put(second, 5, wanted("192.0.2.1/32"));
  EXPECT_EQ(state(first, 1), status::mitigated);
  EXPECT_THAT(site->rules, SizeIs(1));
}

TEST_F(client_conflict_test, a_loser_is_forgotten_45_s_after_its_retry_timer) {
  begin(sig::conflict_policy::newest_wins);
  put(first, 1, wanted("192.0.2.0/25"));
  put(second, 5, wanted("192.0.2.1/32", true, 600));
  advance(590s);
  put(second, 5, wanted("192.0.2.1/32", true, 600));
  advance(50s);
  EXPECT_EQ(get(first, 1).code, 0x45);
  advance(6s);
  EXPECT_EQ(get(first, 1).code, 0x84);
}

TEST_F(client_conflict_test, after_its_retry_timer_a_loser_may_ask_again) {
  begin(sig::conflict_policy::newest_wins);
  put(first, 1, wanted("192.0.2.0/25"));
  put(second, 5, wanted("192.0.2.1/32", true, 600));
  advance(590s);
  put(second, 5, wanted("192.0.2.1/32", true, 600));
  advance(11s);
  EXPECT_EQ(put(first, 1, wanted("192.0.2.0/25")).code, 0x44);
  EXPECT_EQ(state(first, 1), status::mitigated);
  EXPECT_EQ(state(second, 5), status::withdrawn);
}

TEST_F(client_conflict_test, a_lost_conflict_survives_a_restart) {
  begin(sig::conflict_policy::newest_wins);
  put(first, 1, wanted("192.0.2.0/25"));
  put(second, 5, wanted("192.0.2.1/32", true, 600));
  auto stored = store->all();
  for (auto& x : {first, second})
    self->send_exit(x.handle, caf::exit_reason::kill);
  sched.run();
  site->rules.clear();
  begin(sig::conflict_policy::newest_wins);
  for (auto& x : {first, second}) {
    storage::snapshot part;
    for (const auto& record : stored.mitigations)
      if (record.key.customer == x.customer)
        part.mitigations.push_back(record);
    ASSERT_TRUE(ask<ack>(x.handle, atom::restore_v, part));
  }
  self->send(scopes, atom::begin_v);
  sched.run();
  EXPECT_EQ(state(first, 1), status::withdrawn);
  ASSERT_THAT(site->rules, SizeIs(1));
  EXPECT_EQ(site->rules.begin()->second.customer, "globex");
  remove(second, 5);
  advance(121s);
  EXPECT_EQ(state(first, 1), status::mitigated);
}

// SIG-018
TEST_F(client_conflict_test, all_may_be_active_where_policy_says_so) {
  begin(sig::conflict_policy::accept_all);
  put(first, 1, wanted("192.0.2.0/25"));
  auto answer = put(second, 5, wanted("192.0.2.1/32"));
  EXPECT_EQ(answer.code, 0x41);
  EXPECT_TRUE(entry(answer).conflict);
  EXPECT_THAT(site->rules, SizeIs(2));
}

TEST_F(client_conflict_test, nobody_is_active_where_policy_says_so) {
  begin(sig::conflict_policy::reject_all);
  put(first, 1, wanted("192.0.2.0/25"));
  auto answer = put(second, 5, wanted("192.0.2.1/32"));
  EXPECT_EQ(answer.code, 0x89);
  EXPECT_EQ(entry(answer).conflict->status, sig::conflict_status::all_inactive);
  EXPECT_EQ(state(first, 1), status::withdrawn);
  EXPECT_TRUE(site->rules.empty());
}

} // namespace

} // namespace tocsin::actors
