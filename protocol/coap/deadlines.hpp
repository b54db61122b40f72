#pragma once
#include "protocol/time.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <set>

namespace tocsin::protocol::coap {

/// Whose timer it is.
enum class timer : std::uint8_t { exchange, confirmable, separate, probe };

/// The timers of one endpoint, ordered by time. Whoever sets one remembers
/// its time, as clearing needs it: what was answered leaves nothing behind.
class deadlines {
public:
  struct entry {
    time_point due;
    timer kind;
    std::uint64_t id;

    friend auto operator<=>(const entry&, const entry&) = default;
  };

  void set(const entry& x) { entries_.insert(x); }
  void clear(const entry& x) { entries_.erase(x); }

  std::optional<time_point> next() const {
    return entries_.empty() ? std::nullopt
                            : std::optional{entries_.begin()->due};
  }

  /// Takes out the earliest entry if it is due.
  std::optional<entry> pop_due(time_point now) {
    if (entries_.empty() || entries_.begin()->due > now)
      return std::nullopt;
    return entries_.extract(entries_.begin()).value();
  }

private:
  std::set<entry> entries_;
};

} // namespace tocsin::protocol::coap
