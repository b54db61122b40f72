#include "roles/network.hpp"

#include "transports/crypto/digest.hpp"
#include "transports/dtls.hpp"
#include "transports/tls.hpp"

#include <spdlog/spdlog.h>

namespace tocsin::roles {

namespace {

using actors::session_actor;
using actors::session_setup;
using transports::reactor;
using transports::secure_association;
using transports::socket_address;
using association_result = result<std::unique_ptr<secure_association>>;

/// Turns of actors in one turn of a reactor; what is left runs in the next, so
/// that a busy actor cannot keep datagrams waiting.
constexpr std::size_t turns_per_turn = 4096;

/// Peers with a real address could otherwise hold a place among the handshakes
/// in progress for the minute that a client may take.
constexpr std::chrono::seconds handshake_limit{15};

/// Datagrams of an association for its SESSION, which lives on the thread of
/// the reactor.
class session_port final : public transports::association_handler {
public:
  explicit session_port(session_actor to) : to_{std::move(to)} {}

  void on_datagram(byte_view datagram) override {
    auto* actor = caf::actor_cast<caf::abstract_actor*>(to_);
    static_cast<actors::session*>(actor)->take(datagram);
  }

  void on_evicted() override { caf::anon_send(to_, atom::gone_v); }

private:
  session_actor to_;
};

/// The stream of a connection as messages to its SESSION.
class stream_port final : public transports::stream_handler {
public:
  explicit stream_port(session_actor to) : to_{std::move(to)} {}

  void on_connected() override { caf::anon_send(to_, atom::tick_v); }

  void on_octets(byte_view octets) override {
    caf::anon_send(to_, atom::packet_v, bytes(octets.begin(), octets.end()));
  }

  void on_closed(const std::string& why) override {
    caf::anon_send(to_, atom::gone_v, why);
  }

