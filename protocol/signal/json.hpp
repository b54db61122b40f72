#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/signal/body.hpp"
#include "protocol/signal/codec.hpp"

#include <string>
#include <string_view>

/// The bodies of the signal channel in JSON, with the names of the YANG module
/// (RFC 7951; RFC 9132 prints its examples so). For operators and tools: on
/// the wire DOTS speaks CBOR only.
namespace tocsin::protocol::signal {

/// Reads one body from JSON. Names at the top carry the module's prefix, e.g.
/// "ietf-dots-signal-channel:mitigation-scope"; enumerations are labels;
/// integers may come as numbers or as strings, decimals as either too. Strict
/// about everything else: unknown names fail. Failures as for decode().
result<body> from_json(std::string_view json, direction way);

/// Writes one body as JSON: 64-bit integers and decimals as strings,
/// enumerations as labels.
std::string to_json(const body& x);

/// Shows CBOR of the signal channel as JSON without judging it by direction or
/// bounds, for looking at captured messages: unknown keys appear under their
/// number. Fails if the octets are no well-formed CBOR map.
result<std::string> cbor_to_json(byte_view octets);

} // namespace tocsin::protocol::signal
