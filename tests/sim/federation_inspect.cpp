// What must hold across the hops of a federation while a run lasts: nothing
// outlives its cause by more than the configuration says.
#include "actors/client_flags.hpp"
#include "actors/relay.hpp"
#include "protocol/signal/hop_limit.hpp"
#include "protocol/signal/scope.hpp"
#include "tests/sim/federation.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace tocsin::sim {

namespace sig = protocol::signal;
using namespace std::chrono_literals;

namespace {

/// From one actor of a node to the next, to the disk, and from one look at them
/// to the next.
constexpr duration patience = 90s;

/// In which a node learns what its server does, when the way is open: a session
/// is found dead, and the pause before the next attempt passes (RFC 9132,
/// Section 4.7: 300 s); on bad lines more than once.
constexpr duration word_gets_round = 30min;

/// In which a request that was sent before its withdrawal may still arrive.
constexpr duration on_its_way = 3min;

bool wants_force(const grant_history& x) {
  return x.present && !x.suspended && x.running;
}

sig::target target_of(const mitigators::rule& x) {
  return {x.prefixes, x.ports, x.protocols, {}, {}, {}};
}

} // namespace

void federation::inspect() {
  auto step = world_.now() - inspected_;
  inspected_ = world_.now();
  for (auto i : stations()) {
    stations_[i].watch->inspect();
    if (plan_.asks_upstream(i))
      inspect_wishes(i, step);
    if (plan_.members[i].serves->device)
      inspect_rules(i, step);
    inspect_promises(i, step);
  }
}

/// All who would have to end something there have been up for a while.
bool federation::calm_behind(std::size_t node) const {
  auto all = plan_.behind(node);
  all.push_back(node);
  return std::ranges::all_of(all, [this](std::size_t i) {
    return !plan_.members[i].serves || nodes_[i]->age() >= calm;
  });
}

/// Some request that it has granted is to be in force, or still is for its
/// terminating period.
bool federation::wanted_at(std::size_t node, const sig::target& what) const {
  return std::ranges::any_of(
      stations_[node].book->grants(), [&](const auto& x) {
        return wants_force(x.second) && sig::overlaps(x.second.what, what);
      });
}

/// Some client's request, granted by its own server and not withdrawn, is
/// there and may be what this is in force for.
bool federation::caused(std::size_t node, const sig::target& what) const {
  auto all = plan_.behind(node);
  all.push_back(node);
  for (auto i : all) {
    if (!plan_.members[i].serves)
      continue;
    for (const auto& [which, x] : stations_[i].book->grants())
      if (!plan_.members[number_of(which.first)].serves && wants_force(x)
          && !x.grave && sig::overlaps(x.what, what))
        return true;
  }
  return false;
}

/// For how long at most something may be in force at a node that has lost its
/// cause: at each hop the terminating period, which re-requests double; and
/// where a gateway asks another server, that which it takes for a RELAY to find
/// out, and the lifetime of its request, should it be cut off.
duration federation::hold_of(std::size_t node) const {
  const auto& me = *plan_.members[node].serves;
  duration longest{};
  for (auto i : plan_.callers_of(node))
    if (const auto& other = plan_.members[i]; other.serves && i > node)
      longest = std::max<duration>(longest, hold_of(i) + actors::relay_grace
                                                + patience
                                                + other.serves->relay_lifetime);
  return longest + 2 * me.terminating + patience;
}

/// In a loop, as often as a request may go round.
duration federation::longest_hold(std::size_t node) const {
  if (!plan_.loop)
    return hold_of(node);
  duration once{};
  for (auto i : stations())
    once = std::max(once, hold_of(i));
  return sig::default_hop_limit * once;
}

