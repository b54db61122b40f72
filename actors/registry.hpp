#pragma once
#include "actors/interfaces.hpp"
#include "protocol/signal/scope_index.hpp"

#include <map>
#include <set>
#include <unordered_map>

namespace tocsin::actors {

/// Refused clients that are told when one scope is gone. Who comes after them
/// is refused as well, and decided about anew whenever it asks again.
inline constexpr std::size_t max_refused_clients = 64;

/// State of the REGISTRY: live scopes by owner, and which of them lost to
/// which in a conflict between clients (RFC 9132, Section 4.4.1.3). What a
/// claim costs does not depend on how many other scopes there are.
///
/// A loser is told when the winner is in force (install), or never if the
/// winner ends before: there is no gap in the protection. Both ways go through
/// here, so that a loser cannot hear of the end first.
class registry_state {
public:
  static inline const char* name = "registry";

  explicit registry_state(registry_actor::pointer self) : self_{self} {}

  void init(protocol::signal::conflict_rules rules) { rules_ = rules; }
  claim_result claim(const scope_claim& x);
  claim_result refresh(const scope_owner& who, std::int64_t lifetime);
  void in_force(const scope_owner& who);
  void release(const scope_owner& who);
  std::vector<foreign_scope>
  overlapping(const scope_owner& who,
              const protocol::signal::target& what) const;
  void on_verdict(const foreign_notice& x);
  void launch(); // not begin(): CAF takes that for a container

private:
  using id_type = std::uint64_t;
  using information = protocol::signal::conflict_information;

  struct scope {
    scope_owner owner;
    protocol::signal::target what;
    std::optional<time_point> ends; ///< nothing: never
    scope_claim::state now = scope_claim::state::active;
    client_actor client;
    std::set<id_type> beaten_by;
    /// Whom to tell once this is in force: id and what.
    std::vector<std::pair<id_type, information>> losers;
  };

  id_type enter(const scope_claim& x);
  void set_lifetime(scope& x, std::int64_t lifetime);
  std::optional<information> conflict_of(id_type id) const;
  protocol::signal::contender contender_of(id_type id, const scope& of) const;
  bool remember_refused(id_type id);
  void admit_refused(id_type id);
  void forget(id_type id);
  std::set<id_type> rivals(id_type id) const;
  std::uint32_t agreeing(id_type id) const;
  void tell_agreement(id_type id);
  void apply(id_type id, const protocol::signal::conflict_decision& decision);
  void make_way(id_type id);
  void add_foreign(const scope_claim& x, const scope& entry,
                   std::vector<protocol::signal::contender>& others,
                   claim_result& out) const;
  void set_free(id_type id);
  std::int64_t remaining(const scope& x) const;
  static bool same_client(const scope& a, const scope& b);

  registry_actor::pointer self_;
  protocol::signal::conflict_rules rules_;
  std::map<scope_owner, id_type> ids_;
  std::unordered_map<id_type, scope> scopes_;
  /// Who lost to whom, by winner: the other direction of `beaten_by`.
  std::unordered_map<id_type, std::set<id_type>> beats_;
  /// Clients whose requests were refused, by what they met.
  std::unordered_map<id_type, std::vector<caf::weak_actor_ptr>> refused_;
  id_type next_id_ = 1;
  protocol::signal::scope_index index_;
};

/// Spawns the REGISTRY.
registry_actor::behavior_type
registry(registry_actor::stateful_pointer<registry_state> self,
         protocol::signal::conflict_rules rules);

} // namespace tocsin::actors
