#pragma once
#include "mitigators/driver_machine.hpp"
#include "mitigators/nftables/engine.hpp"
#include "mitigators/nftables/planner.hpp"

namespace tocsin::mitigators::nftables {

/// Keeps the rules in a table of the kernel that nobody else writes to.
class nftables_backend final : public backend {
public:
  /// `max_rules` and `max_entries` are announced to the node and enforced.
  nftables_backend(hook_options where, std::size_t max_rules,
                   std::size_t max_entries);

  to_node::hello describe() const override;
  failures sync(const batch& all) override;
  failures install(const batch& some) override;
  failures withdraw(const std::vector<std::string>& ids) override;
  result<totals> counters() override;
  result<totals> last_counters(const std::vector<std::string>& ids) override;
  to_node::status health() const override;
  void shutdown(bool cleanup) override;

  /// Deletes the table with all it holds; an absent one is no failure.
  result<void> remove_table();

private:
  /// Drops from `items` what the kernel refuses, found by halving.
  void sort_out(batch& items, failures& refused);
  void sort_out(batch items, batch& good, failures& refused);
  failures first_sync(batch all);
  failures apply(change what);
  /// Drops from `items` what does not fit, if the kernel holds so much of
  /// other ids.
  void refuse_surplus(batch& items, std::size_t rules, std::size_t entries,
                      failures& refused) const;
  void note(const failure* trouble);

  hook_options where_;
  std::size_t max_rules_;
  std::size_t max_entries_;
  engine engine_;
  planner planner_;
  bool adopted_ = false; // the table is as planner_ says
  std::string trouble_;  // of the last transaction or reading; empty: none
  std::string blind_;    // trouble_ of the last failed reading; empty: none
};

/// The counters in a listing by libnftables.
result<totals> parse_counters(std::string_view json);

} // namespace tocsin::mitigators::nftables
