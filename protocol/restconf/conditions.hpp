#pragma once
#include "protocol/restconf/message.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::protocol::restconf {

/// The version of a resource as its client sees it: configuration only, so
/// that counters do not change it (RFC 8040, Section 3.5).
struct version {
  std::string tag{}; ///< opaque, without quotes; empty: none is kept
  std::optional<std::chrono::sys_seconds> modified{};

  friend bool operator==(const version&, const version&) = default;
};

/// What conditions say of a request (RFC 7232, Section 6).
enum class verdict : std::uint8_t {
  proceed,
  not_modified, ///< 304, for GET and HEAD
  failed,       ///< 412
};

/// Evaluates the conditional fields of a request. `now` is nothing if the
/// resource does not exist. `reads`: the method is GET or HEAD.
verdict evaluate(const request& x, const std::optional<version>& now,
                 bool reads);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 7231, Section 7.1.1.1).
std::string http_date(std::chrono::sys_seconds x);
/// Reads that form and the two obsolete ones; a two-digit year is one of
/// 1970 to 2069.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

/// Adds ETag and Last-Modified.
void add_version(response& to, const version& x);

} // namespace tocsin::protocol::restconf
