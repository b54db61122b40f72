#pragma once
#include "protocol/coap/message_layer.hpp"

#include <memory>

namespace tocsin::protocol::coap {

/// What one connection may occupy beyond `limits`.
struct stream_limits {
  /// Max-Message-Size that we announce (RFC 8323, Section 5.3.1); a longer
  /// frame ends the connection.
  std::uint32_t message_size = 64 * 1024;

  /// Octets queued for sending and not yet fetched; beyond, the connection
  /// ends: the peer does not read.
  std::uint32_t outbox_octets = 1024 * 1024;
};

/// The CoAP message layer of one TLS connection (RFC 8323): frames, the
/// signaling messages (CSM, Ping, Pong, Release, Abort), requests and
/// responses by token. No retransmission, no deduplication, no message types
/// (RFC 8323, Section 3; RFC 9132, Section 4.7).
///
/// The first octets of both sides are a CSM; ours is queued at once. Whatever
/// breaks the format is answered with Abort and `stream_ended`. After Release
/// of the peer, pending requests may still be answered.
class stream_endpoint final : public message_layer {
public:
  stream_endpoint(parameters values, random_source random, limits bounds = {},
                  stream_limits stream = {});
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