  void on_evicted() override {
    caf::anon_send(to_, atom::gone_v, std::string{"the node shuts down"});
  }

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

void attach(session_setup& setup, reactor& where, transports::association id) {
  setup.send = [&where, id](byte_view datagram) { where.send(id, datagram); };
  setup.established = [&where, id] { where.handshake_done(id); };
  setup.forget = [&where, id] { where.remove(id); };
}

void attach(session_setup& setup, reactor& where, transports::connection id) {
  setup.send = [&where, id](byte_view octets) {
    where.send_stream(id, octets);
  };
  setup.established = [&where, id] { where.handshake_done(id); };
  setup.forget = [&where, id] { where.close_stream(id, true); };
}

template <class T>
association_result widen(result<std::unique_ptr<T>> x) {
  if (!x)
    return x.error();
  return std::unique_ptr<secure_association>{std::move(*x)};
}

association_result call(const upstream_sessions& what,
                        const actors::session_target& where,
                        transports::ip_family family) {
  const auto& name =
      where.server_name.empty() ? what.server_name : where.server_name;
  auto now = std::chrono::steady_clock::now();
  bool is_udp = where.way == actors::session_target::transport::udp;
  transports::resumption_options resumption;
  resumption.cache = what.resumable;
  resumption.key = what.name + ' ' + name + (is_udp ? " udp" : " tcp");
  if (is_udp) {
    transports::dtls_options options;
    options.mtu = family == transports::ip_family::v4 ? what.ipv4_datagram
                                                      : what.ipv6_datagram;
    options.resumption = std::move(resumption);
    return widen(transports::dtls_association::client(what.credentials, name,
                                                      options, now));
  }
  transports::tls_options options;
  options.resumption = std::move(resumption);
  return widen(transports::tls_association::client(what.credentials, name,
                                                   options, now));
}

socket_address any_address(transports::ip_family family) {
  return family == transports::ip_family::v4 ? socket_address::v4({}, 0)
                                             : socket_address::v6({}, 0);
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
  end_data_clients();
  reactor.close_all();
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

network::setup_ptr network::server_setup(shard& here,
                                         const server_sessions& common,
                                         const socket_address& peer) {
  auto setup = std::make_shared<session_setup>();
  setup->id = next_id_++;
  setup->server = true;
  setup->address = peer.to_string();
  setup->where = &here.home;
  setup->reactor = &here.reactor;
  setup->owner = common.supervisor;
  setup->directory = common.supervisor;
  setup->customers = common.customers;
  setup->policy = common.policy;
  setup->clock = common.clock;
  setup->random = random_number;
  return setup;
}

session_actor network::spawn(const setup_ptr& setup) {
  return system_.spawn<actors::session, caf::lazy_init>(setup);
}

transports::accept_function network::accept_udp(shard& here,
                                                common_ptr common) {
  return [this, common, &here](const transports::new_peer& peer)
             -> std::shared_ptr<transports::association_handler> {
    if (refusing_)
      return nullptr;
    transports::dtls_options options;
    options.handshake_limit = handshake_limit;
    options.resumption.tickets = common->tickets;
    auto dtls = transports::dtls_association::server(
        common->credentials, peer.prestate, options, here.reactor.now());
    if (!dtls) {
      spdlog::error("no association for {}: {}", peer.peer.to_string(),
                    to_string(dtls.error()));
      return nullptr;
    }
    auto setup = server_setup(here, *common, peer.peer);
    setup->security = std::move(*dtls);
    attach(*setup, here.reactor, peer.id);
    return std::make_shared<session_port>(spawn(setup));
  };
}

transports::stream_accept_function network::accept_tcp(shard& here,
                                                       common_ptr common) {
  return [this, common, &here](const transports::new_stream& peer)
             -> std::shared_ptr<transports::stream_handler> {
    if (refusing_)
      return nullptr;
    transports::tls_options options;
    options.handshake_limit = handshake_limit;
    options.resumption.tickets = common->tickets;
    options.require_alpn = common->require_alpn;
    auto tls = transports::tls_association::server(common->credentials, options,
                                                   here.reactor.now());
    if (!tls) {
      spdlog::error("no association for {}: {}", peer.peer.to_string(),
                    to_string(tls.error()));
      return nullptr;
    }
    auto setup = server_setup(here, *common, peer.peer);
    setup->security = std::move(*tls);
    attach(*setup, here.reactor, peer.id);
    auto handle = spawn(setup);
    caf::anon_send(handle, atom::tick_v); // its time limit begins
    return std::make_shared<stream_port>(std::move(handle));
  };
}

result<void> network::listen(const listen_addresses& where,
                             server_sessions what) {
  auto common = std::make_shared<const server_sessions>(std::move(what));
  for (auto& here : shards_) {
    for (const auto& address : where.udp) {
      auto socket = here->reactor.listen(address, accept_udp(*here, common));
      if (!socket)
        return socket.error();
      here->sockets.push_back(*socket);
    }
    for (const auto& address : where.tcp) {
      auto socket =
          here->reactor.listen_stream(address, accept_tcp(*here, common));
      if (!socket)
        return socket.error();
      here->sockets.push_back(*socket);
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
  auto peer = socket_address::parse(where.address);
  if (!peer)
    return peer.error();
  auto security = call(what, where, peer->family());
  if (!security)
    return security.error();
  auto& here = *shards_[next_shard_++ % shards_.size()];
  auto setup = std::make_shared<session_setup>();
  setup->id = id;
  setup->peer = what.name;
  setup->address = where.address;
  setup->where = &here.home;
  setup->reactor = &here.reactor;
  setup->security = std::move(*security);
  setup->owner = std::move(owner);
  setup->policy = what.policy;
  setup->wishes = what.wishes;
  if (where.server_name.empty()) // else the path is to another server
    setup->path = what.path;
  setup->clock = what.clock;
  setup->random = random_number;
  auto handle = spawn(setup);
  auto source = what.source && what.source->family() == peer->family()
                    ? *what.source
                    : any_address(peer->family());
  bool is_udp = where.way == actors::session_target::transport::udp;
  // The SESSION has had no message yet, so its setup may still be completed.
  here.reactor.post([&here, setup, handle, source, is_udp, to = *peer,
                     interface = what.interface] {
    setup->send = [](byte_view) {};
    setup->established = [] {};
    setup->forget = [] {};
    auto give_up = [&handle](const failure& why) {
      caf::anon_send(handle, atom::finish_v, to_string(why));
    };
    if (!is_udp) {
      auto opened = here.reactor.connect_stream(
          source, to, std::make_shared<stream_port>(handle), interface);
      if (!opened)
        return give_up(opened.error());
      attach(*setup, here.reactor, *opened);
      caf::anon_send(handle, atom::tick_v);
      return;
    }
    auto socket = here.reactor.open(source, interface);
    if (!socket)
      return give_up(socket.error());
    here.sockets.push_back(*socket);
    auto added =
        here.reactor.add(*socket, to, std::make_shared<session_port>(handle));
    if (!added) {
      here.close(*socket);
      return give_up(added.error());
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
