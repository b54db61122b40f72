// SUPERVISOR: nodes of the same organisation (docs/adr/0008): who they are, and
// where clients are that went to one of them.
#include "actors/supervisor.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace sib = protocol::siblings;

void supervisor_state::spawn_siblings() {
  if (!setup_.siblings)
    return;
  auto setup = std::make_shared<siblings_setup>(*setup_.siblings);
  setup->registry = registry_;
  setup->parent = caf::actor_cast<supervisor_actor>(self_);
  siblings_ = self_->spawn(siblings, std::move(setup));
  watch(caf::actor_cast<caf::actor>(siblings_));
}

bool supervisor_state::restart_siblings(const caf::down_msg& msg) {
  const auto& dead = msg.source;
  if (auto i = handovers_.find(dead); i != handovers_.end()) {
    auto what = std::move(i->second);
    handovers_.erase(i);
    if (msg.reason != caf::exit_reason::user_shutdown)
      end_handover(what);
    return true;
  }
  if (!siblings_ || siblings_.address() != dead)
    return false;
  spdlog::error("SIBLINGS failed and are started again");
  joined_.clear();
  spawn_siblings();
  for (auto& [_, handle] : clients_)
    self_->send(handle, atom::ask_v,
                caf::actor_cast<caf::strong_actor_ptr>(siblings_));
  return true;
}

caf::result<sibling_greeting>
supervisor_state::greet_sibling(const sibling_greeting& x) {
  if (!siblings_ || !ready_ || finishing_)
    return to_error(
        fail(ec::unavailable, "siblings", "the node is starting or ending"));
  auto promise = self_->make_response_promise<sibling_greeting>();
  self_->request(siblings_, sib::call_patience, atom::hello_v, x)
      .then([promise](
                sibling_greeting& y) mutable { promise.deliver(std::move(y)); },
            [promise](caf::error& why) mutable {
              promise.deliver(std::move(why));
            });
  return promise;
}

sibling_holdings supervisor_state::holdings() const {
  sibling_holdings x;
  x.sessions = sessions_.size();
  x.clients = clients_.size();
  for (const auto& [_, usage] : accounts_)
    x.mitigations += usage->mitigations();
  return x;
}

/// Clients are not sent to a sibling that is not there: they are served here.
void supervisor_state::on_sibling(const std::string& sibling, bool up) {
  if (up)
    joined_.insert(sibling);
  else
    joined_.erase(sibling);
  std::vector<peer_key> theirs; // the map changes when one is over
  for (const auto& [peer, x] : moved_)
    if (x.sibling == sibling)
      theirs.push_back(peer);
  for (const auto& peer : theirs) {
    if (!up)
      take_back(peer);
    tell_moved(peer);
  }
}

/// Where a client went nobody is: what it asks for here is served, and goes on
/// being so when the sibling is back.
void supervisor_state::take_back(const peer_key& peer) {
  auto i = moved_.find(peer);
  if (i == moved_.end())
    return;
  for (const auto& key : i->second.clients)
    if (auto client = clients_.find(key); client != clients_.end())
      self_->send(client->second, atom::leave_v, redirect_order{});
  moved_.erase(i);
}

const sibling_setup*
supervisor_state::sibling_named(const std::string& sibling) const {
  if (!setup_.siblings)
    return nullptr;
  auto i =
      std::ranges::find(setup_.siblings->peers, sibling, &sibling_setup::name);
  return i == setup_.siblings->peers.end() ? nullptr : &*i;
}

redirect_order supervisor_state::order_to(const std::string& sibling) const {
  const auto* peer = sibling_named(sibling);
  if (peer == nullptr || !peer->where)
    return {};
  return {true,
          *peer->where,
          setup_.siblings->redirect_time,
          "handed over to sibling " + sibling,
          true,
          setup_.redirects.tolerance};
}

/// The order for the sessions of this peer, if it was handed over lately.
redirect_order supervisor_state::moved_order(const peer_key& peer) {
  auto i = moved_.find(peer);
  if (i == moved_.end())
    return {};
  if (self_->clock().now() >= i->second.until) {
    moved_.erase(i);
    return {};
  }
  if (!joined_.contains(i->second.sibling))
    return {};
  return order_to(i->second.sibling);
}

void supervisor_state::tell_moved(const peer_key& peer) {
  auto up = sessions_of_.find(peer);
  if (up == sessions_of_.end())
    return;
  auto order = moved_order(peer);
  if (!order.active)
    order = redirect_;
  for (auto id : up->second)
    self_->send(sessions_.at(id).handle, atom::redirect_v, order);
}

void supervisor_state::on_moved(const client_key& key) {
  auto owner = identities_.find(key);
  auto active = std::ranges::find_if(handovers_, [&](const auto& x) {
    return x.second.customer == key.first && x.second.cuid == key.second;
  });
  if (active == handovers_.end())
    return;
  auto identity =
      owner == identities_.end() ? active->second.identity : owner->second;
  peer_key peer{key.first, identity};
  auto& x = moved_[peer];
  x.sibling = active->second.sibling;
  x.until = self_->clock().now()
            + std::chrono::seconds{setup_.siblings->redirect_time};
  x.clients.insert(key);
  tell_moved(peer);
}

} // namespace tocsin::actors
