#include "transports/resumption_cache.hpp"

#include "transports/credential_io.hpp"

#include <algorithm>
#include <utility>

namespace tocsin::transports {

resumption_cache::resumption_cache(std::size_t capacity)
    : capacity_{std::max<std::size_t>(capacity, 1)} {}

resumption_cache::~resumption_cache() {
  for (auto& [key, x] : entries_)
    wipe(x.session.state);
}

void resumption_cache::put(const std::string& key, saved_session x) {
  std::lock_guard lock{mutex_};
  if (!entries_.contains(key) && entries_.size() >= capacity_) {
    auto oldest = std::ranges::min_element(
        entries_, {}, [](const auto& item) { return item.second.age; });
    wipe(oldest->second.session.state);
    entries_.erase(oldest);
  }
  auto& slot = entries_[key];
  wipe(slot.session.state);
  slot = {std::move(x), ++stored_};
}

std::optional<saved_session> resumption_cache::take(const std::string& key) {
  std::lock_guard lock{mutex_};
  auto at = entries_.find(key);
  if (at == entries_.end())
    return std::nullopt;
  auto out = std::move(at->second.session);
  entries_.erase(at);
  return out;
}

std::size_t resumption_cache::size() const {
  std::lock_guard lock{mutex_};
  return entries_.size();
}

} // namespace tocsin::transports
