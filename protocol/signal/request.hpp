#pragma once
#include "protocol/error.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What a DOTS request names: Uri-Path and Uri-Query as typed values, both
/// ways (RFC 9132, Sections 4.2 to 4.7).
namespace tocsin::protocol::signal {

/// `mitigate` of one client; without mid: all its mitigations.
struct mitigate_path {
  std::optional<std::string> cdid; ///< believe it from trusted gateways only
  std::string cuid;
  std::optional<std::uint32_t> mid;

  friend bool operator==(const mitigate_path&, const mitigate_path&) = default;
};

/// `config` of the session.
struct config_path {
  std::optional<std::uint32_t> sid;

  friend bool operator==(const config_path&, const config_path&) = default;
};

/// `hb`.
struct heartbeat_path {
  friend bool operator==(const heartbeat_path&,
                         const heartbeat_path&) = default;
};

using request_path = std::variant<mitigate_path, config_path, heartbeat_path>;

/// Which nodes a GET wants (RFC 9132, Section 4.4.2).
enum class content_filter : std::uint8_t {
  all,               ///< `c=a`, and the default
  configuration,     ///< `c=c`
  non_configuration, ///< `c=n`
};

/// Reads the Uri-Path segments of a request, as they came off the options: no
/// percent-decoding. Fails with not_found for a path that is no resource of
/// ours, and with missing, malformed, out_of_range for a parameter of a known
/// resource; `where` is the parameter. Never fails for a path made by
/// to_segments().
result<request_path> parse_path(std::span<const std::string_view> segments);

/// Reads the Uri-Query parameters. What is unknown is ignored, as servers
/// without the filter do (RFC 9132, Section 4.4.2); the last `c` wins.
content_filter
parse_query(std::span<const std::string_view> parameters) noexcept;

/// The mid, or `missing` where a method needs one (PUT, DELETE).
result<std::uint32_t> require_mid(const mitigate_path& path);

/// The Uri-Path segments of a request, in order. The client side makes them
/// without cdid.
std::vector<std::string> to_segments(const request_path& path);

/// "/.well-known/dots/mitigate/cuid=x/mid=7", for logs.
std::string to_string(const request_path& path);

} // namespace tocsin::protocol::signal
