#include "protocol/data/datastore.hpp"
#include "protocol/signal/scope.hpp"

#include <algorithm>

namespace tocsin::protocol::data {

namespace {

/// What of a network the customer owns.
std::vector<prefix> owned_part(const signal::customer& who, const prefix& net) {
  std::vector<prefix> out;
  for (const auto& own : who.prefixes) {
    if (own.contains(net))
      return {net};
    if (net.contains(own))
      out.push_back(own);
  }
  return out;
}

/// Where packets for an entry go to: never beyond the customer.
std::vector<prefix> destinations(const signal::customer& who,
                                 const packet_match& match) {
  if (!match.ip)
    return who.prefixes;
  if (match.ip->destination)
    return owned_part(who, *match.ip->destination);
  std::vector<prefix> out;
  std::ranges::copy_if(
      who.prefixes, std::back_inserter(out),
      [&](const prefix& x) { return x.which() == match.ip->family; });
  return out;
}

bool in_force(const stored_entry& x, bool mitigating) {
  return x.filters
         && (x.when == activation::immediate
             || (x.when == activation::activate_when_mitigating && mitigating));
}

match_counters sum(const match_counters& a, const match_counters& b) {
  return {a.packets + b.packets, a.octets + b.octets};
}

} // namespace

result<signal::target>
datastore::resolve(const data_agent& agent, std::string_view cuid,
                   std::span<const std::string> names) const {
  auto x = find(agent, cuid);
  std::optional<signal::target> out;
  for (const auto& name : names) {
    auto entry = x ? find_entry(x->aliases, name) : nullptr;
    if (!entry)
      return fail(ec::not_found, "alias-name", name);
    auto node = parse_entry(cuid, entry_kind::alias, entry->text);
    if (!node)
      return fail(ec::internal, "alias-name", node.error().message);
    auto meant = read_alias(*node, entry_path(cuid, entry_kind::alias, name));
    if (!meant)
      return fail(ec::internal, "alias-name", meant.error().message);
    auto target = to_target(*meant);
    // The customer may have changed since the alias was made.
    if (auto good = signal::authorise(who_, target); !good)
      return good.error();
    out = out ? unite(std::move(*out), target) : std::move(target);
  }
  return out.value_or(signal::target{});
}

std::vector<active_entry> datastore::active(std::string_view cuid,
                                            bool mitigating) const {
  std::vector<active_entry> out;
  auto x = clients_.find(cuid);
  if (x == clients_.end())
    return out;
  for (const auto& entry : x->second->acls) {
    if (!in_force(*entry, mitigating))
      continue;
    for (const auto& ace : entry->filters->aces)
      if (auto to = destinations(who_, ace.match); !to.empty())
        out.push_back({entry->name, ace.name, std::move(to), ace.match,
                       ace.action, ace.rate});
  }
  return out;
}

std::vector<accepted_traffic> datastore::accepted(const data_agent& agent,
                                                  std::string_view cuid,
                                                  bool mitigating) const {
  std::vector<accepted_traffic> out;
  auto client = find(agent, cuid);
  if (!client)
    return out;
  auto counted = totals(*client);
  for (auto& x : active(cuid, mitigating)) {
    if (x.action != forwarding::accept || x.rate)
      continue;
    auto type = find_entry(client->acls, x.acl)->filters->type;
    auto total = counted[x.acl][x.ace];
    out.push_back({std::move(x), type, total});
  }
  return out;
}

void datastore::count(std::string_view cuid, std::string_view acl,
                      std::string_view ace, match_counters totals) {
  auto client = clients_.find(cuid);
  auto list = client == clients_.end() ? nullptr
                                       : find_entry(client->second->acls, acl);
  if (!list || !list->filters
      || std::ranges::find(list->filters->aces, ace, &ace::name)
             == list->filters->aces.end())
    return;
  auto& x = counters_[client->first][{std::string{acl}, std::string{ace}}];
  if (totals.packets < x.current.packets || totals.octets < x.current.octets)
    x.earlier = sum(x.earlier, x.current);
  x.current = totals;
}

statistics datastore::totals(const client_state& x) const {
  statistics out;
  auto found = counters_.find(x.cuid);
  if (found != counters_.end())
    for (const auto& [names, counted] : found->second)
      out[names.first][names.second] = sum(counted.earlier, counted.current);
  return out;
}

void datastore::prune_counters(const std::string& cuid) {
  auto found = counters_.find(cuid);
  if (found == counters_.end())
    return;
  auto client = clients_.find(cuid);
  if (client == clients_.end()) {
    counters_.erase(found);
    return;
  }
  std::erase_if(found->second, [&](const auto& x) {
    auto list = find_entry(client->second->acls, x.first.first);
    // What is deactivated keeps its numbers; what it consists of is unknown.
    if (!list || !list->filters)
      return !list;
    const auto& aces = list->filters->aces;
    return std::ranges::find(aces, x.first.second, &ace::name) == aces.end();
  });
}

} // namespace tocsin::protocol::data
