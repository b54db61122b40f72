// UPSTREAM: tells a RELAY what becomes of the requests that it has ordered.
#include "actors/upstream.hpp"

#include <utility>

namespace tocsin::actors {

void upstream_state::adopt(const caf::strong_actor_ptr& relay) {
  relay_ = caf::actor_cast<relay_owner_actor>(relay);
  told_up_ = false;
  for (auto& [_, x] : wishes_)
    x.told.reset();
  tell_relay();
}

void upstream_state::tell_relay() {
  if (!relay_)
    return;
  bool up = best_link() != nullptr;
  if (std::exchange(told_up_, up) != up)
    self_->send(relay_, atom::changed_v, up);
  for (auto& [_, x] : wishes_)
    tell_relay(x);
}

void upstream_state::tell_relay(wish& x) {
  if (!relay_ || x.record.relayed.empty())
    return;
  mark now{x.state, x.last.status, x.last.dropped, x.note};
  if (x.told == now)
    return;
  x.told = std::move(now);
  self_->send(relay_, atom::changed_v, current(x));
}

} // namespace tocsin::actors
