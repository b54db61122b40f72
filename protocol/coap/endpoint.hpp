#pragma once
#include "protocol/coap/message.hpp"
#include "protocol/coap/parameters.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

namespace tocsin::protocol::coap {

/// Names one of our requests within its endpoint; never reused.
using exchange_id = std::uint64_t;

/// Names one request of the peer within its endpoint; never reused.
using request_id = std::uint64_t;

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
  coap::type type = coap::type::con; ///< `con` or `non`
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

using event = std::variant<incoming_request, response_received, request_failed>;

/// Numbers since the endpoint was made, for metrics.
struct endpoint_counters {
  std::uint64_t received = 0;        ///< datagrams given to `receive`
  std::uint64_t sent = 0;            ///< datagrams put into the outbox
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
};

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
/// (4.00), block-wise transfer (4.02, except that Block2 with NUM 0 in a GET
/// is a hint and ignored), duplicates, unexpected responses (RST).
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
