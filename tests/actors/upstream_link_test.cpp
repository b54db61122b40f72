// UPSTREAM: which way to the server, and what becomes of sessions.
#include "tests/actors/upstream_fixture.hpp"

namespace tocsin::actors {

namespace {

class upstream_link_test : public upstream_test {
protected:
  static constexpr auto udp4 = "udp 198.51.100.1:4646";
  static constexpr auto tcp4 = "tcp 198.51.100.1:4646";
  static constexpr auto udp6 = "udp [2001:db8::1]:4646";
  static constexpr auto tcp6 = "tcp [2001:db8::1]:4646";

  void know_both_families() {
    (*names)["dots.example"] = {*sig::prefix::parse("198.51.100.1/32"),
                                *sig::prefix::parse("2001:db8::1/128")};
  }

  std::vector<duration> gaps() {
    std::vector<duration> all;
    for (std::size_t i = 1; i < server->when.size(); ++i)
      all.push_back(server->when[i] - server->when[i - 1]);
    return all;
  }
};

// SIG-028, SIG-029, SIG-036, ARCH-021
TEST_F(upstream_link_test, ways_are_tried_in_the_preferred_order) {
  know_both_families();
  server->hanging = {udp6, udp4, tcp6};
  start();
  advance(1s);
  EXPECT_THAT(server->ways, ElementsAre(udp6, udp4, tcp6, tcp4));
  for (auto gap : gaps()) // on a clock that moves in steps of 100 ms
    EXPECT_NEAR(std::chrono::duration<double>(gap).count(), 0.25, 0.1);
}

// SIG-028
TEST_F(upstream_link_test, one_session_survives_a_race) {
  know_both_families();
  server->hanging = {udp6, udp4, tcp6};
  start();
  advance(1s);
  EXPECT_THAT(server->finished, ElementsAre(1, 2, 3));
  EXPECT_EQ(ask<upstream_view>(uut, atom::status_v)->via, tcp4);
}

// SIG-035
TEST_F(upstream_link_test, attempts_are_closer_together_in_an_attack) {
  know_both_families();
  server->reachable = false;
  start();
  EXPECT_TRUE(mitigate(order()));
  advance(2s);
  server->when.clear();
  server->ways.clear();
  server->reachable = true;
  server->hanging = {udp6, udp4, tcp6};
  advance(62s);
  ASSERT_THAT(server->ways, SizeIs(4));
  for (auto gap : gaps())
    EXPECT_EQ(gap, 100ms);
}

// SIG-030
TEST_F(upstream_link_test, a_dead_way_is_not_tried_again_soon) {
  server->dead = {udp4};
  start();
  advance(1s);
  EXPECT_THAT(server->ways, ElementsAre(udp4, tcp4));
  lose(2);
  EXPECT_THAT(server->ways, ElementsAre(udp4, tcp4, tcp4));
}

// SIG-031
TEST_F(upstream_link_test, after_ten_minutes_every_way_is_tried_again) {
  server->dead = {udp4};
  start();
  advance(10min + 2s);
  server->ways.clear();
  lose(2);
  advance(1s);
  EXPECT_THAT(server->ways, ElementsAre(udp4, tcp4));
}

// SIG-032, SIG-033
TEST_F(upstream_link_test, a_session_moves_from_tcp_to_udp_when_that_works) {
  server->dead = {udp4};
  start([](upstream_setup& x) { x.udp_probe = 600s; });
  advance(599s);
  EXPECT_THAT(server->ways, ElementsAre(udp4, tcp4));
  advance(2s);
  EXPECT_THAT(server->ways, ElementsAre(udp4, tcp4, udp4));
  EXPECT_THAT(server->finished, IsEmpty()) << "still dead";
  server->dead.clear();
  advance(600s);
  EXPECT_THAT(server->finished, ElementsAre(2));
  EXPECT_EQ(ask<upstream_view>(uut, atom::status_v)->via, udp4);
  EXPECT_EQ(upstream_setup{}.udp_probe, 24h);
}

// SIG-295
TEST_F(upstream_link_test, a_session_lost_while_udp_is_probed_is_set_up_again) {
  server->dead = {udp4};
  start([](upstream_setup& x) { x.udp_probe = 300s; });
  server->dead.clear();
  server->hanging = {udp4};
  advance(301s);
  EXPECT_THAT(server->ways, ElementsAre(udp4, tcp4, udp4));
  lose(2);
  advance(1s);
  EXPECT_EQ(ask<upstream_view>(uut, atom::status_v)->via, tcp4);
}

// SIG-032: an answer to a heartbeat is enough.
TEST_F(upstream_link_test, a_probed_session_takes_over_once_it_is_heard) {
  server->dead = {udp4};
  start([](upstream_setup& x) { x.udp_probe = 300s; });
  server->dead.clear();
  server->silent = true;
  advance(301s);
  EXPECT_THAT(server->ways, ElementsAre(udp4, tcp4, udp4));
  EXPECT_THAT(server->finished, IsEmpty()) << "not known to work both ways";
  caf::anon_send(uut, atom::heard_v, std::uint64_t{3});
  sched.run();
  EXPECT_THAT(server->finished, ElementsAre(2));
}

// SIG-032
TEST_F(upstream_link_test, a_probed_session_that_is_lost_is_probed_again) {
  server->dead = {udp4};
  start([](upstream_setup& x) { x.udp_probe = 300s; });
  server->dead.clear();
  server->silent = true;
  advance(301s);
  EXPECT_THAT(server->ways, ElementsAre(udp4, tcp4, udp4));
  lose(3);
  EXPECT_EQ(ask<upstream_view>(uut, atom::status_v)->via, tcp4);
  advance(601s);
  EXPECT_THAT(server->ways, ElementsAre(udp4, tcp4, udp4, udp4));
}

// SIG-034
TEST_F(upstream_link_test, udp_is_not_probed_within_five_minutes) {
  server->dead = {udp4};
  start([](upstream_setup& x) { x.udp_probe = 1s; });
  advance(299s);
  EXPECT_THAT(server->ways, SizeIs(2));
}

TEST_F(upstream_link_test, a_transport_that_is_switched_off_is_not_used) {
  server->reachable = false;
  start([](upstream_setup& x) { x.transports.tcp = false; });
  advance(5s);
  EXPECT_THAT(server->ways, ElementsAre(udp4));
}

// SIG-027
TEST_F(upstream_link_test, without_a_host_the_default_routers_are_asked) {
  using family = sig::address_family;
  auto routers = std::make_shared<std::vector<sig::server_address>>();
  server->dead = {"udp [fe80::1%2]:4646", "tcp [fe80::1%2]:4646"};
  start([&](upstream_setup& x) {
    x.host.clear();
    x.gateways = [routers] { return *routers; };
  });
  EXPECT_THAT(server->ways, IsEmpty());
  auto view = ask<upstream_view>(uut, atom::status_v);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->server, "default-router:4646");
  EXPECT_THAT(view->detail, HasSubstr("there is no default router"));
  *routers = {{"203.0.113.1:4646", family::ipv4},
              {"[fe80::1%2]:4646", family::ipv6}};
  advance(301s);
  EXPECT_THAT(server->ways, Contains("udp [fe80::1%2]:4646"));
  EXPECT_THAT(server->ways, Contains("udp 203.0.113.1:4646"));
  view = ask<upstream_view>(uut, atom::status_v);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->via, "udp 203.0.113.1:4646");
}

