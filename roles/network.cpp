#include "roles/network.hpp"

#include "transports/crypto/digest.hpp"

#include <spdlog/spdlog.h>

namespace tocsin::roles {

namespace {

using actors::session_actor;
using transports::reactor;

/// Turns of actors in one turn of a reactor; what is left runs in the next, so
/// that a busy actor cannot keep datagrams waiting.
constexpr std::size_t turns_per_turn = 4096;

/// Peers with a real address could otherwise hold a place among the handshakes
/// in progress for the minute that a client may take.
constexpr std::chrono::seconds handshake_limit{15};

/// Datagrams of an association as messages to its SESSION.
class session_port final : public transports::association_handler {
public:
  explicit session_port(session_actor to) : to_{std::move(to)} {}

  void on_datagram(byte_view datagram) override {
    caf::anon_send(to_, atom::packet_v,
                   bytes(datagram.begin(), datagram.end()));
  }

  void on_evicted() override { caf::anon_send(to_, atom::gone_v); }

private:
  session_actor to_;
};

std::uint64_t random_number() {
  std::array<std::uint8_t, 8> octets;
  transports::crypto::fill_random(octets);
  std::uint64_t x = 0;
  for (auto octet : octets)
    x = x << 8 | octet;
  return x;
}

void attach(actors::session_setup& setup, reactor& where,
            transports::association id) {
  setup.send = [&where, id](byte_view datagram) { where.send(id, datagram); };
  setup.established = [&where, id] { where.handshake_done(id); };
  setup.forget = [&where, id] { where.remove(id); };
}

} // namespace

network::shard::shard(caf::actor_system& system,
                      const transports::reactor_limits& limits)
    : reactor{limits}, home{system, [this] { reactor.post([] {}); }} {
  reactor.set_turn_hook([this] {
    if (!home.run(turns_per_turn))
      reactor.post([] {}); // come back soon
  });
}

void network::shard::close(transports::socket_id socket) {
  reactor.close(socket);
  std::erase(sockets, socket);
}

/// Evicts every SESSION, and lets them end here: they own timers of this
/// reactor, which must not be touched once it is gone.
void network::shard::close_all() {
  for (auto socket : sockets)
    reactor.close(socket);
  sockets.clear();
  while (!home.run(turns_per_turn)) {
  }
}

network::network(caf::actor_system& system, std::uint32_t reactors,
                 const transports::reactor_limits& limits)
    : system_{system} {
  for (std::uint32_t i = 0; i < std::max(reactors, 1u); ++i)
    shards_.push_back(std::make_unique<shard>(system, limits));
}

network::~network() {
  stop();
}

result<void>
network::listen(const std::vector<transports::socket_address>& addresses,
                server_sessions what) {
  auto common = std::make_shared<const server_sessions>(std::move(what));
  for (auto& where : shards_) {
    auto accept = [this, common,
                   here = where.get()](const transports::new_peer& peer)
        -> std::shared_ptr<transports::association_handler> {
      if (refusing_)
        return nullptr;
      transports::dtls_options options;
      options.handshake_limit = handshake_limit;
      auto dtls = transports::dtls_association::server(
          common->credentials, peer.prestate, options, here->reactor.now());
      if (!dtls) {
        spdlog::error("no association for {}: {}", peer.peer.to_string(),
                      to_string(dtls.error()));
        return nullptr;
      }
      auto setup = std::make_shared<actors::session_setup>();
      setup->id = next_id_++;
      setup->server = true;
      setup->address = peer.peer.to_string();
      setup->where = &here->home;
      setup->reactor = &here->reactor;
      setup->security = std::move(*dtls);
      setup->owner = common->supervisor;
      setup->directory = common->supervisor;
      setup->customers = common->customers;
      setup->policy = common->policy;
      setup->clock = common->clock;
      setup->random = random_number;
      attach(*setup, here->reactor, peer.id);
      return std::make_shared<session_port>(
          system_.spawn<actors::session, caf::lazy_init>(setup));
    };
    for (const auto& address : addresses) {
      auto socket = where->reactor.listen(address, accept);
      if (!socket)
        return socket.error();
      where->sockets.push_back(*socket);
    }
  }
  return {};
}

actors::session_opener network::opener(upstream_sessions what) {
  auto common = std::make_shared<const upstream_sessions>(std::move(what));
  return [this, common](std::uint64_t id, const actors::session_target& where,
                        actors::session_owner_actor owner) {
    return open_session(*common, id, where, std::move(owner));
  };
}

result<caf::strong_actor_ptr>
network::open_session(const upstream_sessions& what, std::uint64_t id,
                      const actors::session_target& where,
                      actors::session_owner_actor owner) {
  auto peer = transports::socket_address::parse(where.address);
  if (!peer)
    return peer.error();
  auto dtls = transports::dtls_association::client(
      what.credentials,
      where.server_name.empty() ? what.server_name : where.server_name, {},
      std::chrono::steady_clock::now());
  if (!dtls)
    return dtls.error();
  auto& here = *shards_[next_shard_++ % shards_.size()];
  auto setup = std::make_shared<actors::session_setup>();
  setup->id = id;
  setup->peer = what.name;
  setup->address = where.address;
  setup->where = &here.home;
  setup->reactor = &here.reactor;
  setup->security = std::move(*dtls);
  setup->owner = std::move(owner);
  setup->policy = what.policy;
  setup->wishes = what.wishes;
  setup->clock = what.clock;
  setup->random = random_number;
  auto handle = system_.spawn<actors::session, caf::lazy_init>(setup);
  auto source = what.source && what.source->family() == peer->family()
                    ? *what.source
                : peer->family() == transports::ip_family::v4
                    ? transports::socket_address::v4({}, 0)
                    : transports::socket_address::v6({}, 0);
  // The SESSION has had no message yet, so its setup may still be completed.
  here.reactor.post([&here, setup, handle, source, to = *peer] {
    setup->send = [](byte_view) {};
    setup->established = [] {};
    setup->forget = [] {};
    auto socket = here.reactor.open(source);
    if (!socket) {
      caf::anon_send(handle, atom::finish_v, to_string(socket.error()));
      return;
    }
    here.sockets.push_back(*socket);
    auto added =
        here.reactor.add(*socket, to, std::make_shared<session_port>(handle));
    if (!added) {
      here.close(*socket);
      caf::anon_send(handle, atom::finish_v, to_string(added.error()));
      return;
    }
    attach(*setup, here.reactor, *added);
    setup->forget = [&here, id = *added, socket = *socket] {
      here.reactor.remove(id);
      // Not before the goodbye was sent at the end of this turn.
      here.reactor.post([&here, socket] { here.close(socket); });
    };
    caf::anon_send(handle, atom::tick_v);
  });
  return caf::actor_cast<caf::strong_actor_ptr>(handle);
}

void network::start() {
  running_ = true;
  for (auto& x : shards_)
    x->thread = std::thread{[here = x.get()] { here->reactor.run(); }};
}

void network::stop() {
  if (!running_)
    return;
  running_ = false;
  for (auto& x : shards_)
    x->reactor.post([here = x.get()] {
      here->close_all();
      here->reactor.stop();
    });
  for (auto& x : shards_)
    x->thread.join();
}

} // namespace tocsin::roles
