// SUPERVISOR: the data channel, its DATASTOREs and DATA SESSIONs.
#include "actors/supervisor.hpp"

#include "actors/gather.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <tuple>

namespace tocsin::actors {

namespace {

/// Reading a large store.
constexpr std::chrono::minutes load_patience{10};

constexpr std::chrono::seconds answer_patience{10};

} // namespace

/// The DATASTORE of a customer, started if there is none; null without a data
/// channel.
datastore_actor supervisor_state::spawn_datastore(const std::string& customer) {
  auto* who = setup_.customers.by_name(customer);
  if (!setup_.data || who == nullptr)
    return {};
  auto& handle = datastores_[customer];
  if (handle)
    return handle;
  auto setup = std::make_shared<datastore_setup>();
  setup->who = std::make_shared<const protocol::signal::customer>(*who);
  setup->settings = setup_.data->settings;
  setup->settings.acls.can = abilities_for(customer);
  setup->root = setup_.data->root;
  setup->keeper = keeper_;
  setup->mitigators = table_of(customer, true);
  setup->clock = setup_.clock;
  handle = self_->spawn(datastore, std::move(setup));
  watch(caf::actor_cast<caf::actor>(handle));
  return handle;
}

bool supervisor_state::serves(std::size_t mitigator,
                              const std::string& customer) const {
  auto i = setup_.mitigators_of.find(customer);
  return i == setup_.mitigators_of.end()
         || std::ranges::count(i->second, setup_.mitigators[mitigator].name)
                > 0;
}

/// A RELAY has no filters to set: those are the server's own.
bool supervisor_state::takes_filters(std::size_t mitigator) const {
  return setup_.mitigators[mitigator].upstreams.empty();
}

/// Every filter goes to all drivers of a customer, so it can have what all
/// of them can do.
protocol::data::filter_abilities
supervisor_state::abilities_for(const std::string& customer) const {
  std::optional<protocol::data::filter_abilities> out;
  for (std::size_t i = 0; i < setup_.mitigators.size(); ++i)
    if (serves(i, customer) && takes_filters(i)) {
      const auto& can = setup_.mitigators[i].can;
      out = out ? common(*out, can) : can;
    }
  return out.value_or(protocol::data::filter_abilities{});
}

/// A driver has said what it can do.
void supervisor_state::on_abilities(
    std::uint64_t mitigator, const protocol::data::filter_abilities& can) {
  if (std::exchange(setup_.mitigators.at(mitigator).can, can) == can)
    return;
  for (auto& [customer, handle] : datastores_)
    if (serves(mitigator, customer))
      self_->send(handle, atom::config_v, abilities_for(customer));
}

caf::result<caf::strong_actor_ptr>
supervisor_state::find_datastore(const std::string& customer) {
  if (auto handle = spawn_datastore(customer))
    return caf::actor_cast<caf::strong_actor_ptr>(handle);
  return to_error(
      fail(ec::unauthorized, customer, "no such customer, or no data channel"));
}

/// The last step of a start: CLIENTs have told by now who mitigates.
void supervisor_state::restore_data() {
  auto stored = std::exchange(stored_data_, {});
  for (auto& part : stored) {
    auto handle = spawn_datastore(part.customer);
    if (!handle)
      continue; // of a customer no longer configured
    ++restoring_;
    self_->request(handle, load_patience, atom::restore_v, std::move(part))
        .then([this](ack) { restored(); },
              [this](const caf::error& why) {
                spdlog::error("a data channel's state was not restored: {}",
                              to_string(to_failure(why)));
                restored();
              });
  }
}

bool supervisor_state::restart_datastore(const caf::actor_addr& dead) {
  auto i = std::ranges::find_if(
      datastores_, [&](const auto& x) { return x.second.address() == dead; });
  if (i == datastores_.end())
    return false;
  auto customer = i->first;
  spdlog::error("the data channel of {} failed and is started again", customer);
  datastores_.erase(i);
  auto handle = spawn_datastore(customer);
  for (auto& [key, client] : clients_)
    if (key.first == customer)
      self_->send(client, atom::store_v,
                  caf::actor_cast<caf::strong_actor_ptr>(handle));
  self_->request(keeper_, load_patience, atom::load_v)
      .then(
          [this, customer, handle](const storage::snapshot& all) {
            for (const auto& part : all.data)
              if (part.customer == customer)
                self_->request(handle, load_patience, atom::restore_v, part)
                    .then([](ack) {}, [](const caf::error&) {});
          },
          [](const caf::error&) {});
  return true;
}

void supervisor_state::on_data_opened(const data_opened& x,
                                      caf::strong_actor_ptr session) {
  auto handle = caf::actor_cast<data_session_actor>(session);
  if (!handle)
    return;
  watch(caf::actor_cast<caf::actor>(handle));
  data_sessions_[x.id] = handle;
  if (finishing_) // its handshake was under way
    self_->send(handle, atom::finish_v, std::string{"the node shuts down"});
}

void supervisor_state::on_data_gone(const data_ended& x) {
  auto i = data_sessions_.find(x.id);
  if (i == data_sessions_.end())
    return;
  self_->demonitor(i->second.address());
  data_sessions_.erase(i);
}

/// One that died without a word.
bool supervisor_state::forget_data_session(const caf::actor_addr& dead) {
  return std::erase_if(
             data_sessions_,
             [&](const auto& x) { return x.second.address() == dead; })
         > 0;
}

caf::result<std::vector<data_client_view>> supervisor_state::data_clients() {
  using views = std::vector<data_client_view>;
  auto promise = self_->make_response_promise<views>();
  std::vector<datastore_actor> all;
  for (auto& [_, handle] : datastores_)
    all.push_back(handle);
  gather_into<views>(
      self_, all, answer_patience,
      [promise](std::vector<views> parts) mutable {
        views out;
        for (auto& part : parts)
          out.insert(out.end(), part.begin(), part.end());
        std::ranges::sort(out, {}, [](const data_client_view& x) {
          return std::tie(x.customer, x.cuid);
        });
        promise.deliver(std::move(out));
      },
      atom::list_v);
  return promise;
}

caf::result<data_client_details>
supervisor_state::data_client(const data_client_name& which) {
  auto promise = self_->make_response_promise<data_client_details>();
  std::vector<datastore_actor> some;
  for (auto& [customer, handle] : datastores_)
    if (which.customer.empty() || which.customer == customer)
      some.push_back(handle);
  gather_into<data_client_details>(
      self_, some, answer_patience,
      [promise](std::vector<data_client_details> found) mutable {
        if (found.empty())
          promise.deliver(to_error(
              fail(ec::not_found, "cuid",
                   "no such client has registered on a data channel")));
        else if (found.size() > 1)
          promise.deliver(to_error(
              fail(ec::malformed, "customer",
                   "clients of several customers have this cuid: name one")));
        else
          promise.deliver(std::move(found.front()));
      },
      atom::status_v, which.cuid);
  return promise;
}

} // namespace tocsin::actors
