#pragma once
#include "protocol/coap/block_sizing.hpp"
#include "protocol/coap/fifo.hpp"

#include <unordered_map>

namespace tocsin::protocol::coap {

/// The client half of an agent: requests and responses in blocks, and what we
/// observe. An exchange of ours may need several of the layer below; it bears
/// the id of the first.
///
/// Bodies in blocks for the same resource leave one after the other: nothing
/// but the order tells a server which blocks belong together (RFC 7959, Section
/// 2.5). Each bears a Request-Tag of its own (RFC 9175, Section 3), so that a
/// late block of one that was given up is not taken for a part of the next.
///
///   sending (Block1) --2.31--> sending --other--> first response
///   first response --Block2, more--> fetching --last block--> delivered
///                  --Observe--> observing --cancel--> leaving --> gone
///   observing --notification in blocks--> fetching beside it
class agent_client {
public:
  agent_client(message_layer& below, random_source random,
               const agent_limits& bounds, fifo<agent_event>& events)
      : below_{below}, random_{std::move(random)}, bounds_{bounds},
        events_{events}, sizing_{below, bounds.block} {}

  exchange_id send(outgoing_request request, time_point now);
  void cancel(exchange_id id, time_point now);
  void reregister(exchange_id id, time_point now);

  void on_response(response_received x, time_point now);
  void on_failure(const request_failed& x, time_point now);

  std::optional<time_point> next_deadline() const;
  void on_time(time_point now);

  std::size_t open() const noexcept { return exchanges_.size(); }

private:
  /// A body that is being fetched.
  struct fetch {
    response_received head; ///< of its first block
    bytes body;
    bytes etag;
  };

  struct exchange {
    outgoing_request request; ///< payload: only while it is sent in blocks
    std::optional<time_point> deadline; ///< for all its messages
    exchange_id current = 0;            ///< in the layer below
    bool wants_observation = false;
    bool answered = false; ///< its first response was delivered
    bool observing = false;
    std::optional<time_point> leaving; ///< when the token is given up
    // Block1
    bytes resource;       ///< request_key(); empty: not in blocks
    bool waiting = false; ///< for another body for the same resource
    bool in_blocks = false;
    std::uint8_t szx = 6;
    std::size_t sent = 0; ///< octets that the server has
    // Block2
    std::optional<fetch> incoming;
    bool fetch_observed = false; ///< its first block was a notification
    std::uint8_t restarts = 0;   ///< of fetching
    // Observe
    std::uint32_t newest = 0;
    time_point newest_at;
  };

  using table = std::unordered_map<exchange_id, exchange>;

  /// Does the server go on to notify?
  static bool goes_on(const response_received& x);
  exchange_id begin_blocks(exchange x, time_point now);
  exchange_id send_part(exchange_id id, exchange& x, time_point now);
  void start_next(const bytes& resource, time_point now);
  void send_next(exchange_id id, exchange& x, outgoing_request part,
                 time_point now);
  bool continue_sending(exchange_id id, exchange& x,
                        const response_received& answer, time_point now);
  void take(exchange_id id, exchange& x, response_received answer,
            time_point now);
  void take_block(exchange_id id, exchange& x, response_received answer,
                  time_point now);
  void restart_fetch(exchange_id id, exchange& x, time_point now);
  void fetch_block(exchange_id id, exchange& x, std::size_t offset,
                   std::uint8_t szx, time_point now);
  void deliver(exchange_id id, exchange& x, response_received answer,
               time_point now);
  bool is_news(exchange& x, const response_received& answer, time_point now);
  void abandon_fetch(exchange_id id, exchange& x, time_point now);
  bool is_sound(const response_received& answer) const;
  void give_up(exchange_id id, exchange& x, failure_reason why, time_point now);
  void deregister(exchange_id id, const exchange& x, time_point now);
  void end(exchange_id id, failure_reason why, time_point now);
  void forget(exchange_id id, time_point now);
  outgoing_request bare(const exchange& x, time_point now) const;

  message_layer& below_;
  random_source random_;
  agent_limits bounds_;
  fifo<agent_event>& events_;
  block_sizing sizing_;
  table exchanges_;
  std::vector<exchange_id> waiting_; ///< in the order of their turns
  std::uint64_t next_tag_ = 0;
  /// From ids of the layer below, where they differ.
  std::unordered_map<exchange_id, exchange_id> routes_;
};

} // namespace tocsin::protocol::coap
