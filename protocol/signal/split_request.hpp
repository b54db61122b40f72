#pragma once
#include "protocol/error.hpp"
#include "protocol/signal/body.hpp"

#include <cstddef>
#include <vector>

namespace tocsin::protocol::signal {

/// Splits a request whose encoded body is larger than `octets` into several
/// that fit (RFC 9132, Section 7.3). Each is to be sent under a mid of its own.
///
/// Prefixes, FQDNs, URIs and aliases are dealt out in canonical order;
/// lifetime, trigger-mitigation, ports, protocols and the rest are repeated. No
/// two results overlap(), so none replaces another: a URI stays with its host
/// and with the prefix that holds its address. A request that fits comes back
/// alone and unchanged. Equal input gives equal output.
///
/// Fails with too_large if one element, with what must stay with it, does not
/// fit; `where` is the leaf, the detail names the element.
result<std::vector<mitigation>> split_request(const mitigation& whole,
                                              std::size_t octets);

} // namespace tocsin::protocol::signal
