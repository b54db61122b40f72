#pragma once
#include "protocol/error.hpp"
#include "protocol/signal/prefix.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::protocol::signal {

/// Longest URI we accept in a request, in octets.
inline constexpr std::size_t max_uri_length = 2048;

/// What a target-uri means as a target (RFC 9132, Section 4.4.1.1): the host
/// gives the addresses, the scheme the protocols, the port the port.
struct uri_target {
  std::string host;              ///< lower case, brackets removed
  std::optional<prefix> address; ///< set if the host is an address: no look-up
  std::uint16_t port = 0;        ///< from the URI, else the scheme's default
  std::vector<std::uint8_t> protocols; ///< 6 (TCP), 17 (UDP), or both

  friend bool operator==(const uri_target&, const uri_target&) = default;
};

/// Parses an absolute URI (RFC 3986) and maps it. Fails, with `where`
/// "target-uri", as malformed if the grammar is broken, without a host, or if
/// the port is missing and the scheme has no default known here; as
/// out_of_range for a port outside 1..65535 or a special address. A scheme not
/// known here but with a port is mapped to TCP and UDP.
result<uri_target> map_uri(std::string_view text);

} // namespace tocsin::protocol::signal
