#pragma once
#include "actors/api.hpp"
#include "actors/values.hpp"
#include "protocol/error.hpp"

#include <array>
#include <bitset>
#include <cstdint>
#include <limits>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <vector>

/// How JSON bodies of the operator API are read. Failures name the member, as
/// those of parse_request do.
namespace tocsin::actors::body {

namespace dom = simdjson::dom;

/// Longest name, in octets.
inline constexpr std::size_t max_name = 255;

/// RFC 9132, Section 4.4.1.1: lifetime is an unsigned 32-bit number or -1.
inline constexpr std::int64_t max_lifetime =
    std::numeric_limits<std::uint32_t>::max();

/// Labels of 1 to 63 letters, digits, '-' or '_'; one final dot is fine.
bool is_dns_name(std::string_view text);

/// A scheme, a colon, and visible ASCII after it (RFC 3986, Section 3.1); what
/// it means is for the resolver to judge.
bool is_uri(std::string_view text);

/// A whole number from `min` to `max`.
result<std::int64_t> read_integer(dom::element x, std::string_view name,
                                  std::int64_t min, std::int64_t max);

/// Text that is not empty and has no control characters.
result<std::string> read_text(dom::element x, std::string_view name);

/// Such a text of at most max_name octets.
result<std::string> read_name(dom::element x, std::string_view name);

/// What `acl-list` holds: as a scope of RFC 9133 has it, at least one entry.
result<void> read_filters(dom::element x,
                          std::vector<protocol::signal::filter_control>& into);

/// The body as an object; it lives as long as the parser.
result<dom::object> read_object(dom::parser& parser, std::string_view body);

/// Calls `read` for each entry of the array `x` and appends what it returns.
template <class T, class Read>
result<void> read_list(dom::element x, std::string_view name,
                       std::vector<T>& into, Read read) {
  dom::array entries;
  if (x.get_array().get(entries) != simdjson::SUCCESS)
    return fail(ec::malformed, std::string{name}, "takes an array");
  into.clear();
  for (auto entry : entries) {
    if (into.size() == max_targets)
      return fail(ec::too_large, std::string{name},
                  "takes at most " + std::to_string(max_targets) + " entries");
    result<T> value = read(entry);
    if (!value)
      return value.error();
    into.push_back(std::move(*value));
  }
  return {};
}

/// One member of a body that is read into an Into.
template <class Into>
struct member {
  std::string_view name;
  result<void> (*read)(dom::element, Into&);
};

/// Reads all members of an object, which is called `what` in failures: each
/// known, and none twice.
template <class Into, std::size_t Size>
result<void> read_members(dom::object object,
                          const std::array<member<Into>, Size>& members,
                          std::string_view what, Into& into) {
  std::bitset<Size> seen;
  for (auto [key, value] : object) {
    std::size_t i = 0;
    while (i < members.size() && members[i].name != key)
      ++i;
    if (i == members.size())
      return fail(ec::unknown, std::string{key}.substr(0, max_name),
                  "is no member of " + std::string{what});
    if (seen[i])
      return fail(ec::malformed, std::string{key}, "is given twice");
    seen.set(i);
    if (auto done = members[i].read(value, into); !done)
      return done;
  }
  return {};
}

} // namespace tocsin::actors::body
