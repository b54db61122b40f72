#include "actors/client_flags.hpp"
#include "tests/actors/client_fixture.hpp"

namespace tocsin::actors {

namespace sig = protocol::signal;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

class client_conflict_test : public client_fixture {
protected:
  void begin(sig::conflict_policy policy, bool keep_loser = false) {
    start_registry({policy, keep_loser});
    first = start("acme", "cuid-1");
    second = start("globex", "cuid-2");
  }

  /// Starts the node anew from what was stored.
  void restart(sig::conflict_policy policy, bool keep_loser = false) {
    auto stored = store->all();
    for (auto& x : {first, second})
      self->send_exit(x.handle, caf::exit_reason::kill);
    sched.run();
    site->rules.clear();
    begin(policy, keep_loser);
    for (auto& x : {first, second}) {
      storage::snapshot part;
      for (const auto& record : stored.mitigations)
        if (record.key.customer == x.customer)
          part.mitigations.push_back(record);
      EXPECT_TRUE(ask<ack>(x.handle, atom::restore_v, part));
    }
    self->send(scopes, atom::begin_v);
    sched.run();
  }

  /// Whose rules are in force.
  std::set<std::string> enforced() {
    std::set<std::string> out;
    for (const auto& [_, rule] : site->rules)
      out.insert(rule.customer);
    return out;
  }

  static std::vector<sig::prefix> shared(const sig::mitigation& x) {
    return x.conflict && x.conflict->scope ? x.conflict->scope->what.prefixes
                                           : std::vector<sig::prefix>{};
  }

