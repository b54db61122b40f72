#include "tests/sim/federation_node.hpp"

namespace tocsin::sim {

void member_node::start() {
  world_.note(settings_.name + " starts");
  auto setup = std::make_shared<actors::supervisor_setup>();
  setup->name = settings_.name;
  if (settings_.serves)
    add_server(*setup);
  if (settings_.up)
    add_client(*setup);
  launch(setup);
  if (settings_.serves)
    open_doors();
  if (settings_.up)
    find_upstream();
}

void member_node::add_server(actors::supervisor_setup& to) {
  const auto& x = *settings_.serves;
  to.roles.emplace_back("server");
  to.customers = x.customers;
  to.life = x.life;
  to.loss.heartbeats = protocol::signal::heartbeats_of(x.policy.defaults);
  to.conflicts = x.conflicts;
  if (x.device)
    to.mitigators.push_back(
        {"edge", "simulated", settings_.name, device.starter()});
  if (!settings_.up || !x.relay)
    return;
  auto& relay = to.mitigators.emplace_back();
  relay.name = "transit";
  relay.node = settings_.name;
  relay.upstreams = {settings_.up->door.upstream};
  relay.relay_lifetime = x.relay_lifetime;
  relay.when = x.when;
}

void member_node::add_client(actors::supervisor_setup& to) {
  const auto& x = *settings_.up;
  to.roles.emplace_back("client");
  actors::upstream_setup up;
  up.name = x.door.upstream;
  up.host = "198.51.100.1";
  up.cuid = settings_.name;
  up.open = x.net->opener(x.door);
  up.udp_probe = x.door.udp_probe;
  up.translation = the_same_outside();
  up.random = [this] {
    return static_cast<std::uint32_t>(world_.chance().next());
  };
  to.upstreams.push_back(std::move(up));
}

/// When all that was stored is restored.
void member_node::open_doors() {
  auto knock = [this, life = life_](caf::event_based_actor* self) {
    self->request(root_, std::chrono::minutes{60}, atom::begin_v)
        .then(
            [this, life](actors::ack) {
              if (!alive_ || life != life_)
                return;
              world_.note(settings_.name + " is ready");
              const auto& x = *settings_.serves;
              x.net->open({root_, x.customers, x.policy});
            },
            [](const caf::error&) {});
  };
  world_.system().spawn(knock);
}

void member_node::lose_part(const std::string& part) {
  if (!alive_)
    return;
  for (const auto& x : parts_) {
    auto* one = dynamic_cast<caf::local_actor*>(
        caf::actor_cast<caf::abstract_actor*>(x));
    if (one == nullptr || part != one->name()
        || one->getf(caf::abstract_actor::is_terminated_flag))
      continue;
    world_.note(settings_.name + ": " + part + " fails");
    world_.kill(x);
  }
  if (part == "upstream" && settings_.up)
    world_.after(std::chrono::seconds{1}, [this, life = life_] {
      if (alive_ && life == life_)
        find_upstream();
    });
}

void member_node::crash() {
  if (!alive_)
    return;
  world_.note(settings_.name + " crashes");
  if (settings_.serves)
    settings_.serves->net->drop_server();
  if (settings_.up)
    settings_.up->net->drop_client(settings_.up->door.client);
  node::crash();
}

void member_node::stop() {
  if (!alive_)
    return;
  world_.note(settings_.name + " ends in order");
  departed_ = world_.now();
  if (settings_.serves)
    settings_.serves->net->refuse_newcomers();
  finish();
}

} // namespace tocsin::sim
