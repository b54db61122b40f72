#pragma once
#include "protocol/data/client_state.hpp"

namespace tocsin::protocol::data {

/// Whether two ACLs contradict each other: some packet is accepted by an entry
/// of one and dropped by an entry of the other (RFC 8783, Section 3.1). Order
/// within the lists and rate limits are not weighed.
bool contradict(const acl& a, const acl& b);

/// The first ACL of `other` in use that contradicts `x`, or null. ACLs that are
/// deactivated contradict nothing.
const acl* find_conflict(const acl& x, const client_state& other);

} // namespace tocsin::protocol::data
