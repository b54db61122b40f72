// SUPERVISOR: start, restart and end of a node's parts.
#include "actors/supervisor.hpp"

#include "actors/keeper.hpp"
#include "actors/registry.hpp"

#include "protocol/signal/codec.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace {

/// Reading a large store at start.
constexpr std::chrono::minutes load_patience{10};

/// Time for close_notify to leave before the sessions' thread ends.
constexpr std::chrono::milliseconds goodbye{300};

/// Time for requests on data channels that are under way: a slow disk, a slow
/// reader.
constexpr std::chrono::seconds longest_goodbye{5};

} // namespace

void supervisor_state::init(supervisor_setup setup) {
  setup_ = std::move(setup);
  born_ = self_->clock().now();
  spawn_keeper();
  registry_ = self_->spawn(registry, setup_.conflicts);
  resolver_ = self_->spawn(resolver, setup_.names, transports::name_servers{});
  watch(caf::actor_cast<caf::actor>(registry_));
  watch(caf::actor_cast<caf::actor>(resolver_));
  spawn_siblings();
  if (auto made = protocol::signal::redirect_policy::make(setup_.redirects))
    redirects_ = *made;
  else // the configuration was checked before
    spdlog::error("no redirection: {}", to_string(made.error()));
  mitigators_.resize(setup_.mitigators.size());
  in_service_.resize(mitigators_.size());
  known_.resize(mitigators_.size());
  set_patterns_apart();
  upstreams_.resize(setup_.upstreams.size());
  for (std::size_t i = 0; i < upstreams_.size(); ++i)
    spawn_upstream(i);
  for (std::size_t i = 0; i < mitigators_.size(); ++i)
    spawn_mitigator(i);
  data_upstreams_.resize(setup_.data_upstreams.size());
  for (std::size_t i = 0; i < data_upstreams_.size(); ++i)
    spawn_data_upstream(i);
  if (setup_.max_mitigations != 0)
    watch_load();
  auto usage = std::make_shared<node_usage>();
  usage->max_mitigations = setup_.max_mitigations;
  for (const auto& who : setup_.customers.all())
    accounts_[who.name] = std::make_shared<account>(who.limits, usage);
  self_->request(keeper_, load_patience, atom::load_v)
      .then([this](const storage::snapshot& all) { restore(all); },
            [this](const caf::error& why) {
              spdlog::critical("the store cannot be read: {}",
                               to_string(to_failure(why)));
              self_->quit(why);
            });
}

void supervisor_state::spawn_keeper() {
  if (setup_.make_keeper) {
    keeper_ = setup_.make_keeper();
  } else {
    auto store = std::make_shared<std::unique_ptr<storage::store>>(
        std::move(setup_.store));
    keeper_ = self_->spawn(keeper, store);
  }
  watch(caf::actor_cast<caf::actor>(keeper_));
}

void supervisor_state::watch(const caf::actor& part) {
  self_->monitor(part);
  if (setup_.started)
    setup_.started(part);
}

void supervisor_state::spawn_mitigator(std::size_t index) {
  auto setup = setup_.mitigators[index];
  setup.on_health = [home = caf::actor_cast<supervisor_actor>(self_),
                     index](bool up) {
    caf::anon_send(home, atom::changed_v, std::uint64_t{index}, up);
  };
  setup.on_abilities = [home = caf::actor_cast<supervisor_actor>(self_),
                        index](const protocol::data::filter_abilities& can) {
    caf::anon_send(home, atom::changed_v, std::uint64_t{index}, can);
  };
  if (!setup.upstreams.empty())
    mitigators_[index] = spawn_relay(setup);
  else
    mitigators_[index] = self_->spawn(mitigator, std::move(setup));
  watch(caf::actor_cast<caf::actor>(mitigators_[index]));
}

mitigator_table supervisor_state::table_of(const std::string& customer,
                                           bool filters) const {
  mitigator_table table;
  for (std::size_t k = 0; k < mitigators_.size(); ++k)
    if (serves(k, customer) && (!filters || takes_filters(k)))
      table.entries.push_back({setup_.mitigators[k].name,
                               caf::actor_cast<caf::actor>(mitigators_[k]),
                               setup_.mitigators[k].stage,
                               setup_.mitigators[k].when,
                               !setup_.mitigators[k].upstreams.empty(),
                               setup_.mitigators[k].takes});
  return table;
}

