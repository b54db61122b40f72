#pragma once
#include "protocol/coap/probing.hpp"
#include "protocol/coap/transmitter.hpp"

#include <array>
#include <unordered_map>

namespace tocsin::protocol::coap {

/// Our requests and the peer's responses to them.
///
/// The id of an exchange is its token read as a number: eight random octets,
/// unique among those in use (RFC 7252, Section 5.3.1; RFC 9132, Section 7.2).
///
///   waiting --response--> gone, or if kept open: resting
///     |  ^                  | response: delivered   | cancel: gone
///     |  +--same token------+
///     +--failure, cancel--> gone
class client_side {
public:
  client_side(context& shared, transmitter& confirmables)
      : shared_{shared}, confirmables_{confirmables} {}

  exchange_id send(outgoing_request request, time_point now);
  void cancel(exchange_id id, time_point now);

  /// The peer is alive: NON requests held by PROBING_RATE may go.
  void on_heard(time_point now);

  /// Do NON requests wait for on_heard()?
  bool holds_requests() const noexcept { return !held_.empty(); }

  /// A response that came as CON, NON or ACK.
  void on_response(message& x, time_point now);

  /// An empty ACK.
  void on_ack(std::uint16_t mid, time_point now);
  void on_reset(std::uint16_t mid, time_point now);

  /// Timers `exchange`, `confirmable` and `probe`.
  void on_timer(exchange_id id, time_point now);
  void on_confirmable_timer(std::uint16_t mid, time_point now);
  void on_probe_timer(time_point now);

  /// Those that wait for a response.
  std::size_t size() const noexcept { return open_.size() - resting_; }

private:
  struct exchange {
    bytes datagram; ///< NON only, to be repeated
    duration interval{};
    time_point deadline;
    time_point first_sent;
    std::optional<time_point> due; ///< as set in `timers`
    std::uint32_t copies = 0;
    std::uint32_t attempts = 1;
    std::uint16_t mid = 0; ///< NON only: of the latest copy
    bool confirmable = true;
    bool urgent = false;
    bool held = false; ///< waits in `held_`
    bool keep_open = false;
    bool answered = false; ///< had its first response: kept open
    bool resting = false;  ///< kept open, and nothing is on its way
  };

  using table = std::unordered_map<exchange_id, exchange>;

  exchange_id fresh_id();
  bool encode(exchange_id id, outgoing_request& request, bytes& out) const;
  void send_again(exchange_id id, outgoing_request request, time_point now);
  void schedule(exchange& x, const outgoing_request& request, time_point now);
  void start(exchange_id id, exchange& x, bytes datagram, time_point now);
  void send_or_hold(exchange_id id, exchange& x, time_point now);
  void send_copy(exchange_id id, exchange& x, time_point now);
  void release_held(time_point now);
  void arm(exchange_id id, exchange& x, time_point due);
  void arm_probe_timer();
  void disarm_probe_timer();

  table::iterator find(const message& x);
  void on_unexpected(const message& x, time_point now);
  void acknowledge(const message& x, time_point now);
  bool repeat_reply(const message& x, time_point now);
  void deliver(table::iterator i, message& x, time_point now);
  void settle(exchange_id id, exchange& x, time_point now);
  void set_resting(exchange& x, bool resting);
  void close(table::iterator i, time_point now);
  void fail(exchange_id id, failure_reason reason, time_point now);
  void report(exchange_id id, failure_reason reason);
  bool was_repeated(const message& x) const;

  context& shared_;
  transmitter& confirmables_;
  table open_;
  std::size_t resting_ = 0;
  std::unordered_map<std::uint16_t, exchange_id> non_mids_;
  probing_gate gate_;
  fifo<exchange_id> held_;
  std::optional<time_point> probe_due_;

  // Exchanges that ended after several copies: each copy may yet draw its own
  // response, which is late rather than unexpected.
  std::array<exchange_id, 16> late_{};
  std::size_t next_late_ = 0;
};

} // namespace tocsin::protocol::coap
