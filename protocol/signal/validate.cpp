#include "protocol/signal/validate.hpp"

#include "protocol/signal/uri.hpp"
#include "protocol/utf8.hpp"

#include <algorithm>
#include <array>

namespace tocsin::protocol::signal {

namespace {

using family = prefix::family;

/// Ranges of which no part may be a target (RFC 9132, Section 4.4.1.1; "this
/// network": RFC 1122, Section 3.2.1.3; unspecified and loopback: RFC 4291).
const std::array<prefix, 6>& forbidden_ranges() {
  static const std::array<prefix, 6> ranges{
      prefix{family::ipv4, {0}, 8},
      prefix{family::ipv4, {127}, 8},
      prefix{family::ipv4, {224}, 4},
      prefix{family::ipv4, {255, 255, 255, 255}, 32},
      prefix{family::ipv6, {}, 127},
      prefix{family::ipv6, {0xFF}, 8}};
  return ranges;
}

result<void> limit(std::size_t found, std::size_t most, std::string_view leaf) {
  if (found <= most)
    return {};
  return fail(ec::too_large, std::string{leaf},
              std::to_string(found) + " entries, at most "
                  + std::to_string(most)
                  + " are accepted; split the request into several");
}

/// Applies a check to each entry; the first failure counts.
template <class List, class Check>
result<void> each(const List& list, Check check) {
  for (const auto& x : list)
    if (auto r = check(x); !r)
      return r;
  return {};
}

result<void> validate_ports(const std::vector<port_range>& ports) {
  if (auto r = limit(ports.size(), max_port_ranges, "target-port-range"); !r)
    return r;
  std::vector<std::uint16_t> lower;
  for (auto x : ports) {
    if (x.upper < x.lower)
      return fail(ec::out_of_range, "upper-port",
                  std::to_string(x.upper) + " is below lower-port "
                      + std::to_string(x.lower));
    lower.push_back(x.lower);
  }
  // lower-port is the key of the list (RFC 8783, target grouping).
  std::ranges::sort(lower);
  if (auto i = std::ranges::adjacent_find(lower); i != lower.end())
    return fail(ec::malformed, "lower-port",
                std::to_string(*i) + " starts more than one port range");
  return {};
}

/// The name of something that the data channel has set up.
result<void> validate_name(std::string_view name, std::string_view leaf) {
  bool control = std::ranges::any_of(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (name.empty() || control || !is_clean_text(name))
    return fail(ec::malformed, std::string{leaf},
                quoted(name) + " is empty or not plain text");
  if (name.size() > max_name_length)
    return fail(ec::out_of_range, std::string{leaf},
                quoted(name) + " is longer than "
                    + std::to_string(max_name_length) + " octets");
  return {};
}

result<void> validate_alias(std::string_view name) {
  return validate_name(name, "alias-name");
}

/// One label of a domain name: 1 to 63 letters, digits, hyphens, underscores,
/// no hyphen at either end.
bool is_label(std::string_view x) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !x.empty() && x.size() <= 63 && std::ranges::all_of(x, allowed)
         && x.front() != '-' && x.back() != '-';
}

bool is_number(std::string_view x) {
  return std::ranges::all_of(x, [](char c) { return c >= '0' && c <= '9'; });
}

/// Elements that only a server sets; a decoded request cannot hold them, one
/// made by our own user interface could.
std::string_view server_only(const mitigation& x) {
  if (x.mid)
    return "mid";
  if (x.start)
    return "mitigation-start";
  if (x.state)
    return "status";
  if (x.conflict)
    return "conflict-information";
  return x.dropped ? "bytes-dropped" : "";
}

} // namespace

result<void> validate_prefix(const prefix& x, std::string_view where) {
  auto clash = [&](const prefix& range) { return range.overlaps(x); };
  if (!x.is_special() && std::ranges::none_of(forbidden_ranges(), clash))
    return {};
  return fail(ec::out_of_range, std::string{where},
              x.to_string()
                  + " covers unspecified, loopback, multicast or broadcast "
                    "addresses, which cannot be protected");
}

result<void> validate_fqdn(std::string_view name, std::string_view where) {
  auto bad = [&](std::string_view why) {
    return fail(ec::malformed, std::string{where},
                quoted(name) + " " + std::string{why});
  };
  auto rest = name;
  if (rest.ends_with('.'))
    rest.remove_suffix(1);
  if (rest.empty())
    return bad("is empty");
  if (prefix::parse(rest))
    return bad("is an address; put it into target-prefix");
  if (rest.size() > max_fqdn_length)
    return fail(ec::out_of_range, std::string{where},
                quoted(name) + " is longer than "
                    + std::to_string(max_fqdn_length) + " octets");
  std::string_view label;
  for (auto left = rest; !left.empty();) {
    auto dot = left.find('.');
    label = left.substr(0, dot);
    if (!is_label(label) || dot + 1 == left.size())
      return bad("is not a domain name: " + quoted(label)
                 + " is not a label of 1 to 63 letters, digits and hyphens");
    left = dot == std::string_view::npos ? "" : left.substr(dot + 1);
  }
  // RFC 1123, Section 2.1: the last label of a name is never numeric.
  if (is_number(label))
    return bad("is not a domain name: it ends in a number");
  return {};
}

result<void> validate_uri(std::string_view text) {
  if (auto r = map_uri(text); !r)
    return r.error();
  return {};
}

result<void> validate_lifetime(std::int64_t seconds) {
  if (seconds == indefinite_lifetime
      || (seconds > 0 && seconds <= std::int64_t{0xFFFFFFFF}))
    return {};
  return fail(ec::out_of_range, "lifetime",
              std::to_string(seconds)
                  + " is neither -1 (no end) nor 1 to 4294967295 seconds");
}

result<void> validate_target(const target& x) {
  if (x.prefixes.empty() && x.fqdns.empty() && x.uris.empty()
      && x.aliases.empty())
    return fail(ec::missing, "target-prefix",
                "one of target-prefix, target-fqdn, target-uri and alias-name "
                "is needed; ports and protocols alone are no target");
  for (auto r : {limit(x.prefixes.size(), max_prefixes, "target-prefix"),
                 limit(x.protocols.size(), max_protocols, "target-protocol"),
                 limit(x.fqdns.size(), max_fqdns, "target-fqdn"),
                 limit(x.uris.size(), max_uris, "target-uri"),
                 limit(x.aliases.size(), max_aliases, "alias-name"),
                 validate_ports(x.ports)})
    if (!r)
      return r;
  if (auto r = each(x.prefixes, [](auto& p) { return validate_prefix(p); }); !r)
    return r;
  if (auto r = each(x.fqdns, [](auto& n) { return validate_fqdn(n); }); !r)
    return r;
  if (auto r = each(x.uris, validate_uri); !r)
    return r;
  return each(x.aliases, validate_alias);
}

result<void> validate_filters(const std::vector<filter_control>& acls) {
  if (auto r = limit(acls.size(), max_filter_controls, "acl-list"); !r)
    return r;
  std::vector<std::string_view> names;
  for (const auto& x : acls) {
    if (auto r = validate_name(x.name, "acl-name"); !r)
      return r;
    names.push_back(x.name);
  }
  // acl-name is the key of the list.
  std::ranges::sort(names);
  if (auto i = std::ranges::adjacent_find(names); i != names.end())
    return fail(ec::malformed, "acl-name",
                quoted(*i) + " is in the list more than once");
  return {};
}

result<void> validate_request(const mitigation_scope& x) {
  if (x.scope.empty())
    return fail(ec::missing, "scope", "a request needs one entry");
  if (x.scope.size() > 1)
    return fail(ec::malformed, "scope",
                std::to_string(x.scope.size())
                    + " entries; a request has exactly one");
  const auto& entry = x.scope.front();
  if (auto leaf = server_only(entry); !leaf.empty())
    return fail(ec::malformed, std::string{leaf},
                "is sent by servers only, not in a request body");
  // An efficacy update may leave the lifetime as it is: RFC 9132, Figure 16.
  if (!entry.lifetime && !entry.attack)
    return fail(ec::missing, "lifetime",
                "is mandatory in a request; 3600 seconds are recommended");
  if (entry.lifetime)
    if (auto r = validate_lifetime(*entry.lifetime); !r)
      return r;
  if (auto r = validate_filters(entry.acls); !r)
    return r;
  return validate_target(entry.what);
}

} // namespace tocsin::protocol::signal
