#include "actors/client.hpp"

#include "actors/registry.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/response.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/fake_actors.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {

namespace sig = protocol::signal;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

sig::prefix prefix_of(std::string_view text) {
  return *sig::prefix::parse(text);
}

class client_test : public test::actor_fixture {
protected:
  client_test() {
    sig::customer who;
    who.name = "acme";
    who.prefixes = {prefix_of("192.0.2.0/24"), prefix_of("2001:db8::/32")};
    who.domains = {"www.example.com"};
    who.limits.max_mitigations = 3;
    customer = std::make_shared<const sig::customer>(who);
    start();
  }

  /// Starts a CLIENT, as after a (re)start of the node.
  void start() {
    auto setup = std::make_shared<client_setup>();
    setup->who = customer;
    setup->cuid = "cuid-1";
    setup->usage = usage = std::make_shared<account>(customer->limits);
    setup->keeper = spawn(test::fake_keeper, store);
    setup->registry = spawn(registry, sig::conflict_rules{});
    setup->resolver = spawn(test::fake_resolver, names);
    setup->mitigators.entries = {{"edge", caf::actor_cast<caf::actor>(spawn(
                                              test::fake_mitigator, site))}};
    setup->clock = clock();
    uut = spawn(client, setup);
  }

  static bytes body(const sig::mitigation& x) {
    return sig::encode(sig::mitigation_scope{{x}});
  }

  static sig::mitigation wanted(std::string_view prefix = "192.0.2.1/32",
                                std::int64_t lifetime = 3600) {
    sig::mitigation x;
    x.what.prefixes = {prefix_of(prefix)};
    x.lifetime = lifetime;
    return x;
  }

  dots_request request(dots_request::method what,
                       std::optional<std::uint32_t> mid) {
    dots_request x;
    x.what = what;
    x.cuid = "cuid-1";
    x.mid = mid;
    x.from = {"acme", agent, "sha256:00", "198.51.100.1:4646", 1};
    return x;
  }

  dots_response send(dots_request x) {
    auto answer = ask<dots_response>(uut, atom::serve_v, std::move(x));
    EXPECT_TRUE(answer) << to_string(answer.error());
    return answer ? *answer : dots_response{};
  }

  dots_response put(std::uint32_t mid, const sig::mitigation& x) {
    auto r = request(dots_request::method::put, mid);
    r.body = body(x);
    return send(std::move(r));
  }

  dots_response get(std::optional<std::uint32_t> mid = {}) {
    return send(request(dots_request::method::get, mid));
  }

  dots_response remove(std::uint32_t mid) {
    return send(request(dots_request::method::remove, mid));
  }

  static std::vector<sig::mitigation> entries(const dots_response& x) {
    auto decoded = sig::decode(x.payload, sig::direction::response);
    auto* scope =
        decoded ? std::get_if<sig::mitigation_scope>(&*decoded) : nullptr;
    return scope ? scope->scope : std::vector<sig::mitigation>{};
  }

  static std::string text(const dots_response& x) {
    return std::string{as_text(x.payload)};
  }

  std::shared_ptr<const sig::customer> customer;
  std::shared_ptr<account> usage;
  std::shared_ptr<test::fake_store> store =
      std::make_shared<test::fake_store>();
  std::shared_ptr<test::fake_site> site = std::make_shared<test::fake_site>();
  std::shared_ptr<test::known_names> names =
      std::make_shared<test::known_names>();
  std::string agent = "client.example.com";
  client_actor uut;
};

// SIG-118, SIG-122, SIG-093
TEST_F(client_test, a_new_request_is_created_and_enforced) {
  auto answer = put(123, wanted());
  EXPECT_EQ(answer.code, 0x41);
  EXPECT_TRUE(answer.cbor);
  EXPECT_EQ(answer.payload, (bytes{0xA1, 0x01, 0xA1, 0x02, 0x81, 0xA2, 0x05,
                                   0x18, 0x7B, 0x0E, 0x19, 0x0E, 0x10}));
  ASSERT_THAT(site->rules, SizeIs(1));
  const auto& rule = site->rules.begin()->second;
  EXPECT_EQ(rule.prefixes, std::vector{prefix_of("192.0.2.1/32")});
  EXPECT_EQ(rule.customer, "acme");
  EXPECT_EQ(rule.mid, 123u);
}

