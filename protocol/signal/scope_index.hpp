#pragma once
#include "protocol/signal/body.hpp"
#include "protocol/signal/prefix_trie.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace tocsin::protocol::signal {

/// All live scopes of a node by the id their owner gave them, and the answer to
/// "who overlaps this?" (RFC 9132, Section 4.4.1.3). A query costs what the
/// target's length and its hits cost, however many other scopes there are.
///
/// Insert resolved_view()s, so that names meet the addresses they stand for,
/// and qualify_aliases() if scopes of several clients share an index. Not
/// thread-safe.
class scope_index {
public:
  using id_type = std::uint64_t;

  /// Adds the scope of `id`, in place of a former one.
  void insert(id_type id, const target& what);

  /// Removes the scope of `id`; false if there is none.
  bool erase(id_type id);

  /// Ids whose scope overlaps() `what`, ascending, each once.
  std::vector<id_type> overlapping(const target& what) const;

  bool contains(id_type id) const { return owners_.contains(id); }
  std::size_t size() const noexcept { return owners_.size(); }
  bool empty() const noexcept { return owners_.empty(); }

  /// Trie nodes, list entries and names in use: all zero when empty.
  struct usage {
    std::size_t nodes = 0, entries = 0, names = 0;
    friend bool operator==(const usage&, const usage&) = default;
  };
  usage in_use() const noexcept;

private:
  static constexpr auto none = prefix_trie::none;

  /// One id in the list of a prefix or a name.
  struct entry {
    id_type id;
    std::uint32_t previous, next;
  };

  /// Where an id is listed, to find its entries again.
  struct owner {
    std::vector<std::pair<prefix, std::uint32_t>> prefixes;
    std::vector<std::pair<std::string, std::uint32_t>> names;
  };

  std::uint32_t link(std::uint32_t& head, id_type id);
  void unlink(std::uint32_t& head, std::uint32_t at);
  void collect(std::uint32_t head, std::vector<id_type>& out) const;

  prefix_trie trie_;
  std::unordered_map<std::string, std::uint32_t> names_;
  std::unordered_map<id_type, owner> owners_;
  std::vector<entry> entries_;
  std::vector<std::uint32_t> free_;
};

} // namespace tocsin::protocol::signal
