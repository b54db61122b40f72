#pragma once
#include "mitigators/filter.hpp"
#include "mitigators/rule.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tocsin::test {

inline protocol::signal::prefix net(std::string_view text) {
  return *protocol::signal::prefix::parse(text);
}

/// A drop rule for these prefixes.
inline mitigators::rule make_rule(std::string id,
                                  std::vector<std::string_view> prefixes) {
  mitigators::rule x;
  x.id = std::move(id);
  for (auto text : prefixes)
    x.prefixes.push_back(net(text));
  return x;
}

inline mitigators::rule limited(mitigators::rule x, std::uint64_t rate) {
  x.what = mitigators::action::rate_limit;
  x.rate = rate;
  return x;
}

/// An entry that drops all packets to these prefixes.
inline mitigators::filter_entry
make_entry(std::string id, std::vector<std::string_view> destinations) {
  mitigators::filter_entry x;
  x.id = std::move(id);
  for (auto text : destinations)
    x.destinations.push_back(net(text));
  return x;
}

inline mitigators::filter_set
make_filters(std::string id, std::vector<mitigators::filter_entry> entries) {
  return {std::move(id), std::move(entries), "customer", "cuid"};
}

} // namespace tocsin::test
