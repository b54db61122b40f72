// Filter control over the signal channel (RFC 9133): CLIENT and DATASTORE.
#include "tests/actors/filters_fixture.hpp"

namespace tocsin::actors {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class client_filters : public filters_fixture {
protected:
  std::vector<storage::audit_event> audited(const std::string& action) {
    std::vector<storage::audit_event> out;
    for (const auto& x : store->audit)
      if (x.action == action)
        out.push_back(x);
    return out;
  }

  std::vector<std::uint32_t> stored_mids() {
    std::vector<std::uint32_t> out;
    for (const auto& [key, _] : store->mitigations)
      out.push_back(key.mid);
    return out;
  }
};

// FILT-018, FILT-022, FILT-034, FILT-040, FILT-041, FILT-044, FILT-007
TEST_F(client_filters, are_switched_by_the_request_that_starts_a_mitigation) {
  add_filter("deactivate");
  add_filter("deactivate", "other");
  ASSERT_EQ(entries_in_force(), 0u);
  auto answer = put(7, wanted_with({{"keep-out", activation::immediate},
                                    {"other", std::nullopt}}));
  EXPECT_EQ(answer.code, static_cast<std::uint8_t>(code::created));
  auto body = entries(answer);
  ASSERT_THAT(body, SizeIs(1));
  EXPECT_THAT(body[0].acls, IsEmpty());
  EXPECT_EQ(body[0].mid, 7u);
  EXPECT_EQ(entries_in_force(), 2u) << "both kinds, as it mitigates";
  EXPECT_THAT(site->rules, SizeIs(1));
  EXPECT_THAT(acl("keep-out"), HasSubstr(R"("activation-type":"immediate")"));
  EXPECT_THAT(acl("other"),
              HasSubstr(R"("activation-type":"activate-when-mitigating")"));
}

// FILT-040
TEST_F(client_filters, and_their_mitigation_are_one_change_of_the_store) {
  add_filter("deactivate");
  auto before = store->commits;
  auto edits = store->data.size();
  put_with(7, {{"keep-out", activation::immediate}});
  EXPECT_EQ(store->commits, before + 1) << "nothing can come between";
  EXPECT_GT(store->data.size(), edits);
  EXPECT_THAT(stored_mids(), ElementsAre(7));
}

// FILT-026, FILT-027, FILT-045
TEST_F(client_filters, are_switched_by_a_request_that_overrides_another) {
  add_filter("immediate");
  put(7, wanted());
  EXPECT_EQ(put_with(8, {{"keep-out", activation::deactivate}}), code::changed);
  EXPECT_EQ(get(7).code, static_cast<std::uint8_t>(code::not_found));
  EXPECT_EQ(seen_of(8).state, sig::status::mitigated);
  EXPECT_EQ(entries_in_force(), 0u);
  EXPECT_THAT(stored_mids(), ElementsAre(8));
}

// FILT-038, FILT-039
TEST_F(client_filters, with_an_unknown_name_among_them_are_not_touched) {
  add_filter("deactivate");
  put(7, wanted());
  auto commits = store->data.size();
  auto x = wanted_with({{"keep-out", activation::immediate},
                        {"no-such", activation::immediate}});
  auto answer = put(8, x);
  EXPECT_EQ(answer.code, static_cast<std::uint8_t>(code::not_found));
  EXPECT_THAT(text(answer), HasSubstr("no-such"));
  EXPECT_EQ(entries_in_force(), 0u);
  EXPECT_EQ(store->data.size(), commits);
  EXPECT_EQ(get(8).code, static_cast<std::uint8_t>(code::not_found));
  EXPECT_EQ(seen_of(7).state, sig::status::mitigated);
  EXPECT_THAT(stored_mids(), ElementsAre(7));
  EXPECT_EQ(put(9, wanted("192.0.2.77/32")).code,
            static_cast<std::uint8_t>(code::created))
      << "the refused one has given back its place";
}

// FILT-002, FILT-004, FILT-006, FILT-064, FILT-065
TEST_F(client_filters, of_other_agents_and_cuids_do_not_exist) {
  add_filter("deactivate");
  auto other = request(dots_request::method::put, 7);
  other.from.identity = "another-agent";
  other.body = body(wanted_with({{"keep-out", activation::immediate}}));
  EXPECT_EQ(send(other).code, static_cast<std::uint8_t>(code::not_found));
  say("POST", std::string{base},
      R"({"ietf-dots-data-channel:dots-client":[{"cuid":"cuid-2"}]})");
  say("POST", std::string{base} + "/dots-client=cuid-2",
      R"({"ietf-dots-data-channel:acls":{"acl":[{"name":"theirs",
         "activation-type":"deactivate","aces":{"ace":[{"name":"one",
         "actions":{"forwarding":"drop"}}]}}]}})");
  EXPECT_EQ(put_with(8, {{"theirs", activation::immediate}}), code::not_found);
  EXPECT_EQ(entries_in_force(), 0u);
}

