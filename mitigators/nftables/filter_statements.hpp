#pragma once
#include "mitigators/filter.hpp"
#include "mitigators/nftables/statements.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Turns a filter set into the rules of its nftables chains.
namespace tocsin::mitigators::nftables {

/// Octets that a rate-limited entry may pass beyond those of one second, which
/// the kernel allows at once in any case: a packet of usual size passes at any
/// rate, if only now and then.
inline constexpr std::uint32_t burst_octets = 1'500;

/// Highest rate, in octets per second, that the kernel's limit can do: it
/// counts in nanoseconds times octets. What is beyond limits nothing.
inline constexpr std::uint64_t max_octet_rate = 10'000'000'000;

/// Name of the chain with the entries of a set.
std::string filter_chain(protocol::data::prefix::family family,
                         std::string_view set);
/// Name of the counter of an entry.
std::string entry_counter(std::string_view set, std::string_view entry);
/// The reverse: set and entry; nothing for a name of another form.
std::optional<std::pair<std::string, std::string>>
entry_of(std::string_view counter);
/// Name of the limit of a rate-limited entry; it tells the rate, as that of a
/// rule does.
std::string entry_limit(std::string_view set, const filter_entry& x);

/// The set in a form in which equal effects compare equal.
filter_set normalized(filter_set x);

/// The destinations in one family to which entries of a normalized set apply,
/// none within another. Empty: the set has no chain for the family.
std::vector<protocol::data::prefix>
scope_of(const filter_set& x, protocol::data::prefix::family family);

/// JSON "add" commands, each complete, of the rules of the chain of a
/// normalized set that its scope leads to.
std::vector<std::string> filter_rules(const table_name& table,
                                      const filter_set& x,
                                      protocol::data::prefix::family family);

} // namespace tocsin::mitigators::nftables
