#pragma once
#include "protocol/coap/agent.hpp"
#include "protocol/coap/block_option.hpp"

namespace tocsin::protocol::coap {

/// Puts the peer's bodies together from Block1 requests (RFC 7959, Section
/// 2.5), in order only.
///
///   (new) --block 0--> growing --last block--> whole --lifetime--> gone
///                       |  ^  |                  | last block again: whole
///                       +--+  +--lifetime, 4.08, 4.13--> gone
/// A whole body is kept for copies of its last block: NON requests are sent
/// several times, each copy with a message id of its own (RFC 9132, Section
/// 4.4), and each has to be answered as the first was.
///
/// Two bodies for the same resource at once cannot be told apart by their later
/// blocks, unless they bear Request-Tags (RFC 9175, Section 3). Block 0 of a
/// second one is therefore refused with 4.08 while the sender of the first may
/// still be sending, and begins anew after that. It is let pass if it says the
/// same as the first one's: whoever differs later is found out then, since a
/// sender waits for the answer to each block.
class uploads {
public:
  explicit uploads(const agent_limits& bounds) : bounds_{bounds} {}

  /// What to do with a request.
  enum class verdict : std::uint8_t { deliver, answer };

  /// Takes a request with that Block1 option. `deliver`: its payload now is
  /// the whole body. `answer`: with `reply`.
  verdict take(incoming_request& x, const block& part, response& reply,
               time_point now, const parameters& values);

  std::optional<time_point> next_expiry() const;
  void expire(time_point now);

private:
  struct transfer {
    bytes key;
    bytes body;
    coap::token first; ///< token of block 0
    std::size_t last_offset = 0;
    std::optional<std::uint64_t> format;
    bool whole = false;
    time_point heard; ///< the last block that was taken
    time_point expires;
  };

  using list = std::vector<transfer>;

  list::iterator begin(bytes key, const incoming_request& x);
  response too_large() const;
  static bool same(const transfer& x, const block& part, byte_view payload);

  agent_limits bounds_;
  list transfers_;
};

} // namespace tocsin::protocol::coap
