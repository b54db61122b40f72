// UPSTREAM: sent to another server (RFC 9132, Section 4.6).
#include "tests/actors/upstream_fixture.hpp"

namespace tocsin::actors {

namespace {

class upstream_redirect_test : public upstream_test {
protected:
  static coap_reply redirect(std::uint32_t age,
                             std::vector<std::string> records = {
                                 "203.0.113.7"}) {
    return {
        0xA3, 271, age,
        sig::encode(sig::redirected_signal{"alt.example", std::move(records)})};
  }

  coap_reply granted(std::uint8_t code = 0x41) {
    return {code, 271, {}, sig::encode(sig::accepted(1, 3600))};
  }

  static std::int64_t lifetime_of(const bytes& body) {
    auto x = sig::decode(body, sig::direction::request);
    auto* scope = x ? std::get_if<sig::mitigation_scope>(&*x) : nullptr;
    return scope ? scope->scope.at(0).lifetime.value_or(0) : 0;
  }

  /// The lifetimes with which this mid was asked for at that server.
  std::vector<std::int64_t> lifetimes_at(const std::string& name,
                                         std::uint32_t mid) {
    std::vector<std::int64_t> all;
    auto segment = "mid=" + std::to_string(mid);
    for (const auto& x : server->calls)
      if (x.what.code == 3 && x.what.path.back() == segment
          && server->servers.at(x.session - 1) == name)
        all.push_back(lifetime_of(x.what.body));
    return all;
  }

