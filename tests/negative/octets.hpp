#pragma once
#include "tests/negative/row.hpp"

namespace tocsin::test::negative {

/// Octets from a notation: pairs of hexadecimal digits, 'text' for a CBOR text
/// string, blanks anywhere.
bytes octets(std::string_view notation);

/// A body of mitigate with one scope entry, whose pairs are in that notation,
/// separated by semicolons.
bytes entry(std::string_view pairs);

/// A body of config whose set (key 32 or 44) has these pairs.
bytes config_set(unsigned key, std::string_view pairs);

/// The body behind `known_path`.
bytes good_body();

/// `count` copies of a notation behind each other.
std::string times(std::size_t count, std::string_view notation);

/// Options of a path below .well-known/dots, segments as they stand between
/// slashes; with a Content-Format if there is a body. A path that begins with
/// a slash is taken from the root.
coap::option_list path_options(std::string_view path, bool with_body = true);

/// A request as row; `expected` over either transport.
row request(std::string name, coap::code method, std::string_view path,
            bytes body, outcome expected);

} // namespace tocsin::test::negative
