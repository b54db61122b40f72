// Many clients that are lost together: what a flood does to a server.
#include "actors/mitigator.hpp"
#include "tests/actors/client_fixture.hpp"

namespace tocsin::actors {

namespace to_driver = mitigators::to_driver;
namespace to_node = mitigators::to_node;
using namespace std::chrono_literals;

namespace {

/// Enough to tell batches from single orders, and few enough for a second of
/// computing. `tools/bench` does it with ten thousand.
constexpr std::size_t many = 500;

/// A driver that takes its time for each order, whatever its size.
struct slow_driver {
  std::vector<mitigators::order> waiting;
  std::map<std::string, mitigators::rule> in_force;
  std::size_t installs = 0;
  std::function<void(std::string)> on_line;

  void say(const mitigators::report& x) {
    auto line = mitigators::encode(x);
    line.pop_back();
    on_line(line);
  }

  void carry_out() {
    for (auto& x : std::exchange(waiting, {})) {
      if (std::holds_alternative<to_driver::hello>(x))
        say(to_node::hello{});
      if (auto* sync = std::get_if<to_driver::sync>(&x))
        say(to_node::done{sync->seq, {}});
      if (auto* install = std::get_if<to_driver::install>(&x)) {
        ++installs;
        for (auto& rule : install->rules)
          in_force[rule.id] = rule;
        say(to_node::done{install->seq, {}});
      }
    }
  }
};

class slow_link final : public driver_link {
public:
  explicit slow_link(std::shared_ptr<slow_driver> to) : to_{std::move(to)} {}
  result<void> write(std::string lines) override {
    lines.pop_back();
    to_->waiting.push_back(*mitigators::decode_order(lines));
    return {};
  }

private:
  std::shared_ptr<slow_driver> to_;
};

class mass_loss_test : public client_fixture {
protected:
  mass_loss_test() {
    space = "10.0.0.0/8";
    start_registry();
    mitigator_setup setup;
    setup.name = "edge";
    setup.driver = "slow";
    setup.start = [driver =
                       driver](auto on_line,
                               auto) -> result<std::unique_ptr<driver_link>> {
      driver->on_line = on_line;
      return std::unique_ptr<driver_link>{std::make_unique<slow_link>(driver)};
    };
    auto uut = spawn(mitigator, setup);
    edge = caf::actor_cast<caf::actor>(uut);
    self->send(uut, atom::begin_v);
    sched.run();
    pass(1s);
    for (std::size_t i = 0; i < many; ++i) {
      auto cuid = "cuid-" + std::to_string(i);
      parties.push_back(start("customer-" + std::to_string(i % 20), cuid));
      auto address = "10.0." + std::to_string(i / 250) + '.'
                     + std::to_string(i % 250) + "/32";
      EXPECT_EQ(put(parties.back(), 1, wanted(address, false, 86400)).code,
                0x41);
      session_up(parties.back(), i + 1, seen);
    }
    EXPECT_TRUE(driver->in_force.empty());
  }

  /// Time in which the driver needs 100 ms for an order.
  void pass(std::chrono::milliseconds total) {
    for (auto t = 0ms; t < total; t += 100ms) {
      advance(100ms);
      driver->carry_out();
      sched.run();
    }
  }

  void lose_all(session_end how) {
    for (std::size_t i = 0; i < many; ++i)
      self->send(parties[i].handle, atom::gone_v, std::uint64_t{i + 1}, how);
    sched.run();
  }

  std::size_t mitigated() {
    std::size_t count = 0;
    for (const auto& x : parties) {
      auto view = ask<mitigation_view>(x.handle, atom::status_v, 1u);
      count += view && view->status == status::mitigated;
    }
    return count;
  }

  std::shared_ptr<slow_driver> driver = std::make_shared<slow_driver>();
  std::vector<party> parties;
};

/// The first order has what had arrived when it left, the next ones the rest.
constexpr std::size_t few_orders = 10;

// SIG-097
TEST_F(mass_loss_test, clients_that_are_lost_at_once_share_few_orders) {
  lose_all(session_end::lost);
  pass(5s);
  EXPECT_EQ(driver->in_force.size(), many);
  EXPECT_LE(driver->installs, few_orders);
  EXPECT_EQ(mitigated(), many);
}

// SIG-097, SIG-308
TEST_F(mass_loss_test, so_do_clients_whose_limits_run_out_together) {
  lose_all(session_end::failed);
  pass(449s);
  EXPECT_TRUE(driver->in_force.empty());
  pass(6s);
  EXPECT_EQ(driver->in_force.size(), many) << "5 s after the limit of 450 s";
  EXPECT_LE(driver->installs, few_orders);
  EXPECT_EQ(mitigated(), many);
}

} // namespace

} // namespace tocsin::actors
