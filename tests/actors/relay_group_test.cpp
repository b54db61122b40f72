// RELAY GROUP over two or more fake UPSTREAMs.
#include "actors/relay_group.hpp"

#include "actors/rules.hpp"
#include "tests/actors/fake_mitigation.hpp"
#include "tests/support/actor_fixture.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {

namespace {

namespace sig = protocol::signal;
using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// An upstream server and the UPSTREAM before it: takes every order.
struct fake_upstream_journal {
  std::vector<std::string> journal; ///< "order 1: 192.0.2.1/32", "withdraw 1"
  relay_owner_actor relay;
  std::map<std::uint32_t, mitigation_view> wishes;
  std::uint32_t last = 0;
  std::string cdid;
};

upstream_actor::behavior_type
fake_upstream(upstream_actor::pointer self,
              std::shared_ptr<fake_upstream_journal> seen) {
  using pointer = caf::strong_actor_ptr;
  using views = std::vector<mitigation_view>;
  return {
      [](atom::opened, const session_opened&, const pointer&) {},
      [](atom::gone, std::uint64_t, session_end, const std::string&) {},
      [](atom::silent, std::uint64_t, std::uint32_t) {},
      [](atom::heard, std::uint64_t) {},
      [](atom::notify, std::uint64_t, std::uint64_t, const coap_reply&) {},
      [](atom::restore, const storage::snapshot&) { return ack::done; },
      [self, seen](atom::order, const mitigate_order& x) {
        auto& made = seen->wishes[++seen->last];
        made.mid = seen->last;
        made.progress = "requested";
        made.relayed = x.relayed;
        std::string prefixes;
        for (const auto& p : x.what.prefixes)
          prefixes += ' ' + p.to_string();
        seen->journal.push_back("order " + std::to_string(made.mid) + ':'
                                + prefixes);
        return made;
      },
      [](atom::order, std::uint32_t, duration) { return mitigation_view{}; },
      [seen](atom::report, std::uint32_t mid, sig::attack_status x, duration) {
        seen->journal.push_back("report " + std::to_string(mid) + ' '
                                + std::string{to_string(x)});
        return mitigation_view{};
      },
      [](atom::control, std::uint32_t,
         const std::vector<sig::filter_control>&) { return mitigation_view{}; },
      [seen](atom::withdraw, std::uint32_t mid, duration) {
        seen->journal.push_back("withdraw " + std::to_string(mid));
        auto x = seen->wishes[mid];
        seen->wishes.erase(mid);
        x.progress = "withdrawn";
        return x;
      },
      [seen](atom::list) {
        views all;
        for (const auto& [_, x] : seen->wishes)
          all.push_back(x);
        return all;
      },
      [](atom::status, std::uint32_t) { return mitigation_view{}; },
      [](atom::status) { return upstream_view{}; },
      [](atom::sessions) { return std::vector<session_view>{}; },
      [self, seen](atom::adopt, const pointer& relay) {
        seen->relay = caf::actor_cast<relay_owner_actor>(relay);
        for (const auto& [_, x] : seen->wishes)
          self->send(seen->relay, atom::changed_v, x);
      },
      [](atom::finish) {},
      [](atom::store, const pointer&) {},
      [](atom::store, const held_aliases&) {},
      [](atom::abandon, const std::string&) {},
      [](atom::tick) {},
  };
}

class relay_group_test : public test::actor_fixture {
protected:
  using site = std::shared_ptr<fake_upstream_journal>;

  relay_group_test() {
    for (const auto* name : {"north", "south"})
      sites[name] = std::make_shared<fake_upstream_journal>();
  }

  ~relay_group_test() override {
    self->send_exit(group, caf::exit_reason::kill);
    for (auto& [_, x] : sites)
      x->relay = relay_owner_actor{};
  }

