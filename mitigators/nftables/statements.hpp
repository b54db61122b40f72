#pragma once
#include "mitigators/rule.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Turns one rule into the rules of its own nftables chain.
namespace tocsin::mitigators::nftables {

/// Family and name of the table that holds everything of ours.
struct table_name {
  std::string name = "tocsin";
};

/// The set of the protocols that have ports (TCP, UDP, DCCP, SCTP).
inline constexpr std::string_view ports_set = "with_ports";

/// Name of the chain and of the counter of a rule.
std::string chain_name(std::string_view id);
/// The reverse; empty if `name` is not a name of chain_name().
std::string id_of(std::string_view name);
/// Name of the limit of a rate-limited rule. It tells the rate, because an
/// object cannot be replaced by another of its name in one transaction.
std::string limit_name(const rule& x);

/// Removes what lies within another element, merges adjoining port ranges and
/// sorts, so that a packet passes a chain once, and equal rules compare equal.
/// Who the rule is for is left out: it makes no difference to a packet.
rule normalized(rule x);

/// JSON "add" commands, each complete, of the rules of chain_name(x.id), for
/// a normalized rule: exemptions return first, then what the rule matches is
/// counted and dropped.
std::vector<std::string> chain_rules(const table_name& table, const rule& x);

/// Packets which a rate-limited rule may pass at once: what arrives within a
/// tenth of a second at full rate, and no less than the kernel's default.
std::uint32_t burst_of(std::uint64_t rate);

/// Highest rate that the kernel's limit can tell from "unlimited"; it counts
/// in nanoseconds per packet.
inline constexpr std::uint64_t max_rate = 1'000'000'000;

} // namespace tocsin::mitigators::nftables
