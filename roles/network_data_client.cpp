// The reactors of a node: DATA CLIENTs.
#include "roles/network.hpp"

#include "actors/data_link.hpp"
#include "transports/tls.hpp"

namespace tocsin::roles {

namespace {

using actors::data_client_setup;
using association = result<std::unique_ptr<transports::secure_association>>;

/// A TLS client of the data channel. A server that knows no ALPN is taken: the
/// certificate says who it is. No early data is ever sent (RFC 8040, Section
/// 12).
association secure(const data_upstream_sessions& what, time_point now) {
  transports::tls_options options;
  options.alpn = transports::http_alpn;
  options.require_alpn = false;
  options.resumption.cache = what.resumable;
  options.resumption.key = what.name + ' ' + what.server_name + " https";
  auto x = transports::tls_association::client(what.credentials,
                                               what.server_name, options, now);
  if (!x)
    return x.error();
  return std::unique_ptr<transports::secure_association>{*std::move(x)};
}

/// What requests name: the server as its certificate does.
std::string host_field(const data_upstream_sessions& what) {
  return what.port == 443 ? what.server_name
                          : what.server_name + ':' + std::to_string(what.port);
}

} // namespace

/// Remembers who has to go before the reactor does.
void network::shard::keep(const actors::data_client_actor& client) {
  std::erase_if(data_clients, [](const auto& x) { return !x.lock(); });
  data_clients.push_back(caf::actor_cast<caf::weak_actor_ptr>(client));
}

/// They own timers of this reactor, with and without a connection.
void network::shard::end_data_clients() {
  for (const auto& x : data_clients)
    if (auto client = x.lock())
      caf::anon_send(caf::actor_cast<actors::data_client_actor>(client),
                     atom::finish_v);
  data_clients.clear();
}

std::function<
    result<actors::data_client_actor>(const actors::resolver_actor& names)>
network::data_opener(data_upstream_sessions what) {
  auto common = std::make_shared<const data_upstream_sessions>(std::move(what));
  return [this, common](const actors::resolver_actor& names)
             -> result<actors::data_client_actor> {
    auto& here = *shards_[next_shard_++ % shards_.size()];
    auto setup = std::make_shared<data_client_setup>();
    setup->id = next_id_++;
    setup->name = common->name;
    setup->servers = {{common->host, common->port}};
    setup->host = host_field(*common);
    setup->where = &here.home;
    setup->reactor = &here.reactor;
    setup->resolver = names;
    setup->secure = [common](time_point now) { return secure(*common, now); };
    setup->connect =
        actors::connect_from(here.reactor, common->source, common->interface);
    actors::data_client_actor client =
        system_.spawn<actors::data_client, caf::lazy_init>(setup);
    here.reactor.post([&here, client] { here.keep(client); });
    return client;
  };
}

} // namespace tocsin::roles