  void begin(relay_manner manner) {
    relay_group_setup setup;
    setup.name = "transit";
    setup.manner = manner;
    if (manner != relay_manner::per_client)
      for (auto& [name, x] : sites)
        setup.servers.push_back(
            {name, handles[name] = spawn(fake_upstream, x), prefixes[name]});
    setup.clients = {
        "north",
        [this](const std::string& name, const std::string& cdid) {
          wanted.push_back(name + ' ' + cdid);
        },
        [this](const std::string& name) { closed.push_back(name); }};
    setup.on_health = [this](bool up) { health.push_back(up); };
    group = spawn(relay_group, std::move(setup));
    self->send(group, atom::begin_v);
    sched.run();
    for (auto& [name, x] : sites)
      link(name, true);
  }

  void link(const std::string& name, bool up) {
    if (sites[name]->relay)
      self->send(sites[name]->relay, atom::changed_v, up);
    sched.run();
  }

  void install(const std::string& id, std::vector<std::string> targets,
               const std::string& cuid = "c") {
    mitigators::rule x;
    x.id = id;
    x.customer = "acme";
    x.cuid = cuid;
    x.cdid = "domain-of-" + cuid;
    for (const auto& target : targets)
      x.prefixes.push_back(*sig::prefix::parse(target));
    auto& ears = clients[id];
    if (!ears)
      ears = std::make_shared<heard>();
    self->send(
        group, atom::install_v, x,
        caf::actor_cast<caf::strong_actor_ptr>(spawn(fake_mitigation, ears)));
    sched.run();
  }

  void remove(const std::string& id) {
    self->send(group, atom::withdraw_v, id);
    sched.run();
  }

  /// The server's word about a request of ours.
  void say(const std::string& server, std::uint32_t mid, sig::status what,
           const std::string& progress = "active", std::uint64_t packets = 0) {
    auto& x = sites[server]->wishes.at(mid);
    x.status = what;
    x.progress = progress;
    x.answer = progress == "refused" ? 0x83 : 0x41;
    if (packets != 0)
      x.dropped = sig::counters{packets * 100, packets, 0, 0};
    self->send(sites[server]->relay, atom::changed_v, x);
    sched.run();
  }

  const std::vector<std::string>& at(const std::string& server) {
    return sites[server]->journal;
  }
  std::string last(const std::string& id) { return clients.at(id)->last(); }

