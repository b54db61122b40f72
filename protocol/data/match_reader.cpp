#include "protocol/data/match_reader.hpp"

namespace tocsin::protocol::data {

namespace {

using yang::error_tag;
using problem = std::optional<yang::error>;
using family = prefix::family;

/// Whether a canonical bits value has this bit: names between single spaces.
bool has_bit(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    auto end = std::min(text.find(' '), text.size());
    if (text.substr(0, end) == name)
      return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

/// Reads `operator` of a fragment or flags-bitmask.
problem read_operator(const tree_cursor& at, bits_match& out) {
  auto text = at.node().value("operator").value_or("match");
  out.any = has_bit(text, "any");
  out.negate = has_bit(text, "not");
  if (out.any && has_bit(text, "match"))
    return at.bad("operator", error_tag::invalid_value,
                  "any and match exclude each other");
  return std::nullopt;
}

problem read_fragment(const tree_cursor& at, family ip,
                      std::optional<bits_match>& out) {
  auto type = at.node().value("type").value_or("");
  bits_match x;
  for (std::size_t i = 0; i < rows::fragment_bits.size(); ++i)
    if (has_bit(type, rows::fragment_bits[i]))
      x.bits |= static_cast<std::uint16_t>(1u << i);
  if (ip == family::ipv6 && (x.bits & fragment::df) != 0)
    return at.bad("type", error_tag::invalid_value,
                  "IPv6 has no bit that forbids fragmentation: df must not be "
                  "set");
  if (auto bad = read_operator(at, x))
    return bad;
  out = x;
  return std::nullopt;
}

std::optional<prefix> read_prefix(const tree_cursor& at,
                                  std::string_view leaf) {
  auto text = at.node().value(leaf);
  if (!text)
    return std::nullopt;
  auto x = prefix::parse(*text);
  return x ? std::optional{*x} : std::nullopt;
}

/// Optional fields that no driver of the customer looks at.
problem check_fields(const tree_cursor& at, const filter_abilities& can) {
  struct field {
    std::string_view name;
    bool supported;
  };
  for (auto x :
       {field{"dscp", can.dscp}, field{"ecn", can.ecn}, field{"ttl", can.ttl}})
    if (!x.supported && at.node().find(x.name))
      return at.bad(x.name, error_tag::unknown_element,
                    "this match field is not supported here: see the "
                    "capabilities");
  return std::nullopt;
}

problem read_ip(const tree_cursor& at, const filter_abilities& can,
                ip_match& out) {
  if (auto bad = check_fields(at, can))
    return bad;
  bool v4 = out.family == family::ipv4;
  out.destination = read_prefix(at, v4 ? "destination-ipv4-network"
                                       : "destination-ipv6-network");
  out.source =
      read_prefix(at, v4 ? "source-ipv4-network" : "source-ipv6-network");
  out.protocol = at.number<std::uint8_t>("protocol");
  out.length = at.number<std::uint16_t>("length");
  out.dscp = at.number<std::uint8_t>("dscp");
  out.ecn = at.number<std::uint8_t>("ecn");
  out.ttl = at.number<std::uint8_t>("ttl");
  if (auto x = at.child("fragment"))
    return read_fragment(*x, out.family, out.fragment);
  return std::nullopt;
}

problem read_port_operator(const tree_cursor& at, std::uint16_t port,
                           std::optional<port_match>& out) {
  auto op = at.node().value("operator").value_or("eq");
  if (op == "lte")
    out = port_match{{0, port}, false};
  else if (op == "gte")
    out = port_match{{port, 65535}, false};
  else
    out = port_match{{port, port}, op == "neq"};
  return std::nullopt;
}

problem read_port(const tree_cursor& l4, std::string_view name,
                  std::optional<port_match>& out) {
  auto at = l4.child(name);
  if (!at)
    return std::nullopt;
  if (auto port = at->number<std::uint16_t>("port"))
    return read_port_operator(*at, *port, out);
  auto lower = at->number<std::uint16_t>("lower-port");
  auto upper = at->number<std::uint16_t>("upper-port");
  if (!lower || !upper)
    return at->bad(lower ? "upper-port" : "port", error_tag::missing_attribute,
                   "either port, or lower-port and upper-port are needed");
  if (*upper < *lower)
    return at->bad("upper-port", error_tag::invalid_value,
                   "The upper-port number must be greater than or equal to "
                   "the lower-port number.");
  out = port_match{{*lower, *upper}, false};
  return std::nullopt;
}

problem read_ports(const tree_cursor& l4, std::optional<port_match>& source,
                   std::optional<port_match>& destination) {
  if (auto bad = read_port(l4, "source-port-range-or-operator", source))
    return bad;
  return read_port(l4, "destination-port-range-or-operator", destination);
}

problem read_tcp(const tree_cursor& at, tcp_match& out) {
  if (auto flags = at.child("flags-bitmask")) {
    bits_match x;
    if (auto bad = read_operator(*flags, x))
      return bad;
    x.bits =
        flags->number<std::uint16_t>("bitmask").value_or(0) & tcp_flag_bits;
    out.flags = x;
  }
  return read_ports(at, out.source, out.destination);
}

problem read_udp(const tree_cursor& at, udp_match& out) {
  out.length = at.number<std::uint16_t>("length");
  return read_ports(at, out.source, out.destination);
}

problem read_l4(const tree_cursor& matches, l4_match& out) {
  if (auto x = matches.child("tcp"))
    return read_tcp(*x, out.emplace<tcp_match>());
  if (auto x = matches.child("udp"))
    return read_udp(*x, out.emplace<udp_match>());
  if (auto x = matches.child("icmp"))
    out = icmp_match{x->number<std::uint8_t>("type"),
                     x->number<std::uint8_t>("code")};
  return std::nullopt;
}

/// The `when` of ipv4 and ipv6, as it was meant: derived-from-or-self.
problem check_family(const tree_cursor& matches, acl_type type) {
  struct rule {
    std::string_view container;
    acl_type wanted;
  };
  for (auto x : {rule{"ipv4", acl_type::ipv4}, rule{"ipv6", acl_type::ipv6}})
    if (type != x.wanted && matches.node().find(x.container))
      return matches.bad(x.container, error_tag::unknown_element,
                         "only an ACL of type "
                             + std::string{to_string(x.wanted)}
                             + " has such matches");
  return std::nullopt;
}

} // namespace

problem read_matches(const tree_cursor& matches, acl_type type,
                     const filter_abilities& can, packet_match& out) {
  if (auto bad = check_family(matches, type))
    return bad;
  if (auto ip = matches.child(type == acl_type::ipv6 ? "ipv6" : "ipv4"))
    if (auto bad = read_ip(*ip, can, *out.ip))
      return bad;
  return read_l4(matches, out.l4);
}

} // namespace tocsin::protocol::data
