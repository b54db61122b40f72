// MITIGATION: mitigators that are called for help only, as an upstream server
// is in recursive signaling (RFC 8811, Section 3.2.3).
#include "actors/mitigation.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

void mitigation_state::consider_help() {
  if (!life_.enforced() || !setup_.approved || !setup_.chosen.empty())
    return;
  for (auto& [where, site] : sites_)
    if (site.help && takes(site))
      consider_help(where, site);
  arm();
}

void mitigation_state::consider_help(const std::string& where,
                                     deployment& site) {
  auto t = self_->clock().now();
  site.help->on_failure(have_failed(), t);
  site.help->on_unreachable(are_unreachable(), t);
  site.help->on_overload(is_overloaded(), t);
  auto dropped = dropped_of_late();
  site.help->on_rate(dropped.bytes, dropped.packets, t);
  site.help->on_needed(sees_attack(site), t);
  site.help->on_time(t);
  bool called = site.help->called();
  if (called == !site.rules.empty())
    return;
  auto reason = site.help->reason();
  spdlog::warn("mitigation {}/{} mid {}: mitigator {} {}",
               setup_.owner.customer, setup_.owner.cuid, setup_.owner.mid,
               where,
               called ? "is called for help: "
                            + std::string{reason ? sig::to_string(*reason) : ""}
                      : "is not needed any more");
  if (called) {
    note_ = where + " is called for help: "
            + std::string{reason ? sig::to_string(*reason) : ""};
    enforce_at(site);
  } else {
    note_ = where + " is not needed any more";
    drop_rules(site);
  }
  publish();
}

/// Some mitigator that serves from the start cannot do more.
bool mitigation_state::is_overloaded() const {
  return std::ranges::any_of(sites_, [](const auto& x) {
    return !x.second.help && x.second.overloaded;
  });
}

/// Somebody was called, and has not failed.
bool mitigation_state::is_helped() const {
  return std::ranges::any_of(sites_, [this](const auto& x) {
    return x.second.help && x.second.help->called()
           && progress_of(x.second) != progress::failed;
  });
}

/// All who are asked from the start say that they cannot.
bool mitigation_state::have_failed() const {
  bool any = false;
  for (const auto& [_, site] : sites_) {
    if (site.help || !takes(site))
      continue;
    any = true;
    if (progress_of(site) != progress::failed)
      return false;
  }
  return any;
}

/// None of them has done anything yet, and there is no way to one.
bool mitigation_state::are_unreachable() const {
  bool any = false;
  for (const auto& [_, site] : sites_) {
    if (site.help || !takes(site))
      continue;
    any = true;
    bool lost = progress_of(site) == progress::pending
                && (site.blind || site.detail.empty()
                    || (site.relay && site.answer == 0));
    if (!lost && progress_of(site) != progress::failed)
      return false;
  }
  return any;
}

mitigation_state::rate mitigation_state::dropped_of_late() const {
  rate sum;
  auto t = self_->clock().now();
  for (const auto& [_, from] : sources_) {
    sum.bytes += from.dropped.recent(t);
    sum.packets += from.dropped.recent_packets(t);
  }
  return sum;
}

bool mitigation_state::sees_attack(const deployment& site) const {
  return std::ranges::any_of(site.rules, [&](const auto& rule) {
    auto at = sources_.find({site.handle.id(), rule.first});
    return at != sources_.end()
           && at->second.attack.phase(self_->clock().now())
                  == sig::attack_phase::ongoing;
  });
}

std::optional<time_point> mitigation_state::help_due() const {
  std::optional<time_point> due;
  auto sooner = [&due](std::optional<time_point> t) {
    if (t && (!due || *t < *due))
      due = t;
  };
  if (life_.enforced())
    for (const auto& [_, site] : sites_)
      if (site.help && takes(site)) {
        sooner(site.help->next_deadline());
        // Nothing is heard of an attack that has ended.
        if (site.help->reason() == sig::escalation_reason::attack_size)
          sooner(self_->clock().now() + sig::recent_step);
      }
  return due;
}

} // namespace tocsin::actors
