#pragma once
#include "protocol/bytes.hpp"

#include <vector>

namespace tocsin::protocol::coap {

/// Datagrams to be sent, in order. Their buffers go round among all that a
/// thread owns, so that a busy one allocates nothing.
class outbox {
public:
  explicit outbox(std::size_t bound) : bound_{bound} {}

  /// Copies `datagram`; false if the box is full.
  bool push(byte_view datagram);

  /// Swaps the oldest datagram into `out`; false if there is none.
  bool take(bytes& out);

  std::size_t size() const noexcept { return count_; }

private:
  void grow();

  std::size_t bound_;
  std::vector<bytes> ring_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
};

} // namespace tocsin::protocol::coap
