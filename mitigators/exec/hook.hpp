#pragma once
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace tocsin::mitigators::exec {

/// One run of the operator's program.
struct hook_call {
  std::vector<std::string> variables; ///< "TOCSIN_NAME=value"
  std::string input;                  ///< its standard input
};

struct hook_outcome {
  bool good = false;   ///< it ended in time with exit status 0
  std::string problem; ///< otherwise: why, e.g. "exit status 3"
  std::string output;  ///< standard output and error, cut to max_output
};

struct hook_limits {
  std::chrono::milliseconds timeout{10'000}; ///< then it is killed
  std::size_t concurrency = 8;               ///< runs at a time
  std::size_t max_output = 2048;             ///< octets kept of a run
};

/// Runs the program once per call, several at a time, and waits for all. No
/// shell is involved. A run that is late is killed with its process group.
/// Outcomes are in the order of the calls.
std::vector<hook_outcome> run_hooks(const std::string& program,
                                    const std::vector<hook_call>& calls,
                                    const hook_limits& limits);

} // namespace tocsin::mitigators::exec
