#pragma once
#include "roles/config/config.hpp"

#include <string>

namespace tocsin::roles {

/// Sends the log to standard error as configured; `level` overrides the
/// configuration if not empty. Logging never blocks its caller: a queue of
/// 8,192 lines drops the oldest when standard error cannot keep up.
void start_logging(const node_config& what, const std::string& level);

} // namespace tocsin::roles
