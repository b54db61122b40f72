#pragma once
#include "mitigators/driver_machine.hpp"
#include "mitigators/nftables/engine.hpp"
#include "mitigators/nftables/planner.hpp"

namespace tocsin::mitigators::nftables {

/// Keeps the rules in a table of the kernel that nobody else writes to.
class nftables_backend final : public backend {
public:
  /// `max_rules` is announced to the node and enforced.
  nftables_backend(hook_options where, std::size_t max_rules);

  to_node::hello describe() const override;
  failures sync(const std::vector<rule>& rules) override;
  failures install(const std::vector<rule>& rules) override;
  failures withdraw(const std::vector<std::string>& ids) override;
  result<std::vector<rule_counters>> counters() override;
  result<std::vector<rule_counters>>
  last_counters(const std::vector<std::string>& ids) override;
  to_node::status health() const override;
  void shutdown(bool cleanup) override;

  /// Deletes the table with all it holds; an absent one is no failure.
  result<void> remove_table();

private:
  /// Drops from `rules` what the kernel refuses, found by halving.
  void sort_out(std::vector<rule>& rules, failures& refused);
  void sort_out(std::vector<rule> rules, std::vector<rule>& good,
                failures& refused);
  failures first_sync(std::vector<rule> rules);
  failures apply(change what);
  void refuse_surplus(std::vector<rule>& rules, std::size_t held,
                      failures& refused) const;
  void note(const failure* trouble);

  hook_options where_;
  std::size_t max_rules_;
  engine engine_;
  planner planner_;
  bool adopted_ = false; // the table is as planner_ says
  std::string trouble_;  // of the last transaction or reading; empty: none
};

/// The counters in a listing by libnftables.
result<std::vector<rule_counters>> parse_counters(std::string_view json);

} // namespace tocsin::mitigators::nftables
