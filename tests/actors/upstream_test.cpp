#include "actors/upstream.hpp"

#include "protocol/signal/codec.hpp"
#include "protocol/signal/response.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/fake_actors.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {

namespace sig = protocol::signal;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

/// A server as an UPSTREAM sees it through its sessions.
struct fake_server {
  std::vector<std::string> journal; ///< "PUT mid=1"
  std::vector<bytes> bodies;
  std::vector<std::string> opened; ///< addresses of sessions
  std::map<std::uint64_t, session_owner_actor> owners;
  std::map<std::uint64_t, caf::strong_actor_ptr> sessions;
  std::vector<std::uint64_t> cancelled; ///< observations
  std::vector<bool> modes;              ///< mitigating or not
  bool silent = false;
  bool reachable = true;
  coap_reply put{0x41, 271, {}, {}};
  coap_reply get{0x84, {}, {}, {}};
};

session_actor::behavior_type fake_session(session_actor::pointer self,
                                          std::uint64_t id,
                                          std::shared_ptr<fake_server> server) {
  auto end = [self, id, server](const std::string& why) {
    self->send(server->owners[id], atom::gone_v, id, session_end::lost, why);
    self->quit();
  };
  return {
      [](atom::packet, const bytes&) {},
      [](atom::tick) {},
      [](atom::gone) {},
      [](atom::gone, const std::string&) {},
      [self, server](atom::request,
                     const coap_call& x) -> caf::result<coap_reply> {
        static const char* const names[] = {"", "GET", "POST", "PUT", "DELETE"};
        if (x.path.size() == 5) {
          server->journal.push_back(std::string{names[x.code]} + ' '
                                    + x.path.back());
          server->bodies.push_back(x.body);
        }
        auto promise = self->make_response_promise<coap_reply>();
        if (server->silent)
          return promise;
        promise.deliver(x.code == 1   ? server->get
                        : x.code == 3 ? server->put
                                      : coap_reply{0x42, {}, {}, {}});
        return promise;
      },
      [](atom::heard, bool) {},
      [end](atom::lost, std::uint32_t) { end("lost"); },
      [](atom::silent, std::uint32_t) {},
      [](atom::notify, std::uint64_t, const dots_response&) {},
      [server](atom::cancel, std::uint64_t observation) {
        server->cancelled.push_back(observation);
      },
      [server](atom::mode, const std::string&, bool mitigating) {
        server->modes.push_back(mitigating);
      },
      [](atom::redirect, const redirect_order&) {},
      [](atom::status) { return session_view{}; },
      [end](atom::finish, const std::string& why) { end(why); },
  };
}

class upstream_test : public test::actor_fixture {
protected:
  upstream_test() {
    (*names)["dots.example"] = {*sig::prefix::parse("198.51.100.1/32")};
    grant(3600);
    start();
  }

  void start() {
    auto setup = std::make_shared<upstream_setup>();
    setup->name = "provider";
    setup->host = "dots.example";
    setup->cuid = "cuid-1";
    setup->clock = clock();
    setup->keeper = spawn(test::fake_keeper, store);
    setup->resolver = spawn(test::fake_resolver, names);
    setup->aliases["web"].prefixes = {*sig::prefix::parse("192.0.2.80/32")};
    setup->open =
        [this](std::uint64_t id, const session_target& where,
               session_owner_actor owner) -> result<caf::strong_actor_ptr> {
      server->opened.push_back(where.address);
      server->owners[id] = owner;
      auto handle = sys.spawn(fake_session, id, server);
      spawned.push_back(caf::actor_cast<caf::actor>(handle));
      auto pointer = caf::actor_cast<caf::strong_actor_ptr>(handle);
      server->sessions[id] = pointer;
      if (server->reachable)
        caf::anon_send(owner, atom::opened_v, session_opened{id, {}}, pointer);
      else
        caf::anon_send(owner, atom::gone_v, id, session_end::failed,
                       std::string{"no handshake within 60 s"});
      return pointer;
    };
    uut = spawn(upstream, setup);
  }

  void grant(std::int64_t lifetime) {
    server->put.body = sig::encode(sig::accepted(1, lifetime));
  }

  mitigate_order order(bool renew = false) {
    mitigate_order x;
    x.what.prefixes = {*sig::prefix::parse("192.0.2.1/32")};
    x.renew = renew;
    return x;
  }

  result<mitigation_view> mitigate(const mitigate_order& x) {
    return ask<mitigation_view>(uut, atom::order_v, x);
  }

  mitigation_view only() {
    auto all = ask<std::vector<mitigation_view>>(uut, atom::list_v);
    EXPECT_TRUE(all && all->size() == 1);
    return all && !all->empty() ? all->front() : mitigation_view{};
  }

  std::shared_ptr<test::fake_store> store =
      std::make_shared<test::fake_store>();
  std::shared_ptr<test::known_names> names =
      std::make_shared<test::known_names>();
  std::shared_ptr<fake_server> server = std::make_shared<fake_server>();
  upstream_actor uut;
};

