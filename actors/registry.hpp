#pragma once
#include "actors/interfaces.hpp"
#include "protocol/signal/scope_index.hpp"

#include <map>
#include <unordered_map>

namespace tocsin::actors {

/// State of the REGISTRY: live scopes by owner. What a claim costs does not
/// depend on how many other scopes there are.
class registry_state {
public:
  static inline const char* name = "registry";

  std::vector<scope_owner> claim(const scope_owner& who,
                                 const protocol::signal::target& what);
  void release(const scope_owner& who);

private:
  std::map<scope_owner, std::uint64_t> ids_;
  std::unordered_map<std::uint64_t, scope_owner> owners_;
  std::uint64_t next_id_ = 1;
  protocol::signal::scope_index index_;
};

/// Spawns the REGISTRY.
registry_actor::behavior_type
registry(registry_actor::stateful_pointer<registry_state> self);

} // namespace tocsin::actors
