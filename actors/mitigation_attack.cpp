// MITIGATION: what its rules drop, and what that says of the attack (RFC 9132,
// Section 4.4.2, status 3).
#include "actors/mitigation.hpp"

namespace tocsin::actors {

namespace sig = protocol::signal;

void mitigation_state::on_counters(caf::actor_id site, const std::string& rule,
                                   std::uint64_t packets,
                                   std::uint64_t octets) {
  if (!enforced_since_)
    return; // about a mitigation that is over
  auto& from = source_of(site, rule);
  auto before = from.dropped.current();
  from.dropped.sample(packets, octets, self_->clock().now());
  auto after = from.dropped.current();
  if (before.pkts_dropped != after.pkts_dropped
      || before.bytes_dropped != after.bytes_dropped)
    from.attack.dropped(self_->clock().now());
  judge_attack();
  consider_help();
  publish();
}

void mitigation_state::on_attack(caf::actor_id site, const std::string& rule,
                                 bool goes_on) {
  if (!enforced_since_)
    return;
  source_of(site, rule).attack.stated(goes_on);
  judge_attack();
  consider_help();
}

mitigation_state::source& mitigation_state::source_of(caf::actor_id site,
                                                      const std::string& rule) {
  source fresh{sig::drop_rates{*enforced_since_},
               sig::attack_watch{setup_.life.attack_stopped_after}};
  auto [at, is_new] = sources_.try_emplace({site, rule}, fresh);
  if (is_new)
    for (const auto& [_, x] : sites_)
      if (x.handle.id() == site && x.blind)
        at->second.attack.blind(self_->clock().now());
  return at->second;
}

/// A driver that counts nothing since it is down has not seen the end of an
/// attack.
void mitigation_state::watch(const deployment& site,
                             const enforcement_report& x) {
  auto at = sources_.find({site.handle.id(), x.rule});
  if (at == sources_.end())
    return;
  auto t = self_->clock().now();
  if (x.what != progress::active)
    at->second.attack.lost(t);
  else if (x.blind)
    at->second.attack.blind(t);
  else
    at->second.attack.sighted(t);
}

/// It has stopped when some rule saw its end and no other sees it go on.
sig::attack_phase mitigation_state::attack() const {
  auto out = sig::attack_phase::unknown;
  for (const auto& [_, site] : sites_)
    for (const auto& [rule, state] : site.rules) {
      auto at = sources_.find({site.handle.id(), rule});
      if (at == sources_.end())
        continue;
      auto one = at->second.attack.phase(self_->clock().now());
      if (one == sig::attack_phase::ongoing)
        return one;
      if (one == sig::attack_phase::stopped)
        out = one;
    }
  return out;
}

void mitigation_state::judge_attack() {
  if (!life_.enforced())
    return;
  switch (attack()) {
  case sig::attack_phase::ongoing:
    feed(sig::life::attack_resumed{});
    break;
  case sig::attack_phase::stopped:
    feed(sig::life::attack_stopped{});
    break;
  case sig::attack_phase::unknown:
    break;
  }
  if (attack_due_)
    return; // it is looked at again then
  for (const auto& [_, x] : sources_)
    if (auto due = x.attack.next_deadline();
        due && *due > self_->clock().now()
        && (!attack_due_ || *due < *attack_due_))
      attack_due_ = due;
  if (attack_due_)
    arm();
}

} // namespace tocsin::actors
