// What happens in a run.
#include "tests/sim/simulation.hpp"

#include <spdlog/fmt/fmt.h>

namespace tocsin::sim {

using namespace std::chrono_literals;

namespace {

/// After the troubled time: longer than a session may be silent, than the pause
/// between attempts to connect, and than the slowest repeat.
constexpr duration healing = 45min;

/// Before the end of that, when all report how well their mitigations work.
constexpr duration last_reports = 3min;

/// For graves to vanish (actors/client.hpp: five minutes, looked after every
/// five), and CLIENTs with them.
constexpr duration resting = 25min;

/// After the start of healing, when rules vanish in a run with that defect.
constexpr duration calm_enough = 20min;

constexpr duration between_inspections = 60s;

std::vector<link> paths_of(const plan& x, time_point born) {
  std::vector<link> out;
  for (const auto& client : x.clients) {
    std::vector<outage> outages;
    for (const auto& cut : client.outages)
      outages.push_back({born + cut.from, born + cut.until, cut.ways});
    udp_block block;
    if (client.udp_dies)
      block.from = born + *client.udp_dies;
    if (client.udp_returns)
      block.until = born + *client.udp_returns;
    out.emplace_back(client.path, std::move(outages), block);
  }
  return out;
}

protocol::signal::customer_table table_of(const plan& x) {
  return *protocol::signal::customer_table::make(x.customers);
}

} // namespace

simulation::simulation(std::uint64_t seed, const options& with)
    : seed_{seed}, options_{with}, plan_{draw(seed)}, world_{seed, with.trace},
      born_{world_.now()} {
  for (const auto& line : describe(plan_))
    world_.note(line);
  network_ = std::make_unique<network>(
      world_, paths_of(plan_, born_),
      protocol::signal::heartbeats_of(plan_.policy.defaults));
  server_node::settings server;
  server.customers = table_of(plan_);
  server.policy = plan_.policy;
  server.life.terminating = plan_.terminating;
  server.life.terminating_max = 2 * plan_.terminating;
  server.conflicts = plan_.conflicts;
  spoil(server);
  server_ = std::make_unique<server_node>(world_, *network_, server);
  server_->store().durable = [this](const storage::change& x) {
    ledger_.on_server_change(x);
  };
  server_->store().forgets = with.defect == sabotage::server_forgets;
  server_->device.keeps_rules = with.defect == sabotage::rules_stay;
  for (std::size_t i = 0; i < plan_.clients.size(); ++i) {
    const auto& x = plan_.clients[i];
    client_node::settings client;
    client.door = {i,        x.identity, "provider", plan_.policy,
                   x.wishes, x.udp_probe};
    client.cuid = x.cuid;
    client.customer = x.customer;
    auto& node = clients_.emplace_back(
        std::make_unique<client_node>(world_, *network_, client));
    node->store().durable = [this, cuid = x.cuid](const storage::change& y) {
      ledger_.on_client_change(cuid, y);
    };
    node->store().forgets = with.defect == sabotage::client_forgets;
  }
  hop_.emplace(make_hop());
  inspector_.emplace(*hop_);
  inspector_->watch();
}

hop simulation::make_hop() {
  hop x{{},       world_,           ledger_,         *network_,
        *server_, &server_->device, plan_.conflicts, plan_.terminating,
        {}};
  for (std::size_t i = 0; i < plan_.clients.size(); ++i) {
    const auto& client = plan_.clients[i];
    caller& who = x.callers.emplace_back();
    who.cuid = client.cuid;
    who.who = clients_[i].get();
    who.customer = &plan_.customers[client.customer];
    if (client.udp_dies && !client.udp_returns)
      who.transport = "simulated TLS";
    else if (client.udp_probe == protocol::signal::least_udp_probe)
      who.transport = "simulated DTLS";
  }
  return x;
}

simulation::~simulation() {
  for (auto& x : clients_)
    x->crash();
  server_->crash();
  operators_.end();
  world_.run_until(world_.now());
}

/// Settings of a server that does not do what its operator believes.
void simulation::spoil(server_node::settings& x) const {
  auto& missing = x.policy.defaults.missing_hb_allowed;
  if (options_.defect == sabotage::impatience)
    missing = 1;
  else if (options_.defect == sabotage::patience)
    missing *= 4;
  else if (options_.defect == sabotage::no_arbiter)
    x.conflicts.policy = protocol::signal::conflict_policy::accept_all;
}

void simulation::schedule() {
  server_->start();
  for (auto& x : clients_)
    x->start();
  for (const auto& x : plan_.crashes)
    schedule_downtime(x, *server_);
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    for (const auto& x : plan_.clients[i].crashes)
      schedule_downtime(x, *clients_[i]);
    schedule_orders(i);
  }
  for (auto when : plan_.driver_deaths)
    world_.at(time_of(when), [this] { server_->device.die(); });
  if (options_.defect == sabotage::rules_vanish)
    world_.at(time_of(plan_.length) + calm_enough,
              [this] { server_->device.lose_rules(); });
  for (const auto& x : plan_.device_failures) {
    world_.at(time_of(x.from), [this] { server_->device.set_working(false); });
    world_.at(time_of(x.until), [this] { server_->device.set_working(true); });
  }
}

