#include "tests/actors/upstream_fixture.hpp"

namespace tocsin::actors {

namespace {

// SIG-007, SIG-024, ARCH-109
TEST_F(upstream_test, it_connects_by_itself) {
  EXPECT_THAT(server->opened, ElementsAre("198.51.100.1:4646"));
}

// SIG-037
TEST_F(upstream_test, all_requests_use_one_session) {
  EXPECT_TRUE(mitigate(order()));
  EXPECT_TRUE(mitigate(order()));
  EXPECT_THAT(server->opened, SizeIs(1));
  EXPECT_THAT(server->journal, ElementsAre("PUT mid=1", "PUT mid=2"));
}

// SIG-066, SIG-067
TEST_F(upstream_test, mids_rise_also_over_a_restart) {
  EXPECT_TRUE(mitigate(order()));
  EXPECT_TRUE(mitigate(order()));
  auto stored = store->all();
  start();
  EXPECT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  auto next = mitigate(order());
  ASSERT_TRUE(next);
  EXPECT_EQ(next->mid, 3u);
}

// SIG-070, SIG-072, SIG-088, ARCH-024, ARCH-055
TEST_F(upstream_test, the_body_is_a_scope_with_its_lifetime) {
  EXPECT_TRUE(mitigate(order()));
  auto body = sig::decode(server->bodies.at(0), sig::direction::request);
  ASSERT_TRUE(body) << to_string(body.error());
  auto& scope = std::get<sig::mitigation_scope>(*body).scope;
  ASSERT_THAT(scope, SizeIs(1));
  EXPECT_EQ(scope[0].lifetime, 3600);
  EXPECT_FALSE(scope[0].mid);
}

TEST_F(upstream_test, its_ticks_do_not_become_more) {
  auto other = order(true);
  other.what.prefixes = {*sig::prefix::parse("192.0.2.2/32")};
  EXPECT_TRUE(mitigate(other)); // whose state is asked for all the time
  auto live = [this] {
    for (int i = 0; i < 20; ++i) {
      auto x = mitigate(order());
      ASSERT_TRUE(x);
      EXPECT_TRUE(withdraw(x->mid));
      advance(1min);
    }
  };
  auto soon = [this] {
    const auto& all = sched.clock().schedule();
    return std::distance(all.begin(), all.upper_bound(now() + 30s));
  };
  live();
  auto before = soon();
  live();
  live();
  EXPECT_LE(soon(), before);
}

TEST_F(upstream_test, an_order_is_durable_before_it_is_sent) {
  store->broken = true;
  EXPECT_FALSE(mitigate(order()));
  EXPECT_THAT(server->journal, IsEmpty());
}

TEST_F(upstream_test, a_granted_order_is_active) {
  EXPECT_TRUE(mitigate(order()));
  EXPECT_EQ(only().progress, "active");
  EXPECT_EQ(only().lifetime, 3600);
}

// SIG-092: -1 was asked for, less was granted.
TEST_F(upstream_test, it_lives_with_a_shorter_lifetime) {
  grant(100);
  auto x = order();
  x.lifetime = -1;
  EXPECT_TRUE(mitigate(x));
  EXPECT_EQ(only().lifetime, 100);
  advance(101s);
  auto all = ask<std::vector<mitigation_view>>(uut, atom::list_v);
  EXPECT_TRUE(all && all->empty()) << "over, since it was not to be renewed";
}

// SIG-147, SIG-095
TEST_F(upstream_test, renewal_repeats_the_same_request_in_time) {
  grant(300);
  server->get = list_of({listed(1, sig::status::mitigated, 300)});
  EXPECT_TRUE(mitigate(order(true)));
  advance(299s);
  EXPECT_THAT(server->journal, ElementsAre("PUT mid=1", "PUT mid=1"));
  EXPECT_EQ(server->bodies.at(0), server->bodies.at(1));
  EXPECT_EQ(only().progress, "active");
}

// SIG-204, SIG-038, SIG-103, ARCH-029
TEST_F(upstream_test, withdrawing_deletes_and_forgets) {
  EXPECT_TRUE(mitigate(order()));
  auto view = ask<mitigation_view>(uut, atom::withdraw_v, std::uint32_t{1},
                                   duration{10s});
  ASSERT_TRUE(view) << to_string(view.error());
  EXPECT_EQ(view->progress, "withdrawn");
  EXPECT_THAT(server->journal, ElementsAre("PUT mid=1", "DELETE mid=1"));
  EXPECT_TRUE(store->mitigations.empty());
}

// ARCH-011
TEST_F(upstream_test, a_refusal_is_shown_with_its_reason) {
  server->put = {0x81, {}, {}, {'n', 'o', 't', ' ', 'y', 'o', 'u', 'r', 's'}};
  EXPECT_TRUE(mitigate(order()));
  EXPECT_EQ(only().progress, "refused");
  EXPECT_THAT(only().note, HasSubstr("4.01 not yours"));
  EXPECT_TRUE(store->mitigations.empty()) << "not tried again after a restart";
  advance(120s);
  EXPECT_THAT(server->journal, SizeIs(1)) << "COAP-061";
}

// SIG-203, COAP-060
TEST_F(upstream_test, a_server_that_wants_no_pause_is_given_one) {
  server->put = {0xA3, {}, 0, {}};
  ASSERT_TRUE(mitigate(order()));
  advance(900ms);
  EXPECT_EQ(count("PUT mid=1"), 1u);
  advance(10s);
  EXPECT_THAT(count("PUT mid=1"), AllOf(::testing::Ge(5u), ::testing::Le(11u)));
}

TEST_F(upstream_test, not_now_is_tried_again_after_max_age) {
  server->put = {0xA3, {}, 20, {}};
  EXPECT_TRUE(mitigate(order()));
  EXPECT_EQ(only().progress, "requested");
  advance(19s);
  EXPECT_THAT(server->journal, SizeIs(1));
  server->put = {0x41, 271, {}, sig::encode(sig::accepted(1, 3600))};
  advance(2s);
  EXPECT_EQ(only().progress, "active");
}

TEST_F(upstream_test, an_unfinished_order_goes_on_after_a_restart) {
  server->silent = true;
  EXPECT_TRUE(mitigate(order()));
  auto stored = store->all();
  server->silent = false;
  server->journal.clear();
  start();
  EXPECT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  EXPECT_THAT(server->journal, ElementsAre("PUT mid=1"));
  EXPECT_EQ(only().progress, "active");
}

// SIG-303, SIG-344, SIG-304
TEST_F(upstream_test, silence_leads_to_a_second_session_beside_the_first) {
  server->silent = true;
  EXPECT_TRUE(mitigate(order()));
  advance(8s);
  EXPECT_THAT(server->opened, SizeIs(1));
  server->silent = false;
  advance(3s);
  EXPECT_THAT(server->opened, SizeIs(2));
  EXPECT_EQ(only().progress, "active");
}

// SIG-296, SIG-297
TEST_F(upstream_test, attempts_in_vain_are_far_apart) {
  server->reachable = false;
  start();
  advance(1s);
  EXPECT_THAT(server->opened, SizeIs(2)) << "UDP and TCP";
  advance(298s);
  EXPECT_THAT(server->opened, SizeIs(2));
  advance(2s);
  EXPECT_THAT(server->opened, SizeIs(4));
  EXPECT_TRUE(mitigate(order()));
  advance(57s);
  EXPECT_THAT(server->opened, SizeIs(4)) << "never within 60 s";
  advance(4s);
  EXPECT_THAT(server->opened, SizeIs(6)) << "something is asked for";
}

// SIG-295, ARCH-157
TEST_F(upstream_test, a_lost_session_is_set_up_again) {
  caf::anon_send(caf::actor_cast<session_actor>(server->sessions.at(1)),
                 atom::lost_v, std::uint32_t{15});
  sched.run();
  EXPECT_THAT(server->opened, SizeIs(2));
}

// ARCH-183
TEST_F(upstream_test, an_alias_of_the_operator_is_put_in_its_place) {
  mitigate_order x;
  x.what.aliases = {"web"};
  EXPECT_TRUE(mitigate(x));
  EXPECT_EQ(only().what.prefixes,
            std::vector{*sig::prefix::parse("192.0.2.80/32")});
  x.what.aliases = {"unknown"};
  auto refused = mitigate(x);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "alias-name");
}

// SIG-074, SIG-077, ARCH-055
TEST_F(upstream_test, what_no_server_accepts_is_not_asked_for) {
  mitigate_order nothing;
  EXPECT_FALSE(mitigate(nothing));
  mitigate_order loopback;
  loopback.what.prefixes = {*sig::prefix::parse("127.0.0.1/32")};
  EXPECT_FALSE(mitigate(loopback));
  EXPECT_THAT(server->journal, IsEmpty());
}

TEST_F(upstream_test, who_waits_hears_when_his_time_is_up) {
  server->silent = true;
  EXPECT_TRUE(mitigate(order()));
  auto pending = self->request(uut, std::chrono::seconds{100}, atom::order_v,
                               std::uint32_t{1}, duration{5s});
  advance(6s);
  std::string progress;
  pending.receive([&](const mitigation_view& x) { progress = x.progress; },
                  [](const caf::error&) { FAIL(); });
  EXPECT_EQ(progress, "requested");
}

TEST_F(upstream_test, a_mid_that_the_server_remembers_is_not_used_again) {
  sig::mitigation held;
  held.what.prefixes = {*sig::prefix::parse("192.0.2.9/32")};
  held.lifetime = 100;
  held.mid = 41;
  held.state = sig::status::mitigated;
  server->get = {0x45, 271, {}, sig::encode(sig::mitigation_list({held}))};
  start(); // without what was stored
  auto next = mitigate(order());
  ASSERT_TRUE(next);
  EXPECT_EQ(next->mid, 42u);
}

// SIG-190, SIG-191, SIG-192
TEST_F(upstream_test, active_mitigations_are_polled) {
  server->get = list_of({listed(1, sig::status::mitigated)});
  EXPECT_TRUE(mitigate(order()));
  advance(1500ms);
  EXPECT_EQ(only().status, sig::status::mitigated);
  server->get = list_of({listed(1, sig::status::stopped)});
  advance(10s);
  EXPECT_EQ(only().status, sig::status::mitigated);
  advance(6s);
  EXPECT_EQ(only().status, sig::status::stopped);
}

TEST_F(upstream_test, status_is_asked_live) {
  EXPECT_TRUE(mitigate(order()));
  sig::mitigation held;
  held.what.prefixes = {*sig::prefix::parse("192.0.2.1/32")};
  held.lifetime = 1000;
  held.mid = 1;
  held.state = sig::status::mitigated;
  held.dropped = sig::counters{5000, 50, 0, 0};
  server->get = {0x45, 271, {}, sig::encode(sig::mitigation_list({held}))};
  auto view = ask<mitigation_view>(uut, atom::status_v, std::uint32_t{1});
  ASSERT_TRUE(view);
  EXPECT_EQ(view->status, sig::status::mitigated);
  EXPECT_EQ(view->dropped->pkts_dropped, 50u);
  EXPECT_EQ(view->lifetime, 1000);
}

} // namespace

} // namespace tocsin::actors
