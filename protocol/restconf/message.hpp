#pragma once
#include "protocol/yang/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tocsin::protocol::restconf {

/// What of an HTTP request matters here. Header fields are as received; one
/// which came several times is joined by commas (RFC 7230, Section 3.2.2).
struct request {
  std::string method{};
  std::string target{}; ///< origin-form or absolute-form, percent-encoded
  std::optional<std::string> accept{};
  std::optional<std::string> content_type{};
  std::optional<std::string> if_match{};
  std::optional<std::string> if_none_match{};
  std::optional<std::string> if_modified_since{};
  std::optional<std::string> if_unmodified_since{};
  std::string host{}; ///< for Location; may be empty
  std::string body{};
};

struct header {
  std::string name{};
  std::string value{};

  friend bool operator==(const header&, const header&) = default;
};

/// An answer without what HTTP itself adds: Date, Content-Length, Connection.
/// The sender gives no Content-Length to 204 and 304 (RFC 7230, 3.3.2).
struct response {
  unsigned status = 200;
  std::vector<header> headers{};
  std::string body{};
  /// Of an answer to HEAD: the length of the body which GET would have had.
  std::optional<std::size_t> represented_length{};

  /// The value of a header field, or null; names as this module writes them.
  const std::string* find(std::string_view name) const;
};

/// Why a request is not granted.
struct refusal {
  unsigned status = 400;
  std::vector<yang::error> errors{};

  refusal() = default;
  /// With the status which the tag stands for (RFC 8040, Section 7).
  refusal(yang::error why);
  refusal(unsigned code, yang::error why);

  friend bool operator==(const refusal&, const refusal&) = default;
};

/// A value or a refusal.
template <class T>
using answer = std::variant<T, refusal>;

/// The status of a tag; where RFC 8040 has several, that of a request which
/// is wrong in itself: 400, 413, 405; 403 and 500 for the others.
unsigned status_of(yang::error_tag x) noexcept;

/// `ietf-restconf:errors` (RFC 8040, Section 7.1).
std::string error_body(const refusal& x);

/// The answer which tells a refusal. All answers say "Cache-Control: no-cache"
/// (RFC 8040, Section 5.5).
response to_response(const refusal& x);

/// Media types (RFC 8040, Section 11.3; RFC 6415, Section 2).
inline constexpr std::string_view yang_json = "application/yang-data+json";
inline constexpr std::string_view xrd_xml = "application/xrd+xml";
inline constexpr std::string_view plain_json = "application/json";

/// A response with this content.
response content(std::string_view media_type, std::string body);
/// A response without any.
response no_content(unsigned status);

} // namespace tocsin::protocol::restconf
