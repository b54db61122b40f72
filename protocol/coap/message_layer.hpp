#pragma once
#include "protocol/coap/message.hpp"
#include "protocol/coap/parameters.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// What the CoAP message layers of one association have in common: `endpoint`
/// for datagrams (RFC 7252) and `stream_endpoint` for TCP (RFC 8323). Above
/// either, `agent` adds Observe and block-wise transfer.
namespace tocsin::protocol::coap {

/// Names one of our requests within its endpoint; never reused.
using exchange_id = std::uint64_t;

/// Names one request of the peer within its endpoint; never reused.
using request_id = std::uint64_t;

/// Names one notification of ours within its endpoint; never reused.
using notification_id = std::uint64_t;

/// 64 fresh random bits a call; unpredictable outside of tests, since tokens
/// come out of it.
using random_source = std::function<std::uint64_t()>;

/// How a NON request is sent again until its response arrives (RFC 9132,
/// Section 4.4). Each copy has a message id of its own and the same token.
struct repeat_policy {
  /// Copies in all, the first included; 0 counts as 1.
  std::uint32_t attempts = 1;

  /// Time between copies; never less than `parameters::non_interval`.
  duration interval = std::chrono::seconds{3};
};

/// A request of ours.
struct outgoing_request {
  coap::type type = coap::type::non; ///< `con` or `non`; others mean `con`
  coap::code code = coap::code::get;
  option_list options;
  bytes payload;             ///< not sent with GET and DELETE
  repeat_policy repeat = {}; ///< NON only

  /// Time from `send_request` after which the exchange fails. If absent: CON
  /// EXCHANGE_LIFETIME, NON attempts times interval.
  std::optional<duration> deadline = {};

  /// Exempt from PROBING_RATE: mitigation requests (RFC 9132, Section 4.4).
  bool urgent = false;

  /// The exchange stays open after its first response, and more responses may
  /// follow under the same id, as an observation needs it (RFC 7641): until
  /// `cancel`, or until one is rejected (`request_failed`). Only the first one
  /// is waited for.
  bool keep_open = false;

  /// Sends with the token of this exchange, which must be open and kept so:
  /// re-registration and cancellation of an observation (RFC 7641, Section
  /// 3.6). The answer comes under that id, and no new exchange is made; a
  /// failure ends the exchange, as does an id that is not open.
  std::optional<exchange_id> same_token = {};
};

/// Our answer to a request of the peer.
struct response {
  coap::code code = coap::code::content;
  option_list options = {};
  bytes payload = {};
};

/// A response without options whose payload is diagnostic text (RFC 7252,
/// Section 5.5.2).
response diagnostic(code x, std::string_view text);

/// The peer asks, and `respond` or `drop` must follow: until then the request
/// counts against `limits::pending_requests`. `options` holds only options that
/// RFC 7252 lets the application see: unknown critical ones were refused,
/// malformed and surplus elective ones removed. If-Match, If-None-Match, Accept
/// and Content-Format are left to the application.
struct incoming_request {
  request_id id = 0;
  coap::type type = coap::type::con; ///< `con` or `non`; streams: `con`
  coap::code code = coap::code::get; ///< get, post, put or del
  coap::token token;
  option_list options;
  bytes payload; ///< empty for GET and DELETE
};

/// The peer answered.
struct response_received {
  exchange_id id = 0;
  coap::code code = coap::code::content;
  option_list options;
  bytes payload;

  /// From the only copy of the request to the response; nothing if several
  /// copies were sent, as the response may belong to any of them.
  std::optional<duration> rtt;

  /// Not the first response of an exchange that is kept open.
  bool further = false;
};

/// Why a request of ours got no response.
enum class failure_reason : std::uint8_t {
  timeout,      ///< retransmissions, repeats or the deadline ran out
  reset,        ///< the peer rejected the request with a RST
  cancelled,    ///< `cancel` was called
  bad_response, ///< the response has a critical option we do not understand
  too_large,    ///< the request exceeds `limits::message_size`
  overload,     ///< a limit of ours is reached; trying later may help
};

std::string_view to_string(failure_reason x) noexcept;

/// A request of ours ended without response.
struct request_failed {
  exchange_id id = 0;
  failure_reason reason = failure_reason::timeout;
};

/// The peer rejected a notification of ours with a RST: it has forgotten the
/// observation (RFC 7641, Section 3.6). Datagrams only.
struct notification_rejected {
  notification_id id = 0;
  coap::token token;
};

/// A stream only: the association cannot go on, or the peer says that it is
/// about to end (Release, Abort; RFC 8323, Sections 5.5 and 5.6). What is in
/// the outbox is still to be sent; then the connection is closed.
struct stream_ended {
  bool orderly = false; ///< Release: answers to what is pending may follow
  std::string reason;   ///< for people
};

using event = std::variant<incoming_request, response_received, request_failed,
                           notification_rejected, stream_ended>;

/// Numbers since the endpoint was made, for metrics.
struct endpoint_counters {
  std::uint64_t received = 0;        ///< datagrams or frames received
  std::uint64_t sent = 0;            ///< datagrams or frames queued for sending
  std::uint64_t lost = 0;            ///< datagrams that found the outbox full
  std::uint64_t malformed = 0;       ///< broke the format, or another version
  std::uint64_t duplicates = 0;      ///< messages recognised as duplicates
  std::uint64_t retransmissions = 0; ///< copies of CON after the first
  std::uint64_t repeats = 0;         ///< copies of NON requests after the first
  std::uint64_t requests = 0;        ///< delivered as `incoming_request`
  std::uint64_t refused = 0;         ///< answered here: 4.00, 4.02, 4.05, 5.05
  std::uint64_t overloaded = 0;      ///< answered here: 5.03
  std::uint64_t responses = 0;       ///< delivered as `response_received`
  std::uint64_t unexpected = 0;      ///< responses nobody waits for
  std::uint64_t resets_sent = 0;
  std::uint64_t resets_received = 0;
  std::uint64_t timeouts = 0;      ///< own requests failed by `timeout`
  std::uint64_t held = 0;          ///< NON requests delayed by PROBING_RATE
  std::uint64_t no_message_id = 0; ///< not sent: every message id is in use
  std::uint64_t notifications = 0; ///< sent by `notify`
};

/// Requests that the application answers on the spot, with a code alone. They
/// are told by their octets and pass by everything that takes time and memory:
/// no event, no copy of options and payload.
class instant_answers {
public:
  virtual ~instant_answers() = default;