  /// The sessions to which requests of this kind went.
  std::vector<std::string> targets(std::uint8_t code) {
    std::vector<std::string> all;
    for (const auto& x : server->calls)
      if (x.what.code == code)
        all.push_back(server->servers.at(x.session - 1));
    return all;
  }
};

// SIG-280, SIG-281, SIG-008, ARCH-131, ARCH-133, ARCH-151
TEST_F(upstream_redirect_test, the_request_is_tried_at_the_alternate_server) {
  server->put = redirect(600);
  server->put_at["alt.example"] = granted();
  EXPECT_TRUE(mitigate(order()));
  EXPECT_THAT(server->ways,
              ElementsAre("udp 198.51.100.1:4646", "udp 203.0.113.7:4646"));
  EXPECT_THAT(server->servers, ElementsAre("", "alt.example"));
  EXPECT_THAT(targets(3), ElementsAre("", "alt.example"));
  EXPECT_EQ(server->bodies.at(0), server->bodies.at(1));
  EXPECT_EQ(only().progress, "active");
}

// SIG-281
TEST_F(upstream_redirect_test, without_addresses_the_name_is_looked_up) {
  (*names)["alt.example"] = {*sig::prefix::parse("203.0.113.9/32")};
  server->put = redirect(600, {});
  server->put_at["alt.example"] = granted();
  EXPECT_TRUE(mitigate(order()));
  EXPECT_EQ(server->ways.back(), "udp 203.0.113.9:4646");
  EXPECT_EQ(only().progress, "active");
}

// SIG-283
TEST_F(upstream_redirect_test, behind_nat64_an_ipv4_server_is_called_as_ipv6) {
  start(
      [](upstream_setup& x) { x.nat64 = *sig::prefix::parse("64:ff9b::/96"); });
  server->dead = {"udp 203.0.113.7:4646", "tcp 203.0.113.7:4646"};
  server->put = redirect(600);
  server->put_at["alt.example"] = granted();
  EXPECT_TRUE(mitigate(order()));
  advance(1s);
  EXPECT_THAT(server->ways, Contains("udp [64:ff9b::cb00:7107]:4646"));
  EXPECT_EQ(only().progress, "active");
}

TEST_F(upstream_redirect_test, with_ipv6_of_its_own_it_is_called_by_that) {
  start(
      [](upstream_setup& x) { x.nat64 = *sig::prefix::parse("64:ff9b::/96"); });
  server->dead = {"udp [2001:db8::7]:4646", "udp 203.0.113.7:4646",
                  "tcp [2001:db8::7]:4646", "tcp 203.0.113.7:4646"};
  server->put = redirect(600, {"203.0.113.7", "2001:db8::7"});
  EXPECT_TRUE(mitigate(order()));
  advance(10s);
  EXPECT_THAT(server->ways, Contains("udp [2001:db8::7]:4646"));
  EXPECT_THAT(server->ways, Not(Contains(HasSubstr("64:ff9b"))));
}

// SIG-276
TEST_F(upstream_redirect_test, max_age_0_is_about_one_request) {
  server->put = redirect(0);
  server->put_at["alt.example"] = granted();
  EXPECT_TRUE(mitigate(order()));
  EXPECT_EQ(only().progress, "active");
  EXPECT_THAT(server->finished, ElementsAre(2)) << "it was for this one";
  server->put = granted();
  EXPECT_TRUE(mitigate(order()));
  EXPECT_THAT(targets(3), ElementsAre("", "alt.example", ""));
}

TEST_F(upstream_redirect_test, a_dead_server_for_one_request_is_given_up) {
  server->dead = {"udp 203.0.113.7:4646", "tcp 203.0.113.7:4646"};
  server->put = redirect(0);
  EXPECT_TRUE(mitigate(order()));
  advance(1s);
  EXPECT_EQ(alerts("cannot be reached"), 1u);
  EXPECT_THAT(server->finished, IsEmpty()) << "the other session stays";
  server->put = granted();
  advance(61s);
  EXPECT_THAT(targets(3), ElementsAre("", ""));
  EXPECT_EQ(only().progress, "active");
}

// SIG-277
TEST_F(upstream_redirect_test, a_dead_alternate_leads_back_home) {
  server->dead = {"udp 203.0.113.7:4646", "tcp 203.0.113.7:4646"};
  server->put = redirect(600);
  EXPECT_TRUE(mitigate(order()));
  server->put = granted();
  advance(61s);
  EXPECT_EQ(alerts("cannot be reached"), 1u);
  EXPECT_EQ(targets(3).back(), "");
  EXPECT_EQ(only().progress, "active");
}

// SIG-277, SIG-278
TEST_F(upstream_redirect_test, after_max_age_requests_go_home_at_once) {
  server->put = redirect(600);
  server->put_at["alt.example"] = granted();
  server->get = list_of({listed(1, sig::status::stopped)});
  EXPECT_TRUE(mitigate(order()));
  advance(599s);
  EXPECT_EQ(targets(3).back(), "alt.example");
  server->put = granted();
  advance(3s);
  EXPECT_EQ(targets(3).back(), "");
}

// SIG-278
TEST_F(upstream_redirect_test, under_attack_it_stays_beyond_max_age) {
  server->put = redirect(600);
  server->put_at["alt.example"] = granted();
  server->get = list_of({listed(1, sig::status::in_progress)});
  EXPECT_TRUE(mitigate(order()));
  advance(700s);
  EXPECT_THAT(targets(3), ElementsAre("", "alt.example"));
  server->get = list_of({listed(1, sig::status::stopped)});
  server->put = granted();
  advance(20s);
  EXPECT_EQ(targets(3).back(), "");
}

// SIG-284, SIG-285
TEST_F(upstream_redirect_test, a_loop_is_broken_and_reported) {
  server->put = redirect(600);
  server->put_at["alt.example"] = {
      0xA3, 271, 600,
      sig::encode(sig::redirected_signal{"dots.example", {"198.51.100.1"}})};
  EXPECT_TRUE(mitigate(order()));
  advance(5s);
  EXPECT_EQ(alerts("redirect loop"), 1u);
  EXPECT_THAT(server->ways, SizeIs(2));
}

// ARCH-134
TEST_F(upstream_redirect_test, what_moved_is_withdrawn_where_it_was) {
  EXPECT_TRUE(mitigate(order()));
  server->put = redirect(600);
  server->put_at["alt.example"] = granted();
  EXPECT_TRUE(mitigate(order()));
  EXPECT_THAT(targets(4), ElementsAre("")) << "2.01: the alternate was without";
  EXPECT_THAT(server->finished, ElementsAre(1));
}

TEST_F(upstream_redirect_test, what_both_servers_share_is_not_withdrawn) {
  EXPECT_TRUE(mitigate(order()));
  server->put = redirect(600);
  server->put_at["alt.example"] = granted(0x44);
  EXPECT_TRUE(mitigate(order()));
  EXPECT_THAT(targets(4), IsEmpty());
}

TEST_F(upstream_redirect_test, what_moves_is_asked_for_with_what_is_left) {
  EXPECT_TRUE(mitigate(order()));
  EXPECT_EQ(lifetime_of(server->bodies.back()), 3600);
  advance(1000s);
  server->put = redirect(600);
  server->put_at["alt.example"] = granted();
  EXPECT_TRUE(mitigate(order(true)));
  EXPECT_THAT(lifetimes_at("alt.example", 1), ElementsAre(2600));
  EXPECT_THAT(lifetimes_at("alt.example", 2), ElementsAre(3600));
}

TEST_F(upstream_redirect_test, what_is_renewed_moves_with_all_its_lifetime) {
  EXPECT_TRUE(mitigate(order(true)));
  advance(1000s);
  server->put = redirect(600);
  server->put_at["alt.example"] = granted();
  EXPECT_TRUE(mitigate(order()));
  EXPECT_THAT(lifetimes_at("alt.example", 1), ElementsAre(3600));
}

TEST_F(upstream_redirect_test, what_has_no_end_moves_without_an_end) {
  grant(-1);
  auto forever = order();
  forever.lifetime = -1;
  EXPECT_TRUE(mitigate(forever));
  advance(1000s);
  server->put = redirect(600);
  server->put_at["alt.example"] = granted();
  EXPECT_TRUE(mitigate(order()));
  EXPECT_THAT(lifetimes_at("alt.example", 1), ElementsAre(-1));
}

TEST_F(upstream_redirect_test, a_move_does_not_put_off_the_end) {
  EXPECT_TRUE(mitigate(order()));
  advance(3000s);
  server->put = redirect(600);
  server->put_at["alt.example"] = {
      0x41, 271, {}, sig::encode(sig::accepted(1, 600))};
  EXPECT_TRUE(mitigate(order()));
  server->put = granted();
  server->get = {0x84, {}, {}, {}};
  advance(601s);
  auto all = ask<std::vector<mitigation_view>>(uut, atom::list_v);
  ASSERT_TRUE(all);
  for (const auto& x : *all)
    EXPECT_NE(x.mid, 1u) << "its lifetime is over";
}

TEST_F(upstream_redirect_test, a_redirect_ends_attempts_for_another_server) {
  server->dead = {"udp 198.51.100.1:4646"};
  start([](upstream_setup& x) { x.udp_probe = 300s; });
  advance(1s);
  server->dead.clear();
  server->hanging = {"udp 198.51.100.1:4646"};
  advance(301s);
  ASSERT_THAT(server->ways, SizeIs(3)) << "the last is half-open";
  EXPECT_THAT(server->finished, IsEmpty());
  server->put = redirect(600);
  server->put_at["alt.example"] = granted();
  EXPECT_TRUE(mitigate(order()));
  EXPECT_THAT(server->finished, Contains(3u));
  EXPECT_EQ(only().progress, "active");
}

} // namespace

} // namespace tocsin::actors
