#include "protocol/signal/lifetime.hpp"

#include <algorithm>

namespace tocsin::protocol::signal {

std::int64_t grant_lifetime(std::int64_t requested,
                            const lifetime_policy& policy) {
  if (requested == indefinite_lifetime)
    return policy.allow_indefinite ? indefinite_lifetime : policy.max;
  return std::min(requested, policy.max);
}

unix_seconds expiry(std::int64_t lifetime, unix_seconds now) {
  return lifetime == indefinite_lifetime ? -1 : now + lifetime;
}

std::int64_t remaining_lifetime(unix_seconds expires, unix_seconds now) {
  if (expires < 0)
    return indefinite_lifetime;
  return std::max<std::int64_t>(expires - now, 0);
}

std::chrono::seconds refresh_after(std::int64_t granted) {
  if (granted == indefinite_lifetime)
    return std::chrono::seconds::zero();
  return std::chrono::seconds{std::max<std::int64_t>(granted * 2 / 3, 1)};
}

} // namespace tocsin::protocol::signal
