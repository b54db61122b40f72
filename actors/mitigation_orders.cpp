// MITIGATION: what operators decide about it, and what its request says anew.
#include "actors/mitigation.hpp"

#include <algorithm>

namespace tocsin::actors {

/// Only those who pass requests on need to know.
void mitigation_state::on_hops(std::uint8_t limit) {
  if (setup_.hop_limit == limit)
    return;
  setup_.hop_limit = limit;
  auto me = caf::actor_cast<caf::strong_actor_ptr>(self_);
  for (auto& rule : rules_) {
    rule.hop_limit = limit;
    for (auto& [_, site] : sites_)
      if (site.relay && site.rules.contains(rule.id))
        self_->send(site.handle, atom::install_v, rule, me);
  }
}

void mitigation_state::on_decision(const operator_order& x) {
  switch (x.what) {
  case operator_order::kind::call_help:
  case operator_order::kind::end_help:
    setup_.help_ordered = x.what == operator_order::kind::call_help;
    order_help(setup_.help_ordered);
    consider_help();
    break;
  case operator_order::kind::approve:
    approve(x);
    break;
  case operator_order::kind::reject:
    revoke("rejected by " + x.who);
    return;
  }
  if (!life_.finished())
    publish();
}

void mitigation_state::order_help(bool call) {
  for (auto& [_, site] : sites_)
    if (site.help)
      site.help->on_operator(call, self_->clock().now());
}

/// Also a second time, with another choice.
void mitigation_state::approve(const operator_order& x) {
  setup_.approved = true;
  setup_.chosen = x.mitigators;
  note_ = "approved by " + x.who;
  for (auto& [where, site] : sites_) {
    site.picked = std::ranges::count(setup_.chosen, where) > 0;
    if (!wanted(site))
      drop_rules(site);
  }
  if (life_.enforced())
    enforce();
}

} // namespace tocsin::actors
