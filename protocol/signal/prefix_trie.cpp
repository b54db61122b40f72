#include "protocol/signal/prefix_trie.hpp"

#include <algorithm>
#include <bit>

namespace tocsin::protocol::signal {

namespace {

/// How many leading bits two prefixes of one family share, at most the length
/// of the shorter.
std::uint8_t shared_bits(const prefix& a, const prefix& b) {
  unsigned limit = std::min(a.length(), b.length());
  unsigned bits = 0;
  for (std::size_t i = 0; bits < limit; ++i, bits += 8)
    if (auto differing = a.octets()[i] ^ b.octets()[i]; differing != 0) {
      bits += static_cast<unsigned>(
          std::countl_zero(static_cast<std::uint8_t>(differing)));
      break;
    }
  return static_cast<std::uint8_t>(std::min(bits, limit));
}

} // namespace

std::uint32_t& prefix_trie::at(const prefix& key) {
  auto parent = none;
  auto i = roots_[root_of(key)];
  while (i != none) {
    auto here = nodes_[i].key;
    auto shared = shared_bits(here, key);
    if (shared < here.length()) {
      // `key` lies above this node, or beside it under a new fork.
      auto added = make_node(key);
      auto top = added;
      if (shared < key.length()) {
        top = make_node(prefix{key.which(), key.octets(), shared});
        nodes_[top].child[key.bit(shared)] = added;
      }
      nodes_[top].child[here.bit(shared)] = i;
      set_link(parent, key, top);
      return nodes_[added].value;
    }
    if (here.length() == key.length())
      return nodes_[i].value;
    parent = i;
    i = nodes_[i].child[key.bit(here.length())];
  }
  i = make_node(key);
  set_link(parent, key, i);
  return nodes_[i].value;
}

void prefix_trie::erase(const prefix& key) {
  auto grandparent = none;
  auto parent = none;
  auto i = roots_[root_of(key)];
  while (i != none && nodes_[i].key != key) {
    if (!nodes_[i].key.contains(key))
      return;
    grandparent = parent;
    parent = i;
    i = nodes_[i].child[key.bit(nodes_[i].key.length())];
  }
  if (i == none)
    return;
  auto [left, right] = nodes_[i].child;
  nodes_[i].value = none;
  if (left != none && right != none)
    return; // it stays as a fork
  set_link(parent, key, left != none ? left : right);
  release(i);
  if (left != none || right != none || parent == none
      || nodes_[parent].value != none)
    return;
  // The parent was a fork and has one child left: it is not needed.
  auto [first, second] = nodes_[parent].child;
  set_link(grandparent, nodes_[parent].key, first != none ? first : second);
  release(parent);
}

std::uint32_t prefix_trie::make_node(const prefix& key) {
  if (free_.empty()) {
    nodes_.push_back({key, {none, none}, none});
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }
  auto i = free_.back();
  free_.pop_back();
  nodes_[i] = {key, {none, none}, none};
  return i;
}

void prefix_trie::set_link(std::uint32_t parent, const prefix& key,
                           std::uint32_t to) {
  if (parent == none)
    roots_[root_of(key)] = to;
  else
    nodes_[parent].child[key.bit(nodes_[parent].key.length())] = to;
}

void prefix_trie::release(std::uint32_t i) {
  free_.push_back(i);
}

} // namespace tocsin::protocol::signal
