#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/time.hpp"
#include "transports/http_message.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace tocsin::transports {

/// Bounds on what one HTTP client can make a server hold, and for how long.
struct http_exchange_limits {
  http_message_limits message;
  /// Requests that wait for an answer; what follows is not read meanwhile.
  std::size_t waiting = 4;
  /// Between requests. Longer than the usual minute: a client may keep its
  /// connection for the next attack (RFC 8783, Section 3.1).
  std::chrono::milliseconds idle{180'000};
  /// From the first octet of a header to its last; it fits into one segment or
  /// a few.
  std::chrono::milliseconds header{10'000};
  /// From the first octet of a request to its last; a body of the largest size
  /// needs 140 kbit/s then.
  std::chrono::milliseconds request{60'000};
};

/// Makes the answer to what the exchange refuses by itself: a status (400, 408,
/// 413, 414, 417, 431, 500, 501, 505) and a sentence for a person.
using http_refusal =
    std::function<web_response(unsigned status, std::string_view detail)>;

/// The server's side of one HTTP/1.1 connection, sans-I/O: octets of the
/// client and time go in, requests come out in their order; answers go in, and
/// octets for the client come out.
///
/// A request that is malformed, or over a limit, is answered in its turn, and
/// is the last: `finished()` tells when all of it was taken. Nothing can be
/// smuggled past it: what two parsers might understand in two ways is refused.
///
/// Memory is bounded by two bodies, one header, and max_unread.
class http_server_exchange {
public:
  /// Octets that may wait while requests wait for their answers; more is the
  /// end, with 503. wants_input() says when to hold them back.
  static constexpr std::size_t max_unread = 131072;
  /// Largest piece of output.
  static constexpr std::size_t max_piece = 65536;

  struct request {
    std::uint64_t id = 0; ///< for answer()
    web_request message;  ///< with its target in origin form, or "*"
  };

  /// `wall` tells the time for Date.
  http_server_exchange(const http_exchange_limits& limits, http_refusal refuse,
                       std::function<unix_seconds()> wall, time_point now);
  ~http_server_exchange();
  http_server_exchange(const http_server_exchange&) = delete;
  http_server_exchange& operator=(const http_server_exchange&) = delete;

  /// Takes any piece of the stream.
  void receive(byte_view octets, time_point now);

  /// False while input has to wait. What comes after the last request is taken,
  /// and dropped.
  bool wants_input() const noexcept;

  /// The next request, once those before it are answered.
  std::optional<request> next_request();

  /// Answers the request of that name; others are ignored. Content-Length,
  /// Connection, Date and Server are filled in; a body is left out where there
  /// must be none (HEAD, 204, 304).
  void answer(std::uint64_t id, web_response response, time_point now);

  /// Moves the next octets for the client into `out`; false if there are none.
  bool next_output(bytes& out);

  /// Takes no more requests: ends when what was taken is answered.
  void stop();

  /// All is said: close the connection.
  bool finished() const noexcept;

  /// Is no request under way, neither coming in nor waiting?
  bool idle() const noexcept;

  std::optional<time_point> next_deadline() const;
  void on_time(time_point now);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Bounds on what a server can make an HTTP client hold.
struct http_client_limits {
  http_message_limits message{.body = 16u << 20};
  /// Interim answers (1xx) to one request.
  unsigned interim = 8;
};

/// The client's side of one HTTP/1.1 connection, sans-I/O: one request after
/// another, each after the answer to the one before.
class http_client_exchange {
public:
  static constexpr std::size_t max_piece = http_server_exchange::max_piece;

  /// `host`: "name" or "name:port", as Host has it.
  http_client_exchange(std::string host, const http_client_limits& limits = {});
  ~http_client_exchange();
  http_client_exchange(const http_client_exchange&) = delete;
  http_client_exchange& operator=(const http_client_exchange&) = delete;

  /// Host, User-Agent and Content-Length are filled in. Fails with ec::closed
  /// if the connection takes no more, ec::conflict before the answer to the
  /// last one, ec::malformed for what cannot be said in HTTP.
  result<void> request(const web_request& what);

  /// Takes any piece of the stream.
  void receive(byte_view octets);

  /// The server ended the stream; `orderly`: with a goodbye, so that nobody can
  /// have cut off the end of an answer whose length is not known.
  void end_of_stream(bool orderly);

  /// Moves the next octets for the server into `out`; false if there are none.
  bool next_output(bytes& out);

  /// The answer, once it is complete. Failures: ec::malformed, ec::too_large,
  /// ec::closed (the stream ended before). No connection survives them.
  std::optional<result<web_response>> next_response();

  /// May it be used for another request, now or after the answer?
  bool usable() const noexcept;

  /// Has anything of the answer arrived?
  bool answer_begun() const noexcept;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace tocsin::transports
