#pragma once
#include "actors/siblings.hpp"
#include "roles/config/config.hpp"

#include <caf/actor_system.hpp>

namespace tocsin::roles {

/// CAF's settings for a node: its middleman is loaded only if there are
/// siblings.
struct node_system_config : actors::system_config {
  explicit node_system_config(const config& what);
};

/// What the SUPERVISOR has to know of the configured siblings.
actors::siblings_setup siblings_of(const config& what, caf::actor_system& sys);

/// Lets siblings call: opens the port, behind which is a DOOR to `home`.
/// Blocks until it is open. Fails with ec::io.
result<caf::actor> open_sibling_door(const siblings_config& x,
                                     caf::actor_system& sys,
                                     const actors::supervisor_actor& home);

} // namespace tocsin::roles
