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

} // namespace

void check_relays(const config& x, context& c) {
  check_beginners(*x.server, c);
  std::vector<std::string_view> upstreams;
  if (x.client)
    for (const auto& one : x.client->upstreams)
      upstreams.push_back(one.name);
  uniqueness<std::string> once{"upstream of a relay", c};
  for (const auto& one : x.server->relays) {
    auto place = c.where(one.upstream);
    if (!place || c.broken(one.upstream))
      continue;
    once.add(one.upstream, one.upstream);
    if (std::ranges::count(upstreams, one.upstream) > 0)
      continue;
    auto guess = closest(one.upstream, upstreams);
    c.error(*place, "there is no upstream " + in_quotes(one.upstream),
            upstreams.empty() ? "add [client] with a [[client.upstream]] of "
                                "this name"
            : guess.empty()   ? "defined are: " + join(upstreams)
                              : "did you mean '" + std::string{guess} + "'?");
  }
}

} // namespace tocsin::roles
