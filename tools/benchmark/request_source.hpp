#pragma once
#include "protocol/bytes.hpp"
#include "protocol/coap/message.hpp"
#include "tools/benchmark/arguments.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tocsin::tools::benchmark {

/// Makes the requests of a load, each as one NON message with a token and a
/// message id made of its number. The codec is used without an endpoint: that
/// would rightly hold back what exceeds 65,536 message ids in NON_LIFETIME.
class request_source {
public:
  /// `name` becomes part of each client's cuid.
  request_source(request_kind kind, std::size_t sessions, std::string name);

  /// The first request of a client, where it needs one before the load.
  bool needs_preparation() const noexcept { return kind_ == request_kind::get; }

  /// Request `number` of the client `slot`; `preparing` makes the first one.
  /// Valid until the next call.
  byte_view make(std::size_t slot, std::uint32_t number, bool preparing);

private:
  bytes mitigation_body();
  protocol::coap::option_list path(std::size_t slot,
                                   std::optional<std::uint32_t> mid) const;

  request_kind kind_;
  std::string name_;
  bytes heartbeat_;
  std::vector<protocol::coap::option_list> fixed_; // by slot, or just one
  std::uint32_t targets_ = 0;
  bytes out_;
};

/// What answers a request: the code and the number in its token; nothing if
/// `message` is no such answer.
struct answer {
  protocol::coap::code code;
  std::uint32_t number;
};
std::optional<answer> read_answer(byte_view message);

/// 2.04 to a request of the server, which beats its heart, too; nothing if
/// `message` is no request.
std::optional<bytes> answer_to(byte_view message);

} // namespace tocsin::tools::benchmark
