#pragma once
#include "actors/sibling_views.hpp"
#include "actors/views.hpp"
#include "protocol/error.hpp"
#include "storage/store.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Reads what the operator API says. The node is trusted to speak the truth but
/// may be newer: unknown members are skipped, absent ones keep their initial
/// values. Fails with ec::malformed if the text is not JSON or lacks the list.
namespace tocsin::roles::cli {

struct session_list {
  std::vector<actors::session_view> sessions;
  std::uint64_t total = 0;
};

result<actors::node_view> read_node(std::string_view json);
result<std::vector<actors::handover_result>>
read_handovers(std::string_view json);
result<actors::mitigation_view> read_mitigation(std::string_view json);
result<std::vector<actors::mitigation_view>>
read_mitigations(std::string_view json);
result<session_list> read_sessions(std::string_view json);
result<std::vector<storage::audit_event>> read_audit(std::string_view json);

/// The failure inside an error answer; ec::internal if there is none.
failure read_error(std::string_view json);

} // namespace tocsin::roles::cli