TEST_F(client_test, an_answer_means_that_the_request_is_durable) {
  put(1, wanted());
  ASSERT_THAT(store->mitigations, SizeIs(1));
  EXPECT_EQ(store->mitigations.begin()->first.mid, 1u);
  EXPECT_EQ(store->clients.begin()->second.last_mid, 1u);
}

TEST_F(client_test, what_cannot_be_stored_is_refused_and_not_enforced) {
  store->broken = true;
  auto answer = put(1, wanted());
  EXPECT_EQ(answer.code, 0xA3);
  EXPECT_TRUE(answer.max_age);
  EXPECT_TRUE(site->rules.empty());
  EXPECT_EQ(usage->mitigations(), 0u);
  store->broken = false;
  EXPECT_EQ(put(1, wanted()).code, 0x41) << "the same mid may try again";
}

// SIG-148, SIG-095
TEST_F(client_test, the_same_request_again_refreshes_it) {
  put(1, wanted("192.0.2.1/32", 100));
  advance(90s);
  auto answer = put(1, wanted("192.0.2.1/32", 200));
  EXPECT_EQ(answer.code, 0x44);
  EXPECT_EQ(entries(answer).at(0).lifetime, 200);
  advance(150s);
  EXPECT_EQ(get(1).code, 0x45);
  advance(60s);
  EXPECT_EQ(get(1).code, 0x84);
}

// SIG-149
TEST_F(client_test, another_scope_under_the_same_mid_is_refused) {
  put(1, wanted());
  auto answer = put(1, wanted("192.0.2.2/32"));
  EXPECT_EQ(answer.code, 0x80);
  EXPECT_FALSE(answer.cbor);
  EXPECT_THAT(text(answer), HasSubstr("higher mid"));
  EXPECT_EQ(entries(get(1)).at(0).what.prefixes,
            std::vector{prefix_of("192.0.2.1/32")});
}

// SIG-124, SIG-126, SIG-146
TEST_F(client_test, a_larger_mid_replaces_what_it_overlaps) {
  put(1, wanted("192.0.2.0/25"));
  auto first = site->rules.begin()->first;
  EXPECT_EQ(put(2, wanted("192.0.2.1/32")).code, 0x41);
  EXPECT_EQ(get(1).code, 0x84);
  EXPECT_THAT(site->rules, SizeIs(1));
  EXPECT_FALSE(site->rules.contains(first));
  EXPECT_FALSE(store->mitigations.contains({"acme", "cuid-1", 1}));
  // No gap: the new rule was installed before the old one was withdrawn.
  ASSERT_THAT(site->journal, SizeIs(3));
  EXPECT_THAT(site->journal[1], HasSubstr("install"));
  EXPECT_EQ(site->journal[2], "withdraw " + first);
}

// SIG-127, SIG-128, SIG-129
TEST_F(client_test, a_smaller_mid_that_overlaps_is_a_conflict) {
  put(124, wanted());
  auto answer = put(123, wanted("192.0.2.0/24"));
  EXPECT_EQ(answer.code, 0x89);
  EXPECT_EQ(answer.payload,
            (bytes{0xA1, 0x01, 0xA1, 0x02, 0x81, 0xA1, 0x11, 0xA2, 0x13, 0x01,
                   0x15, 0xA1, 0x05, 0x18, 0x7C}));
  EXPECT_EQ(get(123).code, 0x84);
  EXPECT_EQ(get(124).code, 0x45);
  EXPECT_EQ(put(100, wanted("192.0.2.200/32")).code, 0x41)
      << "a smaller mid without overlap is fine";
}

// SIG-125
TEST_F(client_test, other_ports_do_not_prevent_an_overlap) {
  auto x = wanted();
  x.what.ports = {{80, 80}};
  put(5, x);
  x.what.ports = {{443, 443}};
  EXPECT_EQ(put(4, x).code, 0x89);
}

// SIG-164, SIG-165, SIG-017
TEST_F(client_test, nothing_to_show_is_not_found) {
  EXPECT_EQ(get().code, 0x84);
  EXPECT_EQ(get(7).code, 0x84);
  EXPECT_FALSE(text(get(7)).empty());
}

