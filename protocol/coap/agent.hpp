#pragma once
#include "protocol/coap/message_layer.hpp"

#include <memory>

namespace tocsin::protocol::coap {

/// The peer no longer observes: it deregistered, rejected a notification,
/// registered anew with the same token, or the observation was ended by a
/// notification that is no success (RFC 7641, Sections 3.6 and 4.2).
struct observation_ended {
  request_id id = 0; ///< the request that registered it
};

using agent_event =
    std::variant<incoming_request, response_received, request_failed,
                 observation_ended, stream_ended>;

/// What the transfers and observations of one association may occupy; every
/// number is reached only by a peer that misbehaves.
struct agent_limits {
  /// Largest body put together from blocks, either way; beyond, 4.13 with
  /// Size1, or `too_large`.
  std::uint32_t body = 64 * 1024;

  /// Bodies of the peer that are being put together; beyond, the one that
  /// rested longest goes (RFC 7959, Section 2.5).
  std::uint32_t uploads = 4;

  /// Bodies of ours that wait for an earlier one for the same resource; beyond,
  /// `overload`.
  std::uint32_t waiting = 16;

  /// Answers of which further blocks may be fetched, and their octets in all;
  /// beyond, the oldest goes and a fetch of its blocks reaches the
  /// application as a request of its own.
  std::uint32_t downloads = 8;
  std::uint32_t download_octets = 256 * 1024;

  /// Observations of the peer; beyond, registration is answered as a plain GET
  /// (RFC 7641, Section 4.1).
  std::uint32_t observations = 32;

  /// Largest block offered, octets: 1024 fits an unknown path (RFC 7252,
  /// Section 4.6). A power of two from 16 to 1024.
  std::uint32_t block = 1024;
};

/// The CoAP agent of one association: what `message_layer` offers, with
/// Observe (RFC 7641) and block-wise transfer (RFC 7959) on top, both ways.
///
/// Server side. A request whose body comes in Block1 options is delivered once,
/// whole. An answer that does not fit a message leaves in blocks, with ETag and
/// Size2; further blocks are served from here for EXCHANGE_LIFETIME. A GET with
/// Observe 0 may be answered with `observe`: if that is a success, the peer
/// observes, and `notify` goes to it until `observation_ended`. The request's
/// Observe option stays in its options for the application to see.
///
/// Of several bodies for the same resource the one that came first goes on, and
/// another is answered 4.08, unless Request-Tag tells them apart (RFC 7959,
/// Section 2.5; RFC 9175, Section 3).
///
/// Client side. A request whose payload does not fit leaves in Block1 options,
/// one after the other for the same resource;
/// a response in blocks is delivered once, whole. A GET with Observe 0 keeps
/// its exchange open when the server accepts (its response has Observe):
/// notifications come as `response_received` with `further`; those which are
/// older than one delivered already are dropped (RFC 7641, Section 3.4), those
/// in blocks are fetched. A further response that is no success ends it, and so
/// does `request_failed` when registering it again came to nothing.
///
/// Notifications of one association are spaced by `parameters::non_interval`
/// over datagrams (RFC 9132, Section 4.4.2.1); of several that wait for their
/// turn only the newest of each observation is sent.
///
/// Threads, time and draining as in `message_layer`.
class agent {
public:
  agent(std::unique_ptr<message_layer> below, random_source random,
        agent_limits bounds = {});
  ~agent();
  agent(agent&&) noexcept;
  agent& operator=(agent&&) noexcept;

  void receive(byte_view octets, time_point now);

  /// As below; options may hold Observe 0 or 1 and a Block2 that limits the
  /// size of blocks.
  exchange_id send_request(outgoing_request request, time_point now);

  /// Ends an exchange. An observation is deregistered by a GET with Observe 1
  /// (RFC 7641, Section 3.6), whose answer is not reported.
  void cancel(exchange_id id, time_point now);

  /// Sends the registration of an observation again, with the same token (RFC
  /// 7641, Section 3.3.1): after a silence longer than Max-Age.
  void reregister(exchange_id id, time_point now);

  /// Answers a request; `observe`: and lets the peer observe, if it asked to
  /// and the answer is a success.
  void respond(request_id id, response answer, time_point now,
               bool observe = false);
  void drop(request_id id, time_point now);

  /// The newest state for the peer which observes since the request `id`. A
  /// response that is no success is the last one. Ignored if it does not
  /// observe any more.
  void notify(request_id id, const response& what, time_point now);

  /// Does the peer observe since this request?
  bool observes(request_id id) const noexcept;
  std::size_t observations() const noexcept;

  std::optional<agent_event> next_event();
  bool next_datagram(bytes& out);
  std::optional<time_point> next_deadline() const;
  void on_time(time_point now);

  void set_parameters(const parameters& values);
  const parameters& current_parameters() const noexcept;
  const endpoint_counters& counters() const noexcept;
  std::size_t pending_requests() const noexcept;
  std::size_t open_exchanges() const noexcept;
  bool reliable() const noexcept;

  /// See message_layer::release().
  void release(time_point now);

  /// See message_layer::set_instant_answers().
  void set_instant_answers(instant_answers* by);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace tocsin::protocol::coap
