#include "protocol/signal/mid_source.hpp"

#include <algorithm>
#include <limits>

namespace tocsin::protocol::signal {

namespace {

constexpr auto highest = std::numeric_limits<std::uint32_t>::max();

} // namespace

roll_over_work work_at_roll_over(std::span<const live_request> live) {
  roll_over_work out;
  for (const auto& x : live)
    (x.immediate ? out.retire : out.recreate).push_back(x.mid);
  std::sort(out.recreate.begin(), out.recreate.end());
  std::sort(out.retire.begin(), out.retire.end());
  return out;
}

result<mid_grant> mid_source::next(bool under_attack,
                                   std::span<const std::uint32_t> live) {
  auto last = state_.last;
  bool over = last && *last >= mid_roll_over && !under_attack;
  // 64 bits: one step beyond the last mid there is.
  std::uint64_t mid = !last || over ? 0 : std::uint64_t{*last} + 1;
  while (mid <= highest
         && std::find(live.begin(), live.end(), mid) != live.end())
    ++mid;
  if (mid > highest)
    return fail(ec::unavailable, "mid",
                "all are used; they begin again when the attack is over");
  if (over)
    state_.retired = last;
  state_.last = static_cast<std::uint32_t>(mid);
  return mid_grant{*state_.last, over};
}

void mid_source::learn(std::uint32_t mid) noexcept {
  if (state_.retired && mid <= *state_.retired)
    return;
  if (!state_.last || mid > *state_.last)
    state_.last = mid;
}

} // namespace tocsin::protocol::signal
