#include "roles/config/graph.hpp"

#include "roles/config/text.hpp"

#include <algorithm>
#include <vector>

namespace tocsin::roles {

namespace {

/// Somebody whom the node asks, and when.
struct helper {
  std::string name;
  std::string what; ///< driver, or servers
  bool resting = false;
};

std::string servers_of(const relay_config& x) {
  std::string out;
  for (const auto& name : x.upstreams)
    out += (out.empty()                        ? ""
            : x.choice == relay_choice::serial ? ", then "
                                               : ", ")
           + name;
  return out;
}

std::vector<helper> helpers_of(const server_config& x,
                               const customer_config& who) {
  std::vector<helper> out;
  for (const auto& name : who.mitigators) {
    auto m = std::ranges::find(x.mitigators, name, &mitigator_config::name);
    auto r = std::ranges::find(x.relays, name, &relay_config::name);
    if (m != x.mitigators.end())
      out.push_back({name, m->driver, false});
    else if (r != x.relays.end())
      out.push_back(
          {name, "DOTS server " + servers_of(*r), r->for_help_only()});
  }
  return out;
}

std::size_t widest(const std::vector<customer_config>& all) {
  std::size_t out = 0;
  for (const auto& x : all)
    out = std::max(out, x.who.name.size());
  return out;
}

void draw_customer(std::string& out, const server_config& x,
                   const customer_config& who, std::size_t width) {
  auto name = who.who.name;
  name.resize(width, ' ');
  auto lead = "  " + name + (who.who.gateway ? " (gateway) " : " ")
              + (who.who.approval ? "--approval--> " : "--> ");
  for (const auto& one : helpers_of(x, who)) {
    out += lead + (one.resting ? "(" + one.name + ")" : one.name) + ": "
           + one.what + (one.resting ? ", when it is needed\n" : "\n");
    lead = std::string(lead.size(), ' ');
  }
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text)
    out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return out + '"';
}

void dot_edge(std::string& out, const std::string& from, const std::string& to,
              const std::string& style) {
  out += "  " + quoted(from) + " -> " + quoted(to)
         + (style.empty() ? "" : " [" + style + "]") + ";\n";
}

void dot_relay(std::string& out, const relay_config& x,
               const std::string& node) {
  for (const auto& name : x.upstreams)
    dot_edge(out, node, "upstream " + name,
             "label=" + quoted(x.name)
                 + (x.for_help_only() ? ", style=dashed" : ""));
}

void draw_siblings(std::string& out, const siblings_config& x) {
  if (!x.peers.empty())
    out += "Siblings\n";
  for (const auto& one : x.peers)
    out += "  " + one.name + " <-> " + one.address.to_string() + '\n';
}

} // namespace

std::string draw(const config& x) {
  std::string out = x.node.name + '\n';
  if (x.server)
    for (const auto& who : x.server->customers)
      draw_customer(out, *x.server, who, widest(x.server->customers));
  if (x.siblings)
    draw_siblings(out, *x.siblings);
  if (!x.client)
    return out;
  std::size_t width = 0;
  for (const auto& up : x.client->upstreams)
    width = std::max(width, up.name.size());
  out += x.server ? "DOTS servers above\n" : "";
  for (const auto& up : x.client->upstreams) {
    auto name = up.name;
    name.resize(width, ' ');
    out += "  " + name + " --> " + up.server.to_string();
    std::string owned;
    for (const auto& p : up.prefixes)
      owned += (owned.empty() ? "" : ", ") + p.to_string();
    out += (owned.empty() ? "" : ", for " + owned) + '\n';
  }
  return out;
}

std::string draw_dot(const config& x) {
  std::string out = "digraph tocsin {\n  rankdir=LR;\n  " + quoted(x.node.name)
                    + " [shape=box, style=bold];\n";
  if (x.server) {
    for (const auto& who : x.server->customers)
      dot_edge(out, "customer " + who.who.name, x.node.name,
               who.who.approval ? "label=\"approval\"" : "");
    for (const auto& m : x.server->mitigators)
      dot_edge(out, x.node.name, m.name + ": " + m.driver, "");
    for (const auto& relay : x.server->relays)
      dot_relay(out, relay, x.node.name);
  }
  if (x.client && (!x.server || x.server->relays.empty()))
    for (const auto& up : x.client->upstreams)
      dot_edge(out, x.node.name, "upstream " + up.name, "");
  if (x.siblings)
    for (const auto& one : x.siblings->peers)
      dot_edge(out, x.node.name, "sibling " + one.name, "dir=both");
  return out + "}\n";
}

} // namespace tocsin::roles
