#pragma once
#include "protocol/restconf/message.hpp"
#include "protocol/yang/path.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tocsin::protocol::restconf {

/// A request target in two parts, still percent-encoded: scheme, authority and
/// fragment are left out (RFC 8040, Section 5.1).
struct split_target {
  std::string_view path;
  std::optional<std::string_view> query;
};

split_target split(std::string_view target);

/// Decodes %XX; nothing if a % is followed by something else.
std::optional<std::string> percent_decode(std::string_view text);

/// Encodes all but unreserved characters (RFC 3986, Section 2.3).
std::string percent_encode(std::string_view text);

/// The path of a data resource below the datastore, "" or "/m:a/b=key/c", as
/// the schema reads it (RFC 8040, Section 3.5.3). Split first, then decoded.
/// 404 for a node which the schema does not have, 400 for what is not well
/// formed; a list without keys can only be the last node.
answer<yang::instance_path> parse_path(const yang::schema_node& root,
                                       std::string_view text);

/// The reverse: "/m:a/b=key/c", percent-encoded.
std::string to_uri(const yang::instance_path& x);

} // namespace tocsin::protocol::restconf
