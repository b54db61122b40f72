#pragma once
#include "mitigators/filter.hpp"
#include "mitigators/nftables/dispatcher.hpp"
#include "mitigators/nftables/script.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace tocsin::mitigators::nftables {

/// The part of the planner that knows filter sets. A set has a chain for each
/// family with its entries in order, and a counter for each entry.
class filter_planner {
public:
  filter_planner() : dispatch_{{filter_dispatch, "ft", "fp"}} {}

  /// Commands that install and withdraw sets (ids of others are passed over);
  /// new counters go on from `now`, if they are in it.
  void plan(script& out, const std::vector<filter_set>& install,
            const std::vector<std::string>& withdraw,
            const std::vector<entry_counters>& now) const;
  void commit(const std::vector<filter_set>& install,
              const std::vector<std::string>& withdraw);
  void clear();

  /// Adds to `install` and `withdraw` what leads to exactly `all`.
  void difference(const std::vector<filter_set>& all,
                  std::vector<filter_set>& install,
                  std::vector<std::string>& withdraw) const;

  /// The set in force, normalized; null: none.
  const filter_set* find(const std::string& id) const;
  /// Entries in force.
  std::size_t entries() const noexcept { return entries_; }

private:
  using totals_by_counter =
      std::unordered_map<std::string, const entry_counters*>;

  bool is_news(const filter_set& x) const;
  /// `install` is normalized.
  dispatcher::edit edit_of(const std::vector<filter_set>& install,
                           const std::vector<std::string>& withdraw) const;
  void plan_install(script& out, const filter_set& x,
                    const totals_by_counter& now) const;
  void plan_removal(script& out, const filter_set& before,
                    const filter_set* after) const;

  std::unordered_map<std::string, filter_set> sets_; // normalized
  std::size_t entries_ = 0;
  dispatcher dispatch_;
};

} // namespace tocsin::mitigators::nftables
