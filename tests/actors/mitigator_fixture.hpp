#pragma once
#include "actors/mitigator.hpp"
#include "tests/support/actor_fixture.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {

namespace to_driver = mitigators::to_driver;
namespace to_node = mitigators::to_node;

/// A driver program as the MITIGATOR sees it.
struct mitigator_driver {
  std::vector<mitigators::order> orders;
  std::function<void(std::string)> on_line;
  std::function<void(int)> on_exit;
  int starts = 0;
  int ends = 0;
  bool missing = false;

  void say(const mitigators::report& x) {
    auto line = mitigators::encode(x);
    line.pop_back();
    on_line(line);
  }
};

class mitigator_driver_link final : public driver_link {
public:
  explicit mitigator_driver_link(std::shared_ptr<mitigator_driver> to)
      : to_{std::move(to)} {}
  ~mitigator_driver_link() override { ++to_->ends; }
  result<void> write(std::string lines) override {
    lines.pop_back();
    to_->orders.push_back(*mitigators::decode_order(lines));
    return {};
  }

private:
  std::shared_ptr<mitigator_driver> to_;
};

/// Collects what a MITIGATION would hear.
using mitigator_reports = std::shared_ptr<std::vector<enforcement_report>>;

inline mitigation_actor::behavior_type rule_listener(mitigation_actor::pointer,
                                                     mitigator_reports heard) {
  return {
      [](atom::begin) {},
      [](atom::refresh, std::int64_t) {},
      [](atom::withdraw) {},
      [](atom::revoke, const std::string&) {},
      [](atom::lost) {},
      [](atom::report) {},
      [](atom::report, protocol::signal::attack_status) {},
      [](atom::hops, std::uint8_t) {},
      [](atom::decide, const operator_order&) {},
      [](atom::adopt, const mitigator_table&) {},
      [heard](atom::report, const enforcement_report& x) {
        heard->push_back(x);
      },
      [heard](atom::counters, const std::string& rule, std::uint64_t packets,
              std::uint64_t) {
        heard->push_back(
            {"counters", rule, {}, false, std::to_string(packets)});
      },
      [heard](atom::traffic, const std::string& rule, bool goes_on) {
        heard->push_back(
            {"attack", rule, {}, false, goes_on ? "ongoing" : "stopped"});
      },
      [](atom::status) { return mitigation_view{}; },
      [](atom::tick, std::uint64_t) {},
  };
}

/// The owner of filter sets: counters are noted as reports, "PACKETS" each.
inline filter_owner_actor::behavior_type
filter_set_listener(filter_owner_actor::pointer, mitigator_reports heard) {
  return {
      [heard](atom::report, const enforcement_report& x) {
        heard->push_back(x);
      },
      [heard](atom::counters,
              const std::vector<mitigators::entry_counters>& xs) {
        for (const auto& x : xs)
          heard->push_back({"counters",
                            x.set + "/" + x.entry,
                            {},
                            false,
                            std::to_string(x.packets)});
      },
  };
}

/// A MITIGATOR, its driver, and the owners of what it enforces.
class mitigator_fixture : public test::actor_fixture {
protected:
  using state = enforcement_report::state;

  mitigator_fixture() {
    mitigator_setup setup;
    setup.name = "edge";
    setup.driver = "fake";
    setup.node = "n1";
    setup.start = [driver = driver](
                      auto on_line,
                      auto on_exit) -> result<std::unique_ptr<driver_link>> {
      ++driver->starts;
      if (driver->missing)
        return fail(ec::not_found, "driver", "no such program");
      driver->on_line = on_line;
      driver->on_exit = on_exit;
      return std::unique_ptr<driver_link>{
          std::make_unique<mitigator_driver_link>(driver)};
    };
    setup.on_abilities = [this](const protocol::data::filter_abilities& x) {
      abilities.push_back(x);
    };
    uut = spawn(mitigator, setup);
    owner = spawn(rule_listener, heard);
    filter_owner = spawn(filter_set_listener, heard);
  }

  static mitigators::filter_set filters(const std::string& id,
                                        std::uint64_t rate = 9) {
    mitigators::filter_entry entry;
    entry.id = "1";
    entry.destinations = {*protocol::signal::prefix::parse("192.0.2.1/32")};
    entry.what = mitigators::filter_action::rate;
    entry.rate = rate;
    return {id, {entry}, "customer", "cuid"};
  }

  void install_filters(mitigators::filter_set x) {
    self->send(uut, atom::install_v, std::move(x),
               caf::actor_cast<caf::strong_actor_ptr>(filter_owner));
    sched.run();
  }

  static to_node::hello able() {
    to_node::hello x;
    x.filters = true;
    return x;
  }

  static mitigators::rule rule(const std::string& id) {
    mitigators::rule x;
    x.id = id;
    x.prefixes = {*protocol::signal::prefix::parse("192.0.2.1/32")};
    return x;
  }

  void install(const std::string& id, std::uint32_t value = 0) {
    auto wanted = rule(id);
    wanted.value = value;
    self->send(uut, atom::install_v, std::move(wanted),
               caf::actor_cast<caf::strong_actor_ptr>(owner));
    sched.run();
  }

  void withdraw(const std::string& id) {
    self->send(uut, atom::withdraw_v, id);
    sched.run();
  }

  void say(const mitigators::report& x) {
    driver->say(x);
    sched.run();
  }

  template <class T>
  T last() {
    EXPECT_FALSE(driver->orders.empty());
    auto* x = std::get_if<T>(&driver->orders.back());
    EXPECT_NE(x, nullptr);
    return x ? *x : T{};
  }

  /// The driver has no room for what it was last told to install.
  void refuse_all() {
    auto order = last<to_driver::install>();
    to_node::done answer{order.seq, {}};
    for (const auto& x : order.rules)
      answer.failures.push_back({x.id, ec::too_large, "full"});
    say(answer);
  }

  template <class Order>
  static std::vector<std::string> ids(const Order& x) {
    std::vector<std::string> out;
    for (const auto& one : x.rules)
      out.push_back(one.id);
    return out;
  }

  void bring_up() {
    self->send(uut, atom::begin_v);
    sched.run();
    say(able());
    say(to_node::done{last<to_driver::sync>().seq, {}});
  }

  mitigator_view view() { return *ask<mitigator_view>(uut, atom::status_v); }

  std::shared_ptr<mitigator_driver> driver =
      std::make_shared<mitigator_driver>();
  std::vector<protocol::data::filter_abilities> abilities; ///< as it was told
  mitigator_reports heard = std::make_shared<std::vector<enforcement_report>>();
  mitigator_actor uut;
  mitigation_actor owner;
  filter_owner_actor filter_owner;
};

} // namespace tocsin::actors
