#pragma once
#include "protocol/data/acl_reader.hpp"
#include "protocol/data/tree_cursor.hpp"

#include <optional>

namespace tocsin::protocol::data {

/// Reads `matches` of an entry of an ACL of that type; the error is what
/// read_acl() says of it.
std::optional<yang::error> read_matches(const tree_cursor& matches,
                                        acl_type type,
                                        const filter_abilities& can,
                                        packet_match& out);

} // namespace tocsin::protocol::data