// FILT-036, FILT-037
TEST_F(client_filters, are_unknown_keys_to_a_server_without_data_channel) {
  start();
  auto answer = put(7, wanted_with({{"keep-out", activation::immediate}}));
  EXPECT_EQ(answer.code, static_cast<std::uint8_t>(code::bad_request));
  EXPECT_THAT(text(answer), AllOf(HasSubstr("52"), HasSubstr("53")));
  EXPECT_EQ(get(7).code, static_cast<std::uint8_t>(code::not_found));
}

// FILT-015, FILT-016, FILT-017
TEST_F(client_filters, that_make_no_sense_are_a_bad_request) {
  add_filter("deactivate");
  auto answer = put(7, wanted_with({{"keep-out", activation::immediate},
                                    {"keep-out", activation::deactivate}}));
  EXPECT_EQ(answer.code, static_cast<std::uint8_t>(code::bad_request));
  EXPECT_THAT(text(answer), HasSubstr("more than once"));
  EXPECT_EQ(put_with(7, {{"", activation::immediate}}), code::bad_request);
  EXPECT_EQ(put_with(7, {{"keep-out", static_cast<activation>(4)}}),
            code::bad_request);
  EXPECT_EQ(entries_in_force(), 0u);
}

// FILT-021
TEST_F(client_filters, are_not_switched_while_nothing_is_mitigated) {
  add_filter("deactivate");
  auto armed = wanted_with({{"keep-out", activation::immediate}});
  armed.trigger_mitigation = false;
  auto answer = put(7, armed);
  EXPECT_EQ(answer.code, static_cast<std::uint8_t>(code::bad_request));
  EXPECT_THAT(text(answer), HasSubstr("data channel"));
  EXPECT_EQ(entries_in_force(), 0u);
  EXPECT_THAT(store->mitigations, IsEmpty());
  put(8, wanted("192.0.2.9/32"));
  EXPECT_EQ(put(9, armed).code, static_cast<std::uint8_t>(code::created))
      << "it is not idle while another one runs";
  EXPECT_EQ(entries_in_force(), 1u);
}

// FILT-039, FILT-046, FILT-047, FILT-048
TEST_F(client_filters, that_cannot_be_stored_are_sent_back_with_5_03) {
  add_filter("deactivate");
  put(7, wanted());
  auto before = stored();
  store->broken = true;
  auto answer = put(8, wanted_with({{"keep-out", activation::immediate}}));
  EXPECT_EQ(answer.code, static_cast<std::uint8_t>(code::unavailable));
  EXPECT_TRUE(answer.cbor);
  EXPECT_EQ(answer.max_age, 60u);
  auto body = entries(answer);
  ASSERT_THAT(body, SizeIs(1));
  EXPECT_EQ(body[0].mid, 8u);
  EXPECT_THAT(body[0].acls, ElementsAre(sig::filter_control{
                                "keep-out", activation::immediate}));
  EXPECT_EQ(entries_in_force(), 0u);
  EXPECT_THAT(acl("keep-out"), HasSubstr("deactivate"));
  EXPECT_EQ(seen_of(7).state, sig::status::mitigated);
  EXPECT_EQ(get(8).code, static_cast<std::uint8_t>(code::not_found));
  store->broken = false;
  EXPECT_EQ(stored(), before);
  EXPECT_THAT(stored_mids(), ElementsAre(7)) << "as a restart would find it";
  EXPECT_EQ(put_with(9, {{"keep-out", activation::immediate}}), code::changed);
  EXPECT_EQ(entries_in_force(), 1u);
}

// FILT-046: what no driver can do any more.
TEST_F(client_filters, that_nothing_can_enforce_are_sent_back_with_5_03) {
  add_filter("deactivate");
  auto kept = stored();
  auto setup = std::make_shared<datastore_setup>();
  setup->who = customer;
  setup->settings.acls.can = {};
  setup->keeper = spawn(test::fake_keeper, store);
  setup->clock = clock();
  data = spawn(datastore, setup);
  EXPECT_TRUE(ask<ack>(data, atom::restore_v, kept));
  self->send(uut, atom::store_v, caf::actor_cast<caf::strong_actor_ptr>(data));
  sched.run();
  EXPECT_EQ(put_with(7, {{"keep-out", activation::immediate}}),
            code::unavailable);
  EXPECT_EQ(put_with(8, {{"keep-out", activation::deactivate}}), code::created);
}

