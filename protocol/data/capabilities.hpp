#pragma once
#include "protocol/data/abilities.hpp"
#include "protocol/yang/tree.hpp"

namespace tocsin::protocol::data {

/// The container `capabilities` (RFC 8783, Section 7.1): every leaf is said,
/// so that a client need not guess what an absent one means.
yang::data_node capabilities_node(const filter_abilities& can);

/// The reverse, for a client. What a server does not mention it may be able to
/// do: it is left to its judgement.
filter_abilities abilities_of(const yang::data_node& capabilities);

} // namespace tocsin::protocol::data
