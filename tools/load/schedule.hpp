#pragma once
#include "protocol/time.hpp"

#include <cassert>
#include <chrono>
#include <cstdint>
#include <optional>

namespace tocsin::tools::load {

/// When the operations of an open loop are meant to start: at a fixed rate,
/// whatever became of those before. Who is late takes what is overdue with the
/// time it was meant for; latency counted from there includes the wait, so a
/// server that stalls cannot hide it (no coordinated omission).
class schedule {
public:
  /// `per_second` is at least 1. The first operation is due at `start`.
  schedule(std::uint64_t per_second, time_point start)
      : per_second_{per_second}, start_{start} {
    assert(per_second > 0);
  }

  /// When the next operation is meant to start.
  time_point next() const { return time_of(taken_); }

  /// The intended time of the next operation, if that has come.
  std::optional<time_point> take(time_point now) {
    auto due = next();
    if (due > now)
      return std::nullopt;
    ++taken_;
    return due;
  }

  std::uint64_t taken() const noexcept { return taken_; }

  /// How many are due at `now` that nobody took.
  std::uint64_t overdue(time_point now) const {
    if (now < next())
      return 0;
    auto passed = std::chrono::nanoseconds{now - start_}.count();
    auto due =
        static_cast<std::uint64_t>(passed) / second * per_second_
        + static_cast<std::uint64_t>(passed) % second * per_second_ / second
        + 1;
    return due - taken_;
  }

private:
  static constexpr std::uint64_t second = 1'000'000'000;

  // Whole seconds apart, so that nothing overflows and no error adds up. Up to
  // the next nanosecond: overdue() must not count it earlier than next() says.
  time_point time_of(std::uint64_t number) const {
    auto rest = number % per_second_ * second;
    auto ns = (rest + per_second_ - 1) / per_second_;
    return start_ + std::chrono::seconds{number / per_second_}
           + std::chrono::nanoseconds{ns};
  }

  std::uint64_t per_second_;
  time_point start_;
  std::uint64_t taken_ = 0;
};

} // namespace tocsin::tools::load
