#pragma once
#include "protocol/yang/tree.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tocsin::protocol::yang {

/// One step down a tree.
struct path_step {
  const schema_node* row = nullptr;
  std::string_view module{}; ///< of the row
  /// Canonical keys of a list entry, or the value of a leaf-list entry; empty:
  /// the list as a whole, or a node of another kind.
  std::vector<std::string> keys{};

  friend bool operator==(const path_step&, const path_step&) = default;
};

/// The way from the root, which is not part of it, to a node.
struct instance_path {
  std::vector<path_step> steps{};

  bool is_root() const noexcept { return steps.empty(); }
  /// Of the last step, or `root`.
  const schema_node& row(const schema_node& root) const {
    return steps.empty() ? root : *steps.back().row;
  }
  /// The module of the last step, or that of the root.
  std::string_view module(const schema_node& root) const {
    return steps.empty() ? root.module : steps.back().module;
  }
  /// Whether the last row or one above it is `config false`.
  bool is_state() const;

  /// The path to a child of the last node; keys are taken from it.
  instance_path down(const schema_node& root, const data_node& child) const;
  instance_path down(const schema_node& root, const schema_node& child) const;
  /// Without the last step; of the root: the root.
  instance_path up() const;

  friend bool operator==(const instance_path&, const instance_path&) = default;
};

/// The instance-identifier of RFC 7951, Section 6.11:
/// "/module:a/b[key='x']/c". A key with both kinds of quotes cannot be written;
/// then it is that of the deepest node above which can be named.
std::string to_string(const instance_path& x);

/// The node at the end of the path, or null.
const data_node* find(const data_node& root, const instance_path& at);
data_node* find(data_node& root, const instance_path& at);

} // namespace tocsin::protocol::yang
