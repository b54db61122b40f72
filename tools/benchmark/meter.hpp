#pragma once
#include "protocol/time.hpp"
#include "tools/benchmark/histogram.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tocsin::tools::benchmark {

/// What was measured: medians over the windows, and totals.
struct figures {
  double rate = 0; ///< operations per second
  double p50_us = 0;
  double p99_us = 0;
  double server_us = 0;    ///< CPU time of the server per operation
  double server_share = 0; ///< of one core that the server used
  double load_share = 0;   ///< of one core that this program used
  std::uint64_t done = 0;
  std::uint64_t lost = 0; ///< without an answer in time
  /// Outcomes, e.g. "2.04" or a reason for failure.
  std::map<std::string, std::uint64_t> outcomes;
};

/// Measures operations in several windows of time. The median of several is
/// less at the mercy of what else runs on the machine than their mean.
class meter {
public:
  /// `server`: the process whose CPU time is watched, if any.
  explicit meter(std::optional<int> server) : server_{server} {}

  /// Operations count from begin() to end().
  void begin(time_point now);
  void end(time_point now);

  void done(duration took, const std::string& outcome);
  void lost();

  figures result() const;

private:
  struct window {
    double rate, p50_us, p99_us, server_us, server_share, load_share;
  };
  std::chrono::nanoseconds server_time() const;

  std::optional<int> server_;
  bool open_ = false;
  time_point began_;
  std::chrono::nanoseconds server_began_{}, load_began_{};
  histogram latency_;
  std::vector<window> windows_;
  figures totals_;
};

} // namespace tocsin::tools::benchmark
