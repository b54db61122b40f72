#pragma once
#include <cstdint>
#include <vector>

namespace tocsin::protocol::data {

/// What the drivers that serve a customer do with filters, beyond what RFC
/// 8783, Section 4.2 makes mandatory.
struct filter_abilities {
  bool filters = false; ///< any at all: without it the rest means nothing
  bool ipv4 = false;
  bool ipv6 = false;
  bool rate_limit = false;
  bool dscp = false; ///< match fields of the IP header
  bool ecn = false;
  bool ttl = false;

  friend bool operator==(const filter_abilities&,
                         const filter_abilities&) = default;
};

/// Everything that this program knows of.
inline constexpr filter_abilities all_abilities{true, true, true, true,
                                                true, true, true};

/// What each of two drivers can do: both get every filter.
constexpr filter_abilities common(const filter_abilities& a,
                                  const filter_abilities& b) {
  return {a.filters && b.filters, a.ipv4 && b.ipv4,
          a.ipv6 && b.ipv6,       a.rate_limit && b.rate_limit,
          a.dscp && b.dscp,       a.ecn && b.ecn,
          a.ttl && b.ttl};
}

} // namespace tocsin::protocol::data
