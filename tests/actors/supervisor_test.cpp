#include "actors/supervisor.hpp"

#include "tests/actors/client_fixture.hpp"

namespace tocsin::actors {

namespace sig = protocol::signal;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

/// A driver that never says a word.
struct mute_link : driver_link {
  result<void> write(std::string) override { return {}; }
};

class supervisor_test : public client_fixture {
protected:
  /// In an orderly way, or the parts of the node would outlive it.
  ~supervisor_test() override { stop_node(); }

  void stop_node() {
    self->monitor(node);
    caf::anon_send(node, atom::finish_v);
    advance(1s);
    self->receive([](const caf::down_msg&) {}, caf::after(0s) >> [] {});
    sched.run();
  }

  void start_node() {
    auto setup = std::make_shared<supervisor_setup>();
    setup->name = "n1";
    setup->clock = epoch_;
    // The writer's thread must not meet a scheduler that is not made for it.
    setup->make_keeper = [this] { return sys.spawn(test::fake_keeper, store); };
    setup->redirects = redirects;
    setup->max_mitigations = max_mitigations;
    sig::customer acme;
    acme.name = "acme";
    acme.identities.dns_names = {"cuid-1.example"};
    acme.prefixes = {prefix_of("192.0.2.0/24")};
    acme.limits.max_cuids = 2;
    acme.limits.request_burst = 10;
    setup->customers = *sig::customer_table::make({acme});
    if (with_mitigator) {
      mitigator_setup edge_setup;
      edge_setup.name = "edge";
      edge_setup.start =
          [this](auto, auto on_exit) -> result<std::unique_ptr<driver_link>> {
        driver_ends = on_exit;
        return std::unique_ptr<driver_link>{std::make_unique<mute_link>()};
      };
      setup->mitigators = {edge_setup};
    }
    node = spawn(supervisor, setup);
    ASSERT_TRUE(ask<ack>(node, atom::begin_v));
  }

  session_actor session_opens(std::uint64_t id,
                              const std::shared_ptr<session_journal>& told,
                              const std::string& identity = "cuid-1.example") {
    auto handle = spawn(fake_session, told);
    self->send(node, atom::opened_v,
               session_opened{id, {"acme", identity, "", "", id}},
               caf::actor_cast<caf::strong_actor_ptr>(handle));
    sched.run();
    return handle;
  }

  sig::redirect_settings redirects;
  bool with_mitigator = false;
  std::uint32_t max_mitigations = 0;
  std::function<void(int)> driver_ends;
  supervisor_actor node;
};

// ARCH-128, ARCH-129: one order, whatever the operator's reason is.
TEST_F(supervisor_test, maintenance_sends_all_sessions_away_and_back) {
  start_node();
  session_opens(1, seen);
  redirect_wish wish{true, "other.example.com", {"192.0.2.99"}, 60};
  auto view = ask<node_view>(node, atom::redirect_v, wish);
  ASSERT_TRUE(view) << to_string(view.error());
  EXPECT_THAT(view->redirect, HasSubstr("other.example.com"));
  ASSERT_THAT(seen->redirects, SizeIs(1));
  EXPECT_TRUE(seen->redirects[0].active);
  EXPECT_EQ(seen->redirects[0].max_age, 60u);
  auto late = std::make_shared<session_journal>();
  session_opens(2, late);
  ASSERT_THAT(late->redirects, SizeIs(1));
  ASSERT_TRUE(ask<node_view>(node, atom::redirect_v, redirect_wish{}));
  EXPECT_FALSE(seen->redirects.back().active);
}

TEST_F(supervisor_test, maintenance_goes_on_after_a_restart) {
  start_node();
  redirect_wish wish{true, "other.example.com", {}, {}};
  ASSERT_TRUE(ask<node_view>(node, atom::redirect_v, wish));
  stop_node();
  start_node();
  session_opens(1, seen);
  ASSERT_THAT(seen->redirects, SizeIs(1));
  EXPECT_EQ(seen->redirects[0].where.alt_server, "other.example.com");
}

TEST_F(supervisor_test, a_redirect_to_nowhere_is_refused_with_the_remedy) {
  start_node();
  auto view =
      ask<node_view>(node, atom::redirect_v, redirect_wish{true, "", {}, {}});
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().where, "alt_server");
}

// ARCH-125
TEST_F(supervisor_test, one_session_too_many_is_sent_away_alone) {
  redirects.alternate = sig::alternate_server{{"other.example.com", {}}, 60};
  redirects.max_sessions = 1;
  start_node();
  auto late = std::make_shared<session_journal>();
  session_opens(1, seen);
  session_opens(2, late);
  EXPECT_TRUE(seen->redirects.empty());
  EXPECT_THAT(late->redirects, SizeIs(1));
}

// ARCH-127
TEST_F(supervisor_test, without_a_mitigator_in_service_clients_are_sent_away) {
  redirects.alternate = sig::alternate_server{{"other.example.com", {}}, 60};
  with_mitigator = true;
  start_node();
  session_opens(1, seen);
  EXPECT_TRUE(seen->redirects.empty()) << "it is starting";
  driver_ends(1);
  sched.run();
  ASSERT_THAT(seen->redirects, SizeIs(1));
  EXPECT_TRUE(seen->redirects[0].active);
}

