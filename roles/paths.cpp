#include "roles/paths.hpp"

#include "protocol/signal/nat64.hpp"
#include "roles/config/session_terms.hpp"
#include "transports/default_routers.hpp"

namespace tocsin::roles {

namespace {

namespace sig = protocol::signal;

std::vector<sig::server_address> routers_at(std::uint16_t port) {
  std::vector<sig::server_address> out;
  for (const auto& x : transports::default_routers())
    out.push_back(
        {x.with_port(port).to_string(), x.family() == transports::ip_family::v4
                                            ? sig::address_family::ipv4
                                            : sig::address_family::ipv6});
  return out;
}

} // namespace

result<void> add_paths(actors::upstream_setup& out, const upstream_config& x) {
  out.port = x.server.port;
  if (x.calls_default_router())
    out.gateways = [port = x.server.port] { return routers_at(port); };
  else
    out.host = x.server.host;
  if (!x.nat64_prefix.empty()) {
    auto nat64 = sig::parse_nat64(x.nat64_prefix);
    if (!nat64)
      return nat64.error();
    out.nat64 = *nat64;
  }
  auto table = sig::address_translation::make(x.translations);
  if (!table)
    return table.error();
  out.translation = std::move(*table);
  out.request_octets = request_octets(x);
  return {};
}

} // namespace tocsin::roles
