#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "transports/name_lookup.hpp"

#include <cstdint>
#include <string>

/// Questions to DNS servers that the system's resolver does not ask (RFC 1035).
namespace tocsin::transports {

/// What is asked for.
enum class dns_type : std::uint16_t { a = 1, aaaa = 28 };

/// A question to a recursive server. Fails with ec::malformed for what is no
/// name.
result<bytes> make_dns_question(const std::string& name, dns_type type,
                                std::uint16_t id);

/// The addresses in an answer; none is no failure. What does not answer this
/// very question fails with ec::malformed, a name that does not exist with
/// ec::not_found, other refusals with ec::unavailable.
result<name_lookup::addresses> read_dns_answer(byte_view answer,
                                               const std::string& name,
                                               dns_type type, std::uint16_t id);

/// Asks one server after the other, over UDP, until one knows; blocks, up to 4
/// s for each server and family. Fails with ec::not_found or ec::unavailable.
result<name_lookup::addresses> ask_name_servers(const name_servers& where,
                                                const std::string& name);

} // namespace tocsin::transports
