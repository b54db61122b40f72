#pragma once
#include "protocol/yang/schema.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::protocol::yang {

/// The canonical form of a lexical value of a leaf (RFC 7950, Section 9), or
/// nothing if it is none of its type: prefixes without host bits and as
/// RFC 5952 wants them, decimal64 without needless zeros, bits in the order of
/// their positions, identities without module, domain names in lower case.
std::optional<std::string> canonical(const schema_node& leaf,
                                     std::string_view text);

/// Whether JSON has a number for the type; else it is a string, or true and
/// false for boolean (RFC 7951, Section 6).
constexpr bool is_json_number(leaf_type x) {
  return x == leaf_type::uint8 || x == leaf_type::uint16
         || x == leaf_type::uint32 || x == leaf_type::int32;
}

/// The value of a canonical decimal64 in hundredths: "20.5" is 2050.
std::optional<std::int64_t> hundredths(std::string_view text);

} // namespace tocsin::protocol::yang
