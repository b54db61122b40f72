#include "bodies.hpp"
#include "protocol/data/agent_view.hpp"
#include "protocol/data/provisioner.hpp"
#include "protocol/restconf/handler.hpp"

#include <gmock/gmock.h>

namespace tocsin::protocol::data {

namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

wanted_entry alias_of(const std::string& name, std::string_view where) {
  signal::target what;
  what.prefixes = {test::net(where)};
  return make_alias(name, what);
}

wanted_entry filter_of(const std::string& name,
                       const std::string& action = "drop",
                       const std::string& destination = "192.0.2.0/24") {
  auto all = read_wanted(
      R"({"ietf-dots-data-channel:acl":[{"name":")" + name
      + R"(","type":"ipv4-acl-type","aces":{"ace":[{"name":"e","matches":)"
        R"({"ipv4":{"source-ipv4-network":"203.0.113.0/24",)"
        R"("destination-ipv4-network":")"
      + destination
      + R"("}},"actions":)"
        R"({"forwarding":")"
      + action + R"("}}]}}]})");
  return all->front();
}

/// A PROVISIONER and the server's own machine, without anything in between.
class provisioner_test : public ::testing::Test {
protected:
  static constexpr std::string_view dots =
      "/restconf/data/ietf-dots-data-channel:dots-data";

