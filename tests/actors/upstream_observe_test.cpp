// UPSTREAM: what the server says of our mitigations.
#include "tests/actors/upstream_fixture.hpp"

namespace tocsin::actors {

namespace {

class upstream_observe_test : public upstream_test {
protected:
  void observe() {
    server->observable = true;
    server->get = list_of({listed(1, sig::status::in_progress)});
  }

  std::vector<coap_call> gets() {
    std::vector<coap_call> all;
    for (const auto& x : server->calls)
      if (x.what.code == 1)
        all.push_back(x.what);
    return all;
  }

  void tell(sig::status state) {
    auto x = list_of({listed(1, state)});
    x.observation = server->observations;
    notify(1, x);
  }
};

// SIG-177, FILT-028
TEST_F(upstream_observe_test, what_is_wanted_is_observed) {
  observe();
  EXPECT_FALSE(gets().back().observe) << "nothing is wanted yet";
  EXPECT_TRUE(mitigate(order()));
  EXPECT_TRUE(gets().back().observe);
  tell(sig::status::mitigated);
  EXPECT_EQ(only().status, sig::status::mitigated);
}

// SIG-155
TEST_F(upstream_observe_test, answers_are_kept_small) {
  observe();
  EXPECT_TRUE(mitigate(order()));
  EXPECT_THAT(gets().back().query, ElementsAre("c=n"));
  EXPECT_TRUE(ask<mitigation_view>(uut, atom::status_v, std::uint32_t{1}));
  EXPECT_THAT(gets().back().query, ElementsAre("c=n"));
}

TEST_F(upstream_observe_test, a_server_that_knows_no_filter_is_asked_without) {
  server->get = {0x82, {}, {}, {}};
  start();
  EXPECT_TRUE(mitigate(order()));
  advance(20s);
  EXPECT_THAT(gets().back().query, IsEmpty());
}

TEST_F(upstream_observe_test, an_observation_needs_no_polling) {
  observe();
  EXPECT_TRUE(mitigate(order()));
  advance(2s);
  auto before = gets().size();
  advance(50s);
  EXPECT_EQ(gets().size(), before);
}

// COAP-075, COAP-076
TEST_F(upstream_observe_test, a_stale_observation_is_registered_again) {
  observe();
  server->get.max_age = 30;
  EXPECT_TRUE(mitigate(order()));
  auto before = gets().size();
  advance(34s);
  EXPECT_THAT(server->refreshed, IsEmpty()) << "5 to 15 s beyond Max-Age";
  advance(2s);
  EXPECT_THAT(server->refreshed, ElementsAre(1));
  EXPECT_EQ(gets().size(), before) << "no other registration beside it";
  EXPECT_THAT(server->cancelled, IsEmpty());
  tell(sig::status::mitigated); // the answer, and it is fresh again
  EXPECT_EQ(only().status, sig::status::mitigated);
  advance(64s);
  EXPECT_THAT(server->refreshed, SizeIs(1));
  advance(2s);
  EXPECT_THAT(server->refreshed, ElementsAre(1, 1));
}

// COAP-076
TEST_F(upstream_observe_test, it_is_registered_again_at_a_random_moment) {
  start([](upstream_setup& x) { x.random = [] { return 10u; }; });
  observe();
  server->get.max_age = 30;
  EXPECT_TRUE(mitigate(order()));
  advance(44s);
  EXPECT_THAT(server->refreshed, IsEmpty());
  advance(2s);
  EXPECT_THAT(server->refreshed, ElementsAre(1));
}

TEST_F(upstream_observe_test, registered_again_in_vain_it_begins_anew) {
  observe();
  server->get.max_age = 30;
  EXPECT_TRUE(mitigate(order()));
  advance(36s);
  auto before = gets().size();
  EXPECT_THAT(server->refreshed, ElementsAre(1));
  advance(21s);
  EXPECT_THAT(server->cancelled, ElementsAre(1));
  EXPECT_EQ(gets().size(), before + 1);
  EXPECT_TRUE(gets().back().observe);
}

// Silence is no sign of life: the session that may replace a dead one stays.
TEST_F(upstream_observe_test,
       an_observation_that_ended_by_silence_is_not_heard) {
  observe();
  EXPECT_TRUE(mitigate(order()));
  advance(1s);
  server->hanging = {"udp 198.51.100.1:4646", "tcp 198.51.100.1:4646"};
  caf::anon_send(uut, atom::silent_v, std::uint64_t{1}, std::uint32_t{15});
  advance(1s);
  ASSERT_GT(server->ways.size(), 1u) << "one is tried beside it";
  EXPECT_THAT(server->finished, IsEmpty());
  notify(1, coap_reply{});
  EXPECT_THAT(server->finished, IsEmpty());
  tell(sig::status::mitigated);
  EXPECT_THAT(server->finished, IsEmpty()) << "nobody observes any more";
}

TEST_F(upstream_observe_test, what_is_missing_then_is_asked_for_again) {
  observe();
  EXPECT_TRUE(mitigate(order(true)));
  advance(66s);
  EXPECT_THAT(server->refreshed, ElementsAre(1));
  auto empty = list_of({});
  empty.observation = server->observations;
  notify(1, empty);
  EXPECT_EQ(count("PUT mid=1"), 2u);
}

// COAP-075
TEST_F(upstream_observe_test, each_notification_keeps_it_fresh) {
  observe();
  EXPECT_TRUE(mitigate(order()));
  auto before = gets().size();
  for (int i = 0; i < 5; ++i) {
    advance(50s);
    tell(sig::status::mitigated);
  }
  EXPECT_EQ(gets().size(), before);
}

// SIG-188
TEST_F(upstream_observe_test, the_last_withdrawal_ends_the_observation) {
  observe();
  EXPECT_TRUE(mitigate(order()));
  EXPECT_THAT(server->cancelled, IsEmpty());
  EXPECT_TRUE(withdraw(1));
  EXPECT_THAT(server->cancelled, ElementsAre(1));
}

// SIG-190, SIG-191, FILT-029
TEST_F(upstream_observe_test, where_none_is_granted_the_state_is_polled) {
  start([](upstream_setup& x) { x.poll = 40s; });
  server->get = list_of({listed(1, sig::status::in_progress)});
  EXPECT_TRUE(mitigate(order()));
  advance(2s);
  auto before = gets().size();
  advance(37s);
  EXPECT_EQ(gets().size(), before);
  advance(4s);
  EXPECT_EQ(gets().size(), before + 1);
  EXPECT_FALSE(gets().back().observe) << "refused once is refused";
}

// SIG-193, USE-020
TEST_F(upstream_observe_test, a_stopped_attack_ends_the_request_if_wanted) {
  start([](upstream_setup& x) { x.withdraw_when_stopped = true; });
  observe();
  EXPECT_TRUE(mitigate(order()));
  tell(sig::status::stopped);
  advance(30s);
  tell(sig::status::in_progress); // it comes in pulses
  advance(10s);
  tell(sig::status::stopped);
  advance(55s);
  EXPECT_EQ(count("DELETE mid=1"), 0u);
  advance(6s);
  EXPECT_EQ(count("DELETE mid=1"), 1u);
  EXPECT_TRUE(store->mitigations.empty());
}

// SIG-193
TEST_F(upstream_observe_test, a_request_that_is_renewed_stays) {
  start([](upstream_setup& x) { x.withdraw_when_stopped = true; });
  observe();
  server->get = list_of({listed(1, sig::status::stopped)});
  EXPECT_TRUE(mitigate(order(true)));
  advance(300s);
  EXPECT_EQ(count("DELETE mid=1"), 0u);
}

// SIG-194
TEST_F(upstream_observe_test, silence_of_the_server_withdraws_nothing) {
  start([](upstream_setup& x) { x.withdraw_when_stopped = true; });
  observe();
  EXPECT_TRUE(mitigate(order()));
  server->silent = true;
  advance(600s);
  EXPECT_EQ(count("DELETE mid=1"), 0u);
}

TEST_F(upstream_observe_test, by_default_the_operator_decides_when_it_ends) {
  observe();
  server->get = list_of({listed(1, sig::status::stopped)});
  EXPECT_TRUE(mitigate(order()));
  advance(300s);
  EXPECT_EQ(count("DELETE mid=1"), 0u);
}

TEST_F(upstream_observe_test, what_the_server_lost_is_asked_for_again) {
  server->get = list_of({listed(1, sig::status::mitigated)});
  EXPECT_TRUE(mitigate(order(true)));
  advance(60s);
  EXPECT_EQ(count("PUT mid=1"), 1u);
  server->get = {0x84, {}, {}, {}};
  advance(16s);
  EXPECT_EQ(count("PUT mid=1"), 2u);
  server->get = list_of({listed(1, sig::status::terminated)});
  advance(16s);
  server->get = {0x84, {}, {}, {}};
  advance(200s);
  EXPECT_EQ(count("PUT mid=1"), 2u) << "the server ended it on purpose";
}

TEST_F(upstream_observe_test, what_is_not_renewed_is_not_asked_for_again) {
  EXPECT_TRUE(mitigate(order()));
  advance(60s);
  EXPECT_EQ(count("PUT mid=1"), 1u);
}

TEST_F(upstream_observe_test, what_the_server_lost_and_is_not_renewed_is_over) {
  server->get = list_of({listed(1, sig::status::mitigated)});
  EXPECT_TRUE(mitigate(order()));
  advance(70s);
  EXPECT_EQ(only().progress, "active");
  server->get = {0x84, {}, {}, {}};
  advance(16s);
  EXPECT_EQ(alerts("no longer holds it"), 1u);
  EXPECT_THAT(store->mitigations, IsEmpty());
}

// As when another request of the same client takes precedence. The operator
// must not believe that it still protects him.
TEST_F(upstream_observe_test, what_the_server_ends_before_its_time_is_told) {
  EXPECT_TRUE(mitigate(order()));
  server->get = list_of({listed(1, sig::status::withdrawn, 0)});
  advance(32s);
  EXPECT_EQ(alerts("the server has ended it before its time"), 1u);
  EXPECT_THAT(store->mitigations, IsEmpty());
}

// Its operator shall not have to say no twice a second.
TEST_F(upstream_observe_test, what_the_server_withdraws_is_asked_for_later) {
  EXPECT_TRUE(mitigate(order(true)));
  server->get = list_of({listed(1, sig::status::withdrawn, 0)});
  advance(32s);
  server->get = {0x84, {}, {}, {}};
  advance(200s);
  EXPECT_EQ(count("PUT mid=1"), 1u);
  EXPECT_THAT(only().note, HasSubstr("the server has withdrawn it"));
  advance(withdrawn_pause);
  EXPECT_EQ(count("PUT mid=1"), 2u);
}

TEST_F(upstream_observe_test, what_ends_in_its_time_is_no_news) {
  EXPECT_TRUE(mitigate(order()));
  server->get = list_of({listed(1, sig::status::terminated, 0)});
  advance(32s);
  EXPECT_EQ(alerts("before its time"), 0u);
  EXPECT_THAT(store->mitigations, IsEmpty());
}

TEST_F(upstream_observe_test, a_notification_tells_what_is_gone) {
  observe();
  auto other = order();
  other.what.prefixes = {*sig::prefix::parse("192.0.2.2/32")};
  EXPECT_TRUE(mitigate(order()));
  EXPECT_TRUE(mitigate(other));
  auto both = list_of(
      {listed(1, sig::status::mitigated), listed(2, sig::status::mitigated)});
  both.observation = 1;
  notify(1, both);
  advance(61s);
  auto one = list_of({listed(2, sig::status::mitigated)});
  one.observation = 1;
  notify(1, one);
  EXPECT_EQ(only().mid, 2u);
}

// SIG-186
TEST_F(upstream_observe_test, a_conflict_raises_one_alarm) {
  observe();
  EXPECT_TRUE(mitigate(order()));
  auto entry = listed(1, sig::status::in_progress);
  entry.conflict.emplace();
  entry.conflict->status = sig::conflict_status::inactive_other_active;
  entry.conflict->cause = sig::conflict_cause::overlapping_targets;
  entry.conflict->retry_timer = 600;
  auto x = list_of({entry});
  x.observation = 1;
  notify(1, x);
  notify(1, x);
  EXPECT_EQ(alerts("is in conflict"), 1u);
  entry.conflict->retry_timer = 585;
  x = list_of({entry});
  x.observation = 1;
  notify(1, x);
  EXPECT_EQ(alerts("is in conflict"), 1u) << "time has gone on, no more";
  EXPECT_TRUE(only().conflict);
}

// SIG-185
TEST_F(upstream_observe_test, a_deactivated_request_waits_for_the_timer) {
  observe();
  grant(100);
  EXPECT_TRUE(mitigate(order(true)));
  auto entry = listed(1, sig::status::in_progress, 100);
  entry.conflict.emplace();
  entry.conflict->status = sig::conflict_status::inactive_other_active;
  entry.conflict->retry_timer = 90;
  auto x = list_of({entry});
  x.observation = 1;
  notify(1, x);
  server->get = x;
  advance(89s);
  EXPECT_EQ(count("PUT mid=1"), 1u);
  advance(3s);
  EXPECT_EQ(count("PUT mid=1"), 2u);
}

// Then its lifetime counts again.
TEST_F(upstream_observe_test, what_is_active_again_is_renewed_in_time) {
  observe();
  grant(100);
  EXPECT_TRUE(mitigate(order(true)));
  auto entry = listed(1, sig::status::withdrawn, 7245);
  entry.conflict.emplace();
  entry.conflict->status = sig::conflict_status::inactive_other_active;
  entry.conflict->retry_timer = 7200;
  auto x = list_of({entry});
  x.observation = 1;
  notify(1, x);
  x = list_of({listed(1, sig::status::mitigated, 100)});
  x.observation = 1;
  notify(1, x);
  server->get = x;
  advance(99s);
  EXPECT_EQ(count("PUT mid=1"), 2u);
}

} // namespace

} // namespace tocsin::actors
