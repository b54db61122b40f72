// SUPERVISOR: finding parts of the node, and what operators ask about them.
#include "actors/supervisor.hpp"

#include "actors/gather.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace {

constexpr std::chrono::seconds answer_patience{10};

} // namespace

caf::result<caf::strong_actor_ptr>
supervisor_state::find_client(const std::string& customer,
                              const std::string& cuid, bool create) {
  client_key key{customer, cuid};
  if (auto i = clients_.find(key); i != clients_.end())
    return caf::actor_cast<caf::strong_actor_ptr>(i->second);
  // Also with ever-new cuids (RFC 9132, Section 11): who is not found costs a
  // request, too.
  if (auto usage = accounts_.find(customer);
      usage != accounts_.end() && !usage->second->admit(self_->clock().now()))
    return to_error(fail(ec::unavailable, "cuid",
                         "too many requests with new cuids; try again in a "
                         "minute"));
  // A cuid is to be unique among all clients of a server (RFC 9132, Section
  // 4.4.1.1).
  if (cuids_.contains(cuid) && create)
    return to_error(fail(ec::conflict, "cuid", "another client uses it"));
  if (!create)
    return to_error(
        fail(ec::not_found, "mitigate", "this client has no mitigation"));
  auto* who = setup_.customers.by_name(customer);
  if (who == nullptr)
    return to_error(fail(ec::unauthorized, customer, "no such customer"));
  auto used = std::ranges::count_if(
      clients_, [&](const auto& x) { return x.first.first == customer; });
  if (static_cast<std::uint64_t>(used) >= who->limits.max_cuids)
    return to_error(fail(ec::unavailable, "cuid",
                         "the limit of " + std::to_string(who->limits.max_cuids)
                             + " clients of this customer is reached"));
  return caf::actor_cast<caf::strong_actor_ptr>(spawn_client(key));
}

caf::result<caf::strong_actor_ptr>
supervisor_state::find_upstream(const std::string& wanted) {
  std::string known;
  for (std::size_t i = 0; i < upstreams_.size(); ++i) {
    const auto& candidate = setup_.upstreams[i].name;
    if (candidate == wanted || (wanted.empty() && upstreams_.size() == 1))
      return caf::actor_cast<caf::strong_actor_ptr>(upstreams_[i]);
    known += (known.empty() ? "" : ", ") + candidate;
  }
  if (upstreams_.empty())
    return to_error(fail(ec::not_found, "upstream",
                         "this node is no DOTS client: its configuration has "
                         "no [client] section"));
  return to_error(fail(ec::not_found, "upstream",
                       wanted.empty() ? "say which one: " + known
                                      : "no upstream '" + wanted
                                            + "'; there are: " + known));
}

void supervisor_state::abandon(const std::string& customer,
                               const std::string& cuid) {
  auto i = clients_.find({customer, cuid});
  if (i == clients_.end())
    return;
  self_->demonitor(i->second.address());
  // Not exit_reason::normal: CAF ignores that.
  self_->send_exit(i->second, caf::exit_reason::user_shutdown);
  cuids_.erase(cuid);
  clients_.erase(i);
  forget_client({customer, cuid});
}

void supervisor_state::on_opened(const session_opened& x,
                                 caf::strong_actor_ptr session) {
  auto handle = caf::actor_cast<session_actor>(session);
  self_->monitor(handle);
  sessions_[x.id] = {handle, x.peer};
  greet(handle, x.peer);
  if (x.peer.customer.empty())
    return; // a stranger
  peer_key peer{x.peer.customer, x.peer.identity};
  sessions_of_[peer].insert(x.id);
  if (auto i = clients_of_.find(peer); i != clients_of_.end())
    for (const auto& key : i->second)
      self_->send(clients_.at(key), atom::opened_v, x, session);
}

void supervisor_state::on_gone(std::uint64_t id, session_end how) {
  auto node = sessions_.extract(id);
  if (node.empty())
    return;
  self_->demonitor(node.mapped().handle.address());
  peer_key peer{node.mapped().peer.customer, node.mapped().peer.identity};
  if (auto i = sessions_of_.find(peer); i != sessions_of_.end()) {
    i->second.erase(id);
    if (i->second.empty())
      sessions_of_.erase(i);
  }
  if (auto i = clients_of_.find(peer); i != clients_of_.end())
    for (const auto& key : i->second)
      self_->send(clients_.at(key), atom::gone_v, id, how);
}

