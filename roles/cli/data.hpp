#pragma once
#include "roles/cli/node_client.hpp"

#include <string>
#include <vector>

/// The commands on the data channel to an upstream: `alias`, `filter` and
/// `capabilities`.
namespace tocsin::roles::cli {

/// As typed.
struct data_options {
  std::string upstream; ///< empty: the only one
  std::string name;     ///< of the alias or filter
  std::string file;     ///< of an import or export; empty: standard output
  // what an alias stands for
  std::vector<std::string> targets, ports, protocols, fqdns, uris;
  // what a filter matches and does
  std::vector<std::string> from, to;
  std::string protocol, from_port, to_port;
  std::string action = "drop";     ///< "drop", "accept" or a rate in octets/s
  std::string when = "mitigating"; ///< "mitigating", "always" or "never"
};

/// The body of a new alias. Fails with ec::malformed, ec::out_of_range or
/// ec::missing.
result<std::string> read_alias_order(const data_options& x);

/// The body of a new filter. The same.
result<std::string> read_filter_order(const data_options& x);

/// `what`: "list", "show", "create" or "delete".
exit_code alias(node_client& node, const std::string& what,
                const data_options& options);
/// `what`: as above, or "import" or "export".
exit_code filter(node_client& node, const std::string& what,
                 const data_options& options);
exit_code capabilities(node_client& node, const data_options& options);

} // namespace tocsin::roles::cli
