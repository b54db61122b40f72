#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tocsin::protocol::yang {

/// What a row describes (RFC 7950, Section 3). Choices and cases are no nodes
/// of the data tree: their members name them.
enum class node_kind : std::uint8_t { container, list, leaf, leaf_list };

/// The types which our modules use, with what `min` and `max` of the row bound.
enum class leaf_type : std::uint8_t {
  string,      ///< length in characters
  uint8,       ///< value, as for the other integers
  uint16,      ///< inet:port-number, too
  uint32,      //
  uint64,      ///< a string in JSON
  int32,       //
  decimal64,   ///< two fraction digits, in hundredths; a string in JSON
  boolean,     //
  enumeration, ///< one of `names`
  bits,        ///< some of `names`, which are in position order; their number
  identityref, ///< one of `names`, bare or qualified; canonical: bare
  ip_prefix,   ///< inet:ip-prefix
  ipv4_prefix, //
  ipv6_prefix, //
  domain_name, ///< inet:domain-name
  uri,         ///< inet:uri
  binary,      ///< base64; length in octets
};

struct schema_node;

/// The rows below a row: a view of an array with static lifetime. (std::span
/// wants a complete type.)
class schema_children {
public:
  constexpr schema_children() = default;
  template <std::size_t N>
  constexpr schema_children(const std::array<schema_node, N>& rows)
      : first_{rows.data()}, size_{N} {}

  constexpr const schema_node* begin() const { return first_; }
  constexpr const schema_node* end() const;
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }

private:
  const schema_node* first_ = nullptr;
  std::size_t size_ = 0;
};

/// One node of a YANG schema. Rows are constexpr tables, written with
/// designated initializers; the addresses of rows identify them, so that a row
/// stands in one table only.
///
/// A schema is its root row: a container `ietf-restconf:data` whose children
/// are the top-level nodes of all modules, each with its `module`. Another
/// module augments a node by rows with its `module` among the children; see
/// `concatenate`.
struct schema_node {
  std::string_view name;
  node_kind kind = node_kind::leaf;
  leaf_type type = leaf_type::string; ///< of leaf and leaf_list

  /// Bounds, see leaf_type; `max` = 0: no upper one but that of the type, and
  /// then `min` = 0 is none, either.
  std::int64_t min = 0;
  std::uint64_t max = 0;
  std::span<const std::string_view> names{}; ///< enum, bit, identity names
  std::string_view names_module{};           ///< which defines the identities

  std::string_view key{};           ///< names of a list's key leaves: "a b"
  bool user_ordered = false;        ///< list and leaf_list
  bool config = true;               ///< false holds for all nodes below
  bool mandatory = false;           ///< within its case, if it has one
  bool presence = false;            ///< of a container: it means something
  std::string_view default_value{}; ///< of a leaf, canonical; empty: none
  std::string_view choice{};        ///< of which this is a member, or empty
  std::string_view in_case{};       ///< and the case of that choice
  /// Greatest number of instances of a list or leaf_list below one parent;
  /// 0: as many as fit into a body.
  std::size_t max_entries = 0;

  /// A container with one list: RFC 8783 prints single entries of the list
  /// inside of it, and a POST of it adds entries (RFC 8783, Section 6.1).
  bool envelope = false;
  /// Holds what belongs to several clients: nobody replaces, merges into or
  /// deletes it as a whole; what is below is edited.
  bool shared = false;

  schema_children children{};
  std::string_view module{};  ///< empty: that of the parent
  std::string_view section{}; ///< "RFC 8783 4.3"

  constexpr bool is_leaf() const {
    return kind == node_kind::leaf || kind == node_kind::leaf_list;
  }
  /// Whether several instances may stand side by side.
  constexpr bool is_many() const {
    return kind == node_kind::list || kind == node_kind::leaf_list;
  }
  /// The module, for a row found below a parent of that module.
  constexpr std::string_view module_below(std::string_view parent) const {
    return module.empty() ? parent : module;
  }
};

constexpr const schema_node* schema_children::end() const {
  return first_ + size_;
}

/// The child of that name. An empty `module` means the parent's own.
constexpr const schema_node* find_row(const schema_node& parent,
                                      std::string_view parent_module,
                                      std::string_view module,
                                      std::string_view name) {
  if (module.empty())
    module = parent_module;
  for (const auto& x : parent.children)
    if (x.name == name && x.module_below(parent_module) == module)
      return &x;
  return nullptr;
}

/// The first child of that name, whatever its module.
constexpr const schema_node* find_row(const schema_node& parent,
                                      std::string_view name) {
  for (const auto& x : parent.children)
    if (x.name == name)
      return &x;
  return nullptr;
}

/// Calls `f` with the name of each key leaf in order.
template <class F>
constexpr void for_each_key(const schema_node& list, F f) {
  auto rest = list.key;
  while (!rest.empty()) {
    auto end = std::min(rest.find(' '), rest.size());
    if (end > 0)
      f(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

/// Number of key leaves.
constexpr std::size_t key_count(const schema_node& list) {
  std::size_t n = 0;
  for_each_key(list, [&](std::string_view) { ++n; });
  return n;
}

constexpr bool is_key(const schema_node& list, std::string_view name) {
  bool found = false;
  for_each_key(list, [&](std::string_view x) { found = found || x == name; });
  return found;
}

/// Rows of several tables one after another: how a module augments another.
template <std::size_t... Ns>
constexpr auto concatenate(const std::array<schema_node, Ns>&... tables) {
  std::array<schema_node, (Ns + ...)> out{};
  std::size_t i = 0;
  ((std::ranges::copy(tables, out.begin() + i), i += Ns), ...);
  return out;
}

/// Whether rows fit together: for static_assert beside each schema.
constexpr bool well_formed(const schema_node& x) {
  if (x.name.empty() || (x.is_leaf() && !x.children.empty()))
    return false;
  if (x.max != 0 && x.min > 0 && x.max < static_cast<std::uint64_t>(x.min))
    return false;
  bool named = x.type == leaf_type::enumeration || x.type == leaf_type::bits
               || x.type == leaf_type::identityref;
  if (x.is_leaf() && named && x.names.empty())
    return false;
  if (x.choice.empty() != x.in_case.empty())
    return false;
  if (x.kind == node_kind::list && x.config && x.key.empty())
    return false;
  bool good = true;
  // Not by a pointer: with sanitizers GCC 12 takes none for a constant.
  for_each_key(x, [&](std::string_view key) {
    bool found = false;
    for (const auto& child : x.children)
      found |= child.name == key && child.kind == node_kind::leaf;
    good = good && found;
  });
  if (x.envelope
      && (x.children.size() != 1
          || x.children.begin()->kind != node_kind::list))
    return false;
  for (const auto& child : x.children)
    good = good && well_formed(child);
  return good;
}

} // namespace tocsin::protocol::yang