TEST_F(client_filters, that_others_switch_are_told_up_to_a_limit) {
  put(7, wanted());
  for (std::size_t i = 0; i < max_switched_told + 10; ++i) {
    std::vector<protocol::data::activation_change> one{
        {"f" + std::to_string(i), activation::immediate}};
    self->send(uut, atom::control_v, agent, std::move(one));
  }
  sched.run();
  auto told = entries(get(7));
  ASSERT_THAT(told, SizeIs(1));
  ASSERT_THAT(told[0].acls, SizeIs(max_switched_told));
  EXPECT_EQ(told[0].acls.back().name,
            "f" + std::to_string(max_switched_told + 9));
}

/// A DATASTORE whose orders get lost.
datastore_actor::behavior_type dead_datastore(datastore_actor::pointer self) {
  return {
      [](atom::report, const enforcement_report&) {},
      [](atom::counters, const std::vector<mitigators::entry_counters>&) {},
      [](atom::serve, const http_call&) { return http_answer{}; },
      [](atom::restore, const storage::data_snapshot&) { return ack::done; },
      [](atom::resolve, const alias_query&) { return sig::target{}; },
      [self](atom::control, const filter_order&) {
        auto promise = self->make_response_promise<filter_answer>();
        self->quit(caf::exit_reason::kill);
        return promise;
      },
      [](atom::mode, const std::string&, bool) {},
      [](atom::counters, const std::string&, const std::string&) {
        return std::vector<protocol::data::accepted_traffic>{};
      },
      [](atom::adopt, const mitigator_table&) {},
      [](atom::config, const protocol::data::filter_abilities&) {},
      [](atom::status, const std::string&) { return data_client_details{}; },
      [](atom::list) { return std::vector<data_client_view>{}; },
      [](atom::tick, std::uint64_t) {},
  };
}

// FILT-046: nobody knows what became of the order; nothing of the request may
// come back after a restart.
TEST_F(client_filters, of_a_datastore_that_dies_are_sent_back_with_5_03) {
  put(7, wanted());
  auto dead = spawn(dead_datastore);
  self->send(uut, atom::store_v, caf::actor_cast<caf::strong_actor_ptr>(dead));
  sched.run();
  auto lost = store->mitigations.begin()->second;
  lost.key.mid = 8;
  store->mitigations = {{lost.key, lost}}; // as if it had been stored
  auto r = request(dots_request::method::put, 8);
  r.body = body(wanted_with({{"keep-out", activation::immediate}}));
  auto pending = self->request(uut, std::chrono::minutes{60}, atom::serve_v, r);
  advance(std::chrono::minutes{2});
  std::optional<dots_response> answer;
  pending.receive([&](const dots_response& x) { answer = x; },
                  [](const caf::error&) {});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, static_cast<std::uint8_t>(code::unavailable));
  EXPECT_THAT(entries(*answer), SizeIs(1));
  EXPECT_THAT(stored_mids(), ElementsAre(7));
}

// FILT-057
TEST_F(client_filters, of_a_request_in_conflict_stay_as_they_are) {
  add_filter("deactivate");
  put(9, wanted());
  EXPECT_EQ(put_with(8, {{"keep-out", activation::immediate}}), code::conflict);
  EXPECT_EQ(entries_in_force(), 0u);
  EXPECT_THAT(acl("keep-out"), HasSubstr("deactivate"));
}

// FILT-024, FILT-031, FILT-032, FILT-033
TEST_F(client_filters, are_switched_once_and_not_by_a_refresh) {
  add_filter("deactivate");
  put_with(7, {{"keep-out", activation::immediate}});
  patch("keep-out", "deactivate");
  EXPECT_EQ(put_with(7, {{"keep-out", activation::immediate}}), code::changed);
  EXPECT_EQ(entries_in_force(), 0u) << "the later word of the data channel";
  EXPECT_EQ(put_with(7, {}), code::changed);
  EXPECT_EQ(put_with(7, {{"keep-out", activation::deactivate}}),
            code::bad_request);
  auto efficacy = request(dots_request::method::put, 7);
  auto x = wanted();
  x.attack = sig::attack_status::under_attack;
  efficacy.body = body(x);
  efficacy.if_match = true;
  EXPECT_EQ(send(efficacy).code, static_cast<std::uint8_t>(code::changed));
  put(8, wanted("192.0.2.9/32"));
  auto added = wanted("192.0.2.9/32");
  added.acls = {{"keep-out", activation::immediate}};
  EXPECT_EQ(put(8, added).code, static_cast<std::uint8_t>(code::bad_request));
}

// FILT-042, FILT-062
TEST_F(client_filters, stay_as_they_are_after_the_mitigation) {
  add_filter("immediate");
  put_with(7, {{"keep-out", activation::deactivate}});
  remove(7);
  advance(std::chrono::minutes{10});
  EXPECT_EQ(get(7).code, static_cast<std::uint8_t>(code::not_found));
  EXPECT_THAT(acl("keep-out"), HasSubstr(R"("activation-type":"deactivate")"));
}

