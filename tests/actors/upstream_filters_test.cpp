// UPSTREAM: filter control (RFC 9133).
#include "tests/actors/upstream_fixture.hpp"

namespace tocsin::actors {

namespace {

class upstream_filters : public upstream_test {
protected:
  using list = std::vector<sig::filter_control>;

  result<mitigation_view> control(std::uint32_t mid, list acls) {
    return ask<mitigation_view>(uut, atom::control_v, mid, std::move(acls));
  }

  mitigate_order order_with(list acls) {
    auto x = order();
    x.filters = std::move(acls);
    return x;
  }

  /// What was asked for with each PUT, in order.
  std::vector<sig::mitigation> puts() {
    std::vector<sig::mitigation> out;
    for (const auto& x : server->calls)
      if (x.what.code == 3) {
        auto body = sig::decode(x.what.body, sig::direction::request);
        if (body)
          out.push_back(std::get<sig::mitigation_scope>(*body).scope.at(0));
      }
    return out;
  }

  std::vector<std::string> put_mids() {
    std::vector<std::string> out;
    for (const auto& x : server->journal)
      if (x.starts_with("PUT"))
        out.push_back(x.substr(4));
    return out;
  }

  /// 5.03 with these failed entries, to the request with this mid.
  void fail_with(std::uint32_t mid, list acls, std::uint32_t max_age) {
    server->put_of["mid=" + std::to_string(mid)] = {
        0xA3, 271, max_age, sig::encode(sig::filters_failed(mid, acls))};
  }

  std::vector<mitigation_view> all() {
    auto x = ask<std::vector<mitigation_view>>(uut, atom::list_v);
    return x ? *x : std::vector<mitigation_view>{};
  }

  mitigation_view view(std::uint32_t mid) {
    for (auto& x : all())
      if (x.mid == mid)
        return x;
    return {};
  }

