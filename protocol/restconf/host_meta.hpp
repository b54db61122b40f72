#pragma once
#include "protocol/error.hpp"

#include <string>
#include <string_view>

namespace tocsin::protocol::restconf {

/// Where a client asks for the RESTCONF root (RFC 8040, Section 3.1).
inline constexpr std::string_view host_meta = "/.well-known/host-meta";

/// The RESTCONF root that the answer to a GET of `host_meta` names: an XRD, or
/// a JRD (RFC 6415). It has no slash at the end; "" is the root of the server.
///
/// The link may be relative or absolute. Only its path is taken: requests go
/// to the server that was authenticated, whatever the link says, and a link
/// without TLS is refused (RFC 8040, Section 2.1). Fails with ec::malformed,
/// and with ec::not_found if no link has the relation "restconf".
result<std::string> read_root(std::string_view body);

} // namespace tocsin::protocol::restconf
