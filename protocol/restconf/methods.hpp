#pragma once
#include "protocol/yang/path.hpp"

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::protocol::restconf {

/// The methods of RFC 8040, Section 4.
enum class method : std::uint8_t {
  get,
  head,
  options,
  post,
  put,
  patch,
  remove, ///< DELETE
};

using method_set = std::bitset<7>;

/// The method of that name (case counts), or nothing.
std::optional<method> parse_method(std::string_view name);

/// GET and HEAD.
constexpr bool reads(method x) {
  return x == method::get || x == method::head;
}
/// POST, PUT, PATCH and DELETE.
constexpr bool edits(method x) {
  return x >= method::post;
}

inline constexpr method_set read_only{0b111};

/// What a data resource allows: state is read only, a leaf has no children, and
/// what several clients share is not changed as a whole.
method_set allowed(const yang::schema_node& root,
                   const yang::instance_path& at);

/// The value of an Allow field: "GET, HEAD, OPTIONS".
std::string to_string(method_set x);

} // namespace tocsin::protocol::restconf
