#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tocsin::tools::traffic {

/// Says how many of a steady number per second are due. Whoever was kept from
/// asking does not catch up in a burst: what is older than `patience` is
/// forgotten, because a paced source must not become a hammer.
class pacer {
public:
  using clock = std::chrono::steady_clock;

  pacer(std::uint64_t per_second, clock::time_point start,
        std::chrono::milliseconds patience)
      : per_second_{per_second}, last_{start},
        most_{std::max(per_second
                           * static_cast<std::uint64_t>(
                               std::chrono::nanoseconds{patience}.count()),
                       second)} {}

  /// Due since the last call; at most what `patience` allows, at least one
  /// when it is time for one.
  std::uint64_t due(clock::time_point now) {
    auto passed = std::chrono::nanoseconds{now - last_};
    if (passed.count() <= 0)
      return 0;
    last_ = now;
    // A quarter of an hour at 10^6 per second still fits.
    credit_ += static_cast<std::uint64_t>(passed.count()) * per_second_;
    credit_ = std::min(credit_, most_);
    auto whole = credit_ / second;
    credit_ %= second;
    return whole;
  }

private:
  static constexpr std::uint64_t second = 1'000'000'000;

  std::uint64_t per_second_;
  clock::time_point last_;
  std::uint64_t most_;
  std::uint64_t credit_ = 0; // in parts of a packet: 1 s / per_second
};

} // namespace tocsin::tools::traffic
