#include "protocol/data/datastore.hpp"
#include "protocol/data/module.hpp"

#include <algorithm>

namespace tocsin::protocol::data {

namespace {

/// An ACL or alias as it was stored; an error if it cannot be read.
yang::outcome<stored_entry> read_record(const entry_record& x,
                                        signal::instant now,
                                        std::chrono::minutes lifetime) {
  auto node = parse_entry(x.cuid, x.kind, x.text);
  if (!node)
    return node.error();
  stored_entry out;
  out.name = x.name;
  out.text = x.text;
  out.order = x.order;
  out.version = x.version;
  // A clock that was set back does not make entries live longer.
  auto longest = std::chrono::duration_cast<std::chrono::seconds>(lifetime);
  auto left = x.expires > now.wall ? x.expires - now.wall : 0;
  out.ends = now.mono + std::min(longest, std::chrono::seconds{left});
  auto at = entry_path(x.cuid, x.kind, x.name);
  if (node->value("name").value_or("") != x.name)
    return yang::error{yang::error_tag::operation_failed, yang::to_string(at),
                       "a stored entry has another name"};
  if (x.kind == entry_kind::alias)
    return out;
  auto filters = read_acl(*node, at, {all_abilities, false});
  if (!filters)
    return filters.error();
  out.when = filters->when;
  out.aces = filters->aces.size();
  if (out.when != activation::deactivate)
    out.filters = std::make_shared<const acl>(std::move(*filters));
  return out;
}

std::string complaint(const entry_record& x, std::string_view why) {
  return "client " + x.cuid + ", "
         + (x.kind == entry_kind::acl ? "ACL " : "alias ") + x.name
         + " is left out: " + std::string{why};
}

} // namespace

std::vector<std::string>
datastore::restore(const std::vector<registration_record>& registrations,
                   const std::vector<entry_record>& entries,
                   signal::instant now) {
  std::vector<std::string> complaints;
  std::map<std::string, client_state, std::less<>> clients;
  for (const auto& x : registrations) {
    clients[x.cuid] = {
        x.cuid,         x.identity, x.cdid, x.version, x.aliases_version,
        x.acls_version, {},         {}};
    last_version_ = std::max(last_version_, x.version);
  }
  for (const auto& x : entries) {
    last_version_ = std::max(last_version_, x.version);
    auto owner = clients.find(x.cuid);
    auto entry =
        read_record(x, now, std::max(settings_.lifetime, min_entry_lifetime));
    if (owner == clients.end() || !entry) {
      complaints.push_back(complaint(x, entry ? "its client is not registered"
                                              : entry.error().message));
      continue;
    }
    owner->second.list(x.kind).push_back(
        std::make_shared<const stored_entry>(std::move(*entry)));
  }
  for (auto& [cuid, x] : clients) {
    for (auto list : {&x.aliases, &x.acls})
      std::ranges::stable_sort(*list, {},
                               [](const entry_ptr& e) { return e->order; });
    put_client(cuid, std::make_shared<const client_state>(std::move(x)));
  }
  return complaints;
}

} // namespace tocsin::protocol::data
