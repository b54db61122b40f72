#pragma once
#include <cstdint>
#include <limits>
#include <string_view>

namespace tocsin::roles {

/// How a string is understood, beyond being one.
enum class form : std::uint8_t {
  text,
  name,     ///< letters, digits, ".", "_", "-"; at most 64 characters
  path,     ///< made absolute from the file's directory
  domain,   ///< a DNS name, made lower case, without a final dot
  wildcard, ///< a DNS name, or "*." before one
  uri,      ///< mappable to targets (RFC 9132, Section 4.4.1.1)
  cuid,     ///< RFC 9132, Section 4.4.1.1
  driver,   ///< a built-in mitigator driver, or the path of a program
  address,  ///< an endpoint's host must be a literal
  root,     ///< the path that RESTCONF begins at
};

/// One row of the table of options: what the parser, the reference and the
/// error messages know of a key. The default is the initializer of the member.
struct option {
  std::string_view name{};
  std::string_view doc{};
  bool required = false;
  form as = form::text;
  /// Bounds of a number, of a duration in seconds, or of a port.
  std::uint64_t min = 0;
  std::uint64_t max = std::numeric_limits<std::int64_t>::max();
  std::string_view unit{};
  std::uint16_t port = 4646; ///< of an endpoint that names none
  /// A duration may be "indefinite", stored as -1.
  bool indefinite = false;
  /// Says what the default is where the initializer cannot.
  std::string_view fallback{};
};

} // namespace tocsin::roles
