#include "roles/config/check.hpp"

#include "roles/config/values.hpp"

#include <algorithm>
#include <map>

namespace tocsin::roles {

namespace {

void complete_data_channel(upstream_config& x, const context& c) {
  auto& data = *x.data;
  if (data.server_name.empty() && !c.broken(data.server_name))
    data.server_name = data.host.empty() || prefix::parse(data.host)
                           ? x.server_name
                           : data.host;
  if (data.host.empty() && !x.calls_default_router() && !c.broken(data.host))
    data.host = x.server.host;
}

} // namespace

void complete(config& x, const context& c) {
  auto& socket = x.node.control_socket;
  if (socket.empty())
    socket = x.node.data_dir / "control.sock";
  if (x.server) {
    if (x.server->ticket_key.empty())
      x.server->ticket_key = x.node.data_dir / "ticket.key";
    if (x.server->listen_tls.empty() && !c.where(x.server->listen_tls))
      x.server->listen_tls = x.server->listen;
    for (auto& relay : x.server->relays)
      if (!relay.upstream.empty() && relay.upstreams.empty())
        relay.upstreams = {relay.upstream};
    for (auto& customer : x.server->customers) {
      if (!customer.mitigators.empty() || c.where(customer.mitigators))
        continue;
      for (const auto& mitigator : x.server->mitigators)
        customer.mitigators.push_back(mitigator.name);
      for (const auto& relay : x.server->relays)
        customer.mitigators.push_back(relay.name);
    }
  }
  if (x.client) {
    for (auto& upstream : x.client->upstreams) {
      if (upstream.cuid.empty())
        upstream.cuid = x.client->cuid;
      if (upstream.server_name.empty() && !upstream.calls_default_router()
          && !prefix::parse(upstream.server.host))
        upstream.server_name = upstream.server.host;
      if (upstream.data)
        complete_data_channel(upstream, c);
    }
  }
}

void check_credentials(const identity_files& x, std::string_view section,
                       position where, context& c) {
  bool any = x.has_certificate() || !x.key.empty() || !x.ca.empty();
  for (const auto& [path, name] :
       {std::pair{&x.certificate, "certificate"}, std::pair{&x.key, "key"},
        std::pair{&x.ca, "ca"}}) {
    // What was given, but is no path, has been reported.
    if (!path->empty() || c.broken(*path) || (!any && x.has_psk()))
      continue;
    c.error(where,
            "key '" + std::string{name} + "' is missing in "
                + std::string{section},
            any ? "'certificate', 'key' and 'ca' belong together"
                : "set 'certificate', 'key' and 'ca', or 'psk'");
  }
  if (!any && !x.crl.empty())
    c.error(c.where(x.crl).value_or(where),
            "'crl' has no meaning without certificates");
}

void check(const config& x, context& c) {
  // sockaddr_un holds 108 octets with the final zero.
  static constexpr std::size_t longest_socket = 107;
  if (!x.server && !x.client)
    c.error({}, "this node has no role", "add [server] or [client]");
  if (x.node.control_socket.string().size() > longest_socket)
    c.error(c.where_or(x.node.control_socket, x.node.data_dir),
            "the path of the control socket is longer than 107 octets",
            "set a shorter 'control_socket' in [node]");
  if (x.server)
    check_server(*x.server, c);
  if (x.server)
    check_relays(x, c);
  if (x.client)
    check_client(*x.client, c);
  check_client_choice(x, c);
  check_siblings(x, c);
}

} // namespace tocsin::roles
