#pragma once
#include "actors/home.hpp"
#include "actors/interfaces.hpp"
#include "actors/reactor_timer.hpp"
#include "protocol/signal/heartbeat.hpp"

#include <memory>

namespace tocsin::actors {

/// HEARTBEAT needs to know that the peer is alive, not how often it speaks:
/// SESSION tells it of traffic, and of heartbeats of the peer that say the
/// same, at most once in this time.
inline constexpr std::chrono::seconds traffic_notice{1};

/// The HEARTBEAT of one session, at home on the session's reactor: a thin shell
/// around the machine.
class heartbeat final : public pinned<heartbeat_actor::base> {
public:
  /// `timers`: null under the test scheduler.
  heartbeat(caf::actor_config& cfg, home* where, transports::reactor* timers,
            session_actor session, protocol::signal::heartbeat_role role,
            protocol::signal::heartbeat_settings settings);

  const char* name() const override { return "heartbeat"; }

  behavior_type make_behavior() override;

  void on_exit() override;

private:
  void on_traffic();
  void act(const std::vector<protocol::signal::heartbeat_action>& actions);
  void arm();

  session_actor session_;
  protocol::signal::heartbeat_machine machine_;
  reactor_timer timer_;
};

} // namespace tocsin::actors