// SIG-007, SIG-024
TEST_F(upstream_test, it_connects_by_itself) {
  EXPECT_THAT(server->opened, ElementsAre("198.51.100.1:4646"));
}

// SIG-037
TEST_F(upstream_test, all_requests_use_one_session) {
  EXPECT_TRUE(mitigate(order()));
  EXPECT_TRUE(mitigate(order()));
  EXPECT_THAT(server->opened, SizeIs(1));
  EXPECT_THAT(server->journal, ElementsAre("PUT mid=1", "PUT mid=2"));
}

// SIG-066, SIG-067
TEST_F(upstream_test, mids_rise_also_over_a_restart) {
  EXPECT_TRUE(mitigate(order()));
  EXPECT_TRUE(mitigate(order()));
  auto stored = store->all();
  start();
  EXPECT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  auto next = mitigate(order());
  ASSERT_TRUE(next);
  EXPECT_EQ(next->mid, 3u);
}

// SIG-070, SIG-072, SIG-088
TEST_F(upstream_test, the_body_is_a_scope_with_its_lifetime) {
  EXPECT_TRUE(mitigate(order()));
  auto body = sig::decode(server->bodies.at(0), sig::direction::request);
  ASSERT_TRUE(body) << to_string(body.error());
  auto& scope = std::get<sig::mitigation_scope>(*body).scope;
  ASSERT_THAT(scope, SizeIs(1));
  EXPECT_EQ(scope[0].lifetime, 3600);
  EXPECT_FALSE(scope[0].mid);
}

TEST_F(upstream_test, an_order_is_durable_before_it_is_sent) {
  store->broken = true;
  EXPECT_FALSE(mitigate(order()));
  EXPECT_THAT(server->journal, IsEmpty());
}

TEST_F(upstream_test, a_granted_order_is_active) {
  EXPECT_TRUE(mitigate(order()));
  EXPECT_EQ(only().progress, "active");
  EXPECT_EQ(only().lifetime, 3600);
}

// SIG-092: -1 was asked for, less was granted.
TEST_F(upstream_test, it_lives_with_a_shorter_lifetime) {
  grant(100);
  auto x = order();
  x.lifetime = -1;
  EXPECT_TRUE(mitigate(x));
  EXPECT_EQ(only().lifetime, 100);
  advance(101s);
  auto all = ask<std::vector<mitigation_view>>(uut, atom::list_v);
  EXPECT_TRUE(all && all->empty()) << "over, since it was not to be renewed";
}

// SIG-147, SIG-095
TEST_F(upstream_test, renewal_repeats_the_same_request_in_time) {
  grant(300);
  EXPECT_TRUE(mitigate(order(true)));
  advance(299s);
  EXPECT_THAT(server->journal, ElementsAre("PUT mid=1", "PUT mid=1"));
  EXPECT_EQ(server->bodies.at(0), server->bodies.at(1));
  EXPECT_EQ(only().progress, "active");
}

// SIG-204
TEST_F(upstream_test, withdrawing_deletes_and_forgets) {
  EXPECT_TRUE(mitigate(order()));
  auto view = ask<mitigation_view>(uut, atom::withdraw_v, std::uint32_t{1},
                                   duration{10s});
  ASSERT_TRUE(view) << to_string(view.error());
  EXPECT_EQ(view->progress, "withdrawn");
  EXPECT_THAT(server->journal, ElementsAre("PUT mid=1", "DELETE mid=1"));
  EXPECT_TRUE(store->mitigations.empty());
}

TEST_F(upstream_test, a_refusal_is_shown_with_its_reason) {
  server->put = {0x81, {}, {}, {'n', 'o', 't', ' ', 'y', 'o', 'u', 'r', 's'}};
  EXPECT_TRUE(mitigate(order()));
  EXPECT_EQ(only().progress, "refused");
  EXPECT_THAT(only().note, HasSubstr("4.01 not yours"));
  EXPECT_TRUE(store->mitigations.empty()) << "not tried again after a restart";
  advance(120s);
  EXPECT_THAT(server->journal, SizeIs(1)) << "COAP-061";
}

// SIG-203, COAP-060
TEST_F(upstream_test, not_now_is_tried_again_after_max_age) {
  server->put = {0xA3, {}, 20, {}};
  EXPECT_TRUE(mitigate(order()));
  EXPECT_EQ(only().progress, "requested");
  advance(19s);
  EXPECT_THAT(server->journal, SizeIs(1));
  server->put = {0x41, 271, {}, sig::encode(sig::accepted(1, 3600))};
  advance(2s);
  EXPECT_EQ(only().progress, "active");
}

TEST_F(upstream_test, an_unfinished_order_goes_on_after_a_restart) {
  server->silent = true;
  EXPECT_TRUE(mitigate(order()));
  auto stored = store->all();
  server->silent = false;
  server->journal.clear();
  start();
  EXPECT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  EXPECT_THAT(server->journal, ElementsAre("PUT mid=1"));
  EXPECT_EQ(only().progress, "active");
}

