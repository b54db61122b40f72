#include "protocol/data/entry_totals.hpp"

#include <algorithm>

namespace tocsin::protocol::data {

namespace {

void add(match_counters& to, const match_counters& x) {
  to.packets += x.packets;
  to.octets += x.octets;
}

} // namespace

void entry_totals::tell(const std::string& mitigator, std::uint32_t stage,
                        match_counters totals) {
  auto& x = sites_[mitigator];
  x.stage = stage;
  if (totals.packets < x.current.packets || totals.octets < x.current.octets)
    add(x.earlier, x.current);
  x.current = totals;
}

match_counters entry_totals::sum(bool drops) const {
  std::map<std::uint32_t, match_counters> stages;
  for (const auto& [_, x] : sites_) {
    auto& stage = stages[drops ? 0 : x.stage];
    add(stage, x.earlier);
    add(stage, x.current);
  }
  match_counters out;
  for (const auto& [_, x] : stages) {
    out.packets = std::max(out.packets, x.packets);
    out.octets = std::max(out.octets, x.octets);
  }
  return out;
}

} // namespace tocsin::protocol::data
