#include "protocol/data/alias.hpp"

#include "protocol/data/tree_cursor.hpp"
#include "protocol/signal/scope.hpp"
#include "protocol/signal/validate.hpp"

#include <algorithm>
#include <utility>

namespace tocsin::protocol::data {

namespace {

using yang::error_tag;
using problem = std::optional<yang::error>;

/// A target with one value of a leaf, for the functions that judge targets.
/// Nothing for a leaf that is none.
std::optional<signal::target> single(std::string_view leaf,
                                     const std::string& text) {
  signal::target out;
  if (leaf == "target-prefix") {
    auto x = signal::prefix::parse(text);
    if (!x)
      return std::nullopt;
    out.prefixes.push_back(*x);
  } else if (leaf == "target-fqdn") {
    out.fqdns.push_back(text);
  } else if (leaf == "target-uri") {
    out.uris.push_back(text);
  } else if (leaf == "name") {
    out.aliases.push_back(text);
  } else {
    return std::nullopt;
  }
  return out;
}

/// Applies a judgement to every value that is a target by itself.
template <class Judge>
problem each_value(const tree_cursor& entry, Judge judge) {
  for (const auto& x : entry.node().children) {
    auto value = single(x.row->name, x.text);
    if (!value)
      continue;
    if (auto good = judge(*value); !good) {
      auto foreign = good.error().code == ec::unauthorized;
      return entry.below(x).bad(foreign ? error_tag::access_denied
                                        : error_tag::invalid_value,
                                good.error().detail);
    }
  }
  return std::nullopt;
}

problem read_ports(const tree_cursor& entry, alias& out) {
  for (const auto& x : entry.node().all("target-port-range")) {
    auto range = entry.below(x);
    auto lower = range.number<std::uint16_t>("lower-port");
    auto upper = range.number<std::uint16_t>("upper-port");
    if (!lower)
      return range.bad("lower-port", error_tag::missing_attribute,
                       "a range of ports needs a lower-port");
    if (upper && *upper < *lower)
      return range.bad("upper-port", error_tag::invalid_value,
                       "The upper-port number must be greater than or equal "
                       "to the lower-port number.");
    out.ports.push_back({*lower, upper.value_or(*lower)});
  }
  return std::nullopt;
}

void read_values(const tree_cursor& entry, alias& out) {
  for (const auto& x : entry.node().children) {
    auto leaf = x.row->name;
    if (leaf == "name")
      out.name = x.text;
    else if (leaf == "target-prefix")
      out.prefixes.push_back(*signal::prefix::parse(x.text));
    else if (leaf == "target-protocol")
      out.protocols.push_back(static_cast<std::uint8_t>(std::stoul(x.text)));
    else if (leaf == "target-fqdn")
      out.fqdns.push_back(x.text);
    else if (leaf == "target-uri")
      out.uris.push_back(x.text);
  }
}

} // namespace

signal::target to_target(const alias& x) {
  return {x.prefixes, x.ports, x.protocols, x.fqdns, x.uris, {}};
}

signal::target covered(const signal::target& asked,
                       const signal::target& aliased) {
  if (asked.aliases.empty())
    return asked;
  auto own = asked;
  own.aliases.clear();
  if (!own.prefixes.empty() || !own.fqdns.empty() || !own.uris.empty())
    return unite(std::move(own), aliased);
  auto out = aliased;
  if (!own.ports.empty())
    out.ports = std::move(own.ports);
  if (!own.protocols.empty())
    out.protocols = std::move(own.protocols);
  return out;
}

yang::outcome<alias> read_alias(const yang::data_node& node,
                                const yang::instance_path& at) {
  tree_cursor entry{node, at};
  if (auto bad = each_value(entry, signal::validate_target))
    return *bad;
  alias out;
  if (auto bad = read_ports(entry, out))
    return *bad;
  read_values(entry, out);
  if (out.prefixes.empty() && out.fqdns.empty() && out.uris.empty())
    return entry.bad(error_tag::missing_attribute,
                     "an alias needs a target-prefix, target-fqdn or "
                     "target-uri");
  return out;
}

problem entitled(const signal::customer& who, const yang::data_node& node,
                 const yang::instance_path& at) {
  return each_value(tree_cursor{node, at}, [&](const signal::target& x) {
    return signal::authorise(who, x);
  });
}

} // namespace tocsin::protocol::data
