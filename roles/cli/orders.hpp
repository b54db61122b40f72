#pragma once
#include "actors/api.hpp"
#include "roles/cli/node_client.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The commands that change something: `mitigate`, `withdraw`, `report` and
/// `redirect`.
namespace tocsin::roles::cli {

/// As typed; checked by read_order.
struct mitigate_options {
  std::vector<std::string> targets; ///< prefixes without --prefix
  std::vector<std::string> prefixes, ports, protocols, fqdns, uris, aliases;
  std::vector<std::string> filters; ///< NAME=WHEN
  std::string lifetime;             ///< empty: the node's default
  std::optional<bool> renew;
  std::string upstream;
  bool on_signal_loss = false; ///< only while the signal channel is lost
  bool wait = true;
};

/// Which mitigation is meant.
struct name_options {
  std::uint32_t mid = 0;
  std::string peer; ///< customer or upstream; empty: found out
  std::string cuid; ///< empty: found out
};

/// Where clients are sent; as typed.
struct redirect_options {
  bool off = false;
  std::string server; ///< empty: the configured one
  std::vector<std::string> addresses;
  std::string time; ///< empty: as configured
};

/// Fails with ec::malformed, ec::out_of_range or ec::missing.
result<actors::order_body> read_order(const mitigate_options& x);

exit_code mitigate(node_client& node, const mitigate_options& options);
/// Tells what came of an order for a mitigation.
exit_code conclude_order(node_client& node, const actors::mitigation_view& x,
                         bool waited);
exit_code withdraw(node_client& node, const name_options& options);
/// `verdict`: "works" or "fails".
exit_code report_efficacy(node_client& node, const name_options& options,
                          const std::string& verdict);
exit_code redirect(node_client& node, const redirect_options& options);

/// Gives clients to a sibling.
exit_code hand_over(node_client& node, const actors::handover_wish& wish);

/// Carries an operator's decision about one mitigation out, on a server node.
exit_code decide(node_client& node, const name_options& options,
                 const actors::operator_order& order);

/// Completes the name from the node's list: a mid alone will do as long as it
/// is the only one. Nothing: it is not, and that has been reported.
std::optional<actors::mitigation_name> complete(node_client& node,
                                                const name_options& options);

/// "/v1/mitigations/7?peer=...&cuid=..."
std::string target_of(const actors::mitigation_name& name);

} // namespace tocsin::roles::cli
