#pragma once
#include "protocol/json/reader.hpp"
#include "protocol/restconf/message.hpp"
#include "protocol/yang/decode.hpp"
#include "protocol/yang/validate.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tocsin::protocol::restconf {

/// What happened to a list entry.
struct entry_change {
  enum class kind : std::uint8_t {
    created,
    replaced, ///< by PUT, or merged into by PATCH; it may say the same again
    removed,
    touched, ///< something below it changed
  };

  kind what = kind::replaced;
  yang::instance_path at{};

  friend bool operator==(const entry_change&, const entry_change&) = default;
};

/// A validated edit, ready to be taken over as a whole.
struct edit {
  yang::data_node tree{};         ///< all of the configuration, changed
  yang::instance_path resource{}; ///< created by POST, or the target
  bool created = false;           ///< 201 instead of 204
  /// The outermost list entries at or below the target, and as `touched` those
  /// which the target is below of. An entry that is removed is not in the
  /// tree, and entries inside of it are not listed.
  std::vector<entry_change> changes{};
};

/// Rules of a module for edits.
class edit_rules : public yang::semantic_rules {
public:
  /// What a replacement (PUT) takes over from what was there; by default
  /// nothing (RFC 8040, Section 4.5).
  virtual void adopt(const yang::data_node& old, yang::data_node& replacement,
                     const yang::instance_path& at) const;
};

/// An edit to be made on a copy of the configuration. `at` exists in the
/// schema and is configuration; `body` is not looked at by `remove`.
struct edit_request {
  yang::data_node tree{}; ///< configuration only
  yang::instance_path at{};
  std::optional<json::value> body{};
  std::optional<yang::placement> place{};
  const edit_rules* rules = nullptr; ///< or null
};

/// POST: creates a child (RFC 8040, Section 4.4.1). One whose row is an
/// `envelope` is taken apart: its entries are created, all or none, and each
/// one that exists is told as resource-denied (RFC 8783, Section 6.1).
answer<edit> create(edit_request x);

/// PUT: creates or replaces the target (RFC 8040, Section 4.5); a list entry
/// keeps its place unless it is given one. The body is that of RFC 8040 or
/// stands within the `envelope` (RFC 8783, Section 7.2).
answer<edit> replace(edit_request x);

/// PATCH: merges into the target, which exists (RFC 8040, Section 4.6.1).
answer<edit> merge(edit_request x);

/// DELETE: removes the target, which exists (RFC 8040, Section 4.7).
answer<edit> remove(edit_request x);

/// Whether a resource is there. Containers without presence are, whenever
/// what is above them is.
bool exists(const yang::data_node& root, const yang::instance_path& at);

/// The node at a path; containers without presence are made on the way. Null
/// if it does not exist.
yang::data_node* reach(yang::data_node& root, const yang::instance_path& at);

/// The list whose entries `insert` and `point` place, for POST or PUT with this
/// body; an empty path if it has no user-ordered list.
yang::instance_path placed_list(const yang::schema_node& root,
                                const yang::instance_path& at, bool is_post,
                                const std::optional<json::value>& body);

} // namespace tocsin::protocol::restconf
