#pragma once
#include "mitigators/driver_machine.hpp"
#include "mitigators/nftables/dispatcher.hpp"
#include "mitigators/nftables/filter_planner.hpp"
#include "mitigators/nftables/script.hpp"
#include "mitigators/nftables/statements.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace tocsin::mitigators::nftables {

/// What is to change.
struct change {
  std::vector<rule> install; ///< ids differ
  std::vector<std::string> withdraw;
  std::vector<filter_set> filters = {}; ///< to install; ids differ
};

/// Knows what our table holds and plans the transactions that change it; the
/// JSON of each is for libnftables. No I/O.
///
/// The table: hooks send a packet to the filter sets of its destination, whose
/// verdicts are final, and what is left to the mitigations of it (see
/// dispatcher). A mitigation has a chain of its own.
class planner {
public:
  explicit planner(hook_options where)
      : where_{std::move(where)}, dispatch_{{rule_dispatch, "to", "p"}} {}

  /// The transaction that makes the table anew with exactly this, whatever it
  /// was before; `now` goes on from its values.
  std::string rebuild(const batch& all, const totals& now);
  /// Transaction for a change to what is held now; empty if nothing is to do.
  std::string plan(const change& what) const;
  /// The transaction of plan(what) was carried out.
  void commit(const change& what);

  /// The difference between what is held and `all`.
  change difference(const batch& all) const;

  /// Rules in force.
  std::size_t size() const noexcept { return rules_.size(); }
  bool has_rule(const std::string& id) const { return rules_.contains(id); }
  bool has(const std::string& id) const {
    return has_rule(id) || filters_.find(id) != nullptr;
  }
  const filter_planner& filters() const noexcept { return filters_; }

  /// The counters of these ids, for the kernel.
  std::vector<std::string>
  counter_names(const std::vector<std::string>& ids) const;

private:
  bool is_news(const rule& x) const;
  dispatcher::edit edit_of(const change& what) const;
  void plan_installs(script& out, const change& what) const;
  void plan_removals(script& out, const change& what) const;

  hook_options where_;
  std::unordered_map<std::string, rule> rules_; // normalized
  dispatcher dispatch_;
  filter_planner filters_;
};

} // namespace tocsin::mitigators::nftables
