#include "protocol/data/acl.hpp"

#include <algorithm>
#include <array>
#include <utility>

/// Whether two entries can match one packet: field by field, since each field
/// of a packet may be chosen freely of the others. The protocol is one of
/// those fields, narrowed by the transport header.
namespace tocsin::protocol::data {

namespace {

template <class T>
bool agree(const std::optional<T>& a, const std::optional<T>& b) {
  return !a || !b || *a == *b;
}

bool agree(const std::optional<prefix>& a, const std::optional<prefix>& b) {
  return !a || !b || a->overlaps(*b);
}

/// Ports as at most two ranges; an empty one has lower > upper.
using range32 = std::pair<std::uint32_t, std::uint32_t>;
std::array<range32, 2> ranges_of(const port_match& x) {
  constexpr std::uint32_t last = 65535;
  std::uint32_t lower = x.range.lower, upper = x.range.upper;
  if (!x.negate)
    return {range32{lower, upper}, range32{1, 0}};
  return {lower == 0 ? range32{1, 0} : range32{0, lower - 1},
          upper == last ? range32{1, 0} : range32{upper + 1, last}};
}

bool agree(const std::optional<port_match>& a,
           const std::optional<port_match>& b) {
  if (!a || !b)
    return true;
  for (auto x : ranges_of(*a))
    for (auto y : ranges_of(*b))
      if (std::max(x.first, y.first) <= std::min(x.second, y.second))
        return true;
  return false;
}

/// Is there a value among the candidates that both accept?
template <class Candidates>
bool agree(const std::optional<bits_match>& a,
           const std::optional<bits_match>& b, const Candidates& candidates) {
  if (!a || !b)
    return true;
  for (std::uint16_t data : candidates)
    if (a->holds(data) && b->holds(data))
      return true;
  return false;
}

/// What can be true of a packet: whole (with or without DF), or a fragment
/// which is the first, one in between, the last, or all at once (atomic).
constexpr std::array<std::uint16_t, 10> fragment_states = [] {
  using namespace fragment;
  std::array<std::uint16_t, 5> plain{0, isf | ff, isf, isf | lf, isf | ff | lf};
  std::array<std::uint16_t, 10> all{};
  for (std::size_t i = 0; i < plain.size(); ++i) {
    all[2 * i] = plain[i];
    all[2 * i + 1] = static_cast<std::uint16_t>(plain[i] | df);
  }
  return all;
}();

bool agree_ip(const std::optional<ip_match>& a,
              const std::optional<ip_match>& b) {
  if (!a || !b)
    return true;
  return a->family == b->family && agree(a->destination, b->destination)
         && agree(a->source, b->source) && agree(a->protocol, b->protocol)
         && agree(a->length, b->length) && agree(a->dscp, b->dscp)
         && agree(a->ecn, b->ecn) && agree(a->ttl, b->ttl)
         && agree(a->fragment, b->fragment, fragment_states);
}

bool agree_flags(const std::optional<bits_match>& a,
                 const std::optional<bits_match>& b) {
  static constexpr auto all = [] {
    std::array<std::uint16_t, tcp_flag_bits + 1> values{};
    for (std::uint16_t i = 0; i < values.size(); ++i)
      values[i] = i;
    return values;
  }();
  return agree(a, b, all);
}

bool agree_l4(const l4_match& a, const l4_match& b) {
  if (a.index() == 0 || b.index() == 0)
    return true;
  if (a.index() != b.index())
    return false;
  if (auto x = std::get_if<tcp_match>(&a)) {
    const auto& y = std::get<tcp_match>(b);
    return agree(x->source, y.source) && agree(x->destination, y.destination)
           && agree_flags(x->flags, y.flags);
  }
  if (auto x = std::get_if<udp_match>(&a)) {
    const auto& y = std::get<udp_match>(b);
    return agree(x->source, y.source) && agree(x->destination, y.destination)
           && agree(x->length, y.length);
  }
  const auto& x = std::get<icmp_match>(a);
  const auto& y = std::get<icmp_match>(b);
  return agree(x.type, y.type) && agree(x.code, y.code);
}

/// The protocols that a match of the transport header leaves, by family.
std::optional<std::uint8_t> implied(const l4_match& l4, bool v6) {
  switch (l4.index()) {
  case 1:
    return std::uint8_t{6};
  case 2:
    return std::uint8_t{17};
  case 3:
    return v6 ? std::uint8_t{58} : std::uint8_t{1};
  default:
    return std::nullopt;
  }
}

/// Protocols must agree in one family that both match.
bool agree_protocol(const packet_match& a, const packet_match& b) {
  for (bool v6 : {false, true}) {
    auto family = v6 ? prefix::family::ipv6 : prefix::family::ipv4;
    if ((a.ip && a.ip->family != family) || (b.ip && b.ip->family != family))
      continue;
    std::array wanted{implied(a.l4, v6), implied(b.l4, v6),
                      a.ip ? a.ip->protocol : std::nullopt,
                      b.ip ? b.ip->protocol : std::nullopt};
    std::optional<std::uint8_t> found;
    bool good = true;
    for (const auto& x : wanted)
      if (x) {
        good = good && agree(found, x);
        found = x;
      }
    if (good)
      return true;
  }
  return false;
}

} // namespace

bool overlap(const ace& a, const ace& b) {
  return agree_ip(a.match.ip, b.match.ip) && agree_l4(a.match.l4, b.match.l4)
         && agree_protocol(a.match, b.match);
}

} // namespace tocsin::protocol::data
