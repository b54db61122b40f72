// The way of datagrams and streams, and the sessions at its ends.
#include "tests/sim/network.hpp"
#include "protocol/coap/stream_endpoint.hpp"

#include <spdlog/fmt/fmt.h>

namespace tocsin::sim {

using actors::session_actor;

namespace {

std::size_t index(way x) {
  return static_cast<std::size_t>(x);
}

way back(way x) {
  return x == way::to_server ? way::to_client : way::to_server;
}

std::uint32_t digest(byte_view x) {
  std::uint32_t h = 0x811C9DC5u;
  for (auto octet : x)
    h = (h ^ octet) * 0x01000193u;
  return h;
}

constexpr std::size_t length_field = 2; // of a record in a stream

} // namespace

actors::session_opener network::opener(client_door door) {
  return [this, door](std::uint64_t id, const actors::session_target& where,
                      actors::session_owner_actor owner)
             -> result<caf::strong_actor_ptr> {
    auto host =
        door.host.empty() ? fmt::format("10.0.{}.1", door.client) : door.host;
    auto at = fmt::format("{}:{}", host, next_port_++);
    bool stream = where.way == actors::session_target::transport::tcp;
    auto setup = std::make_shared<actors::session_setup>();
    setup->id = id;
    setup->peer = door.upstream;
    setup->address = where.address;
    fake_association::settings security;
    security.reliable = stream;
    security.name = door.identity;
    security.nonce = world_.chance().next() | 1;
    security.born = world_.now();
    setup->security = std::make_unique<fake_association>(security);
    setup->owner = std::move(owner);
    setup->policy = door.policy;
    setup->wishes = door.wishes;
    setup->clock = world_.clock();
    setup->random = [this] { return world_.chance().next(); };
    setup->send = [this, at](byte_view x) { send(at, way::to_server, x); };
    setup->established = [this, at] { world_.note("up at the client: " + at); };
    setup->forget = [this, at] { client_ended(at); };
    auto handle = world_.system().spawn<actors::session, caf::lazy_init>(setup);
    clients_[at] = {door.client, handle, stream, false, {}};
    owner_[at] = door.client;
    if (stream)
      streams_.insert(at);
    world_.note("session from " + at + (stream ? " over tcp" : ""));
    caf::anon_send(handle, atom::tick_v);
    return caf::actor_cast<caf::strong_actor_ptr>(handle);
  };
}

void network::send(const address& at, way where, byte_view octets) {
  ++datagrams_;
  auto who = owner_.at(at);
  auto& path = paths_[who];
  auto now = world_.now();
  bytes copy(octets.begin(), octets.end());
  if (world_.tracing())
    world_.print(fmt::format(
        "{} {} {} {}", at, where == way::to_server ? "->" : "<-", octets.size(),
        static_cast<char>(octets[reliable(at) ? 2 : 0])));
  if (reliable(at)) {
    auto i = clients_.find(at);
    if (i == clients_.end())
      return reset(at, back(where), "connection reset by peer");
    auto& latest = i->second.arrives[index(where)];
    latest = std::max(latest,
                      now + path.carry_reliably(where, now, world_.chance()));
    world_.at(latest,
              [this, at, where, copy, now] { deliver(at, where, copy, now); });
    return;
  }
  for (auto takes : path.carry(where, now, world_.chance()))
    world_.after(
        takes, [this, at, where, copy, now] { deliver(at, where, copy, now); });
}

void network::deliver(const address& at, way where, const bytes& octets,
                      time_point sent) {
  auto sum = digest(octets);
  world_.stir(static_cast<std::uint64_t>(world_.elapsed().count()));
  world_.stir(sum);
  if (world_.tracing())
    world_.print(
        fmt::format("{} {} {} {:08x}", at,
                    where == way::to_server ? "=>" : "<=", octets.size(), sum));
  if (where == way::to_server)
    to_server(at, owner_.at(at), octets, sent);
  else
    to_client(at, octets);
}

void network::to_server(const address& at, std::size_t client,
                        const bytes& octets, time_point sent) {
  auto i = servers_.find(at);
  if (i == servers_.end()) {
    auto inner = byte_view{octets}.subspan(reliable(at) ? length_field : 0);
    if (!door_ || refusing_ || !is_hello(inner)) {
      if (reliable(at))
        reset(at, way::to_client, "connection refused");
      return;
    }
    spawn_server_end(at, client);
    i = servers_.find(at);
  }
  auto skipped = reliable(at) ? length_field : 0;
  note_heard(i->second, byte_view{octets}.subspan(skipped), sent);
  caf::anon_send(i->second.handle, atom::packet_v, octets);
}

/// Only what proves the peer alive counts: records with the key, and of those
/// that arrive twice the first. Records of a stream travel one by one here.
void network::note_heard(server_end& x, byte_view octets, time_point sent) {
  auto kind = kind_of(octets);
  if (kind == record::goodbye)
    x.ended_by_peer = true;
  if (kind != record::data || !x.records.insert(number_of(octets)).second)
    return;
  wake(x.client);
  x.heard = world_.now();
  auto& last = said_[x.client];
  last = std::max(last.value_or(sent), sent);
}

/// It is heard: this may end a silence that was long enough.
void network::wake(std::size_t client) {
  if (world_.now() - silent_since(client) >= limit())
    woke_[client] = world_.now();
}

void network::to_client(const address& at, const bytes& octets) {
  auto i = clients_.find(at);
  if (i != clients_.end())
    caf::anon_send(i->second.handle, atom::packet_v, octets);
  else if (reliable(at))
    reset(at, way::to_server, "connection reset by peer");
}

/// The end of a stream reaches the other side.
void network::reset(const address& at, way where, const std::string& why) {
  auto takes = paths_[owner_.at(at)].carry_reliably(where, world_.now(),
                                                    world_.chance());
  world_.after(takes, [this, at, where, why] {
    // As the real table of streams does: it lets go first, and the session
    // does not ask it to again.
    if (where == way::to_client) {
      if (auto x = clients_.extract(at); !x.empty())
        caf::anon_send(x.mapped().handle, atom::gone_v, why);
    } else if (auto x = servers_.extract(at); !x.empty()) {
      remember(x.mapped());
      if (x.mapped().up)
        ended_[x.mapped().client] = world_.now();
      caf::anon_send(x.mapped().handle, atom::gone_v, why);
    }
  });
}

void network::spawn_server_end(const address& at, std::size_t client) {
  auto setup = std::make_shared<actors::session_setup>();
  setup->id = next_id_++;
  setup->server = true;
  setup->address = at;
  fake_association::settings security;
  security.server = true;
  security.reliable = reliable(at);
  security.name = "dots.example";
  security.nonce = world_.chance().next() | 1;
  security.born = world_.now();
  setup->security = std::make_unique<fake_association>(security);
  setup->owner = door_->root;
  setup->directory = door_->root;
  setup->customers = door_->customers;
  setup->policy = door_->policy;
  setup->clock = world_.clock();
  setup->random = [this] { return world_.chance().next(); };
  setup->send = [this, at](byte_view x) { send(at, way::to_client, x); };
  setup->established = [this, at] {
    world_.note("up at " + place_ + ": " + at);
    auto& x = servers_.at(at);
    wake(x.client);
    x.up = x.heard = world_.now();
  };
  setup->forget = [this, at] { server_ended(at); };
  auto handle = world_.system().spawn<actors::session, caf::lazy_init>(setup);
  servers_[at] = {client, handle, {}, world_.now(), false, false};
}

void network::server_ended(const address& at) {
  auto node = servers_.extract(at);
  if (node.empty())
    return;
  world_.note("ended at " + place_ + ": " + at);
  remember(node.mapped());
  if (!judge_end(node.mapped(), reliable(at)) && node.mapped().up)
    ended_[node.mapped().client] = world_.now();
  if (reliable(at))
    reset(at, way::to_client, "closed by the peer");
}

void network::remember(const server_end& x) {
  if (x.up)
    gone_[x.client] = std::max(gone_[x.client].value_or(time_point{}), x.heard);
}

void network::client_ended(const address& at) {
  if (clients_.erase(at) == 0)
    return;
  world_.note("ended at the client: " + at);
  if (!reliable(at))
    return;
  // A stream ends by a Release (RFC 8323, Section 5.5), which the server obeys
  // before the goodbye or the reset arrives.
  if (auto i = servers_.find(at); i != servers_.end())
    i->second.ended_by_peer = true;
  reset(at, way::to_server, "closed by the peer");
}

void network::violate(const std::string& what) {
  world_.violate(place_ == "the server" ? what : place_ + ": " + what);
}

/// A session that ends by the server's own decision was lost: then the silence
/// must have lasted as long as it has to, and no longer than one heartbeat more
/// (RFC 9132, Section 4.7). False: it ended otherwise.
bool network::judge_end(const server_end& x, bool reliable) {
  if (!x.up || x.ended_by_peer || refusing_)
    return false;
  // A stream without the peer's CSM in time is aborted: it was no session yet.
  if (reliable && world_.now() - *x.up <= protocol::coap::csm_timeout)
    return false;
  ++lost_sessions_;
  auto silence = world_.now() - x.heard;
  if (silence < limit())
    violate("a session was lost after " + to_text(silence)
            + " of silence instead of " + to_text(limit()));
  else if (silence > limit() + heartbeats_.interval)
    violate("a session was lost only after " + to_text(silence)
            + " of silence; the limit is " + to_text(limit()));
  return true;
}

void network::look_for_overdue() {
  for (auto& [at, x] : servers_) {
    auto silence = world_.now() - x.heard;
    if (x.up && !x.reported && silence > limit() + heartbeats_.interval) {
      x.reported = true;
      violate("the session with " + at + " goes on after " + to_text(silence)
              + " of silence");
    }
  }
}

std::optional<time_point> network::heard(std::size_t client) const {
  auto last = gone_[client];
  for (const auto& [_, x] : servers_)
    if (x.client == client && x.up)
      last = std::max(last.value_or(x.heard), x.heard);
  return last;
}

time_point network::silent_since(std::size_t client) const {
  return heard(client).value_or(opened_);
}

time_point network::counted_since(std::size_t client) const {
  return std::max(silent_since(client), ended_[client]);
}

std::size_t network::client_sessions(std::size_t client) const {
  std::size_t n = 0;
  for (const auto& [_, x] : clients_)
    n += x.client == client;
  return n;
}

void network::refuse_newcomers() {
  refusing_ = true;
}

void network::drop_server() {
  door_.reset();
  refusing_ = false;
  for (auto& [_, x] : servers_)
    world_.kill(caf::actor_cast<caf::actor>(x.handle));
  servers_.clear();
  for (auto& x : gone_)
    x.reset();
}

void network::drop_client(std::size_t client) {
  std::erase_if(clients_, [&](auto& x) {
    if (x.second.client != client)
      return false;
    world_.kill(caf::actor_cast<caf::actor>(x.second.handle));
    return true;
  });
}

void network::heal(bool well) {
  for (auto& x : paths_)
    x = x.healed(well);
}

} // namespace tocsin::sim
