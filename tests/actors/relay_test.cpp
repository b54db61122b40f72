// RELAY, with an UPSTREAM between it and a fake server.
#include "actors/relay.hpp"

#include "tests/actors/fake_mitigation.hpp"
#include "tests/actors/upstream_fixture.hpp"

namespace tocsin::actors {

namespace {

class relay_test : public upstream_test {
protected:
  relay_test() {
    server->observable = true;
    begin();
  }
  ~relay_test() override { self->send_exit(relay_, caf::exit_reason::kill); }

  /// As if the node were started, with these rules restored.
  void begin(const std::vector<std::string>& rules = {}) {
    if (relay_)
      self->send_exit(relay_, caf::exit_reason::kill);
    relay_setup setup;
    setup.name = "provider";
    setup.upstream = "provider";
    setup.server = uut;
    setup.on_health = [this](bool up) { health.push_back(up); };
    relay_ = spawn(relay, std::move(setup));
    for (const auto& id : rules)
      install(id, "192.0.2.1/32");
    self->send(relay_, atom::begin_v);
    sched.run();
  }

  void install(const std::string& id, const std::string& prefix,
               std::uint8_t hop_limit = 0) {
    mitigators::rule x;
    x.id = id;
    x.prefixes = {*sig::prefix::parse(prefix)};
    x.hop_limit = hop_limit;
    auto& ears = clients[id];
    ears = std::make_shared<heard>();
    auto owner = spawn(fake_mitigation, ears);
    self->send(relay_, atom::install_v, x,
               caf::actor_cast<caf::strong_actor_ptr>(owner));
    sched.run();
  }

  void remove(const std::string& id) {
    self->send(relay_, atom::withdraw_v, id);
    sched.run();
  }

  /// The server's list, as its observers are told it.
  void tell(std::vector<sig::mitigation> all) {
    notify(1, [&] {
      auto x = list_of(std::move(all));
      x.observation = server->observations;
      return x;
    }());
  }

  std::string last(const std::string& id) { return clients.at(id)->last(); }

