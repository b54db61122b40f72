// MITIGATIONs that call others for help (RFC 8811, Section 3.2.3).
#include "tests/actors/single_client_fixture.hpp"

namespace tocsin::actors {

namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using progress = enforcement_report::state;

/// A mitigator "edge", and "transit", which is called for help only.
class client_help_test : public single_client_fixture {
protected:
  void begin(const sig::escalation_settings& when) {
    far->silent = true; // the test speaks for it
    auto setup = std::make_shared<client_setup>();
    setup->who = customer;
    setup->cuid = "cuid-1";
    setup->usage = usage = std::make_shared<account>(customer->limits);
    setup->keeper = spawn(test::fake_keeper, store);
    setup->registry = spawn(registry, sig::conflict_rules{});
    setup->resolver = spawn(test::fake_resolver, names);
    edge = spawn(test::fake_mitigator, site);
    transit = spawn(test::fake_mitigator, far);
    setup->mitigators.entries = {
        {"edge", caf::actor_cast<caf::actor>(edge), 1, {}},
        {"transit", caf::actor_cast<caf::actor>(transit), 1, when}};
    setup->clock = clock();
    uut = spawn(client, setup);
    put(7, wanted());
  }

  mitigation_actor owner() {
    return caf::actor_cast<mitigation_actor>(site->owners.begin()->second);
  }
  std::string rule() { return site->owners.begin()->first; }

  void overload(bool yes) {
    caf::send_as(edge, owner(), atom::report_v,
                 enforcement_report{"edge", rule(),
                                    yes ? progress::failed : progress::active,
                                    yes, "", false});
    sched.run();
  }

  void helper_says(progress what) {
    caf::send_as(transit, owner(), atom::report_v,
                 enforcement_report{"transit", rule(), what, false, "", false});
    sched.run();
  }

  void helper_sees(bool attack) {
    caf::send_as(transit, owner(), atom::traffic_v, rule(), attack);
    sched.run();
  }

  void report(sig::attack_status what) {
    auto x = wanted();
    x.attack = what;
    auto r = request(dots_request::method::put, 7);
    r.body = body(x);
    r.if_match = true;
    send(r);
  }

  mitigation_view view() {
    auto x = ask<mitigation_view>(uut, atom::status_v, std::uint32_t{7});
    EXPECT_TRUE(x);
    return x ? *x : mitigation_view{};
  }

  std::string state_of(const std::string& mitigator) {
    for (const auto& x : view().enforcement)
      if (x.mitigator == mitigator)
        return x.state;
    return {};
  }

  mitigator_actor edge, transit;
  std::shared_ptr<test::fake_site> far = std::make_shared<test::fake_site>();
};

TEST_F(client_help_test, nobody_is_called_without_need) {
  begin({.when_overloaded = true});
  EXPECT_THAT(far->journal, IsEmpty());
  EXPECT_EQ(view().status, sig::status::mitigated);
  EXPECT_EQ(state_of("transit"), "resting");
}

// USE-035, USE-042, ARCH-012, ARCH-136, ARCH-141, ARCH-143
TEST_F(client_help_test, an_overloaded_mitigator_is_helped) {
  begin({.when_overloaded = true});
  overload(true);
  EXPECT_THAT(far->journal, ElementsAre("install " + rule()));
  EXPECT_NE(view().status, sig::status::exceeded_capability)
      << "help is on its way";
  EXPECT_THAT(view().note, HasSubstr("transit is called for help"));
  helper_says(progress::active);
  EXPECT_EQ(view().status, sig::status::mitigated);
  overload(true); // says it again
  EXPECT_EQ(view().status, sig::status::mitigated);
}

TEST_F(client_help_test, help_that_fails_is_no_help) {
  begin({.when_overloaded = true});
  overload(true);
  helper_says(progress::failed);
  EXPECT_EQ(view().status, sig::status::exceeded_capability);
}

// ARCH-137
TEST_F(client_help_test, what_is_too_much_for_all_is_not_given_up) {
  begin({.when_overloaded = true});
  overload(true);
  helper_says(progress::failed);
  site->silent = true; // it is as full when it is tried again
  advance(30min);
  EXPECT_EQ(view().status, sig::status::exceeded_capability);
  EXPECT_THAT(site->journal, Not(Contains(HasSubstr("withdraw"))));
  EXPECT_TRUE(site->rules.contains(rule()));
}

TEST_F(client_help_test, it_is_let_go_when_it_is_not_needed) {
  begin({.when_overloaded = true, .hold = 60s});
  overload(true);
  helper_says(progress::active);
  helper_sees(true);
  overload(false);
  advance(600s);
  EXPECT_EQ(state_of("transit"), "active") << "the attack goes on there";
  helper_sees(false);
  advance(61s);
  EXPECT_THAT(far->journal, Contains("withdraw " + rule()));
  EXPECT_EQ(state_of("transit"), "resting");
  EXPECT_EQ(view().status, sig::status::stopped);
}

// USE-013, USE-015, USE-035, ARCH-002, ARCH-136, ARCH-139, ARCH-186
TEST_F(client_help_test, a_large_attack_is_met_together) {
  begin({.above = 1000});
  caf::send_as(edge, owner(), atom::counters_v, rule(), std::uint64_t{1},
               std::uint64_t{100});
  sched.run();
  EXPECT_THAT(far->journal, IsEmpty());
  advance(10s);
  caf::send_as(edge, owner(), atom::counters_v, rule(), std::uint64_t{100'000},
               std::uint64_t{100'000'000});
  sched.run();
  EXPECT_THAT(far->journal, ElementsAre("install " + rule()));
}

// USE-037
TEST_F(client_help_test, a_client_that_stays_under_attack_is_helped) {
  begin({.ineffective_after = 120s});
  report(sig::attack_status::under_attack);
  EXPECT_THAT(far->journal, IsEmpty());
  advance(121s);
  EXPECT_THAT(far->journal, ElementsAre("install " + rule()));
}

// USE-044, ARCH-145
TEST_F(client_help_test, the_end_of_the_request_ends_the_help) {
  begin({.when_overloaded = true});
  overload(true);
  helper_says(progress::active);
  remove(7);
  advance(400s);
  EXPECT_THAT(far->journal, Contains("withdraw " + rule()));
}

} // namespace

} // namespace tocsin::actors