// SIG-276, ARCH-126
TEST_F(supervisor_test, a_full_node_sends_single_requests_away) {
  redirects.alternate = sig::alternate_server{{"other.example.com", {}}, 60};
  max_mitigations = 1;
  start_node();
  session_opens(1, seen);
  auto found = ask<caf::strong_actor_ptr>(
      node, atom::client_v, std::string{"acme"}, std::string{"cuid-1"}, true);
  ASSERT_TRUE(found);
  auto client = caf::actor_cast<client_actor>(*found);
  auto ask_for = [&](std::uint32_t mid, const std::string& prefix) {
    dots_request put;
    put.what = dots_request::method::put;
    put.cuid = "cuid-1";
    put.mid = mid;
    put.from = {"acme", "cuid-1.example", "", "192.0.2.7:1", 1};
    put.body = sig::encode(sig::mitigation_scope{{wanted(prefix)}});
    if (!seen->redirects.empty() && seen->redirects.back().active)
      put.redirect = seen->redirects.back();
    return *ask<dots_response>(client, atom::serve_v, put);
  };
  EXPECT_EQ(ask_for(1, "192.0.2.1/32").code, 0x41);
  advance(2s);
  ASSERT_THAT(seen->redirects, SizeIs(1));
  EXPECT_FALSE(seen->redirects[0].everything);
  EXPECT_EQ(seen->redirects[0].max_age, 0u) << "for the request at hand";
  auto away = ask_for(2, "192.0.2.2/32");
  EXPECT_EQ(away.code, 0xA3);
  EXPECT_TRUE(away.cbor);
  EXPECT_EQ(ask_for(1, "192.0.2.1/32").code, 0x44) << "a refresh is served";
  dots_request gone;
  gone.what = dots_request::method::remove;
  gone.cuid = "cuid-1";
  gone.mid = 1;
  gone.from = {"acme", "cuid-1.example", "", "192.0.2.7:1", 1};
  EXPECT_EQ(ask<dots_response>(client, atom::serve_v, gone)->code, 0x42);
  advance(125s);
  EXPECT_FALSE(seen->redirects.back().active) << "there is room again";
}

TEST_F(supervisor_test, sessions_after_one_too_many_find_a_free_place) {
  redirects.alternate = sig::alternate_server{{"other.example.com", {}}, 60};
  redirects.max_sessions = 1;
  redirects.tolerance = 3;
  start_node();
  session_opens(1, seen);
  auto second = std::make_shared<session_journal>();
  session_opens(2, second);
  ASSERT_THAT(second->redirects, SizeIs(1));
  EXPECT_TRUE(second->redirects[0].everything);
  EXPECT_EQ(second->redirects[0].tolerance, 3u);
  self->send(node, atom::gone_v, std::uint64_t{1}, session_end::closed,
             std::string{"goodbye"});
  self->send(node, atom::gone_v, std::uint64_t{2}, session_end::closed,
             std::string{"goodbye"});
  sched.run();
  auto third = std::make_shared<session_journal>();
  session_opens(3, third);
  EXPECT_TRUE(third->redirects.empty());
}

// SIG-097: told by SUPERVISOR, which knows the sessions.
TEST_F(supervisor_test, a_client_hears_of_its_own_sessions_only) {
  start_node();
  session_opens(1, seen);
  auto other = std::make_shared<session_journal>();
  session_opens(2, other, "other.example");
  auto found = ask<caf::strong_actor_ptr>(
      node, atom::client_v, std::string{"acme"}, std::string{"cuid-1"}, true);
  ASSERT_TRUE(found);
  dots_request put;
  put.what = dots_request::method::put;
  put.cuid = "cuid-1";
  put.mid = 1;
  put.from = {"acme", "cuid-1.example", "", "192.0.2.7:1", 1};
  put.body = sig::encode(sig::mitigation_scope{{wanted("192.0.2.1/32")}});
  auto answer = ask<dots_response>(caf::actor_cast<client_actor>(*found),
                                   atom::serve_v, put);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, 0x41);
  sched.run();
  EXPECT_EQ(seen->modes, (std::vector{true}));
  EXPECT_TRUE(other->modes.empty());
  auto late = std::make_shared<session_journal>();
  session_opens(3, late);
  EXPECT_EQ(late->modes, (std::vector{true}));
}

// SIG-393
TEST_F(supervisor_test, ever_new_cuids_are_throttled_like_requests) {
  start_node();
  ec last = ec::none;
  for (int i = 0; i < 20; ++i) {
    auto found =
        ask<caf::strong_actor_ptr>(node, atom::client_v, std::string{"acme"},
                                   "cuid-" + std::to_string(i), false);
    last = found ? ec::none : found.error().code;
    EXPECT_EQ(last, i < 10 ? ec::not_found : last);
  }
  EXPECT_EQ(last, ec::unavailable);
}

} // namespace

} // namespace tocsin::actors
