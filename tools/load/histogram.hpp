#pragma once
#include "protocol/time.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace tocsin::tools::load {

/// Counts latencies in buckets that are at most 1/32 of their value wide, from
/// a nanosecond to hours, in a fixed amount of memory.
class histogram {
public:
  void add(duration x) noexcept {
    using namespace std::chrono;
    auto ns = duration_cast<nanoseconds>(x).count();
    ++buckets_[bucket_of(ns > 0 ? static_cast<std::uint64_t>(ns) : 0)];
    ++count_;
    max_ = std::max(max_, nanoseconds{ns});
  }

  std::uint64_t count() const noexcept { return count_; }

  /// The longest, exactly; zero if nothing was counted.
  std::chrono::nanoseconds max() const noexcept { return max_; }

  /// The latency that `share` (0 to 1) of all did not exceed, as the upper end
  /// of its bucket; zero if nothing was counted.
  std::chrono::nanoseconds quantile(double share) const noexcept {
    if (count_ == 0)
      return {};
    auto left = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::size_t i = 0;
    for (; i + 1 < buckets_.size() && buckets_[i] <= left; ++i)
      left -= buckets_[i];
    // The end of the last bucket may lie beyond all that was counted.
    return std::min(std::chrono::nanoseconds{upper_end(i)}, max_);
  }

  void clear() noexcept { *this = {}; }

private:
  static constexpr unsigned detail = 5; // bits after the leading one
  static constexpr std::size_t steps = std::size_t{1} << detail;

  static constexpr std::size_t bucket_of(std::uint64_t ns) noexcept {
    if (ns < steps)
      return ns;
    auto shift = static_cast<unsigned>(std::bit_width(ns)) - 1 - detail;
    auto index = (shift + 1) * steps + ((ns >> shift) & (steps - 1));
    return index < size ? index : size - 1;
  }
  static constexpr std::int64_t upper_end(std::size_t index) noexcept {
    if (index < steps)
      return static_cast<std::int64_t>(index);
    auto shift = index / steps - 1;
    auto first = (steps + index % steps) << shift;
    return static_cast<std::int64_t>(first + (std::size_t{1} << shift) - 1);
  }

  static constexpr std::size_t size = 40 * steps;
  std::array<std::uint64_t, size> buckets_{};
  std::uint64_t count_ = 0;
  std::chrono::nanoseconds max_{};
};

} // namespace tocsin::tools::load