client_actor supervisor_state::spawn_client(const client_key& key) {
  auto* who = setup_.customers.by_name(key.first);
  auto setup = std::make_shared<client_setup>();
  setup->who = std::make_shared<const protocol::signal::customer>(*who);
  setup->cuid = key.second;
  setup->usage = accounts_.at(key.first);
  setup->keeper = keeper_;
  setup->registry = registry_;
  setup->resolver = resolver_;
  setup->parent = self_;
  setup->mitigators = table_of(key.first);
  setup->data = spawn_datastore(key.first);
  setup->siblings = siblings_;
  setup->clock = setup_.clock;
  setup->life = setup_.life;
  setup->status_interval = setup_.status_interval;
  setup->loss = setup_.loss;
  setup->node = setup_.name;
  setup->gateway = is_gateway_for(key.first);
  setup->end_to_end = setup->gateway && answers_end_to_end(key.first);
  auto handle = self_->spawn(client, std::move(setup));
  watch(caf::actor_cast<caf::actor>(handle));
  clients_[key] = handle;
  cuids_[key.second] = key.first;
  return handle;
}

void supervisor_state::restore(const storage::snapshot& all) {
  std::map<client_key, storage::snapshot> parts;
  for (const auto& x : all.mitigations)
    parts[{x.key.customer, x.key.cuid}].mitigations.push_back(x);
  for (const auto& x : all.clients)
    if (x.customer == own_orders)
      last_order_ = x.last_mid;
  for (const auto& x : all.clients)
    if (auto i = parts.find({x.customer, x.cuid}); i != parts.end())
      i->second.clients.push_back(x);
  restoring_ = 1; // this function's own share
  stored_data_ = all.data;
  auto done = [this](const ack&) { restored(); };
  auto failed = [this](const caf::error& why) {
    spdlog::error("a client's state was not restored: {}",
                  to_string(to_failure(why)));
    restored();
  };
  for (auto& [key, part] : parts) {
    if (setup_.customers.by_name(key.first) == nullptr)
      continue; // an upstream's, or of a customer no longer configured
    ++restoring_;
    self_
        ->request(spawn_client(key), load_patience, atom::restore_v,
                  std::move(part))
        .then(done, failed);
  }
  for (const auto& x : all.sessions)
    if (x.customer.empty()) {
      restore_redirect(x);
      restore_handover(x);
    } else {
      configs_[{x.customer, x.identity}] = x;
    }
  restore_client_upstreams(all);
  for (auto& handle : upstreams_) {
    ++restoring_;
    self_->request(handle, load_patience, atom::restore_v, all)
        .then(done, failed);
  }
  restore_data_upstreams(all);
  spdlog::info("restored {} mitigation requests of {} clients",
               all.mitigations.size(), clients_.size());
  restored();
}

void supervisor_state::restored() {
  if (--restoring_ > 0 || ready_)
    return;
  restore_data();
  if (restoring_ > 0)
    return;
  ready_ = true;
  self_->send(registry_, atom::begin_v);
  // Only now are the desired rules complete: a driver synchronised earlier
  // would remove protection that is still wanted.
  for (auto& handle : mitigators_)
    self_->send(handle, atom::begin_v);
  introduce_client_upstreams();
  resume_handovers();
  for (auto& promise : waiting_)
    promise.deliver(ack::done);
  waiting_.clear();
}

caf::result<ack> supervisor_state::ready() {
  if (ready_)
    return ack::done;
  waiting_.push_back(self_->make_response_promise<ack>());
  return waiting_.back();
}

