#include "protocol/data/conflicts.hpp"
#include "protocol/data/datastore.hpp"

namespace tocsin::protocol::data {

namespace {

struct usage {
  std::size_t aliases = 0, acls = 0, aces = 0;

  void add(const client_state& x) {
    aliases += x.aliases.size();
    acls += x.acls.size();
    aces += count_aces(x);
  }
};

yang::error beyond(const client_state& x, std::optional<entry_kind> list,
                   std::string_view what, std::size_t limit,
                   std::string_view whose) {
  auto at = list ? list_path(x.cuid, *list) : client_path(x.cuid);
  return {yang::error_tag::resource_denied, yang::to_string(at),
          "more than " + std::to_string(limit) + " " + std::string{what}
              + " of " + std::string{whose}};
}

} // namespace

std::optional<yang::error>
datastore::check_quotas(const client_state& x) const {
  const auto& most = settings_.quotas;
  auto old = clients_.find(x.cuid);
  if (old == clients_.end() && clients_.size() >= most.clients)
    return beyond(x, std::nullopt, "clients", most.clients, "one customer");
  usage own, before, all;
  own.add(x);
  if (old != clients_.end())
    before.add(*old->second);
  all.add(x);
  for (const auto& [cuid, other] : clients_)
    if (cuid != x.cuid)
      all.add(*other);
  struct rule {
    entry_kind list;
    std::string_view what;
    std::size_t usage::*count;
    std::uint32_t client, customer;
  };
  // What is there already may stay when a limit has been lowered.
  for (const auto& r : {rule{entry_kind::alias, "aliases", &usage::aliases,
                             most.client_aliases, most.aliases},
                        rule{entry_kind::acl, "ACLs", &usage::acls,
                             most.client_acls, most.acls},
                        rule{entry_kind::acl, "filter entries", &usage::aces,
                             most.client_aces, most.aces}}) {
    if (own.*r.count <= before.*r.count)
      continue;
    if (own.*r.count > r.client)
      return beyond(x, r.list, r.what, r.client, "one client");
    if (all.*r.count > r.customer)
      return beyond(x, r.list, r.what, r.customer, "one customer");
  }
  return std::nullopt;
}

std::optional<yang::error>
datastore::check_conflicts(const edit_result& x) const {
  if (settings_.conflicts == conflict_policy::allow)
    return std::nullopt;
  for (const auto& entry : x.after->acls) {
    auto old = x.before ? find_entry(x.before->acls, entry->name) : nullptr;
    if (!entry->filters || (old && old->filters && old->text == entry->text))
      continue;
    for (const auto& [cuid, other] : clients_)
      if (cuid != x.after->cuid && find_conflict(*entry->filters, *other))
        return yang::error{yang::error_tag::resource_denied,
                           yang::to_string(entry_path(
                               x.after->cuid, entry_kind::acl, entry->name)),
                           "the opposite is done to the same packets by a "
                           "filter of another client of this domain"};
  }
  return std::nullopt;
}

} // namespace tocsin::protocol::data
