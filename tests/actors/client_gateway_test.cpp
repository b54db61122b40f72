// A CLIENT on a gateway, and what operators decide about its mitigations.
#include "tests/actors/single_client_fixture.hpp"

namespace tocsin::actors {

namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using progress = enforcement_report::state;
using kind = operator_order::kind;

/// Two RELAYs for which the test speaks, "a" and "b".
class client_gateway_test : public single_client_fixture {
protected:
  client_gateway_test() {
    left->silent = right->silent = true;
    a = spawn(test::fake_mitigator, left);
    b = spawn(test::fake_mitigator, right);
  }

  void begin(const std::function<void(client_setup&)>& adjust = {}) {
    auto setup = std::make_shared<client_setup>();
    setup->who = customer;
    setup->cuid = "cuid-1";
    setup->usage = usage = std::make_shared<account>(customer->limits);
    setup->keeper = spawn(test::fake_keeper, store);
    setup->registry = spawn(registry, sig::conflict_rules{});
    setup->resolver = spawn(test::fake_resolver, names);
    setup->mitigators.entries = {
        {"a", caf::actor_cast<caf::actor>(a), 1, {}, true},
        {"b", caf::actor_cast<caf::actor>(b), 1, {}, true}};
    setup->clock = clock();
    setup->node = "dots-a";
    setup->gateway = true;
    if (adjust)
      adjust(*setup);
    uut = spawn(client, setup);
  }

  void begin_end_to_end() {
    begin([](client_setup& x) { x.end_to_end = true; });
  }

  void restart(const std::function<void(client_setup&)>& adjust = {}) {
    self->send_exit(uut, caf::exit_reason::kill);
    sched.run();
    left->journal.clear();
    right->journal.clear();
    begin(adjust);
    EXPECT_TRUE(ask<ack>(uut, atom::restore_v, store->all()));
  }

  void needs_approval() {
    auto who = *customer;
    who.approval = true;
    customer = std::make_shared<const sig::customer>(who);
  }

  /// What the relay of this site says.
  void say(const std::shared_ptr<test::fake_site>& from, progress what,
           std::uint8_t code, std::string detail = {},
           std::optional<sig::conflict_information> conflict = {}) {
    auto at = from->owners.begin();
    caf::send_as(from == left ? a : b,
                 caf::actor_cast<mitigation_actor>(at->second), atom::report_v,
                 enforcement_report{from == left ? "a" : "b", at->first, what,
                                    false, std::move(detail), false, code,
                                    std::move(conflict)});
    sched.run();
  }

  /// Sends a PUT and returns a way to its answer.
  auto put_later(std::uint32_t mid, std::uint8_t hops = 0) {
    auto r = request(dots_request::method::put, mid);
    r.body = body(wanted());
    if (hops != 0)
      r.hop_limit = hops;
    auto handle = self->request(uut, caf::infinite, atom::serve_v, r);
    sched.run();
    return handle;
  }

  template <class Handle>
  dots_response answer_of(Handle& x) {
    dots_response out;
    EXPECT_FALSE(self->mailbox().empty()) << "no answer";
    if (self->mailbox().empty())
      return out;
    x.receive([&](const dots_response& y) { out = y; },
              [](const caf::error&) { ADD_FAILURE() << "no answer"; });
    return out;
  }

  mitigation_view view(std::uint32_t mid = 7) {
    auto x = ask<mitigation_view>(uut, atom::status_v, mid);
    EXPECT_TRUE(x);
    return x ? *x : mitigation_view{};
  }

  result<mitigation_view> decide(kind what, std::vector<std::string> with = {},
                                 std::uint32_t mid = 7) {
    return ask<mitigation_view>(uut, atom::decide_v, mid,
                                operator_order{what, std::move(with), "ann"});
  }

