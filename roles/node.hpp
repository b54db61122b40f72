#pragma once
#include "roles/config/config.hpp"

#include <string>

namespace tocsin::roles {

/// Assembles the node of a configuration and runs it until SIGTERM or SIGINT,
/// or until a part fails that the others cannot do without. Blocks signals in
/// the whole process, so call it before any thread exists. Returns the exit
/// code of the process; what went wrong is in the log.
int run_node(const config& what, const std::string& log_level);

} // namespace tocsin::roles