// SIG-167, SIG-170, SIG-169
TEST_F(client_test, a_list_tells_targets_lifetime_and_status_of_each) {
  put(1, wanted("192.0.2.1/32"));
  put(2, wanted("192.0.2.2/32"));
  advance(10s);
  auto found = entries(get());
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].mid, 1u);
  EXPECT_EQ(found[1].mid, 2u);
  EXPECT_EQ(found[0].lifetime, 3590);
  EXPECT_EQ(found[0].state, sig::status::mitigated);
  EXPECT_EQ(found[0].start, 1'700'000'000u);
}

// SIG-171, SIG-172
TEST_F(client_test, counters_of_the_mitigator_reach_the_client) {
  put(1, wanted());
  advance(10s);
  auto rule = site->rules.begin()->first;
  self->send(caf::actor_cast<mitigation_actor>(site->owners[rule]),
             atom::counters_v, rule, std::uint64_t{1000}, std::uint64_t{64000});
  sched.run();
  auto dropped = entries(get(1)).at(0).dropped;
  ASSERT_TRUE(dropped);
  EXPECT_EQ(dropped->pkts_dropped, 1000u);
  EXPECT_EQ(dropped->bytes_dropped, 64000u);
  EXPECT_EQ(dropped->pps_dropped, 100u);
  EXPECT_EQ(dropped->bps_dropped, 6400u);
}

// SIG-208, SIG-209, SIG-210, SIG-211, SIG-213, SIG-215
TEST_F(client_test, a_withdrawn_mitigation_terminates_after_its_period) {
  put(1, wanted());
  auto answer = remove(1);
  EXPECT_EQ(answer.code, 0x42);
  EXPECT_TRUE(answer.payload.empty());
  EXPECT_EQ(entries(get(1)).at(0).state, sig::status::client_withdrawn);
  EXPECT_THAT(site->rules, SizeIs(1));
  EXPECT_EQ(remove(1).code, 0x42);
  advance(119s);
  EXPECT_THAT(site->rules, SizeIs(1));
  advance(2s);
  EXPECT_TRUE(site->rules.empty());
  EXPECT_EQ(get(1).code, 0x84);
  EXPECT_EQ(usage->mitigations(), 0u);
}

// SIG-209
TEST_F(client_test, withdrawing_what_never_was_is_confirmed) {
  EXPECT_EQ(remove(99).code, 0x42);
}

TEST_F(client_test, a_late_copy_of_a_request_does_not_undo_its_withdrawal) {
  put(1, wanted());
  remove(1);
  EXPECT_EQ(put(1, wanted()).code, 0x80);
  advance(125s);
  EXPECT_EQ(put(1, wanted()).code, 0x80);
  EXPECT_TRUE(site->rules.empty());
}

// SIG-094
TEST_F(client_test, an_expired_request_is_removed_everywhere) {
  put(1, wanted("192.0.2.1/32", 60));
  advance(59s);
  EXPECT_THAT(site->rules, SizeIs(1));
  advance(2s);
  EXPECT_TRUE(site->rules.empty());
  EXPECT_EQ(get(1).code, 0x84);
  EXPECT_TRUE(store->mitigations.empty());
}

// SIG-091, SIG-093
TEST_F(client_test, an_endless_lifetime_is_capped_by_policy) {
  auto answer = put(1, wanted("192.0.2.1/32", -1));
  EXPECT_EQ(answer.code, 0x41);
  EXPECT_EQ(entries(answer).at(0).lifetime, 86400);
}

// SIG-078, SIG-395, SIG-396, SIG-392
TEST_F(client_test, a_foreign_prefix_is_refused_with_reason_and_audited) {
  auto answer = put(1, wanted("198.51.100.1/32"));
  EXPECT_EQ(answer.code, 0x81);
  EXPECT_THAT(text(answer), HasSubstr("198.51.100.1/32"));
  EXPECT_TRUE(site->journal.empty());
  ASSERT_FALSE(store->audit.empty());
  EXPECT_EQ(store->audit.back().action, "refuse");
  EXPECT_THAT(store->audit.back().outcome, HasSubstr("4.01"));
}

