#include "actors/registry.hpp"

#include "protocol/signal/scope.hpp"

namespace tocsin::actors {

std::vector<scope_owner>
registry_state::claim(const scope_owner& who,
                      const protocol::signal::target& what) {
  auto [i, is_new] = ids_.try_emplace(who, next_id_);
  if (is_new)
    owners_.emplace(next_id_++, who);
  // Aliases are names within one client only.
  auto scope =
      protocol::signal::qualify_aliases(what, who.customer + '/' + who.cuid);
  std::vector<scope_owner> others;
  for (auto id : index_.overlapping(scope))
    if (id != i->second)
      others.push_back(owners_.at(id));
  index_.insert(i->second, scope);
  return others;
}

void registry_state::release(const scope_owner& who) {
  auto i = ids_.find(who);
  if (i == ids_.end())
    return;
  index_.erase(i->second);
  owners_.erase(i->second);
  ids_.erase(i);
}

registry_actor::behavior_type
registry(registry_actor::stateful_pointer<registry_state> self) {
  auto* state = &self->state;
  return {
      [state](atom::claim, const scope_owner& who,
              const protocol::signal::target& what) {
        return state->claim(who, what);
      },
      [state](atom::release, const scope_owner& who) { state->release(who); },
  };
}

} // namespace tocsin::actors
