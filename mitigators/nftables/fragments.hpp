#pragma once
#include "mitigators/nftables/clause.hpp"
#include "protocol/data/acl.hpp"

#include <vector>

namespace tocsin::mitigators::nftables {

/// The packets of a family for which a fragment match holds, as clauses of
/// which a packet fulfils one at most. With `with_transport`, only those that
/// begin with the transport header, i.e. no later fragments: kernels differ in
/// whether they take the payload of those for one.
std::vector<clause> fragment_clauses(const protocol::data::bits_match& x,
                                     protocol::data::prefix::family family,
                                     bool with_transport);

} // namespace tocsin::mitigators::nftables
