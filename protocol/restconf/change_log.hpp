#pragma once
#include "protocol/restconf/edit.hpp"

#include <vector>

namespace tocsin::protocol::restconf {

/// Which list entries an edit changes: compares what is at and below its
/// target before and after, and what its body has.
class change_log {
public:
  /// `tree` as it is before the edit; `at` outlives the log.
  change_log(const yang::data_node& tree, const yang::instance_path& at);

  /// Notes what the body says, `x` being at `at`.
  void in_body(const yang::data_node& x, const yang::instance_path& at);

  /// The changes, `tree` being what the edit has made of it; see edit::changes.
  std::vector<entry_change> finish(const yang::data_node& tree) const;

private:
  const yang::schema_node& root_;
  const yang::instance_path& at_;
  std::vector<yang::instance_path> before_;
  std::vector<yang::instance_path> body_;
};

} // namespace tocsin::protocol::restconf