  party first, second;
};

// SIG-136, SIG-137, SIG-138, SIG-143, SIG-144, ARCH-061, ARCH-068
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

TEST_F(client_conflict_test, what_is_withdrawn_does_not_come_back) {
  begin(sig::conflict_policy::newest_wins);
  put(first, 1, wanted("192.0.2.0/25"));
  put(second, 5, wanted("192.0.2.1/32"));
  ASSERT_EQ(state(first, 1), status::withdrawn);
  self->send(first.handle, atom::serve_v,
             request(first, dots_request::method::remove, 1));
  self->send(first.handle, atom::begin_v, std::uint32_t{1});
  sched.run();
  EXPECT_EQ(store->mitigations.at({"acme", "cuid-1", 1}).status,
            static_cast<std::uint8_t>(status::terminated));
  EXPECT_EQ(get(first, 1).code, 0x84);
}

TEST_F(client_conflict_test, a_loser_stays_in_force_until_the_winner_is) {
  begin(sig::conflict_policy::newest_wins);
  put(first, 1, wanted("192.0.2.0/25"));
  site->silent = true;
  put(second, 5, wanted("192.0.2.1/32"));
  EXPECT_EQ(state(first, 1), status::mitigated);
  EXPECT_THAT(site->rules, SizeIs(1));
}

// The later request of the same client is decided about while the first loser
// is still in force.
TEST_F(client_conflict_test, a_loser_is_told_though_its_winner_is_replaced) {
  begin(sig::conflict_policy::newest_wins);
  put(first, 1, wanted("192.0.2.0/25"));
  site->silent = true;
  put(second, 5, wanted("192.0.2.1/32"));
  put(second, 6, wanted("192.0.2.1/32"));
  EXPECT_EQ(state(first, 1), status::withdrawn);
}

TEST_F(client_conflict_test, who_lost_to_a_loser_is_active_again) {
  begin(sig::conflict_policy::newest_wins);
  auto third = start("acme", "cuid-3");
  put(first, 1, wanted("192.0.2.0/26"));
  put(second, 5, wanted("192.0.2.0/25"));
  ASSERT_EQ(state(first, 1), status::withdrawn);
  put(third, 1, wanted("192.0.2.64/26"));
  EXPECT_EQ(state(second, 5), status::withdrawn);
  EXPECT_EQ(state(first, 1), status::mitigated);
}

// It lost when the loss of signal would have started it, and the signal is
// there again since.
TEST_F(client_conflict_test, what_waits_again_is_in_nobodys_way) {
  begin(sig::conflict_policy::first_wins);
  put(first, 1, wanted("192.0.2.0/25", false));
  session_up(first, 4, seen);
  put(second, 5, wanted("192.0.2.0/25"));
  session_down(first, 4, session_end::lost);
  ASSERT_EQ(state(first, 1), status::withdrawn);
  session_up(first, 6, seen);
  remove(second, 5);
  advance(121s);
  EXPECT_EQ(state(first, 1), status::signal_loss);
  EXPECT_EQ(put(second, 6, wanted("192.0.2.0/25")).code, 0x41);
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
  restart(sig::conflict_policy::newest_wins);
  EXPECT_EQ(state(first, 1), status::withdrawn);
  auto kept = entry(get(first, 1));
  ASSERT_TRUE(kept.conflict);
  EXPECT_EQ(kept.conflict->status, sig::conflict_status::inactive_other_active);
  EXPECT_EQ(kept.conflict->cause, sig::conflict_cause::overlapping_targets);
  EXPECT_EQ(kept.conflict->retry_timer, 600u);
  EXPECT_EQ(shared(kept), std::vector{prefix_of("192.0.2.1/32")});
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

// SIG-136, SIG-138, SIG-184
TEST_F(client_conflict_test, the_most_specific_request_wins) {
  begin(sig::conflict_policy::most_specific_wins);
  put(first, 1, wanted("192.0.2.0/25"));
  observe(first, 1, 1, seen);
  auto narrow = put(second, 5, wanted("192.0.2.1/32"));
  EXPECT_EQ(narrow.code, 0x41);
  EXPECT_EQ(entry(narrow).conflict->status, sig::conflict_status::active);
  EXPECT_EQ(state(first, 1), status::withdrawn);
  EXPECT_EQ(enforced(), (std::set<std::string>{"globex"}));
  ASSERT_THAT(seen->notified, SizeIs(1));
  EXPECT_EQ(entry(seen->notified[0].second).conflict->status,
            sig::conflict_status::inactive_other_active);
  auto wide = put(first, 2, wanted("192.0.2.0/24"));
  EXPECT_EQ(wide.code, 0x89) << "nothing wider wins, whoever asks";
  EXPECT_EQ(enforced(), (std::set<std::string>{"globex"}));
}

// SIG-136
TEST_F(client_conflict_test, where_neither_is_inside_the_other_the_first_wins) {
  begin(sig::conflict_policy::most_specific_wins);
  put(first, 1, wanted("192.0.2.1/32"));
  EXPECT_EQ(put(second, 5, wanted("192.0.2.1/32")).code, 0x89);
  auto by_port = wanted("192.0.2.1/32");
  by_port.what.protocols = {17};
  by_port.what.ports = {{53, 53}};
  EXPECT_EQ(put(second, 6, by_port).code, 0x41) << "a port is narrower";
  EXPECT_EQ(enforced(), (std::set<std::string>{"globex"}));
}

// SIG-136, SIG-137, SIG-145
TEST_F(client_conflict_test, a_newcomer_that_loses_may_be_kept_inactive) {
  begin(sig::conflict_policy::first_wins, true);
  put(first, 1, wanted("192.0.2.0/25", true, 600));
  auto answer = put(second, 5, wanted("192.0.2.1/32"));
  EXPECT_EQ(answer.code, 0x41);
  auto why = entry(answer).conflict;
  ASSERT_TRUE(why);
  EXPECT_EQ(why->status, sig::conflict_status::inactive_other_active);
  EXPECT_EQ(why->retry_timer, 600u);
  EXPECT_EQ(entry(answer).lifetime, 645);
  EXPECT_EQ(state(second, 5), status::withdrawn);
  EXPECT_EQ(enforced(), (std::set<std::string>{"acme"}));
  observe(second, 5, 1, seen);
  remove(first, 1);
  advance(121s);
  EXPECT_EQ(state(second, 5), status::mitigated) << "the winner is gone";
  EXPECT_EQ(told(*seen), (std::vector{status::in_progress, status::mitigated}));
  EXPECT_FALSE(entry(get(second, 5)).conflict);
  EXPECT_EQ(enforced(), (std::set<std::string>{"globex"}));
}

// SIG-137, SIG-145
TEST_F(client_conflict_test, what_is_kept_may_be_refreshed_after_its_timer) {
  begin(sig::conflict_policy::first_wins, true);
  put(first, 1, wanted("192.0.2.0/25", true, 600));
  put(second, 5, wanted("192.0.2.1/32"));
  put(first, 1, wanted("192.0.2.0/25", true, 3000));
  EXPECT_EQ(put(second, 5, wanted("192.0.2.1/32")).code, 0x89) << "too early";
  advance(601s);
  auto again = put(second, 5, wanted("192.0.2.1/32"));
  EXPECT_EQ(again.code, 0x44) << "it is kept on";
  ASSERT_TRUE(entry(again).conflict);
  EXPECT_EQ(entry(again).conflict->status,
            sig::conflict_status::inactive_other_active);
  EXPECT_EQ(shared(entry(again)), std::vector{prefix_of("192.0.2.1/32")});
  auto retry = entry(again).conflict->retry_timer.value_or(0);
  EXPECT_NEAR(retry, 2399, 1);
  EXPECT_EQ(entry(again).lifetime, retry + 45);
  EXPECT_EQ(state(second, 5), status::withdrawn);
}

// SIG-137, SIG-138, SIG-143
TEST_F(client_conflict_test, a_refresh_tells_whether_the_conflict_goes_on) {
  begin(sig::conflict_policy::accept_all);
  put(first, 1, wanted("192.0.2.0/25"));
  EXPECT_FALSE(entry(put(first, 1, wanted("192.0.2.0/25"))).conflict);
  put(second, 5, wanted("192.0.2.1/32"));
  auto answer = put(first, 1, wanted("192.0.2.0/25"));
  EXPECT_EQ(answer.code, 0x44);
  ASSERT_TRUE(entry(answer).conflict);
  EXPECT_EQ(entry(answer).conflict->status, sig::conflict_status::active);
  EXPECT_FALSE(entry(answer).conflict->retry_timer);
  EXPECT_EQ(shared(entry(answer)), std::vector{prefix_of("192.0.2.1/32")});
  EXPECT_EQ(shared(entry(get(first, 1))),
            std::vector{prefix_of("192.0.2.1/32")});
  remove(second, 5);
  advance(121s);
  EXPECT_FALSE(entry(put(first, 1, wanted("192.0.2.0/25"))).conflict);
  EXPECT_FALSE(entry(get(first, 1)).conflict);
}

TEST_F(client_conflict_test, where_nobody_is_active_a_restart_changes_nothing) {
  begin(sig::conflict_policy::reject_all, true);
  put(first, 1, wanted("192.0.2.0/25", true, 600));
  EXPECT_EQ(put(second, 5, wanted("192.0.2.1/32", true, 600)).code, 0x41);
  restart(sig::conflict_policy::reject_all, true);
  for (const auto& [p, mid] : {std::pair{first, 1u}, std::pair{second, 5u}}) {
    auto x = entry(get(p, mid));
    EXPECT_EQ(x.state, status::withdrawn);
    ASSERT_TRUE(x.conflict);
    EXPECT_EQ(x.conflict->status, sig::conflict_status::all_inactive);
    EXPECT_EQ(shared(x), std::vector{prefix_of("192.0.2.1/32")});
  }
  EXPECT_TRUE(site->rules.empty());
}

// SIG-143, SIG-144
TEST_F(client_conflict_test, who_comes_back_too_early_hears_the_same_cheaply) {
  begin(sig::conflict_policy::first_wins);
  put(first, 1, wanted("192.0.2.0/25", true, 1800));
  observe(first, 1, 1, seen);
  auto before = put(second, 5, wanted("192.0.2.1/32"));
  auto commits = store->commits;
  advance(100s);
  seen->notified.clear();
  auto again = put(second, 6, wanted("192.0.2.1/32"));
  EXPECT_EQ(again.code, 0x89);
  auto expected = *entry(before).conflict;
  expected.retry_timer = 1700;
  EXPECT_EQ(entry(again).conflict, expected);
  EXPECT_EQ(store->commits, commits) << "nothing was written";
  EXPECT_TRUE(std::ranges::none_of(seen->notified, [](const auto& x) {
    return entry(x.second).conflict.has_value();
  })) << "the other client was not bothered";
  EXPECT_EQ(put(second, 7, wanted("192.0.2.200/32")).code, 0x41)
      << "another target is another request";
}

TEST_F(client_conflict_test, a_refusal_is_forgotten_when_its_reason_is_gone) {
  begin(sig::conflict_policy::first_wins);
  put(first, 1, wanted("192.0.2.0/25", true, 1800));
  EXPECT_EQ(put(second, 5, wanted("192.0.2.1/32")).code, 0x89);
  remove(first, 1);
  advance(121s);
  EXPECT_EQ(put(second, 5, wanted("192.0.2.1/32")).code, 0x41);
}

TEST_F(client_conflict_test, after_the_retry_timer_it_is_decided_about_anew) {
  begin(sig::conflict_policy::first_wins);
  put(first, 1, wanted("192.0.2.0/25", true, 100));
  EXPECT_EQ(put(second, 5, wanted("192.0.2.1/32")).code, 0x89);
  put(first, 1, wanted("192.0.2.0/25", true, 3000));
  advance(101s);
  auto answer = put(second, 5, wanted("192.0.2.1/32"));
  EXPECT_EQ(answer.code, 0x89);
  EXPECT_GT(entry(answer).conflict->retry_timer, 2800u);
}

TEST_F(client_conflict_test, what_is_remembered_of_refusals_is_limited) {
  begin(sig::conflict_policy::first_wins);
  put(first, 1, wanted("192.0.2.0/25", true, 1800));
  for (std::uint32_t i = 0; i <= max_refused_requests; ++i)
    EXPECT_EQ(
        put(second, i, wanted("192.0.2." + std::to_string(i) + "/32")).code,
        0x89);
  auto commits = store->commits;
  put(second, 50, wanted("192.0.2.1/32"));
  EXPECT_EQ(store->commits, commits);
  put(second, 51, wanted("192.0.2.0/32"));
  EXPECT_GT(store->commits, commits) << "the oldest was forgotten";
}

TEST_F(client_conflict_test, that_nobody_won_is_stored) {
  begin(sig::conflict_policy::reject_all, true);
  put(first, 1, wanted("192.0.2.0/25"));
  EXPECT_EQ(put(second, 5, wanted("192.0.2.1/32")).code, 0x41);
  for (const auto& [_, record] : store->mitigations)
    EXPECT_EQ(record.flags, flag_suspended | flag_nobody);
  EXPECT_THAT(store->mitigations, SizeIs(2));
}

} // namespace

} // namespace tocsin::actors