  /// Is this such a request? `content`: options and payload, as they came; it
  /// must be well formed, and have no option that means something to the layers
  /// below the application.
  virtual bool recognises(coap::code method, byte_view content) = 0;

  /// The answer to one that was recognised and is no duplicate.
  virtual coap::code answer(byte_view content) = 0;
};

/// The CoAP message and request layers of one association, client and server
/// at once, without sockets, clock or threads.
///
/// The owner calls from one thread at a time: `receive` for whatever arrives,
/// `on_time` when `next_deadline` has come, and after every call drains
/// `next_event` and `next_datagram`. `now` never runs backwards. Nothing the
/// peer sends throws or makes memory exceed `limits`.
class message_layer {
public:
  virtual ~message_layer() = default;

  /// Takes one decrypted datagram, or any piece of a stream.
  virtual void receive(byte_view octets, time_point now) = 0;

  /// Sends a request, or queues it. Exactly one `response_received` or
  /// `request_failed` follows, except where an exchange is kept open.
  virtual exchange_id send_request(outgoing_request request,
                                   time_point now) = 0;

  /// Ends an exchange; `request_failed` with `cancelled` follows unless its
  /// first response was delivered already. Later responses are unexpected.
  virtual void cancel(exchange_id id, time_point now) = 0;

  /// Answers a request. Ignored if `id` is not pending any more. An answer
  /// beyond `max_message` goes out as 5.00 with a diagnostic.
  virtual void respond(request_id id, const response& answer,
                       time_point now) = 0;

  /// Ends a request without response, as RFC 9132, Section 4.4.3 wants for an
  /// unmet If-Match.
  virtual void drop(request_id id, time_point now) = 0;

  /// Sends a response that answers no pending request: a notification, always
  /// NON over datagrams (RFC 9132, Section 4.4.2.1).
  virtual notification_id notify(const token& to, const response& what,
                                 time_point now) = 0;

  /// Next thing for the application, in order of arrival.
  virtual std::optional<event> next_event() = 0;

  /// Moves the next datagram, or the next octets of the stream, into `out`,
  /// whose memory is taken in exchange; false if there is none.
  virtual bool next_datagram(bytes& out) = 0;

  /// When `on_time` is due next; nothing if never.
  virtual std::optional<time_point> next_deadline() const = 0;
  virtual void on_time(time_point now) = 0;

  /// Switches the parameters (`clamped`); what is on its way keeps the timers
  /// it has.
  virtual void set_parameters(const parameters& values) = 0;
  virtual const parameters& current_parameters() const noexcept = 0;
  virtual const endpoint_counters& counters() const noexcept = 0;

  /// Requests delivered and not yet answered or dropped.
  virtual std::size_t pending_requests() const noexcept = 0;

  /// Own requests that have neither response nor failure; an exchange kept
  /// open counts while its first response is awaited.
  virtual std::size_t open_exchanges() const noexcept = 0;

  /// True over a stream: no loss, no message types, no RST.
  virtual bool reliable() const noexcept = 0;

  /// Largest message that can be sent now: what the path, or the peer's
  /// Max-Message-Size, allows.
  virtual std::size_t max_message() const noexcept = 0;

  /// May blocks of more than 1024 octets be exchanged (BERT; RFC 8323,
  /// Section 6)?
  virtual bool bert() const noexcept { return false; }

  /// Says goodbye on a stream: Release, with what is pending still to be
  /// answered. Nothing over datagrams.
  virtual void release(time_point) {}

  /// Datagrams only: `by` answers what it recognises. It must outlive the layer
  /// or be taken back with null.
  virtual void set_instant_answers(instant_answers*) {}
};

} // namespace tocsin::protocol::coap
