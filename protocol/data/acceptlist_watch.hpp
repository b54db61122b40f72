#pragma once
#include "protocol/data/client_state.hpp"

#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace tocsin::protocol::data {

/// An entry of an accept-list in force, and what it has let through so far.
struct accepted_traffic {
  active_entry entry;
  acl_type type = acl_type::none; ///< of its ACL
  match_counters total;
};

/// A mitigation as far as accept-lists may be in its way.
struct mitigation_effect {
  const signal::target& what;  ///< with the addresses of its names
  std::uint64_t dropped = 0;   ///< packets, since it began
  bool still_attacked = false; ///< its client said so last
};

/// Fewer packets from one look to the next are no attack, whatever else is
/// said: with a look each 15 s some seven a second. (A limit of ours.)
inline constexpr std::uint64_t least_accepted = 100;

/// Tells when accept-listed sources attack what a mitigation protects (RFC
/// 9132, Section 4.4.1.3, conflict-cause 2). Drivers count packets and cannot
/// tell good ones from bad ones; accept-lists that let more than a trickle pass
/// to the target are taken for the attack
///   - when the client reports that the attack goes on all the same, or
///   - when the mitigation has dropped nothing at all, or
///   - when it drops, and less than the accept-lists let pass.
/// At the end of an attack, when nothing is dropped any more, it says nothing.
class acceptlist_watch {
public:
  /// Looks at what has come since the last time; the first time it only takes
  /// the numbers down. Returns the ACLs in conflict, by name.
  std::vector<signal::conflict_scope::acl>
  look(std::span<const accepted_traffic> accepted,
       const mitigation_effect& effect);

private:
  using entry_name = std::pair<std::string, std::string>; ///< ACL, ACE

  std::map<entry_name, std::uint64_t> seen_; ///< packets
  std::optional<std::uint64_t> dropped_;
};

/// Whether packets to `what` can match the entry, going by addresses,
/// protocols and destination ports.
bool concerns(const active_entry& x, const signal::target& what);

} // namespace tocsin::protocol::data
