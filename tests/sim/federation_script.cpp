// What happens in a federation.
#include "protocol/signal/hop_limit.hpp"
#include "tests/sim/federation.hpp"

#include <spdlog/fmt/fmt.h>

namespace tocsin::sim {

using namespace std::chrono_literals;

namespace {

/// After the troubled time: longer than a session may be silent, than the pause
/// between attempts to connect, and than the slowest repeat; and for each hop
/// more, what may wait for the one before: a pause between attempts of the
/// RELAY, the end of an attack, the hold of help.
constexpr duration healing = 45min;
constexpr duration healing_per_hop = 15min;

/// Before the end of that, when all report how well their mitigations work.
constexpr duration last_reports = 3min;

/// For graves to vanish (actors/client.hpp: five minutes, looked after every
/// five), and CLIENTs with them, one hop after the other.
constexpr duration resting = 25min;
constexpr duration resting_per_hop = 10min;

/// In a loop each request comes back as often as its Hop-Limit allows, and each
/// of these goes a terminating period after the one before.
constexpr duration unwinding =
    protocol::signal::default_hop_limit * duration{6min};

constexpr duration between_inspections = 60s;

} // namespace

void federation::schedule() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i]->start();
    for (const auto& x : plan_.members[i].crashes)
      schedule_downtime(x, i);
    for (const auto& x : plan_.members[i].deaths)
      world_.at(time_of(x.when),
                [this, i, &x] { nodes_[i]->lose_part(x.part); });
    for (const auto& x : plan_.members[i].orders)
      world_.at(time_of(x.when), [this, i, &x] { give_order(i, x); });
    if (plan_.members[i].serves && plan_.members[i].serves->device)
      schedule_site(i);
  }
  schedule_lulls();
}

void federation::schedule_downtime(const downtime& x, std::size_t node) {
  operators_.take_down(*nodes_[node], time_of(x.from), time_of(x.until),
                       x.orderly);
}

void federation::schedule_site(std::size_t node) {
  auto& device = nodes_[node]->device;
  const auto& x = *plan_.members[node].serves;
  for (auto when : x.driver_deaths)
    world_.at(time_of(when), [&device] { device.die(); });
  for (const auto& y : x.device_failures) {
    world_.at(time_of(y.from), [&device] { device.set_working(false); });
    world_.at(time_of(y.until), [&device] { device.set_working(true); });
  }
  for (const auto& y : x.overloads) {
    world_.at(time_of(y.from), [&device] { device.set_overloaded(true); });
    world_.at(time_of(y.until), [&device] { device.set_overloaded(false); });
  }
}

void federation::schedule_lulls() {
  for (const auto& x : plan_.lulls) {
    world_.at(time_of(x.from), [this] { set_attacked(false); });
    world_.at(time_of(x.until), [this] { set_attacked(true); });
  }
}

void federation::set_attacked(bool value) {
  world_.note(value ? "the attack goes on" : "the attack has stopped");
  for (auto& x : nodes_)
    x->device.set_attacked(value);
  for (auto i : stations())
    stations_[i].here->lull = !value;
}

void federation::give_order(std::size_t node, const order_plan& x) {
  operators_.order(
      *nodes_[node], x, [this, node, &x](const actors::mitigation_view& view) {
        const auto& me = plan_.members[node];
        auto mid = view.mid;
        stations_[me.up->to].book->acknowledged(me.name, mid);
        if (x.withdrawn)
          world_.at(time_of(*x.withdrawn),
                    [this, node, mid] { withdraw(node, mid); });
        for (auto when : x.judged)
          world_.at(time_of(when), [this, node, mid] { report(node, mid); });
      });
}

void federation::withdraw(std::size_t node, std::uint32_t mid) {
  operators_.withdraw(*nodes_[node], mid);
}

void federation::report(std::size_t node, std::uint32_t mid) {
  const auto& me = plan_.members[node];
  operators_.report(*nodes_[node], {me.name, mid}, *stations_[me.up->to].book);
}

/// Of operators; what gateways ask for is theirs.
void federation::for_all_orders(bool granted,
                                void (federation::*what)(std::size_t,
                                                         std::uint32_t)) {
  for (auto i : stations())
    for (const auto& [which, x] : stations_[i].book->orders()) {
      auto node = number_of(which.first);
      bool skip = granted ? !x.granted || x.withdrawn : false;
      if (!plan_.members[node].serves && !x.erased && !skip)
        (this->*what)(node, which.second);
    }
}

/// From now on nothing disturbs anybody.
void federation::heal() {
  world_.note("healed");
  for (auto i : stations()) {
    stations_[i].net->heal(options_.defect != sabotage::link_stays_dead);
    nodes_[i]->device.set_working(true);
    nodes_[i]->device.set_overloaded(false);
  }
  set_attacked(!plan_.ends_in_peace);
  for (auto& x : nodes_)
    if (!x->alive())
      x->start();
}

/// Lets time pass, and looks at the nodes now and then.
bool federation::pass(duration x) {
  auto end = world_.now() + x;
  while (world_.now() < end) {
    auto step = std::min<duration>(between_inspections, end - world_.now());
    if (!world_.run_until(world_.now() + step))
      return false;
    inspect();
  }
  return true;
}

outcome federation::run() {
  schedule();
  auto hops = static_cast<int>(levels()) - 1;
  auto more = plan_.loop ? unwinding : duration::zero();
  bool rested = pass(plan_.length);
  if (rested) {
    heal();
    rested = pass(healing + hops * healing_per_hop + more - last_reports);
  }
  if (rested) {
    for_all_orders(true, &federation::report);
    rested = pass(last_reports);
  }
  if (rested) {
    judge_hops(hear());
    world_.note("all is withdrawn");
    for_all_orders(false, &federation::withdraw);
    rested = pass(resting + hops * resting_per_hop + more);
  }
  if (rested) {
    auto all = hear();
    for (auto i : stations())
      judge{*stations_[i].here, operators_}.judge_base(*all[i]);
  }
  outcome x;
  x.seed = seed_;
  count(x);
  return x;
}

void federation::count(outcome& to) const {
  auto& in = const_cast<world&>(world_); // its clock is not const
  to.hash = in.trace_hash();
  to.virtual_time = in.elapsed();
  to.violations = in.violations();
  for (auto i : stations()) {
    const auto& x = stations_[i];
    to.datagrams += x.net->datagrams();
    to.losses += x.net->losses();
    to.streams += x.net->streams();
    to.reports += x.book->reports().size();
    for (const auto& [which, order] : x.book->orders()) {
      const auto& who = plan_.members[number_of(which.first)];
      ++to.orders;
      to.grants += order.granted.has_value();
      to.refusals += order.refused;
      to.superseded += order.superseded;
      bool relayed = who.serves && order.granted;
      to.relayed += relayed;
      to.helped += relayed && who.serves->when;
    }
    for (const auto& [_, grant] : x.book->grants()) {
      to.triggered += grant.triggered;
      to.deactivated += grant.lost_conflicts;
    }
  }
}

} // namespace tocsin::sim
