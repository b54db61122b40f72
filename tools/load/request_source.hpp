#pragma once
#include "protocol/bytes.hpp"
#include "protocol/coap/message.hpp"
#include "tools/load/mix.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tocsin::tools::load {

/// One request of a client.
struct request {
  request_kind kind = request_kind::heartbeat;
  std::size_t slot = 0;     ///< the client
  std::uint32_t number = 0; ///< for its token; below observe_bit
  std::uint32_t mid = 0;    ///< of the mitigation, unless it is a heartbeat
  bool immediate = true;    ///< of a PUT: trigger-mitigation
};

/// Tokens with this bit belong to observations.
inline constexpr std::uint32_t observe_bit = 0x8000'0000;

/// Makes the requests of a load, each as one NON message. The codec is used
/// without an endpoint: that would rightly hold back what exceeds 65,536
/// message ids in NON_LIFETIME.
class request_source {
public:
  /// `name` becomes part of each client's cuid.
  explicit request_source(std::string name);

  /// Valid until the next call, like the result of observe().
  byte_view make(const request& x);

  /// Asks for all mitigations of a client now and whenever they change.
  byte_view observe(std::size_t slot);

  /// Asks for one mitigation. The token is observe_bit and `mid`, so that the
  /// answer comes like a notification, with its body.
  byte_view look_at(std::size_t slot, std::uint32_t mid);

private:
  bytes mitigation_body(bool immediate);
  protocol::coap::option_list path(std::size_t slot,
                                   std::optional<std::uint32_t> mid,
                                   bool with_body) const;
  byte_view write(protocol::coap::code code, std::uint32_t number,
                  const protocol::coap::option_list& options, byte_view body);
  byte_view write(protocol::coap::code code, std::uint32_t number,
                  std::uint16_t message,
                  const protocol::coap::option_list& options, byte_view body);

  std::string name_;
  protocol::coap::option_list heartbeat_path_;
  bytes heartbeat_;
  std::uint32_t targets_ = 0;
  std::uint16_t look_ = 0; ///< message id of the last look_at()
  bytes out_;
};

/// What answers a request: the code, and the number in its token; nothing if
/// `message` is no such answer.
struct answer {
  protocol::coap::code code;
  std::uint32_t number;
  bool confirmable; ///< it wants an ACK
};
std::optional<answer> read_answer(byte_view message);

/// What a server waits for that sent `message`: 2.04 to a request (it beats its
/// heart, too), an empty ACK to a confirmable response; nothing otherwise.
std::optional<bytes> reply_to(byte_view message);

} // namespace tocsin::tools::load
