#include "protocol/signal/address_translation.hpp"

#include "protocol/signal/nptv6.hpp"
#include "protocol/signal/scope.hpp"
#include "protocol/signal/uri.hpp"
#include "protocol/signal/validate.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace tocsin::protocol::signal {

namespace {

using ports = std::vector<port_range>;

unsigned size_of(port_range x) {
  return unsigned{x.upper} - x.lower + 1;
}

bool is_host(const prefix& x) {
  return x.length() == x.max_length();
}

/// Does the rule put several addresses behind one, or ports of one?
bool is_shared(const translation_rule& x) {
  return x.external_ports || x.internal.which() != x.external.which()
         || x.internal.length() != x.external.length();
}

std::string text_of(port_range x) {
  auto out = std::to_string(x.lower);
  return x.upper == x.lower ? out : out + '-' + std::to_string(x.upper);
}

std::optional<port_range> common(port_range a, port_range b) {
  port_range x{std::max(a.lower, b.lower), std::min(a.upper, b.upper)};
  return x.lower <= x.upper ? std::optional{x} : std::nullopt;
}

/// `x`, a part of `from`, at its place in `to`.
port_range moved(port_range x, port_range from, port_range to) {
  auto at = [&](std::uint16_t port) {
    return static_cast<std::uint16_t>(port - from.lower + to.lower);
  };
  return {at(x.lower), at(x.upper)};
}

/// Ascending, without gaps that are none; empty stands for all ports.
ports merged(ports all) {
  target x;
  x.ports = std::move(all);
  return canonical(std::move(x)).ports;
}

/// `x`, which is inside `from`, at its place in `to`: prefixes of one length.
prefix moved(const prefix& x, const prefix& from, const prefix& to) {
  auto octets = x.octets();
  for (std::uint8_t i = 0; i < from.length(); ++i) {
    auto mask = static_cast<std::uint8_t>(0x80 >> (i % 8));
    auto& octet = octets[i / 8];
    octet = static_cast<std::uint8_t>(to.bit(i) ? octet | mask : octet & ~mask);
  }
  return {x.which(), octets, x.length()};
}

prefix half_of(const prefix& x, bool upper) {
  auto octets = x.octets();
  if (upper)
    octets[x.length() / 8] = static_cast<std::uint8_t>(
        octets[x.length() / 8] | 0x80 >> (x.length() % 8));
  return {x.which(), octets, static_cast<std::uint8_t>(x.length() + 1)};
}

failure unknown(const prefix& x, bool with_table) {
  auto what = x.to_string();
  if (!with_table)
    return fail(ec::out_of_range, "target-prefix",
                what
                    + " means nothing to a server outside; say in "
                      "[[client.upstream.translation]] which external "
                      "addresses it has");
  return fail(ec::out_of_range, "target-prefix",
              what
                  + " is in no [[client.upstream.translation]]; add one, with "
                    "the same prefix on both sides if it is not translated");
}

} // namespace

bool is_internal_only(const prefix& x) noexcept {
  static const auto ranges = [] {
    std::vector<prefix> out;
    for (auto text :
         {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
          "169.254.0.0/16", "fc00::/7", "fe80::/10"})
      out.push_back(*prefix::parse(text));
    return out;
  }();
  return std::ranges::any_of(
      ranges, [&x](const prefix& range) { return range.contains(x); });
}

result<void> validate_translation(const translation_rule& x) {
  for (const auto& [side, name] :
       {std::pair{&x.internal, "internal"}, std::pair{&x.external, "external"}})
    if (auto good = validate_prefix(*side, name); !good)
      return good;
  bool same = x.internal.which() == x.external.which()
              && x.internal.length() == x.external.length();
  if (x.kind == translation_kind::nptv6) {
    if (!same || x.internal.is_ipv4() || x.internal.length() > longest_nptv6)
      return fail(ec::out_of_range, "external",
                  "NPTv6 is between IPv6 prefixes of one length, up to /64");
    if (x.internal_ports || x.external_ports)
      return fail(ec::out_of_range, "external_ports",
                  "NPTv6 does not translate ports");
    return {};
  }
  if (!same && !is_host(x.external))
    return fail(ec::out_of_range, "external",
                "must be as long as 'internal', or one address");
  if (!x.external_ports && !x.internal_ports)
    return {};
  if (!x.external_ports)
    return fail(ec::missing, "external_ports",
                "say which external ports the internal ones have");
  if (!is_host(x.external))
    return fail(ec::out_of_range, "external",
                "ports belong to one external address");
  if (!x.internal_ports)
    return {};
  if (!is_host(x.internal))
    return fail(ec::out_of_range, "internal",
                "forwarded ports belong to one internal address");
  if (size_of(*x.internal_ports) != size_of(*x.external_ports))
    return fail(ec::out_of_range, "external_ports",
                "must be as many as 'internal_ports'");
  return {};
}

