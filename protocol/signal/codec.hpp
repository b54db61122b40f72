#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/signal/body.hpp"

namespace tocsin::protocol::signal {

/// Which way a body travels: some elements may go one way only
/// (RFC 9132, Section 5.1).
enum class direction : std::uint8_t {
  request,  ///< client to server
  response, ///< server to client, notifications included
};

/// Largest body that is looked at, in octets. No RFC gives a limit; this is
/// far above what the limits of validate.hpp let a request grow to, and what
/// block-wise transfer may have put together.
inline constexpr std::size_t max_body_size = 256 * 1024;

/// Reads one body (RFC 9132, Sections 5 and 6). Total: any octets give a body
/// or a failure. Checks form, types, bounds and direction of every element;
/// what a mitigation request must hold on top is up to validate.hpp.
///
/// Failures, `where` being the name of the leaf at fault:
///   truncated, malformed  not CBOR, wrong type, duplicate or misplaced key,
///                         element of the other direction, empty value
///   out_of_range          a value outside its bounds or enumeration
///   missing               a mandatory leaf of a list entry or container
///   unknown               comprehension-required keys that are not known; the
///                         detail lists all of them
///   too_large             more octets or list entries than we accept
/// Unknown comprehension-optional keys are skipped at any depth; tag 271 in
/// front is tolerated.
result<body> decode(byte_view octets, direction way);

/// Writes one body: definite lengths, shortest integers, keys in ascending
/// order, except in a configuration set, where probing-rate stands third as in
/// RFC 9132, Figure 23. Absent options and empty lists are left out.
bytes encode(const body& x);

} // namespace tocsin::protocol::signal
