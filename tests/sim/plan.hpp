#pragma once
#include "protocol/signal/body.hpp"
#include "protocol/signal/conflict.hpp"
#include "protocol/signal/customer.hpp"
#include "protocol/signal/session_config.hpp"
#include "tests/sim/link.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tocsin::sim {

/// Times of a plan count from the start of the run.
using moment = std::chrono::milliseconds;

/// Something that an operator of a client does.
struct order_plan {
  moment when{};
  protocol::signal::target what;
  std::int64_t lifetime = 3600;
  bool renew = false;
  bool immediate = true; ///< false: to start when the signal is lost
  bool foreign = false;  ///< not the customer's own: must be refused
  std::optional<moment> withdrawn;
  std::vector<moment> judged; ///< efficacy is reported
};

/// A node is down from the first to the second.
struct downtime {
  moment from{}, until{};
  bool orderly = false;
};

struct client_plan {
  std::string cuid;
  std::string identity;
  std::size_t customer = 0;
  path_quality path;
  struct cut {
    moment from{}, until{};
    std::array<bool, 2> ways{};
  };
  std::vector<cut> outages;
  /// UDP does not pass: from when, and until when (nothing: to the end, after
  /// everything else has healed, too).
  std::optional<moment> udp_dies;
  std::optional<moment> udp_returns;
  std::chrono::seconds udp_probe{};
  std::vector<downtime> crashes;
  std::vector<order_plan> orders;
  std::optional<protocol::signal::session_sets> wishes;
};

/// Everything that a seed decides before a run begins.
struct plan {
  moment length{}; ///< of the troubled time
  protocol::signal::config_policy policy;
  protocol::signal::conflict_rules conflicts;
  std::chrono::seconds terminating{120};
  std::vector<protocol::signal::customer> customers;
  std::vector<client_plan> clients;
  std::vector<downtime> crashes; ///< of the server
  std::vector<moment> driver_deaths;
  std::vector<downtime> device_failures;
};

plan draw(std::uint64_t seed);

/// One line each, for a trace.
std::vector<std::string> describe(const plan& x);

} // namespace tocsin::sim
