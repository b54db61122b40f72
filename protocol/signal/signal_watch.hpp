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
/// A client may have several sessions for a while: it calls over two transports
/// at once and ends the slower one, and one that it has replaced may outlive
/// the newer one at the server. So what ends before the last one counts, too:
///
/// - Who says goodbye on the session in use has left: the last one, if it is
///   lost within the limit from then on, was not heard after that and counts as
///   goodbye. On another session, goodbye ends only that.
/// - In use is the session of the last request. While a client repeats a
///   request over an old session and a new one, it is the new one: the old one
///   is used again only when the other has not been for a heartbeat-interval.
/// - On a session that was replaced, has failed or was let go of, the client
///   was heard until then: the last one, if it is lost within the limit from
///   then on, leaves what remains of the limit to wait for.
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
  /// A request of the client came on this session.
  void asked_on(session_id id, time_point now) noexcept;
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
  std::vector<session_id> sessions_;
  std::optional<session_id> in_use_;
  time_point used_;                   ///< that one, for the last request
  std::optional<time_point> goodbye_; ///< on what was in use
  std::optional<time_point> broken_;  ///< one that failed or was replaced
  time_point since_;                  ///< while waiting
};

} // namespace tocsin::protocol::signal