  relay_actor relay_;
  std::map<std::string, std::shared_ptr<heard>> clients;
  std::vector<bool> health;
};

// ARCH-051
TEST_F(relay_test, a_rule_is_asked_of_the_server) {
  install("a", "192.0.2.1/32");
  EXPECT_THAT(server->journal, Contains("PUT mid=1"));
  EXPECT_EQ(last("a"), "pending: asked of provider");
  tell({listed(1, sig::status::mitigated)});
  EXPECT_EQ(last("a"), "active: ");
  EXPECT_THAT(health, ElementsAre(true));
}

// ARCH-145
TEST_F(relay_test, what_nobody_wants_any_more_is_withdrawn) {
  install("a", "192.0.2.1/32");
  remove("a");
  EXPECT_THAT(server->journal, Contains("DELETE mid=1"));
  EXPECT_THAT(store->mitigations, IsEmpty());
}

TEST_F(relay_test, it_is_renewed_until_then) {
  install("a", "192.0.2.1/32");
  for (int i = 0; i < 3; ++i)
    advance(3000s);
  EXPECT_GE(count("PUT mid=1"), 3u);
  EXPECT_FALSE(store->mitigations.empty());
}

// ARCH-143, ARCH-144
TEST_F(relay_test, counters_and_the_end_of_an_attack_are_passed_on) {
  install("a", "192.0.2.1/32");
  auto x = listed(1, sig::status::mitigated);
  x.dropped = sig::counters{1000, 10, 0, 0};
  tell({x});
  EXPECT_EQ(clients["a"]->packets, 10u);
  EXPECT_TRUE(clients["a"]->traffic.back());
  x.state = sig::status::stopped;
  tell({x});
  EXPECT_FALSE(clients["a"]->traffic.back());
  EXPECT_EQ(last("a"), "active: ");
}

// USE-064, ARCH-004
TEST_F(relay_test, clients_that_overlap_share_a_request) {
  install("a", "192.0.2.0/30");
  install("b", "192.0.2.1/32"); // inside: nothing new to ask for
  EXPECT_EQ(count("PUT mid=2"), 0u);
  tell({listed(1, sig::status::mitigated)});
  EXPECT_EQ(last("a"), "active: ");
  EXPECT_EQ(last("b"), "active: ");
  remove("a"); // less is wanted: first that, then the end of the rest
  EXPECT_EQ(count("PUT mid=2"), 1u);
  EXPECT_EQ(store->mitigations.size(), 1u);
  remove("b");
  EXPECT_THAT(server->journal, Contains("DELETE mid=2"));
  EXPECT_THAT(store->mitigations, IsEmpty());
}

TEST_F(relay_test, what_takes_its_place_is_granted_before_it_goes) {
  install("a", "192.0.2.1/32");
  server->silent = true;
  install("a", "198.51.100.0/24"); // moved elsewhere
  EXPECT_EQ(count("DELETE mid=1"), 0u);
  server->silent = false;
  advance(70s);
  EXPECT_EQ(count("DELETE mid=1"), 1u);
  EXPECT_EQ(store->mitigations.size(), 1u);
}

TEST_F(relay_test, a_refusal_is_told_and_tried_again_later) {
  auto text = as_octets("not yours");
  server->put = {0x83, {}, {}, bytes{text.begin(), text.end()}};
  install("a", "192.0.2.1/32");
  EXPECT_THAT(last("a"), HasSubstr("failed: provider: 4.03 not yours"));
  grant(3600);
  advance(relay_retry + 1s);
  EXPECT_EQ(last("a"), "pending: asked of provider");
  EXPECT_EQ(count("PUT mid=2"), 1u);
}

TEST_F(relay_test, a_request_that_gets_another_mid_is_one_still) {
  // The server holds a request of an earlier life of this node.
  server->put_of["mid=1"] = {
      0x89, 271, {}, sig::encode(sig::overlap_conflict(70))};
  install("a", "192.0.2.1/32");
  EXPECT_EQ(count("PUT mid=71"), 1u);
  EXPECT_EQ(last("a"), "pending: asked of provider");
  tell({listed(71, sig::status::mitigated)});
  EXPECT_EQ(last("a"), "active: ");
  remove("a");
  EXPECT_EQ(count("DELETE mid=71"), 1u);
  EXPECT_THAT(store->mitigations, IsEmpty());
}

// SIG-064, SIG-394, ARCH-082: nothing that the client calls itself goes on.
TEST_F(relay_test, a_request_bears_the_names_of_the_gateway) {
  mitigators::rule x;
  x.id = "a";
  x.customer = "acme";
  x.cuid = "inner";
  x.cdid = "inner-domain";
  x.mid = 77;
  x.prefixes = {*sig::prefix::parse("192.0.2.1/32")};
  auto owner = spawn(fake_mitigation, std::make_shared<heard>());
  self->send(relay_, atom::install_v, x,
             caf::actor_cast<caf::strong_actor_ptr>(owner));
  sched.run();
  std::vector<std::string> path;
  for (const auto& call : server->calls)
    if (call.what.code == 3)
      path = call.what.path;
  EXPECT_THAT(path, ElementsAre(".well-known", "dots", "mitigate",
                                "cuid=cuid-1", "mid=1"));
}

// SIG-062, SIG-063: UPSTREAM takes another cuid, and no client hears of it.
TEST_F(relay_test, a_collision_of_cuids_is_told_to_nobody) {
  server->put = {0x89, 271, {}, sig::encode(sig::cuid_collision())};
  install("a", "192.0.2.1/32");
  EXPECT_THAT(clients["a"]->states, Not(Contains(HasSubstr("failed"))));
  EXPECT_EQ(clients["a"]->answer, 0) << "a gateway would pass it on";
  grant(3600);
  advance(61s);
  EXPECT_EQ(clients["a"]->answer, 0x41);
}

/// Hop-Limits of the PUTs with this mid; 0: there was none.
std::vector<int> hops_of(const fake_server& x, const std::string& mid) {
  std::vector<int> out;
  for (const auto& call : x.calls)
    if (call.what.code == 3 && call.what.path.back() == mid)
      out.push_back(call.what.hop_limit);
  return out;
}

// SIG-110, COAP-116
TEST_F(relay_test, a_request_is_passed_on_with_one_hop_less) {
  install("a", "192.0.2.1/32");
  install("b", "198.51.100.1/32", 5);
  EXPECT_THAT(hops_of(*server, "mid=1"), ElementsAre(16));
  EXPECT_THAT(hops_of(*server, "mid=2"), ElementsAre(4));
}

// COAP-116, SIG-397, USE-043
TEST_F(relay_test, what_has_passed_too_many_gateways_goes_no_farther) {
  install("a", "192.0.2.1/32", 1);
  EXPECT_EQ(count("PUT mid=1"), 0u);
  EXPECT_THAT(last("a"), HasSubstr("failed: not passed on to provider: it has "
                                   "passed too many gateways"));
  EXPECT_EQ(clients["a"]->answer, 0xA8);
}

// SIG-397: in a loop the count goes down with each round, until nothing is
// left.
TEST_F(relay_test, a_hop_limit_that_goes_down_goes_down_upstream) {
  install("a", "192.0.2.0/30", 9);
  install("b", "192.0.2.1/32", 7); // came back to us
  EXPECT_THAT(hops_of(*server, "mid=1"), ElementsAre(8));
  remove("a"); // it is the loop alone that wants it
  EXPECT_THAT(hops_of(*server, "mid=2"), ElementsAre(6));
  install("b", "192.0.2.1/32", 5);
  EXPECT_THAT(hops_of(*server, "mid=2"), ElementsAre(6, 4));
  install("b", "192.0.2.1/32", 1);
  EXPECT_EQ(count("DELETE mid=2"), 1u);
  EXPECT_THAT(store->mitigations, IsEmpty());
}

TEST_F(relay_test, a_hop_limit_survives_a_restart) {
  install("a", "192.0.2.1/32", 9);
  auto stored = store->all();
  start();
  EXPECT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  begin();
  install("a", "192.0.2.1/32", 9);
  advance(3000s); // a refresh
  EXPECT_THAT(hops_of(*server, "mid=1"), ::testing::Each(8));
}

// The server may have put the newer request in the place of the older one
// before it heard of the withdrawal.
TEST_F(relay_test, what_a_withdrawn_request_may_have_replaced_is_asked_again) {
  install("a", "192.0.2.1/32");
  ASSERT_EQ(count("PUT mid=1"), 1u);
  server->silent = true;
  install("b", "192.0.2.0/30"); // sent, and not answered
  remove("b");
  server->silent = false;
  advance(70s);
  EXPECT_GE(count("DELETE mid=2"), 1u);
  EXPECT_GE(count("PUT mid=1"), 2u);
  EXPECT_EQ(store->mitigations.size(), 1u);
}

// SIG-378
TEST_F(relay_test, a_loop_that_others_found_is_no_reason_to_ask_again) {
  auto text = as_octets("dots-b dots-c");
  server->put = {0xA8, {}, {}, bytes{text.begin(), text.end()}};
  install("a", "192.0.2.1/32");
  EXPECT_THAT(last("a"), HasSubstr("failed: provider: 5.08 dots-b dots-c"));
  EXPECT_EQ(clients["a"]->answer, 0xA8);
  advance(200s);
  EXPECT_EQ(count("PUT mid=1"), 1u);
}

TEST_F(relay_test, the_servers_answer_is_told) {
  install("a", "192.0.2.1/32");
  EXPECT_EQ(clients["a"]->answer, 0x41);
}

// USE-037
// One who is still under attack counts for all who share a request.
TEST_F(relay_test, efficacy_is_passed_on) {
  install("a", "192.0.2.0/30");
  install("b", "192.0.2.1/32");
  tell({listed(1, sig::status::mitigated)});
  auto report = [this](const char* id, sig::attack_status x) {
    self->send(relay_, atom::report_v, std::string{id}, x);
    sched.run();
    auto body = sig::decode(server->bodies.back(), sig::direction::request);
    return std::get<sig::mitigation_scope>(*body).scope[0].attack;
  };
  EXPECT_EQ(report("a", sig::attack_status::under_attack),
            sig::attack_status::under_attack);
  EXPECT_EQ(report("b", sig::attack_status::successfully_mitigated),
            sig::attack_status::under_attack);
  EXPECT_EQ(report("a", sig::attack_status::successfully_mitigated),
            sig::attack_status::successfully_mitigated);
  EXPECT_TRUE(server->calls.back().what.if_match);
}

// Among gateways that ask each other in a circle it would go round without an
// end: unlike a request it bears no Hop-Limit.
TEST_F(relay_test, efficacy_that_has_not_changed_is_seldom_repeated) {
  install("a", "192.0.2.1/32");
  tell({listed(1, sig::status::mitigated)});
  auto reported = [this] {
    self->send(relay_, atom::report_v, std::string{"a"},
               sig::attack_status::under_attack);
    sched.run();
    return std::ranges::count_if(server->calls,
                                 [](const auto& x) { return x.what.if_match; });
  };
  EXPECT_EQ(reported(), 1);
  EXPECT_EQ(reported(), 1);
  advance(relay_report_pause);
  EXPECT_EQ(reported(), 2);
}

// ARCH-011
TEST_F(relay_test, an_overwhelmed_server_is_told_of) {
  install("a", "192.0.2.1/32");
  tell({listed(1, sig::status::exceeded_capability)});
  EXPECT_EQ(last("a"), "failed: provider: the attack exceeds its capability");
}

// Who waits for the server's answer would else wait in vain.
TEST_F(relay_test, what_the_server_cannot_even_be_asked_is_refused) {
  install("a", "10.0.0.1/32"); // it means nothing outside
  EXPECT_THAT(last("a"), HasSubstr("means nothing to a server outside"));
  EXPECT_EQ(clients["a"]->answer, 0x80);
  EXPECT_EQ(count("PUT mid=1"), 0u);
}

// It does not mean that nothing comes if nothing is counted now.
TEST_F(relay_test, that_the_session_is_lost_is_told_of_what_is_in_force) {
  install("a", "192.0.2.1/32");
  tell({listed(1, sig::status::mitigated)});
  auto heard_before = clients["a"]->states.size();
  EXPECT_FALSE(clients["a"]->blind);
  server->reachable = false;
  lose(1);
  EXPECT_GT(clients["a"]->states.size(), heard_before);
  EXPECT_EQ(last("a"), "active: ");
  EXPECT_TRUE(clients["a"]->blind);
}

TEST_F(relay_test, without_a_session_the_order_waits) {
  server->reachable = false;
  lose(1);
  install("a", "192.0.2.1/32");
  EXPECT_EQ(last("a"), "pending: no session with provider");
  server->reachable = true;
  EXPECT_EQ(count("PUT mid=1"), 0u);
  advance(310s);
  EXPECT_EQ(last("a"), "pending: asked of provider");
  EXPECT_GE(count("PUT mid=1"), 1u);
}

TEST_F(relay_test, after_a_restart_requests_are_taken_over) {
  install("a", "192.0.2.1/32");
  auto stored = store->all();
  start();
  EXPECT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  server->journal.clear();
  begin({"a"});
  EXPECT_EQ(count("PUT mid=2"), 0u);
  EXPECT_EQ(count("DELETE mid=1"), 0u);
  remove("a");
  EXPECT_EQ(count("DELETE mid=1"), 1u);
}

TEST_F(relay_test, after_a_restart_what_lost_its_cause_is_withdrawn) {
  install("a", "192.0.2.1/32");
  auto stored = store->all();
  start();
  EXPECT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  begin();
  EXPECT_EQ(count("DELETE mid=1"), 0u);
  advance(relay_grace + 1s);
  EXPECT_EQ(count("DELETE mid=1"), 1u);
  EXPECT_THAT(store->mitigations, IsEmpty());
}

TEST_F(relay_test, started_again_it_waits_for_mitigations_to_install) {
  install("a", "192.0.2.1/32");
  begin();
  install("a", "192.0.2.1/32");
  advance(relay_grace + 1s);
  EXPECT_EQ(count("DELETE mid=1"), 0u);
  EXPECT_EQ(count("PUT mid=2"), 0u);
  tell({listed(1, sig::status::mitigated)});
  EXPECT_EQ(last("a"), "active: ");
}

TEST_F(relay_test, the_operators_own_requests_are_left_alone) {
  ASSERT_TRUE(mitigate(order()));
  begin();
  advance(relay_grace + 1s);
  EXPECT_EQ(count("DELETE mid=1"), 0u);
}

TEST_F(relay_test, the_operator_sees_the_server_as_mitigator) {
  install("a", "192.0.2.1/32");
  auto found = ask<mitigator_view>(relay_, atom::status_v);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, "up");
  EXPECT_EQ(found->driver, "DOTS server provider");
  EXPECT_EQ(found->pending, 1u);
}

} // namespace

} // namespace tocsin::actors
