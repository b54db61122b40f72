#pragma once
#include "protocol/data/abilities.hpp"
#include "protocol/yang/tree.hpp"

namespace tocsin::protocol::data {

/// The container `capabilities` (RFC 8783, Section 7.1): every leaf is said,
/// so that a client need not guess what an absent one means.
yang::data_node capabilities_node(const filter_abilities& can);

} // namespace tocsin::protocol::data
