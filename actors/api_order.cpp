#include "actors/api_order.hpp"

#include "actors/api.hpp"
#include "protocol/signal/validate.hpp"

#include <array>
#include <bitset>
#include <limits>
#include <set>
#include <simdjson.h>

namespace tocsin::actors {

namespace {

namespace dom = simdjson::dom;
using protocol::signal::activation;
using protocol::signal::filter_control;
using protocol::signal::port_range;
using protocol::signal::prefix;

constexpr std::size_t max_body = 1024 * 1024;
constexpr std::size_t max_name = 255;
constexpr std::size_t max_uri = 2048;
/// RFC 9132, Section 4.4.1.1: lifetime is an unsigned 32-bit number or -1.
constexpr std::int64_t max_lifetime = std::numeric_limits<std::uint32_t>::max();

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9');
}

bool has_control(std::string_view text) {
  for (unsigned char c : text)
    if (c < 0x20 || c == 0x7F)
      return true;
  return false;
}

/// Labels of 1 to 63 letters, digits, '-' or '_'; one final dot is fine.
bool is_dns_name(std::string_view text) {
  if (text.ends_with('.'))
    text.remove_suffix(1);
  if (text.empty() || text.size() > 253)
    return false;
  std::size_t label = 0;
  for (char c : text) {
    if (c == '.' && label == 0)
      return false;
    label = c == '.' ? 0 : label + 1;
    if (label > 63)
      return false;
    if (c != '.' && c != '-' && c != '_' && !is_letter_or_digit(c))
      return false;
  }
  return label > 0;
}

/// A scheme, a colon, and visible ASCII after it (RFC 3986, Section 3.1); what
/// it means is for the resolver to judge.
bool is_uri(std::string_view text) {
  auto colon = text.find(':');
  if (colon == 0 || colon == text.npos || colon + 1 == text.size()
      || text.size() > max_uri)
    return false;
  for (char c : text.substr(0, colon))
    if (!is_letter_or_digit(c) && c != '+' && c != '-' && c != '.')
      return false;
  for (unsigned char c : text)
    if (c <= 0x20 || c >= 0x7F)
      return false;
  return text[0] < '0' || text[0] > '9';
}

result<std::int64_t> read_integer(dom::element x, std::string_view name,
                                  std::int64_t min, std::int64_t max) {
  std::int64_t number = 0;
  auto outside = [&] {
    return fail(ec::out_of_range, std::string{name},
                "takes " + std::to_string(min) + " to " + std::to_string(max));
  };
  if (x.is_uint64() && !x.is_int64())
    return outside(); // beyond what a signed number holds
  if (x.get_int64().get(number) != simdjson::SUCCESS)
    return fail(ec::malformed, std::string{name}, "takes a whole number");
  if (number < min || number > max)
    return outside();
  return number;
}

result<std::string> read_text(dom::element x, std::string_view name) {
  std::string_view text;
  if (x.get_string().get(text) != simdjson::SUCCESS)
    return fail(ec::malformed, std::string{name}, "takes text");
  if (text.empty() || text.size() > max_uri || has_control(text))
    return fail(ec::out_of_range, std::string{name},
                "takes text of a sensible length without control characters");
  return std::string{text};
}

/// Calls `read` for each entry of the array `x` and appends what it returns.
template <class T, class Read>
result<void> read_list(dom::element x, std::string_view name,
                       std::vector<T>& into, Read read) {
  dom::array entries;
  if (x.get_array().get(entries) != simdjson::SUCCESS)
    return fail(ec::malformed, std::string{name}, "takes an array");
  into.clear();
  for (auto entry : entries) {
    if (into.size() == max_targets)
      return fail(ec::too_large, std::string{name},
                  "takes at most " + std::to_string(max_targets) + " entries");
    result<T> value = read(entry);
    if (!value)
      return value.error();
    into.push_back(std::move(*value));
  }
  return {};
}

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

result<std::string> read_name(dom::element x, std::string_view name) {
  auto text = read_text(x, name);
  if (text && text->size() > max_name)
    return fail(ec::out_of_range, std::string{name},
                "takes at most " + std::to_string(max_name) + " octets");
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

/// As a scope of RFC 9133 has it.
result<filter_control> read_filter(dom::element x) {
  dom::object members;
  if (x.get_object().get(members) != simdjson::SUCCESS)
    return fail(ec::malformed, "acl-list", "takes objects");
  filter_control out;
  for (auto [key, value] : members) {
    if (key != "acl-name" && key != "activation-type")
      return fail(ec::unknown, std::string{key}, "is no member of a filter");
    auto text = read_name(value, key);
    if (!text)
      return text.error();
    if (key == "acl-name") {
      out.name = std::move(*text);
      continue;
    }
    for (auto one : {activation::activate_when_mitigating,
                     activation::immediate, activation::deactivate})
      if (to_string(one) == *text)
        out.when = one;
    if (!out.when)
      return fail(ec::out_of_range, "activation-type",
                  "takes \"immediate\", \"activate-when-mitigating\" or "
                  "\"deactivate\"");
  }
  // In full: whoever orders this means to switch something.
  if (out.name.empty() || !out.when)
    return fail(ec::missing, out.name.empty() ? "acl-name" : "activation-type",
                "every filter needs it");
  return out;
}

result<void> read_filters(dom::element x, std::vector<filter_control>& into) {
  if (auto done = read_list(x, "acl-list", into, read_filter); !done)
    return done;
  if (into.empty())
    return fail(ec::missing, "acl-list", "name at least one filter");
  return protocol::signal::validate_filters(into);
}

/// One member of a body that is read into an Into.
template <class Into>
struct member {
  std::string_view name;
  result<void> (*read)(dom::element, Into&);
};

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

result<void> read_alternate(dom::element x, redirect_wish& wish) {
  auto name = read_text(x, "alt-server");
  if (!name)
    return name.error();
  if (!is_dns_name(*name))
    return fail(ec::malformed, "alt-server",
                "'" + *name + "' is not a domain name");
  wish.alt_server = std::move(*name);
  return {};
}

result<std::string> read_record(dom::element x) {
  auto text = read_text(x, "alt-server-record");
  if (!text)
    return text;
  auto value = prefix::parse(*text);
  if (!value || value->length() != value->max_length())
    return fail(ec::malformed, "alt-server-record",
                "'" + *text + "' is not an address");
  return value->address_string();
}

constexpr std::array<member<redirect_wish>, 3> redirect_members{{
    {"alt-server", read_alternate},
    {"alt-server-record",
     [](dom::element x, redirect_wish& wish) {
       return read_list(x, "alt-server-record", wish.records, read_record);
     }},
    {"max-age",
     [](dom::element x, redirect_wish& wish) -> result<void> {
       auto number = read_integer(x, "max-age", 1, max_lifetime);
       if (!number)
         return number.error();
       wish.max_age = static_cast<std::uint32_t>(*number);
       return {};
     }},
}};

template <class Into, std::size_t Size>
result<void> read_members(dom::object object,
                          const std::array<member<Into>, Size>& members,
                          std::string_view what, Into& into) {
  std::bitset<Size> seen;
  for (auto [key, value] : object) {
    std::size_t i = 0;
    while (i < members.size() && members[i].name != key)
      ++i;
    if (i == members.size())
      return fail(ec::unknown, std::string{key}.substr(0, max_name),
                  "is no member of " + std::string{what});
    if (seen[i])
      return fail(ec::malformed, std::string{key}, "is given twice");
    seen.set(i);
    if (auto done = members[i].read(value, into); !done)
      return done;
  }
  return {};
}

/// The body as an object; it lives as long as the parser.
result<dom::object> read_object(dom::parser& parser, std::string_view body) {
  if (body.empty())
    return fail(ec::missing, "body", "a JSON object is needed");
  if (body.size() > max_body)
    return fail(ec::too_large, "body", "at most 1 MiB");
  dom::object object;
  if (auto error =
          parser.parse(body.data(), body.size()).get_object().get(object))
    return fail(ec::malformed, "body",
                error == simdjson::INCORRECT_TYPE ? "a JSON object is needed"
                                                  : "this is not JSON");
  return object;
}

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

namespace {

operator_order& decision_of(mitigation_update& x) {
  if (!x.decision)
    x.decision = operator_order{operator_order::kind::reject};
  return *x.decision;
}

result<void> read_decision(dom::element x, mitigation_update& into) {
  using kind = operator_order::kind;
  auto label = read_text(x, "decision");
  if (!label)
    return label.error();
  for (auto one :
       {kind::call_help, kind::end_help, kind::approve, kind::reject})
    if (to_string(one) == *label) {
      decision_of(into).what = one;
      return {};
    }
  return fail(ec::out_of_range, "decision",
              "takes \"approve\", \"reject\", \"call-help\" or "
              "\"end-help\"");
}

/// Mitigators are chosen with an approval, which is said.
result<void> check_decision(const mitigation_update& x) {
  if (x.decision && !x.decision->mitigators.empty()
      && x.decision->what != operator_order::kind::approve)
    return fail(ec::malformed, "mitigators",
                "go with the decision \"approve\" only");
  return {};
}

} // namespace

result<mitigation_update> parse_update(std::string_view body) {
  using protocol::signal::attack_status;
  static constexpr std::array<member<mitigation_update>, 4> members{{
      {"attack-status",
       [](dom::element x, mitigation_update& into) -> result<void> {
         auto label = read_text(x, "attack-status");
         if (!label)
           return label.error();
         for (auto one : {attack_status::under_attack,
                          attack_status::successfully_mitigated})
           if (to_string(one) == *label)
             into.efficacy = one;
         if (!into.efficacy)
           return fail(ec::out_of_range, "attack-status",
                       "takes \"under-attack\" or "
                       "\"attack-successfully-mitigated\"");
         return {};
       }},
      {"acl-list",
       [](dom::element x, mitigation_update& into) {
         return read_filters(x, into.filters);
       }},
      {"decision",
       [](dom::element x, mitigation_update& into) {
         return read_decision(x, into);
       }},
      {"mitigators",
       [](dom::element x, mitigation_update& into) {
         return read_list<std::string>(
             x, "mitigators", decision_of(into).mitigators,
             [](dom::element y) { return read_text(y, "mitigators"); });
       }},
  }};
  dom::parser parser;
  auto object = read_object(parser, body);
  if (!object)
    return object.error();
  mitigation_update found;
  if (auto done = read_members(*object, members, "an update", found); !done)
    return done.error();
  auto parts = (found.efficacy ? 1 : 0) + (found.filters.empty() ? 0 : 1)
               + (found.decision ? 1 : 0);
  if (parts == 0)
    return fail(ec::missing, "attack-status",
                "an update has it, or an acl-list, or a decision");
  if (parts > 1)
    return fail(ec::malformed, "acl-list",
                "comes without attack-status and decision; make several calls");
  if (auto ok = check_decision(found); !ok)
    return ok.error();
  return found;
}

result<redirect_wish> parse_redirect(std::string_view body) {
  redirect_wish wish;
  if (body.empty())
    return wish;
  dom::parser parser;
  auto object = read_object(parser, body);
  if (!object)
    return object.error();
  if (auto done = read_members(*object, redirect_members, "a redirect", wish);
      !done)
    return done.error();
  if (wish.alt_server.empty() && !wish.records.empty())
    return fail(ec::missing, "alt-server",
                "addresses need the name of their server");
  return wish;
}

} // namespace tocsin::actors
