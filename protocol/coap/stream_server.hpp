#pragma once
#include "protocol/coap/stream_context.hpp"

#include <map>

namespace tocsin::protocol::coap {

/// The peer's requests over a stream and our responses to them, in any order.
class stream_server {
public:
  explicit stream_server(stream_context& shared) : shared_{shared} {}

  void on_request(message& x);
  void respond(request_id id, const response& answer);
  void drop(request_id id);
  void notify(const token& to, const response& what);

  /// A Ping with the Custody option: its Pong goes out when all requests that
  /// are pending now have ended (RFC 8323, Section 5.4.1).
  void pong_in_turn(const token& id);

  /// The stream is over.
  void clear();

  std::size_t size() const noexcept { return pending_.size(); }

private:
  /// Pongs that may wait; further ones go out at once, without the option that
  /// would promise something. One Ping at a time is what the RFC's keep-alive
  /// needs.
  static constexpr std::size_t most_pongs = 16;

  /// The Max-Age of a 5.03: about the time after which a DOTS client would ask
  /// again anyway.
  static constexpr std::uint32_t busy_max_age = 5;

  struct waiting_pong {
    coap::token token;
    request_id before; ///< waits for the requests below this id
    std::size_t left;  ///< how many of them are pending
  };

  void finish(std::map<request_id, token>::iterator i);
  void reply(const token& id, const response& answer);
  void pong(const token& id, bool custody);

  stream_context& shared_;
  std::map<request_id, token> pending_;
  std::vector<waiting_pong> pongs_; ///< in the order of their Pings
  request_id next_id_ = 1;
};

} // namespace tocsin::protocol::coap
