#include "actors/api_order.hpp"

#include "actors/api_body.hpp"

#include <set>

namespace tocsin::actors {

namespace {

using namespace body;
using protocol::signal::port_range;
using protocol::signal::prefix;

result<prefix> read_prefix(dom::element x) {
  auto text = read_text(x, "target-prefix");
  if (!text)
    return text.error();
  auto value = prefix::parse(*text);
  if (!value)
    return fail(value.error().code, "target-prefix",
                "'" + *text + "' is not an address or a prefix");
  if (value->is_special())
    return fail(ec::out_of_range, "target-prefix",
                "'" + *text
                    + "' is a broadcast, loopback, multicast or "
                      "unspecified address");
  return *value;
}

result<port_range> read_ports(dom::element x) {
  static constexpr std::string_view name = "target-port-range";
  dom::object members;
  if (x.get_object().get(members) != simdjson::SUCCESS)
    return fail(ec::malformed, std::string{name}, "takes objects");
  std::array<std::int64_t, 2> bounds{-1, -1}; // lower, upper
  for (auto [key, value] : members) {
    if (key != "lower-port" && key != "upper-port")
      return fail(ec::unknown, std::string{key}, "is no member of a range");
    auto& bound = bounds[key == "upper-port"];
    if (bound >= 0)
      return fail(ec::malformed, std::string{key}, "is given twice");
    auto number = read_integer(value, key, 0, 65535);
    if (!number)
      return number.error();
    bound = *number;
  }
  auto [lower, upper] = bounds;
  if (lower < 0)
    return fail(ec::missing, "lower-port", "every range needs it");
  if (upper >= 0 && upper < lower)
    return fail(ec::out_of_range, "upper-port", "lies below lower-port");
  return port_range{static_cast<std::uint16_t>(lower),
                    static_cast<std::uint16_t>(upper < 0 ? lower : upper)};
}

/// RFC 8783, Section 4.2: lower-port is the key of the list.
result<void> read_port_ranges(dom::element x, mitigate_order& order) {
  auto& ports = order.what.ports;
  auto done = read_list(x, "target-port-range", ports, read_ports);
  if (!done)
    return done;
  std::set<std::uint16_t> lowers;
  for (auto range : ports)
    if (!lowers.insert(range.lower).second)
      return fail(ec::malformed, "lower-port",
                  std::to_string(range.lower) + " begins two ranges");
  return {};
}

result<std::uint8_t> read_protocol(dom::element x) {
  auto number = read_integer(x, "target-protocol", 0, 255);
  if (!number)
    return number.error();
  return static_cast<std::uint8_t>(*number);
}

result<std::string> read_fqdn(dom::element x) {
  auto text = read_text(x, "target-fqdn");
  if (text && !is_dns_name(*text))
    return fail(ec::malformed, "target-fqdn",
                "'" + *text + "' is not a domain name");
  return text;
}

result<std::string> read_uri(dom::element x) {
  auto text = read_text(x, "target-uri");
  if (text && !is_uri(*text))
    return fail(ec::malformed, "target-uri", "'" + *text + "' is not a URI");
  return text;
}

result<void> read_lifetime(dom::element x, mitigate_order& order) {
  auto number = read_integer(x, "lifetime", -1, max_lifetime);
  if (!number)
    return number.error();
  // RFC 9132, Section 4.4.1.1: a request with lifetime 0 is invalid.
  if (*number == 0)
    return fail(ec::out_of_range, "lifetime",
                "takes seconds from 1, or -1 for no end");
  order.lifetime = *number;
  return {};
}

result<void> read_renew(dom::element x, mitigate_order& order) {
  if (x.get_bool().get(order.renew) != simdjson::SUCCESS)
    return fail(ec::malformed, "renew", "takes true or false");
  return {};
}

result<void> read_trigger(dom::element x, mitigate_order& order) {
  if (x.get_bool().get(order.immediate) != simdjson::SUCCESS)
    return fail(ec::malformed, "trigger-mitigation", "takes true or false");
  return {};
}

constexpr std::array<member<mitigate_order>, 11> order_members{{
    {"upstream",
     [](dom::element x, mitigate_order& order) -> result<void> {
       auto name = read_name(x, "upstream");
       if (!name)
         return name.error();
       order.upstream = std::move(*name);
       return {};
     }},
    {"target-prefix",
     [](dom::element x, mitigate_order& order) {
       return read_list(x, "target-prefix", order.what.prefixes, read_prefix);
     }},
    {"target-port-range", read_port_ranges},
    {"target-protocol",
     [](dom::element x, mitigate_order& order) {
       return read_list(x, "target-protocol", order.what.protocols,
                        read_protocol);
     }},
    {"target-fqdn",
     [](dom::element x, mitigate_order& order) {
       return read_list(x, "target-fqdn", order.what.fqdns, read_fqdn);
     }},
    {"target-uri",
     [](dom::element x, mitigate_order& order) {
       return read_list(x, "target-uri", order.what.uris, read_uri);
     }},
    {"alias-name",
     [](dom::element x, mitigate_order& order) {
       return read_list(
           x, "alias-name", order.what.aliases,
           [](dom::element entry) { return read_name(entry, "alias-name"); });
     }},
    {"lifetime", read_lifetime},
    {"renew", read_renew},
    {"trigger-mitigation", read_trigger},
    {"acl-list",
     [](dom::element x, mitigate_order& order) {
       return read_filters(x, order.filters);
     }},
}};

} // namespace

result<mitigate_order> parse_order(std::string_view body,
                                   const mitigate_order& defaults) {
  dom::parser parser;
  auto object = read_object(parser, body);
  if (!object)
    return object.error();
  auto order = defaults;
  if (auto done =
          read_members(*object, order_members, "a mitigation request", order);
      !done)
    return done.error();
  // RFC 9132, Section 4.4.1.1: one of these is mandatory.
  const auto& what = order.what;
  if (what.prefixes.empty() && what.fqdns.empty() && what.uris.empty()
      && what.aliases.empty())
    return fail(ec::missing, "target-prefix",
                "name at least one target-prefix, target-fqdn, target-uri or "
                "alias-name");
  return order;
}

} // namespace tocsin::actors
