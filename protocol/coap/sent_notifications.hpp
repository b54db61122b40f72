#pragma once
#include "protocol/coap/message_layer.hpp"
#include "protocol/time.hpp"

#include <algorithm>

namespace tocsin::protocol::coap {

/// The latest notifications by message id, to know what a RST is about (RFC
/// 7641, Section 4.5). Beyond the bound the oldest is forgotten, and its
/// observation goes on until the peer rejects the next one.
class sent_notifications {
public:
  struct entry {
    std::uint16_t mid = 0;
    notification_id id = 0;
    token to;
    time_point expires;
  };

  explicit sent_notifications(std::size_t bound)
      : bound_{std::max<std::size_t>(bound, 1)} {}

  notification_id fresh_id() noexcept { return ++last_id_; }

  void remember(const entry& x) {
    if (entries_.size() < bound_) {
      entries_.push_back(x);
      return;
    }
    entries_[oldest_] = x;
    oldest_ = (oldest_ + 1) % bound_;
  }

  /// The notification that had this message id; it is rejected once.
  std::optional<entry> take(std::uint16_t mid, time_point now) {
    const auto i = std::ranges::find_if(entries_, [&](const entry& x) {
      return x.mid == mid && x.expires > now;
    });
    if (i == entries_.end())
      return std::nullopt;
    i->expires = now;
    return *i;
  }

private:
  std::size_t bound_;
  std::size_t oldest_ = 0;
  notification_id last_id_ = 0;
  std::vector<entry> entries_; // a ring once it is full
};

} // namespace tocsin::protocol::coap
