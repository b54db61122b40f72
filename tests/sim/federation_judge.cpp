// What must hold across the hops of a federation at the end of a run, when
// everything has healed.
#include "protocol/signal/scope.hpp"
#include "tests/sim/federation.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace tocsin::sim {

namespace sig = protocol::signal;
using namespace std::chrono_literals;

namespace {

using views = testimony::views;

bool in_force(const actors::mitigation_view& x) {
  return x.status == sig::status::mitigated || x.status == sig::status::stopped;
}

/// Of a gateway's own requests: it is after that.
bool pursued(const actors::mitigation_view& x) {
  return x.progress == "requested" || x.progress == "active";
}

bool inside(const sig::prefix& x, const std::vector<sig::prefix>& all) {
  return std::ranges::any_of(
      all, [&](const sig::prefix& y) { return y.contains(x); });
}

bool inside(const std::vector<sig::prefix>& some,
            const std::vector<sig::prefix>& all) {
  return std::ranges::all_of(some,
                             [&](const auto& x) { return inside(x, all); });
}

std::vector<sig::prefix> prefixes_of(const views& all) {
  std::vector<sig::prefix> out;
  for (const auto& x : all)
    out.insert(out.end(), x.what.prefixes.begin(), x.what.prefixes.end());
  return sig::canonical(std::move(out));
}

std::string name_of(const actors::mitigation_view& x) {
  return text({x.cuid, x.mid});
}

} // namespace

/// What they say is compared with disks and devices, so that all has to be of
/// one moment: where something changes while they are heard, they are heard
/// again.
federation::hearing federation::hear() {
  hearing all(stations_.size());
  constexpr int attempts = 10;
  for (int i = 0; i < attempts; ++i) {
    auto before = changes_;
    for (auto k : stations())
      all[k] = judge{*stations_[k].here, operators_}.ask();
    world_.run_until(world_.now() + 1s);
    if (changes_ == before)
      break;
  }
  for (auto i : stations())
    judge{*stations_[i].here, operators_}.judge_answers(*all[i]);
  return all;
}

void federation::judge_hops(const hearing& all) {
  for (auto i : stations()) {
    judge last{*stations_[i].here, operators_};
    last.judge_sessions(*all[i]);
    last.judge_transports(*all[i]);
    last.judge_agreement(*all[i]);
    // Where others are called for help, the note tells of that.
    if (!plan_.members[i].serves->when)
      last.judge_reports(*all[i]);
    last.judge_rules(*all[i]);
    if (plan_.asks_upstream(i))
      judge_relay(i, all);
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (!plan_.members[i].serves)
      judge_promises(i, all);
}

/// A gateway asks for what those want who call it: for no less if it always
/// asks, and never for more.
void federation::judge_relay(std::size_t node, const hearing& all) {
  const auto& me = plan_.members[node];
  const auto& asked = all[me.up->to]->callers[place_of(node)];
  if (!all[node]->server || !asked)
    return;
  views wanted, wishes, there;
  for (const auto& x : *all[node]->server) {
    auto grant = stations_[node].book->grants().find({x.cuid, x.mid});
    bool lost = grant != stations_[node].book->grants().end()
                && grant->second.suspended;
    bool wants = live(x) || x.status == sig::status::terminated;
    if (wants && !lost && x.status != sig::status::signal_loss)
      wanted.push_back(x);
  }
  for (const auto& x : *asked) {
    if (x.progress != "withdrawing")
      wishes.push_back(x);
    if (pursued(x))
      there.push_back(x);
  }
  auto asked_for = prefixes_of(wishes);
  auto needed = prefixes_of(wanted);
  bool settled = std::ranges::all_of(wishes, in_force);
  for (const auto& x : there)
    if (settled ? !inside(x.what.prefixes, needed)
                : std::ranges::none_of(wanted, [&](const auto& y) {
                    return sig::overlaps(x.what, y.what);
                  }))
      world_.violate(name_of(x) + " is asked for, yet nobody wants all of it");
  for (const auto& x : wanted) {
    if (ends_soon(x) || !stations_[node].here->settled({x.cuid, x.mid}))
      continue;
    if (!me.serves->when && !inside(x.what.prefixes, asked_for))
      world_.violate(fmt::format("{} is in force at {}, which does not ask {} "
                                 "for it",
                                 name_of(x), me.name,
                                 plan_.members[me.up->to].name));
    if (!me.serves->device)
      judge_status(node, x, wishes);
  }
  judge_help(node, there);
}

/// Who is called for help only is let go when it is not needed and says so
/// itself. A server that was asked in the lull has never seen the attack, hence
/// not its end.
void federation::judge_help(std::size_t node, const views& wishes) {
  const auto& when = plan_.members[node].serves->when;
  if (!when || when->ineffective_after != 0s || !plan_.ends_in_peace)
    return;
  for (const auto& x : wishes)
    if (x.status == sig::status::stopped)
      world_.violate(name_of(x) + " is asked for as help, which nobody needs");
}

/// What a gateway tells of a request is what its server tells of those which
/// cover it.
void federation::judge_status(std::size_t node,
                              const actors::mitigation_view& x,
                              const views& wishes) {
  bool all_in_force = true;
  bool all_stopped = true;
  bool any = false;
  for (const auto& y : wishes) {
    if (!sig::overlaps(x.what, y.what))
      continue;
    any = true;
    all_in_force = all_in_force && y.progress == "active" && in_force(y);
    all_stopped = all_stopped && y.status == sig::status::stopped;
  }
  bool agrees =
      any && all_in_force
          ? x.status
                == (all_stopped ? sig::status::stopped : sig::status::mitigated)
          : !in_force(x);
  if (!agrees)
    world_.violate(fmt::format(
        "{} has status {} at {}, whose server says otherwise", name_of(x),
        static_cast<int>(x.status), plan_.members[node].name));
}

/// What a client was told is in force is in force.
void federation::judge_promises(std::size_t client, const hearing& all) {
  const auto& me = plan_.members[client];
  const auto& mine = all[me.up->to]->callers[place_of(client)];
  if (!mine)
    return;
  for (const auto& x : *mine)
    if (x.progress == "active" && in_force(x) && !ends_soon(x)
        && stations_[me.up->to].here->settled({x.cuid, x.mid})
        && !in_force_somewhere(client, x.what))
      world_.violate(name_of(x)
                     + " is in force, as its client was told, but nowhere");
}

/// Some device on the way holds rules that cover all of it, under the name of
/// whoever is this client's, or its gateway's, there.
bool federation::in_force_somewhere(std::size_t client,
                                    const sig::target& what) const {
  std::size_t from = client;
  for (std::size_t hops = 0; hops <= nodes_.size(); ++hops) {
    auto at = plan_.members[from].up->to;
    auto covers = [&](const sig::prefix& prefix) {
      auto one = what;
      one.prefixes = {prefix};
      return std::ranges::any_of(
          nodes_[at]->device.rules(), [&](const auto& entry) {
            const auto& rule = entry.second;
            sig::target outer{
                rule.prefixes, rule.ports, rule.protocols, {}, {}, {}};
            return rule.cuid == plan_.members[from].name
                   && sig::contains(outer, one);
          });
    };
    if (std::ranges::all_of(what.prefixes, covers))
      return true;
    if (!plan_.asks_upstream(at))
      return false;
    from = at;
  }
  return false;
}

} // namespace tocsin::sim
