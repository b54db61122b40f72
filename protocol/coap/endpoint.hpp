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
class endpoint final : public message_layer {
public:
  endpoint(parameters values, random_source random, limits bounds = {});
  ~endpoint() override;
  endpoint(endpoint&&) noexcept;
  endpoint& operator=(endpoint&&) noexcept;

  /// Takes one decrypted datagram.
  void receive(byte_view datagram, time_point now) override;

  /// CONs wait for NSTART, NONs that are not urgent for PROBING_RATE; a CON
  /// never holds back a NON (RFC 9132, Section 4.4).
  exchange_id send_request(outgoing_request request, time_point now) override;

  void cancel(exchange_id id, time_point now) override;

  /// Answers in the ACK if that has not left, else by a CON of its own; a NON
  /// by a NON.
  void respond(request_id id, const response& answer, time_point now) override;

  /// A CON still is acknowledged, or the peer would go on sending.
  void drop(request_id id, time_point now) override;

  /// The message ids of the latest notifications are remembered, so that a RST
  /// comes back as `notification_rejected`.
  notification_id notify(const token& to, const response& what,
                         time_point now) override;

  std::optional<event> next_event() override;
  bool next_datagram(bytes& out) override;
  std::optional<time_point> next_deadline() const override;

  /// Does what is due: retransmissions, repeats, empty ACKs, failures.
  void on_time(time_point now) override;

  void set_parameters(const parameters& values) override;
  const parameters& current_parameters() const noexcept override;
  const endpoint_counters& counters() const noexcept override;
  std::size_t pending_requests() const noexcept override;
  std::size_t open_exchanges() const noexcept override;
  bool reliable() const noexcept override { return false; }
  std::size_t max_message() const noexcept override;
  void set_instant_answers(instant_answers* by) override;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace tocsin::protocol::coap
