#pragma once
#include "protocol/time.hpp"

#include <algorithm>
#include <cstdint>

namespace tocsin::protocol::coap {

/// Keeps the average rate towards a peer that does not answer at or below
/// PROBING_RATE (RFC 7252, Section 4.7): after each message the gate stays
/// shut as long as its octets take at that rate, or until the peer is heard.
class probing_gate {
public:
  bool open(time_point now) const noexcept { return now >= opens_; }
  time_point opens() const noexcept { return opens_; }

  /// `size` octets were sent; `rate` is in octets a second, above 0.
  void on_sent(std::size_t size, std::uint32_t rate, time_point now) noexcept {
    const auto cost = std::chrono::nanoseconds{std::chrono::seconds{size}}
                      / static_cast<std::int64_t>(rate);
    opens_ = std::max(opens_, now) + cost;
  }

  /// Anything from the peer shows that it is not silent.
  void on_heard(time_point now) noexcept { opens_ = std::min(opens_, now); }

private:
  time_point opens_{};
};

} // namespace tocsin::protocol::coap