// FILT-042
TEST_F(client_filters, and_the_mitigation_survive_a_restart) {
  add_filter("deactivate");
  put_with(7, {{"keep-out", activation::immediate}});
  auto all = store->all();
  site->filters.clear();
  start();
  ASSERT_TRUE(ask<ack>(uut, atom::restore_v, all));
  open();
  ASSERT_TRUE(ask<ack>(data, atom::restore_v, stored()));
  EXPECT_EQ(entries_in_force(), 1u);
  EXPECT_EQ(seen_of(7).state, sig::status::mitigated);
  EXPECT_EQ(put_with(7, {{"keep-out", activation::immediate}}), code::changed)
      << "a refresh";
}

// FILT-043
TEST_F(client_filters, begin_their_lifetime_anew) {
  add_filter("immediate");
  sched.advance_time(std::chrono::minutes{5000});
  sched.run();
  EXPECT_THAT(acl("keep-out"), HasSubstr(R"("pending-lifetime":5080)"));
  put_with(7, {{"keep-out", activation::immediate}});
  EXPECT_THAT(acl("keep-out"), HasSubstr(R"("pending-lifetime":10080)"));
}

// FILT-008, FILT-052
TEST_F(client_filters, switched_over_the_data_channel_are_told_of) {
  add_filter("immediate");
  patch("keep-out", "activate-when-mitigating");
  put(7, wanted());
  observe(7);
  seen->notified.clear();
  EXPECT_THAT(seen_of(7).acls, IsEmpty()) << "it was no news while idle";
  EXPECT_EQ(patch("keep-out", "deactivate"), 204u);
  list news{{"keep-out", activation::deactivate}};
  EXPECT_EQ(last_told().acls, news);
  EXPECT_EQ(seen_of(7).acls, news);
  EXPECT_EQ(entries_in_force(), 0u) << "the later word counts";
  patch("keep-out", "immediate");
  EXPECT_EQ(last_told().acls, (list{{"keep-out", activation::immediate}}));
  put_with(8, {{"keep-out", activation::deactivate}});
  EXPECT_THAT(seen_of(8).acls, IsEmpty()) << "what it asked for is no news";
}

// FILT-052, FILT-064
TEST_F(client_filters, of_another_agent_are_not_told_of) {
  agent = "another-agent"; // under the cuid that "agent" has registered
  add_filter("immediate");
  put(7, wanted());
  patch("keep-out", "deactivate");
  EXPECT_THAT(seen_of(7).acls, IsEmpty());
}

// FILT-067
TEST_F(client_filters, leave_a_trail_of_each_change) {
  add_filter("deactivate");
  add_filter("immediate", "other");
  put_with(7, {{"keep-out", activation::immediate},
               {"other", activation::immediate}});
  patch("other", "deactivate");
  auto trail = audited("filter");
  ASSERT_THAT(trail, SizeIs(2)) << "what stays as it was is no change";
  EXPECT_EQ(trail[0].actor, "agent");
  EXPECT_EQ(trail[0].subject, "cuid-1 ACL 'keep-out'");
  EXPECT_EQ(trail[0].outcome,
            "deactivate -> immediate, by filter control with mid 7");
  EXPECT_EQ(trail[1].subject, "cuid-1 ACL 'other'");
  EXPECT_THAT(trail[1].outcome, HasSubstr("immediate -> deactivate, by PATCH"));
}

// FILT-001
TEST_F(client_filters, are_not_made_or_changed_otherwise) {
  add_filter("deactivate");
  auto before = acl("keep-out");
  put_with(7, {{"keep-out", activation::immediate}});
  auto after = acl("keep-out");
  auto cut = [](std::string x) {
    auto i = x.find(R"("activation-type":")");
    return x.erase(i, x.find(',', i) - i);
  };
  EXPECT_EQ(cut(before), cut(after));
  EXPECT_THAT(after, Not(HasSubstr("deactivate")));
}

TEST_F(client_filters, are_shown_to_the_operator_as_asked_for_and_as_news) {
  add_filter("deactivate");
  put_with(7, {{"keep-out", activation::immediate}});
  patch("keep-out", "deactivate");
  auto view = ask<mitigation_view>(uut, atom::status_v, std::uint32_t{7});
  ASSERT_TRUE(view);
  EXPECT_EQ(view->filters, (list{{"keep-out", activation::immediate}}));
  EXPECT_EQ(view->switched, (list{{"keep-out", activation::deactivate}}));
}

} // namespace
} // namespace tocsin::actors
