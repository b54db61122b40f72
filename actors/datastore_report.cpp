// DATASTORE: what an operator sees.
#include "actors/datastore.hpp"

namespace tocsin::actors {

namespace data = protocol::data;

namespace {

data_ace_view ace_view(const data::ace& x,
                       const data::match_counters& counted) {
  auto action = x.rate ? std::string_view{"rate-limit"} : to_string(x.action);
  return {x.name, std::string{action}, counted.packets, counted.octets};
}

} // namespace

data_client_view datastore_state::summary(const data::client_state& x) const {
  data_client_view out;
  out.customer = setup_.who->name;
  out.cuid = x.cuid;
  out.identity = x.identity;
  out.aliases = x.aliases.size();
  out.acls = x.acls.size();
  if (auto set = sets_.find(set_id(x.cuid)); set != sets_.end()) {
    out.entries_in_force = set->second.what.entries.size();
    for (const auto& [_, site] : set->second.sites)
      out.enforcement.push_back(site);
  }
  return out;
}

std::vector<data_client_view> datastore_state::list() const {
  std::vector<data_client_view> out;
  store_->each([&](const data::client_state& x) { out.push_back(summary(x)); });
  return out;
}

std::uint64_t datastore_state::left_of(const data::stored_entry& x) const {
  auto left =
      std::chrono::ceil<std::chrono::seconds>(x.ends - self_->clock().now());
  return left.count() > 0 ? static_cast<std::uint64_t>(left.count()) : 0;
}

data_alias_view
datastore_state::alias_view(const data::client_state& x,
                            const data::stored_entry& alias) const {
  data_alias_view out{alias.name, left_of(alias), {}};
  const std::vector<std::string> names{alias.name};
  if (auto what = store_->resolve({x.identity}, x.cuid, names))
    out.what = std::move(*what);
  return out;
}

data_acl_view datastore_state::acl_view(const data::client_state& x,
                                        const data::stored_entry& acl,
                                        const data::statistics& counted) const {
  data_acl_view out;
  out.name = acl.name;
  out.activation = data::to_string(acl.when);
  out.left_s = left_of(acl);
  out.definition = acl.text;
  if (!acl.filters)
    return out;
  out.in_force =
      acl.when == data::activation::immediate || mitigating_.contains(x.cuid);
  auto known = counted.find(acl.name);
  for (const auto& one : acl.filters->aces) {
    data::match_counters totals;
    if (known != counted.end())
      if (auto i = known->second.find(one.name); i != known->second.end())
        totals = i->second;
    out.entries.push_back(ace_view(one, totals));
  }
  return out;
}

caf::result<data_client_details>
datastore_state::details(const std::string& cuid) const {
  caf::optional<data_client_details> out;
  store_->each([&](const data::client_state& x) {
    if (x.cuid != cuid)
      return;
    data_client_details all;
    all.client = summary(x);
    all.mitigating = mitigating_.contains(cuid);
    for (const auto& alias : x.aliases)
      all.aliases.push_back(alias_view(x, *alias));
    auto counted = store_->totals(x);
    for (const auto& acl : x.acls)
      all.acls.push_back(acl_view(x, *acl, counted));
    out = std::move(all);
  });
  if (!out)
    return to_error(fail(ec::not_found, "cuid"));
  return std::move(*out);
}

} // namespace tocsin::actors
