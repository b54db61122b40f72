#include "roles/config/check.hpp"
#include "roles/config/uniqueness.hpp"

#include <algorithm>

namespace tocsin::roles {

void check_relays(const config& x, context& c) {
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
