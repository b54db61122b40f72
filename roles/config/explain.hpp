#pragma once
#include "roles/config/config.hpp"

#include <string>

namespace tocsin::roles {

/// What a node with this configuration is and does, in a few lines for a
/// person: roles, where it listens, whom it serves, whom it calls. Reads the
/// certificates to name their fingerprints; blocks on the file system.
std::string explain(const config& x);

/// The reference of all options (docs/configuration.md), in Markdown.
std::string write_reference();

} // namespace tocsin::roles
