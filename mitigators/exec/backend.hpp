#pragma once
#include "mitigators/driver_machine.hpp"
#include "mitigators/exec/hook.hpp"
#include "mitigators/exec/state_file.hpp"

#include <map>
#include <string>

namespace tocsin::mitigators::exec {

struct exec_options {
  std::string hook;          ///< path of the operator's program
  std::string state;         ///< path of the state file; empty: none
  bool counters = false;     ///< the hook serves TOCSIN_ACTION=counters
  std::size_t max_rules = 0; ///< 0: no limit
  hook_limits limits;
};

/// Runs the operator's hook for each rule that comes into or out of force.
class exec_backend final : public backend {
public:
  explicit exec_backend(exec_options with);

  to_node::hello describe() const override;
  failures sync(const std::vector<rule>& rules) override;
  failures install(const std::vector<rule>& rules) override;
  failures withdraw(const std::vector<std::string>& ids) override;
  result<std::vector<rule_counters>> counters() override;
  to_node::status health() const override;
  void shutdown(bool cleanup) override;

  /// Reads the state file, if there is one.
  result<void> restore();

private:
  failures run_install(std::vector<rule> rules);
  failures run_withdraw(const std::vector<std::string>& ids);
  std::vector<hook_outcome> run(std::string_view action,
                                const std::vector<rule>& rules);
  void save();

  exec_options with_;
  rule_states rules_;
  std::string trouble_; // of the state file or the counters; empty: none
};

/// The variables which tell a hook what to do (docs/driver-protocol.md).
/// `task` is install or withdraw.
std::vector<std::string> hook_variables(std::string_view task, const rule& x);

/// Reads "id packets bytes" lines, passing over all others.
std::vector<rule_counters> parse_counter_lines(std::string_view text);

} // namespace tocsin::mitigators::exec
