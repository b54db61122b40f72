#include "protocol/data/capabilities.hpp"

#include "protocol/data/module.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace tocsin::protocol::data {

namespace {

using yang::data_node;

/// What each of the leaves below a protocol's container says. Names that are
/// not listed are fields which this program does not look at.
bool supported(std::string_view leaf, bool family,
               const filter_abilities& can) {
  constexpr std::string_view mandatory[]{"length",        "protocol",
                                         "source-prefix", "fragment",
                                         "source-port",   "destination-prefix",
                                         "flags-bitmask", "destination-port",
                                         "port-range",    "type",
                                         "code"};
  if (leaf == "dscp")
    return family && can.dscp;
  if (leaf == "ecn")
    return family && can.ecn;
  if (leaf == "ttl" || leaf == "hoplimit")
    return family && can.ttl;
  return family && std::ranges::find(mandatory, leaf) != std::end(mandatory);
}

data_node leaf(const yang::schema_node& row, std::string_view text) {
  return {.row = &row, .text = std::string{text}};
}

data_node protocol_node(const yang::schema_node& row, bool offered,
                        const filter_abilities& can) {
  data_node out{.row = &row};
  for (const auto& x : row.children)
    out.append(leaf(x, supported(x.name, offered, can) ? "true" : "false"));
  return out;
}

void append_lists(data_node& out, const filter_abilities& can) {
  const auto& row = *out.row;
  auto add = [&](std::string_view list, std::string_view text, bool say) {
    if (say)
      out.append(leaf(*yang::find_row(row, list), text));
  };
  add("address-family", "ipv4", can.filters && can.ipv4);
  add("address-family", "ipv6", can.filters && can.ipv6);
  add("forwarding-actions", "accept", can.filters);
  add("forwarding-actions", "drop", can.filters);
  add("transport-protocols", "1", can.filters && can.ipv4);
  add("transport-protocols", "6", can.filters);
  add("transport-protocols", "17", can.filters);
  add("transport-protocols", "58", can.filters && can.ipv6);
}

/// Is a flag in one of the containers set, or in none of them said?
bool has_flag(
    const data_node& x,
    std::initializer_list<std::pair<std::string_view, std::string_view>>
        places) {
  bool said = false;
  for (const auto& [container, name] : places) {
    const auto* inner = container.empty() ? &x : x.find(container);
    auto flag = inner ? inner->value(name) : std::nullopt;
    if (flag == "true")
      return true;
    said |= flag.has_value();
  }
  return !said;
}

/// Does a list have this value, or is it absent?
bool has_value(const data_node& x, std::string_view list,
               std::string_view value) {
  auto all = x.all(list);
  return all.empty()
         || std::ranges::find(all, value, &data_node::text) != all.end();
}

} // namespace

data_node capabilities_node(const filter_abilities& can) {
  const auto& row = rows::capabilities_row;
  data_node out{.row = &row};
  append_lists(out, can);
  out.set("rate-limit", can.filters && can.rate_limit ? "true" : "false");
  for (const auto& x : row.children)
    if (x.kind == yang::node_kind::container) {
      bool family =
          (x.name != "ipv4" || can.ipv4) && (x.name != "ipv6" || can.ipv6);
      out.append(protocol_node(x, can.filters && family, can));
    }
  return out;
}

filter_abilities abilities_of(const data_node& x) {
  // Of a server that says something, yet names no action, none is to be had.
  bool any = x.find("forwarding-actions") || x.children.empty();
  return {any,
          has_value(x, "address-family", "ipv4"),
          has_value(x, "address-family", "ipv6"),
          has_flag(x, {{"", "rate-limit"}}),
          has_flag(x, {{"ipv4", "dscp"}, {"ipv6", "dscp"}}),
          has_flag(x, {{"ipv4", "ecn"}, {"ipv6", "ecn"}}),
          has_flag(x, {{"ipv4", "ttl"}, {"ipv6", "hoplimit"}})};
}

} // namespace tocsin::protocol::data
