// What must hold while a run lasts.
#include "protocol/signal/scope.hpp"
#include "tests/sim/simulation.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace tocsin::sim {

namespace sig = protocol::signal;
using namespace std::chrono_literals;

namespace {

/// A server and a device that work for so long have everything in force: the
/// longest pause before a driver is started again, and before enforcement is
/// tried again, is a minute.
constexpr duration calm = 3min;

/// From the verdict that the signal is lost to the disk.
constexpr duration start_patience = 100ms;

bool overlap(const grant_history& a, const grant_history& b) {
  return sig::overlaps(a.what, b.what);
}

/// It is to be enforced, or still is for its terminating period.
bool wants_force(const grant_history& x) {
  return x.present && !x.suspended && x.running;
}

} // namespace

/// No rule without someone who asked for exactly that, and may.
void simulation::judge_rule(const mitigators::rule& x) {
  ledger::name which{x.cuid, x.mid};
  const auto& who = customer_of(x.cuid);
  if (x.customer != who.name)
    world_.violate("a rule of " + text(which) + " bears another customer");
  for (const auto& prefix : x.prefixes)
    if (!sig::owns(who, prefix))
      world_.violate(fmt::format("a rule of {} is about {}, which is not {}'s",
                                 text(which), prefix.to_string(), who.name));
  auto order = ledger_.orders().find(which);
  if (order == ledger_.orders().end()) {
    world_.violate("a rule for " + text(which) + ", which nobody ordered");
    return;
  }
  if (order->second.request.what.prefixes != x.prefixes)
    world_.violate("a rule of " + text(which)
                   + " is about other addresses than ordered");
  // What had lost a conflict is in force a moment before the disk says so.
  auto grant = ledger_.grants().find(which);
  if (grant != ledger_.grants().end() && grant->second.armed
      && !grant->second.suspended)
    world_.violate("a rule of " + text(which)
                   + ", which waits for the loss of signal");
}

/// Loss of signal comes after as much silence as was agreed, not before, and
/// not after a goodbye. It may come back while the server starts what waited.
void simulation::judge_trigger(const ledger::name& which) {
  auto client = client_of(which.first);
  auto silence = world_.now() - network_->silent_since(client);
  auto woke = network_->woke(client);
  bool just_back = woke && world_.now() - *woke < start_patience;
  if (silence < network_->limit() && !just_back)
    world_.violate(text(which) + " was started after " + to_text(silence)
                   + " of silence instead of " + to_text(network_->limit()));
  if (ledger_.grants().at(which).left)
    world_.violate(text(which) + " was started, yet its client said goodbye");
}

/// Who is active stays so where the first one wins, or everybody does.
void simulation::judge_deactivation(const ledger::name& which) {
  using policy = sig::conflict_policy;
  const auto& x = ledger_.grants().at(which);
  if (plan_.conflicts.policy == policy::accept_all
      || (plan_.conflicts.policy == policy::first_wins && x.immediate))
    world_.violate(text(which) + " lost to a newcomer against the policy");
}

void simulation::inspect() {
  network_->look_for_overdue();
  if (server_->age() < calm || server_->device.steady() < calm)
    return;
  inspect_grants();
  inspect_rules();
  inspect_conflicts();
}

/// What is not to be in force, for now. An order for loss of signal waits for
/// as much silence as was agreed, and for one heartbeat at most beyond that.
bool simulation::judge_sleeper(const ledger::name& which,
                               const grant_history& x, bool enforced) {
  if (!x.suspended && !x.armed)
    return !x.running;
  if (enforced && world_.now() - x.since > enforcement_patience)
    world_.violate(
        text(which)
        + (x.armed ? " waits for the loss of signal" : " has lost a conflict")
        + ", yet is in force");
  auto client = client_of(which.first);
  auto silence = world_.now() - network_->counted_since(client);
  auto late = network_->limit() + network_->interval() + enforcement_patience;
  // That it said goodbye is not taken for true: it must have gone in order, and
  // not have said anything since.
  auto gone = clients_[client]->departed();
  auto said = network_->said(client);
  bool departed = x.left && gone && (!said || *said <= *gone);
  if (!x.suspended && !departed && silence > late
      && world_.now() - x.since > late)
    world_.violate(text(which) + " does not start after " + to_text(silence)
                   + " of silence; the limit is " + to_text(network_->limit()));
  return true;
}