  const list off{{"friends", sig::activation::deactivate}};
};

// FILT-019, FILT-020
TEST_F(upstream_filters, are_not_switched_while_nothing_is_mitigated) {
  auto armed = order_with(off);
  armed.immediate = false;
  auto refused = mitigate(armed);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ec::conflict);
  EXPECT_THAT(refused.error().detail, HasSubstr("data channel"));
  EXPECT_THAT(control(1, off).error().code, ec::not_found);
  armed.filters.clear();
  ASSERT_TRUE(mitigate(armed));
  EXPECT_EQ(control(1, off).error().code, ec::conflict);
  EXPECT_THAT(puts(), SizeIs(1));
  EXPECT_THAT(puts()[0].acls, IsEmpty());
}

// FILT-020
TEST_F(upstream_filters, are_not_switched_when_the_server_has_ended_it) {
  server->observable = true;
  ASSERT_TRUE(mitigate(order()));
  notify(1, list_of({listed(1, sig::status::withdrawn)}));
  EXPECT_EQ(control(1, off).error().code, ec::conflict);
}

// FILT-011, FILT-023, FILT-026, FILT-027
TEST_F(upstream_filters, are_switched_by_the_same_request_with_a_new_mid) {
  ASSERT_TRUE(mitigate(order()));
  auto asked = control(1, off);
  ASSERT_TRUE(asked) << to_string(asked.error());
  EXPECT_EQ(asked->mid, 2u);
  EXPECT_EQ(asked->filters, off);
  ASSERT_THAT(put_mids(), ElementsAre("mid=1", "mid=2"));
  EXPECT_THAT(puts()[0].acls, IsEmpty());
  EXPECT_EQ(puts()[1].acls, off);
  EXPECT_EQ(puts()[1].what, puts()[0].what);
  auto left = only(); // the server has deleted the other one
  EXPECT_EQ(left.mid, 2u);
  EXPECT_EQ(left.progress, "active");
  auto known = ask<mitigation_view>(uut, atom::status_v, std::uint32_t{1});
  ASSERT_TRUE(known) << "the operator's old number leads to it";
  EXPECT_EQ(known->mid, 2u);
  EXPECT_TRUE(store->mitigations.contains({"provider", "cuid-1", 2}));
  EXPECT_FALSE(store->mitigations.contains({"provider", "cuid-1", 1}));
}

// FILT-022, FILT-025
TEST_F(upstream_filters, of_an_order_follow_when_it_is_granted) {
  server->silent = true;
  auto asked = mitigate(order_with(off));
  ASSERT_TRUE(asked) << to_string(asked.error());
  EXPECT_EQ(asked->mid, 1u);
  EXPECT_THAT(asked->note, HasSubstr("filters follow with mid 2"));
  advance(1s);
  for (const auto& x : puts())
    EXPECT_THAT(x.acls, IsEmpty()) << "no filter delays help";
  server->silent = false;
  server->put = {0x44, 271, {}, sig::encode(sig::accepted(1, 3600))};
  advance(80s);
  EXPECT_EQ(puts().back().acls, off);
  EXPECT_EQ(only().mid, 2u);
}

// FILT-044, FILT-045
TEST_F(upstream_filters, are_switched_by_either_answer) {
  for (std::uint8_t code : {0x41, 0x44}) {
    server->put.code = code;
    auto x = mitigate(order());
    ASSERT_TRUE(x);
    ASSERT_TRUE(control(x->mid, off));
    EXPECT_EQ(only().progress, "active");
    EXPECT_TRUE(withdraw(only().mid));
  }
}

// FILT-050, FILT-051
TEST_F(upstream_filters, that_failed_are_asked_for_again_after_max_age) {
  ASSERT_TRUE(mitigate(order()));
  fail_with(2, off, 30);
  ASSERT_TRUE(control(1, off));
  EXPECT_EQ(view(1).progress, "active") << "it goes on meanwhile";
  EXPECT_EQ(view(2).progress, "requested");
  EXPECT_THAT(view(2).note, AllOf(HasSubstr("'friends'"), HasSubstr("30 s")));
  EXPECT_EQ(alerts("could not switch 'friends'"), 1u);
  advance(29s);
  EXPECT_THAT(put_mids(), ElementsAre("mid=1", "mid=2"));
  advance(2s);
  ASSERT_THAT(put_mids(), ElementsAre("mid=1", "mid=2", "mid=3"));
  EXPECT_EQ(puts()[2].acls, off);
  EXPECT_EQ(only().mid, 3u);
}

// FILT-049, FILT-050, FILT-051
TEST_F(upstream_filters, that_failed_are_left_out_at_once_where_nothing_runs) {
  ASSERT_TRUE(mitigate(order(true)));
  ASSERT_TRUE(control(1, off));
  ASSERT_EQ(only().mid, 2u);
  // Another server behind the same name, which cannot switch filters.
  server->get = list_of({listed(2, sig::status::mitigated)});
  fail_with(2, off, 30);
  advance(40min + 1s); // two thirds of the lifetime: refreshed
  ASSERT_THAT(put_mids(), ElementsAre("mid=1", "mid=2", "mid=2", "mid=3"));
  EXPECT_EQ(puts()[2].acls, off);
  EXPECT_THAT(puts()[3].acls, IsEmpty());
  EXPECT_EQ(puts()[3].what, puts()[2].what);
  EXPECT_EQ(puts()[3].lifetime, puts()[2].lifetime);
  advance(31s);
  EXPECT_THAT(put_mids(),
              ElementsAre("mid=1", "mid=2", "mid=2", "mid=3", "mid=4"));
  EXPECT_EQ(puts()[4].acls, off);
  EXPECT_EQ(only().mid, 4u);
}

// FILT-049: nobody waits for Max-Age to be protected.
TEST_F(upstream_filters, that_another_server_does_not_know_are_left_out) {
  ASSERT_TRUE(mitigate(order(true)));
  ASSERT_TRUE(control(1, off));
  server->get = list_of({listed(2, sig::status::mitigated)});
  server->put_of["mid=2"] = {0x84, {}, {}, {}};
  advance(40min + 1s);
  EXPECT_THAT(put_mids(), ElementsAre("mid=1", "mid=2", "mid=2", "mid=3"));
  EXPECT_THAT(puts()[3].acls, IsEmpty());
  EXPECT_EQ(only().mid, 3u);
}

// FILT-038
TEST_F(upstream_filters, of_no_known_name_are_refused_and_it_goes_on) {
  ASSERT_TRUE(mitigate(order()));
  auto why = std::string_view{"acl-name: this client has no ACL 'friends'"};
  server->put_of["mid=2"] = {0x84, {}, {}, bytes(why.begin(), why.end())};
  ASSERT_TRUE(control(1, off));
  EXPECT_EQ(view(1).progress, "active");
  EXPECT_EQ(view(2).progress, "refused");
  EXPECT_THAT(view(2).note, HasSubstr("no ACL 'friends'"));
}

// FILT-031
TEST_F(upstream_filters, are_no_part_of_an_efficacy_update_and_a_delete) {
  ASSERT_TRUE(mitigate(order()));
  ASSERT_TRUE(control(1, off));
  EXPECT_TRUE(ask<mitigation_view>(uut, atom::report_v, std::uint32_t{2},
                                   sig::attack_status::under_attack,
                                   duration{10s}));
  EXPECT_EQ(puts().back().attack, sig::attack_status::under_attack);
  EXPECT_THAT(puts().back().acls, IsEmpty());
  EXPECT_TRUE(withdraw(2));
  EXPECT_EQ(server->calls.back().what.code, 4);
  EXPECT_THAT(server->calls.back().what.body, IsEmpty());
}

// FILT-033
TEST_F(upstream_filters, are_repeated_by_a_refresh) {
  ASSERT_TRUE(mitigate(order(true)));
  ASSERT_TRUE(control(1, off));
  server->get = list_of({listed(2, sig::status::mitigated)});
  advance(40min + 1s);
  ASSERT_THAT(put_mids(), ElementsAre("mid=1", "mid=2", "mid=2"));
  EXPECT_EQ(puts()[2].acls, off);
}

// FILT-053
TEST_F(upstream_filters, that_were_switched_at_the_server_are_shown) {
  server->observable = true;
  ASSERT_TRUE(mitigate(order()));
  auto entry = listed(1, sig::status::mitigated);
  entry.acls = {{"friends", sig::activation::immediate}};
  notify(1, list_of({entry}));
  EXPECT_EQ(only().switched, entry.acls);
  notify(1, list_of({entry}));
  EXPECT_EQ(alerts("filter 'friends' was switched at the server: it is "
                   "immediate now"),
            1u);
}

// FILT-030, FILT-055, FILT-058
TEST_F(upstream_filters, in_the_way_are_shown_and_can_be_switched_off) {
  server->observable = true;
  ASSERT_TRUE(mitigate(order()));
  auto entry = listed(1, sig::status::in_progress);
  entry.conflict = sig::acceptlist_conflict({{"friends", "ipv4-acl-type"}});
  notify(1, list_of({entry}));
  ASSERT_TRUE(only().conflict);
  EXPECT_EQ(only().conflict->cause, sig::conflict_cause::acceptlist);
  EXPECT_EQ(only().conflict->scope->acls, entry.conflict->scope->acls);
  EXPECT_EQ(alerts("the attack passes 'friends'"), 1u);
  ASSERT_TRUE(control(1, off));
  EXPECT_EQ(only().mid, 2u);
  EXPECT_FALSE(only().conflict);
}

TEST_F(upstream_filters, that_wait_are_dropped_with_their_mitigation) {
  ASSERT_TRUE(mitigate(order()));
  fail_with(2, off, 30);
  ASSERT_TRUE(control(1, off));
  EXPECT_TRUE(withdraw(1));
  advance(60s);
  EXPECT_THAT(all(), IsEmpty());
  EXPECT_THAT(put_mids(), ElementsAre("mid=1", "mid=2"));
}

TEST_F(upstream_filters, that_wait_are_refused_when_it_was_refused) {
  server->put = {0x80, {}, {}, {}};
  server->put_of["mid=1"] = {0x81, {}, {}, {}};
  ASSERT_TRUE(mitigate(order_with(off)));
  advance(2h);
  EXPECT_THAT(put_mids(), ElementsAre("mid=1"));
  EXPECT_THAT(all(), IsEmpty());
}

TEST_F(upstream_filters, that_wait_survive_a_restart) {
  ASSERT_TRUE(mitigate(order()));
  fail_with(2, off, 30);
  ASSERT_TRUE(control(1, off));
  auto stored = store->all();
  server->journal.clear();
  start();
  ASSERT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  advance(1s);
  EXPECT_THAT(put_mids(), ElementsAre("mid=3"));
  EXPECT_EQ(puts().back().acls, off);
  EXPECT_EQ(only().mid, 3u);
}

TEST_F(upstream_filters, are_ordered_with_sense) {
  ASSERT_TRUE(mitigate(order()));
  EXPECT_EQ(control(1, {}).error().code, ec::missing);
  EXPECT_EQ(control(1, {off[0], off[0]}).error().code, ec::malformed);
  list many;
  for (int i = 0; i < 60; ++i)
    many.push_back({"a-filter-with-a-long-name-" + std::to_string(i),
                    sig::activation::deactivate});
  EXPECT_EQ(control(1, many).error().code, ec::too_large);
  EXPECT_THAT(put_mids(), ElementsAre("mid=1"));
}

} // namespace

} // namespace tocsin::actors
