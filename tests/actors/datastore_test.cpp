#include "tests/actors/datastore_fixture.hpp"

namespace tocsin::actors {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using datastore_test = datastore_fixture;

// DATA-160
TEST_F(datastore_test, what_is_answered_is_durable) {
  enrol();
  EXPECT_EQ(add_alias(), 201u);
  EXPECT_THAT(store->data, SizeIs(testing::Ge(2u)));
  EXPECT_EQ(store->audit.back().action, "data-channel");
  store->broken = true;
  auto refused = say("DELETE", std::string{our_client} + "/aliases/alias=web");
  EXPECT_EQ(refused.status, 503u);
  EXPECT_THAT(refused.body, HasSubstr("ietf-restconf:errors"));
  EXPECT_NE(refused.fields.find("retry-after"), nullptr);
  EXPECT_EQ(say("GET", std::string{our_client} + "/aliases/alias=web").status,
            200u)
      << "nothing has changed";
}

// DATA-248, REST-071, ARCH-092
TEST_F(datastore_test, another_agent_sees_nothing_of_it) {
  enrol();
  add_alias();
  EXPECT_EQ(say("GET", std::string{our_client}, {}, "other").status, 404u);
  EXPECT_THAT(say("GET", std::string{base}, {}, "other").body,
              testing::Not(HasSubstr("cuid-1")));
}

// DATA-193, DATA-225
TEST_F(datastore_test, an_immediate_filter_is_in_force_until_it_is_deleted) {
  enrol();
  EXPECT_EQ(add_filter("immediate"), 201u);
  ASSERT_THAT(site->filters, SizeIs(1));
  const auto& set = site->filters.begin()->second;
  ASSERT_THAT(set.entries, SizeIs(1));
  EXPECT_EQ(set.entries[0].what, mitigators::filter_action::drop);
  EXPECT_EQ(
      say("DELETE", std::string{our_client} + "/acls/acl=keep-out").status,
      204u);
  EXPECT_THAT(site->filters, IsEmpty());
}

// DATA-192, DATA-194
TEST_F(datastore_test, other_filters_follow_the_mitigations_of_their_client) {
  enrol();
  EXPECT_EQ(add_filter("activate-when-mitigating"), 201u);
  EXPECT_THAT(site->filters, IsEmpty());
  self->send(data, atom::mode_v, std::string{"another-cuid"}, true);
  sched.run();
  EXPECT_THAT(site->filters, IsEmpty());
  self->send(data, atom::mode_v, std::string{"cuid-1"}, true);
  sched.run();
  EXPECT_THAT(site->filters, SizeIs(1));
  self->send(data, atom::mode_v, std::string{"cuid-1"}, false);
  sched.run();
  EXPECT_THAT(site->filters, IsEmpty());
}

// DATA-138, SIG-111, ARCH-032, ARCH-215
TEST_F(datastore_test, an_alias_stands_for_its_targets_in_a_request) {
  enrol();
  add_alias();
  auto made = send(put_alias(7, "web"));
  EXPECT_EQ(made.code, static_cast<std::uint8_t>(sig::response_code::created));
  ASSERT_THAT(site->rules, SizeIs(1));
  const auto& rule = site->rules.begin()->second;
  EXPECT_THAT(rule.prefixes, testing::ElementsAre(prefix_of("192.0.2.80/32")));
  EXPECT_THAT(rule.protocols, testing::ElementsAre(6));
  EXPECT_FALSE(store->mitigations.begin()->second.aliased.empty());
}

// DATA-174, ARCH-215
TEST_F(datastore_test, an_alias_that_this_client_did_not_make_is_refused) {
  enrol();
  add_alias();
  for (auto request : {put_alias(7, "no-such"), put_alias(8, "web")}) {
    if (*request.mid == 8)
      request.from.identity = "other";
    EXPECT_EQ(send(request).code,
              static_cast<std::uint8_t>(sig::response_code::bad_request));
  }
  EXPECT_THAT(site->rules, IsEmpty());
}

// DATA-110
TEST_F(datastore_test, counters_of_the_driver_are_statistics) {
  enrol();
  add_filter("immediate");
  const auto& set = site->filters.begin()->second;
  tell(edge, {{set.id, set.entries[0].id, 12, 3400}});
  auto body = say("GET", std::string{our_client} + "/acls/acl=keep-out").body;
  EXPECT_THAT(body, HasSubstr(R"("matched-packets":"12")"));
  EXPECT_THAT(body, HasSubstr(R"("matched-octets":"3400")"));
}

// DATA-110
TEST_F(datastore_test, a_packet_that_two_mitigators_see_counts_once) {
  enrol();
  EXPECT_EQ(say("POST", std::string{our_client},
                R"({"ietf-dots-data-channel:acls":{"acl":[{"name":"let-in",
                "type":"ipv4-acl-type","activation-type":"immediate",
                "aces":{"ace":[{"name":"one","matches":{"ipv4":{
                "destination-ipv4-network":"192.0.2.0/24"}},
                "actions":{"forwarding":"accept"}}]}}]}})")
                .status,
            201u);
  ASSERT_THAT(site->filters, SizeIs(1));
  const auto& set = site->filters.begin()->second;
  tell(edge, {{set.id, set.entries[0].id, 12, 3400}});
  tell(core, {{set.id, set.entries[0].id, 11, 3300}});
  auto body = say("GET", std::string{our_client} + "/acls/acl=let-in").body;
  EXPECT_THAT(body, HasSubstr(R"("matched-packets":"12")"));
  auto all =
      ask<data_client_details>(data, atom::status_v, std::string{"cuid-1"});
  ASSERT_TRUE(all);
  ASSERT_THAT(all->acls, SizeIs(1));
  EXPECT_TRUE(all->acls[0].in_force);
  ASSERT_THAT(all->acls[0].entries, SizeIs(1));
  EXPECT_EQ(all->acls[0].entries[0].packets, 12u);
  EXPECT_EQ(all->acls[0].left_s, 604800u);
}

