// SUPERVISOR: UPSTREAMs, and the RELAYs that ask them.
#include "actors/supervisor.hpp"

#include "actors/relay_group.hpp"
#include "actors/rules.hpp"
#include "transports/crypto/digest.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace {

/// Reading a large store.
constexpr std::chrono::minutes load_patience{10};

/// For close_notify to leave.
constexpr std::chrono::milliseconds goodbye{300};

} // namespace

void supervisor_state::spawn_upstream(std::size_t index) {
  auto setup = std::make_shared<upstream_setup>(setup_.upstreams[index]);
  setup->keeper = keeper_;
  setup->resolver = resolver_of(setup->names);
  setup->clock = setup_.clock;
  upstreams_[index] = self_->spawn(upstream, std::move(setup));
  watch(caf::actor_cast<caf::actor>(upstreams_[index]));
}

/// RFC 9284, Section 4.1: names of a network are asked of its DNS servers.
resolver_actor
supervisor_state::resolver_of(const transports::name_servers& network) {
  if (network.servers.empty())
    return resolver_;
  for (const auto& [known, handle] : resolvers_)
    if (known == network)
      return handle;
  auto handle = self_->spawn(resolver, setup_.names, network);
  watch(caf::actor_cast<caf::actor>(handle));
  resolvers_.emplace_back(network, handle);
  return handle;
}

std::optional<std::size_t>
supervisor_state::upstream_index(const std::string& wanted) const {
  auto i = std::ranges::find(setup_.upstreams, wanted, &upstream_setup::name);
  if (i == setup_.upstreams.end())
    return std::nullopt;
  return static_cast<std::size_t>(i - setup_.upstreams.begin());
}

mitigator_actor supervisor_state::spawn_relay(const mitigator_setup& x) {
  if (x.upstreams.size() == 1 && x.manner == relay_manner::all) {
    relay_setup setup;
    setup.name = x.name;
    setup.upstream = x.upstreams.front();
    setup.lifetime = x.relay_lifetime;
    setup.on_health = x.on_health;
    if (auto i = upstream_index(x.upstreams.front()))
      setup.server = upstreams_[*i];
    return self_->spawn(relay, std::move(setup));
  }
  relay_group_setup setup;
  setup.name = x.name;
  setup.manner = x.manner;
  setup.lifetime = x.relay_lifetime;
  setup.on_health = x.on_health;
  for (const auto& server : x.upstreams)
    if (auto i = upstream_index(server))
      setup.servers.push_back(
          {server, upstreams_[*i], setup_.upstreams[*i].prefixes});
  if (x.manner == relay_manner::per_client) {
    auto home = caf::actor_cast<supervisor_actor>(self_);
    setup.clients = {x.upstreams.front(),
                     [home](const std::string& which, const std::string& cdid) {
                       caf::anon_send(home, atom::opened_v, which, cdid);
                     },
                     [home](const std::string& which) {
                       caf::anon_send(home, atom::gone_v, which);
                     }};
  }
  return self_->spawn(relay_group, std::move(setup));
}

/// UPSTREAMs of a gateway's clients are made after a pattern when they are
/// wanted.
void supervisor_state::set_patterns_apart() {
  for (auto& x : setup_.upstreams)
    if (x.per_client)
      patterns_[x.name] = x;
  std::erase_if(setup_.upstreams, [](const auto& x) { return x.per_client; });
}

/// Those which have something stored are started with the node: what nobody
/// wants any more has to be withdrawn.
void supervisor_state::restore_client_upstreams(const storage::snapshot& all) {
  for (const auto& x : all.mitigations)
    if (patterns_.contains(server_of_upstream(x.key.customer))
        && !upstream_index(x.key.customer))
      add_client_upstream(x.key.customer, x.cdid);
}

void supervisor_state::introduce_client_upstreams() {
  for (const auto& x : setup_.upstreams)
    if (x.name.find('/') != x.name.npos)
      tell_relays(x.name);
}

