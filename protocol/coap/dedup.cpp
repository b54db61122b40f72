#include "protocol/coap/dedup.hpp"

#include <algorithm>
#include <bit>

namespace tocsin::protocol::coap {

namespace {

// Message ids are mostly consecutive, so their low bits are a good hash.
std::size_t hash(dedup::key id) {
  return std::size_t{id.mid} * 2 + (id.is_response ? 1 : 0);
}

} // namespace

dedup::dedup(std::size_t entries, std::size_t octets)
    : max_entries_{std::max<std::size_t>(entries, 1)}, max_octets_{octets} {}

std::optional<byte_view> dedup::find(key id, time_point now) const {
  const auto i = locate(id);
  if (i == none || ring_[i].expires <= now)
    return std::nullopt;
  const auto& reply = ring_[i].reply;
  return reply ? byte_view{*reply} : byte_view{};
}

void dedup::insert(key id, time_point now, time_point expires) {
  while (count_ > 0 && ring_[head_].expires <= now)
    drop_oldest();
  release_if_idle();
  if (count_ == max_entries_)
    drop_oldest();
  if (count_ == ring_.size())
    grow();
  const auto i = static_cast<std::uint32_t>((head_ + count_++) % ring_.size());
  auto& first = bucket(id);
  auto& x = ring_[i];
  x.expires = expires;
  x.id = id;
  x.next = first;
  first = i; // ahead of an expired entry with the same id
}

void dedup::set_reply(key id, byte_view reply) {
  const auto i = locate(id);
  if (i == none)
    return;
  auto& kept = ring_[i].reply;
  octets_ += reply.size() - (kept ? kept->size() : 0);
  kept = reply.empty() ? nullptr
                       : std::make_unique<bytes>(reply.begin(), reply.end());
  while (octets_ > max_octets_)
    drop_oldest();
}

std::uint32_t& dedup::bucket(key id) {
  return buckets_[hash(id) & (buckets_.size() - 1)];
}

std::uint32_t dedup::locate(key id) const {
  if (buckets_.empty())
    return none;
  auto i = buckets_[hash(id) & (buckets_.size() - 1)];
  while (i != none && ring_[i].id != id)
    i = ring_[i].next;
  return i;
}

void dedup::drop_oldest() {
  const auto oldest = static_cast<std::uint32_t>(head_);
  auto& x = ring_[oldest];
  auto* link = &bucket(x.id);
  while (*link != oldest)
    link = &ring_[*link].next;
  *link = x.next;
  octets_ -= x.reply ? x.reply->size() : 0;
  x.reply.reset();
  head_ = (head_ + 1) % ring_.size();
  --count_;
}

void dedup::grow() {
  std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(head_),
              ring_.end());
  head_ = 0;
  const auto size = std::max<std::size_t>(4, ring_.size() * 2);
  ring_.resize(std::min(max_entries_, size));
  buckets_.assign(std::bit_ceil(ring_.size()), none);
  for (std::uint32_t i = 0; i < count_; ++i) {
    auto& first = bucket(ring_[i].id);
    ring_[i].next = first;
    first = i;
  }
}

void dedup::release_if_idle() {
  constexpr std::size_t kept_when_empty = 32;
  if (count_ > 0 || ring_.size() <= kept_when_empty)
    return;
  ring_ = std::vector<entry>{};
  buckets_ = {};
  head_ = 0;
}

} // namespace tocsin::protocol::coap
