#pragma once
#include "protocol/signal/customer.hpp"
#include "protocol/signal/rate_limit.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace tocsin::actors {

/// What all customers together use of the node's limit.
struct node_usage {
  std::atomic<std::uint32_t> mitigations{0};
  std::uint32_t max_mitigations = 0; ///< 0: not limited

  bool open() {
    auto before = mitigations.fetch_add(1);
    if (max_mitigations == 0 || before < max_mitigations)
      return true;
    --mitigations;
    return false;
  }
};

/// What a customer uses of its limits, all cuids and sessions together (RFC
/// 9132, Section 11: also with ever-new cuid values). The CLIENTs of a customer
/// share it; each call is a few instructions under a lock, since a REQUEST to
/// an actor per message would cost more than the message.
class account {
public:
  explicit account(const protocol::signal::customer_limits& limits,
                   std::shared_ptr<node_usage> node = nullptr)
      : limits_{limits}, rate_{limits.requests_per_minute,
                               limits.request_burst},
        node_{node ? std::move(node) : std::make_shared<node_usage>()} {}

  /// May one more request be served now?
  bool admit(time_point now) {
    std::lock_guard lock{guard_};
    return rate_.allow(now);
  }

  /// Reserves one live mitigation; false if the customer's limit is reached, or
  /// that of the node.
  bool open_mitigation() {
    std::lock_guard lock{guard_};
    if (mitigations_ >= limits_.max_mitigations || !node_->open())
      return false;
    ++mitigations_;
    return true;
  }

  /// One that is live already, whatever the limit says now: after a restart.
  void restore_mitigation() {
    std::lock_guard lock{guard_};
    ++mitigations_;
    ++node_->mitigations;
  }

  void close_mitigation() {
    std::lock_guard lock{guard_};
    --mitigations_;
    --node_->mitigations;
  }

  std::uint32_t mitigations() {
    std::lock_guard lock{guard_};
    return mitigations_;
  }

private:
  std::mutex guard_;
  protocol::signal::customer_limits limits_;
  protocol::signal::rate_limit rate_;
  std::shared_ptr<node_usage> node_;
  std::uint32_t mitigations_ = 0;
};

} // namespace tocsin::actors
