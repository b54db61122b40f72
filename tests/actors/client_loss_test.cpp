#include "tests/actors/client_fixture.hpp"

namespace tocsin::actors {

namespace sig = protocol::signal;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

class client_loss_test : public client_fixture {
protected:
  client_loss_test() {
    start_registry();
    uut = start("acme", "cuid-1");
  }

  /// A client with a session and an armed mitigation of mid 1.
  void arm() {
    EXPECT_EQ(put(uut, 1, wanted("192.0.2.0/25", false)).code, 0x41);
    session_up(uut, 4, seen);
  }

  party uut;
};

// SIG-096, SIG-173, SIG-169, ARCH-199, ARCH-200
TEST_F(client_loss_test, an_armed_request_waits) {
  arm();
  EXPECT_TRUE(site->journal.empty());
  auto x = entry(get(uut, 1));
  EXPECT_EQ(x.state, status::signal_loss);
  EXPECT_FALSE(x.start);
  EXPECT_EQ(store->mitigations.begin()->second.status, 8);
  advance(600s);
  EXPECT_TRUE(site->journal.empty()) << "the session is up";
}

// SIG-097, SIG-216, SIG-217, USE-080, ARCH-199, ARCH-225
TEST_F(client_loss_test, it_starts_when_the_signal_is_lost_and_goes_on) {
  arm();
  session_down(uut, 4, session_end::lost);
  EXPECT_THAT(site->rules, SizeIs(1));
  EXPECT_EQ(state(uut, 1), status::mitigated);
  auto view = ask<mitigation_view>(uut.handle, atom::status_v, 1u);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->origin, "signal-loss");
  auto started = std::ranges::any_of(store->audit, [](const auto& x) {
    return x.outcome.find("signal of the client is lost") != std::string::npos;
  });
  EXPECT_TRUE(started);
  session_up(uut, 5, seen);
  EXPECT_THAT(site->rules, SizeIs(1));
  EXPECT_EQ(state(uut, 1), status::mitigated);
  remove(uut, 1);
  EXPECT_EQ(state(uut, 1), status::client_withdrawn);
}

TEST_F(client_loss_test, it_does_not_start_when_the_signal_is_there_again) {
  arm();
  auto session =
      caf::actor_cast<caf::strong_actor_ptr>(spawn(fake_session, seen));
  session_opened opened{5, {uut.customer, uut.agent, "sha256:00", "", 5}};
  self->send(uut.handle, atom::gone_v, std::uint64_t{4}, session_end::lost);
  self->send(uut.handle, atom::opened_v, opened, session);
  sched.run(); // REGISTRY answers in between
  EXPECT_TRUE(site->journal.empty());
  EXPECT_EQ(state(uut, 1), status::signal_loss);
  session_down(uut, 5, session_end::lost);
  EXPECT_THAT(site->rules, SizeIs(1));
}

// ARCH-200
TEST_F(client_loss_test, a_goodbye_is_no_loss) {
  arm();
  session_down(uut, 4, session_end::closed);
  advance(500s);
  EXPECT_TRUE(site->journal.empty());
}

// A client that calls over two transports at once ends the slower one: it has
// not left.
TEST_F(client_loss_test, the_goodbye_of_a_session_that_was_not_used_is_none) {
  arm();
  session_up(uut, 1, seen);
  get(uut, 1); // on session 1
  session_down(uut, 4, session_end::closed);
  advance(450s); // the limit: it was heard on that one, too
  session_down(uut, 1, session_end::lost);
  EXPECT_THAT(site->rules, SizeIs(1));
}

TEST_F(client_loss_test, the_goodbye_of_the_session_in_use_is_one_for_all) {
  arm();
  session_up(uut, 1, seen);
  get(uut, 1); // on session 1
  session_down(uut, 1, session_end::closed);
  session_down(uut, 4, session_end::lost);
  advance(500s);
  EXPECT_TRUE(site->journal.empty());
}

// SIG-308
TEST_F(client_loss_test, a_broken_session_counts_after_the_silence_allowed) {
  arm();
  session_down(uut, 4, session_end::failed);
  advance(440s);
  EXPECT_TRUE(site->journal.empty());
  advance(11s);
  EXPECT_THAT(site->rules, SizeIs(1));
}

