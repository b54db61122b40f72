#include "actors/data_upstream.hpp"
#include "protocol/data/agent_view.hpp"
#include "protocol/data/module.hpp"
#include "protocol/restconf/handler.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/fake_actors.hpp"

#include <gmock/gmock.h>

#include <tuple>

namespace tocsin::actors {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

namespace {

namespace data = protocol::data;
namespace restconf = protocol::restconf;

/// A server behind a DATA CLIENT: the real machine, and no network.
struct fake_server {
  data::datastore store;
  restconf::handler rest{data::rows::datastore,
                         restconf::data_channel_modules(), "/restconf"};
  std::string identity = "client.example";
  std::vector<std::string> journal;
  bool reachable = true;
  bool mute = false; ///< requests are never answered
  unsigned broken = 0;
  int finished = 0;

  static protocol::signal::customer customer() {
    protocol::signal::customer x;
    x.name = "acme";
    x.prefixes = {*protocol::signal::prefix::parse("192.0.2.0/24")};
    return x;
  }

  fake_server() : store{customer(), {}} {}

  restconf::response serve(const transports::web_request& x, time_point now) {
    restconf::request in;
    in.method = x.method;
    in.target = x.target;
    in.body = x.body;
    if (const auto* type = x.fields.find("content-type"))
      in.content_type = *type;
    if (const auto* accept = x.fields.find("accept"))
      in.accept = *accept;
    data::agent_view view{store, {identity, false}, {now, 1'700'000'000}};
    auto out = rest.handle(in, view);
    if (view.staged())
      store.confirm(view.staged()->ticket);
    return out;
  }
};

data_client_actor::behavior_type
fake_client(data_client_actor::pointer self,
            std::shared_ptr<fake_server> server) {
  return {
      [=](atom::request, http_order& x) -> caf::result<http_answer> {
        server->journal.push_back(x.request.method + ' ' + x.request.target);
        if (server->mute)
          return self->make_response_promise<http_answer>();
        if (!server->reachable)
          return to_error(fail(ec::unavailable, "provider", "no connection"));
        if (server->broken != 0)
          return http_answer{server->broken, {}, ""};
        auto out = server->serve(x.request, self->clock().now());
        return http_answer{out.status, {}, out.body};
      },
      [](atom::status) { return session_view{}; },
      [=](atom::finish) {
        ++server->finished;
        self->quit();
      },
      [](atom::opened, std::uint64_t) {},
      [](atom::packet, std::uint64_t, const bytes&) {},
      [](atom::drained, std::uint64_t) {},
      [](atom::gone, std::uint64_t, const std::string&) {},
      [](atom::tick) {},
  };
}

data::wanted_entry alias_of(const std::string& name, std::string_view where) {
  protocol::signal::target what;
  what.prefixes = {*protocol::signal::prefix::parse(where)};
  return data::make_alias(name, what);
}

std::string filter_body(const std::string& name) {
  return R"({"ietf-dots-data-channel:acls":{"acl":[{"name":")" + name
         + R"(","type":"ipv4-acl-type","aces":{"ace":[{"name":"e","matches":)"
           R"({"ipv4":{"source-ipv4-network":"203.0.113.0/24"}},"actions":)"
           R"({"forwarding":"drop"}}]}}]}})";
}

class data_upstream_test : public test::actor_fixture {
protected:
  void start(std::vector<data::wanted_entry> wanted = {}) {
    keeper = spawn(test::fake_keeper, stored);
    auto setup = std::make_shared<data_upstream_setup>();
    setup->name = "provider";
    setup->wanted = std::move(wanted);
    setup->keeper = keeper;
    setup->clock = clock();
    setup->open = [this](const resolver_actor&) -> result<data_client_actor> {
      ++opened;
      auto handle = sys.spawn(fake_client, server);
      spawned.push_back(caf::actor_cast<caf::actor>(handle));
      return handle;
    };
    uut = spawn(data_upstream, setup);
  }

  /// What the store has by now.
  ack restore() {
    storage::data_snapshot all{data_store_key("provider"), {}, {}};
    std::map<std::string, data::registration_record> clients;
    std::map<std::pair<std::string, data::entry_name>, data::entry_record>
        entries;
    for (const auto& edit : stored->data) {
      EXPECT_EQ(edit.customer, all.customer);
      if (auto* put = std::get_if<data::put_registration>(&edit.what))
        clients[put->record.cuid] = put->record;
      if (auto* gone = std::get_if<data::erase_registration>(&edit.what)) {
        clients.erase(gone->cuid);
        std::erase_if(entries, [&](const auto& x) {
          return x.first.first == gone->cuid;
        });
      }
      if (auto* put = std::get_if<data::put_entry>(&edit.what))
        entries[{put->record.cuid, {put->record.kind, put->record.name}}] =
            put->record;
      if (auto* gone = std::get_if<data::erase_entry>(&edit.what))
        entries.erase({gone->cuid, {gone->kind, gone->name}});
    }
    for (const auto& [_, x] : clients)
      all.registrations.push_back(x);
    for (const auto& [_, x] : entries)
      all.entries.push_back(x);
    return *ask<ack>(uut, atom::restore_v, all);
  }

  void use(const std::string& cuid) {
    self->send(uut, atom::client_v, cuid, caf::strong_actor_ptr{});
    sched.run();
  }

  void restart(std::vector<data::wanted_entry> wanted = {}) {
    self->send_exit(uut, caf::exit_reason::kill);
    sched.run();
    start(std::move(wanted));
    restore();
  }

  data_order order(data_order::verb what, std::string name = {},
                   std::string body = {},
                   data::entry_kind kind = data::entry_kind::alias) {
    data_order x;
    x.what = what;
    x.kind = kind;
    x.name = std::move(name);
    x.body = std::move(body);
    x.who = "operator (uid 0)";
    return x;
  }

  std::string summary() { return *ask<std::string>(uut, atom::status_v); }

  std::vector<std::string> names(data::entry_kind kind,
                                 const std::string& cuid) {
    std::vector<std::string> out;
    if (auto x = server->store.find({server->identity, false}, cuid))
      for (const auto& entry : x->list(kind))
        out.push_back(entry->name);
    return out;
  }

  std::vector<std::string> audit() {
    std::vector<std::string> out;
    for (const auto& x : stored->audit)
      out.push_back(x.actor + ": " + x.action + ' ' + x.subject);
    return out;
  }

  using verb = data_order::verb;
  std::shared_ptr<fake_server> server = std::make_shared<fake_server>();
  std::shared_ptr<test::fake_store> stored =
      std::make_shared<test::fake_store>();
  keeper_actor keeper;
  data_upstream_actor uut;
  int opened = 0;
};

TEST_F(data_upstream_test, nothing_happens_before_the_cuid_is_known) {
  start({alias_of("web", "192.0.2.80")});
  restore();
  EXPECT_EQ(opened, 0);
  EXPECT_EQ(summary(), "starting");
}

TEST_F(data_upstream_test, the_server_is_brought_in_step) {
  start({alias_of("web", "192.0.2.80")});
  use("c"); // before the store was read
  EXPECT_EQ(opened, 0);
  restore();
  EXPECT_THAT(names(data::entry_kind::alias, "c"), ElementsAre("web"));
  EXPECT_EQ(summary(), "in step: 1 of 1 entries are there");
  EXPECT_THAT(audit(), ElementsAre("provider: data register provider/c",
                                   "provider: data create provider/alias "
                                   "'web'"));
  EXPECT_EQ(opened, 1);
}

/// Nothing is registered that a restart could not know of.
TEST_F(data_upstream_test, without_its_store_it_does_nothing) {
  start({alias_of("web", "192.0.2.80")});
  stored->broken = true;
  restore();
  use("c");
  EXPECT_THAT(server->journal, IsEmpty());
  stored->broken = false;
  advance(11s);
  EXPECT_THAT(names(data::entry_kind::alias, "c"), ElementsAre("web"));
}

// DATA-001
TEST_F(data_upstream_test, a_server_out_of_reach_is_tried_again) {
  start({alias_of("web", "192.0.2.80")});
  restore();
  server->reachable = false;
  use("c");
  EXPECT_THAT(summary(), HasSubstr("no connection"));
  EXPECT_THAT(summary(), HasSubstr("tried again in 5 s"));
  server->reachable = true;
  advance(6s);
  EXPECT_EQ(summary(), "in step: 1 of 1 entries are there");
}

TEST_F(data_upstream_test, an_operator_sets_up_an_alias_for_good) {
  start();
  restore();
  use("c");
  auto made = ask<data_reply>(
      uut, atom::order_v,
      order(verb::put, "web", data::put_body(alias_of("web", "192.0.2.80"))));
  ASSERT_TRUE(made) << to_string(made.error());
  EXPECT_TRUE(made->created);
  EXPECT_EQ(made->json,
            R"({"upstream":"provider","created":["web"],"replaced":[]})");
  EXPECT_THAT(audit(),
              Contains("operator (uid 0): data create provider/alias 'web'"));
  // The server loses it, and the node its memory.
  server->store = data::datastore{fake_server::customer(), {}};
  restart();
  use("c");
  EXPECT_THAT(names(data::entry_kind::alias, "c"), ElementsAre("web"));
}

TEST_F(data_upstream_test, what_is_not_durable_is_not_acknowledged) {
  start();
  restore();
  use("c");
  stored->broken = true;
  auto made = ask<data_reply>(
      uut, atom::order_v,
      order(verb::put, "web", data::put_body(alias_of("web", "192.0.2.80"))));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ec::io);
  stored->broken = false;
  EXPECT_TRUE(ask<data_reply>(uut, atom::order_v, order(verb::list)));
}

// DATA-051, DATA-168, DATA-169
TEST_F(data_upstream_test, a_list_tells_whose_entries_they_are) {
  start({alias_of("web", "192.0.2.80")});
  restore();
  use("c");
  std::ignore = ask<data_reply>(
      uut, atom::order_v,
      order(verb::put, "dns", data::put_body(alias_of("dns", "192.0.2.53"))));
  auto list = ask<data_reply>(uut, atom::order_v, order(verb::list));
  ASSERT_TRUE(list) << to_string(list.error());
  EXPECT_THAT(list->json, HasSubstr(R"("managed":{"web":"configuration",)"
                                    R"("dns":"operator"})"));
  EXPECT_THAT(list->json, HasSubstr(R"("pending-lifetime":10080)"));
  auto one = ask<data_reply>(uut, atom::order_v, order(verb::show, "dns"));
  EXPECT_THAT(one->json, HasSubstr("192.0.2.53/32"));
  EXPECT_THAT(one->json, Not(HasSubstr("192.0.2.80/32")));
  auto none = ask<data_reply>(uut, atom::order_v, order(verb::show, "x"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ec::not_found);
  EXPECT_THAT(none.error().detail, HasSubstr("tocsin alias list"));
}

// DATA-223
TEST_F(data_upstream_test, what_an_operator_removes_stays_removed) {
  start();
  restore();
  use("c");
  std::ignore = ask<data_reply>(
      uut, atom::order_v,
      order(verb::put, "web", data::put_body(alias_of("web", "192.0.2.80"))));
  auto gone = ask<data_reply>(uut, atom::order_v, order(verb::remove, "web"));
  ASSERT_TRUE(gone) << to_string(gone.error());
  EXPECT_THAT(names(data::entry_kind::alias, "c"), IsEmpty());
  restart();
  use("c");
  EXPECT_THAT(names(data::entry_kind::alias, "c"), IsEmpty());
  auto again = ask<data_reply>(uut, atom::order_v, order(verb::remove, "web"));
  EXPECT_EQ(again.error().code, ec::not_found);
}

TEST_F(data_upstream_test, what_is_configured_is_not_changed_by_orders) {
  start({alias_of("web", "192.0.2.80")});
  restore();
  use("c");
  auto put = ask<data_reply>(
      uut, atom::order_v,
      order(verb::put, "web", data::put_body(alias_of("web", "192.0.2.81"))));
  EXPECT_EQ(put.error().code, ec::conflict);
  EXPECT_THAT(put.error().detail, HasSubstr("configuration"));
  auto gone = ask<data_reply>(uut, atom::order_v, order(verb::remove, "web"));
  EXPECT_EQ(gone.error().code, ec::conflict);
}

TEST_F(data_upstream_test, what_left_the_configuration_leaves_the_server) {
  start({alias_of("web", "192.0.2.80"), alias_of("dns", "192.0.2.53")});
  restore();
  use("c");
  restart({alias_of("dns", "192.0.2.53")});
  use("c");
  EXPECT_THAT(names(data::entry_kind::alias, "c"), ElementsAre("dns"));
  restart({alias_of("dns", "192.0.2.53")});
  server->journal.clear();
  use("c");
  EXPECT_THAT(server->journal, Not(Contains(HasSubstr("alias=web"))));
}

// SIG-059, DATA-123, DATA-135
TEST_F(data_upstream_test, a_new_cuid_takes_everything_along) {
  start({alias_of("web", "192.0.2.80")});
  restore();
  use("old");
  std::ignore = ask<data_reply>(
      uut, atom::order_v,
      order(verb::put, "ntp", filter_body("ntp"), data::entry_kind::acl));
  use("new");
  EXPECT_THAT(names(data::entry_kind::alias, "new"), ElementsAre("web"));
  EXPECT_THAT(names(data::entry_kind::acl, "new"), ElementsAre("ntp"));
  EXPECT_EQ(server->store.clients(), 1u);
  EXPECT_THAT(audit(), Contains("provider: data deregister provider/new"));
}

// SIG-059
TEST_F(data_upstream_test, a_node_that_died_in_between_still_moves) {
  start({alias_of("web", "192.0.2.80")});
  restore();
  use("old");
  server->reachable = false;
  use("new");
  server->reachable = true;
  restart({alias_of("web", "192.0.2.80")});
  use("new");
  EXPECT_THAT(names(data::entry_kind::alias, "new"), ElementsAre("web"));
  EXPECT_EQ(server->store.clients(), 1u);
  restart({alias_of("web", "192.0.2.80")});
  server->journal.clear();
  use("new");
  EXPECT_THAT(server->journal, Not(Contains(HasSubstr("=old"))));
}

TEST_F(data_upstream_test, an_import_puts_all_or_says_where_it_stopped) {
  start();
  restore();
  use("c");
  auto both =
      R"({"ietf-dots-data-channel:acls":{"acl":[{"name":"a"},{"name":"b"}]}})";
  auto done =
      ask<data_reply>(uut, atom::order_v,
                      order(verb::put_all, "", both, data::entry_kind::acl));
  ASSERT_TRUE(done) << to_string(done.error());
  EXPECT_EQ(done->json,
            R"({"upstream":"provider","created":["a","b"],"replaced":[]})");
  server->broken = 500;
  auto failed =
      ask<data_reply>(uut, atom::order_v,
                      order(verb::put_all, "", both, data::entry_kind::acl));
  EXPECT_THAT(failed.error().detail, HasSubstr("filter 'a'"));
  EXPECT_THAT(failed.error().detail, HasSubstr("0 entries before it"));
}

TEST_F(data_upstream_test, what_is_wrong_in_an_order_is_told_with_its_place) {
  start();
  restore();
  use("c");
  auto bad = ask<data_reply>(
      uut, atom::order_v,
      order(verb::put, "w",
            R"({"ietf-dots-data-channel:aliases":{"alias":[{"name":"w"}]}})"));
  EXPECT_EQ(bad.error().code, ec::unacceptable);
  EXPECT_EQ(bad.error().where, "aliases/alias[name='w']");
  auto other = ask<data_reply>(
      uut, atom::order_v,
      order(verb::put, "x", data::put_body(alias_of("web", "192.0.2.80"))));
  EXPECT_EQ(other.error().code, ec::malformed);
  auto foreign = ask<data_reply>(
      uut, atom::order_v,
      order(verb::put, "f", data::put_body(alias_of("f", "198.51.100.1"))));
  EXPECT_EQ(foreign.error().code, ec::unauthorized);
  EXPECT_THAT(foreign.error().where, HasSubstr("alias[name='f']"));
}

// DATA-176
TEST_F(data_upstream_test, capabilities_are_read) {
  start();
  restore();
  use("c");
  auto x = ask<data_reply>(uut, atom::order_v, order(verb::capabilities));
  ASSERT_TRUE(x) << to_string(x.error());
  EXPECT_THAT(x->json, HasSubstr(R"("rate-limit":true)"));
}

TEST_F(data_upstream_test, an_order_does_not_wait_for_a_back_off) {
  start();
  restore();
  server->reachable = false;
  use("c");
  auto failed = ask<data_reply>(uut, atom::order_v, order(verb::list));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ec::unavailable);
  server->reachable = true;
  EXPECT_TRUE(ask<data_reply>(uut, atom::order_v, order(verb::list)));
}

TEST_F(data_upstream_test, orders_end_when_their_time_is_up) {
  start();
  restore();
  server->mute = true;
  use("c");
  auto pending = std::make_shared<std::vector<failure>>();
  auto wait = [&](data_order x) {
    auto asker = sys.spawn([=, this](caf::event_based_actor* it) {
      it->request(uut, caf::infinite, atom::order_v, x)
          .then([](const data_reply&) {},
                [=](const caf::error& why) {
                  pending->push_back(to_failure(why));
                });
    });
    spawned.push_back(asker);
    sched.run();
  };
  auto x = order(verb::list);
  x.patience = 5s;
  wait(x);
  advance(6s);
  ASSERT_EQ(pending->size(), 1u);
  EXPECT_EQ(pending->front().code, ec::timeout);
  for (int i = 0; i < 33; ++i)
    wait(order(verb::list));
  ASSERT_EQ(pending->size(), 2u) << "32 may wait";
  EXPECT_EQ(pending->back().code, ec::unavailable);
  self->send(uut, atom::finish_v);
  sched.run();
  EXPECT_EQ(pending->size(), 34u);
  EXPECT_EQ(pending->back().code, ec::closed);
}

TEST_F(data_upstream_test, its_connection_ends_with_it) {
  start();
  restore();
  use("c");
  self->send(uut, atom::finish_v);
  sched.run();
  EXPECT_EQ(server->finished, 1);
  restart();
  use("c");
  EXPECT_EQ(opened, 2);
  self->send_exit(uut, caf::exit_reason::kill);
  sched.run();
  EXPECT_EQ(server->finished, 2) << "even when it fails";
}

} // namespace
} // namespace tocsin::actors
