#pragma once
#include "protocol/yang/error.hpp"
#include "protocol/yang/path.hpp"
#include "protocol/yang/tree.hpp"

#include <optional>

namespace tocsin::protocol::yang {

/// What rows cannot say: `when`, relations between leaves, rules which stand
/// in descriptions only.
class semantic_rules {
public:
  virtual ~semantic_rules() = default;

  /// Judges one container or list entry with all below it; called for each of
  /// them, inner ones first. `at` is the path to `x`.
  virtual std::optional<error> check(const data_node& x,
                                     const instance_path& at) const = 0;
};

/// Judges `at` and all below by the rows (mandatory leaves, choices, numbers
/// of entries) and by `rules`; the node above as a parent, that is without what
/// stands beside `at`; and all further above by `rules` only. `rules` may be
/// null. Only configuration is judged. What is not there is judged as missing
/// from what is above.
std::optional<error> validate(const data_node& root, const instance_path& at,
                              const semantic_rules* rules);

} // namespace tocsin::protocol::yang
