#pragma once
#include "protocol/coap/option_rules.hpp"
#include "protocol/coap/sent_notifications.hpp"
#include "protocol/coap/transmitter.hpp"

namespace tocsin::protocol::coap {

/// The peer's requests and our responses to them.
///
///   (new) --refused--> gone
///     |
///     +--> pending --respond: ACK with response--> gone
///             |    --drop: empty ACK--> gone
///             | `separate_after` passed: empty ACK
///             v
///        acknowledged --respond: CON of its own--> gone
///                     --drop--> gone
/// A NON stays pending, and is answered by a NON. What has gone is still
/// recognised as a duplicate.
class server_side {
public:
  server_side(context& shared, transmitter& confirmables)
      : shared_{shared},
        confirmables_{confirmables}, notified_{shared.bounds.notifications} {}

  void on_request(message& x, time_point now);

  /// A request that `by` recognised by its content.
  void answer_at_once(const header& head, const token& id, instant_answers& by,
                      byte_view content, time_point now);
  void respond(request_id id, const response& answer, time_point now);
  void drop(request_id id, time_point now);

  /// Sends a NON that answers no pending request.
  notification_id notify(const token& to, const response& what, time_point now);

  /// A RST; false if it is not about a notification.
  bool on_reset(std::uint16_t mid, time_point now);

  /// Timer `separate`.
  void on_timer(request_id id);

  std::size_t size() const noexcept { return slots_.size() - free_.size(); }

private:
  /// One request that the application has. The id of a request is the number
  /// of its slot below a count of the slot's uses.
  struct slot {
    std::uint32_t uses = 0;
    bool taken = false;
    bool acknowledged = false;
    coap::type type = coap::type::con;
    std::uint16_t mid = 0;
    coap::token token;
    time_point separate_at;
  };

  static constexpr std::uint16_t busy_max_age = 5;

  bool is_duplicate(type kind, std::uint16_t mid, time_point now);
  request_id take(const message& x, time_point now);
  slot* find(request_id id);
  void release(request_id id, slot& x);
  void refuse(const message& x, const refusal& why, time_point now);
  void reply(const slot& x, const response& answer, time_point now);
  bool build(const header& head, const token& id, const response& answer);

  context& shared_;
  transmitter& confirmables_;
  sent_notifications notified_;
  std::vector<slot> slots_;
  std::vector<std::uint32_t> free_;
};

} // namespace tocsin::protocol::coap
