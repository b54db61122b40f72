#pragma once
#include "protocol/data/acl.hpp"
#include "protocol/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::mitigators {

/// Entries of one filter set, so that a set always fits into a line of the
/// driver protocol, and a packet's way through one stays short.
inline constexpr std::size_t max_set_entries = 2'000;

/// Destinations in all entries of one filter set together; for the line, too.
inline constexpr std::size_t max_set_prefixes = 50'000;

/// What becomes of a packet that a filter entry matches.
enum class filter_action : std::uint8_t {
  accept, ///< it passes, whatever mitigations say
  drop,   ///< it is discarded
  rate,   ///< `rate` octets per second are accepted, what is more is dropped
};

/// One entry of a filter set: an access control entry of the data channel
/// (RFC 8783, Section 4.1) with everything resolved.
struct filter_entry {
  /// Unique within the set; its counters go by it: [A-Za-z0-9_-], at most 64
  /// octets.
  std::string id;
  /// Where packets must go to; never empty. Of those families that do not
  /// suit `match` there is no effect.
  std::vector<protocol::data::prefix> destinations;
  /// What else a packet must be like. Its own destination stays empty.
  protocol::data::packet_match match;
  filter_action what = filter_action::drop;
  std::uint64_t rate = 0; ///< octets per second, with filter_action::rate

  friend bool operator==(const filter_entry&, const filter_entry&) = default;
};

/// Filters of one client: entries are looked at in order, the first one that
/// matches a packet decides, before any mitigation. Without a match the packet
/// goes on as if there were no filters.
struct filter_set {
  /// Unique among sets and rules, and stable; as the id of a rule.
  std::string id;
  std::vector<filter_entry> entries; ///< never empty
  std::string customer;              ///< for hooks and logs
  std::string cuid;                  ///< for hooks and logs

  friend bool operator==(const filter_set&, const filter_set&) = default;
};

/// Totals of one entry: all packets that it decided about, passed or not.
struct entry_counters {
  std::string set;
  std::string entry;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const entry_counters&,
                         const entry_counters&) = default;
};

/// An entry of the data channel as an entry of a filter set. A fraction of an
/// octet per second is dropped.
filter_entry to_filter_entry(std::string id,
                             const protocol::data::active_entry& x);

/// Whether `x` may be sent: usable ids, the entries' ids different, entries
/// and destinations within the limits, values within their fields. Fails with
/// ec::malformed, ec::missing, ec::conflict, ec::too_large or
/// ec::out_of_range.
result<void> check(const filter_set& x);

/// The set as a JSON object without a line end.
std::string encode(const filter_set& x);

/// The name used on the wire.
std::string_view to_string(filter_action x) noexcept;

} // namespace tocsin::mitigators
