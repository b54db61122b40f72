#include "protocol/signal/rate_limit.hpp"

#include <algorithm>
#include <chrono>

namespace tocsin::protocol::signal {

namespace {

/// Longest credit a burst may stand for: keeps the arithmetic far from the end
/// of the clock's range.
constexpr duration max_tolerance = std::chrono::hours{24};

} // namespace

rate_limit::rate_limit(std::uint32_t per_minute, std::uint32_t burst)
    : interval_{per_minute == 0
                    ? duration::zero()
                    : duration{std::chrono::minutes{1}} / per_minute},
      tolerance_{0}, full_at_{time_point::min()} {
  auto extra = std::max<std::uint32_t>(burst, 1) - 1;
  if (interval_ > duration::zero())
    tolerance_ =
        extra > max_tolerance / interval_ ? max_tolerance : interval_ * extra;
}

bool rate_limit::allow(time_point now) {
  if (wait(now) > duration::zero())
    return false;
  full_at_ = std::max(full_at_, now) + interval_;
  return true;
}

duration rate_limit::wait(time_point now) const {
  if (interval_ == duration::zero() || full_at_ <= now)
    return duration::zero();
  return std::max(full_at_ - now - tolerance_, duration::zero());
}

} // namespace tocsin::protocol::signal