  restconf::response serve(const restconf::request& x) {
    agent_view view{store, {identity, false}, {now, 1'700'000'000}};
    auto out = server.handle(x, view);
    if (view.staged())
      store.confirm(view.staged()->ticket);
    return out;
  }

  /// The operator at the server, or another tool, does something.
  unsigned also(const std::string& method, const std::string& path,
                std::string body = {}) {
    restconf::request x;
    x.method = method;
    x.target = std::string{dots} + path;
    x.content_type = "application/yang-data+json";
    x.body = std::move(body);
    return serve(x).status;
  }

  /// Until there is nothing to ask; the journal has what was asked.
  void run() {
    journal.clear();
    events.clear();
    for (int i = 0; i < 1000; ++i) {
      auto x = uut.next(now);
      if (!x)
        return;
      EXPECT_FALSE(uut.next(now)) << "one request at a time";
      auto path = x->target.starts_with(dots) ? x->target.substr(dots.size())
                                              : x->target;
      journal.push_back(x->method + ' ' + path);
      bodies.push_back(x->body);
      note(reachable
               ? uut.on_answer(answer(*x), now)
               : uut.on_failure(fail(ec::unavailable, "test", "no"), now));
    }
    ADD_FAILURE() << "it never rests";
  }

  restconf::response answer(const restconf::request& x) {
    for (const auto& [method, status] : broken)
      if (x.method == method)
        return {.status = status};
    return serve(x);
  }

  void note(const std::vector<provision_event>& all) {
    static constexpr std::array names{
        "registered", "left",    "created", "changed",   "refreshed",
        "moved",      "removed", "refused", "collision", "failed"};
    for (const auto& x : all)
      events.push_back(std::string{names.at(static_cast<std::size_t>(x.what))}
                       + ' '
                       + (x.entry.name.empty() ? x.cuid : to_string(x.entry)));
  }

  std::vector<std::string> names(entry_kind kind, const std::string& cuid) {
    std::vector<std::string> out;
    if (auto x = store.find({identity, false}, cuid))
      for (const auto& entry : x->list(kind))
        out.push_back(entry->name);
    return out;
  }

  std::string identity = "alice";
  datastore store{test::example_customer(), {}};
  restconf::handler server{rows::datastore, restconf::data_channel_modules(),
                           "/restconf"};
  time_point now = time_point{} + 1h;
  provisioner uut{{}};
  std::vector<std::string> journal, events, bodies;
  std::vector<std::pair<std::string, unsigned>> broken;
  bool reachable = true;
};

// DATA-008, DATA-215, DATA-120, DATA-121, DATA-142, DATA-176, DATA-185,
// REST-017
TEST_F(provisioner_test, discovers_registers_and_writes) {
  uut.want(alias_of("web", "192.0.2.80"));
  uut.want(filter_of("ntp"));
  uut.use("c", now);
  run();
  EXPECT_THAT(journal,
              ElementsAre("GET /.well-known/host-meta", "GET /capabilities",
                          "GET /dots-client=c?content=all", "POST ",
                          "PUT /dots-client=c/aliases/alias=web",
                          "PUT /dots-client=c/acls/acl=ntp"));
  EXPECT_THAT(events, ElementsAre("registered c", "created alias 'web'",
                                  "created filter 'ntp'"));
  EXPECT_THAT(names(entry_kind::alias, "c"), ElementsAre("web"));
  EXPECT_THAT(names(entry_kind::acl, "c"), ElementsAre("ntp"));
  auto status = uut.status();
  EXPECT_TRUE(status.ready);
  EXPECT_FALSE(status.working);
  EXPECT_EQ(status.in_step, 2u);
}

// DATA-023
TEST_F(provisioner_test, registers_with_the_cuid_alone) {
  uut.use("c", now);
  run();
  EXPECT_EQ(bodies.back(),
            R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c"}]})");
}

TEST_F(provisioner_test, asks_nothing_without_a_cuid) {
  uut.want(alias_of("web", "192.0.2.80"));
  run();
  EXPECT_THAT(journal, IsEmpty());
}

TEST_F(provisioner_test, uses_a_configured_root) {
  uut = provisioner{{.root = "/restconf"}};
  uut.use("c", now);
  run();
  EXPECT_EQ(journal.front(), "GET /capabilities");
}

// DATA-017
TEST_F(provisioner_test, writes_only_what_differs) {
  uut.want(alias_of("web", "192.0.2.80"));
  uut.want(alias_of("dns", "192.0.2.53"));
  uut.use("c", now);
  run();
  also("PUT", "/dots-client=c/aliases/alias=dns",
       put_body(alias_of("dns", "192.0.2.54")));
  now += 1h;
  run();
  EXPECT_THAT(journal,
              ElementsAre("GET /capabilities", "GET /dots-client=c?content=all",
                          "PUT /dots-client=c/aliases/alias=dns"));
  EXPECT_THAT(events, ElementsAre("changed alias 'dns'"));
}

// DATA-166, DATA-208
TEST_F(provisioner_test, a_new_prefix_is_told_at_once) {
  uut.want(alias_of("web", "192.0.2.80"));
  uut.want(filter_of("ntp", "drop", "192.0.2.0/24"));
  uut.use("c", now);
  run();
  uut.want(alias_of("web", "192.0.2.81"));
  uut.want(filter_of("ntp", "drop", "192.0.2.128/25"));
  run();
  EXPECT_THAT(events,
              ElementsAre("changed alias 'web'", "changed filter 'ntp'"));
}

TEST_F(provisioner_test, leaves_alone_what_others_have_made) {
  uut.use("c", now);
  run();
  also("PUT", "/dots-client=c/aliases/alias=theirs",
       put_body(alias_of("theirs", "192.0.2.1")));
  now += 1h;
  run();
  EXPECT_THAT(events, IsEmpty());
  EXPECT_THAT(names(entry_kind::alias, "c"), ElementsAre("theirs"));
  EXPECT_EQ(uut.status().foreign, 1u);
}

TEST_F(provisioner_test, removes_what_was_ours_and_is_not_wanted) {
  uut.want(alias_of("web", "192.0.2.80"));
  uut.use("c", now);
  run();
  uut = provisioner{{}}; // the node is started with another configuration
  uut.drop({entry_kind::alias, "web"}, true);
  uut.drop({entry_kind::alias, "never"}, true);
  uut.use("c", now);
  run();
  EXPECT_THAT(events,
              ElementsAre("removed alias 'never'", "removed alias 'web'"));
  EXPECT_THAT(names(entry_kind::alias, "c"), IsEmpty());
}

// DATA-051
TEST_F(provisioner_test, refreshes_before_the_lifetime_is_over) {
  uut.want(alias_of("web", "192.0.2.80"));
  uut.want(filter_of("ntp"));
  uut.use("c", now);
  run();
  auto begin = now;
  std::optional<time_point> refreshed;
  for (; now < begin + 24h * 30; now += 1h) {
    run();
    if (!events.empty() && !refreshed) {
      EXPECT_THAT(events, ElementsAre("refreshed alias 'web'",
                                      "refreshed filter 'ntp'"));
      refreshed = now;
    }
    while (store.on_time({now, 0})) {
      ADD_FAILURE() << "an entry has expired";
    }
  }
  ASSERT_TRUE(refreshed);
  EXPECT_GE(*refreshed, begin + 24h * 3);
}

// DATA-055, DATA-204, DATA-205, REST-053, REST-121
TEST_F(provisioner_test, filters_are_in_the_order_of_the_configuration) {
  uut.want(filter_of("one"));
  uut.want(filter_of("three"));
  uut.use("c", now);
  run();
  also("PUT", "/dots-client=c/acls/acl=theirs", put_body(filter_of("theirs")));
  uut = provisioner{{}};
  for (const char* name : {"zero", "three", "two", "one"})
    uut.want(filter_of(name));
  uut.use("c", now);
  run();
  EXPECT_THAT(journal, ::testing::Contains(StartsWith(
                           "PUT /dots-client=c/acls/acl=zero?insert=before&"
                           "point=%2Fietf-dots-data-channel%3Adots-data%2F")));
  auto all = names(entry_kind::acl, "c");
  std::erase(all, "theirs");
  EXPECT_THAT(all, ElementsAre("zero", "three", "two", "one"));
  now += 1h;
  run();
  EXPECT_THAT(events, IsEmpty());
}

// SIG-059, DATA-123, DATA-135, DATA-140
TEST_F(provisioner_test, everything_goes_along_to_a_new_cuid) {
  uut.want(alias_of("web", "192.0.2.80"));
  uut.use("old", now);
  run();
  also("PUT", "/dots-client=old/acls/acl=theirs",
       put_body(filter_of("theirs")));
  uut.use("new", now);
  run();
  EXPECT_THAT(journal, ElementsAre("GET /capabilities",
                                   "GET /dots-client=old?content=config",
                                   "GET /dots-client=new?content=all", "POST ",
                                   "PUT /dots-client=new/aliases/alias=web",
                                   "PUT /dots-client=new/acls/acl=theirs",
                                   "DELETE /dots-client=old"));
  EXPECT_THAT(events, ElementsAre("registered new", "created alias 'web'",
                                  "created filter 'theirs'", "left old"));
  EXPECT_FALSE(store.find({"alice", false}, "old"));
}

// SIG-059
TEST_F(provisioner_test, an_old_cuid_is_left_after_a_restart_as_well) {
  uut.want(alias_of("web", "192.0.2.80"));
  uut.use("old", now);
  run();
  uut = provisioner{{}};
  uut.leave_behind("old");
  uut.leave_behind("unknown");
  uut.want(alias_of("web", "192.0.2.80"));
  uut.use("new", now);
  run();
  EXPECT_THAT(events, ElementsAre("left unknown", "registered new",
                                  "created alias 'web'", "left old"));
}

/// What was asked about the old cuid says nothing of the new one.
TEST_F(provisioner_test, an_answer_that_is_outdated_is_not_taken) {
  uut = provisioner{{.root = "/restconf"}};
  uut.use("old", now);
  run();
  also("POST", "",
       R"({"ietf-dots-data-channel:dots-client":[{"cuid":"new"}]})");
  now += 1h;
  ASSERT_TRUE(uut.next(now)); // capabilities
  uut.on_answer({.status = 404}, now);
  auto look = uut.next(now);
  ASSERT_TRUE(look);
  uut.use("new", now);
  EXPECT_TRUE(uut.on_answer({.status = 404}, now).empty());
  run();
  EXPECT_THAT(events, ElementsAre("left old"));
  EXPECT_THAT(journal, ::testing::Contains("GET /dots-client=new?content=all"));
}

// DATA-134
TEST_F(provisioner_test, a_cuid_of_another_agent_is_a_collision) {
  identity = "bob";
  also("POST", "", R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c"}]})");
  identity = "alice";
  uut.use("c", now);
  run();
  EXPECT_THAT(events, ElementsAre("collision c", "failed c"));
  uut.use("d", now);
  run();
  EXPECT_THAT(events, ElementsAre("left c", "registered d"));
}

// DATA-164, DATA-201
TEST_F(provisioner_test, registers_again_when_the_server_has_forgotten) {
  uut.use("c", now);
  run();
  also("DELETE", "/dots-client=c");
  uut.want(alias_of("web", "192.0.2.80"));
  run();
  EXPECT_THAT(events, ElementsAre("registered c", "created alias 'web'"));
}

TEST_F(provisioner_test, a_refusal_is_told_once_and_the_rest_goes_on) {
  uut.want(alias_of("foreign", "198.51.100.1"));
  uut.want(alias_of("web", "192.0.2.80"));
  uut.use("c", now);
  run();
  EXPECT_THAT(events, ElementsAre("registered c", "refused alias 'foreign'",
                                  "created alias 'web'"));
  auto refused = uut.status().refused;
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_THAT(refused.begin()->second, HasSubstr("access-denied"));
  now += 1h;
  run();
  EXPECT_THAT(journal,
              ::testing::Contains("PUT /dots-client=c/aliases/alias=foreign"));
  EXPECT_THAT(events, IsEmpty());
}

// DATA-177
TEST_F(provisioner_test, filters_that_drivers_cannot_have_are_not_asked_for) {
  datastore_settings settings;
  settings.acls.can = {};
  store.configure(test::example_customer(), settings);
  uut.want(filter_of("ntp"));
  uut.use("c", now);
  run();
  EXPECT_THAT(events, ElementsAre("refused filter 'ntp'", "registered c"));
  EXPECT_EQ(journal.back(), "POST ");
}

// DATA-001
TEST_F(provisioner_test, a_server_out_of_reach_is_tried_less_and_less) {
  reachable = false;
  uut.want(alias_of("web", "192.0.2.80"));
  uut.use("c", now);
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 8; ++i) {
    run();
    EXPECT_THAT(events, ElementsAre("failed c"));
    auto due = uut.next_deadline();
    ASSERT_TRUE(due);
    pauses.push_back(
        std::chrono::duration_cast<std::chrono::seconds>(*due - now).count());
    now = *due;
  }
  EXPECT_THAT(pauses, ElementsAre(5, 10, 20, 40, 80, 160, 300, 300));
  reachable = true;
  run();
  EXPECT_EQ(uut.status().in_step, 1u);
  EXPECT_EQ(uut.status().trouble, "");
}

TEST_F(provisioner_test, an_overloaded_server_is_asked_again_later) {
  uut.want(alias_of("web", "192.0.2.80"));
  uut.use("c", now);
  broken = {{"PUT", 503}};
  run();
  EXPECT_THAT(events, ElementsAre("registered c", "failed c"));
  broken.clear();
  now = *uut.next_deadline();
  run();
  EXPECT_THAT(journal, ElementsAre("PUT /dots-client=c/aliases/alias=web"));
}

TEST_F(provisioner_test, a_session_that_is_back_means_a_look_at_the_server) {
  uut.use("c", now);
  run();
  uut.use("c", now + 10s);
  run();
  EXPECT_THAT(journal, IsEmpty()) << "it was looked at just now";
  now += 2min;
  uut.use("c", now);
  run();
  EXPECT_THAT(journal, ElementsAre("GET /capabilities",
                                   "GET /dots-client=c?content=all"));
}

TEST_F(provisioner_test, what_an_operator_did_counts_as_known) {
  uut.use("c", now);
  run();
  auto x = alias_of("web", "192.0.2.80");
  EXPECT_EQ(serve(uut.put(x)).status, 201u);
  uut.was_put(x, now);
  run();
  EXPECT_THAT(journal, IsEmpty());
  EXPECT_THAT(uut.usable_aliases(), ElementsAre("web"));
  EXPECT_EQ(serve(uut.remove(x.key)).status, 204u);
  uut.was_removed(x.key);
  run();
  EXPECT_THAT(journal, IsEmpty());
  EXPECT_THAT(uut.usable_aliases(), IsEmpty());
}

// REST-049
TEST_F(provisioner_test, names_are_escaped_in_uris) {
  uut.want(alias_of(R"(a/b,c "d")", "192.0.2.80"));
  uut.use("c", now);
  run();
  EXPECT_EQ(journal.back(),
            "PUT /dots-client=c/aliases/alias=a%2Fb%2Cc%20%22d%22");
  EXPECT_THAT(names(entry_kind::alias, "c"), ElementsAre(R"(a/b,c "d")"));
}

// REST-057, REST-156
TEST_F(provisioner_test, requests_name_their_encoding) {
  uut.use("c", now);
  run();
  auto x = uut.put(alias_of("web", "192.0.2.80"));
  EXPECT_EQ(x.content_type, "application/yang-data+json");
  EXPECT_EQ(uut.remove({entry_kind::acl, "a"}).accept,
            "application/yang-data+json");
}

} // namespace
} // namespace tocsin::protocol::data
