#include "actors/data_upstream.hpp"
#include "actors/datastore.hpp"
#include "actors/resolver.hpp"
#include "roles/network.hpp"
#include "tests/https/https_fixture.hpp"
#include "tests/support/fake_actors.hpp"

namespace tocsin::actors {

namespace {

namespace data = protocol::data;
using ::testing::HasSubstr;

/// A client's node and a server's, from configuration to DATASTORE, over
/// sockets.
class https_provision_test : public https_fixture {
protected:
  https_provision_test() {
    start();
    transports::reactor_limits bounds;
    net.emplace(system, 2, bounds);
    names = system.spawn(resolver, pinned_names{}, transports::name_servers{});
    keeper = system.spawn(test::fake_keeper, stored);
  }

  ~https_provision_test() override {
    caf::scoped_actor self{system};
    if (uut) {
      self->send(uut, atom::finish_v);
      self->send_exit(uut, caf::exit_reason::user_shutdown);
    }
    net->stop();
    for (const auto& x : {caf::actor_cast<caf::actor>(names),
                          caf::actor_cast<caf::actor>(keeper),
                          caf::actor_cast<caf::actor>(server_keeper)})
      self->send_exit(x, caf::exit_reason::kill);
  }

  serving_actor make_store() override {
    protocol::signal::customer acme;
    acme.name = "acme";
    acme.prefixes = {*protocol::signal::prefix::parse("192.0.2.0/24")};
    server_keeper =
        system.spawn(test::fake_keeper, std::make_shared<test::fake_store>());
    auto setup = std::make_shared<datastore_setup>();
    setup->who = std::make_shared<const protocol::signal::customer>(acme);
    setup->settings.acls.can = data::all_abilities;
    setup->keeper = server_keeper;
    setup->clock = {std::chrono::steady_clock::now(), 1'700'000'000};
    datastore_actor handle = system.spawn(datastore, setup);
    return handle;
  }

  void connect(const std::string& certificate_name,
               std::vector<data::wanted_entry> wanted) {
    auto setup = std::make_shared<data_upstream_setup>();
    setup->name = "provider";
    setup->wanted = std::move(wanted);
    setup->keeper = keeper;
    setup->resolver = names;
    setup->clock = {std::chrono::steady_clock::now(), 1'700'000'000};
    roles::data_upstream_sessions how;
    how.name = "provider";
    how.host = "127.0.0.1";
    how.port = static_cast<std::uint16_t>(std::stoul(port));
    how.credentials = load(client_files);
    how.resumable = std::make_shared<transports::resumption_cache>();
    how.server_name = certificate_name;
    setup->open = net->data_opener(how);
    net->start();
    uut = system.spawn(data_upstream, setup);
    caf::anon_send(uut, atom::client_v, std::string{"cuid-1"},
                   caf::strong_actor_ptr{});
    caf::scoped_actor self{system};
    self->request(uut, std::chrono::seconds{10}, atom::restore_v,
                  storage::data_snapshot{data_store_key("provider"), {}, {}})
        .receive([](ack) {}, [](const caf::error&) { FAIL(); });
  }

  result<data_reply> order(data_order::verb what, data::entry_kind kind,
                           const std::string& name = {},
                           const std::string& body = {}) {
    data_order x;
    x.what = what;
    x.kind = kind;
    x.name = name;
    x.body = body;
    x.patience = std::chrono::seconds{10};
    result<data_reply> out = fail(ec::timeout, "test");
    caf::scoped_actor self{system};
    self->request(uut, std::chrono::seconds{20}, atom::order_v, x)
        .receive([&](data_reply& answer) { out = std::move(answer); },
                 [&](const caf::error& why) { out = to_failure(why); });
    return out;
  }

  std::string summary() {
    std::string out;
    caf::scoped_actor self{system};
    self->request(uut, std::chrono::seconds{10}, atom::status_v)
        .receive([&](std::string& text) { out = std::move(text); },
                 [](const caf::error&) {});
    return out;
  }

  using verb = data_order::verb;
  std::shared_ptr<test::fake_store> stored =
      std::make_shared<test::fake_store>();
  keeper_actor server_keeper;
  std::optional<roles::network> net;
  resolver_actor names;
  keeper_actor keeper;
  data_upstream_actor uut;
};

data::wanted_entry web() {
  protocol::signal::target what;
  what.prefixes = {*protocol::signal::prefix::parse("192.0.2.80")};
  return data::make_alias("web", what);
}

// DATA-003, DATA-005, DATA-006, DATA-012, DATA-013, REST-004
TEST_F(https_provision_test, the_server_holds_what_the_configuration_says) {
  connect("localhost", {web()});
  // Orders go first, so that what is configured may not be there at once.
  result<data_reply> list = fail(ec::timeout, "test");
  for (int i = 0; i < 1000; ++i) {
    list = order(verb::list, data::entry_kind::alias);
    ASSERT_TRUE(list) << to_string(list.error());
    if (list->json.find("\"web\":\"configuration\"") != std::string::npos)
      break;
  }
  EXPECT_THAT(list->json, HasSubstr("192.0.2.80/32"));
  EXPECT_THAT(list->json, HasSubstr("\"pending-lifetime\":10080"));
  EXPECT_EQ(accepted, 1u) << "one connection for all";
}

TEST_F(https_provision_test, an_operator_makes_and_removes_a_filter) {
  connect("localhost", {});
  auto body = R"({"ietf-dots-data-channel:acls":{"acl":[{"name":"ntp","aces":)"
              R"({"ace":[{"name":"e","matches":{"udp":)"
              R"({"source-port-range-or-operator":{"port":123}}},"actions":)"
              R"({"forwarding":"drop"}}]}}]}})";
  auto made = order(verb::put, data::entry_kind::acl, "ntp", body);
  ASSERT_TRUE(made) << to_string(made.error());
  EXPECT_TRUE(made->created);
  auto again = order(verb::put, data::entry_kind::acl, "ntp", body);
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_FALSE(again->created);
  auto can = order(verb::capabilities, data::entry_kind::acl);
  EXPECT_TRUE(can) << to_string(can.error());
  EXPECT_TRUE(order(verb::remove, data::entry_kind::acl, "ntp"));
  auto gone = order(verb::show, data::entry_kind::acl, "ntp");
  EXPECT_EQ(gone.error().code, ec::not_found);
  auto foreign =
      order(verb::put, data::entry_kind::alias, "x",
            R"({"ietf-dots-data-channel:aliases":{"alias":[{"name":"x",)"
            R"("target-prefix":["198.51.100.1/32"]}]}})");
  EXPECT_EQ(foreign.error().code, ec::unauthorized);
}

// DATA-235, REST-008, REST-009
TEST_F(https_provision_test, a_server_of_another_name_learns_nothing) {
  connect("other.example", {web()});
  auto list = order(verb::list, data::entry_kind::alias);
  ASSERT_FALSE(list);
  EXPECT_THAT(list.error().detail, HasSubstr("certificate is not for"));
  EXPECT_THAT(summary(), HasSubstr("not in step"));
}

/// The reactor ends while the connection is open, as if nobody had said so
/// before.
TEST_F(https_provision_test, the_network_may_end_first) {
  connect("localhost", {});
  EXPECT_TRUE(order(verb::list, data::entry_kind::alias));
  net->stop();
}

} // namespace
} // namespace tocsin::actors
