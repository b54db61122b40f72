#pragma once
#include "protocol/coap/agent.hpp"

#include <vector>

namespace tocsin::protocol::coap {

/// An answer of ours of which the peer may fetch further blocks.
struct kept_answer {
  bytes key; ///< of the request, see `request_key`
  coap::code code = coap::code::content;
  option_list options; ///< the ETag among them, no Block2, no Observe
  bytes body;
  time_point expires;
};

/// Answers that leave in blocks (RFC 7959, Section 2.4), by request and ETag:
/// a peer that fetches one version goes on with it although a notification
/// has brought forth the next.
class downloads {
public:
  explicit downloads(const agent_limits& bounds) : bounds_{bounds} {}

  /// Can a body of that size be kept?
  bool fits(std::size_t octets) const noexcept {
    return octets <= bounds_.download_octets;
  }

  /// Keeps an answer, in place of the same version of it; the oldest go if
  /// there is not room for all.
  const kept_answer& keep(kept_answer x);

  /// The version that `wanted` (options of the request) names by ETag, else
  /// the latest; null if there is none.
  const kept_answer* find(const bytes& key, const option_list& wanted,
                          time_point now) const;

  std::optional<time_point> next_expiry() const;
  void expire(time_point now);

private:
  void drop_oldest();

  agent_limits bounds_;
  std::vector<kept_answer> answers_; ///< a few, oldest first
  std::size_t octets_ = 0;
};

} // namespace tocsin::protocol::coap
