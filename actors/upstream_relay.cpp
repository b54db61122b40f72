// UPSTREAM: tells a RELAY what becomes of the requests that it has ordered.
#include "actors/upstream.hpp"

#include <algorithm>
#include <utility>

namespace tocsin::actors {

void upstream_state::adopt(const caf::strong_actor_ptr& relay) {
  relay_ = caf::actor_cast<relay_owner_actor>(relay);
  told_up_ = false;
  for (auto& [_, x] : wishes_)
    x.told.reset();
  tell_relay();
}

bool upstream_state::pursues(const std::string& relayed) const {
  return !relayed.empty()
         && std::ranges::any_of(wishes_, [&](const auto& entry) {
              const auto& x = entry.second;
              return x.record.relayed == relayed
                     && (x.state == progress::requested
                         || x.state == progress::active);
            });
}

/// The same request, yet with another Hop-Limit (RFC 8768): what is in force is
/// asked for again.
caf::result<mitigation_view>
upstream_state::change_hops(const mitigate_order& what) {
  std::optional<mitigation_view> first;
  storage::transaction changes;
  for (auto& [_, x] : wishes_) {
    bool live = x.state == progress::requested || x.state == progress::active;
    if (x.record.relayed != what.relayed || !live)
      continue;
    if (!first)
      first = current(x);
    if (x.record.hop_limit == what.hop_limit)
      continue;
    x.record.hop_limit = what.hop_limit;
    changes.push_back(storage::put_mitigation{x.record});
    stop_asking(x);
    if (x.state == progress::active)
      x.refresh = now();
  }
  if (!changes.empty()) {
    persist(std::move(changes));
    pursue_all();
  }
  return *first;
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
  mark now{x.state, x.last.status, x.last.dropped, x.note, x.answer};
  if (x.told == now)
    return;
  x.told = std::move(now);
  self_->send(relay_, atom::changed_v, current(x));
}

} // namespace tocsin::actors
