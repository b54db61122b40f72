#pragma once
#include "protocol/signal/body.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <cstdint>

namespace tocsin::protocol::signal {

/// Seconds a client should ask for (RFC 9132, Section 4.4.1.1).
inline constexpr std::int64_t default_lifetime = 3600;

/// What a server grants.
struct lifetime_policy {
  std::int64_t max = 86400; ///< seconds
  bool allow_indefinite = false;

  friend bool operator==(const lifetime_policy&,
                         const lifetime_policy&) = default;
};

/// The lifetime granted for a requested one: capped by the policy; -1 stays -1
/// only where that is allowed, and becomes `max` elsewhere (RFC 9132, Section
/// 4.4.1.1). The request is valid: positive or -1.
std::int64_t grant_lifetime(std::int64_t requested,
                            const lifetime_policy& policy);

/// Wall-clock end of a lifetime that begins now; -1: never.
unix_seconds expiry(std::int64_t lifetime, unix_seconds now);

/// Seconds left until `expires`, at least 0; -1: indefinite.
std::int64_t remaining_lifetime(unix_seconds expires, unix_seconds now);

/// When a client should refresh a lifetime granted just now: early enough for
/// several attempts, i.e. after two thirds of it. zero: never (indefinite).
std::chrono::seconds refresh_after(std::int64_t granted);

} // namespace tocsin::protocol::signal
