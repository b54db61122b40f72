#pragma once
#include "protocol/signal/prefix.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tocsin::protocol::signal {

/// A path-compressed binary trie of prefixes, each with one number of its
/// owner's. Nodes live in one array and are reused: at most two per prefix
/// stored, 40 octets each. A lookup visits at most one node per bit of the
/// address, plus the prefixes inside the one asked for.
class prefix_trie {
public:
  static constexpr std::uint32_t none = 0xffffffff;

  /// The number stored for `key`; a new key starts with `none`. The reference
  /// is valid until the next insert. A key is present while its number is not
  /// `none`, so set it.
  std::uint32_t& at(const prefix& key);

  /// Forgets `key`; unknown keys are ignored.
  void erase(const prefix& key);

  /// Calls `visit(key, number)` for every prefix that contains `key` or lies
  /// inside it.
  template <class Visit>
  void overlapping(const prefix& key, Visit visit) const {
    auto i = roots_[root_of(key)];
    while (i != none && nodes_[i].key.length() < key.length()) {
      const auto& x = nodes_[i];
      if (!x.key.contains(key))
        return;
      if (x.value != none)
        visit(x.key, x.value);
      i = x.child[key.bit(x.key.length())];
    }
    if (i != none && key.contains(nodes_[i].key))
      visit_all(i, visit);
  }

  /// Nodes in use, for tests of the memory bound.
  std::size_t nodes() const noexcept { return nodes_.size() - free_.size(); }

private:
  struct node {
    prefix key;
    std::uint32_t child[2] = {none, none};
    std::uint32_t value = none; ///< none: only a fork
  };

  static std::size_t root_of(const prefix& key) noexcept {
    return key.is_ipv4() ? 0 : 1;
  }

  /// Depth is bounded by the 129 lengths of a prefix.
  template <class Visit>
  void visit_all(std::uint32_t i, Visit& visit) const {
    const auto& x = nodes_[i];
    if (x.value != none)
      visit(x.key, x.value);
    for (auto next : x.child)
      if (next != none)
        visit_all(next, visit);
  }

  std::uint32_t make_node(const prefix& key);
  void set_link(std::uint32_t parent, const prefix& key, std::uint32_t to);
  void release(std::uint32_t i);

  std::vector<node> nodes_;
  std::vector<std::uint32_t> free_;
  std::uint32_t roots_[2] = {none, none};
};

} // namespace tocsin::protocol::signal
