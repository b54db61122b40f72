#pragma once
#include "protocol/signal/customer.hpp"
#include "protocol/signal/rate_limit.hpp"

#include <cstdint>
#include <mutex>

namespace tocsin::actors {

/// What a customer uses of its limits, all cuids and sessions together (RFC
/// 9132, Section 11: also with ever-new cuid values). The CLIENTs of a customer
/// share it; each call is a few instructions under a lock, since a REQUEST to
/// an actor per message would cost more than the message.
class account {
public:
  explicit account(const protocol::signal::customer_limits& limits)
      : limits_{limits}, rate_{limits.requests_per_minute,
                               limits.request_burst} {}

  /// May one more request be served now?
  bool admit(time_point now) {
    std::lock_guard lock{guard_};
    return rate_.allow(now);
  }

  /// Reserves one live mitigation; false if the limit is reached.
  bool open_mitigation() {
    std::lock_guard lock{guard_};
    if (mitigations_ >= limits_.max_mitigations)
      return false;
    ++mitigations_;
    return true;
  }

  /// One that is live already, whatever the limit says now: after a restart.
  void restore_mitigation() {
    std::lock_guard lock{guard_};
    ++mitigations_;
  }

  void close_mitigation() {
    std::lock_guard lock{guard_};
    --mitigations_;
  }

  std::uint32_t mitigations() {
    std::lock_guard lock{guard_};
    return mitigations_;
  }

private:
  std::mutex guard_;
  protocol::signal::customer_limits limits_;
  protocol::signal::rate_limit rate_;
  std::uint32_t mitigations_ = 0;
};

} // namespace tocsin::actors