// SIG-296, SIG-298
TEST_F(upstream_link_test, failure_to_connect_is_shown_with_the_next_attempt) {
  server->reachable = false;
  start();
  advance(1s);
  auto view = ask<upstream_view>(uut, atom::status_v);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->state, "down");
  EXPECT_THAT(view->detail, HasSubstr("next attempt in 299 s"));
}

TEST_F(upstream_link_test, sessions_that_do_not_last_are_not_set_up_at_once) {
  lose(1);
  EXPECT_THAT(server->ways, SizeIs(2));
  lose(2);
  advance(200s);
  EXPECT_THAT(server->ways, SizeIs(2));
}

// SIG-302
TEST_F(upstream_link_test, missing_heartbeats_in_an_attack_open_a_session) {
  caf::anon_send(uut, atom::silent_v, std::uint64_t{1}, std::uint32_t{15});
  advance(1s);
  EXPECT_THAT(server->ways, SizeIs(1)) << "no attack";
  EXPECT_TRUE(mitigate(order()));
  caf::anon_send(uut, atom::silent_v, std::uint64_t{1}, std::uint32_t{15});
  advance(1s);
  EXPECT_THAT(server->ways, SizeIs(2));
}

// SIG-302: the server may have given the silent session up, so an attempt that
// falls into the same outage must not be the last.
// As when the server was killed and started again: the operator's question is
// the first thing that it does not answer.
TEST_F(upstream_link_test,
       an_unanswered_question_makes_it_try_another_session) {
  EXPECT_TRUE(mitigate(order()));
  advance(90s);
  server->ways.clear();
  server->mute = {1};
  self->send(uut, atom::status_v, std::uint32_t{1});
  advance(status_patience * 2 + 1s);
  EXPECT_THAT(server->ways, SizeIs(1));
}

