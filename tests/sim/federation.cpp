// What a federation consists of.
#include "tests/sim/federation.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace tocsin::sim {

namespace sig = protocol::signal;

namespace {

link path_of(const uplink& x, time_point born) {
  std::vector<outage> outages;
  for (const auto& cut : x.partitions)
    outages.push_back({born + cut.from, born + cut.until, cut.ways});
  udp_block block;
  if (x.udp_dies)
    block.from = born + *x.udp_dies;
  if (x.udp_returns)
    block.until = born + *x.udp_returns;
  return {x.path, std::move(outages), block};
}

sig::customer customer_of(const member& x) {
  sig::customer out;
  out.name = x.name;
  out.identities.dns_names = {x.name + ".example"};
  out.prefixes = x.prefixes;
  if (x.unknown_prefix && !out.prefixes.empty())
    out.prefixes.pop_back();
  out.limits.lifetime.allow_indefinite = x.indefinite;
  return out;
}

} // namespace

federation::federation(std::uint64_t seed, const options& with)
    : seed_{seed}, options_{with}, plan_{draw_federation(seed, with.loops)},
      world_{seed, with.trace}, born_{world_.now()},
      stations_(plan_.members.size()), nodes_(plan_.members.size()),
      customers_(plan_.members.size()), inspected_{born_} {
  for (const auto& line : describe(plan_))
    world_.note(line);
  for (auto i : stations())
    build_station(i);
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    build_node(i);
  for (auto i : stations())
    build_hop(i);
}

federation::~federation() {
  for (auto& x : nodes_)
    x->crash();
  operators_.end();
  world_.run_until(world_.now());
}

void federation::build_station(std::size_t i) {
  const auto& me = plan_.members[i];
  auto& x = stations_[i];
  std::vector<link> paths;
  for (auto other : plan_.callers_of(i)) {
    paths.push_back(path_of(*plan_.members[other].up, born_));
    customers_[i].push_back(customer_of(plan_.members[other]));
  }
  x.net = std::make_unique<network>(
      world_, std::move(paths), sig::heartbeats_of(me.serves->policy.defaults),
      me.name);
  x.book = std::make_unique<ledger>(world_, me.name);
}

void federation::build_node(std::size_t i) {
  const auto& me = plan_.members[i];
  member_node::settings x;
  x.name = me.name;
  if (me.serves) {
    auto& to = x.serves.emplace();
    to.net = stations_[i].net.get();
    to.customers = *sig::customer_table::make(customers_[i]);
    to.policy = me.serves->policy;
    to.life.terminating = me.serves->terminating;
    to.life.terminating_max = 2 * me.serves->terminating;
    to.conflicts = me.serves->conflicts;
    to.device = me.serves->device;
    to.relay = options_.defect != sabotage::no_relay;
    to.when = me.serves->when;
    if (to.when && options_.defect == sabotage::clinging)
      to.when->hold = std::chrono::hours{24};
    to.relay_lifetime = me.serves->relay_lifetime;
  }
  if (me.up) {
    const auto& there = plan_.members[me.up->to];
    auto& to = x.up.emplace();
    to.net = stations_[me.up->to].net.get();
    to.door = {place_of(i),
               me.name + ".example",
               plan_.upstream_of(i),
               there.serves->policy,
               me.up->wishes,
               me.up->udp_probe,
               me.name};
  }
  nodes_[i] = std::make_unique<member_node>(world_, std::move(x));
  auto& disk = nodes_[i]->store();
  disk.durable = [this, i](const storage::change& y) { on_durable(i, y); };
  bool forgets = me.serves ? options_.defect == sabotage::server_forgets
                           : options_.defect == sabotage::client_forgets;
  disk.forgets = forgets;
  nodes_[i]->device.keeps_rules = options_.defect == sabotage::rules_stay;
}

void federation::build_hop(std::size_t i) {
  const auto& serves = *plan_.members[i].serves;
  auto& to = stations_[i];
  auto* device = serves.device ? &nodes_[i]->device : nullptr;
  to.here = std::make_unique<hop>(hop{plan_.members[i].name,
                                      world_,
                                      *to.book,
                                      *to.net,
                                      *nodes_[i],
                                      device,
                                      serves.conflicts,
                                      serves.terminating,
                                      {}});
  to.here->sessions_beyond = plan_.members[i].up ? 1 : 0;
  auto others = plan_.callers_of(i);
  for (std::size_t k = 0; k < others.size(); ++k) {
    const auto& other = plan_.members[others[k]];
    caller who{other.name, nodes_[others[k]].get(), &customers_[i][k], {}};
    if (other.up->udp_dies && !other.up->udp_returns)
      who.transport = "simulated TLS";
    else if (other.up->udp_probe == sig::least_udp_probe)
      who.transport = "simulated DTLS";
    to.here->callers.push_back(who);
  }
  to.watch = std::make_unique<inspector>(*to.here);
  to.watch->watch();
}

/// A gateway's disk holds both sides: what it asks for bears the name of its
/// server, where a customer's stands in what it grants.
void federation::on_durable(std::size_t node, const storage::change& x) {
  const auto& me = plan_.members[node];
  auto server = me.up ? plan_.upstream_of(node) : std::string{};
  bool asked = !me.serves;
  changes_ += !std::holds_alternative<storage::append_audit>(x);
  if (auto* put = std::get_if<storage::put_mitigation>(&x))
    asked = put->record.key.customer == server;
  else if (auto* gone = std::get_if<storage::erase_mitigation>(&x))
    asked = gone->key.customer == server;
  else if (auto* audit = std::get_if<storage::append_audit>(&x))
    asked = asked || audit->event.actor == server;
  if (asked) {
    stations_[me.up->to].book->on_client_change(me.name, x);
    return;
  }
  if (auto* put = std::get_if<storage::put_mitigation>(&x))
    judge_renewal(node, put->record);
  stations_[node].book->on_server_change(x);
}

std::size_t federation::number_of(const std::string& name) const {
  auto i = std::ranges::find(plan_.members, name, &member::name);
  return static_cast<std::size_t>(i - plan_.members.begin());
}

std::size_t federation::place_of(std::size_t node) const {
  auto all = plan_.callers_of(plan_.members[node].up->to);
  return static_cast<std::size_t>(std::ranges::find(all, node) - all.begin());
}

std::vector<std::size_t> federation::stations() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < plan_.members.size(); ++i)
    if (plan_.members[i].serves)
      out.push_back(i);
  return out;
}

/// Servers on the longest way from a client to the server.
std::size_t federation::levels() const {
  std::size_t most = 1;
  for (std::size_t i = 1; i < plan_.members.size(); ++i) {
    std::size_t n = 1;
    for (auto at = plan_.members[i].up->to; at != 0; ++n)
      at = plan_.members[at].up->to;
    most = std::max(most, n);
  }
  return most;
}

outcome run_federation(std::uint64_t seed, const options& with) {
  return federation{seed, with}.run();
}

} // namespace tocsin::sim
