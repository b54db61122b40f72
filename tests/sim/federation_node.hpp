#pragma once
#include "protocol/signal/escalation.hpp"
#include "tests/sim/node.hpp"

#include <optional>

namespace tocsin::sim {

/// A node of a federation: a client, a server, or both at once with a RELAY
/// from one side to the other.
class member_node final : public node {
public:
  struct server_side {
    network* net = nullptr; ///< of those who call it
    protocol::signal::customer_table customers;
    protocol::signal::config_policy policy;
    protocol::signal::lifecycle_settings life;
    protocol::signal::conflict_rules conflicts;
    bool device = true;
    bool relay = true; ///< of no meaning to a server
    /// When the RELAY is called; absent: always. Of no meaning to a server.
    std::optional<protocol::signal::escalation_settings> when;
    std::chrono::seconds relay_lifetime{3600};
  };

  struct client_side {
    network* net = nullptr; ///< of the server
    client_door door;
  };

  struct settings {
    std::string name; ///< and its cuid
    std::optional<client_side> up;
    std::optional<server_side> serves;
  };

  member_node(world& in, settings x)
      : node{in}, settings_{std::move(x)}, device{in, settings_.name} {}
  ~member_node() override { crash(); }

  void start() override;
  void crash() override;
  void stop() override;
  /// An actor of it dies of a defect; the SUPERVISOR sees that.
  void lose_part(const std::string& part);

private:
  void add_server(actors::supervisor_setup& to);
  void add_client(actors::supervisor_setup& to);
  void open_doors();

  settings settings_;

public:
  site device;
};

} // namespace tocsin::sim
