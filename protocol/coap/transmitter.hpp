#pragma once
#include "protocol/coap/context.hpp"

namespace tocsin::protocol::coap {

/// Sends confirmable messages, requests and separate responses alike, until
/// they are acknowledged (RFC 7252, Section 4.2), NSTART at a time (Section
/// 4.7); the others wait in order.
///
///   waiting --slot free--> in flight --ACK, RST, response--> gone
///                          ^   | timer, copies left
///                          +---+        --timer, none left--> gone: timeout
class transmitter {
public:
  /// No exchange: the message is a response.
  static constexpr exchange_id nobody = 0;

  /// What became of a message that left the transmitter.
  struct outcome {
    exchange_id owner = nobody;
    time_point first_sent;
    std::uint32_t copies = 0; ///< 0: never sent
  };

  explicit transmitter(context& shared) : shared_{shared} {}

  /// Takes over a serialised CON; its message id is filled in when it leaves.
  /// False if the queue is full.
  bool submit(bytes datagram, exchange_id owner, time_point now);

  /// Ends the message in flight with that id.
  std::optional<outcome> finish(std::uint16_t mid, time_point now);

  /// Ends the message of `owner`, in flight or waiting.
  std::optional<outcome> finish_owner(exchange_id owner, time_point now);

  /// Is the message of `owner` in flight under that id?
  bool in_flight(std::uint16_t mid, exchange_id owner) const;

  /// Handles the timer of `mid`; the outcome if its sender has to give up.
  std::optional<outcome> on_timer(std::uint16_t mid, time_point now);

private:
  struct item {
    bytes datagram;
    outcome info;
    std::uint16_t mid = 0;
    std::uint32_t copies_left = 0;
    duration wait{};
    duration span{}; ///< no copy leaves later than this after the first
    time_point due;
  };

  void fill_slots(time_point now);
  bool launch(item& x, time_point now);
  void send_copy(item& x, time_point now);
  outcome remove(std::vector<item>::iterator i, time_point now);
  std::vector<item>::iterator find(std::uint16_t mid);

  context& shared_;
  std::vector<item> in_flight_; // NSTART of them, at most 16
  fifo<item> waiting_;
};

} // namespace tocsin::protocol::coap