void supervisor_state::on_down(const caf::down_msg& msg) {
  if (finishing_)
    return;
  if (msg.source == keeper_.address())
    return fail_node("KEEPER", msg);
  if (msg.source == registry_.address())
    return fail_node("REGISTRY", msg);
  if (msg.source == resolver_.address()
      || std::ranges::any_of(resolvers_, [&msg](const auto& x) {
           return msg.source == x.second.address();
         }))
    return fail_node("RESOLVER", msg);
  for (std::size_t i = 0; i < mitigators_.size(); ++i)
    if (msg.source == mitigators_[i].address()) {
      spdlog::error("mitigator {} failed and is started again",
                    setup_.mitigators[i].name);
      spawn_mitigator(i);
      for (auto& [key, handle] : clients_)
        self_->send(handle, atom::adopt_v, table_of(key.first));
      for (auto& [customer, handle] : datastores_)
        self_->send(handle, atom::adopt_v, table_of(customer, true));
      if (ready_) {
        self_->send(mitigators_[i], atom::begin_v);
        introduce_client_upstreams();
      }
      return;
    }
  if (restart_upstream(msg.source) || restart_data_upstream(msg.source)
      || restart_datastore(msg.source) || forget_data_session(msg.source)
      || restart_siblings(msg))
    return;
  for (auto& [key, handle] : clients_)
    if (msg.source == handle.address()) {
      restart_client(key);
      return;
    }
  for (auto& [id, x] : sessions_)
    if (x.handle.address() == msg.source) {
      on_gone(id, session_end::failed); // it died without a word
      return;
    }
}

void supervisor_state::restart_client(const client_key& key) {
  spdlog::error("client {}/{} failed and is started again", key.first,
                key.second);
  auto handle = spawn_client(key);
  forget_client(key);
  self_->request(keeper_, load_patience, atom::load_v)
      .then(
          [this, key, handle](const storage::snapshot& all) {
            storage::snapshot part;
            for (const auto& x : all.mitigations)
              if (x.key.customer == key.first && x.key.cuid == key.second)
                part.mitigations.push_back(x);
            for (const auto& x : all.clients)
              if (x.customer == key.first && x.cuid == key.second)
                part.clients.push_back(x);
            self_->request(handle, load_patience, atom::restore_v, part)
                .then([](ack) {}, [](const caf::error&) {});
          },
          [](const caf::error&) {});
}

void supervisor_state::fail_node(const std::string& what,
                                 const caf::down_msg& msg) {
  spdlog::critical("{} failed ({}); the node ends, its state is in the store",
                   what, to_string(to_failure(msg.reason)));
  self_->quit(msg.reason);
}

caf::result<ack> supervisor_state::finish() {
  if (finishing_)
    return ack::done;
  finishing_ = true;
  finished_ = self_->make_response_promise<ack>();
  for (auto& [_, x] : sessions_)
    self_->send(x.handle, atom::finish_v, std::string{"the node shuts down"});
  for (auto& [_, handle] : data_sessions_)
    self_->send(handle, atom::finish_v, std::string{"the node shuts down"});
  for (auto& handle : upstreams_)
    self_->send(handle, atom::finish_v);
  for (auto& handle : data_upstreams_)
    self_->send(handle, atom::finish_v);
  last_goodbye_ = self_->clock().now() + longest_goodbye;
  self_->delayed_send(self_, goodbye, atom::tick_v);
  return finished_;
}

void supervisor_state::on_tick() {
  if (!data_sessions_.empty() && self_->clock().now() < last_goodbye_) {
    self_->delayed_send(self_, goodbye, atom::tick_v);
    return;
  }
  stop_rest();
  finished_.deliver(ack::done);
  self_->quit();
}

/// CLIENTs go before MITIGATORs, and neither withdraws anything: rules stay in
/// force, and the next start takes them over.
void supervisor_state::stop_rest() {
  auto stop = [this](const auto& handle) {
    self_->send_exit(handle, caf::exit_reason::user_shutdown);
  };
  for (auto& [address, _] : handovers_)
    if (auto handle = caf::actor_cast<caf::actor>(address))
      stop(handle);
  if (siblings_)
    stop(siblings_);
  for (auto& [_, handle] : clients_)
    stop(handle);
  for (auto& [_, handle] : datastores_)
    stop(handle);
  for (auto& handle : upstreams_)
    stop(handle);
  for (auto& handle : data_upstreams_)
    stop(handle);
  for (auto& handle : mitigators_)
    stop(handle);
  stop(registry_);
  stop(resolver_);
  for (auto& [_, handle] : resolvers_)
    stop(handle);
  stop(keeper_);
}

supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
           std::shared_ptr<supervisor_setup> setup) {
  auto* state = &self->state;
  state->init(std::move(*setup));
  self->set_down_handler(
      [state](const caf::down_msg& msg) { state->on_down(msg); });
  return {
      [state](atom::opened, const session_opened& x,
              caf::strong_actor_ptr& session) {
        state->on_opened(x, std::move(session));
      },
      [state](atom::gone, std::uint64_t id, session_end how,
              const std::string&) { state->on_gone(id, how); },
      [state](atom::silent, std::uint64_t id, std::uint32_t missed) {
        state->on_silent(id, missed);
      },
      [](atom::heard, std::uint64_t) {
        // of interest to those who chose the server
      },
      [](atom::notify, std::uint64_t, std::uint64_t, const coap_reply&) {
        // a server observes nothing
      },
      [state](atom::config, const std::string& customer,
              const std::string& identity) {
        return state->session_config(customer, identity);
      },
      [state](atom::config, const storage::session_record& x) {
        return state->store_config(x);
      },
      [state](atom::redirect, const redirect_wish& wish) {
        return state->redirect(wish);
      },
      [state](atom::client, const std::string& customer,
              const std::string& cuid, bool create) {
        return state->find_client(customer, cuid, create);
      },
      [state](atom::adopt, const std::string& customer, const std::string& cuid,
              const std::string& identity) {
        state->adopt(customer, cuid, identity);
      },
      [state](atom::changed, std::uint64_t mitigator, bool up) {
        state->on_health(mitigator, up);
      },
      [state](atom::changed, std::uint64_t mitigator,
              const protocol::data::filter_abilities& can) {
        state->on_abilities(mitigator, can);
      },
      [state](atom::abandon, const std::string& customer,
              const std::string& cuid) { state->abandon(customer, cuid); },
      [state](atom::opened, const std::string& which, const std::string& cdid) {
        state->open_client_upstream(which, cdid);
      },
      [state](atom::gone, const std::string& which) {
        state->close_client_upstream(which);
      },
      [state](atom::begin) { return state->ready(); },
      [state](atom::node) { return state->node(); },
      [state](atom::list) { return state->list(); },
      [state](atom::status, const mitigation_name& which) {
        return state->status(which);
      },
      [state](atom::revoke, const mitigation_name& which,
              const std::string& why) { return state->revoke(which, why); },
      [state](atom::order, const mitigate_order& what) {
        return state->order(what);
      },
      [state](atom::report, const mitigation_name& which,
              protocol::signal::attack_status what) {
        return state->report(which, what);
      },
      [state](atom::decide, const mitigation_name& which,
              const operator_order& what) {
        return state->decide(which, what);
      },
      [state](atom::sessions, std::uint64_t limit) {
        return state->sessions(limit);
      },
      [state](atom::audit, std::uint64_t limit) { return state->audit(limit); },
      [state](atom::client, const std::string& wanted) {
        return state->find_upstream(wanted);
      },
      [state](atom::order, const std::string& wanted) {
        return state->find_data_upstream(wanted);
      },
      [state](atom::store, const std::string& customer) {
        return state->find_datastore(customer);
      },
      [state](atom::opened, const data_opened& x,
              caf::strong_actor_ptr& session) {
        state->on_data_opened(x, std::move(session));
      },
      [state](atom::gone, const data_ended& x) { state->on_data_gone(x); },
      [state](atom::store) { return state->data_clients(); },
      [state](atom::store, const data_client_name& which) {
        return state->data_client(which);
      },
      [state](atom::handover, const handover_wish& wish) {
        return state->hand_over(wish);
      },
      [state](atom::hello, const sibling_greeting& x) {
        return state->greet_sibling(x);
      },
      [state](atom::heard) { return state->holdings(); },
      [state](atom::changed, const std::string& sibling, bool up) {
        state->on_sibling(sibling, up);
      },
      [state](atom::adopt, const std::string& sibling,
              const sibling_parcel& x) { return state->take_over(sibling, x); },
      [state](atom::settle, const std::string& sibling, const sibling_client& x,
              bool ours) { return state->settle(sibling, x, ours); },
      [state](atom::leave, const std::string& customer,
              const std::string& cuid) {
        state->on_moved({customer, cuid});
      },
      [state](atom::handover, handover_result& x) {
        state->on_handover(std::move(x));
      },
      [state](atom::begin, std::uint64_t wait) { state->look_again(wait); },
      [state](atom::finish) { return state->finish(); },
      [state](atom::tick) { state->on_tick(); },
      [state](atom::tick, std::uint64_t) { state->watch_load(); },
  };
}

} // namespace tocsin::actors
