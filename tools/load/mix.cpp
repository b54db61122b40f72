#include "tools/load/mix.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>
#include <string>

namespace tocsin::tools::load {

namespace {

constexpr std::array<std::string_view, request_kinds> names{"heartbeat", "get",
                                                            "put", "delete"};

std::optional<std::size_t> find_name(std::string_view name) {
  auto at = std::ranges::find(names, name);
  if (at == names.end())
    return {};
  return static_cast<std::size_t>(at - names.begin());
}

std::optional<std::uint32_t> read_weight(std::string_view text) {
  std::uint32_t out = 0;
  auto end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, out);
  if (error != std::errc{} || stop != end || out > mix::most)
    return {};
  return out;
}

} // namespace

std::string_view name_of(request_kind x) noexcept {
  return names[static_cast<std::size_t>(x)];
}

result<mix> mix::parse(std::string_view text) {
  mix out;
  while (!text.empty()) {
    auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    auto equals = std::min(part.find('='), part.size());
    auto kind = find_name(part.substr(0, equals));
    if (!kind || equals == part.size())
      return fail(ec::malformed, std::string{part},
                  "write NAME=WEIGHT; names are heartbeat, get, put, delete");
    auto weight = read_weight(part.substr(equals + 1));
    if (!weight)
      return fail(ec::out_of_range, std::string{part},
                  "a weight is a number up to " + std::to_string(most));
    out.weights_[*kind] = *weight;
  }
  if (std::ranges::count(out.weights_, 0U) == request_kinds)
    return fail(ec::out_of_range, "mix", "one weight must be above 0");
  return out;
}

request_kind mix::next() noexcept {
  std::size_t best = 0;
  for (std::size_t i = 0; i < request_kinds; ++i) {
    credit_[i] += weights_[i];
    if (credit_[i] > credit_[best])
      best = i;
  }
  credit_[best] -=
      std::accumulate(weights_.begin(), weights_.end(), std::int64_t{0});
  return static_cast<request_kind>(best);
}

} // namespace tocsin::tools::load
