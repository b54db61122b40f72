#pragma once
#include "mitigators/filter.hpp"
#include "mitigators/nftables/clause.hpp"

#include <vector>

namespace tocsin::mitigators::nftables {

/// What a packet of the family must be like for a match: one of these clauses,
/// of which a packet fulfils one at most. Empty: no packet ever matches.
std::vector<clause> clauses_of(const protocol::data::packet_match& x,
                               protocol::data::prefix::family family);

} // namespace tocsin::mitigators::nftables
