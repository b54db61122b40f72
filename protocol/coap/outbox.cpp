#include "protocol/coap/outbox.hpp"

#include "protocol/spare_buffers.hpp"

#include <algorithm>

namespace tocsin::protocol::coap {

bool outbox::push(byte_view datagram) {
  if (count_ == bound_)
    return false;
  if (count_ == ring_.size())
    grow();
  auto& slot = ring_[(head_ + count_++) % ring_.size()];
  slot = spare_buffers::take();
  slot.assign(datagram.begin(), datagram.end());
  return true;
}

bool outbox::take(bytes& out) {
  constexpr std::size_t kept_when_empty = 8;
  if (count_ == 0)
    return false;
  out.swap(ring_[head_]);
  spare_buffers::give(std::move(ring_[head_]));
  head_ = (head_ + 1) % ring_.size();
  if (--count_ == 0 && ring_.size() > kept_when_empty) {
    ring_ = {}; // a burst is over; do not keep its memory
    head_ = 0;
  }
  return true;
}

void outbox::grow() {
  std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(head_),
              ring_.end());
  head_ = 0;
  ring_.resize(std::min(bound_, std::max<std::size_t>(2, ring_.size() * 2)));
}

} // namespace tocsin::protocol::coap
