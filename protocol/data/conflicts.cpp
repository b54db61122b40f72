#include "protocol/data/conflicts.hpp"

#include <algorithm>

namespace tocsin::protocol::data {

bool contradict(const acl& a, const acl& b) {
  return std::ranges::any_of(a.aces, [&](const ace& x) {
    return std::ranges::any_of(b.aces, [&](const ace& y) {
      return x.action != y.action && overlap(x, y);
    });
  });
}

const acl* find_conflict(const acl& x, const client_state& other) {
  for (const auto& entry : other.acls)
    if (entry->filters && contradict(x, *entry->filters))
      return entry->filters.get();
  return nullptr;
}

} // namespace tocsin::protocol::data