  std::map<std::string, site> sites;
  std::map<std::string, upstream_actor> handles;
  std::map<std::string, std::vector<sig::prefix>> prefixes;
  std::map<std::string, std::shared_ptr<heard>> clients;
  std::vector<std::string> wanted, closed;
  std::vector<bool> health;
  relay_group_actor group;
};

// MULTI-027, MULTI-032, MULTI-040, MULTI-041, MULTI-043, ARCH-080, ARCH-099
// MULTI-030: of provider-independent addresses all are asked.
TEST_F(relay_group_test, all_are_asked_of_everything) {
  begin(relay_manner::all);
  install("a", {"192.0.2.1/32"});
  EXPECT_THAT(at("north"), ElementsAre("order 1: 192.0.2.1/32"));
  EXPECT_THAT(at("south"), ElementsAre("order 1: 192.0.2.1/32"));
  say("north", 1, sig::status::mitigated);
  EXPECT_THAT(last("a"), HasSubstr("active: asked of south"));
  say("south", 1, sig::status::withdrawn, "refused");
  EXPECT_THAT(last("a"), HasSubstr("active: south"));
  say("north", 1, sig::status::withdrawn, "refused");
  EXPECT_THAT(last("a"), HasSubstr("failed"));
}

// ARCH-144
TEST_F(relay_group_test, what_servers_drop_is_added_up) {
  begin(relay_manner::all);
  install("a", {"192.0.2.1/32"});
  say("north", 1, sig::status::mitigated, "active", 10);
  say("south", 1, sig::status::mitigated, "active", 5);
  EXPECT_EQ(clients["a"]->packets, 15u);
  say("north", 1, sig::status::stopped);
  EXPECT_TRUE(clients["a"]->traffic.back()) << "it goes on at the other";
  say("south", 1, sig::status::stopped);
  EXPECT_FALSE(clients["a"]->traffic.back());
}

TEST_F(relay_group_test, all_are_withdrawn_from) {
  begin(relay_manner::all);
  install("a", {"192.0.2.1/32"});
  remove("a");
  EXPECT_THAT(at("north"), Contains("withdraw 1"));
  EXPECT_THAT(at("south"), Contains("withdraw 1"));
}

// MULTI-023, MULTI-027, MULTI-041, MULTI-045, ARCH-098
// MULTI-020, MULTI-022, MULTI-028: each for the addresses it assigned.
TEST_F(relay_group_test, a_target_is_divided_among_its_owners) {
  prefixes["north"] = {*sig::prefix::parse("192.0.2.0/25")};
  prefixes["south"] = {*sig::prefix::parse("198.51.100.0/24")};
  begin(relay_manner::by_prefix);
  install("a", {"192.0.2.1/32", "198.51.100.1/32"});
  EXPECT_THAT(at("north"), ElementsAre("order 1: 192.0.2.1/32"));
  EXPECT_THAT(at("south"), ElementsAre("order 1: 198.51.100.1/32"));
  say("north", 1, sig::status::mitigated);
  EXPECT_THAT(last("a"), HasSubstr("pending"));
  say("south", 1, sig::status::mitigated);
  EXPECT_EQ(last("a"), "active: ");
}

// MULTI-051
// MULTI-021, MULTI-044, MULTI-052: nobody else is asked.
TEST_F(relay_group_test, what_is_nobodys_is_asked_of_nobody) {
  prefixes["north"] = {*sig::prefix::parse("192.0.2.0/25")};
  prefixes["south"] = {*sig::prefix::parse("198.51.100.0/24")};
  begin(relay_manner::by_prefix);
  install("a", {"203.0.113.1/32"});
  EXPECT_THAT(at("north"), IsEmpty());
  EXPECT_THAT(at("south"), IsEmpty());
  EXPECT_THAT(last("a"), HasSubstr("failed: no upstream is responsible for "
                                   "203.0.113.1/32"));
  EXPECT_EQ(clients["a"]->answer, 0x81) << "a refusal, for who waits for one";
  link("north", false); // nor when the owner is away
  install("b", {"192.0.2.1/32"});
  EXPECT_THAT(at("south"), IsEmpty());
}

// MULTI-041, MULTI-050, USE-040, ARCH-095, ARCH-096
// ARCH-097: one at a time.
TEST_F(relay_group_test, the_first_that_works_is_asked) {
  begin(relay_manner::serial);
  install("a", {"192.0.2.1/32"});
  EXPECT_THAT(at("north"), ElementsAre("order 1: 192.0.2.1/32"));
  EXPECT_THAT(at("south"), IsEmpty());
  say("north", 1, sig::status::mitigated, "active", 10);
  EXPECT_EQ(last("a"), "active: ");
  say("north", 1, sig::status::withdrawn, "refused");
  EXPECT_THAT(at("south"), ElementsAre("order 1: 192.0.2.1/32"));
  EXPECT_THAT(last("a"), HasSubstr("pending"));
  say("south", 1, sig::status::mitigated, "active", 7);
  EXPECT_EQ(last("a"), "active: ");
  EXPECT_EQ(clients["a"]->packets, 17u) << "those of the former count, too";
}

// USE-081: failover when the path to the preferred one dies.
TEST_F(relay_group_test, a_server_that_is_lost_is_left_after_a_while) {
  begin(relay_manner::serial);
  link("north", false);
  EXPECT_THAT(health, Not(Contains(false))) << "the other is there";
  link("north", true);
  install("a", {"192.0.2.1/32"});
  link("north", false);
  advance(29s);
  EXPECT_THAT(at("south"), IsEmpty());
  advance(2s);
  EXPECT_THAT(at("south"), ElementsAre("order 1: 192.0.2.1/32"));
  EXPECT_THAT(at("north"), Contains("withdraw 1"));
}

TEST_F(relay_group_test, a_server_that_cannot_be_reached_is_not_the_first) {
  begin(relay_manner::serial);
  link("north", false);
  install("a", {"192.0.2.1/32"});
  EXPECT_THAT(at("north"), IsEmpty());
  EXPECT_THAT(at("south"), ElementsAre("order 1: 192.0.2.1/32"));
}

// ARCH-095
// ARCH-097: nor two for one address.
TEST_F(relay_group_test, what_overlaps_moves_along) {
  begin(relay_manner::serial);
  install("a", {"192.0.2.0/30"});
  say("north", 1, sig::status::withdrawn, "refused");
  EXPECT_THAT(at("south"), ElementsAre("order 1: 192.0.2.0/30"));
  install("b", {"192.0.2.1/32"});
  EXPECT_THAT(at("north"), Not(Contains("order 2: 192.0.2.1/32")));
  install("c", {"192.0.2.128/32"}); // another address
  EXPECT_THAT(at("north"), Contains("order 2: 192.0.2.128/32"));
}

TEST_F(relay_group_test, when_all_have_failed_it_begins_again_later) {
  begin(relay_manner::serial);
  install("a", {"192.0.2.1/32"});
  say("north", 1, sig::status::withdrawn, "refused");
  say("south", 1, sig::status::withdrawn, "refused");
  EXPECT_THAT(last("a"), HasSubstr("failed"));
  advance(sig::server_retry + 1s);
  EXPECT_THAT(at("north"), Contains("order 2: 192.0.2.1/32"));
}

TEST_F(relay_group_test, efficacy_goes_to_those_who_are_asked) {
  begin(relay_manner::serial);
  install("a", {"192.0.2.1/32"});
  say("north", 1, sig::status::mitigated);
  self->send(group, atom::report_v, std::string{"a"},
             sig::attack_status::under_attack);
  sched.run();
  EXPECT_THAT(at("north"), Contains("report 1 under-attack"));
}

// ARCH-080
// ARCH-086, ARCH-090: one upstream session for each client.
TEST_F(relay_group_test, each_client_has_an_upstream_of_its_own) {
  begin(relay_manner::per_client);
  install("a", {"192.0.2.1/32"}, "c");
  install("b", {"192.0.2.1/32"}, "d");
  auto of_c = "north/" + opaque_name("acme", "c");
  auto of_d = "north/" + opaque_name("acme", "d");
  EXPECT_THAT(wanted,
              ElementsAre(of_c + " domain-of-c", of_d + " domain-of-d"));
  for (const auto& name : {of_c, of_d}) {
    sites[name] = std::make_shared<fake_upstream_journal>();
    self->send(group, atom::adopt_v, name,
               caf::actor_cast<caf::strong_actor_ptr>(
                   spawn(fake_upstream, sites[name])));
    sched.run();
  }
  EXPECT_THAT(at(of_c), ElementsAre("order 1: 192.0.2.1/32"));
  EXPECT_THAT(at(of_d), ElementsAre("order 1: 192.0.2.1/32"));
  say(of_c, 1, sig::status::mitigated);
  EXPECT_EQ(last("a"), "active: ");
  EXPECT_THAT(last("b"), HasSubstr("pending"));
  remove("a");
  EXPECT_THAT(at(of_c), Contains("withdraw 1"));
  advance(idle_client + 1s);
  EXPECT_THAT(closed, ElementsAre(of_c));
}

// What was stored for a client that has nothing any more is withdrawn.
TEST_F(relay_group_test, an_upstream_without_a_client_is_cleared) {
  begin(relay_manner::per_client);
  auto left = sites["north/gone"] = std::make_shared<fake_upstream_journal>();
  left->wishes[3].mid = 3;
  left->wishes[3].progress = "active";
  left->wishes[3].relayed = "some request";
  self->send(
      group, atom::adopt_v, std::string{"north/gone"},
      caf::actor_cast<caf::strong_actor_ptr>(spawn(fake_upstream, left)));
  sched.run();
  advance(relay_grace + 1s);
  EXPECT_THAT(at("north/gone"), ElementsAre("withdraw 3"));
}

} // namespace

} // namespace tocsin::actors
