#pragma once
#include "protocol/time.hpp"
#include "roles/cli/cli.hpp"

#include <chrono>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace tocsin::roles::cli {

/// What the commands see of the process: tests give them another one.
struct environment {
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool colour = false; ///< on `out`
  std::function<time_point()> now;
  std::function<unix_seconds()> wall_clock;
  /// Waits; false asks whoever repeats something to come to an end.
  std::function<bool(std::chrono::milliseconds)> pause;
};

/// cli_main without the process around it; `arguments` has no program name.
exit_code run_command(const std::vector<std::string>& arguments,
                      const commands& hooks, environment& env);

} // namespace tocsin::roles::cli
