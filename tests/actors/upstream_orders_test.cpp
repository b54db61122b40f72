// UPSTREAM: what the operator asks for, under which mid and cuid.
#include "tests/actors/upstream_fixture.hpp"

namespace tocsin::actors {

namespace {

class upstream_orders_test : public upstream_test {
protected:
  result<mitigation_view> report(sig::attack_status what) {
    return ask<mitigation_view>(uut, atom::report_v, std::uint32_t{1}, what,
                                duration{10s});
  }

  coap_call last_put() {
    for (auto i = server->calls.rbegin(); i != server->calls.rend(); ++i)
      if (i->what.code == 3)
        return i->what;
    return {};
  }

  static sig::mitigation request_in(const bytes& body) {
    auto x = sig::decode(body, sig::direction::request);
    EXPECT_TRUE(x);
    return x ? std::get<sig::mitigation_scope>(*x).scope.at(0)
             : sig::mitigation{};
  }

  /// 4.09 with this body.
  void conflict(const sig::body& x) {
    server->put = {0x89, 271, {}, sig::encode(x)};
  }

  /// Restarts with these mids given out.
  void restart_after(std::uint32_t mid) {
    storage::client_record known;
    known.customer = "provider";
    known.cuid = "cuid-1";
    known.last_mid = mid;
    known.mid_used = true;
    auto stored = store->all();
    stored.clients = {known};
    start();
    EXPECT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  }
};

class translated_orders_test : public upstream_orders_test {
protected:
  translated_orders_test() {
    use({{*sig::prefix::parse("10.0.0.0/24"),
          *sig::prefix::parse("203.0.113.0/24"),
          sig::translation_kind::address,
          {},
          {}}});
  }

  void use(std::vector<sig::translation_rule> rules) {
    auto table = sig::address_translation::make(std::move(rules));
    ASSERT_TRUE(table);
    start([&](upstream_setup& x) {
      x.translation = *table;
      x.aliases["inside"].prefixes = {*sig::prefix::parse("10.0.0.9/32")};
    });
  }

  static mitigate_order order_for(std::string_view prefix,
                                  std::vector<sig::port_range> ports = {}) {
    mitigate_order x;
    x.what = target_of(prefix, std::move(ports));
    return x;
  }

