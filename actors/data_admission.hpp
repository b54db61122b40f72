#pragma once
#include "protocol/time.hpp"
#include "transports/http_exchange.hpp"
#include "transports/token_bucket.hpp"

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace tocsin::actors {

/// What customers may ask of the data channel of a node.
struct data_limits {
  transports::http_exchange_limits http;
  /// Connections of one customer at once. Each agent needs one; with two bodies
  /// of a MiB each, a customer can make the node hold 64 MiB.
  std::size_t sessions = 32;
  /// Requests of one customer: what a script that sets up some hundred aliases
  /// and ACLs one by one needs, and no more than a part of one core.
  double rate = 50; ///< a second, in the long run
  double burst = 500;
  std::chrono::seconds answer{30}; ///< until the DATASTORE has answered
  /// Until the client has taken a piece of its answer (64 KiB).
  std::chrono::seconds write{30};
};

/// Sees to it that no customer takes more than its share. One for a node: the
/// connections of a customer are spread over the reactors. Any thread. Who is
/// no customer has the name "", and a share like any other.
class data_admission {
public:
  explicit data_admission(const data_limits& limits) : limits_{limits} {}

  /// Takes a place for a connection; false if all are taken.
  bool enter(const std::string& customer) {
    std::lock_guard lock{guard_};
    auto& count = sessions_[customer];
    if (count >= limits_.sessions)
      return false;
    ++count;
    return true;
  }

  /// Gives the place of enter() back.
  void leave(const std::string& customer) {
    std::lock_guard lock{guard_};
    if (auto i = sessions_.find(customer);
        i != sessions_.end() && --i->second == 0)
      sessions_.erase(i);
  }

  /// May the customer make a request now?
  bool admit(const std::string& customer, time_point now) {
    std::lock_guard lock{guard_};
    return buckets_.try_emplace(customer, limits_.rate, limits_.burst, now)
        .first->second.take(now);
  }

private:
  const data_limits limits_;
  std::mutex guard_;
  std::unordered_map<std::string, std::size_t> sessions_;
  /// No more than there are customers in the configuration.
  std::unordered_map<std::string, transports::token_bucket> buckets_;
};

} // namespace tocsin::actors
