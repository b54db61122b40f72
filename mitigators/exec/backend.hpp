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
  bool filters = false;      ///< the hook serves filter sets
  bool counters = false;     ///< the hook serves TOCSIN_ACTION=counters
  std::size_t max_rules = 0; ///< 0: no limit
  hook_limits limits;
};

/// Runs the operator's hook for each rule or filter set that comes into or out
/// of force.
class exec_backend final : public backend {
public:
  explicit exec_backend(exec_options with);

  to_node::hello describe() const override;
  failures sync(const batch& all) override;
  failures install(const batch& some) override;
  failures withdraw(const std::vector<std::string>& ids) override;
  result<totals> counters() override;
  to_node::status health() const override;
  void shutdown(bool cleanup) override;

  /// Reads the state file, if there is one.
  result<void> restore();

private:
  std::size_t rule_count() const;
  failures run_install(std::vector<item> items);
  failures run_withdraw(const std::vector<std::string>& ids);
  std::vector<hook_outcome> run(std::string_view action,
                                const std::vector<item>& items);
  void save();

  exec_options with_;
  rule_states rules_;
  std::string trouble_; // of the state file; empty: none
  std::string blind_;   // why the counters cannot be had; empty: they can
};

/// The variables which tell a hook what to do (docs/driver-protocol.md).
/// `task` is install or withdraw.
std::vector<std::string> hook_variables(std::string_view task, const rule& x);
std::vector<std::string> hook_variables(std::string_view task,
                                        const filter_set& x);

/// Reads "id packets bytes" lines, which `ongoing` or `stopped` may end,
/// passing over all others. An id with a "/" is that of an entry, behind the
/// one of its set.
totals parse_counter_lines(std::string_view text);

} // namespace tocsin::mitigators::exec
