#include "actors/heartbeat.hpp"

namespace tocsin::actors {

namespace sig = protocol::signal;

heartbeat::heartbeat(caf::actor_config& cfg, home* where,
                     transports::reactor* timers, session_actor session,
                     sig::heartbeat_role role, sig::heartbeat_settings settings)
    : pinned{cfg, where}, session_{std::move(session)},
      machine_{role, settings, clock().now()}, timer_{timers} {}

heartbeat::behavior_type heartbeat::make_behavior() {
  machine_.on_traffic(clock().now() + traffic_notice);
  monitor(session_);
  set_down_handler([this](const caf::down_msg&) { quit(); });
  return {
      [this](atom::report, bool answered) {
        if (answered)
          machine_.on_response(clock().now());
        on_traffic();
      },
      [this](atom::heard, bool sees_us) {
        act(machine_.on_request_received(sees_us, clock().now()));
        on_traffic();
      },
      [this](atom::traffic) { on_traffic(); },
      [this](atom::config, const sig::heartbeat_settings& x) {
        if (machine_.settings() == x)
          return;
        machine_.set_interval(x, clock().now());
        machine_.on_traffic(clock().now() + traffic_notice);
        arm();
      },
      [this](atom::mode, bool under_attack) {
        machine_.set_under_attack(under_attack);
        arm();
      },
      [this](atom::tick) {
        timer_.rang();
        act(machine_.on_time(clock().now()));
        arm();
      },
  };
}

void heartbeat::on_exit() {
  timer_.stop();
  session_ = session_actor{}; // the two hold each other
}

/// More may arrive unheard until the next notice: a session must not be lost
/// before the silence has lasted long enough.
void heartbeat::on_traffic() {
  machine_.on_traffic(clock().now() + traffic_notice);
  arm();
}

void heartbeat::act(const std::vector<sig::heartbeat_action>& actions) {
  for (const auto& action : actions) {
    if (auto* beat = std::get_if<sig::send_heartbeat>(&action))
      send(session_, atom::heard_v, beat->peer_hb_status);
    else if (auto* verdict = std::get_if<sig::declare_lost>(&action))
      send(session_, atom::lost_v, verdict->missed);
    else if (auto* past = std::get_if<sig::threshold_passed>(&action))
      send(session_, atom::silent_v, past->missed);
  }
}

void heartbeat::arm() {
  timer_.set(this, machine_.next_deadline());
}

} // namespace tocsin::actors
