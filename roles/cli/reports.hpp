#pragma once
#include "roles/cli/node_client.hpp"
#include "roles/cli/orders.hpp"

#include <cstdint>
#include <optional>

/// The commands that only look.
namespace tocsin::roles::cli {

struct status_options {
  std::optional<std::uint32_t> mid; ///< absent: the node and all mitigations
  std::string peer, cuid;
  bool watch = false;
};

exit_code status(node_client& node, const status_options& options);
exit_code list(node_client& node);
exit_code show_node(node_client& node);
exit_code sessions(node_client& node, std::uint32_t limit);
exit_code audit(node_client& node, std::uint32_t limit);

} // namespace tocsin::roles::cli
