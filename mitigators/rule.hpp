#pragma once
#include "protocol/signal/body.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tocsin::mitigators {

/// What to do with the traffic that a rule matches.
enum class action : std::uint8_t {
  drop,       ///< discard it
  rate_limit, ///< let `rate` packets per second pass, discard the rest
};

/// One enforceable mitigation: everything resolved to addresses and numbers,
/// so that a driver needs no knowledge of DOTS.
struct rule {
  /// Unique and stable for one mitigation: [A-Za-z0-9_-], at most 64 octets.
  std::string id;
  std::vector<protocol::signal::prefix> prefixes;  ///< never empty
  std::vector<protocol::signal::port_range> ports; ///< empty: all
  std::vector<std::uint8_t> protocols;             ///< empty: all
  action what = action::drop;
  std::uint64_t rate = 0; ///< packets per second, with rate_limit
  /// Sources and services that always pass (the customer's accept-list).
  struct exemption {
    std::vector<protocol::signal::prefix> sources;   ///< empty: any source
    std::vector<protocol::signal::port_range> ports; ///< destination ports
    std::vector<std::uint8_t> protocols;
    friend bool operator==(const exemption&, const exemption&) = default;
  };
  std::vector<exemption> accept;
  std::string customer; ///< for hooks and logs
  std::string cuid;     ///< for hooks and logs
  std::uint32_t mid = 0;
  // For those who ask other DOTS servers; drivers are not told.
  std::uint8_t hop_limit = 0; ///< as it came (RFC 8768); 0: not said
  std::string cdid = {};      ///< of the client's domain
  /// For the node, which decides by it who is kept when a driver is full.
  std::uint32_t value = 0;

  friend bool operator==(const rule&, const rule&) = default;
};

/// What a driver that can tell knows of the attack on a rule's targets.
enum class attack : std::uint8_t { ongoing, stopped };

/// Totals of one rule since it was installed.
struct rule_counters {
  std::string id;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  /// Only of a driver that judges by itself: absent, the node concludes from
  /// the totals.
  std::optional<mitigators::attack> attack = {};
  friend bool operator==(const rule_counters&, const rule_counters&) = default;
};

} // namespace tocsin::mitigators
