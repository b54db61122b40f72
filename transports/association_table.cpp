#include "transports/association_table.hpp"

#include <utility>

namespace tocsin::transports {

association_table::association_table() : index_(1024, none) {}

association association_table::reserve(const association_key& key) {
  std::uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  auto& x = entries_[slot];
  x.key = key;
  x.used = true;
  ++size_;
  return {slot, x.generation};
}

void association_table::list(association id) {
  auto x = find(id);
  if (!x || x->listed)
    return;
  if ((listed_ + 1) * 2 > index_.size())
    grow();
  x->listed = true;
  ++listed_;
  auto mask = index_.size() - 1;
  auto i = home_of(x->key);
  while (index_[i] != none)
    i = (i + 1) & mask;
  index_[i] = id.slot;
}

std::shared_ptr<association_handler>
association_table::release(association id) {
  auto x = find(id);
  if (!x)
    return nullptr;
  if (x->listed)
    unlist(id.slot);
  auto handler = std::move(x->handler);
  auto generation = x->generation + 1;
  *x = {};
  x->generation = generation;
  free_.push_back(id.slot);
  --size_;
  return handler;
}

association_entry* association_table::find(association id) noexcept {
  if (id.slot >= entries_.size())
    return nullptr;
  auto& x = entries_[id.slot];
  return x.used && x.generation == id.generation ? &x : nullptr;
}

std::optional<association>
association_table::find(const association_key& key) const noexcept {
  auto mask = index_.size() - 1;
  for (auto i = home_of(key); index_[i] != none; i = (i + 1) & mask) {
    const auto& x = entries_[index_[i]];
    if (x.key == key)
      return association{index_[i], x.generation};
  }
  return std::nullopt;
}

std::vector<association> association_table::all() const {
  std::vector<association> out;
  out.reserve(size_);
  for (std::uint32_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].used)
      out.push_back({i, entries_[i].generation});
  return out;
}

std::size_t association_table::place_of(std::uint32_t slot) const noexcept {
  auto mask = index_.size() - 1;
  auto i = home_of(entries_[slot].key);
  while (index_[i] != slot)
    i = (i + 1) & mask;
  return i;
}

// Fills the hole with what was pushed past it, so that no probe ends early and
// no tombstones pile up.
void association_table::unlist(std::uint32_t slot) noexcept {
  auto mask = index_.size() - 1;
  auto hole = place_of(slot);
  for (auto i = (hole + 1) & mask; index_[i] != none; i = (i + 1) & mask) {
    auto home = home_of(entries_[index_[i]].key);
    if (((i - home) & mask) >= ((i - hole) & mask)) {
      index_[hole] = index_[i];
      hole = i;
    }
  }
  index_[hole] = none;
  --listed_;
}

void association_table::grow() {
  index_.assign(index_.size() * 2, none);
  auto mask = index_.size() - 1;
  for (std::uint32_t slot = 0; slot < entries_.size(); ++slot) {
    if (!entries_[slot].listed)
      continue;
    auto i = home_of(entries_[slot].key);
    while (index_[i] != none)
      i = (i + 1) & mask;
    index_[i] = slot;
  }
}

} // namespace tocsin::transports
