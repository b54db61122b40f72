#include "protocol/data/acceptlist_watch.hpp"

#include "protocol/signal/scope.hpp"

#include <algorithm>

namespace tocsin::protocol::data {

namespace {

/// What has come since the last look; totals that shrank began anew.
std::uint64_t gained(std::uint64_t now, std::uint64_t before) {
  return now < before ? now : now - before;
}

std::optional<std::uint8_t> protocol_of(const packet_match& x) {
  if (std::holds_alternative<tcp_match>(x.l4))
    return std::uint8_t{6};
  if (std::holds_alternative<udp_match>(x.l4))
    return std::uint8_t{17};
  return x.ip ? x.ip->protocol : std::nullopt;
}

std::optional<port_match> port_of(const packet_match& x) {
  if (auto* tcp = std::get_if<tcp_match>(&x.l4))
    return tcp->destination;
  if (auto* udp = std::get_if<udp_match>(&x.l4))
    return udp->destination;
  return std::nullopt;
}

/// Whether one of the ports is within the match.
bool share(const port_match& x, const port_range& ports) {
  if (x.negate)
    return x.holds(ports.lower) || x.holds(ports.upper);
  return x.range.lower <= ports.upper && ports.lower <= x.range.upper;
}

} // namespace

bool concerns(const active_entry& x, const signal::target& what) {
  signal::target to;
  to.prefixes = x.destinations;
  if (!signal::overlaps(to, what))
    return false;
  auto protocol = protocol_of(x.match);
  if (protocol && !what.protocols.empty()
      && std::ranges::find(what.protocols, *protocol) == what.protocols.end())
    return false;
  auto port = port_of(x.match);
  return !port || what.ports.empty()
         || std::ranges::any_of(what.ports, [&](const auto& range) {
              return share(*port, range);
            });
}

std::vector<signal::conflict_scope::acl>
acceptlist_watch::look(std::span<const accepted_traffic> accepted,
                       const mitigation_effect& effect) {
  auto dropped = gained(effect.dropped, dropped_.value_or(effect.dropped));
  dropped_ = effect.dropped;
  std::map<entry_name, std::uint64_t> seen;
  std::map<std::string, acl_type> passing;
  std::uint64_t passed = 0;
  for (const auto& x : accepted) {
    if (!concerns(x.entry, effect.what))
      continue;
    entry_name name{x.entry.acl, x.entry.ace};
    seen[name] = x.total.packets;
    auto before = seen_.find(name);
    if (before == seen_.end())
      continue; // what it let through earlier is not known to be of now
    auto more = gained(x.total.packets, before->second);
    passed += more;
    if (more > 0)
      passing[x.entry.acl] = x.type;
  }
  seen_ = std::move(seen);
  bool prevails = effect.still_attacked || effect.dropped == 0
                  || (dropped > 0 && passed >= dropped);
  std::vector<signal::conflict_scope::acl> out;
  if (passed >= least_accepted && prevails)
    for (const auto& [acl, type] : passing)
      out.push_back({acl, std::string{to_string(type)}});
  return out;
}

} // namespace tocsin::protocol::data
