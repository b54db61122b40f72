#pragma once
#include "protocol/yang/path.hpp"
#include "protocol/yang/tree.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::protocol::yang {

/// RFC 8040, Section 4.8.1.
enum class content_filter : std::uint8_t { all, config, nonconfig };

/// RFC 6243, Section 3; RFC 8040, Section 4.8.9.
enum class defaults_mode : std::uint8_t {
  report_all,
  trim,
  explicitly,
  report_all_tagged,
};

/// Nodes which the `fields` parameter selects (RFC 8040, Section 4.8.3).
struct field_selection {
  const schema_node* row = nullptr;
  std::vector<field_selection> children{}; ///< empty: all below
};

struct encode_options {
  static constexpr std::size_t unbounded =
      std::numeric_limits<std::size_t>::max();

  content_filter content = content_filter::all;
  std::size_t depth = unbounded;         ///< levels, the node itself is one
  std::vector<field_selection> fields{}; ///< empty: all
  /// Reports what `add_defaults` has put into the tree, or not.
  defaults_mode defaults = defaults_mode::report_all;
};

/// The node at `at` of a tree as `{"module:name": ...}`, in an array if it is
/// an entry; the root is "ietf-restconf:data". A path to a list without keys
/// gives all entries. An entry below an `envelope` row is printed within that
/// container, as RFC 8783 does. A node which is not there gives an empty text.
std::string encode(const data_node& root, const instance_path& at,
                   const encode_options& options = {});

/// The node alone, without name: what is stored of an entry, "{...}".
/// `module` is that of the node, whose descendants are not qualified then.
std::string encode_value(const data_node& x, std::string_view module,
                         const encode_options& options = {});

} // namespace tocsin::protocol::yang
