#include "protocol/signal/scope_index.hpp"

#include "protocol/signal/scope.hpp"

#include <algorithm>
#include <utility>

namespace tocsin::protocol::signal {

void scope_index::insert(id_type id, const target& what) {
  erase(id);
  auto keys = keys_of(what);
  owner places;
  places.prefixes.reserve(keys.prefixes.size());
  for (const auto& x : keys.prefixes)
    places.prefixes.emplace_back(x, link(trie_.at(x), id));
  places.names.reserve(keys.names.size());
  for (auto& x : keys.names) {
    auto& head = names_.try_emplace(x, none).first->second;
    auto at = link(head, id);
    places.names.emplace_back(std::move(x), at);
  }
  owners_.emplace(id, std::move(places));
}

bool scope_index::erase(id_type id) {
  auto found = owners_.find(id);
  if (found == owners_.end())
    return false;
  for (const auto& [key, at] : found->second.prefixes) {
    auto& head = trie_.at(key);
    unlink(head, at);
    if (head == none)
      trie_.erase(key);
  }
  for (const auto& [key, at] : found->second.names) {
    auto name = names_.find(key);
    unlink(name->second, at);
    if (name->second == none)
      names_.erase(name);
  }
  owners_.erase(found);
  return true;
}

std::vector<scope_index::id_type>
scope_index::overlapping(const target& what) const {
  std::vector<id_type> out;
  auto keys = keys_of(what);
  for (const auto& x : keys.prefixes)
    trie_.overlapping(
        x, [&](const prefix&, std::uint32_t head) { collect(head, out); });
  for (const auto& x : keys.names)
    if (auto i = names_.find(x); i != names_.end())
      collect(i->second, out);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

scope_index::usage scope_index::in_use() const noexcept {
  return {trie_.nodes(), entries_.size() - free_.size(), names_.size()};
}

/// Puts a new entry at the head of a list.
std::uint32_t scope_index::link(std::uint32_t& head, id_type id) {
  std::uint32_t at;
  if (free_.empty()) {
    at = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    at = free_.back();
    free_.pop_back();
  }
  entries_[at] = {id, none, head};
  if (head != none)
    entries_[head].previous = at;
  head = at;
  return at;
}

void scope_index::unlink(std::uint32_t& head, std::uint32_t at) {
  auto [id, previous, next] = entries_[at];
  (previous == none ? head : entries_[previous].next) = next;
  if (next != none)
    entries_[next].previous = previous;
  free_.push_back(at);
}

void scope_index::collect(std::uint32_t head, std::vector<id_type>& out) const {
  for (auto i = head; i != none; i = entries_[i].next)
    out.push_back(entries_[i].id);
}

} // namespace tocsin::protocol::signal
