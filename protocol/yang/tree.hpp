#pragma once
#include "protocol/yang/schema.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::protocol::yang {

/// Where a list entry goes (RFC 8040, Section 4.8.5).
struct placement {
  enum class where : std::uint8_t { last, first, before, after };

  where at = where::last;
  std::vector<std::string> point{}; ///< keys of the entry for before and after

  friend bool operator==(const placement&, const placement&) = default;
};

/// An instance of a schema node: a value. Each list entry and each value of a
/// leaf-list is a node of its own.
///
/// Children stand in the order of the rows, those of one row in the order of
/// the list; all functions below keep it so. Names are looked up without
/// regard to modules; use rows where an augmentation repeats a name.
struct data_node {
  const schema_node* row = nullptr; ///< never null in a tree
  std::string text{};               ///< canonical value of a leaf
  bool by_default = false;          ///< a leaf which nobody has set
  std::vector<data_node> children{};

  /// The first child of that name or row, or null.
  const data_node* find(std::string_view name) const;
  const data_node* find(const schema_node& child) const;
  data_node* find(std::string_view name);
  data_node* find(const schema_node& child);

  /// All children of a row or name: entries of a list, values of a leaf-list.
  std::span<const data_node> all(const schema_node& child) const;
  std::span<const data_node> all(std::string_view name) const;

  /// The entry with these keys (the value of a leaf-list), or null.
  const data_node* entry(const schema_node& list,
                         std::span<const std::string> keys) const;
  data_node* entry(const schema_node& list, std::span<const std::string> keys);
  /// The same for a list with one key.
  const data_node* entry(std::string_view list, std::string_view key) const;

  /// The canonical text of a leaf below, its default, or nothing.
  std::optional<std::string_view> value(std::string_view leaf) const;
  /// The same as a number, for integers.
  std::optional<std::int64_t> number(std::string_view leaf) const;

  /// The child of that row; made if there is none. Not for lists.
  data_node& ensure(const schema_node& child);
  /// Sets a leaf to a canonical text; the row has a leaf of that name.
  void set(std::string_view leaf, std::string text);
  /// Puts a node behind the others of its row; does not look for duplicates.
  data_node& append(data_node child);
  /// Puts a list entry in its place. Null if the point is not there.
  data_node* insert(data_node child, const placement& to);
  /// Removes all children of a row; false if there was none.
  bool erase(const schema_node& child);
  /// Removes the entry with these keys; false if there was none.
  bool erase(const schema_node& list, std::span<const std::string> keys);

  /// Whether two trees say the same: the order counts in user-ordered lists
  /// only, an empty non-presence container is as good as none, and a default
  /// in use is as good as one that is set.
  friend bool operator==(const data_node& a, const data_node& b);
};

/// The keys of a list entry in the order of the schema; the value of a
/// leaf-list entry; empty for other nodes.
std::vector<std::string> keys_of(const data_node& x);

/// Adds the defaults in use, marked `by_default` (RFC 8040, Section 3.5.4): in
/// cases which are chosen only, never below an absent presence container.
void add_defaults(data_node& x);

/// Removes non-presence containers without content below `x`.
void prune(data_node& x);

} // namespace tocsin::protocol::yang
