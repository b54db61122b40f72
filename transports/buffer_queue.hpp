#pragma once
#include "protocol/bytes.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace tocsin::transports {

/// First in, first out, for octet strings; keeps nothing allocated but a few
/// buffers once it has been drained.
class buffer_queue {
public:
  void push(byte_view x) { items_.emplace_back(x.begin(), x.end()); }

  bool pop(bytes& out) {
    if (head_ == items_.size())
      return false;
    out = std::move(items_[head_++]);
    if (head_ == items_.size()) {
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
