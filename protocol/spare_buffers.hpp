#pragma once
#include "protocol/bytes.hpp"

#include <cstddef>
#include <utility>

namespace tocsin {

/// Buffers that the queues of a thread hand on to each other. A hundred
/// thousand idle associations hold none, a busy thread allocates none, and what
/// it writes to is in its cache. Bounded in number and size.
class spare_buffers {
public:
  /// An empty buffer, with memory if there was a spare one.
  static bytes take() noexcept {
    auto& x = of_thread();
    if (x.count_ == 0)
      return {};
    auto out = std::move(x.buffers_[--x.count_]);
    out.clear();
    return out;
  }

  /// Gives the memory of `buffer` to the next who takes one.
  static void give(bytes buffer) noexcept {
    auto& x = of_thread();
    if (x.count_ < most && buffer.capacity() > 0
        && buffer.capacity() <= largest)
      x.buffers_[x.count_++] = std::move(buffer);
  }

private:
  static constexpr std::size_t most = 32;
  static constexpr std::size_t largest = 2048; // a datagram, with room

  static spare_buffers& of_thread() noexcept {
    thread_local spare_buffers x;
    return x;
  }

  bytes buffers_[most];
  std::size_t count_ = 0;
};

} // namespace tocsin
