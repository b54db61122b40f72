#pragma once
#include "protocol/error.hpp"
#include "transports/socket_address.hpp"

#include <string_view>

namespace tocsin::tools::load {

/// Reads the address of a server to load. Why this program cannot be turned
/// against anybody: it sends to 127.0.0.0/8 only, where a packet cannot leave
/// the machine. Fails with ec::malformed, or ec::unauthorized for any other
/// address.
result<transports::socket_address> parse_loopback(std::string_view text);

} // namespace tocsin::tools::load
