#include "protocol/data/capabilities.hpp"

#include "protocol/data/module.hpp"

#include <algorithm>

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

} // namespace tocsin::protocol::data
