// SUPERVISOR: UPSTREAMs, and the RELAYs that ask them.
#include "actors/supervisor.hpp"

#include "actors/relay.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace {

/// Reading a large store.
constexpr std::chrono::minutes load_patience{10};

} // namespace

void supervisor_state::spawn_upstream(std::size_t index) {
  auto setup = std::make_shared<upstream_setup>(setup_.upstreams[index]);
  setup->keeper = keeper_;
  setup->resolver = resolver_;
  setup->clock = setup_.clock;
  upstreams_[index] = self_->spawn(upstream, std::move(setup));
  watch(caf::actor_cast<caf::actor>(upstreams_[index]));
}

mitigator_actor supervisor_state::spawn_relay(const mitigator_setup& x) {
  relay_setup setup;
  setup.name = x.name;
  setup.upstream = x.upstream;
  setup.lifetime = x.relay_lifetime;
  setup.on_health = x.on_health;
  for (std::size_t i = 0; i < upstreams_.size(); ++i)
    if (setup_.upstreams[i].name == x.upstream)
      setup.server = upstreams_[i];
  return self_->spawn(relay, std::move(setup));
}

/// True if it was one.
bool supervisor_state::restart_upstream(const caf::actor_addr& dead) {
  auto i = std::ranges::find_if(
      upstreams_, [&](const auto& x) { return x.address() == dead; });
  if (i == upstreams_.end())
    return false;
  auto index = static_cast<std::size_t>(i - upstreams_.begin());
  const auto& which = setup_.upstreams[index].name;
  spdlog::error("upstream {} failed and is started again", which);
  spawn_upstream(index);
  introduce(which);
  self_->request(keeper_, load_patience, atom::load_v)
      .then(
          [this, handle = upstreams_[index],
           which](const storage::snapshot& all) {
            self_->request(handle, load_patience, atom::restore_v, all)
                .then([this, which](ack) { tell_relays(which); },
                      [](const caf::error&) {});
          },
          [](const caf::error&) {});
  return true;
}

/// Only now does UPSTREAM know what it was asked for.
void supervisor_state::tell_relays(const std::string& upstream) {
  caf::strong_actor_ptr server;
  for (std::size_t i = 0; i < upstreams_.size(); ++i)
    if (setup_.upstreams[i].name == upstream)
      server = caf::actor_cast<caf::strong_actor_ptr>(upstreams_[i]);
  for (std::size_t i = 0; i < mitigators_.size(); ++i)
    if (setup_.mitigators[i].upstream == upstream)
      self_->send(caf::actor_cast<relay_actor>(mitigators_[i]), atom::adopt_v,
                  server);
}

} // namespace tocsin::actors
