#pragma once
#include "protocol/coap/stream_server.hpp"

namespace tocsin::protocol::coap {

/// The signaling messages of both sides (RFC 8323, Section 5).
class stream_signals {
public:
  stream_signals(stream_context& shared, stream_server& server, time_point now)
      : shared_{shared}, server_{server}, csm_due_{now + csm_timeout} {}

  /// Queues our CSM.
  void introduce();

  /// Queues our Release, once.
  void release();

  /// A message of class 7.
  void on_signal(const message& x);

  /// Has the peer's first CSM come?
  bool introduced() const noexcept { return !csm_due_; }

  /// When the connection ends for want of a CSM.
  std::optional<time_point> deadline() const noexcept {
    return shared_.over ? std::nullopt : csm_due_;
  }

  void on_time(time_point now);

private:
  void on_csm(const message& x);
  void on_ping(const message& x);
  void on_release(const message& x);
  void on_abort(const message& x);

  stream_context& shared_;
  stream_server& server_;
  std::optional<time_point> csm_due_;
  bool release_sent_ = false;
  bool release_received_ = false;
};

} // namespace tocsin::protocol::coap