/// A CLIENT, new or started again, gets the sessions that are up.
void supervisor_state::adopt(const std::string& customer,
                             const std::string& cuid,
                             const std::string& identity) {
  client_key key{customer, cuid};
  auto i = clients_.find(key);
  if (i == clients_.end())
    return;
  forget_client(key);
  peer_key peer{customer, identity};
  identities_[key] = identity;
  clients_of_[peer].insert(key);
  auto up = sessions_of_.find(peer);
  if (up == sessions_of_.end())
    return;
  for (auto id : up->second) {
    const auto& x = sessions_.at(id);
    self_->send(i->second, atom::opened_v, session_opened{id, x.peer},
                caf::actor_cast<caf::strong_actor_ptr>(x.handle));
  }
}

void supervisor_state::forget_client(const client_key& key) {
  auto node = identities_.extract(key);
  if (node.empty())
    return;
  auto i = clients_of_.find({key.first, node.mapped()});
  if (i == clients_of_.end())
    return;
  i->second.erase(key);
  if (i->second.empty())
    clients_of_.erase(i);
}

/// The link of a peer that is heard, but does not answer, is saturated (RFC
/// 9132, Section 4.7): worth an operator's look.
void supervisor_state::on_silent(std::uint64_t id, std::uint32_t missed) {
  spdlog::warn("session {}: {} heartbeats went unanswered, yet the peer is "
               "heard: its inbound link looks saturated",
               id, missed);
}

storage::session_record
supervisor_state::session_config(const std::string& customer,
                                 const std::string& identity) const {
  auto i = configs_.find({customer, identity});
  return i == configs_.end()
             ? storage::session_record{customer, identity, 0, {}, 0}
             : i->second;
}

caf::result<ack>
supervisor_state::store_config(const storage::session_record& x) {
  auto promise = self_->make_response_promise<ack>();
  self_
      ->request(keeper_, answer_patience, atom::commit_v,
                storage::transaction{storage::put_session{x}})
      .then(
          [this, x, promise](ack done) mutable {
            configs_[{x.customer, x.identity}] = x;
            promise.deliver(done);
          },
          [promise](caf::error& err) mutable {
            promise.deliver(std::move(err));
          });
  return promise;
}

caf::result<node_view> supervisor_state::node() {
  node_view x;
  x.name = setup_.name;
  x.version = setup_.version;
  x.roles = setup_.roles;
  x.uptime_s = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(self_->clock().now()
                                                       - born_)
          .count());
  x.sessions = sessions_.size();
  x.data_sessions = data_sessions_.size();
  x.clients = clients_.size();
  for (const auto& [_, usage] : accounts_)
    x.mitigations += usage->mitigations();
  x.listening = setup_.listening;
  if (redirect_.active)
    x.redirect = redirect_.where.alt_server + ": " + redirect_.reason;
  auto promise = self_->make_response_promise<node_view>();
  auto view = std::make_shared<node_view>(std::move(x));
  auto open = std::make_shared<int>(3);
  auto done = [view, open, promise]() mutable {
    if (--*open == 0)
      promise.deliver(std::move(*view));
  };
  std::vector<siblings_actor> siblings;
  if (siblings_)
    siblings.push_back(siblings_);
  gather_into<std::vector<sibling_view>>(
      self_, siblings, answer_patience,
      [view, done](std::vector<std::vector<sibling_view>> all) mutable {
        if (!all.empty())
          view->siblings = std::move(all.front());
        done();
      },
      atom::status_v);
  gather_into<mitigator_view>(
      self_, mitigators_, answer_patience,
      [view, done](std::vector<mitigator_view> all) mutable {
        std::ranges::sort(all, {}, &mitigator_view::name);
        view->mitigators = std::move(all);
        done();
      },
      atom::status_v);
  gather_into<upstream_view>(
      self_, upstreams_, answer_patience,
      [this, view, done](std::vector<upstream_view> all) mutable {
        std::ranges::sort(all, {}, &upstream_view::name);
        for (const auto& up : all) {
          view->sessions += up.state == "up";
          view->mitigations += up.mitigations;
        }
        view->upstreams = std::move(all);
        summarize_data(view, done);
      },
      atom::status_v);
  return promise;
}

