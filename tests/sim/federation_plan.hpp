#pragma once
#include "protocol/signal/escalation.hpp"
#include "tests/sim/plan.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tocsin::sim {

/// How a node reaches the server that it calls.
struct uplink {
  std::size_t to = 0; ///< number of that node
  path_quality path;
  std::vector<client_plan::cut> partitions;
  std::optional<moment> udp_dies;    ///< see client_plan
  std::optional<moment> udp_returns; ///< see client_plan
  std::chrono::seconds udp_probe{};
  std::optional<protocol::signal::session_sets> wishes;
};

/// What a node does for those who call it.
struct service {
  protocol::signal::config_policy policy;
  protocol::signal::conflict_rules conflicts;
  std::chrono::seconds terminating{120};
  bool device = true; ///< it has one, and a driver; else it only relays
  /// Absent: its server is asked for everything. Of no meaning without one.
  std::optional<protocol::signal::escalation_settings> when;
  std::chrono::seconds relay_lifetime{3600}; ///< of what it asks for
  std::vector<moment> driver_deaths;
  std::vector<downtime> device_failures;
  std::vector<downtime> overloads;
};

/// An actor of a node fails, and is started again alone.
struct part_death {
  moment when{};
  std::string part; ///< its name
};

/// A node: a server has no uplink, a client no service, a gateway both.
struct member {
  std::string name; ///< and its cuid, and that of the customer it is
  std::optional<uplink> up;
  std::optional<service> serves;
  /// A client's own; a gateway's are those of all behind it.
  std::vector<protocol::signal::prefix> prefixes;
  /// Its server does not know of the last of them: what is asked for there is
  /// refused, and stays without protection.
  bool unknown_prefix = false;
  bool indefinite = false; ///< its server grants it such lifetimes
  std::vector<downtime> crashes;
  std::vector<part_death> deaths;
  std::vector<order_plan> orders; ///< a client's
};

/// Everything that a seed decides before a federation begins. Node 0 is the
/// server; every other one calls one that has a lower number, but in a loop.
struct federation_plan {
  moment length{}; ///< of the troubled time
  std::vector<member> members;
  std::vector<downtime> lulls; ///< no attack
  bool ends_in_peace = false;  ///< no attack after the troubled time
  bool loop = false;           ///< node 0 asks one of those who ask it

  /// Those who call a node, in order: their numbers in its network.
  std::vector<std::size_t> callers_of(std::size_t node) const;
  /// Those from which an order comes to a node, itself not included.
  std::vector<std::size_t> behind(std::size_t node) const;
  bool asks_upstream(std::size_t node) const {
    return members[node].up && members[node].serves;
  }
  /// What a node with an uplink calls its server, and keeps what it asks for
  /// under. In a loop this must not be the name of a customer, too.
  std::string upstream_of(std::size_t node) const {
    return (loop ? "above " : "") + members[members[node].up->to].name;
  }
};

/// `loops`: some seeds have gateways that ask each other in a circle.
federation_plan draw_federation(std::uint64_t seed, bool loops);

/// One line each, for a trace.
std::vector<std::string> describe(const federation_plan& x);

} // namespace tocsin::sim
