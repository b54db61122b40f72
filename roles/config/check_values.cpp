// What targets are worth, and who takes them.
#include "protocol/signal/customer.hpp"
#include "roles/config/check.hpp"
#include "roles/config/values.hpp"

#include <algorithm>
#include <vector>

namespace tocsin::roles {

namespace {

/// Assets lie within the customer's own.
void check_assets(const protocol::signal::customer& who, context& c) {
  for (const auto& one : who.assets) {
    if (one.prefixes.empty() && c.where(one.prefixes))
      c.error(*c.where(one.prefixes), "'prefixes' is empty",
              "an asset has addresses");
    for (const auto& range : one.prefixes)
      if (c.where(range) && !protocol::signal::owns(who, range))
        c.error(*c.where(range), in_quotes(range.to_string())
                                     + " is not within 'prefixes' of customer "
                                     + in_quotes(who.name));
  }
}

/// What a target is worth may leave nobody who takes it.
void check_takers(const customer_config& x, const server_config& all,
                  context& c) {
  std::vector<protocol::signal::value_bounds> beginners;
  auto add = [&](const auto& one) {
    if constexpr (requires { one.for_help_only(); })
      if (one.for_help_only())
        return;
    if (std::ranges::count(x.mitigators, one.name) > 0)
      beginners.push_back(one.takes);
  };
  std::ranges::for_each(all.mitigators, add);
  std::ranges::for_each(all.relays, add);
  if (beginners.empty())
    return; // which has been reported
  auto check = [&](std::uint32_t value, position place, const char* what) {
    if (std::ranges::none_of(beginners,
                             [&](const auto& y) { return y.holds(value); }))
      c.error(place,
              "no mitigator of customer " + in_quotes(x.who.name) + " takes "
                  + what + " worth " + std::to_string(value)
                  + ", without being called for help",
              "lower the 'min_value' of one, raise its 'max_value', or name "
              "another one in 'mitigators'");
  };
  check(x.who.value, c.where_or(x.who.value, x), "targets");
  for (const auto& one : x.who.assets)
    check(one.value, c.where_or(one.value, one), "an asset");
}

template <class List>
void check_ranges(const List& list, context& c) {
  for (const auto& one : list)
    if (one.takes.min > one.takes.max)
      c.error(c.where_or(one.takes.min, one),
              "'min_value' of " + in_quotes(one.name)
                  + " is above its 'max_value', so it takes nothing",
              "lower one, or leave it out");
}

} // namespace

void check_values(const server_config& x, context& c) {
  check_ranges(x.mitigators, c);
  check_ranges(x.relays, c);
  for (const auto& one : x.customers) {
    check_assets(one.who, c);
    check_takers(one, x, c);
  }
}

} // namespace tocsin::roles
