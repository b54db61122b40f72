// The one place that knows CAF's middleman (docs/adr/0008). Only libcaf_io:
// libcaf_openssl would bring OpenSSL into a process that has BoringSSL.
#include "roles/siblings.hpp"

#include "roles/version.hpp"
#include "transports/connection_probe.hpp"

#include <caf/io/all.hpp>

namespace tocsin::roles {

namespace {

/// While a sibling is called, how often it is looked whether it has answered.
constexpr std::chrono::milliseconds probe_interval{20};
/// For the kernel to connect: the middleman would wait for minutes.
constexpr std::chrono::seconds probe_patience{2};
/// For the middleman's own greeting.
constexpr std::chrono::seconds connect_patience{5};

using called = std::function<void(result<caf::strong_actor_ptr>)>;

/// One call: proves first, without blocking, that somebody listens, and then
/// lets the middleman connect, which blocks a thread of its own meanwhile.
/// Lives until the call is answered.
class caller_state {
public:
  static inline const char* name = "caller";

  void start(caf::stateful_actor<caller_state>* self, const endpoint& to,
             called done) {
    self_ = self;
    to_ = to;
    done_ = std::move(done);
    auto address = transports::socket_address::parse_host(to.host, to.port);
    if (!address)
      return finish(address.error());
    until_ = self->clock().now() + probe_patience;
    if (auto ok = probe_.start(*address); !ok)
      return finish(ok.error());
    self->delayed_send(self, probe_interval, atom::tick_v);
  }

  void look() {
    switch (probe_.look()) {
    case transports::connection_probe::state::pending:
      if (self_->clock().now() >= until_)
        return finish(fail(ec::timeout, to_.to_string(),
                           "nobody answers at " + to_.to_string()));
      self_->delayed_send(self_, probe_interval, atom::tick_v);
      return;
    case transports::connection_probe::state::failed:
      return finish(
          fail(ec::unavailable, to_.to_string(),
               "nobody listens at " + to_.to_string() + ": " + probe_.why()));
    case transports::connection_probe::state::open:
      return connect();
    }
  }

private:
  void connect() {
    probe_.close();
    self_
        ->request(self_->system().middleman().actor_handle(), connect_patience,
                  caf::connect_atom::value, to_.host, to_.port)
        .then(
            [this](const caf::node_id&, caf::strong_actor_ptr& door,
                   const std::set<std::string>&) {
              if (door)
                finish(std::move(door));
              else
                finish(fail(ec::unavailable, to_.to_string(),
                            "no node of Tocsin is at " + to_.to_string()));
            },
            [this](const caf::error& why) {
              finish(fail(ec::unavailable, to_.to_string(),
                          "no node of Tocsin answers at " + to_.to_string()
                              + " (" + self_->system().render(why) + ')'));
            });
  }

  void finish(result<caf::strong_actor_ptr> x) {
    done_(std::move(x));
    self_->quit();
  }

  caf::stateful_actor<caller_state>* self_ = nullptr;
  endpoint to_;
  called done_;
  time_point until_;
  transports::connection_probe probe_;
};

caf::behavior caller(caf::stateful_actor<caller_state>* self,
                     const endpoint& to, called done) {
  auto* state = &self->state;
  state->start(self, to, std::move(done));
  return {[state](atom::tick) { state->look(); }};
}

} // namespace

node_system_config::node_system_config(const config& what) {
  if (!what.siblings)
    return;
  load<caf::io::middleman>();
  set("middleman.app-identifiers", std::vector<std::string>{"tocsin"});
  // A connection whose other end is silent is ended, and what waits in it goes.
  set("middleman.heartbeat-interval", caf::timespan{std::chrono::seconds{2}});
  set("middleman.connection-timeout", caf::timespan{std::chrono::seconds{20}});
}

actors::siblings_setup siblings_of(const config& what, caf::actor_system& sys) {
  const auto& x = *what.siblings;
  actors::siblings_setup out;
  out.name = what.node.name;
  out.program = "tocsin " + std::string{version};
  out.redirect_time = static_cast<std::uint32_t>(x.redirect_time.count());
  for (const auto& one : x.peers) {
    actors::sibling_setup peer;
    peer.name = one.name;
    peer.address = one.address.to_string();
    peer.call = [&sys, to = one.address](called done) {
      sys.spawn(caller, to, std::move(done));
    };
    if (!one.alt_server.empty()) {
      peer.where.emplace();
      peer.where->alt_server = one.alt_server;
      for (const auto& address : one.addresses)
        peer.where->alt_server_records.push_back(address.address_string());
    }
    out.peers.push_back(std::move(peer));
  }
  return out;
}

result<caf::actor> open_sibling_door(const siblings_config& x,
                                     caf::actor_system& sys,
                                     const actors::supervisor_actor& home) {
  auto door = sys.spawn(actors::sibling_door, home);
  auto port =
      sys.middleman().publish(door, x.listen.port, x.listen.host.c_str(), true);
  if (port)
    return door;
  caf::anon_send_exit(door, caf::exit_reason::user_shutdown);
  return fail(ec::io, x.listen.to_string(),
              "siblings cannot call here (" + sys.render(port.error())
                  + "): is the address this machine's, and the port free?");
}

} // namespace tocsin::roles
