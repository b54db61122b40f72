#include "mitigators/filter.hpp"

#include "mitigators/codec.hpp"

#include <unordered_set>
#include <utility>

namespace tocsin::mitigators {

namespace {

using protocol::data::packet_match;
using protocol::data::port_match;

constexpr std::uint16_t all_fragment_bits =
    protocol::data::fragment::df | protocol::data::fragment::isf
    | protocol::data::fragment::ff | protocol::data::fragment::lf;

/// RFC 8783 counts hundredths of octets.
constexpr std::uint64_t rate_unit = 100;

result<void> check_port(const std::optional<port_match>& x) {
  if (x && x->range.lower > x->range.upper)
    return fail(ec::out_of_range, "port", "lower lies above upper");
  return {};
}

result<void> check_ip(const protocol::data::ip_match& x) {
  if (x.destination)
    return fail(ec::malformed, "match", "the destinations are the entry's");
  if (x.source && x.source->which() != x.family)
    return fail(ec::out_of_range, "source", "is of the other family");
  if (x.dscp.value_or(0) > 63)
    return fail(ec::out_of_range, "dscp", "is beyond 63");
  if (x.ecn.value_or(0) > 3)
    return fail(ec::out_of_range, "ecn", "is beyond 3");
  if (x.fragment && (x.fragment->bits & ~all_fragment_bits) != 0)
    return fail(ec::out_of_range, "fragment", "has an unknown bit");
  return {};
}

struct l4_check {
  result<void> operator()(std::monostate) const { return {}; }
  result<void> operator()(const protocol::data::tcp_match& x) const {
    if (x.flags && (x.flags->bits & ~protocol::data::tcp_flag_bits) != 0)
      return fail(ec::out_of_range, "flags", "has a bit beyond 12");
    return ports(x);
  }
  result<void> operator()(const protocol::data::udp_match& x) const {
    return ports(x);
  }
  result<void> operator()(const protocol::data::icmp_match&) const {
    return {};
  }

private:
  template <class T>
  static result<void> ports(const T& x) {
    if (auto good = check_port(x.source); !good)
      return good;
    return check_port(x.destination);
  }
};

result<void> check_match(const packet_match& x) {
  if (x.ip)
    if (auto good = check_ip(*x.ip); !good)
      return good;
  return std::visit(l4_check{}, x.l4);
}

result<void> check_entry(const filter_entry& x) {
  if (auto good = check_id(x.id); !good)
    return good;
  // An entry without destinations would filter the traffic of everybody.
  if (x.destinations.empty())
    return fail(ec::missing, "destinations", "must name at least one");
  return check_match(x.match);
}

} // namespace

filter_entry to_filter_entry(std::string id,
                             const protocol::data::active_entry& x) {
  filter_entry result{std::move(id), x.destinations, x.match,
                      filter_action::drop, 0};
  if (result.match.ip)
    result.match.ip->destination.reset();
  if (x.action == protocol::data::forwarding::accept && x.rate) {
    result.what = filter_action::rate;
    result.rate = *x.rate / rate_unit;
  } else if (x.action == protocol::data::forwarding::accept) {
    result.what = filter_action::accept;
  }
  return result;
}

result<void> check(const filter_set& x) {
  if (auto good = check_id(x.id); !good)
    return good;
  if (x.entries.empty())
    return fail(ec::missing, "entries", "must name at least one");
  if (x.entries.size() > max_set_entries)
    return fail(ec::too_large, "entries", "are more than 2000");
  std::unordered_set<std::string_view> ids;
  std::size_t prefixes = 0;
  for (const auto& entry : x.entries) {
    if (auto good = check_entry(entry); !good)
      return good;
    if (!ids.insert(entry.id).second)
      return fail(ec::conflict, "id", "occurs twice: " + entry.id);
    prefixes += entry.destinations.size();
  }
  if (prefixes > max_set_prefixes)
    return fail(ec::too_large, "destinations", "are more than 50000");
  return {};
}

std::string_view to_string(filter_action x) noexcept {
  switch (x) {
  case filter_action::accept:
    return "accept";
  case filter_action::drop:
    return "drop";
  case filter_action::rate:
    return "rate";
  }
  return "drop";
}

} // namespace tocsin::mitigators
