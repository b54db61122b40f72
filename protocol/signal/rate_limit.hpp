#pragma once
#include "protocol/time.hpp"

#include <cstdint>

namespace tocsin::protocol::signal {

/// A token bucket in virtual time: `burst` requests at once, `per_minute` in
/// the long run (RFC 9132, Section 11). 24 octets, no timer.
class rate_limit {
public:
  /// `per_minute` 0: everything is allowed. A burst of 0 counts as 1.
  rate_limit(std::uint32_t per_minute, std::uint32_t burst);

  /// True, and one token gone, if a request may be served now.
  bool allow(time_point now);

  /// Time until allow() would say yes; zero if it would now.
  duration wait(time_point now) const;

private:
  duration interval_;  ///< between two requests in the long run; zero: no limit
  duration tolerance_; ///< how far ahead of that pace a burst may run
  time_point full_at_{}; ///< when the bucket will be full again
};

} // namespace tocsin::protocol::signal