// DATA-073
TEST_F(datastore_test, clients_are_told_what_drivers_can_do) {
  enrol();
  self->send(data, atom::config_v, protocol::data::filter_abilities{});
  sched.run();
  EXPECT_EQ(add_filter("immediate"), 501u);
  EXPECT_THAT(say("GET", std::string{base} + "/capabilities").body,
              HasSubstr(R"("rate-limit":false)"));
  self->send(data, atom::config_v, protocol::data::all_abilities);
  sched.run();
  EXPECT_EQ(add_filter("immediate"), 201u);
}

// DATA-153
TEST_F(datastore_test, a_name_in_an_alias_is_checked_when_it_is_resolved) {
  enrol();
  EXPECT_EQ(say("POST", std::string{our_client},
                R"({"ietf-dots-data-channel:aliases":{"alias":[{"name":"web",
                "target-fqdn":["www.example.com"]}]}})")
                .status,
            201u);
  (*names)["www.example.com"] = {prefix_of("203.0.113.1/32")};
  EXPECT_EQ(send(put_alias(7, "web")).code,
            static_cast<std::uint8_t>(sig::response_code::unauthorized));
  (*names)["www.example.com"] = {prefix_of("192.0.2.80/32")};
  EXPECT_EQ(send(put_alias(8, "web")).code,
            static_cast<std::uint8_t>(sig::response_code::created));
}

// FILT-038, FILT-040, FILT-042
TEST_F(datastore_test, filter_control_switches_a_filter_for_good) {
  enrol();
  add_filter("deactivate");
  using protocol::data::activation;
  filter_order order{"agent", "cuid-1",
                     7,       {{"keep-out", activation::immediate}},
                     {},      now() + std::chrono::seconds{1}};
  auto done = ask<filter_answer>(data, atom::control_v, order);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->unknown, "");
  EXPECT_THAT(site->filters, SizeIs(1));
  EXPECT_THAT(say("GET", std::string{our_client} + "/acls/acl=keep-out").body,
              HasSubstr(R"("activation-type":"immediate")"));
  order.changes.push_back({"no-such", activation::deactivate});
  order.changes[0].when = activation::deactivate;
  done = ask<filter_answer>(data, atom::control_v, order);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->unknown, "no-such");
  EXPECT_THAT(site->filters, SizeIs(1)) << "all or nothing";
}

// DATA-050
TEST_F(datastore_test, what_is_not_refreshed_expires) {
  enrol();
  add_filter("immediate");
  sched.advance_time(protocol::data::min_entry_lifetime
                     + std::chrono::minutes{1});
  sched.run();
  EXPECT_EQ(say("GET", std::string{our_client} + "/acls/acl=keep-out").status,
            404u);
  EXPECT_THAT(site->filters, IsEmpty());
}

TEST_F(datastore_test, a_restart_brings_everything_back) {
  enrol();
  add_alias();
  add_filter("immediate");
  site->filters.clear();
  open();
  EXPECT_TRUE(ask<ack>(data, atom::restore_v, stored()));
  EXPECT_THAT(site->filters, SizeIs(1));
  EXPECT_EQ(say("GET", std::string{our_client} + "/aliases/alias=web").status,
            200u);
  auto all = ask<std::vector<data_client_view>>(data, atom::list_v);
  ASSERT_TRUE(all);
  ASSERT_THAT(*all, SizeIs(1));
  EXPECT_EQ(all->front().aliases, 1u);
  EXPECT_EQ(all->front().entries_in_force, 1u);
}

} // namespace
} // namespace tocsin::actors
