#include "protocol/data/acl_reader.hpp"

#include "protocol/data/match_reader.hpp"
#include "protocol/yang/values.hpp"

#include <algorithm>

namespace tocsin::protocol::data {

namespace {

using yang::error_tag;
using problem = std::optional<yang::error>;

acl_type type_of(const yang::data_node& x) {
  auto text = x.value("type");
  for (auto type : {acl_type::ipv4, acl_type::ipv6})
    if (text == to_string(type))
      return type;
  return acl_type::none;
}

problem check_type(const tree_cursor& entry, acl_type type,
                   const filter_abilities& can) {
  bool missing = (type == acl_type::ipv4 && !can.ipv4)
                 || (type == acl_type::ipv6 && !can.ipv6);
  if (!missing)
    return std::nullopt;
  return entry.bad("type", error_tag::invalid_value,
                   "this address family is not supported here: see the "
                   "capabilities");
}

/// The IP header of an entry without one: nothing but the family.
std::optional<ip_match> implied_ip(acl_type type) {
  if (type == acl_type::none)
    return std::nullopt;
  ip_match x;
  x.family =
      type == acl_type::ipv4 ? prefix::family::ipv4 : prefix::family::ipv6;
  return x;
}

problem read_actions(const tree_cursor& at, const filter_abilities& can,
                     ace& out) {
  auto text = at.node().value("forwarding");
  if (!text)
    return at.bad("forwarding", error_tag::missing_attribute,
                  "an entry needs an action");
  out.action = *text == to_string(forwarding::drop) ? forwarding::drop
                                                    : forwarding::accept;
  auto rate = at.node().value("rate-limit");
  if (!rate)
    return std::nullopt;
  if (out.action != forwarding::accept)
    return at.bad("rate-limit", error_tag::unknown_element,
                  "only accepted traffic has a rate limit");
  if (!can.rate_limit)
    return at.bad("rate-limit", error_tag::unknown_element,
                  "rate limits are not supported here: see the capabilities");
  auto value = yang::hundredths(*rate);
  if (!value || *value < 0)
    return at.bad("rate-limit", error_tag::invalid_value,
                  "a rate limit is a number of octets per second");
  out.rate = static_cast<std::uint64_t>(*value);
  return std::nullopt;
}

problem check_destination(const tree_cursor& at, const ace& x) {
  if (x.match.ip && x.match.ip->destination)
    return std::nullopt;
  return at.bad("matches", error_tag::missing_attribute,
                "an entry of an immediate ACL needs a destination network");
}

/// An entry without a source is about all of a family; without a family, about
/// both.
problem check_source(const tree_cursor& at, const ace& x,
                     const acl_policy& policy) {
  if (x.action == forwarding::accept && !x.rate)
    return std::nullopt;
  auto source = x.match.ip ? x.match.ip->source : std::nullopt;
  bool is_v6 = x.match.ip && x.match.ip->family == prefix::family::ipv6;
  auto least = is_v6 ? policy.least_ipv6_source : policy.least_ipv4_source;
  if (!x.match.ip)
    least = std::max(policy.least_ipv4_source, policy.least_ipv6_source);
  if (least != 0 && (!source || source->length() < least))
    return at.bad("matches", error_tag::access_denied,
                  "what an entry drops or limits must come from a network of /"
                      + std::to_string(least) + " or less");
  for (const auto& one : policy.never_filtered) {
    bool other_family = x.match.ip && one.which() != x.match.ip->family;
    if (!other_family && (!source || source->overlaps(one)))
      return at.bad("matches", error_tag::access_denied,
                    "this would filter " + one.to_string()
                        + ", which is protected here; name other sources");
  }
  return std::nullopt;
}

problem read_ace(const tree_cursor& at, const acl& list,
                 const acl_policy& policy, ace& out) {
  out.name = at.node().value("name").value_or("");
  out.match.ip = implied_ip(list.type);
  if (auto x = at.child("matches"))
    if (auto bad = read_matches(*x, list.type, policy.can, out.match))
      return bad;
  auto actions = at.child("actions");
  if (!actions)
    return at.bad("actions", error_tag::missing_attribute,
                  "an entry needs an action");
  if (auto bad = read_actions(*actions, policy.can, out))
    return bad;
  if (auto bad = check_source(at, out, policy))
    return bad;
  if (list.when == activation::immediate && policy.immediate_needs_destination)
    return check_destination(at, out);
  return std::nullopt;
}

} // namespace

yang::outcome<acl> read_acl(const yang::data_node& node,
                            const yang::instance_path& at,
                            const acl_policy& policy) {
  tree_cursor entry{node, at};
  acl out;
  out.name = node.value("name").value_or("");
  out.type = type_of(node);
  if (auto bad = check_type(entry, out.type, policy.can))
    return *bad;
  out.when = parse_activation(node.value("activation-type").value_or(""))
                 .value_or(activation::activate_when_mitigating);
  if (out.when == activation::immediate && !policy.allow_immediate)
    return entry.bad("activation-type", error_tag::access_denied,
                     "filters are in force during mitigations only here");
  auto list = entry.child("aces");
  if (!list)
    return out;
  for (const auto& x : list->node().all("ace"))
    if (auto bad =
            read_ace(list->below(x), out, policy, out.aces.emplace_back()))
      return *bad;
  return out;
}

problem entitled_acl(const signal::customer& who, const yang::data_node& node,
                     const yang::instance_path& at) {
  tree_cursor entry{node, at};
  auto list = entry.child("aces");
  if (!list)
    return std::nullopt;
  for (const auto& x : list->node().all("ace")) {
    auto ace = list->below(x);
    auto matches = ace.child("matches");
    if (!matches)
      continue;
    for (std::string_view name : {"ipv4", "ipv6"}) {
      auto ip = matches->child(name);
      auto leaf = "destination-" + std::string{name} + "-network";
      auto text = ip ? ip->node().value(leaf) : std::nullopt;
      auto net = text ? prefix::parse(*text) : result<prefix>{prefix{}};
      if (!text || (net && signal::owns(who, *net)))
        continue;
      return ip->bad(leaf, error_tag::access_denied,
                     std::string{*text} + " is not a network of this client");
    }
  }
  return std::nullopt;
}

} // namespace tocsin::protocol::data
