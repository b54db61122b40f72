#pragma once
#include "protocol/coap/block_sizing.hpp"
#include "protocol/coap/downloads.hpp"
#include "protocol/coap/fifo.hpp"
#include "protocol/coap/uploads.hpp"

#include <unordered_map>

namespace tocsin::protocol::coap {

/// The server half of an agent: bodies of requests out of blocks, answers in
/// blocks, and who observes.
///
///   (GET, Observe 0) --respond with `observe`, success--> observing
///   observing --notify: success--> observing
///             --notify: else; RST; GET Observe 1--> ended
class agent_server {
public:
  agent_server(message_layer& below, random_source random,
               const agent_limits& bounds, fifo<agent_event>& events)
      : below_{below}, bounds_{bounds}, events_{events}, uploads_{bounds},
        downloads_{bounds}, sizing_{below, bounds.block},
        sequence_{static_cast<std::uint32_t>(random()) & 0xffff} {}

  void on_request(incoming_request x, time_point now);
  void on_rejected(const notification_rejected& x);
  void respond(request_id id, response answer, time_point now, bool observe);
  void drop(request_id id, time_point now);
  void notify(request_id id, const response& what, time_point now);

  bool observes(request_id id) const noexcept;
  std::size_t observations() const noexcept { return observers_.size(); }

  std::optional<time_point> next_deadline() const;
  void on_time(time_point now);

private:
  /// A request that the application has.
  struct open_request {
    bytes key;
    coap::token token;
    std::optional<block> wanted;  ///< Block2 of the request
    std::optional<block> arrived; ///< Block1, to be echoed
    bool may_observe = false;
  };

  struct observer {
    request_id id = 0;
    coap::token token;
    bytes key;
    std::optional<std::uint8_t> szx; ///< wished for at registration
    std::optional<response> news;    ///< waits for its turn
  };

  bool take_blocks(incoming_request& x, open_request& open, time_point now);
  bool serve_block(const incoming_request& x, const open_request& open,
                   time_point now);
  void refuse(request_id id, code x, std::string_view why, time_point now);
  bool begin_observation(const open_request& open, request_id id);
  void end_observation(const coap::token& of);
  std::optional<response> cut(response whole, const bytes& key,
                              std::size_t token_size,
                              std::optional<block> wanted, time_point now);
  response slice(const kept_answer& from, const block& wanted,
                 std::size_t token_size) const;
  void send_news(time_point now);
  void send(observer& to, time_point now);
  std::uint32_t next_sequence();

  message_layer& below_;
  agent_limits bounds_;
  fifo<agent_event>& events_;
  uploads uploads_;
  downloads downloads_;
  block_sizing sizing_;
  std::unordered_map<request_id, open_request> open_;
  std::vector<observer> observers_; ///< a few; the order of their turns
  std::uint32_t sequence_;
  std::optional<time_point> last_news_;
};

} // namespace tocsin::protocol::coap
