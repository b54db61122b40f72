#pragma once
#include "protocol/bytes.hpp"
#include "protocol/spare_buffers.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace tocsin::transports {

/// First in, first out, for octet strings; holds no buffers once it has been
/// drained.
class buffer_queue {
public:
  void push(byte_view x) {
    items_.push_back(spare_buffers::take());
    items_.back().assign(x.begin(), x.end());
  }

  /// Moves the oldest into `out`, whose memory is taken in exchange.
  bool pop(bytes& out) {
    if (head_ == items_.size())
      return false;
    out.swap(items_[head_]);
    spare_buffers::give(std::move(items_[head_]));
    if (++head_ == items_.size()) {
      items_.clear();
      head_ = 0;
    }
    return true;
  }

  /// The youngest item, or null.
  bytes* last() { return head_ == items_.size() ? nullptr : &items_.back(); }

  std::size_t size() const noexcept { return items_.size() - head_; }

private:
  std::vector<bytes> items_;
  std::size_t head_ = 0;
};

} // namespace tocsin::transports