/// What was granted and is neither over nor withdrawn is in force. What is not
/// is looked at once more: rules go a moment before the disk says why.
void simulation::inspect_grants() {
  auto enforced = names_of(server_->device.rules());
  for (const auto& [which, x] : ledger_.grants()) {
    bool over = x.expires && *x.expires < world_.now() + 5s;
    if (!x.present || x.grave || over
        || judge_sleeper(which, x, enforced.contains(which)) || !settled(which)
        || enforced.contains(which))
      continue;
    world_.after(1s, [this, which = which, before = x] {
      auto now = ledger_.grants().find(which);
      bool same = now != ledger_.grants().end() && now->second.present
                  && now->second.since == before.since
                  && now->second.grave == before.grave
                  && server_->age() >= calm;
      if (same && !names_of(server_->device.rules()).contains(which))
        world_.violate(text(which) + " was granted, yet is not in force");
    });
  }
}

/// They are of different clients and want the same addresses.
bool simulation::rivals(const ledger::name& a, const ledger::name& b) const {
  return a.first != b.first
         && overlap(ledger_.grants().at(a), ledger_.grants().at(b));
}

/// Of one client's orders of the same kind the higher mid replaces those which
/// it overlaps (RFC 9132, Section 4.4.1.3), at once.
void simulation::inspect_own(const ledger::name& a, const grant_history& x,
                             const ledger::name& b, const grant_history& y) {
  if (a.first == b.first && a.second < b.second && y.present && !x.grave
      && !y.grave && x.immediate == y.immediate && overlap(x, y))
    world_.violate(text(a) + " is there beside " + text(b)
                   + ", which replaces it");
}

/// Of those in conflict not both are in force, unless the policy says so, but
/// for the time in which one takes the other's place. Who lost to nobody that
/// is still there is active again.
void simulation::inspect_conflicts() {
  auto now = world_.now();
  decltype(quarrels_) quarrels;
  decltype(free_) free;
  auto since = [now](const auto& known, const auto& key) {
    auto i = known.find(key);
    return i == known.end() ? now : i->second;
  };
  bool all_win = plan_.conflicts.policy == sig::conflict_policy::accept_all;
  for (const auto& [a, x] : ledger_.grants()) {
    if (!x.present)
      continue;
    bool beaten = false;
    for (const auto& [b, y] : ledger_.grants()) {
      inspect_own(a, x, b, y);
      if (!wants_force(y) || !rivals(a, b))
        continue;
      beaten = true;
      if (!all_win && a < b && wants_force(x) && !x.grave && !y.grave)
        quarrels[{a, b}] = since(quarrels_, std::pair{a, b});
    }
    if (x.suspended && !x.nobody && !x.grave && !beaten)
      free[a] = since(free_, a);
  }
  quarrels_ = std::move(quarrels);
  free_ = std::move(free);
  for (const auto& [pair, from] : quarrels_)
    if (now - from > calm)
      world_.violate(text(pair.first) + " and " + text(pair.second)
                     + " are both active, though they are in conflict");
  for (const auto& [which, from] : free_)
    if (now - from > calm)
      world_.violate(text(which)
                     + " is kept inactive, though nobody is in its way");
}

/// What is in force was granted, and ends in time.
void simulation::inspect_rules() {
  auto now = world_.now();
  auto terminating = 2 * plan_.terminating + enforcement_patience;
  auto enforced = names_of(server_->device.rules());
  for (const auto& which : enforced) {
    auto i = ledger_.grants().find(which);
    bool wanted = i != ledger_.grants().end() && i->second.present;
    if (wanted && i->second.grave && now - *i->second.grave > terminating)
      world_.violate(text(which) + " was withdrawn "
                     + to_text(now - *i->second.grave)
                     + " ago, yet is in force");
    if (wanted && i->second.expires && !i->second.grave
        && now - *i->second.expires > enforcement_patience)
      world_.violate(text(which) + " has expired, yet is in force");
    if (wanted)
      unwanted_.erase(which);
    else if (now - unwanted_.try_emplace(which, now).first->second > calm)
      world_.violate(text(which) + " is in force, yet on no disk");
  }
  std::erase_if(unwanted_,
                [&](const auto& x) { return !enforced.contains(x.first); });
}

} // namespace tocsin::sim
