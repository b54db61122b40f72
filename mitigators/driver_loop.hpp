#pragma once
#include "mitigators/driver_machine.hpp"

#include <chrono>
#include <functional>

namespace tocsin::mitigators {

struct driver_options {
  /// Withdraw everything at the end; otherwise the rules stay in force, so
  /// that a restart of the node loses no protection, and the next sync
  /// reconciles them.
  bool cleanup_on_exit = false;
  /// Between two readings of the counters. A reading that takes long makes
  /// the next one wait ten times as long as it took.
  std::chrono::milliseconds counters_interval{1000};
  int input = 0;  ///< descriptor to read orders from
  int output = 1; ///< descriptor to write reports to
};

/// Process exit statuses of our drivers.
enum driver_exit : int {
  exit_ok = 0,
  exit_unusable = 1, ///< cannot work here, e.g. for want of a capability
  exit_usage = 2,    ///< wrong arguments
  exit_version = 3,  ///< the node speaks another version
};

/// Serves the node on this thread until the end of input, SIGTERM, SIGINT or
/// a bye; then calls backend::shutdown(). Blocks those signals and ignores
/// SIGPIPE for the whole process. Returns an exit status.
int run_driver(backend& target, const driver_options& how);

/// Writes a line to standard error, where the node picks up the log.
void driver_log(std::string_view text);

} // namespace tocsin::mitigators
