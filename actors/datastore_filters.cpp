// DATASTORE: the filters that are in force, and the MITIGATORs that enforce
// them.
#include "actors/datastore.hpp"
#include "actors/rules.hpp"

#include <spdlog/spdlog.h>

namespace tocsin::actors {

namespace data = protocol::data;

std::string datastore_state::set_id(const std::string& cuid) const {
  return 'f' + opaque_name(setup_.who->name, cuid);
}

/// Brings the MITIGATORs to what this client has in force now.
void datastore_state::refresh_filters(const std::string& cuid) {
  auto id = set_id(cuid);
  auto entries = store_->active(cuid, mitigating_.contains(cuid));
  if (entries.empty()) {
    if (sets_.erase(id) > 0)
      for (const auto& [site, handle] : setup_.mitigators.entries)
        self_->send(caf::actor_cast<mitigator_actor>(handle), atom::withdraw_v,
                    id);
    return;
  }
  auto& set = sets_[id];
  set.cuid = cuid;
  set.what = {id, {}, setup_.who->name, cuid};
  set.names.clear();
  for (const auto& x : entries) {
    auto entry = 'e' + opaque_name(x.acl, x.ace);
    set.names[entry] = {x.acl, x.ace};
    set.what.entries.push_back(mitigators::to_filter_entry(entry, x));
  }
  install(set);
}

void datastore_state::install(const installed_set& x) {
  for (const auto& [site, handle] : setup_.mitigators.entries)
    self_->send(caf::actor_cast<mitigator_actor>(handle), atom::install_v,
                x.what, caf::actor_cast<caf::strong_actor_ptr>(self_));
}

/// From CLIENT: filters with activate-when-mitigating follow it (RFC 8783,
/// Section 7.2).
void datastore_state::set_mode(const std::string& cuid, bool mitigating) {
  bool before = mitigating_.contains(cuid);
  if (mitigating)
    mitigating_[cuid] =
        caf::actor_cast<caf::weak_actor_ptr>(self_->current_sender());
  else
    mitigating_.erase(cuid);
  if (before != mitigating)
    refresh_filters(cuid);
}

/// A MITIGATOR was started again, and knows nothing.
void datastore_state::adopt(mitigator_table mitigators) {
  setup_.mitigators = std::move(mitigators);
  for (const auto& [_, x] : sets_)
    install(x);
}

void datastore_state::count(const std::vector<mitigators::entry_counters>& xs) {
  for (const auto& x : xs) {
    auto set = sets_.find(x.set);
    if (set == sets_.end())
      continue;
    auto names = set->second.names.find(x.entry);
    if (names == set->second.names.end())
      continue;
    auto& by_site = set->second.totals[x.entry];
    by_site[caf::actor_cast<caf::actor_addr>(self_->current_sender())] = {
        x.packets, x.bytes};
    data::match_counters sum;
    for (const auto& [_, total] : by_site) {
      sum.packets += total.packets;
      sum.octets += total.octets;
    }
    store_->count(set->second.cuid, names->second.first, names->second.second,
                  sum);
  }
}

void datastore_state::report(const enforcement_report& x) {
  auto set = sets_.find(x.rule);
  if (set == sets_.end())
    return;
  auto& site = set->second.sites[x.mitigator];
  site = {x.mitigator, std::string{to_string(x.what)}, x.detail};
  if (x.what == enforcement_report::state::failed)
    spdlog::error("data channel of {}: mitigator {} does not enforce the "
                  "filters of {}: {}",
                  setup_.who->name, x.mitigator, set->second.cuid, x.detail);
}

} // namespace tocsin::actors
