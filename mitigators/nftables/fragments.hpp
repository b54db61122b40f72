#pragma once
#include "mitigators/nftables/clause.hpp"
#include "protocol/data/acl.hpp"

#include <vector>

namespace tocsin::mitigators::nftables {

/// The packets of a family for which a fragment match holds, as clauses of
/// which a packet fulfils one at most.
std::vector<clause> fragment_clauses(const protocol::data::bits_match& x,
                                     protocol::data::prefix::family family);

} // namespace tocsin::mitigators::nftables