  static sig::target target_of(std::string_view prefix,
                               std::vector<sig::port_range> ports = {}) {
    sig::target x;
    x.prefixes = {*sig::prefix::parse(prefix)};
    x.ports = std::move(ports);
    return x;
  }
};

// SIG-019, SIG-020, SIG-021, ARCH-162, ARCH-164
TEST_F(translated_orders_test, a_server_is_asked_for_external_addresses) {
  auto view = mitigate(order_for("10.0.0.7", {{443, 443}}));
  ASSERT_TRUE(view);
  EXPECT_EQ(view->what, target_of("10.0.0.7", {{443, 443}}));
  EXPECT_EQ(view->external, target_of("203.0.113.7", {{443, 443}}));
  EXPECT_EQ(request_in(last_put().body).what,
            target_of("203.0.113.7", {{443, 443}}));
}

// SIG-019
TEST_F(translated_orders_test, what_an_alias_stands_for_is_translated) {
  mitigate_order x;
  x.what.aliases = {"inside"};
  EXPECT_TRUE(mitigate(x));
  EXPECT_EQ(request_in(last_put().body).what, target_of("203.0.113.9"));
}

// SIG-019, ARCH-162
TEST_F(translated_orders_test, internal_addresses_are_refused_and_not_sent) {
  auto refused = mitigate(order_for("10.0.1.1"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ec::out_of_range);
  EXPECT_THAT(refused.error().detail,
              HasSubstr("[[client.upstream.translation]]"));
  start();
  EXPECT_FALSE(mitigate(order_for("192.168.0.1"))) << "no table at all";
  EXPECT_THAT(server->bodies, IsEmpty());
  EXPECT_TRUE(store->mitigations.empty());
}

TEST_F(translated_orders_test, after_a_restart_it_is_shown_as_before) {
  EXPECT_TRUE(mitigate(order_for("10.0.0.7")));
  auto stored = store->all();
  use({{*sig::prefix::parse("10.0.0.0/24"),
        *sig::prefix::parse("203.0.113.0/24"),
        sig::translation_kind::address,
        {},
        {}}});
  EXPECT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  EXPECT_EQ(only().what, target_of("10.0.0.7"));
  EXPECT_EQ(only().external, target_of("203.0.113.7"));
}

TEST_F(translated_orders_test, conflicts_are_shown_with_internal_addresses) {
  sig::conflict_information why;
  why.status = sig::conflict_status::active;
  why.cause = sig::conflict_cause::overlapping_targets;
  why.scope.emplace().what = target_of("203.0.113.7");
  auto entry = listed(1, sig::status::in_progress);
  entry.conflict = why;
  server->get = list_of({entry});
  EXPECT_TRUE(mitigate(order_for("10.0.0.7")));
  advance(2s);
  auto shown = only().conflict;
  ASSERT_TRUE(shown && shown->scope);
  EXPECT_EQ(shown->scope->what, target_of("10.0.0.7"));
}

TEST_F(translated_orders_test, different_ports_outside_make_two_requests) {
  auto host = [](std::string_view x) { return *sig::prefix::parse(x); };
  using sig::port_range;
  use({{host("10.0.0.5"), host("203.0.113.7"), sig::translation_kind::address,
        port_range{443, 443}, port_range{8443, 8443}},
       {host("10.0.0.6"), host("203.0.113.8"), sig::translation_kind::address,
        port_range{443, 443}, port_range{9443, 9443}}});
  auto x = order_for("10.0.0.5", {{443, 443}});
  x.what.prefixes.push_back(host("10.0.0.6"));
  auto view = mitigate(x);
  ASSERT_TRUE(view);
  EXPECT_THAT(view->note, HasSubstr("continued as mid 2"));
  ASSERT_THAT(server->bodies, SizeIs(2));
  EXPECT_EQ(request_in(server->bodies[0]).what,
            target_of("203.0.113.7", {{8443, 8443}}));
  EXPECT_EQ(request_in(server->bodies[1]).what,
            target_of("203.0.113.8", {{9443, 9443}}));
}

// SIG-195, SIG-197, SIG-198, SIG-200, ARCH-028, ARCH-058
TEST_F(upstream_orders_test, efficacy_repeats_the_request_with_one_word_more) {
  EXPECT_TRUE(mitigate(order()));
  auto original = request_in(last_put().body);
  EXPECT_FALSE(last_put().if_match);
  EXPECT_TRUE(report(sig::attack_status::under_attack));
  auto update = request_in(last_put().body);
  EXPECT_TRUE(last_put().if_match);
  EXPECT_EQ(update.attack, sig::attack_status::under_attack);
  update.attack.reset();
  EXPECT_EQ(update, original);
}

// SIG-196
TEST_F(upstream_orders_test, efficacy_refreshes) {
  EXPECT_TRUE(mitigate(order()));
  advance(1000s);
  EXPECT_EQ(only().lifetime, 2600);
  EXPECT_TRUE(report(sig::attack_status::under_attack));
  EXPECT_EQ(only().lifetime, 3600);
}

// SIG-199
TEST_F(upstream_orders_test, efficacy_that_is_refused_is_told) {
  EXPECT_TRUE(mitigate(order()));
  server->put = {0x80, {}, {}, {'n', 'o'}};
  auto view = report(sig::attack_status::under_attack);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->note, "4.00 no");
  EXPECT_EQ(view->progress, "active");
}

TEST_F(upstream_orders_test, nothing_is_reported_about_what_does_not_run) {
  server->silent = true;
  EXPECT_TRUE(mitigate(order()));
  EXPECT_FALSE(report(sig::attack_status::under_attack));
}

// SIG-141, SIG-061, SIG-062, SIG-063
TEST_F(upstream_orders_test, a_cuid_of_another_client_is_replaced) {
  conflict(sig::cuid_collision());
  EXPECT_TRUE(mitigate(order()));
  grant(3600);
  advance(61s);
  EXPECT_EQ(only().progress, "active");
  EXPECT_EQ(only().mid, 1u);
  EXPECT_NE(only().cuid, "cuid-1");
  EXPECT_THAT(only().cuid, SizeIs(36)) << "a UUID";
}

// SIG-055
TEST_F(upstream_orders_test, the_new_cuid_outlives_a_restart) {
  conflict(sig::cuid_collision());
  EXPECT_TRUE(mitigate(order()));
  auto cuid = ask<upstream_view>(uut, atom::status_v)->cuid;
  EXPECT_NE(cuid, "cuid-1");
  auto stored = store->all();
  start();
  EXPECT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  EXPECT_EQ(ask<upstream_view>(uut, atom::status_v)->cuid, cuid);
}

// SIG-057
TEST_F(upstream_orders_test, a_cuid_stays_while_mitigations_run_under_it) {
  EXPECT_TRUE(mitigate(order()));
  conflict(sig::cuid_collision());
  EXPECT_TRUE(mitigate(order()));
  EXPECT_EQ(ask<upstream_view>(uut, atom::status_v)->cuid, "cuid-1");
  EXPECT_EQ(alerts("it is kept until they end"), 1u);
}

// SIG-057
TEST_F(upstream_orders_test, a_configured_cuid_waits_for_the_old_ones_end) {
  EXPECT_TRUE(mitigate(order()));
  auto stored = store->all();
  start([](upstream_setup& x) { x.cuid = "cuid-2"; });
  EXPECT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  EXPECT_EQ(ask<upstream_view>(uut, atom::status_v)->cuid, "cuid-1");
  EXPECT_TRUE(withdraw(1));
  EXPECT_EQ(ask<upstream_view>(uut, atom::status_v)->cuid, "cuid-2");
}

// SIG-098, SIG-099, SIG-108, SIG-152, SIG-205
TEST_F(upstream_orders_test, the_domain_of_a_client_is_in_every_request) {
  start([](upstream_setup& x) { x.cdid = "east"; });
  EXPECT_TRUE(mitigate(order()));
  EXPECT_TRUE(withdraw(1));
  std::set<int> methods;
  for (const auto& x : server->calls) {
    methods.insert(x.what.code);
    ASSERT_GT(x.what.path.size(), 4u);
    EXPECT_EQ(x.what.path[3], "cdid=east");
    EXPECT_EQ(x.what.path[4], "cuid=cuid-1");
  }
  EXPECT_THAT(methods, ElementsAre(1, 3, 4)) << "GET, PUT, DELETE";
}

// SIG-065, SIG-067
TEST_F(upstream_orders_test, a_mid_below_one_that_is_held_is_raised) {
  conflict(sig::overlap_conflict(70));
  start();
  auto pending = mitigate(order());
  ASSERT_TRUE(pending);
  EXPECT_EQ(pending->mid, 1u);
  EXPECT_EQ(count("PUT mid=71"), 1u);
}

// The store of a client is lost, but its cuid is the same: the server holds
// requests under mids of before, and refuses others under them (SIG-067).
TEST_F(upstream_orders_test, a_mid_that_was_guessed_is_left_when_refused) {
  coap_reply known{0x80, {}, {}, bytes{'m', 'i', 'd'}};
  server->put_of = {{"mid=1", known}, {"mid=2", known}};
  server->secretive = true; // the list is on its way still
  start();
  EXPECT_TRUE(mitigate(order()));
  EXPECT_EQ(only().progress, "active");
  EXPECT_EQ(count("PUT mid=3"), 1u);
}

TEST_F(upstream_orders_test, what_is_refused_for_itself_is_not_asked_for_on) {
  server->put = {0x80, {}, {}, bytes{'n', 'o'}};
  server->secretive = true;
  start();
  EXPECT_TRUE(mitigate(order()));
  EXPECT_EQ(only().progress, "refused");
  EXPECT_EQ(server->bodies.size(), 1u + max_renumberings);
}

TEST_F(upstream_orders_test, a_mid_that_follows_from_the_store_is_no_guess) {
  server->put_of = {{"mid=8", {0x80, {}, {}, bytes{'n', 'o'}}}};
  restart_after(7);
  EXPECT_TRUE(mitigate(order()));
  EXPECT_EQ(only().progress, "refused");
  EXPECT_EQ(server->bodies.size(), 1u);
}

// SIG-068, SIG-069
TEST_F(upstream_orders_test, mids_begin_anew_in_peacetime) {
  auto armed = order();
  armed.immediate = false;
  EXPECT_TRUE(mitigate(armed));
  restart_after(3221225471);
  server->journal.clear();
  auto x = order();
  x.what.prefixes = {*sig::prefix::parse("192.0.2.128/25")};
  auto view = mitigate(x);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->mid, 0u);
  EXPECT_THAT(server->journal, Contains("DELETE mid=1"));
  EXPECT_THAT(server->journal, Contains("PUT mid=2"));
  EXPECT_EQ(last_put().path.back(), "mid=2");
  EXPECT_EQ(request_in(last_put().body).trigger_mitigation, false);
}

// SIG-068
TEST_F(upstream_orders_test, mids_go_on_in_an_attack) {
  EXPECT_TRUE(mitigate(order()));
  restart_after(3221225471);
  auto view = mitigate(order());
  ASSERT_TRUE(view);
  EXPECT_EQ(view->mid, 3221225472u);
}

// SIG-360
TEST_F(upstream_orders_test, what_fits_no_datagram_is_split) {
  mitigate_order x;
  for (int i = 0; i < 250; i += 2) // no two make a shorter prefix
    x.what.prefixes.push_back(
        *sig::prefix::parse("192.0.2." + std::to_string(i) + "/32"));
  EXPECT_TRUE(mitigate(x));
  ASSERT_GT(server->bodies.size(), 1u);
  std::vector<sig::prefix> together;
  for (const auto& body : server->bodies) {
    EXPECT_LE(body.size(), max_request_body);
    auto part = request_in(body).what.prefixes;
    together.insert(together.end(), part.begin(), part.end());
  }
  EXPECT_EQ(together, x.what.prefixes);
  auto all = ask<std::vector<mitigation_view>>(uut, atom::list_v);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), server->bodies.size()) << "each with its own mid";
  EXPECT_THAT(all->front().note, HasSubstr("continued as mid 2"));
}