// SIG-082, SIG-081
TEST_F(client_test, a_name_counts_as_the_addresses_it_resolves_to) {
  sig::mitigation x;
  x.what.fqdns = {"www.example.com"};
  x.lifetime = 3600;
  (*names)["www.example.com"] = {prefix_of("198.51.100.7/32")};
  EXPECT_EQ(put(1, x).code, 0x81);
  (*names)["www.example.com"] = {prefix_of("192.0.2.80/32")};
  EXPECT_EQ(put(2, x).code, 0x41);
  EXPECT_EQ(site->rules.begin()->second.prefixes,
            std::vector{prefix_of("192.0.2.80/32")});
  names->clear();
  x.what.fqdns = {"www.example.com"};
  EXPECT_NE(put(3, x).code, 0x41) << "a name without address";
}

// SIG-083
TEST_F(client_test, names_are_resolved_and_checked_again) {
  sig::mitigation x;
  x.what.fqdns = {"www.example.com"};
  x.lifetime = 3600;
  (*names)["www.example.com"] = {prefix_of("192.0.2.80/32")};
  put(1, x);
  (*names)["www.example.com"] = {prefix_of("192.0.2.81/32")};
  advance(61s);
  ASSERT_THAT(site->rules, SizeIs(1));
  EXPECT_EQ(site->rules.begin()->second.prefixes,
            std::vector{prefix_of("192.0.2.81/32")});
  (*names)["www.example.com"] = {prefix_of("198.51.100.7/32")};
  advance(61s);
  EXPECT_TRUE(site->rules.empty()) << "no longer the customer's own";
}

// SIG-086, SIG-084
TEST_F(client_test, a_uri_stands_for_its_host_and_port) {
  sig::mitigation x;
  x.what.uris = {"https://www.example.com/shop"};
  x.lifetime = 3600;
  (*names)["www.example.com"] = {prefix_of("192.0.2.80/32")};
  EXPECT_EQ(put(1, x).code, 0x41);
  ASSERT_THAT(site->rules, SizeIs(1));
  const auto& rule = site->rules.begin()->second;
  EXPECT_EQ(rule.ports, (std::vector<sig::port_range>{{443, 443}}));
  EXPECT_EQ(rule.protocols, (std::vector<std::uint8_t>{6}));
}

// SIG-200, SIG-201
TEST_F(client_test, an_efficacy_update_without_its_mitigation_gets_silence) {
  auto r = request(dots_request::method::put, 1);
  auto x = wanted();
  x.attack = sig::attack_status::under_attack;
  r.body = body(x);
  r.if_match = true;
  EXPECT_TRUE(send(r).silent);
  EXPECT_TRUE(site->journal.empty());
}

// SIG-196, SIG-197, SIG-202, SIG-199
TEST_F(client_test, an_efficacy_update_refreshes_its_mitigation) {
  put(1, wanted("192.0.2.1/32", 100));
  advance(60s);
  auto r = request(dots_request::method::put, 1);
  auto x = wanted("192.0.2.1/32", 100);
  x.attack = sig::attack_status::under_attack;
  r.body = body(x);
  r.if_match = true;
  EXPECT_EQ(send(r).code, 0x44);
  advance(60s);
  EXPECT_EQ(get(1).code, 0x45);
  x.what.prefixes = {prefix_of("192.0.2.2/32")};
  r.body = body(x);
  EXPECT_EQ(send(r).code, 0x80);
}

// SIG-112
TEST_F(client_test, an_alias_that_the_client_did_not_create_is_refused) {
  sig::mitigation x;
  x.what.aliases = {"web"};
  x.lifetime = 3600;
  auto answer = put(1, x);
  EXPECT_EQ(answer.code, 0x80);
  EXPECT_THAT(text(answer), HasSubstr("web"));
}

// SIG-123
TEST_F(client_test, a_customer_cannot_exceed_its_number_of_mitigations) {
  for (std::uint32_t mid = 1; mid <= 3; ++mid)
    EXPECT_EQ(put(mid, wanted("192.0.2." + std::to_string(mid) + "/32")).code,
              0x41);
  EXPECT_EQ(put(4, wanted("192.0.2.4/32")).code, 0xA3);
  EXPECT_EQ(put(4, wanted("192.0.2.3/32")).code, 0xA3);
  remove(1);
  advance(121s);
  EXPECT_EQ(put(5, wanted("192.0.2.5/32")).code, 0x41);
}

