#pragma once
#include "tools/traffic/endpoint.hpp"

#include <vector>

/// Why this program cannot be turned against anybody: it sends to itself, or
/// within a network that cannot reach anyone.
namespace tocsin::tools::traffic {

/// What this process can see of the network it is in.
struct surroundings {
  /// Whether this is the network namespace that process 1 lives in.
  enum class network { initial, other, unknown };
  network where = network::initial;
  /// Of all interfaces of this namespace.
  std::vector<address> addresses;
};

/// Reads the surroundings of this process. What cannot be told apart for want
/// of rights is `unknown`.
result<surroundings> look_around();

/// A closed network is a namespace other than the initial one, in which no
/// interface has an address that means anything outside: loopback, link-local
/// and documentation addresses only, and at least one of the latter. If the
/// namespace is unknown, its addresses alone decide.
bool is_closed(const surroundings& here);

/// Fails with ec::unauthorized, and says why, unless `to` is a loopback
/// address, or a documentation address in a closed network.
result<void> check_target(const address& to, const surroundings& here);

} // namespace tocsin::tools::traffic