// SIG-303, SIG-344, SIG-304
TEST_F(upstream_test, silence_leads_to_a_second_session_beside_the_first) {
  server->silent = true;
  EXPECT_TRUE(mitigate(order()));
  advance(8s);
  EXPECT_THAT(server->opened, SizeIs(1));
  server->silent = false;
  advance(3s);
  EXPECT_THAT(server->opened, SizeIs(2));
  EXPECT_EQ(only().progress, "active");
}

// SIG-296, SIG-297
TEST_F(upstream_test, attempts_in_vain_are_far_apart) {
  server->reachable = false;
  server->opened.clear();
  start();
  EXPECT_THAT(server->opened, SizeIs(1));
  advance(299s);
  EXPECT_THAT(server->opened, SizeIs(1));
  advance(2s);
  EXPECT_THAT(server->opened, SizeIs(2));
  EXPECT_TRUE(mitigate(order()));
  advance(57s);
  EXPECT_THAT(server->opened, SizeIs(2)) << "never within 60 s";
  advance(4s);
  EXPECT_THAT(server->opened, SizeIs(3)) << "something is asked for";
}

// SIG-295
TEST_F(upstream_test, a_lost_session_is_set_up_again) {
  caf::anon_send(caf::actor_cast<session_actor>(server->sessions.at(1)),
                 atom::lost_v, std::uint32_t{15});
  sched.run();
  EXPECT_THAT(server->opened, SizeIs(2));
}

TEST_F(upstream_test, an_alias_of_the_operator_is_put_in_its_place) {
  mitigate_order x;
  x.what.aliases = {"web"};
  EXPECT_TRUE(mitigate(x));
  EXPECT_EQ(only().what.prefixes,
            std::vector{*sig::prefix::parse("192.0.2.80/32")});
  x.what.aliases = {"unknown"};
  auto refused = mitigate(x);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "alias-name");
}

// SIG-074, SIG-077
TEST_F(upstream_test, what_no_server_accepts_is_not_asked_for) {
  mitigate_order nothing;
  EXPECT_FALSE(mitigate(nothing));
  mitigate_order loopback;
  loopback.what.prefixes = {*sig::prefix::parse("127.0.0.1/32")};
  EXPECT_FALSE(mitigate(loopback));
  EXPECT_THAT(server->journal, IsEmpty());
}

TEST_F(upstream_test, who_waits_hears_when_his_time_is_up) {
  server->silent = true;
  EXPECT_TRUE(mitigate(order()));
  auto pending = self->request(uut, std::chrono::seconds{100}, atom::order_v,
                               std::uint32_t{1}, duration{5s});
  advance(6s);
  std::string progress;
  pending.receive([&](const mitigation_view& x) { progress = x.progress; },
                  [](const caf::error&) { FAIL(); });
  EXPECT_EQ(progress, "requested");
}

TEST_F(upstream_test, a_mid_that_the_server_remembers_is_not_used_again) {
  sig::mitigation held;
  held.what.prefixes = {*sig::prefix::parse("192.0.2.9/32")};
  held.lifetime = 100;
  held.mid = 41;
  held.state = sig::status::mitigated;
  server->get = {0x45, 271, {}, sig::encode(sig::mitigation_list({held}))};
  start(); // without what was stored
  auto next = mitigate(order());
  ASSERT_TRUE(next);
  EXPECT_EQ(next->mid, 42u);
}

// SIG-190, SIG-191
TEST_F(upstream_test, active_mitigations_are_polled) {
  EXPECT_TRUE(mitigate(order()));
  sig::mitigation held;
  held.what.prefixes = {*sig::prefix::parse("192.0.2.1/32")};
  held.lifetime = 3600;
  held.mid = 1;
  held.state = sig::status::mitigated;
  server->get = {0x45, 271, {}, sig::encode(sig::mitigation_list({held}))};
  advance(1500ms);
  EXPECT_EQ(only().status, sig::status::mitigated);
  held.state = sig::status::stopped;
  server->get.body = sig::encode(sig::mitigation_list({held}));
  advance(10s);
  EXPECT_EQ(only().status, sig::status::mitigated);
  advance(6s);
  EXPECT_EQ(only().status, sig::status::stopped);
}

TEST_F(upstream_test, status_is_asked_live) {
  EXPECT_TRUE(mitigate(order()));
  sig::mitigation held;
  held.what.prefixes = {*sig::prefix::parse("192.0.2.1/32")};
  held.lifetime = 1000;
  held.mid = 1;
  held.state = sig::status::mitigated;
  held.dropped = sig::counters{5000, 50, 0, 0};
  server->get = {0x45, 271, {}, sig::encode(sig::mitigation_list({held}))};
  auto view = ask<mitigation_view>(uut, atom::status_v, std::uint32_t{1});
  ASSERT_TRUE(view);
  EXPECT_EQ(view->status, sig::status::mitigated);
  EXPECT_EQ(view->dropped->pkts_dropped, 50u);
  EXPECT_EQ(view->lifetime, 1000);
}

} // namespace

} // namespace tocsin::actors