/// A gateway withdraws at once what none of those who call it wants any more,
/// whether its server hears that or not.
void federation::inspect_wishes(std::size_t node, duration step) {
  const auto& me = plan_.members[node];
  bool here = nodes_[node]->age() >= calm;
  for (const auto& [which, x] : stations_[me.up->to].book->orders()) {
    if (which.first != me.name)
      continue;
    std::pair key{node, which.second};
    if (x.erased || x.withdrawn || x.refused
        || wanted_at(node, x.request.what)) {
      wishes_.erase(key);
      continue;
    }
    if (here)
      grow_old(wishes_[key], step, actors::relay_grace + patience,
               text(which) + " is asked for, yet nobody wants it");
  }
}

/// Nothing outlives its cause by more than the hold, wherever the network is
/// cut and whoever dies.
void federation::inspect_rules(std::size_t node, duration step) {
  const auto& device = nodes_[node]->device;
  bool here = calm_behind(node) && device.steady() >= calm;
  std::erase_if(rules_, [&](const auto& x) {
    return x.first.first == node && !device.rules().contains(x.first.second);
  });
  for (const auto& [id, rule] : device.rules()) {
    std::pair key{node, id};
    if (caused(node, target_of(rule)))
      rules_.erase(key);
    else if (here)
      grow_old(rules_[key], step, longest_hold(node),
               fmt::format("{} enforces {}/{}, which has lost its cause",
                           plan_.members[node].name, rule.cuid, rule.mid));
  }
}

/// All who a request passes from here on are up, and can be reached.
bool federation::open_above(std::size_t node) const {
  for (auto at = node;;) {
    const auto& device = nodes_[at]->device;
    if (nodes_[at]->age() < calm
        || (plan_.members[at].serves->device && device.steady() < calm))
      return false;
    if (!plan_.asks_upstream(at))
      return true;
    auto next = plan_.members[at].up->to;
    if (!stations_[next].net->open_between(place_of(at)))
      return false;
    at = next;
    if (at == node)
      return true;
  }
}

/// What a node tells is in force is in force at some device on the way.
void federation::inspect_promises(std::size_t node, duration step) {
  const auto& me = plan_.members[node];
  for (const auto& [key, x] : nodes_[node]->store().mitigations) {
    ledger::name which{key.cuid, key.mid};
    auto grant = stations_[node].book->grants().find(which);
    bool asked = me.up && key.customer == plan_.upstream_of(node);
    if (asked || grant == stations_[node].book->grants().end())
      continue;
    auto status = static_cast<sig::status>(x.status);
    bool told =
        status == sig::status::mitigated || status == sig::status::stopped;
    if (!told || !wants_force(grant->second) || grant->second.armed
        || in_force_somewhere(number_of(key.cuid), grant->second.what))
      promises_.erase(which);
    else if (open_above(node))
      grow_old(promises_[which], step, word_gets_round,
               text(which) + " is told to be in force, but is nowhere");
  }
}

void federation::grow_old(orphan& x, duration step, duration limit,
                          const std::string& what) {
  x.age += step;
  if (x.age <= limit || std::exchange(x.reported, true))
    return;
  world_.violate(fmt::format("{} for {}; {} are allowed", what, to_text(x.age),
                             to_text(limit)));
}

/// What is to be withdrawn is not renewed.
void federation::judge_renewal(std::size_t server,
                               const storage::mitigation_record& x) {
  const auto& book = *stations_[server].book;
  ledger::name which{x.key.cuid, x.key.mid};
  auto order = stations_[server].book->orders().find(which);
  auto grant = book.grants().find(which);
  if (x.status == static_cast<std::uint8_t>(sig::status::terminated)
      || (x.flags & actors::flag_suspended) != 0)
    return; // the end is that of its grave, or of its conflict
  if (order == stations_[server].book->orders().end()
      || grant == book.grants().end() || !order->second.withdrawn
      || !grant->second.present || grant->second.grave || x.expires < 0
      || !grant->second.expires)
    return;
  bool later = world_.clock().when(x.expires) > *grant->second.expires;
  if (later && world_.now() - *order->second.withdrawn > on_its_way)
    world_.violate(text(which) + " is renewed, though it was to be withdrawn "
                   + to_text(world_.now() - *order->second.withdrawn) + " ago");
}

} // namespace tocsin::sim