// SIG-126: the newer one waits, so that nothing takes the older one's place.
TEST_F(client_loss_test, a_running_one_ends_when_an_armed_one_replaces_it) {
  arm();
  session_down(uut, 4, session_end::lost);
  ASSERT_THAT(site->rules, SizeIs(1));
  session_up(uut, 5, seen);
  EXPECT_EQ(put(uut, 2, wanted("192.0.2.0/24", false)).code, 0x41);
  EXPECT_EQ(get(uut, 1).code, 0x84);
  EXPECT_TRUE(site->rules.empty());
}

TEST_F(client_loss_test, where_policy_forbids_it_the_request_is_refused) {
  loss.allowed = false;
  uut = start("acme", "cuid-9");
  auto answer = put(uut, 1, wanted("192.0.2.0/25", false));
  EXPECT_EQ(answer.code, 0x81);
  EXPECT_THAT(std::string{as_text(answer.payload)},
              HasSubstr("trigger-mitigation"));
}

// SIG-131, SIG-132, SIG-175, SIG-134
TEST_F(client_loss_test, a_running_one_makes_way_for_an_immediate_request) {
  arm();
  session_down(uut, 4, session_end::lost);
  observe(uut, 1, 1, seen);
  EXPECT_EQ(put(uut, 2, wanted("192.0.2.1/32")).code, 0x41);
  EXPECT_THAT(site->rules, SizeIs(1));
  EXPECT_EQ(site->rules.begin()->second.mid, 2u);
  EXPECT_EQ(state(uut, 1), status::withdrawn);
  advance(60s);
  EXPECT_EQ(told(*seen), (std::vector{status::withdrawn, status::withdrawn,
                                      status::withdrawn, status::withdrawn,
                                      status::signal_loss}));
  EXPECT_EQ(state(uut, 1), status::signal_loss);
  EXPECT_EQ(store->mitigations.at({"acme", "cuid-1", 1}).status, 8);
}

// SIG-131, SIG-133
TEST_F(client_loss_test, at_the_loss_it_takes_the_place_of_immediate_ones) {
  put(uut, 2, wanted("192.0.2.1/32"));
  arm();
  EXPECT_EQ(state(uut, 1), status::signal_loss);
  EXPECT_EQ(state(uut, 2), status::mitigated);
  site->journal.clear();
  session_down(uut, 4, session_end::lost);
  EXPECT_EQ(get(uut, 2).code, 0x84);
  EXPECT_EQ(state(uut, 1), status::mitigated);
  ASSERT_THAT(site->journal, SizeIs(2));
  EXPECT_THAT(site->journal[0], HasSubstr("install")) << "no gap";
  EXPECT_FALSE(store->mitigations.contains({"acme", "cuid-1", 2}));
}

TEST_F(client_loss_test, a_restart_neither_starts_nor_stops_it) {
  arm();
  auto armed = store->all();
  session_down(uut, 4, session_end::lost);
  auto running = store->all();
  auto restart = [this](const storage::snapshot& stored) {
    self->send_exit(uut.handle, caf::exit_reason::kill);
    sched.run();
    site->rules.clear();
    start_registry();
    uut = start("acme", "cuid-1");
    ASSERT_TRUE(ask<ack>(uut.handle, atom::restore_v, stored));
  };
  restart(armed);
  EXPECT_TRUE(site->rules.empty());
  EXPECT_EQ(state(uut, 1), status::signal_loss);
  restart(running);
  EXPECT_THAT(site->rules, SizeIs(1));
  EXPECT_EQ(state(uut, 1), status::mitigated);
  EXPECT_EQ(entry(get(uut, 1)).start, 1'700'000'000u);
}

TEST_F(client_loss_test, after_a_restart_a_client_that_left_is_not_waited_for) {
  arm();
  session_down(uut, 4, session_end::closed);
  auto stored = store->all();
  self->send_exit(uut.handle, caf::exit_reason::kill);
  sched.run();
  start_registry();
  uut = start("acme", "cuid-1");
  ASSERT_TRUE(ask<ack>(uut.handle, atom::restore_v, stored));
  advance(500s);
  EXPECT_TRUE(site->journal.empty());
}

} // namespace

} // namespace tocsin::actors
