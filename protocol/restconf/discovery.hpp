#pragma once
#include "protocol/restconf/message.hpp"

#include <optional>
#include <string_view>

namespace tocsin::protocol::restconf {

/// Root discovery (RFC 8040, Section 3.1; RFC 6415): answers GET, HEAD and
/// OPTIONS of "/.well-known/host-meta" with an XRD or, if the client prefers
/// application/json, a JRD, and "/.well-known/host-meta.json" with a JRD.
/// Nothing for other paths. `root` is the RESTCONF root, "/restconf".
std::optional<answer<response>>
discover(const request& x, std::string_view path, std::string_view root);

} // namespace tocsin::protocol::restconf
