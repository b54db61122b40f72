#include "tests/sim/link.hpp"

#include <algorithm>

namespace tocsin::sim {

namespace {

std::size_t index(way x) {
  return static_cast<std::size_t>(x);
}

/// First pause before TCP repeats a segment; doubles up to the second.
constexpr duration longest_run = std::chrono::hours{24};
constexpr std::chrono::milliseconds first_repeat{200};
constexpr std::chrono::seconds slowest_repeat{60};

} // namespace

bool link::cut(way where, time_point now) const {
  return std::ranges::any_of(outages_, [&](const outage& x) {
    return x.cut[index(where)] && x.from <= now && now < x.until;
  });
}

link link::healed(bool well) const {
  path_quality quality;
  if (!well)
    quality.loss = {100, 100};
  return {quality, {}, block_};
}

time_point link::open_again(way where, time_point now) const {
  for (const auto& x : outages_)
    if (x.cut[index(where)] && x.from <= now && now < x.until)
      now = x.until;
  return now;
}

duration link::transit(dice& chance) const {
  using std::chrono::microseconds;
  auto draw = [&](std::chrono::milliseconds low,
                  std::chrono::milliseconds high) {
    return microseconds{
        chance.between(microseconds{low}.count(), microseconds{high}.count())};
  };
  duration x = draw(quality_.fastest, quality_.slowest);
  if (chance.chance(quality_.stragglers))
    x += draw(std::chrono::milliseconds{0}, quality_.late);
  return x;
}

std::vector<duration> link::carry(way where, time_point now,
                                  dice& chance) const {
  std::vector<duration> out;
  if (block_.from <= now && now < block_.until)
    return out;
  int copies = chance.chance(quality_.duplicates) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    auto takes = transit(chance);
    if (!chance.chance(quality_.loss[index(where)]) && !cut(where, now))
      out.push_back(takes);
  }
  return out;
}

duration link::carry_reliably(way where, time_point now, dice& chance) const {
  auto pause = duration{first_repeat};
  auto sent = now;
  // A dead link carries nothing before the run is over.
  while (sent - now < longest_run
         && (cut(where, sent) || chance.chance(quality_.loss[index(where)]))) {
    sent += pause;
    pause = std::min<duration>(2 * pause, slowest_repeat);
  }
  return sent - now + transit(chance);
}

} // namespace tocsin::sim
