#include "transports/timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace tocsin::transports {

namespace {

// Half of the wheel: 198 days. A timer beyond is filed at the end and filed
// anew when that comes; half, so that the highest level may wrap around.
constexpr std::uint64_t range = (std::uint64_t{1} << 31) - 1;

} // namespace

timer_wheel::timer_wheel(time_point start) : start_{start} {
  heads_.fill(none);
}

std::uint64_t timer_wheel::tick_of(time_point when) const noexcept {
  // The next tick at or after `when`, as a timer never fires early.
  if (when <= start_)
    return 0;
  auto passed = when - start_;
  auto ticks = passed / resolution;
  return static_cast<std::uint64_t>(ticks)
         + (passed % resolution != duration::zero() ? 1 : 0);
}

timer_wheel::node* timer_wheel::find(timer_id id) noexcept {
  if (id.slot >= nodes_.size())
    return nullptr;
  auto& x = nodes_[id.slot];
  return x.generation == id.generation && x.list != none ? &x : nullptr;
}

bool timer_wheel::armed(timer_id id) const noexcept {
  return const_cast<timer_wheel*>(this)->find(id) != nullptr;
}

timer_id timer_wheel::arm(time_point when, timer_client* client) {
  if (free_ == none) {
    nodes_.emplace_back();
    free_ = static_cast<std::uint32_t>(nodes_.size() - 1);
  }
  auto index = free_;
  auto& x = nodes_[index];
  free_ = x.next;
  x.client = client;
  x.wanted = std::max(tick_of(when), tick_ + 1);
  file(index);
  ++size_;
  return {index, x.generation};
}

bool timer_wheel::move(timer_id id, time_point when) noexcept {
  auto x = find(id);
  if (!x)
    return false;
  x->wanted = std::max(tick_of(when), tick_ + 1);
  // A later time is only noted: the node is filed anew when its old tick
  // comes. So the usual re-arm touches one cache line.
  if (x->list == due_list || x->wanted < x->filed) {
    unlink(id.slot);
    file(id.slot);
  }
  return true;
}

void timer_wheel::rearm(timer_id& id, time_point when, timer_client* client) {
  if (!move(id, when))
    id = arm(when, client);
}

void timer_wheel::cancel(timer_id& id) noexcept {
  if (find(id)) {
    unlink(id.slot);
    release(id.slot);
  }
  id = {};
}

void timer_wheel::release(std::uint32_t index) noexcept {
  auto& x = nodes_[index];
  x.client = nullptr;
  ++x.generation;
  x.next = free_;
  free_ = index;
  --size_;
}

void timer_wheel::file(std::uint32_t index) noexcept {
  auto& x = nodes_[index];
  if (x.wanted <= tick_)
    return link(index, due_list);
  x.filed = tick_ + std::min(x.wanted - tick_, range);
  // The level is that of the highest digit in which now and then differ.
  auto highest_bit = static_cast<unsigned>(std::bit_width(x.filed ^ tick_)) - 1;
  auto level = std::min(highest_bit / level_bits, levels - 1);
  link(index, list_of(level, x.filed));
}

std::uint32_t timer_wheel::list_of(unsigned level,
                                   std::uint64_t tick) noexcept {
  auto digit = (tick >> (level * level_bits)) & (slots - 1);
  return level * slots + static_cast<std::uint32_t>(digit);
}

void timer_wheel::link(std::uint32_t index, std::uint32_t list) noexcept {
  auto& x = nodes_[index];
  x.list = list;
  if (list == due_list) { // in the order of firing
    x.previous = due_tail_;
    x.next = none;
    (due_tail_ == none ? heads_[list] : nodes_[due_tail_].next) = index;
    due_tail_ = index;
    return;
  }
  auto head = heads_[list];
  x.previous = none;
  x.next = head;
  if (head != none)
    nodes_[head].previous = index;
  heads_[list] = index;
  occupied_[list / 64] |= std::uint64_t{1} << (list % 64);
}

void timer_wheel::unlink(std::uint32_t index) noexcept {
  auto& x = nodes_[index];
  if (x.next != none)
    nodes_[x.next].previous = x.previous;
  else if (x.list == due_list)
    due_tail_ = x.previous;
  if (x.previous != none)
    nodes_[x.previous].next = x.next;
  else
    heads_[x.list] = x.next;
  if (x.list != due_list && heads_[x.list] == none)
    occupied_[x.list / 64] &= ~(std::uint64_t{1} << (x.list % 64));
  x.list = none;
}

std::optional<std::uint32_t>
timer_wheel::first_occupied(unsigned level, std::uint32_t from) const noexcept {
  for (auto i = from; i < slots; i = (i / 64 + 1) * 64) {
    auto word = occupied_[(level * slots + i) / 64] >> (i % 64);
    if (word != 0)
      return i + static_cast<std::uint32_t>(std::countr_zero(word));
  }
  return std::nullopt;
}

// The next tick at which a list must be looked at. All of a lower level comes
// before anything of a higher one.
std::optional<std::uint64_t> timer_wheel::next_stop() const noexcept {
  for (unsigned level = 0; level < levels; ++level) {
    auto shift = level * level_bits;
    auto digit = static_cast<std::uint32_t>((tick_ >> shift) & (slots - 1));
    auto base = (tick_ >> shift) - digit;
    if (auto found = first_occupied(level, digit + 1))
      return (base + *found) << shift;
    if (level + 1 == levels)
      if (auto wrapped = first_occupied(level, 0))
        return (base + slots + *wrapped) << shift;
  }
  return std::nullopt;
}

// Files the nodes of a list anew: one level down, as due, or, if they were
// moved meanwhile, where they now belong.
void timer_wheel::scatter(std::uint32_t list) noexcept {
  for (auto i = heads_[list]; i != none; i = heads_[list]) {
    unlink(i);
    file(i);
  }
}

std::size_t timer_wheel::advance(time_point now) {
  auto passed = std::max(now - start_, duration::zero());
  auto target = static_cast<std::uint64_t>(passed / resolution);
  for (auto stop = next_stop(); stop && *stop <= target; stop = next_stop()) {
    tick_ = *stop;
    for (auto level = levels; level-- > 0;)
      if ((tick_ & ((std::uint64_t{1} << (level * level_bits)) - 1)) == 0)
        scatter(list_of(level, tick_));
  }
  tick_ = std::max(tick_, target);
  std::size_t fired = 0;
  for (auto i = heads_[due_list]; i != none; i = heads_[due_list]) {
    auto client = nodes_[i].client;
    unlink(i);
    release(i);
    ++fired;
    client->on_timer(now);
  }
  return fired;
}

std::optional<time_point> timer_wheel::next_deadline() const noexcept {
  if (heads_[due_list] != none)
    return start_;
  auto stop = next_stop();
  if (!stop)
    return std::nullopt;
  return start_ + resolution * static_cast<std::int64_t>(*stop);
}

} // namespace tocsin::transports
