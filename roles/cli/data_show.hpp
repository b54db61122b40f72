#pragma once
#include "protocol/error.hpp"
#include "protocol/yang/tree.hpp"

#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// What a server holds of this node's aliases and filters, for a person.
namespace tocsin::roles::cli {

/// The node's answer about entries of one kind.
struct data_list {
  std::string upstream, state;
  std::map<std::string, std::string> managed;     ///< name, by whom
  std::map<std::string, std::string> refused;     ///< name, why
  std::vector<protocol::yang::data_node> entries; ///< with state data
};

/// Fails with ec::malformed.
result<data_list> read_data_list(std::string_view json);

/// What the configuration or another node would have to say: without state
/// data, in the format of RFC 8783, with indentation.
std::string exported_filters(const data_list& x);

/// JSON with a line for each value; `json` is well-formed.
std::string indented(std::string_view json);

void show_aliases(std::ostream& out, const data_list& x, bool colour);
void show_filters(std::ostream& out, const data_list& x, bool colour);
/// One filter with all its entries.
void show_filter(std::ostream& out, const data_list& x, bool colour);
/// The node's answer about capabilities.
result<void> show_capabilities(std::ostream& out, std::string_view json,
                               bool colour);

} // namespace tocsin::roles::cli
