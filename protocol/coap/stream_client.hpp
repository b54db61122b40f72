#pragma once
#include "protocol/coap/stream_context.hpp"

#include <map>

namespace tocsin::protocol::coap {

/// Our requests over a stream and the peer's responses to them, which may
/// come in any order (RFC 8323, Section 3.3).
///
///   waiting --response--> gone, or kept --response--> kept
///           --deadline, cancel, end of the stream--> gone
///   kept --cancel, bad response, end of the stream--> gone
/// The id of an exchange is its token read as a number: eight random octets,
/// unique among those in use.
class stream_client {
public:
  explicit stream_client(stream_context& shared) : shared_{shared} {}

  exchange_id send(const outgoing_request& request, time_point now);
  void cancel(exchange_id id);
  void on_response(message& x, time_point now);

  /// Timer `exchange`.
  void on_timer(exchange_id id);

  /// The stream is over: everything fails, in the order of the ids.
  void fail_all();

  /// Exchanges that wait for their first response.
  std::size_t waiting() const noexcept { return waiting_; }

private:
  struct exchange {
    time_point sent;
    time_point deadline; ///< as set in the timers while waiting
    bool waiting = true;
    bool keep_open = false;
  };

  using table = std::map<exchange_id, exchange>;

  exchange_id fresh_id();
  exchange_id send_again(const outgoing_request& request);
  bool post(const outgoing_request& request, exchange_id id);
  void stop_waiting(table::iterator i);
  void close(table::iterator i);
  void fail(table::iterator i, failure_reason reason);
  void report(exchange_id id, failure_reason reason);

  stream_context& shared_;
  table open_;
  std::size_t waiting_ = 0;
};

} // namespace tocsin::protocol::coap