// SIG-096
TEST_F(upstream_orders_test, what_is_armed_says_so_and_is_renewed) {
  auto x = order();
  x.immediate = false;
  EXPECT_TRUE(mitigate(x));
  EXPECT_EQ(request_in(last_put().body).trigger_mitigation, false);
  EXPECT_FALSE(only().immediate);
  EXPECT_TRUE(only().renew);
  EXPECT_FALSE(ask<upstream_view>(uut, atom::status_v)->under_attack);
}

// SIG-135
TEST_F(upstream_orders_test, more_than_what_is_armed_leads_to_a_warning) {
  auto armed = order();
  armed.immediate = false;
  EXPECT_TRUE(mitigate(armed));
  auto inside = mitigate(order());
  ASSERT_TRUE(inside);
  EXPECT_EQ(inside->note, "");
  auto wider = order();
  wider.what.prefixes = {*sig::prefix::parse("192.0.2.0/24")};
  auto outside = mitigate(wider);
  ASSERT_TRUE(outside);
  EXPECT_THAT(outside->note, HasSubstr("overlaps mitigation 1"));
}

// COAP-061, ARCH-058
// SIG-126
TEST_F(upstream_orders_test, what_a_later_order_replaces_is_over) {
  EXPECT_TRUE(mitigate(order(true)));
  EXPECT_TRUE(mitigate(order(true)));
  EXPECT_EQ(only().mid, 2u);
  EXPECT_EQ(alerts("mitigation 2, which overlaps it, has replaced it"), 1u);
  EXPECT_THAT(store->mitigations, SizeIs(1));
}

