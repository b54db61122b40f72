#include "mitigators/codec.hpp"

#include <algorithm>

namespace tocsin::mitigators {

namespace {

using protocol::data::bits_match;
using protocol::data::icmp_match;
using protocol::data::ip_match;
using protocol::data::packet_match;
using protocol::data::port_match;
using protocol::data::prefix;
using protocol::data::tcp_match;
using protocol::data::udp_match;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr auto any_number = std::numeric_limits<std::uint64_t>::max();

template <class T>
std::optional<T> read_number(json_reader& in, std::string_view name) {
  if (!in.find<std::uint64_t>(name))
    return std::nullopt;
  return static_cast<T>(in.number(name, std::numeric_limits<T>::max()));
}

/// Reads the member `name`, an object, with `read(reader of it)`.
template <class T, class Read>
std::optional<T> read_object(json_reader& outer, std::string_view name,
                             Read read) {
  auto members = outer.find<object>(name);
  if (!members)
    return std::nullopt;
  json_reader in{*members};
  auto value = read(in);
  return take(outer, in, std::move(value));
}

port_match read_port_match(json_reader& in) {
  in.only({"lower", "upper", "not"});
  in.need<std::uint64_t>("lower");
  in.need<std::uint64_t>("upper");
  port_match x;
  x.range.lower = static_cast<std::uint16_t>(in.number("lower", 65535));
  x.range.upper = static_cast<std::uint16_t>(in.number("upper", 65535));
  x.negate = in.find<bool>("not").value_or(false);
  return x;
}

void read_operator(json_reader& in, bits_match& to) {
  in.only({"operator", "bits"});
  auto words = in.find<std::string_view>("operator").value_or("match");
  to.negate = words.starts_with("not ");
  if (to.negate)
    words.remove_prefix(4);
  to.any = words == "any";
  if (!to.any && words != "match")
    in.refuse(ec::unsupported, "operator", "is not known");
}

bits_match read_fragment(json_reader& in) {
  bits_match x;
  read_operator(in, x);
  in.need<array>("bits");
  auto bits = in.list<std::uint16_t>(
      "bits", [&](element y) -> std::optional<std::uint16_t> {
        std::string_view text;
        if (y.get(text))
          return std::nullopt;
        auto i = std::ranges::find(fragment_names, text);
        if (i != fragment_names.end())
          return static_cast<std::uint16_t>(1u << (i - fragment_names.begin()));
        in.refuse(ec::unsupported, "bits", "has an unknown name");
        return std::nullopt;
      });
  for (auto bit : bits)
    x.bits |= bit;
  return x;
}

bits_match read_flags(json_reader& in) {
  bits_match x;
  read_operator(in, x);
  in.need<std::uint64_t>("bits");
  x.bits = static_cast<std::uint16_t>(in.number("bits", 65535));
  return x;
}

template <class T>
void read_ports(json_reader& in, T& to) {
  to.source = read_object<port_match>(in, "source", read_port_match);
  to.destination = read_object<port_match>(in, "destination", read_port_match);
}

tcp_match read_tcp(json_reader& in) {
  in.only({"source", "destination", "flags"});
  tcp_match x;
  read_ports(in, x);
  x.flags = read_object<bits_match>(in, "flags", read_flags);
  return x;
}

udp_match read_udp(json_reader& in) {
  in.only({"source", "destination", "length"});
  udp_match x;
  read_ports(in, x);
  x.length = read_number<std::uint16_t>(in, "length");
  return x;
}

icmp_match read_icmp(json_reader& in) {
  in.only({"type", "code"});
  return {read_number<std::uint8_t>(in, "type"),
          read_number<std::uint8_t>(in, "code")};
}

std::optional<ip_match> read_ip(json_reader& in) {
  auto family = in.find<std::string_view>("family");
  if (!family) {
    for (auto name :
         {"source", "protocol", "length", "dscp", "ecn", "ttl", "fragment"})
      if (in.has(name))
        in.refuse(ec::missing, "family", std::string{"is needed by "} + name);
    return std::nullopt;
  }
  ip_match x;
  if (*family == "ipv6")
    x.family = prefix::family::ipv6;
  else if (*family != "ipv4")
    in.refuse(ec::unsupported, "family", "is neither ipv4 nor ipv6");
  if (auto text = in.find<std::string_view>("source")) {
    auto source = prefix::parse(*text);
    if (source)
      x.source = *source;
    else
      in.refuse(source.error());
  }
  x.protocol = read_number<std::uint8_t>(in, "protocol");
  x.length = read_number<std::uint16_t>(in, "length");
  x.dscp = read_number<std::uint8_t>(in, "dscp");
  x.ecn = read_number<std::uint8_t>(in, "ecn");
  x.ttl = read_number<std::uint8_t>(in, "ttl");
  x.fragment = read_object<bits_match>(in, "fragment", read_fragment);
  return x;
}

/// A member that is not known here might narrow the match: to pass over it
/// would filter more than was ordered.
packet_match read_match(json_reader& in) {
  in.only({"family", "source", "protocol", "length", "dscp", "ecn", "ttl",
           "fragment", "tcp", "udp", "icmp"});
  packet_match x{read_ip(in), {}};
  if (in.has("tcp") + in.has("udp") + in.has("icmp") > 1)
    in.refuse(ec::conflict, "match", "has several transport protocols");
  if (auto tcp = read_object<tcp_match>(in, "tcp", read_tcp))
    x.l4 = *tcp;
  if (auto udp = read_object<udp_match>(in, "udp", read_udp))
    x.l4 = *udp;
  if (auto icmp = read_object<icmp_match>(in, "icmp", read_icmp))
    x.l4 = *icmp;
  return x;
}

filter_action read_filter_action(json_reader& in) {
  auto name = in.need<std::string_view>("action");
  using enum filter_action;
  for (auto x : {accept, drop, rate})
    if (name == to_string(x))
      return x;
  in.refuse(ec::unsupported, "action", "is not known");
  return drop;
}

std::optional<filter_entry> read_entry(json_reader& outer, element x) {
  object members;
  if (x.get(members))
    return std::nullopt;
  json_reader in{members};
  filter_entry result;
  result.id = in.need<std::string_view>("id");
  result.what = read_filter_action(in);
  if (result.what == filter_action::rate) {
    in.need<std::uint64_t>("rate");
    result.rate = in.number("rate", any_number);
  }
  in.need<array>("destinations");
  result.destinations = read_prefixes(in, "destinations");
  in.need<object>("match");
  if (auto match = read_object<packet_match>(in, "match", read_match))
    result.match = std::move(*match);
  return take(outer, in, std::move(result));
}

} // namespace

std::optional<filter_set> read_filter_set(json_reader& outer, element x) {
  object members;
  if (x.get(members))
    return std::nullopt;
  json_reader in{members};
  filter_set result;
  result.id = in.need<std::string_view>("id");
  in.need<array>("entries");
  result.entries = in.list<filter_entry>("entries", [&](element y) { //
    return read_entry(in, y);
  });
  result.customer = in.text("customer");
  result.cuid = in.text("cuid");
  if (in.good())
    if (auto verdict = check(result); !verdict)
      in.refuse(verdict.error());
  return take(outer, in, std::move(result));
}

} // namespace tocsin::mitigators