result<address_translation>
address_translation::make(std::vector<translation_rule> rules) {
  if (rules.size() > max_translations)
    return fail(ec::too_large, "translation",
                "more than " + std::to_string(max_translations) + " entries");
  for (auto i = rules.begin(); i != rules.end(); ++i) {
    if (auto good = validate_translation(*i); !good)
      return good.error();
    for (auto j = rules.begin(); j != i; ++j) {
      if (j->internal != i->internal)
        continue;
      bool apart = i->internal_ports && j->internal_ports
                   && !common(*i->internal_ports, *j->internal_ports);
      if (!apart)
        return fail(ec::conflict, "internal",
                    i->internal.to_string() + " is translated twice");
    }
  }
  address_translation out;
  out.rules_ = std::move(rules);
  return out;
}

/// What is asked for of one prefix, which all of `rules` hold for.
result<void> address_translation::apply(const prefix& x, const ports& wanted,
                                        const matches& rules, pieces& out) {
  const auto& rule = *rules.front();
  if (rule.internal_ports)
    return forward(x, wanted, rules, out);
  if (rule.kind == translation_kind::nptv6) {
    auto where = map_nptv6(x, rule.internal, rule.external);
    if (!where)
      return where.error();
    out.push_back({*where, wanted});
    return {};
  }
  if (!is_shared(rule)) {
    out.push_back({moved(x, rule.internal, rule.external), wanted});
    return {};
  }
  // Which external port an internal one has is decided anew for each flow.
  if (!rule.external_ports && !wanted.empty())
    return fail(ec::out_of_range, "target-port-range",
                x.to_string() + " shares " + rule.external.address_string()
                    + " with others, so that its ports are not known outside; "
                      "leave the ports out");
  out.push_back({rule.external,
                 rule.external_ports ? ports{*rule.external_ports} : ports{}});
  return {};
}

/// Without ports: all that can be reached from outside.
result<void> address_translation::forward(const prefix& x, const ports& wanted,
                                          const matches& rules, pieces& out) {
  for (auto range : wanted.empty() ? ports{{0, 65535}} : merged(wanted)) {
    unsigned covered = 0;
    for (const auto* rule : rules)
      if (auto part = common(range, *rule->internal_ports)) {
        covered += size_of(*part);
        out.push_back(
            {rule->external,
             {moved(*part, *rule->internal_ports, *rule->external_ports)}});
      }
    if (!wanted.empty() && covered < size_of(range))
      return fail(ec::out_of_range, "target-port-range",
                  "not all of ports " + text_of(range) + " of "
                      + x.address_string()
                      + " are forwarded by [[client.upstream.translation]]");
  }
  return {};
}

result<void> address_translation::translate(const prefix& x,
                                            const ports& wanted,
                                            pieces& out) const {
  if (out.size() > max_translations)
    return fail(ec::too_large, "target-prefix",
                "it becomes too many external prefixes");
  matches best;
  bool inside = false;
  bool external = false;
  for (const auto& rule : rules_) {
    external |= rule.external.contains(x);
    inside |= x.contains(rule.internal) || x.contains(rule.external);
    if (!rule.internal.contains(x))
      continue;
    if (!best.empty() && best[0]->internal.length() < rule.internal.length())
      best.clear();
    if (best.empty() || best[0]->internal == rule.internal)
      best.push_back(&rule);
  }
  // Rules for parts of `x` go before one for all of it.
  bool narrower = std::ranges::any_of(rules_, [&x](const auto& rule) {
    return x.contains(rule.internal) && x != rule.internal;
  });
  if (!best.empty() && !narrower)
    return apply(x, wanted, best, out);
  if (best.empty() && external) {
    out.push_back({x, wanted});
    return {};
  }
  if ((best.empty() && !inside) || is_host(x))
    return unknown(x, true);
  for (bool upper : {false, true})
    if (auto good = translate(half_of(x, upper), wanted, out); !good)
      return good;
  return {};
}

