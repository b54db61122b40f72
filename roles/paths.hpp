#pragma once
#include "actors/upstream_setup.hpp"
#include "roles/config/config.hpp"

namespace tocsin::roles {

/// Where the server is, and how this node looks to it.
result<void> add_paths(actors::upstream_setup& out, const upstream_config& x);

} // namespace tocsin::roles