void supervisor_state::add_client_upstream(const std::string& which,
                                           const std::string& cdid) {
  auto setup = patterns_.at(server_of_upstream(which));
  setup.name = which;
  setup.per_client = false;
  setup.cuid = transports::crypto::cuid_of(
      transports::crypto::sha256(as_octets(which + ' ' + setup.cuid)));
  if (setup.name_clients)
    setup.cdid = cdid;
  setup_.upstreams.push_back(std::move(setup));
  upstreams_.emplace_back();
  spawn_upstream(upstreams_.size() - 1);
}

void supervisor_state::open_client_upstream(const std::string& which,
                                            const std::string& cdid) {
  if (finishing_ || !patterns_.contains(server_of_upstream(which)))
    return;
  if (upstream_index(which))
    return tell_relays(which);
  add_client_upstream(which, cdid);
  load_upstream(which);
}

void supervisor_state::close_client_upstream(const std::string& which) {
  auto i = upstream_index(which);
  if (!i)
    return;
  auto handle = upstreams_[*i];
  auto at = static_cast<std::ptrdiff_t>(*i);
  upstreams_.erase(upstreams_.begin() + at);
  setup_.upstreams.erase(setup_.upstreams.begin() + at);
  self_->demonitor(handle.address());
  self_->send(handle, atom::finish_v);
  caf::delayed_anon_send(
      caf::actor_cast<caf::actor>(handle), goodbye,
      caf::exit_msg{self_->address(), caf::exit_reason::user_shutdown});
}

/// Everything that is wanted for the customer is asked of other servers.
bool supervisor_state::is_gateway_for(const std::string& customer) const {
  bool any = false;
  for (std::size_t i = 0; i < mitigators_.size(); ++i) {
    if (!serves(i, customer))
      continue;
    any = true;
    if (setup_.mitigators[i].upstreams.empty() || setup_.mitigators[i].when)
      return false;
  }
  return any;
}

bool supervisor_state::answers_end_to_end(const std::string& customer) const {
  for (std::size_t i = 0; i < mitigators_.size(); ++i)
    if (serves(i, customer) && !setup_.mitigators[i].end_to_end)
      return false;
  return true;
}

/// True if it was one.
bool supervisor_state::restart_upstream(const caf::actor_addr& dead) {
  auto i = std::ranges::find_if(
      upstreams_, [&](const auto& x) { return x.address() == dead; });
  if (i == upstreams_.end())
    return false;
  auto index = static_cast<std::size_t>(i - upstreams_.begin());
  auto which = setup_.upstreams[index].name;
  spdlog::error("upstream {} failed and is started again", which);
  spawn_upstream(index);
  introduce(which);
  load_upstream(which);
  return true;
}

void supervisor_state::load_upstream(const std::string& which) {
  self_->request(keeper_, load_patience, atom::load_v)
      .then(
          [this, which](const storage::snapshot& all) {
            auto i = upstream_index(which);
            if (!i)
              return; // closed meanwhile
            self_->request(upstreams_[*i], load_patience, atom::restore_v, all)
                .then([this, which](ack) { tell_relays(which); },
                      [](const caf::error&) {});
          },
          [](const caf::error&) {});
}

/// Only now does UPSTREAM know what it was asked for.
void supervisor_state::tell_relays(const std::string& upstream) {
  auto i = upstream_index(upstream);
  if (!i)
    return;
  auto server = caf::actor_cast<caf::strong_actor_ptr>(upstreams_[*i]);
  auto pattern = server_of_upstream(upstream);
  for (std::size_t k = 0; k < mitigators_.size(); ++k)
    if (std::ranges::count(setup_.mitigators[k].upstreams, pattern) > 0)
      self_->send(caf::actor_cast<relay_actor>(mitigators_[k]), atom::adopt_v,
                  upstream, server);
}

} // namespace tocsin::actors
