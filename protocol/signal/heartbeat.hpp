#pragma once
#include "protocol/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace tocsin::protocol::signal {

/// Defaults of RFC 9132, Section 4.5.
struct heartbeat_settings {
  std::chrono::seconds interval{30};  ///< zero: neither sent nor missed
  std::uint32_t missing_allowed = 15; ///< 0 counts as 1

  friend bool operator==(const heartbeat_settings&,
                         const heartbeat_settings&) = default;
};

/// Which end of the session this is: they differ in what means "lost".
enum class heartbeat_role : std::uint8_t { client, server };

/// Send a heartbeat request with this peer-hb-status.
struct send_heartbeat {
  bool peer_hb_status;
  friend bool operator==(send_heartbeat, send_heartbeat) = default;
};
/// The session is disconnected; the machine sleeps from now on.
struct declare_lost {
  std::uint32_t missed;
  friend bool operator==(declare_lost, declare_lost) = default;
};
/// As many heartbeats as allowed are missing, yet the session is kept. Said
/// once per run of misses, by a client again after any traffic. A client tries
/// a second session beside this one; a server may tell its operator that the
/// client's link looks saturated.
struct threshold_passed {
  std::uint32_t missed;
  friend bool operator==(threshold_passed, threshold_passed) = default;
};

using heartbeat_action =
    std::variant<send_heartbeat, declare_lost, threshold_passed>;

/// Liveness of one session (RFC 9132, Section 4.7).
///
///   alive --due--> alive: send_heartbeat; the one before it is missed unless
///     |            a response came
///     |--missed >= allowed, and--> lost: declare_lost
///          client: not under attack
///          server: nothing at all was received for allowed * interval
///
/// In virtual time, free of jitter: the first heartbeat is due one interval
/// after construction, the next one interval after the last. A machine that is
/// called late counts one miss, not several.
class heartbeat_machine {
public:
  heartbeat_machine(heartbeat_role role, heartbeat_settings settings,
                    time_point now);

  /// When on_time() wants to be called; nothing: heartbeats are off, or the
  /// session is lost.
  std::optional<time_point> next_deadline() const;
  std::vector<heartbeat_action> on_time(time_point now);

  /// A response to one of our heartbeats; late ones count too. It is traffic.
  void on_response(time_point now);

  /// The peer's heartbeat arrived; `sees_us` is its peer-hb-status. It is
  /// traffic. A server that is not seen answers with a heartbeat of its own
  /// while the path is known to be open, at most twice per interval.
  std::vector<heartbeat_action> on_request_received(bool sees_us,
                                                    time_point now);

  /// Any authenticated message of the peer.
  void on_traffic(time_point now);

  /// Newly negotiated values, or another set of them (idle, mitigating): the
  /// exchange that brought them proved the peer alive, so counting begins anew.
  void set_interval(heartbeat_settings settings, time_point now);

  /// The client's inbound link is (no longer) under a massive attack: until it
  /// ends, the session is not declared lost.
  void set_under_attack(bool value) noexcept { under_attack_ = value; }

  /// True if a heartbeat of the peer arrived within two intervals. A session
  /// younger than that is given the benefit of the doubt.
  bool peer_hb_status(time_point now) const;

  std::uint32_t missed() const noexcept { return missed_; }
  bool lost() const noexcept { return lost_; }
  const heartbeat_settings& settings() const noexcept { return settings_; }

private:
  bool is_server() const noexcept { return role_ == heartbeat_role::server; }
  bool nearly_exhausted() const;
  bool disconnected(time_point now) const;
  time_point silent_until() const;
  void send(time_point now, std::vector<heartbeat_action>& out);

  heartbeat_role role_;
  heartbeat_settings settings_;
  bool under_attack_ = false;
  bool lost_ = false;
  bool waiting_ = false; ///< the last heartbeat has no response yet
  bool warned_ = false;  ///< threshold_passed was said in this run
  std::uint32_t missed_ = 0;
  time_point due_;
  time_point sent_;
  time_point last_traffic_;
  time_point last_request_; ///< heartbeat of the peer
};

} // namespace tocsin::protocol::signal