// SIG-060, SIG-140
TEST_F(client_test, another_agent_cannot_use_a_cuid_in_use) {
  put(1, wanted());
  agent = "intruder.example.com";
  auto answer = put(2, wanted("192.0.2.2/32"));
  EXPECT_EQ(answer.code, 0x89);
  EXPECT_EQ(answer.payload, (bytes{0xA1, 0x01, 0xA1, 0x02, 0x81, 0xA1, 0x11,
                                   0xA1, 0x13, 0x03}));
  EXPECT_THAT(store->mitigations, SizeIs(1));
}

// SIG-114: state belongs to the client, not to a session or address.
TEST_F(client_test, a_request_is_the_same_resource_from_another_address) {
  put(1, wanted());
  auto r = request(dots_request::method::put, 1);
  r.body = body(wanted());
  r.from.address = "203.0.113.9:5000";
  r.from.session = 2;
  EXPECT_EQ(send(r).code, 0x44);
  EXPECT_THAT(site->rules, SizeIs(1));
}

TEST_F(client_test, after_a_restart_everything_acknowledged_is_back) {
  put(1, wanted("192.0.2.1/32", 1000));
  put(2, wanted("192.0.2.2/32", 1000));
  remove(2);
  auto stored = store->all();
  // The node comes back 400 s later.
  site = std::make_shared<test::fake_site>();
  advance(400s);
  auto setup_clock = clock();
  start();
  (void)setup_clock;
  for (auto& record : stored.mitigations)
    record.expires -= 400; // as the wall clock has gone on
  ASSERT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  EXPECT_THAT(site->rules, SizeIs(1));
  auto found = entries(get());
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].mid, 1u);
  EXPECT_EQ(found[0].lifetime, 600);
  EXPECT_EQ(put(2, wanted("192.0.2.2/32")).code, 0x80) << "stays withdrawn";
}

TEST_F(client_test, after_a_restart_names_are_resolved_at_once) {
  sig::mitigation x;
  x.what.fqdns = {"www.example.com"};
  x.lifetime = 3600;
  (*names)["www.example.com"] = {prefix_of("192.0.2.80/32")};
  put(1, x);
  auto stored = store->all();
  site = std::make_shared<test::fake_site>();
  start();
  ASSERT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  advance(1s);
  EXPECT_THAT(site->rules, SizeIs(1));
}

TEST_F(client_test, after_a_restart_nothing_unauthorised_is_enforced) {
  put(1, wanted());
  auto stored = store->all();
  auto changed = *customer;
  changed.prefixes = {prefix_of("203.0.113.0/24")};
  customer = std::make_shared<const sig::customer>(changed);
  site = std::make_shared<test::fake_site>();
  start();
  ASSERT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  EXPECT_TRUE(site->journal.empty());
  EXPECT_TRUE(store->mitigations.empty());
  EXPECT_EQ(store->audit.back().action, "drop");
}

TEST_F(client_test, a_failing_mitigator_leaves_the_status_true) {
  site->works = false;
  put(1, wanted());
  EXPECT_EQ(entries(get(1)).at(0).state, sig::status::in_progress);
  site->works = true;
  advance(5s);
  EXPECT_EQ(entries(get(1)).at(0).state, sig::status::mitigated)
      << "enforcement is tried again";
}

TEST_F(client_test, the_operator_can_end_a_mitigation_at_once) {
  put(1, wanted());
  auto view = ask<mitigation_view>(uut, atom::revoke_v, std::uint32_t{1},
                                   std::string{"by hand"});
  ASSERT_TRUE(view);
  EXPECT_EQ(view->status, sig::status::withdrawn);
  EXPECT_TRUE(site->rules.empty());
  EXPECT_TRUE(store->mitigations.empty());
}

// SIG-393
TEST_F(client_test, requests_beyond_the_customers_rate_are_turned_away) {
  int refused = 0;
  for (int i = 0; i < 200; ++i)
    refused += get(1).code == 0xA3;
  EXPECT_GT(refused, 100);
  EXPECT_FALSE(text(get(1)).empty()) << "SIG-017";
  advance(60s);
  EXPECT_EQ(get(1).code, 0x84);
}

} // namespace

} // namespace tocsin::actors
