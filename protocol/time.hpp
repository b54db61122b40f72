#pragma once
#include <chrono>
#include <cstdint>

namespace tocsin {

/// Monotonic time; the core receives it as an argument and never reads a clock.
using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

/// Wall-clock time in whole seconds since the epoch, UTC: for what outlives
/// the process (stored lifetimes, mitigation-start).
using unix_seconds = std::int64_t;

} // namespace tocsin
