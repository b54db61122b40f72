#pragma once
#include "protocol/coap/message_layer.hpp"

#include <memory>
#include <optional>

namespace tocsin::protocol::coap {

/// The CoAP message and request layers (RFC 7252) of one DTLS association,
/// client and server at once, without sockets, clock or threads.
///
/// The owner calls from one thread at a time: `receive` for each datagram,
/// `on_time` when `next_deadline` has come, and after every call drains
/// `next_event` and `next_datagram`. `now` never runs backwards. Nothing the
/// peer sends throws or makes memory exceed `limits`; message ids, tokens and
/// duplicates are those of this association alone, so a new association needs
/// a new endpoint (RFC 7252, Section 9.1).
///
/// Answered here, without an event: pings, malformed messages, unknown
/// critical options (4.02; NON requests too, as RFC 9132, Section 9 has it),
/// proxy options (5.05), unknown methods (4.05), Hop-Limit out of range
/// (4.00), duplicates, unexpected responses (RST). Observe and Block options
/// pass: they are the business of `agent`.
class endpoint {
public:
  endpoint(parameters values, random_source random, limits bounds = {});
  ~endpoint();
  endpoint(endpoint&&) noexcept;
  endpoint& operator=(endpoint&&) noexcept;

  /// Takes one decrypted datagram.
  void receive(byte_view datagram, time_point now);

  /// Sends a request, or queues it: CONs wait for NSTART, NONs that are not
  /// urgent for PROBING_RATE; a CON never holds back a NON (RFC 9132,
  /// Section 4.4). Exactly one `response_received` or `request_failed`
  /// follows.
  exchange_id send_request(outgoing_request request, time_point now);

  /// Ends an exchange; `request_failed` with `cancelled` follows unless it
  /// had ended already.
  void cancel(exchange_id id, time_point now);

  /// Answers a request: in the ACK if that has not left, else as a CON of its
  /// own; a NON by a NON. Ignored if `id` is not pending any more. An answer
  /// beyond `limits::message_size` goes out as 5.00 with a diagnostic.
  void respond(request_id id, const response& answer, time_point now);

  /// Ends a request without response, as RFC 9132, Section 4.4.3 wants for an
  /// unmet If-Match. A CON still is acknowledged, or the peer would go on
  /// sending.
  void drop(request_id id, time_point now);

  /// Next thing for the application, in order of arrival.
  std::optional<event> next_event();

  /// Moves the next datagram to send into `out`, whose memory is taken in
  /// exchange; false if there is none.
  bool next_datagram(bytes& out);

  /// When `on_time` is due next; nothing if never.
  std::optional<time_point> next_deadline() const;

  /// Does what is due: retransmissions, repeats, empty ACKs, failures.
  void on_time(time_point now);

  /// Switches the parameters (`clamped`); what is on its way keeps the timers
  /// it has.
  void set_parameters(const parameters& values);

  const parameters& current_parameters() const noexcept;
  const endpoint_counters& counters() const noexcept;

  /// Requests delivered and not yet answered or dropped.
  std::size_t pending_requests() const noexcept;

  /// Own requests that have neither response nor failure.
  std::size_t open_exchanges() const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace tocsin::protocol::coap