caf::result<std::vector<mitigation_view>> supervisor_state::list() {
  using views = std::vector<mitigation_view>;
  auto promise = self_->make_response_promise<views>();
  std::vector<client_actor> clients;
  for (const auto& [_, handle] : clients_)
    clients.push_back(handle);
  auto all = std::make_shared<views>();
  auto two = std::make_shared<int>(2);
  auto add = [all, two, promise](std::vector<views> parts) mutable {
    for (auto& part : parts)
      all->insert(all->end(), part.begin(), part.end());
    if (--*two > 0)
      return;
    std::ranges::sort(*all, {}, [](const mitigation_view& x) {
      return std::tie(x.peer, x.cuid, x.mid);
    });
    promise.deliver(std::move(*all));
  };
  gather_into<views>(self_, clients, answer_patience, add, atom::list_v);
  gather_into<views>(self_, upstreams_, answer_patience, add, atom::list_v);
  return promise;
}

/// A server node's mitigations are named by customer, cuid and mid; what is
/// left out must not be needed to tell them apart.
result<supervisor_state::client_key>
supervisor_state::find_name(const mitigation_name& which) const {
  std::vector<client_key> fitting;
  for (const auto& [key, _] : clients_)
    if ((which.peer.empty() || which.peer == key.first)
        && (which.cuid.empty() || which.cuid == key.second))
      fitting.push_back(key);
  if (fitting.empty())
    return fail(ec::not_found, "mid", "no client fits this customer and cuid");
  if (fitting.size() > 1)
    return fail(ec::malformed, "cuid",
                "several clients fit; name customer and cuid");
  return fitting.front();
}

/// Lets the CLIENT of a mitigation answer.
template <class Verb, class... Args>
caf::result<mitigation_view>
supervisor_state::ask_client(const mitigation_name& which, Verb verb,
                             const Args&... args) {
  auto key = find_name(which);
  if (!key)
    return to_error(key.error());
  auto promise = self_->make_response_promise<mitigation_view>();
  self_->request(clients_.at(*key), answer_patience, verb, which.mid, args...)
      .then([promise](
                mitigation_view& x) mutable { promise.deliver(std::move(x)); },
            [promise](caf::error& err) mutable {
              promise.deliver(std::move(err));
            });
  return promise;
}

caf::result<mitigation_view>
supervisor_state::status(const mitigation_name& which) {
  return ask_client(which, atom::status_v);
}

caf::result<mitigation_view>
supervisor_state::revoke(const mitigation_name& which, const std::string& why) {
  return ask_client(which, atom::revoke_v, why);
}

caf::result<mitigation_view>
supervisor_state::decide(const mitigation_name& which,
                         const operator_order& what) {
  return ask_client(which, atom::decide_v, what);
}

caf::result<std::vector<session_view>>
supervisor_state::sessions(std::uint64_t limit) {
  auto promise = self_->make_response_promise<std::vector<session_view>>();
  std::vector<session_actor> some;
  for (const auto& [_, x] : sessions_) {
    if (some.size() >= limit)
      break;
    some.push_back(x.handle);
  }
  std::vector<data_session_actor> data;
  for (const auto& [_, handle] : data_sessions_) {
    if (some.size() + data.size() >= limit)
      break;
    data.push_back(handle);
  }
  auto all = std::make_shared<std::vector<session_view>>();
  auto three = std::make_shared<int>(3);
  auto finish_one = [all, three, promise]() mutable {
    if (--*three == 0)
      promise.deliver(std::move(*all));
  };
  gather_into<session_view>(
      self_, data, answer_patience,
      [all, finish_one](std::vector<session_view> part) mutable {
        std::ranges::sort(part, {}, &session_view::id);
        all->insert(all->end(), part.begin(), part.end());
        finish_one();
      },
      atom::status_v);
  gather_into<session_view>(
      self_, some, answer_patience,
      [all, finish_one](std::vector<session_view> part) mutable {
        std::ranges::sort(part, {}, &session_view::id);
        all->insert(all->begin(), part.begin(), part.end());
        finish_one();
      },
      atom::status_v);
  gather_into<std::vector<session_view>>(
      self_, upstreams_, answer_patience,
      [all, finish_one](std::vector<std::vector<session_view>> parts) mutable {
        for (auto& part : parts)
          all->insert(all->end(), part.begin(), part.end());
        finish_one();
      },
      atom::sessions_v);
  return promise;
}

caf::result<std::vector<storage::audit_event>>
supervisor_state::audit(std::uint64_t limit) {
  using events = std::vector<storage::audit_event>;
  auto promise = self_->make_response_promise<events>();
  self_->request(keeper_, answer_patience, atom::audit_v, limit)
      .then([promise](events& x) mutable { promise.deliver(std::move(x)); },
            [promise](caf::error& err) mutable {
              promise.deliver(std::move(err));
            });
  return promise;
}

} // namespace tocsin::actors
