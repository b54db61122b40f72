#pragma once
#include "protocol/signal/heartbeat.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tocsin::protocol::signal {

/// How a session of a client ended.
enum class session_end : std::uint8_t {
  goodbye,   ///< closed by the client in order (close_notify)
  lost,      ///< verdict of the heartbeats
  replaced,  ///< another session took its place, or was about to
  failed,    ///< transport error, fatal alert, handshake not repeated
  node_stop, ///< this node goes down; not the client's doing
};

enum class signal_event : std::uint8_t {
  lost,      ///< armed mitigations of the client start now
  recovered, ///< a session is there again; running mitigations go on
};

/// Whether the signal of one client (cuid) is lost, over all its sessions:
/// what starts mitigations with trigger-mitigation=false (RFC 9132, Sections
/// 4.4.1.1 and 4.7).
///
///   event \ state  quiet      present            waiting     lost
///   up             present    .                  present     present,
///   recovered last ended:
///     goodbye      .          quiet              .           .
///     lost         .          lost, lost!        .           .
///     replaced     .          waiting            .           .
///     failed       .          waiting            .           .
///     node_stop    .          quiet              .           .
///   restored       waiting    .                  .           .
///   activity       .          .                  begins anew .
///   limit reached  .          .                  lost, lost! .
///
/// A session that a newer one has replaced may outlive it at the server, its
/// own goodbye having been lost. Who says goodbye on the newest session has
/// left: another that is lost within the limit from then on was not heard
/// after it, and counts as goodbye.
///
/// The limit is heartbeat-interval * missing-hb-allowed from the moment it
/// began to wait. With heartbeats off (interval 0) nothing is ever lost: what
/// ends as "lost" or "failed" then waits without a limit. The client itself is
/// bounded by the transport in the number of its sessions, hence so is this.
class signal_watch {
public:
  using session_id = std::uint64_t;

  explicit signal_watch(heartbeat_settings settings = {});

  /// A session is established; a second time for the same id does nothing.
  std::optional<signal_event> up(session_id id);
  /// A session is over; unknown ids do nothing.
  std::optional<signal_event> ended(session_id id, session_end how,
                                    time_point now);
  /// The node has started and knows from storage that this client has armed
  /// mitigations and had not said goodbye.
  void restored(time_point now);
  /// The client was heard beside its sessions (e.g. a handshake in progress
  /// that has authenticated it).
  void activity(time_point now);
  /// Newly negotiated values, or the other set of them. A limit under way is
  /// measured anew from where it began.
  void set_heartbeats(heartbeat_settings settings) noexcept;

  /// When on_time() wants to be called; nothing: never as things are.
  std::optional<time_point> next_deadline() const;
  /// Says `lost` at the limit, not before, and once.
  std::optional<signal_event> on_time(time_point now);

  bool lost() const noexcept { return state_ == state::lost; }
  std::size_t sessions() const noexcept { return sessions_.size(); }
  /// False after goodbye, or before any session: what storage should know, so
  /// that a restart does not wait for a client that has left in order.
  bool expected() const noexcept;

private:
  enum class state : std::uint8_t { quiet, present, waiting, lost };

  duration limit() const noexcept;

  heartbeat_settings settings_;
  state state_ = state::quiet;
  bool expected_ = false;
  std::vector<session_id> sessions_;  ///< the newest last
  std::optional<time_point> goodbye_; ///< on what was the newest session
  time_point since_;                  ///< while waiting
};

} // namespace tocsin::protocol::signal