/// A server takes the host of a URI for an external address.
result<void> address_translation::check_uri(const std::string& uri) const {
  auto known = map_uri(uri);
  if (!known || !known->address)
    return {};
  const auto& x = *known->address;
  bool good = empty() ? !is_internal_only(x)
                      : std::ranges::any_of(rules_, [&x](const auto& rule) {
                          return rule.external.contains(x)
                                 && (!rule.internal.contains(x)
                                     || rule.internal == rule.external);
                        });
  if (good)
    return {};
  return fail(ec::out_of_range, "target-uri",
              "'" + uri
                  + "' holds an address that is not known outside; name it as "
                    "a prefix, with its port");
}

/// Of two requests of a client whose addresses overlap the later one replaces
/// the other (RFC 9132, Section 4.4.1.3), whatever their ports are: what shares
/// an address stays together.
address_translation::pieces address_translation::set_apart(pieces all) {
  std::ranges::sort(all, {}, [](const piece& x) {
    return std::tuple{x.where.which(), x.where.octets(), x.where.length()};
  });
  pieces out;
  for (auto& x : all) {
    if (out.empty() || !out.back().where.contains(x.where)) {
      out.push_back(std::move(x));
      continue;
    }
    auto& around = out.back().ports;
    if (around.empty() || x.ports.empty())
      around.clear();
    else
      around.insert(around.end(), x.ports.begin(), x.ports.end());
  }
  return out;
}

result<std::vector<target>>
address_translation::outbound(const target& what) const {
  for (const auto& uri : what.uris)
    if (auto good = check_uri(uri); !good)
      return good.error();
  if (empty()) {
    for (const auto& x : what.prefixes)
      if (is_internal_only(x))
        return unknown(x, false);
    return std::vector{what};
  }
  pieces all;
  for (const auto& x : what.prefixes)
    if (auto good = translate(x, what.ports, all); !good)
      return good.error();
  std::map<ports, std::vector<prefix>> groups;
  for (auto& x : set_apart(std::move(all)))
    groups[merged(std::move(x.ports))].push_back(x.where);
  auto own_ports = merged(what.ports);
  if (groups.empty())
    groups[own_ports] = {};
  bool names = !what.fqdns.empty() || !what.uris.empty();
  if (names && (groups.size() > 1 || !groups.contains(own_ports)))
    return fail(ec::out_of_range, "target-port-range",
                "names do not go with addresses whose ports are translated; "
                "ask for them one by one");
  std::vector<target> out;
  for (auto& [group, prefixes] : groups) {
    auto one = what;
    one.prefixes = std::move(prefixes);
    one.ports = group;
    if (auto good = validate_target(one); !good)
      return good.error();
    out.push_back(std::move(one));
  }
  return out;
}

/// Where that comes from by this rule, and which of its ports.
std::optional<address_translation::piece>
address_translation::origin(const prefix& x, const ports& wanted,
                            const translation_rule& rule) {
  if (!rule.external.overlaps(x))
    return std::nullopt;
  const auto& part = rule.external.contains(x) ? x : rule.external;
  if (!is_shared(rule)) {
    if (rule.kind != translation_kind::nptv6)
      return piece{moved(part, rule.external, rule.internal), wanted};
    auto back = map_nptv6(part, rule.external, rule.internal);
    return piece{back ? *back : rule.internal, wanted};
  }
  piece out{rule.internal, {}};
  if (!rule.external_ports)
    return out;
  bool meets = false;
  for (auto range : wanted.empty() ? ports{{0, 65535}} : wanted)
    if (auto shared = common(range, *rule.external_ports)) {
      meets = true;
      if (rule.internal_ports)
        out.ports.push_back(
            moved(*shared, *rule.external_ports, *rule.internal_ports));
    }
  return meets ? std::optional{std::move(out)} : std::nullopt;
}

target address_translation::inbound(const target& what) const {
  if (empty() || what.prefixes.empty())
    return what;
  pieces all;
  for (const auto& x : what.prefixes) {
    auto before = all.size();
    for (const auto& rule : rules_)
      if (auto from = origin(x, what.ports, rule))
        all.push_back(std::move(*from));
    if (all.size() == before)
      all.push_back({x, what.ports});
  }
  auto out = what;
  out.prefixes.clear();
  out.ports.clear();
  bool all_ports = false;
  for (const auto& x : all) {
    if (std::ranges::find(out.prefixes, x.where) == out.prefixes.end())
      out.prefixes.push_back(x.where);
    all_ports |= x.ports.empty();
    out.ports.insert(out.ports.end(), x.ports.begin(), x.ports.end());
  }
  out.ports = all_ports ? ports{} : merged(std::move(out.ports));
  return out;
}

} // namespace tocsin::protocol::signal