// SIG-124: of one kind, one replaces the other.
TEST_F(upstream_orders_test, what_is_armed_is_not_replaced_by_what_is_not) {
  auto armed = order();
  armed.immediate = false;
  EXPECT_TRUE(mitigate(armed));
  EXPECT_TRUE(mitigate(order()));
  EXPECT_THAT(store->mitigations, SizeIs(2));
}

// SIG-127
TEST_F(upstream_orders_test, a_refresh_tells_that_it_was_replaced) {
  EXPECT_TRUE(mitigate(order(true)));
  server->put = {0x89, 271, {}, sig::encode(sig::overlap_conflict(7))};
  advance(3600s);
  EXPECT_EQ(alerts("mitigation 7, which overlaps it, has replaced it"), 1u);
  EXPECT_THAT(store->mitigations, IsEmpty());
}

TEST_F(upstream_orders_test, what_is_refused_is_not_repeated) {
  for (std::uint8_t code : {0x80, 0x81, 0x82}) {
    server->put = {code, {}, {}, {}};
    EXPECT_TRUE(mitigate(order()));
  }
  auto before = server->journal.size();
  advance(200s);
  EXPECT_EQ(server->journal.size(), before);
}

// SIG-185
TEST_F(upstream_orders_test, a_conflict_is_not_repeated_before_its_timer) {
  sig::mitigation entry;
  entry.conflict.emplace();
  entry.conflict->status = sig::conflict_status::inactive_other_active;
  entry.conflict->cause = sig::conflict_cause::overlapping_targets;
  entry.conflict->retry_timer = 120;
  conflict(sig::mitigation_scope{{entry}});
  EXPECT_TRUE(mitigate(order()));
  grant(3600);
  advance(119s);
  EXPECT_EQ(count("PUT mid=1"), 1u);
  advance(2s);
  EXPECT_EQ(count("PUT mid=1"), 2u);
  EXPECT_EQ(only().progress, "active");
}

// SIG-204
TEST_F(upstream_orders_test, a_withdrawal_stops_what_is_still_repeated) {
  server->silent = true;
  EXPECT_TRUE(mitigate(order()));
  server->silent = false;
  EXPECT_TRUE(withdraw(1));
  EXPECT_THAT(server->abandoned, SizeIs(1));
  EXPECT_THAT(server->journal, ElementsAre("PUT mid=1", "DELETE mid=1"));
}

// SIG-204
TEST_F(upstream_orders_test, what_the_server_does_not_hold_is_withdrawn) {
  EXPECT_TRUE(mitigate(order()));
  server->removal = {0x84, {}, {}, {}};
  auto view = ask<mitigation_view>(uut, atom::withdraw_v, std::uint32_t{1},
                                   duration{10s});
  ASSERT_TRUE(view);
  EXPECT_EQ(view->progress, "withdrawn");
}

} // namespace

} // namespace tocsin::actors
