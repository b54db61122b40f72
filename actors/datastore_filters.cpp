// DATASTORE: the filters that are in force, and the MITIGATORs that enforce
// them.
#include "actors/datastore.hpp"
#include "actors/rules.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

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
      for (const auto& x : setup_.mitigators.entries)
        self_->send(caf::actor_cast<mitigator_actor>(x.handle),
                    atom::withdraw_v, id);
    return;
  }
  auto& set = sets_[id];
  set.cuid = cuid;
  set.what = {id, {}, setup_.who->name, cuid};
  set.names.clear();
  for (const auto& x : entries) {
    auto entry = 'e' + opaque_name(x.acl, x.ace);
    set.names[entry] = {x.acl, x.ace, x.action == data::forwarding::drop};
    set.what.entries.push_back(mitigators::to_filter_entry(entry, x));
  }
  std::erase_if(set.totals,
                [&](const auto& x) { return !set.names.contains(x.first); });
  install(set);
}

void datastore_state::install(const installed_set& x) {
  for (const auto& site : setup_.mitigators.entries)
    self_->send(caf::actor_cast<mitigator_actor>(site.handle), atom::install_v,
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

/// What clients may ask for follows what drivers can do; what they have is
/// theirs to change.
void datastore_state::learn(const data::filter_abilities& can) {
  setup_.settings.acls.can = can;
  store_->configure(*setup_.who, setup_.settings);
}

/// From a MITIGATOR: what an entry has matched there in total.
void datastore_state::count(const std::vector<mitigators::entry_counters>& xs) {
  auto from = caf::actor_cast<caf::actor_addr>(self_->current_sender());
  auto site =
      std::ranges::find_if(setup_.mitigators.entries, [&](const auto& x) {
        return x.handle.address() == from;
      });
  if (site == setup_.mitigators.entries.end())
    return; // of one that was replaced
  for (const auto& x : xs) {
    auto set = sets_.find(x.set);
    if (set == sets_.end())
      continue;
    auto entry = set->second.names.find(x.entry);
    if (entry == set->second.names.end())
      continue;
    auto& totals = set->second.totals[x.entry];
    totals.tell(site->name, site->stage, {x.packets, x.bytes});
    const auto& [acl, ace, drops] = entry->second;
    store_->count(set->second.cuid, acl, ace, totals.sum(drops));
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
