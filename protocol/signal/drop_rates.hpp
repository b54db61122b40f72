#pragma once
#include "protocol/signal/body.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <cstdint>

namespace tocsin::protocol::signal {

/// Buckets of bps-dropped and pps-dropped (RFC 9132, Section 4.4.2).
inline constexpr std::chrono::minutes drop_bucket{5};

/// Between two marks of what is dropped of late.
inline constexpr std::chrono::seconds recent_step{5};

/// What was dropped for one mitigation, from the cumulative counters of a
/// driver. Totals begin at zero with the mitigation and wrap at 2^64; they
/// survive a driver whose counters begin anew.
///
/// The rates are averages over all five-minute buckets since the start that
/// are full; until the first is, over the time so far. What came between two
/// readings is spread evenly over the time between them.
class drop_rates {
public:
  /// The driver's counters count from `start` on, i.e. begin at zero.
  explicit drop_rates(time_point start) : start_{start}, last_{start} {}

  /// One reading. A value lower than the one before means that the driver
  /// began anew and counts in full, except for a wrap at 2^64. A reading that
  /// is not later than the one before adds to the totals as well.
  void sample(std::uint64_t packets, std::uint64_t bytes, time_point now);

  /// The driver is about to begin anew: the next reading counts in full.
  void driver_restarted() noexcept;

  /// Totals and rates as of the last reading.
  counters current() const noexcept;

  /// What was dropped of late, bytes per second: over the last five to ten
  /// seconds, for decisions that cannot wait for an average.
  std::uint64_t recent(time_point now) const noexcept;
  /// The same in packets per second.
  std::uint64_t recent_packets(time_point now) const noexcept;

private:
  /// A total, and when it was read.
  struct mark {
    time_point when;
    double bytes = 0;
    double packets = 0;
  };

  void advance(double packets, double bytes, time_point now);

  time_point start_, last_;
  std::uint64_t seen_packets_ = 0, seen_bytes_ = 0; ///< of the driver
  std::uint64_t packets_ = 0, bytes_ = 0;           ///< totals
  /// Sums that do not wrap: exact to one part in 2^53, far beyond what a rate
  /// needs. `full_`: as of the end of the last full bucket.
  double sum_packets_ = 0, sum_bytes_ = 0;
  double full_packets_ = 0, full_bytes_ = 0;
  std::int64_t full_ = 0; ///< number of full buckets
  mark older_{start_}, newer_{start_};
};

} // namespace tocsin::protocol::signal
