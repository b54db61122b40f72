#pragma once
#include "protocol/time.hpp"

#include <cstdint>

namespace tocsin::protocol::coap {

/// Transmission parameters of one association (RFC 7252, Section 4.8) with
/// the defaults of DOTS (RFC 9132, Section 4.5). The derived values follow
/// whatever the members say, so they are right after each reconfiguration.
struct parameters {
  /// Shortest first wait for an acknowledgement.
  duration ack_timeout = std::chrono::seconds{2};

  /// The first wait is `ack_timeout` times 1 to this factor; never below 1.
  double ack_random_factor = 1.5;

  /// Copies of a CON that follow the first.
  std::uint32_t max_retransmit = 3;

  /// Octets a second towards a peer that does not answer.
  std::uint32_t probing_rate = 5;

  /// Longest time a datagram is assumed to travel.
  duration max_latency = std::chrono::seconds{100};

  /// Confirmable messages on their way at once.
  std::uint32_t nstart = 1;

  /// Least time between two copies of a NON request as long as there is no
  /// estimate of the round-trip time (RFC 9132, Section 4.4).
  duration non_interval = std::chrono::seconds{3};

  /// A CON that the application has not answered by then draws an empty ACK
  /// (RFC 7252, Section 5.2.2). Below every legal ACK_TIMEOUT of 1 s, so the
  /// peer need not send again.
  duration separate_after = std::chrono::milliseconds{500};

  /// What DTLS adds to a message (RFC 9132, Section 7.3: 13 octets and the
  /// AEAD's 8 + 16); it counts against `probing_rate`.
  std::uint32_t record_overhead = 37;

  /// From the first to the last copy of a CON.
  duration max_transmit_span() const noexcept;

  /// From the first copy of a CON to the moment its sender gives up.
  duration max_transmit_wait() const noexcept;

  /// Time a peer may take between a CON and its acknowledgement.
  duration processing_delay() const noexcept { return ack_timeout; }

  /// Longest round trip.
  duration max_rtt() const noexcept;

  /// From the first copy of a CON until its message id is free again.
  duration exchange_lifetime() const noexcept;

  /// From the first copy of a NON until its message id is free again.
  duration non_lifetime() const noexcept;

  friend bool operator==(const parameters&, const parameters&) = default;
};

/// `x` with every member inside what RFC 7252, Section 4.8.1 and RFC 9132,
/// Section 4.5.2 allow: ack_timeout 1 to 30 s, factor 1 to 4, at most 15
/// retransmissions, probing rate at least 1, NSTART 1 to 16, and intervals
/// above zero. Bounds also keep the derived times finite.
parameters clamped(parameters x) noexcept;

/// What one association may occupy; every number is reached only by a peer
/// that misbehaves or by an application that does not drain.
struct limits {
  /// Message ids remembered to recognise duplicates; beyond, the oldest is
  /// forgotten, so that a duplicate of it would be taken for a new request.
  std::uint32_t remembered = 1024;

  /// Octets of replies kept for duplicates; beyond, the oldest entries go.
  std::uint32_t reply_octets = 64 * 1024;

  /// Requests delivered and not yet answered; beyond, the peer gets 5.03.
  std::uint32_t pending_requests = 64;

  /// Own requests not yet answered; beyond, `send_request` fails.
  std::uint32_t exchanges = 64;

  /// Confirmable messages on their way or waiting for NSTART.
  std::uint32_t confirmable = 128;

  /// Notifications of which a RST is still understood: those of three minutes
  /// at the rate of RFC 9132, Section 4.4.2.1.
  std::uint32_t notifications = 64;

  /// Datagrams not yet fetched; beyond, new ones are lost as on a network.
  std::uint32_t outbox = 512;

  /// Largest message sent (RFC 7252, Section 4.6: 1152 for an unknown path).
  std::uint32_t message_size = 1152;
};

} // namespace tocsin::protocol::coap
