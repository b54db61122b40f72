#pragma once
#include "protocol/time.hpp"

#include <algorithm>
#include <chrono>

namespace tocsin::transports {

/// Allows `burst` events at once and `rate` a second in the long run.
class token_bucket {
public:
  token_bucket(double rate, double burst, time_point now) noexcept
      : rate_{rate}, burst_{burst}, tokens_{burst}, filled_{now} {}

  /// Takes one token; false if there is none.
  bool take(time_point now) noexcept {
    if (now > filled_) {
      std::chrono::duration<double> passed = now - filled_;
      tokens_ = std::min(burst_, tokens_ + passed.count() * rate_);
      filled_ = now;
    }
    if (tokens_ < 1)
      return false;
    tokens_ -= 1;
    return true;
  }

private:
  double rate_;
  double burst_;
  double tokens_;
  time_point filled_;
};

} // namespace tocsin::transports
