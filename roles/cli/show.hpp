#pragma once
#include "actors/views.hpp"
#include "protocol/time.hpp"
#include "storage/store.hpp"

#include <iosfwd>
#include <vector>

/// Views as text for a person. Everything that came from elsewhere is made
/// printable first.
namespace tocsin::roles::cli {

void show_node(std::ostream& out, const actors::node_view& x, bool colour);
void show_mitigations(std::ostream& out,
                      const std::vector<actors::mitigation_view>& xs,
                      bool colour);
/// `now`: wall clock, to say how long ago it started.
void show_mitigation(std::ostream& out, const actors::mitigation_view& x,
                     unix_seconds now, bool colour);
void show_sessions(std::ostream& out,
                   const std::vector<actors::session_view>& xs,
                   std::uint64_t total, bool colour);
void show_audit(std::ostream& out, const std::vector<storage::audit_event>& xs,
                bool colour);

} // namespace tocsin::roles::cli
