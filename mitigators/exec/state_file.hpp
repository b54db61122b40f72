#pragma once
#include "mitigators/filter.hpp"
#include "mitigators/rule.hpp"
#include "protocol/error.hpp"

#include <map>
#include <string>
#include <variant>

namespace tocsin::mitigators::exec {

/// What a hook runs for.
using item = std::variant<rule, filter_set>;

const std::string& id_of(const item& x);

/// What is known of a rule or a filter set.
struct rule_state {
  item what;
  /// The hook was started and its success is not known: the rule may be in
  /// force, so it is worth a withdrawal, but does not count as installed.
  bool uncertain = false;
  friend bool operator==(const rule_state&, const rule_state&) = default;
};

using rule_states = std::map<std::string, rule_state>; // by id

/// Reads what write_state() wrote; an absent file is an empty state. Fails
/// with ec::io or as decode_order() does.
result<rule_states> read_state(const std::string& path);

/// Replaces the file in one step, so that it is never half written.
result<void> write_state(const std::string& path, const rule_states& what);

} // namespace tocsin::mitigators::exec
