#pragma once
#include "protocol/coap/message_layer.hpp"

#include <memory>

namespace tocsin::protocol::coap {

/// Max-Message-Size of a peer that has not said otherwise (RFC 8323, Section
/// 5.3.1).
inline constexpr std::uint32_t base_message_size = 1152;

/// Time from the start of a connection until the peer's CSM must be there. It
/// is in the peer's first flight (RFC 8323, Section 3.3), thus a round trip
/// away at most; ten seconds allow for TCP to repeat a lost segment thrice.
inline constexpr duration csm_timeout = std::chrono::seconds{10};

/// Deadline of a request of ours that names none. Nothing gets lost in a
/// stream, so this is the time in which a peer may answer: as long as RFC 9132,
/// Section 4.7 would wait at most for a heartbeat with default parameters, and
/// well below EXCHANGE_LIFETIME.
inline constexpr duration stream_deadline = std::chrono::seconds{60};

/// What one connection may occupy beyond `limits`.
struct stream_limits {
  /// Max-Message-Size that we announce (RFC 8323, Section 5.3.1); a longer
  /// frame ends the connection. Never below `base_message_size`. It is the
  /// largest message that we send as well; `limits::message_size` is about
  /// datagrams.
  std::uint32_t message_size = 64 * 1024;

  /// Octets queued for sending and not yet fetched; beyond, the connection
  /// ends: the peer does not read.
  std::uint32_t outbox_octets = 1024 * 1024;
};

/// The CoAP message layer of one TLS connection (RFC 8323): frames, the
/// signaling messages (CSM, Ping, Pong, Release, Abort), requests and
/// responses by token. No retransmission, no deduplication, no message types
/// (RFC 8323, Section 3; RFC 9132, Section 4.7): `type`, `repeat` and `urgent`
/// of a request mean nothing here.
///
/// The first octets of both sides are a CSM; ours is queued at once, and
/// requests may follow before that of the peer has come. Empty messages are
/// ignored at any time. Whatever breaks the format is answered with Abort and
/// `stream_ended`.
///
///   open --Release of either side--> releasing: new requests of ours fail,
///    |                               everything else goes on
///    +---------------------------------+
///    | Abort of either side, `csm_timeout`, outbox full
///    v
///   over: nothing is received or sent any more
/// `stream_ended` comes once for the peer's first Release (orderly), and once
/// when the stream is over; then every exchange that is open, or kept so, fails
/// with `reset`, as do requests made later. Pending requests are forgotten.
class stream_endpoint final : public message_layer {
public:
  /// `now`: when the connection was made.
  stream_endpoint(parameters values, random_source random, time_point now,
                  limits bounds = {}, stream_limits stream = {});
  ~stream_endpoint() override;

  void receive(byte_view octets, time_point now) override;
  exchange_id send_request(outgoing_request request, time_point now) override;
  void cancel(exchange_id id, time_point now) override;
  void respond(request_id id, const response& answer, time_point now) override;
  void drop(request_id id, time_point now) override;
  notification_id notify(const token& to, const response& what,
                         time_point now) override;
  std::optional<event> next_event() override;
  bool next_datagram(bytes& out) override;
  std::optional<time_point> next_deadline() const override;
  void on_time(time_point now) override;
  void set_parameters(const parameters& values) override;
  const parameters& current_parameters() const noexcept override;
  const endpoint_counters& counters() const noexcept override;
  std::size_t pending_requests() const noexcept override;
  std::size_t open_exchanges() const noexcept override;
  bool reliable() const noexcept override { return true; }
  std::size_t max_message() const noexcept override;
  bool bert() const noexcept override;
  void release(time_point now) override;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace tocsin::protocol::coap
