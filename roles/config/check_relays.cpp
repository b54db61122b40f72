#include "roles/config/check.hpp"
#include "roles/config/uniqueness.hpp"

#include <algorithm>

namespace tocsin::roles {

namespace {

/// Somebody has to begin before others can be called for help.
void check_beginners(const server_config& x, context& c) {
  auto helps_only = [&](const std::string& name) {
    auto relay = std::ranges::find(x.relays, name, &relay_config::name);
    return relay != x.relays.end() && relay->for_help_only()
           && std::ranges::count(x.mitigators, name, &mitigator_config::name)
                  == 0;
  };
  for (const auto& one : x.customers)
    if (!one.mitigators.empty()
        && std::ranges::all_of(one.mitigators, helps_only))
      c.error(c.where(one).value_or(position{}),
              "all mitigators of customer " + in_quotes(one.who.name)
                  + " are called for help only, so nobody begins",
              "name another one in 'mitigators', or take the conditions out "
              "of a [[server.relay]]");
}

void check_names(const relay_config& one,
                 const std::vector<std::string_view>& upstreams,
                 uniqueness<std::string>& once, context& c) {
  auto check = [&](const std::string& name) {
    auto place = c.where(name);
    if (!place || c.broken(name))
      return;
    once.add(name, name);
    if (std::ranges::count(upstreams, name) > 0)
      return;
    auto guess = closest(name, upstreams);
    c.error(*place, "there is no upstream " + in_quotes(name),
            upstreams.empty() ? "add [client] with a [[client.upstream]] of "
                                "this name"
            : guess.empty()   ? "defined are: " + join(upstreams)
                              : "did you mean '" + std::string{guess} + "'?");
  };
  check(one.upstream);
  for (const auto& name : one.upstreams)
    check(name);
}

void check_choice(const relay_config& one, const config& x, context& c) {
  auto place = c.where(one).value_or(position{});
  bool single = !one.upstream.empty() || c.broken(one.upstream);
  bool several = c.where(one.upstreams).has_value();
  if (single == several)
    c.error(place,
            single ? "relay " + in_quotes(one.name)
                         + " has 'upstream' and 'upstreams'"
                   : "relay " + in_quotes(one.name) + " names no upstream",
            single ? "keep one of them" : "set 'upstream' or 'upstreams'");
  if (one.aggregate && one.upstreams.size() > 1 && !c.where(one.choice))
    c.error(place,
            "relay " + in_quotes(one.name)
                + " has several upstreams, and does not say how they are asked",
            "choice = \"serial\", \"by-prefix\" or \"all\"; see "
            "docs/operations.md");
  if (!one.aggregate && one.upstreams.size() > 1)
    c.error(c.where_or(one.aggregate, one),
            "sessions for each client go to one upstream",
            "make a [[server.relay]] of each upstream, or leave 'aggregate' "
            "out");
  if (one.cdid && one.aggregate)
    c.error(c.where_or(one.cdid, one),
            "'cdid' needs a session for each client, for merged requests are "
            "from no domain",
            "set 'aggregate = false'");
  if (one.choice != relay_choice::by_prefix || !x.client)
    return;
  for (const auto& up : x.client->upstreams)
    if (std::ranges::count(one.upstreams, up.name) > 0 && up.prefixes.empty()
        && one.upstreams.size() == 1)
      c.warn(c.where_or(one.choice, one),
             "upstream " + in_quotes(up.name)
                 + " has no 'prefixes', so it is asked for everything");
}

/// Two servers must not be responsible for one address, or both might divert
/// its traffic (RFC 8811, Section 2.3.2).
void check_owners(const std::vector<const upstream_config*>& known,
                  context& c) {
  auto without = std::ranges::count_if(
      known, [](const auto* up) { return up->prefixes.empty(); });
  if (without > 1)
    c.error(c.where(*known.front()).value_or(position{}),
            std::to_string(without)
                + " upstreams have no 'prefixes', and all of them would be "
                  "asked for what is no other's",
            "by prefix, one at most is without; for addresses that several "
            "carry use choice = \"all\" or \"serial\"");
  for (std::size_t i = 0; i < known.size(); ++i)
    for (std::size_t k = i + 1; k < known.size(); ++k)
      for (const auto& a : known[i]->prefixes)
        for (const auto& b : known[k]->prefixes)
          if (a.overlaps(b))
            c.error(c.where_or(known[k]->prefixes, *known[k]),
                    "upstreams " + in_quotes(known[i]->name) + " and "
                        + in_quotes(known[k]->name)
                        + " are both responsible for "
                        + (a.contains(b) ? b : a).to_string(),
                    "each address belongs to one of them; for addresses that "
                    "both carry use choice = \"all\"");
}

std::vector<const upstream_config*> upstreams_of(const relay_config& one,
                                                 const client_config& x) {
  std::vector<const upstream_config*> known;
  for (const auto& up : x.upstreams)
    if (std::ranges::count(one.upstreams, up.name) > 0)
      known.push_back(&up);
  return known;
}

} // namespace

void check_relays(const config& x, context& c) {
  check_beginners(*x.server, c);
  if (!x.server->relays.empty()
      && x.server->conflict_policy
             == protocol::signal::conflict_policy::newest_wins)
    c.warn(c.where_or(x.server->conflict_policy, *x.server),
           "with relays, \"newest-wins\" lets a request that comes back in a "
           "loop of gateways displace the one that it came from, again and "
           "again",
           "choose another 'conflict_policy', unless there can be no loop");
  std::vector<std::string_view> upstreams;
  if (x.client)
    for (const auto& one : x.client->upstreams)
      upstreams.push_back(one.name);
  uniqueness<std::string> once{"upstream of a relay", c};
  for (const auto& one : x.server->relays) {
    check_names(one, upstreams, once, c);
    check_choice(one, x, c);
    if (one.choice == relay_choice::by_prefix && x.client)
      check_owners(upstreams_of(one, *x.client), c);
  }
}

void check_client_choice(const config& x, context& c) {
  if (!x.client || !x.client->choice)
    return;
  auto place = c.where_or(x.client->choice, *x.client);
  if (x.client->upstreams.size() < 2)
    c.warn(place, "'choice' has no meaning with one upstream");
  std::vector<const upstream_config*> all;
  for (const auto& up : x.client->upstreams)
    all.push_back(&up);
  if (x.client->choice == relay_choice::by_prefix)
    check_owners(all, c);
  if (x.server && !x.server->relays.empty())
    c.error(place, "'choice' and [[server.relay]] do not go together",
            "let the operator be a client of this node's server, or name the "
            "upstream with each order");
}

} // namespace tocsin::roles