void simulation::schedule_downtime(const downtime& x, node& who) {
  operators_.take_down(who, time_of(x.from), time_of(x.until), x.orderly);
}

void simulation::schedule_orders(std::size_t client) {
  for (const auto& x : plan_.clients[client].orders)
    world_.at(time_of(x.when), [this, client, &x] { give_order(client, x); });
}

void simulation::give_order(std::size_t client, const order_plan& x) {
  operators_.order(*clients_[client], x,
                   [this, client, &x](const actors::mitigation_view& view) {
                     auto mid = view.mid;
                     ledger_.acknowledged(plan_.clients[client].cuid, mid);
                     if (x.withdrawn)
                       world_.at(time_of(*x.withdrawn), [this, client, mid] {
                         withdraw(client, mid);
                       });
                     for (auto when : x.judged)
                       world_.at(time_of(when),
                                 [this, client, mid] { report(client, mid); });
                   });
}

void simulation::withdraw(std::size_t client, std::uint32_t mid) {
  operators_.withdraw(*clients_[client], mid);
}

void simulation::report(std::size_t client, std::uint32_t mid) {
  operators_.report(*clients_[client], {plan_.clients[client].cuid, mid},
                    ledger_);
}

/// From now on nothing disturbs anybody.
void simulation::heal() {
  world_.note("healed");
  network_->heal(options_.defect != sabotage::link_stays_dead);
  server_->device.set_working(true);
  if (!server_->alive())
    server_->start();
  for (auto& x : clients_)
    if (!x->alive())
      x->start();
}

void simulation::report_everything() {
  for (const auto& [which, x] : ledger_.orders())
    if (x.granted && !x.erased && !x.withdrawn)
      report(hop_->caller_of(which.first), which.second);
}

void simulation::withdraw_everything() {
  world_.note("all is withdrawn");
  for (const auto& [which, x] : ledger_.orders())
    if (!x.erased)
      withdraw(hop_->caller_of(which.first), which.second);
}

/// Lets time pass, and looks at the nodes now and then.
bool simulation::pass(duration x) {
  auto end = world_.now() + x;
  while (world_.now() < end) {
    auto step = std::min<duration>(between_inspections, end - world_.now());
    if (!world_.run_until(world_.now() + step))
      return false;
    inspector_->inspect();
  }
  return true;
}

outcome simulation::run() {
  schedule();
  bool rested = pass(plan_.length);
  if (rested) {
    heal();
    rested = pass(healing - last_reports);
  }
  if (rested) {
    report_everything();
    rested = pass(last_reports);
  }
  if (rested) {
    judge last{*hop_, operators_};
    auto all = last.hear();
    last.judge_sessions(all);
    last.judge_transports(all);
    last.judge_agreement(all);
    last.judge_reports(all);
    last.judge_rules(all);
    withdraw_everything();
    rested = pass(resting);
  }
  if (rested) {
    judge last{*hop_, operators_};
    last.judge_base(last.hear());
  }
  outcome x;
  x.seed = seed_;
  x.hash = world_.trace_hash();
  x.virtual_time = world_.elapsed();
  x.violations = world_.violations();
  x.datagrams = network_->datagrams();
  x.losses = network_->losses();
  for (const auto& [_, order] : ledger_.orders()) {
    ++x.orders;
    x.grants += order.granted.has_value();
    x.refusals += order.refused;
    x.superseded += order.superseded;
  }
  for (const auto& [_, grant] : ledger_.grants()) {
    x.triggered += grant.triggered;
    x.deactivated += grant.lost_conflicts;
  }
  x.reports = ledger_.reports().size();
  x.streams = network_->streams();
  return x;
}

outcome run(std::uint64_t seed, const options& with) {
  return simulation{seed, with}.run();
}

} // namespace tocsin::sim
