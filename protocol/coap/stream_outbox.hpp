#pragma once
#include "protocol/bytes.hpp"

namespace tocsin::protocol::coap {

/// Octets of a stream to be sent, in order.
class stream_outbox {
public:
  explicit stream_outbox(std::size_t bound) : bound_{bound} {}

  /// Appends a whole frame or, if the box would overflow, nothing.
  bool push(byte_view frame) {
    if (frame.size() > bound_ - octets_.size())
      return false;
    octets_.insert(octets_.end(), frame.begin(), frame.end());
    return true;
  }

  /// Moves all there is into `out`; false if there is nothing.
  bool take(bytes& out) {
    if (octets_.empty())
      return false;
    out.swap(octets_);
    octets_.clear();
    if (octets_.capacity() > kept_when_empty)
      octets_ = {}; // a burst is over; do not keep its memory
    return true;
  }

private:
  static constexpr std::size_t kept_when_empty = 16 * 1024;

  std::size_t bound_; // never below the size of `octets_`
  bytes octets_;
};

} // namespace tocsin::protocol::coap
