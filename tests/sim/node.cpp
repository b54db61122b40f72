#include "tests/sim/node.hpp"

namespace tocsin::sim {

namespace sig = protocol::signal;

namespace {

using namespace std::chrono_literals;
using actors::ack;
using actors::keeper_actor;

struct sim_keeper_state {
  std::uint64_t next_ticket = 1;
  std::map<std::uint64_t,
           std::pair<storage::transaction, caf::typed_response_promise<ack>>>
      waiting;
  time_point last;
};

using sim_keeper_pointer = keeper_actor::stateful_pointer<sim_keeper_state>;

/// A KEEPER without a thread: a change becomes durable some time after it was
/// asked for, in order, and is acknowledged a moment later.
keeper_actor::behavior_type sim_keeper(sim_keeper_pointer self, world* in,
                                       std::shared_ptr<disk> to) {
  auto* state = &self->state;
  return {
      [self, state, in](atom::commit, storage::transaction& changes) {
        auto ticket = state->next_ticket++;
        auto promise = self->make_response_promise<ack>();
        state->waiting[ticket] = {std::move(changes), promise};
        auto takes = std::chrono::milliseconds{in->chance().between(0, 15)};
        state->last = std::max(state->last, in->now() + takes);
        self->scheduled_send(self, state->last, atom::committed_v, ticket,
                             failure{ec::none, {}, {}});
        return promise;
      },
      [to](atom::load) { return to->all(); },
      [to](atom::audit, std::uint64_t) { return to->audit; },
      [self, state, to](atom::committed, std::uint64_t ticket,
                        const failure& why) {
        auto i = state->waiting.find(ticket);
        if (i == state->waiting.end())
          return;
        if (!i->second.first.empty()) {
          for (const auto& x : i->second.first) {
            if (!to->forgets)
              test::apply(*to, x);
            if (to->durable)
              to->durable(x);
          }
          i->second.first.clear();
          self->delayed_send(self, 1ms, atom::committed_v, ticket, why);
          return;
        }
        i->second.second.deliver(ack::done);
        state->waiting.erase(i);
      },
      [](atom::committed, std::uint64_t, const storage::snapshot&) {},
      [](atom::committed, std::uint64_t,
         const std::vector<storage::audit_event>&) {},
  };
}

} // namespace

void node::launch(std::shared_ptr<actors::supervisor_setup> setup) {
  ++life_;
  alive_ = true;
  started_ = world_.now();
  setup->clock = world_.clock();
  setup->make_keeper = [this] {
    return world_.system().spawn(sim_keeper, &world_, disk_);
  };
  setup->started = [this](const caf::actor& x) { parts_.push_back(x); };
  root_ = world_.system().spawn(actors::supervisor, setup);
}

void node::crash() {
  if (!alive_)
    return;
  alive_ = false;
  world_.kill(caf::actor_cast<caf::actor>(root_));
  for (const auto& x : parts_)
    world_.kill(x);
  parts_.clear();
  root_ = actors::supervisor_actor{};
  upstream_ = actors::upstream_actor{};
}

void node::find_upstream() {
  auto find = [this, life = life_](caf::event_based_actor* self) {
    self->request(root_, std::chrono::minutes{60}, atom::client_v,
                  std::string{})
        .then(
            [this, life](const caf::strong_actor_ptr& x) {
              if (alive_ && life == life_)
                upstream_ = caf::actor_cast<actors::upstream_actor>(x);
            },
            [](const caf::error&) {});
  };
  world_.system().spawn(find);
}

void node::finish() {
  caf::anon_send(root_, atom::finish_v);
  world_.after(1s, [this, life = life_] {
    if (life == life_)
      crash();
  });
}

void server_node::start() {
  world_.note("server starts");
  auto setup = std::make_shared<actors::supervisor_setup>();
  setup->name = "server";
  setup->roles = {"server"};
  setup->customers = settings_.customers;
  setup->life = settings_.life;
  setup->loss.heartbeats =
      protocol::signal::heartbeats_of(settings_.policy.defaults);
  setup->conflicts = settings_.conflicts;
  setup->mitigators.push_back(
      {"edge", "simulated", "server", device.starter()});
  launch(setup);
  // The doors open when all that was stored is restored.
  auto knock = [this, life = life_](caf::event_based_actor* self) {
    self->request(root_, std::chrono::minutes{60}, atom::begin_v)
        .then(
            [this, life](ack) {
              if (!alive_ || life != life_)
                return;
              world_.note("server is ready");
              network_.open({root_, settings_.customers, settings_.policy});
            },
            [](const caf::error&) {});
  };
  world_.system().spawn(knock);
}

void server_node::crash() {
  if (!alive_)
    return;
  world_.note("server crashes");
  network_.drop_server();
  node::crash();
}

void server_node::stop() {
  if (!alive_)
    return;
  world_.note("server ends in order");
  network_.refuse_newcomers();
  finish();
}

sig::address_translation the_same_outside() {
  std::vector<sig::translation_rule> rules;
  for (auto text : {"10.0.0.0/8", "198.18.0.0/15", "2001:db8::/32"}) {
    auto range = *sig::prefix::parse(text);
    rules.push_back({range, range, sig::translation_kind::address, std::nullopt,
                     std::nullopt});
  }
  return *sig::address_translation::make(std::move(rules));
}

void client_node::start() {
  world_.note("client " + settings_.cuid + " starts");
  auto setup = std::make_shared<actors::supervisor_setup>();
  setup->name = settings_.cuid;
  setup->roles = {"client"};
  actors::upstream_setup up;
  up.name = settings_.door.upstream;
  up.host = "198.51.100.1";
  up.cuid = settings_.cuid;
  up.open = network_.opener(settings_.door);
  up.udp_probe = settings_.door.udp_probe;
  up.translation = the_same_outside();
  up.random = [this] {
    return static_cast<std::uint32_t>(world_.chance().next());
  };
  setup->upstreams.push_back(std::move(up));
  launch(setup);
  find_upstream();
}

void client_node::crash() {
  if (!alive_)
    return;
  world_.note("client " + settings_.cuid + " crashes");
  network_.drop_client(settings_.door.client);
  node::crash();
}

void client_node::stop() {
  if (!alive_)
    return;
  world_.note("client " + settings_.cuid + " ends in order");
  departed_ = world_.now();
  finish();
}

} // namespace tocsin::sim
