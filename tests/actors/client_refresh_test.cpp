// A refresh meets a change of status.
#include "tests/actors/single_client_fixture.hpp"
#include "tests/actors/slow_keeper.hpp"

namespace tocsin::actors {

namespace {

using namespace std::chrono_literals;

class client_refresh_test : public single_client_fixture {
protected:
  client_refresh_test() {
    auto setup = std::make_shared<client_setup>();
    setup->who = customer;
    setup->cuid = "cuid-1";
    setup->usage = usage = std::make_shared<account>(customer->limits);
    setup->keeper = spawn(slow_keeper, store);
    setup->registry = spawn(registry, sig::conflict_rules{});
    setup->resolver = spawn(test::fake_resolver, names);
    edge = spawn(test::fake_mitigator, site);
    setup->mitigators.entries = {{"edge", caf::actor_cast<caf::actor>(edge)}};
    setup->clock = clock();
    uut = spawn(client, setup);
  }

  void begin(const sig::mitigation& x) {
    auto r = request(dots_request::method::put, 7);
    r.body = body(x);
    self->send(caf::actor_cast<caf::actor>(uut), atom::serve_v, std::move(r));
    sched.run();
  }

  void see(bool attack) {
    const auto& [rule, owner] = *site->owners.begin();
    caf::send_as(edge, caf::actor_cast<mitigation_actor>(owner),
                 atom::traffic_v, rule, attack);
    sched.run();
  }

  const storage::mitigation_record& stored() const {
    return store->mitigations.begin()->second;
  }

  mitigator_actor edge;
};

// The record of the change was made from what was there before the refresh,
// and written behind it: a restart would have ended the mitigation too early.
TEST_F(client_refresh_test, a_change_of_status_does_not_undo_it) {
  begin(wanted());
  advance(1s);
  ASSERT_EQ(store->mitigations.size(), 1u);
  auto first = stored().expires;
  advance(600s);
  begin(wanted()); // not yet durable
  see(true);
  see(false);
  advance(1s);
  EXPECT_EQ(stored().status, static_cast<std::uint8_t>(sig::status::stopped));
  EXPECT_GE(stored().expires, first + 600);
}

} // namespace

} // namespace tocsin::actors
