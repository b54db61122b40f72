#include "protocol/signal/target_value.hpp"

#include <algorithm>
#include <numeric>

namespace tocsin::protocol::signal {

namespace {

/// What one prefix is worth: the assets that lie in it count, and of those
/// that it lies in, the longest.
std::uint32_t value_of(const customer& who, const prefix& what) {
  std::uint32_t most = 0;
  const prefix* around = nullptr;
  auto whole = who.value;
  for (const auto& one : who.assets)
    for (const auto& range : one.prefixes) {
      if (range.contains(what)) {
        if (around == nullptr || range.length() > around->length()) {
          around = &range;
          whole = one.value;
        }
      } else if (what.contains(range)) {
        most = std::max(most, one.value);
      }
    }
  return std::max(most, whole);
}

} // namespace

std::uint32_t value_of(const customer& who, std::span<const prefix> addresses) {
  if (who.assets.empty())
    return who.value;
  std::uint32_t most = 0;
  for (const auto& one : addresses)
    most = std::max(most, value_of(who, one));
  return addresses.empty() ? who.value : most;
}

displacement::displacement(std::vector<std::uint32_t> in_place)
    : values_{std::move(in_place)}, order_(values_.size()) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::ranges::stable_sort(order_, [this](std::size_t a, std::size_t b) {
    return values_[a] > values_[b];
  });
}

std::optional<std::size_t> displacement::make_room(std::uint32_t newcomer) {
  if (order_.empty() || values_[order_.back()] >= newcomer)
    return {};
  auto out = order_.back();
  order_.pop_back();
  return out;
}

} // namespace tocsin::protocol::signal
