// MITIGATIONs whose mitigators differ: what one of them could not do is tried
// again, whatever the others do.
#include "tests/actors/single_client_fixture.hpp"

#include <algorithm>

namespace tocsin::actors {

namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::Not;
using progress = enforcement_report::state;

/// "edge" and "transit", for which the test speaks.
class client_repair_test : public single_client_fixture {
protected:
  void begin(std::optional<sig::escalation_settings> when = {},
             bool alone = false) {
    site->silent = far->silent = true;
    auto setup = std::make_shared<client_setup>();
    setup->who = customer;
    setup->cuid = "cuid-1";
    setup->usage = usage = std::make_shared<account>(customer->limits);
    setup->keeper = spawn(test::fake_keeper, store);
    setup->registry = spawn(registry, sig::conflict_rules{});
    setup->resolver = spawn(test::fake_resolver, names);
    setup->mitigators.entries = {
        {"edge",
         caf::actor_cast<caf::actor>(spawn(test::fake_mitigator, site)),
         1,
         {}}};
    if (!alone)
      setup->mitigators.entries.push_back(
          {"transit",
           caf::actor_cast<caf::actor>(spawn(test::fake_mitigator, far)), 1,
           when});
    setup->clock = clock();
    uut = spawn(client, setup);
    put(7, wanted());
  }

  void say(const std::string& mitigator, progress what,
           bool overloaded = false) {
    const auto& [rule, owner] = *site->owners.begin();
    self->send(
        caf::actor_cast<mitigation_actor>(owner), atom::report_v,
        enforcement_report{mitigator, rule, what, overloaded, "", false});
    sched.run();
  }

  std::size_t attempts() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(site->journal, [](const std::string& x) {
          return x.starts_with("install");
        }));
  }

  sig::status status() {
    auto x = ask<mitigation_view>(uut, atom::status_v, std::uint32_t{7});
    return x ? x->status : sig::status::withdrawn;
  }

  std::shared_ptr<test::fake_site> far = std::make_shared<test::fake_site>();
};

TEST_F(client_repair_test, what_failed_beside_another_is_tried_again) {
  begin();
  say("transit", progress::active);
  say("edge", progress::failed);
  EXPECT_EQ(status(), sig::status::mitigated);
  EXPECT_EQ(attempts(), 1u);
  advance(2s);
  EXPECT_EQ(attempts(), 2u);
  say("edge", progress::failed);
  advance(2100ms);
  EXPECT_EQ(attempts(), 3u);
  say("edge", progress::active);
  advance(120s);
  EXPECT_EQ(attempts(), 3u);
}

TEST_F(client_repair_test, who_is_helped_tries_to_do_without) {
  begin(sig::escalation_settings{.when_overloaded = true, .hold = 60s});
  say("edge", progress::failed, true);
  say("transit", progress::active);
  advance(2s);
  EXPECT_EQ(attempts(), 2u);
  say("edge", progress::active);
  advance(61s);
  EXPECT_THAT(far->journal,
              Contains("withdraw " + site->owners.begin()->first));
  EXPECT_EQ(status(), sig::status::mitigated);
}

TEST_F(client_repair_test, who_was_overloaded_is_tried_again) {
  begin({}, true);
  say("edge", progress::failed, true);
  EXPECT_EQ(status(), sig::status::exceeded_capability);
  advance(2s);
  EXPECT_EQ(attempts(), 2u);
  say("edge", progress::active);
  EXPECT_EQ(status(), sig::status::mitigated);
}

TEST_F(client_repair_test, nothing_is_tried_after_the_end) {
  begin();
  say("transit", progress::active);
  say("edge", progress::failed);
  remove(7);
  advance(121s);
  auto before = attempts();
  advance(121s);
  EXPECT_EQ(attempts(), before);
}

} // namespace

} // namespace tocsin::actors
