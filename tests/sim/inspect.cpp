// What must hold while a run lasts.
#include "protocol/signal/scope.hpp"
#include "tests/sim/hop.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace tocsin::sim {

namespace sig = protocol::signal;
using namespace std::chrono_literals;

namespace {

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
void inspector::judge_rule(const mitigators::rule& x) {
  ledger::name which{x.cuid, x.mid};
  const auto& who = hop_.customer_of(x.cuid);
  if (x.customer != who.name)
    hop_.violate("a rule of " + text(which) + " bears another customer");
  for (const auto& prefix : x.prefixes)
    if (!sig::owns(who, prefix))
      hop_.violate(fmt::format("a rule of {} is about {}, which is not {}'s",
                               text(which), prefix.to_string(), who.name));
  auto order = hop_.book.orders().find(which);
  if (order == hop_.book.orders().end()) {
    hop_.violate("a rule for " + text(which) + ", which nobody ordered");
    return;
  }
  if (order->second.request.what.prefixes != x.prefixes)
    hop_.violate("a rule of " + text(which)
                 + " is about other addresses than ordered");
  // What had lost a conflict is in force a moment before the disk says so.
  auto grant = hop_.book.grants().find(which);
  if (grant != hop_.book.grants().end() && grant->second.armed
      && !grant->second.suspended)
    hop_.violate("a rule of " + text(which)
                 + ", which waits for the loss of signal");
}

/// Loss of signal comes after as much silence as was agreed, not before, and
/// not after a goodbye. It may come back while the server starts what waited.
void inspector::judge_trigger(const ledger::name& which) {
  auto client = hop_.caller_of(which.first);
  auto silence = hop_.in.now() - hop_.net.silent_since(client);
  auto woke = hop_.net.woke(client);
  bool just_back = woke && hop_.in.now() - *woke < start_patience;
  if (silence < hop_.net.limit() && !just_back)
    hop_.violate(text(which) + " was started after " + to_text(silence)
                 + " of silence instead of " + to_text(hop_.net.limit()));
  if (hop_.book.grants().at(which).left)
    hop_.violate(text(which) + " was started, yet its client said goodbye");
}

/// Who is active stays so where the first one wins, or everybody does.
void inspector::judge_deactivation(const ledger::name& which) {
  using policy = sig::conflict_policy;
  const auto& x = hop_.book.grants().at(which);
  if (hop_.conflicts.policy == policy::accept_all
      || (hop_.conflicts.policy == policy::first_wins && x.immediate))
    hop_.violate(text(which) + " lost to a newcomer against the policy");
}

void inspector::watch() {
  hop_.book.triggered = [this](const ledger::name& x) { judge_trigger(x); };
  hop_.book.deactivated = [this](const ledger::name& x) {
    judge_deactivation(x);
  };
  if (hop_.device != nullptr)
    hop_.device->judge = [this](const mitigators::rule& x) { judge_rule(x); };
}

void inspector::inspect() {
  hop_.net.look_for_overdue();
  if (hop_.server.age() < calm
      || (hop_.device != nullptr && hop_.device->steady() < calm))
    return;
  inspect_grants();
  if (hop_.device != nullptr)
    inspect_rules();
  inspect_conflicts();
}

/// Whose rules are in force on the device.
std::set<ledger::name> inspector::enforced() const {
  return hop_.device == nullptr ? std::set<ledger::name>{}
                                : names_of(hop_.device->rules());
}

/// What is not to be in force, for now. An order for loss of signal waits for
/// as much silence as was agreed, and for one heartbeat at most beyond that.
bool inspector::judge_sleeper(const ledger::name& which, const grant_history& x,
                              bool enforced) {
  if (!x.suspended && !x.armed)
    return !x.running;
  if (enforced && hop_.in.now() - x.since > enforcement_patience)
    hop_.violate(
        text(which)
        + (x.armed ? " waits for the loss of signal" : " has lost a conflict")
        + ", yet is in force");
  auto client = hop_.caller_of(which.first);
  auto silence = hop_.in.now() - hop_.net.counted_since(client);
  auto late = hop_.net.limit() + hop_.net.interval() + enforcement_patience;
  // That it said goodbye is not taken for true: it must have gone in order, and
  // not have said anything since.
  auto gone = hop_.callers[client].who->departed();
  auto said = hop_.net.said(client);
  bool departed = x.left && gone && (!said || *said <= *gone);
  if (!x.suspended && !departed && silence > late
      && hop_.in.now() - x.since > late)
    hop_.violate(text(which) + " does not start after " + to_text(silence)
                 + " of silence; the limit is " + to_text(hop_.net.limit()));
  return true;
}

/// What was granted and is neither over nor withdrawn is in force. What is not
/// is looked at once more: rules go a moment before the disk says why.
void inspector::inspect_grants() {
  auto in_force = enforced();
  for (const auto& [which, x] : hop_.book.grants()) {
    bool over = x.expires && *x.expires < hop_.in.now() + 5s;
    if (!x.present || x.grave || over
        || judge_sleeper(which, x, in_force.contains(which))
        || hop_.device == nullptr || !hop_.settled(which)
        || in_force.contains(which))
      continue;
    hop_.in.after(1s, [this, which = which, before = x] {
      auto now = hop_.book.grants().find(which);
      bool same = now != hop_.book.grants().end() && now->second.present
                  && now->second.since == before.since
                  && now->second.grave == before.grave
                  && hop_.server.age() >= calm;
      if (same && !enforced().contains(which))
        hop_.violate(text(which) + " was granted, yet is not in force");
    });
  }
}

/// They are of different clients and want the same addresses.
bool inspector::rivals(const ledger::name& a, const ledger::name& b) const {
  return a.first != b.first
         && overlap(hop_.book.grants().at(a), hop_.book.grants().at(b));
}

/// Of one client's orders of the same kind the higher mid replaces those which
/// it overlaps (RFC 9132, Section 4.4.1.3), at once.
void inspector::inspect_own(const ledger::name& a, const grant_history& x,
                            const ledger::name& b, const grant_history& y) {
  if (a.first == b.first && a.second < b.second && y.present && !x.grave
      && !y.grave && x.immediate == y.immediate && overlap(x, y))
    hop_.violate(text(a) + " is there beside " + text(b)
                 + ", which replaces it");
}

/// Of those in conflict not both are in force, unless the policy says so, but
/// for the time in which one takes the other's place. Who lost to nobody that
/// is still there is active again.
void inspector::inspect_conflicts() {
  auto now = hop_.in.now();
  decltype(quarrels_) quarrels;
  decltype(free_) free;
  auto since = [now](const auto& known, const auto& key) {
    auto i = known.find(key);
    return i == known.end() ? now : i->second;
  };
  bool all_win = hop_.conflicts.policy == sig::conflict_policy::accept_all;
  for (const auto& [a, x] : hop_.book.grants()) {
    if (!x.present)
      continue;
    bool beaten = false;
    for (const auto& [b, y] : hop_.book.grants()) {
      inspect_own(a, x, b, y);
      if (!wants_force(y) || !rivals(a, b))
        continue;
      beaten = true;
      // A loser stays until the winner is in force, which a device that works
      // brings about. A server that refuses does not.
      bool waits = hop_.device == nullptr && !(x.in_force && y.in_force);
      if (!all_win && a < b && wants_force(x) && !x.grave && !y.grave && !waits)
        quarrels[{a, b}] = since(quarrels_, std::pair{a, b});
    }
    if (x.suspended && !x.nobody && !x.grave && !beaten)
      free[a] = since(free_, a);
  }
  quarrels_ = std::move(quarrels);
  free_ = std::move(free);
  for (const auto& [pair, from] : quarrels_)
    if (now - from > calm)
      hop_.violate(text(pair.first) + " and " + text(pair.second)
                   + " are both active, though they are in conflict");
  for (const auto& [which, from] : free_)
    if (now - from > calm)
      hop_.violate(text(which)
                   + " is kept inactive, though nobody is in its way");
}

/// What is in force was granted, and ends in time.
void inspector::inspect_rules() {
  auto now = hop_.in.now();
  auto terminating = 2 * hop_.terminating + enforcement_patience;
  auto in_force = enforced();
  for (const auto& which : in_force) {
    auto i = hop_.book.grants().find(which);
    bool wanted = i != hop_.book.grants().end() && i->second.present;
    if (wanted && i->second.grave && now - *i->second.grave > terminating)
      hop_.violate(text(which) + " was withdrawn "
                   + to_text(now - *i->second.grave) + " ago, yet is in force");
    if (wanted && i->second.expires && !i->second.grave
        && now - *i->second.expires > enforcement_patience)
      hop_.violate(text(which) + " has expired, yet is in force");
    if (wanted)
      unwanted_.erase(which);
    else if (now - unwanted_.try_emplace(which, now).first->second > calm)
      hop_.violate(text(which) + " is in force, yet on no disk");
  }
  std::erase_if(unwanted_,
                [&](const auto& x) { return !in_force.contains(x.first); });
}

} // namespace tocsin::sim