TEST_F(upstream_link_test, a_silent_session_in_an_attack_is_tried_again) {
  EXPECT_TRUE(mitigate(order()));
  server->reachable = false;
  server->mute = {1};
  caf::anon_send(uut, atom::silent_v, std::uint64_t{1}, std::uint32_t{15});
  advance(10s);
  server->reachable = true;
  server->ways.clear();
  advance(62s);
  EXPECT_THAT(server->ways, SizeIs(1));
  advance(10min);
  EXPECT_THAT(server->ways, SizeIs(1)) << "the new one is not silent";
}

// SIG-303, ARCH-102
TEST_F(upstream_link_test, a_request_goes_over_both_sessions) {
  server->silent = true;
  EXPECT_TRUE(mitigate(order()));
  advance(11s);
  std::vector<std::uint64_t> over;
  for (const auto& x : server->calls)
    if (x.what.code == 3)
      over.push_back(x.session);
  EXPECT_THAT(over, ElementsAre(1, 2));
  EXPECT_THAT(server->finished, IsEmpty()) << "SIG-301: the old one beats on";
}

// SIG-304
TEST_F(upstream_link_test, a_new_session_that_answers_replaces_the_old_one) {
  server->mute = {1};
  EXPECT_TRUE(mitigate(order()));
  advance(11s);
  EXPECT_THAT(server->finished, ElementsAre(1));
  EXPECT_EQ(only().progress, "active");
}

// SIG-304
TEST_F(upstream_link_test, the_old_session_heard_again_ends_the_attempt) {
  server->observable = true;
  server->get = list_of({listed(1, sig::status::mitigated)});
  EXPECT_TRUE(mitigate(order()));
  server->hanging = {udp4, tcp4};
  server->silent = true;
  EXPECT_TRUE(mitigate(order()));
  advance(11s);
  EXPECT_THAT(server->ways, ElementsAre(udp4, udp4, tcp4));
  auto change = list_of({listed(1, sig::status::mitigated)});
  change.observation = 1;
  notify(1, change);
  EXPECT_THAT(server->finished, ElementsAre(2, 3));
}

TEST_F(upstream_link_test, silent_sessions_do_not_become_many) {
  server->silent = true;
  EXPECT_TRUE(mitigate(order()));
  advance(10min);
  EXPECT_LE(server->ways.size() - server->finished.size(),
            max_parallel_sessions);
  EXPECT_LE(server->ways.size(), 12u) << "no closer together than 60 s";
}

} // namespace

} // namespace tocsin::actors
