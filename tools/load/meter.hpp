#pragma once
#include "protocol/time.hpp"
#include "tools/load/histogram.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::tools::load {

/// Everything that became of one kind of operation.
struct operation_figures {
  histogram latency; ///< of what was answered
  std::uint64_t lost = 0;
  /// Outcomes, e.g. "2.04" or a reason for failure.
  std::map<std::string, std::uint64_t> outcomes;
};

/// What was measured: medians over the windows, and totals.
struct figures {
  double rate = 0; ///< operations per second
  double p50_us = 0;
  double p99_us = 0;
  double server_us = 0;      ///< CPU time of the server per operation
  double server_share = 0;   ///< of one core that the server used
  double load_share = 0;     ///< of one core that this program used
  std::vector<double> rates; ///< of each window, in order
  /// By name of the operation.
  std::map<std::string, operation_figures, std::less<>> operations;

  std::uint64_t done() const noexcept;
  std::uint64_t lost() const noexcept;
  /// Those of all operations together.
  std::map<std::string, std::uint64_t> outcomes() const;
};

/// Measures operations in several windows of time. The median of several is
/// less at the mercy of what else runs on the machine than their mean.
class meter {
public:
  /// `server`: the process whose CPU time is watched, if any.
  explicit meter(std::optional<int> server) : server_{server} {}

  /// Rates and medians are about what is done from begin() to end().
  void begin(time_point now);
  void end(time_point now);

  /// Totals count from the first begin() on, so that answers which come after
  /// the last end() are not lost.
  void done(std::string_view operation, duration took,
            const std::string& outcome);
  void lost(std::string_view operation);

  /// Counts what happened at any time and took none.
  void note(std::string_view operation, const std::string& outcome) {
    ++totals_of(operation).outcomes[outcome];
  }

  figures result() const;

private:
  struct window {
    double rate, p50_us, p99_us, server_us, server_share, load_share;
  };
  std::chrono::nanoseconds server_time() const;
  operation_figures& totals_of(std::string_view operation);

  std::optional<int> server_;
  bool open_ = false;
  bool begun_ = false;
  time_point began_;
  std::chrono::nanoseconds server_began_{}, load_began_{};
  histogram latency_;
  std::vector<window> windows_;
  figures totals_;
};

} // namespace tocsin::tools::load
