#pragma once
#include "protocol/signal/body.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The algebra of scopes: values in, values out, no name is ever resolved here.
namespace tocsin::protocol::signal {

/// Sorted, without duplicates, prefixes inside others dropped and neighbours
/// merged: equal results mean the same set of addresses.
std::vector<prefix> canonical(std::vector<prefix> prefixes);

/// Lower case, without a final dot.
std::string canonical_name(std::string_view fqdn);

/// Scheme and host in lower case; the rest of a URI keeps its case.
std::string canonical_uri(std::string_view uri);

/// The host of a URI in lower case, without brackets; empty if it has none.
std::string uri_host(std::string_view uri);

/// Canonical form of every list of a target; port ranges that touch are
/// merged. Aliases keep their case: they are plain labels.
target canonical(target what);

/// The target with the addresses its names, URIs or aliases stand for: what
/// overlap tests and enforcement work on (RFC 9132, Section 4.4.1.1).
target resolved_view(target what, std::span<const prefix> addresses);

/// Aliases are labels within one client: prepends `owner` so that those of
/// different clients can meet in one scope_index without clashing.
target qualify_aliases(target what, std::string_view owner);

/// What two scopes must share to overlap: addresses, and names that tell FQDNs
/// (and hosts of URIs), host-less URIs and aliases apart.
struct overlap_keys {
  std::vector<prefix> prefixes;   ///< canonical
  std::vector<std::string> names; ///< sorted, each once
};
overlap_keys keys_of(const target& what);

/// True if the two share an address, FQDN, URI or alias; ports and protocols do
/// not enter (RFC 9132, Section 4.4.1.3). The host of a URI counts as a name,
/// or as an address if it is one.
bool overlaps(const target& a, const target& b);

/// True if whatever `inner` covers, ports and protocols included, is covered by
/// `outer`. Names are compared as names.
bool contains(const target& outer, const target& inner);

/// A target that covers both. Ports hold for all addresses of a target, so that
/// the union may cover more: all ports if one of them has all ports, and so
/// for protocols. Values of `b` that `a` has are not repeated.
target unite(target a, const target& b);

/// True if `b` is a refresh of `a`: same target and trigger-mitigation; the
/// lifetime and the attack-status of an efficacy update may differ (RFC 9132,
/// Sections 4.4.1.3 and 4.4.3). `b` has the acl-list of `a`, in any order, or
/// none: efficacy updates come without (RFC 9133, Section 3.2.1), and where it
/// is left out of a refresh nothing is asked for that was not granted.
bool equal_request(const mitigation& a, const mitigation& b);

} // namespace tocsin::protocol::signal