  mitigator_actor a, b;
  std::shared_ptr<test::fake_site> left = std::make_shared<test::fake_site>();
  std::shared_ptr<test::fake_site> right = std::make_shared<test::fake_site>();
};

// COAP-116, COAP-119, SIG-378
TEST_F(client_gateway_test, a_gateway_that_must_not_pass_it_on_refuses) {
  begin();
  auto r = request(dots_request::method::put, 7);
  r.body = body(wanted());
  r.hop_limit = 1;
  auto x = send(r);
  EXPECT_EQ(x.code, 0xA8);
  EXPECT_EQ(text(x), "dots-a");
  EXPECT_THAT(left->journal, IsEmpty());
  EXPECT_THAT(store->mitigations, IsEmpty());
}

TEST_F(client_gateway_test, a_server_with_mitigators_of_its_own_does_not) {
  begin([](client_setup& x) { x.gateway = false; });
  auto r = request(dots_request::method::put, 7);
  r.body = body(wanted());
  r.hop_limit = 1;
  EXPECT_EQ(send(r).code, 0x41);
}

TEST_F(client_gateway_test, hop_limits_reach_the_rules) {
  begin();
  auto r = request(dots_request::method::put, 7);
  r.body = body(wanted());
  r.hop_limit = 9;
  left->silent = right->silent = false;
  EXPECT_EQ(send(r).code, 0x41);
  ASSERT_FALSE(left->rules.empty());
  EXPECT_EQ(left->rules.begin()->second.hop_limit, 9);
  r.hop_limit = 3; // a refresh that came another way
  EXPECT_EQ(send(r).code, 0x44);
  EXPECT_EQ(left->rules.begin()->second.hop_limit, 3);
  restart();
  EXPECT_EQ(left->rules.begin()->second.hop_limit, 3);
}

TEST_F(client_gateway_test, efficacy_reaches_relays) {
  begin();
  left->silent = right->silent = false;
  put(7, wanted());
  auto x = wanted();
  x.attack = sig::attack_status::under_attack;
  auto r = request(dots_request::method::put, 7);
  r.body = body(x);
  r.if_match = true;
  send(r);
  EXPECT_THAT(left->journal, Contains(HasSubstr("under-attack")));
}

// ARCH-026
TEST_F(client_gateway_test, the_answer_waits_for_upstream) {
  begin_end_to_end();
  auto later = put_later(7);
  say(left, progress::pending, 0);
  say(left, progress::pending, 0x41);
  EXPECT_EQ(answer_of(later).code, 0x41);
}

// ARCH-069, MULTI-044
TEST_F(client_gateway_test, a_refusal_of_all_upstreams_is_the_answer) {
  begin_end_to_end();
  auto later = put_later(7);
  say(left, progress::failed, 0x83, "provider: 4.03 not yours");
  say(right, progress::failed, 0x83, "provider: 4.03 not yours");
  auto x = answer_of(later);
  EXPECT_EQ(x.code, 0x83);
  EXPECT_EQ(text(x), "provider: 4.03 not yours");
  EXPECT_EQ(get(7).code, 0x84) << "as if it had never been accepted";
  EXPECT_THAT(store->mitigations, IsEmpty());
  EXPECT_THAT(left->journal, Contains(HasSubstr("withdraw")));
  left->silent = right->silent = false;
  auto again = put_later(7);
  say(left, progress::active, 0x41);
  EXPECT_EQ(answer_of(again).code, 0x41);
}

TEST_F(client_gateway_test, a_conflict_upstream_is_the_clients) {
  begin_end_to_end();
  auto later = put_later(7);
  sig::conflict_information why;
  why.cause = sig::conflict_cause::overlapping_targets;
  why.retry_timer = 120;
  say(left, progress::failed, 0x89, "4.09", why);
  say(right, progress::failed, 0x89, "4.09", why);
  auto x = answer_of(later);
  EXPECT_EQ(x.code, 0x89);
  ASSERT_FALSE(entries(x).empty());
  EXPECT_EQ(entries(x)[0].conflict, why);
}

// COAP-118
// COAP-119: each gateway on the way back goes first.
TEST_F(client_gateway_test, a_loop_found_upstream_names_all_on_the_way) {
  begin_end_to_end();
  auto later = put_later(7);
  say(left, progress::failed, 0xA8, "provider: 5.08 dots-b dots-c");
  say(right, progress::failed, 0xA8, "provider: 5.08 dots-b dots-c");
  auto x = answer_of(later);
  EXPECT_EQ(x.code, 0xA8);
  EXPECT_EQ(text(x), "dots-a dots-b dots-c");
  left->silent = right->silent = false;
  auto again = put_later(7);
  say(left, progress::active, 0x41);
  EXPECT_EQ(answer_of(again).code, 0x41) << "such an answer is not kept";
}

TEST_F(client_gateway_test, a_silent_upstream_is_not_waited_for_for_ever) {
  begin_end_to_end();
  auto later = put_later(7);
  advance(end_to_end_patience + 1s);
  EXPECT_EQ(answer_of(later).code, 0x41);
  EXPECT_EQ(view().status, sig::status::in_progress);
}

TEST_F(client_gateway_test, what_upstream_says_of_a_conflict_is_in_the_status) {
  begin();
  put(7, wanted());
  sig::conflict_information why;
  why.cause = sig::conflict_cause::overlapping_targets;
  say(left, progress::failed, 0x89, "4.09", why);
  ASSERT_FALSE(entries(get(7)).empty());
  EXPECT_EQ(entries(get(7))[0].conflict, why);
}

// USE-051, USE-067, USE-070, ARCH-019, ARCH-020
// USE-066: answered at once, decided later.
TEST_F(client_gateway_test, nothing_is_enforced_before_it_is_approved) {
  needs_approval();
  begin_end_to_end();
  EXPECT_EQ(put(7, wanted()).code, 0x41);
  advance(3600s / 2);
  EXPECT_THAT(left->journal, IsEmpty());
  EXPECT_EQ(view().approval, "waiting");
  EXPECT_EQ(view().status, sig::status::in_progress);
  ASSERT_TRUE(decide(kind::approve));
  EXPECT_THAT(left->journal, ElementsAre(HasSubstr("install")));
  EXPECT_THAT(right->journal, ElementsAre(HasSubstr("install")));
  EXPECT_EQ(view().approval, "approved");
}

// ARCH-056
// USE-066: or the choice of a strategy.
TEST_F(client_gateway_test, an_administrator_may_choose_the_mitigators) {
  needs_approval();
  begin();
  put(7, wanted());
  EXPECT_EQ(decide(kind::approve, {"c"}).error().code, ec::not_found);
  ASSERT_TRUE(decide(kind::approve, {"b"}));
  EXPECT_THAT(left->journal, IsEmpty());
  EXPECT_THAT(right->journal, ElementsAre(HasSubstr("install")));
  restart();
  EXPECT_THAT(left->journal, IsEmpty()) << "also after a restart";
  EXPECT_THAT(right->journal, ElementsAre(HasSubstr("install")));
  ASSERT_TRUE(decide(kind::approve, {"a"}));
  EXPECT_THAT(right->journal, Contains(HasSubstr("withdraw")));
  EXPECT_THAT(left->journal, ElementsAre(HasSubstr("install")));
}

// It was answered with an error, so it must not count: the next thing stored
// would have made it durable.
TEST_F(client_gateway_test, a_decision_that_cannot_be_stored_is_none) {
  needs_approval();
  begin();
  put(7, wanted());
  store->broken = true;
  EXPECT_FALSE(decide(kind::approve, {"b"}));
  store->broken = false;
  EXPECT_THAT(right->journal, IsEmpty());
  EXPECT_EQ(put(7, wanted()).code, 0x44); // a refresh, which is stored
  restart();
  EXPECT_THAT(right->journal, IsEmpty());
  EXPECT_EQ(view().approval, "waiting");
  EXPECT_TRUE(decide(kind::reject)) << "not approved, so it may be rejected";
}

// USE-050, USE-052: one sensor alone is not believed, two are.
TEST_F(client_gateway_test, several_that_agree_need_no_administrator) {
  needs_approval();
  auto who = *customer;
  who.agreement = 2;
  customer = std::make_shared<const sig::customer>(who);
  begin();
  put(7, wanted());
  EXPECT_THAT(left->journal, IsEmpty());
  self->send(uut, atom::claim_v, std::uint32_t{7}, std::uint32_t{2});
  sched.run();
  EXPECT_THAT(left->journal, ElementsAre(HasSubstr("install")));
  EXPECT_THAT(view().note, HasSubstr("agreement of 2 clients"));
}

// ARCH-020
// USE-070: the client hears that it was withdrawn.
TEST_F(client_gateway_test, a_rejected_request_ends) {
  needs_approval();
  begin();
  put(7, wanted());
  ASSERT_TRUE(decide(kind::reject));
  EXPECT_THAT(left->journal, Not(Contains(HasSubstr("install"))));
  EXPECT_THAT(store->mitigations, IsEmpty());
}

TEST_F(client_gateway_test, a_decision_that_makes_no_sense_is_explained) {
  begin();
  put(7, wanted());
  EXPECT_THAT(decide(kind::approve).error().detail, HasSubstr("need none"));
  EXPECT_THAT(decide(kind::call_help).error().detail,
              HasSubstr("all are asked already"));
  EXPECT_EQ(decide(kind::reject, {}, 9).error().code, ec::not_found);
}

/// "b" is called for help only.
class client_order_test : public client_gateway_test {
protected:
  static void rest_b(client_setup& x) {
    x.mitigators.entries[1].when = sig::escalation_settings{};
    x.gateway = false;
  }
};

// ARCH-141, ARCH-184: by order of the operator.
TEST_F(client_order_test, the_operator_calls_for_help) {
  begin(rest_b);
  put(7, wanted());
  EXPECT_THAT(right->journal, IsEmpty());
  ASSERT_TRUE(decide(kind::call_help));
  EXPECT_THAT(right->journal, ElementsAre(HasSubstr("install")));
  restart(rest_b);
  EXPECT_THAT(right->journal, ElementsAre(HasSubstr("install")))
      << "what was acknowledged survives";
  ASSERT_TRUE(decide(kind::end_help));
  EXPECT_THAT(right->journal, Contains(HasSubstr("withdraw")));
}

/// "b" is asked when "a" fails.
class client_failover_test : public client_gateway_test {
protected:
  static void follow_b(client_setup& x) {
    x.mitigators.entries[1].when =
        sig::escalation_settings{.when_failed = true, .hold = 60s};
    x.gateway = false;
  }
};

TEST_F(client_failover_test, a_refusal_calls_the_next) {
  begin(follow_b);
  put(7, wanted());
  EXPECT_THAT(right->journal, IsEmpty());
  say(left, progress::failed, 0x83, "4.03");
  EXPECT_THAT(right->journal, ElementsAre(HasSubstr("install")));
}

TEST_F(client_failover_test, silence_calls_the_next) {
  begin(follow_b);
  put(7, wanted());
  advance(29s);
  EXPECT_THAT(right->journal, IsEmpty());
  advance(2s);
  EXPECT_THAT(right->journal, ElementsAre(HasSubstr("install")));
  say(left, progress::active, 0x41);
  advance(61s);
  EXPECT_THAT(right->journal, Contains(HasSubstr("withdraw")));
}

} // namespace

} // namespace tocsin::actors
