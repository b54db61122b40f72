// The network: listening sockets and connections of the data channel.
#include "actors/data_link.hpp"
#include "roles/network.hpp"
#include "transports/tls.hpp"

#include <spdlog/spdlog.h>

namespace tocsin::roles {

namespace {

/// As on the signal channel: a place among the handshakes is not held longer.
constexpr std::chrono::seconds handshake_limit{15};

} // namespace

transports::stream_accept_function network::accept_data(shard& here,
                                                        data_ptr common) {
  return [this, common, &here](const transports::new_stream& peer)
             -> std::shared_ptr<transports::stream_handler> {
    if (refusing_)
      return nullptr;
    transports::tls_options options;
    options.handshake_limit = handshake_limit;
    options.resumption.tickets = common->tickets;
    options.alpn = transports::http_alpn;
    // Many HTTP clients offer no ALPN; HTTP/1.1 is what that means.
    options.require_alpn = false;
    auto tls = transports::tls_association::server(common->credentials, options,
                                                   here.reactor.now());
    if (!tls) {
      spdlog::error("no data channel for {}: {}", peer.peer.to_string(),
                    to_string(tls.error()));
      return nullptr;
    }
    auto setup = std::make_shared<actors::data_session_setup>();
    setup->id = next_id_++;
    setup->address = peer.peer.to_string();
    setup->where = &here.home;
    setup->security = std::move(*tls);
    setup->owner = common->owner;
    setup->customers = common->customers;
    setup->limits = common->limits;
    setup->admission = common->admission;
    setup->clock = common->clock;
    attach(*setup, here.reactor, peer.id);
    actors::data_session_actor session =
        system_.spawn<actors::data_session, caf::lazy_init>(setup);
    caf::anon_send(session, atom::tick_v); // its time limit begins
    return actors::make_port(std::move(session));
  };
}

result<void>
network::listen_data(const std::vector<transports::socket_address>& where,
                     data_sessions what) {
  auto common = std::make_shared<const data_sessions>(std::move(what));
  for (auto& here : shards_)
    for (const auto& address : where) {
      auto socket =
          here->reactor.listen_stream(address, accept_data(*here, common));
      if (!socket)
        return socket.error();
      here->sockets.push_back(*socket);
    }
  return {};
}

} // namespace tocsin::roles
