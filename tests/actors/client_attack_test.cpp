// Status 3: what the drops of a MITIGATOR, or the word of its driver, tell the
// client of the attack.
#include "tests/actors/client_fixture.hpp"

namespace tocsin::actors {

namespace sig = protocol::signal;
using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

class client_attack_test : public client_fixture {
protected:
  client_attack_test() {
    start_registry();
    uut = start("acme", "cuid-1");
  }

  mitigation_actor owner() {
    EXPECT_FALSE(site->owners.empty());
    return caf::actor_cast<mitigation_actor>(site->owners.rbegin()->second);
  }

  std::string rule() { return site->owners.rbegin()->first; }

  void count(std::uint64_t packets) {
    caf::send_as(edge, owner(), atom::counters_v, rule(), packets,
                 packets * 64);
    sched.run();
  }

  void say(bool goes_on) {
    caf::send_as(edge, owner(), atom::traffic_v, rule(), goes_on);
    sched.run();
  }

  void report(enforcement_report::state what, bool blind) {
    caf::send_as(edge, owner(), atom::report_v,
                 enforcement_report{"edge", rule(), what, false, "", blind});
    sched.run();
  }

  /// The statuses that followed each other.
  std::vector<status> changes() {
    auto all = told(*seen);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

  party uut;
};

// SIG-113, SIG-173, SIG-174, SIG-180, USE-019
TEST_F(client_attack_test, quiet_after_drops_is_reported_as_the_end) {
  put(uut, 1, wanted("192.0.2.1/32"));
  observe(uut, 1, 1, seen);
  count(10);
  advance(200s);
  count(20);
  advance(299s);
  EXPECT_EQ(state(uut, 1), status::mitigated);
  advance(2s);
  EXPECT_EQ(state(uut, 1), status::stopped);
  EXPECT_THAT(site->rules, SizeIs(1)) << "protection stays";
  seen->notified.clear();
  advance(150s);
  EXPECT_EQ(told(*seen), std::vector(10, status::stopped))
      << "repeated until it is withdrawn";
  count(21);
  EXPECT_EQ(state(uut, 1), status::mitigated);
  EXPECT_EQ(told(*seen).back(), status::mitigated);
  advance(301s);
  EXPECT_EQ(state(uut, 1), status::stopped) << "and it may stop again";
}

// ARCH-053
TEST_F(client_attack_test, without_a_drop_there_is_no_end) {
  put(uut, 1, wanted("192.0.2.1/32"));
  count(0);
  advance(3000s);
  EXPECT_EQ(state(uut, 1), status::mitigated);
}

TEST_F(client_attack_test, readings_that_do_not_grow_are_quiet) {
  put(uut, 1, wanted("192.0.2.1/32"));
  count(10);
  for (int i = 0; i < 301; ++i) {
    advance(1s);
    count(10);
  }
  EXPECT_EQ(state(uut, 1), status::stopped);
}

TEST_F(client_attack_test, a_driver_may_say_it_itself) {
  put(uut, 1, wanted("192.0.2.1/32"));
  observe(uut, 1, 1, seen);
  count(10);
  say(false);
  EXPECT_EQ(state(uut, 1), status::stopped);
  say(true);
  EXPECT_EQ(state(uut, 1), status::mitigated);
  advance(1000s);
  EXPECT_EQ(state(uut, 1), status::mitigated) << "it has the last word";
  EXPECT_EQ(changes(), (std::vector{status::stopped, status::mitigated}));
}

TEST_F(client_attack_test, a_driver_that_is_blind_or_down_has_seen_no_end) {
  put(uut, 1, wanted("192.0.2.1/32"));
  count(10);
  report(enforcement_report::state::active, true);
  advance(1000s);
  EXPECT_EQ(state(uut, 1), status::mitigated);
  report(enforcement_report::state::active, false);
  advance(200s);
  site->silent = true;
  report(enforcement_report::state::failed, false);
  advance(1000s);
  EXPECT_NE(state(uut, 1), status::stopped);
  report(enforcement_report::state::active, false);
  advance(299s);
  EXPECT_EQ(state(uut, 1), status::mitigated);
  advance(2s);
  EXPECT_EQ(state(uut, 1), status::stopped);
}

TEST_F(client_attack_test, the_end_survives_a_restart) {
  put(uut, 1, wanted("192.0.2.1/32"));
  count(10);
  advance(301s);
  auto stored = store->all();
  self->send_exit(uut.handle, caf::exit_reason::kill);
  sched.run();
  start_registry();
  uut = start("acme", "cuid-1");
  ASSERT_TRUE(ask<ack>(uut.handle, atom::restore_v, stored));
  sched.run();
  EXPECT_EQ(state(uut, 1), status::stopped);
  EXPECT_THAT(site->rules, SizeIs(1));
  count(11);
  EXPECT_EQ(state(uut, 1), status::mitigated);
}

// SIG-174, SIG-189
TEST_F(client_attack_test, a_preconfigured_one_is_armed_after_four_reports) {
  put(uut, 1, wanted("192.0.2.0/25", false));
  session_up(uut, 4, seen);
  session_down(uut, 4, session_end::lost);
  session_up(uut, 5, seen);
  observe(uut, 1, 1, seen);
  count(10);
  advance(301s);
  EXPECT_EQ(state(uut, 1), status::stopped);
  advance(60s);
  EXPECT_EQ(state(uut, 1), status::signal_loss);
  auto all = told(*seen);
  EXPECT_EQ(std::ranges::count(all, status::stopped), 4);
  EXPECT_EQ(all.back(), status::signal_loss);
  EXPECT_THAT(site->rules, IsEmpty());
}

TEST_F(client_attack_test, it_is_not_armed_while_the_signal_is_lost) {
  put(uut, 1, wanted("192.0.2.0/25", false));
  session_up(uut, 4, seen);
  session_down(uut, 4, session_end::lost);
  count(10);
  advance(1000s);
  EXPECT_EQ(state(uut, 1), status::stopped);
  EXPECT_THAT(site->rules, SizeIs(1))
      << "no second loss would start it if the attack went on";
  count(20);
  EXPECT_EQ(state(uut, 1), status::mitigated);
  advance(301s);
  session_up(uut, 5, seen);
  advance(60s);
  EXPECT_EQ(state(uut, 1), status::signal_loss);
}

} // namespace

} // namespace tocsin::actors
