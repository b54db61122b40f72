// What must hold in a run, while it lasts and at its end.
#include "protocol/signal/scope.hpp"
#include "tests/sim/simulation.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>

namespace tocsin::sim {

namespace sig = protocol::signal;
using namespace std::chrono_literals;

namespace {

/// A server and a device that work for so long have everything in force: the
/// longest pause before a driver is started again, and before enforcement is
/// tried again, is a minute.
constexpr duration calm = 3min;

/// From a change on the disk to the device, when both work.
constexpr duration enforcement_patience = 30s;

/// What is about to end may be gone on one side already.
constexpr std::int64_t nearly_over = 60;

/// Both sides count the same lifetime from the moment they learned of it.
constexpr std::int64_t lifetime_tolerance = 15;

bool live(const actors::mitigation_view& x) {
  return x.status == sig::status::in_progress
         || x.status == sig::status::mitigated
         || x.status == sig::status::stopped
         || x.status == sig::status::exceeded_capability
         || x.status == sig::status::signal_loss;
}

bool ends_soon(const actors::mitigation_view& x) {
  return x.lifetime >= 0 && x.lifetime < nearly_over;
}

std::string text(const ledger::name& x) {
  return fmt::format("{}/{}", x.first, x.second);
}

std::set<ledger::name>
names_of(const std::map<std::string, mitigators::rule>& rules) {
  std::set<ledger::name> out;
  for (const auto& [_, x] : rules)
    out.insert({x.cuid, x.mid});
  return out;
}

} // namespace

std::size_t simulation::client_of(const std::string& cuid) const {
  auto i = std::ranges::find(plan_.clients, cuid, &client_plan::cuid);
  return static_cast<std::size_t>(i - plan_.clients.begin());
}

const sig::customer& simulation::customer_of(const std::string& cuid) const {
  return plan_.customers[plan_.clients[client_of(cuid)].customer];
}

/// No rule without someone who asked for exactly that, and may.
void simulation::judge_rule(const mitigators::rule& x) {
  ledger::name which{x.cuid, x.mid};
  const auto& who = customer_of(x.cuid);
  if (x.customer != who.name)
    world_.violate("a rule of " + text(which) + " bears another customer");
  for (const auto& prefix : x.prefixes)
    if (!sig::owns(who, prefix))
      world_.violate(fmt::format("a rule of {} is about {}, which is not {}'s",
                                 text(which), prefix.to_string(), who.name));
  auto order = ledger_.orders().find(which);
  if (order == ledger_.orders().end()) {
    world_.violate("a rule for " + text(which) + ", which nobody ordered");
    return;
  }
  if (order->second.request.what.prefixes != x.prefixes)
    world_.violate("a rule of " + text(which)
                   + " is about other addresses than ordered");
  if (order->second.request.trigger_mitigation == false)
    judge_trigger(which);
}

/// Loss of signal comes after as much silence as was agreed, not before.
void simulation::judge_trigger(const ledger::name& which) {
  if (!triggered_.insert(which).second)
    return; // it stays in force after the client is heard again
  auto heard = network_->heard(client_of(which.first));
  if (heard && world_.now() - *heard < network_->limit())
    world_.violate(text(which) + " was triggered, yet its client was heard "
                   + to_text(world_.now() - *heard) + " ago");
}

/// An order for loss of signal waits for as much silence as was agreed, and for
/// one heartbeat at most beyond that.
bool simulation::must_be_in_force(const ledger::name& which,
                                  const grant_history& x) {
  auto patience = enforcement_patience;
  if (x.immediate)
    return world_.now() - x.created >= patience;
  auto heard = network_->heard(client_of(which.first));
  return heard
         && world_.now() - *heard
                > network_->limit() + network_->interval() + patience;
}

void simulation::inspect() {
  network_->look_for_overdue();
  if (server_->age() < calm || server_->device.steady() < calm)
    return;
  inspect_grants();
  inspect_rules();
}

/// What was granted and is neither over nor withdrawn is in force.
void simulation::inspect_grants() {
  auto enforced = names_of(server_->device.rules());
  auto now = world_.now();
  for (const auto& [which, x] : ledger_.grants()) {
    bool over = x.expires && *x.expires < now + 5s;
    if (!x.present || x.grave || over || !must_be_in_force(which, x))
      continue;
    if (!enforced.contains(which))
      world_.violate(text(which) + " was granted, yet is not in force");
  }
}

/// What is in force was granted, and ends in time.
void simulation::inspect_rules() {
  auto now = world_.now();
  auto terminating = 2 * plan_.terminating + enforcement_patience;
  auto enforced = names_of(server_->device.rules());
  for (const auto& which : enforced) {
    auto i = ledger_.grants().find(which);
    bool wanted = i != ledger_.grants().end() && i->second.present;
    if (wanted && i->second.grave && now - *i->second.grave > terminating)
      world_.violate(text(which) + " was withdrawn "
                     + to_text(now - *i->second.grave)
                     + " ago, yet is in force");
    if (wanted && i->second.expires && !i->second.grave
        && now - *i->second.expires > enforcement_patience)
      world_.violate(text(which) + " has expired, yet is in force");
    if (wanted)
      unwanted_.erase(which);
    else if (now - unwanted_.try_emplace(which, now).first->second > calm)
      world_.violate(text(which) + " is in force, yet on no disk");
  }
  std::erase_if(unwanted_,
                [&](const auto& x) { return !enforced.contains(x.first); });
}

/// Asks everybody.
simulation::testimony simulation::hear() {
  auto all = std::make_shared<testimony>();
  all->clients.resize(clients_.size());
  all->sessions.resize(clients_.size());
  constexpr std::chrono::seconds patience{30};
  auto silence = [](const caf::error&) {};
  for (std::size_t i = 0; i < clients_.size(); ++i)
    if (auto to = clients_[i]->upstream())
      ask([all, i, to, silence](auto* self) {
        self->request(to, patience, atom::list_v)
            .then([all, i](views& x) { all->clients[i] = std::move(x); },
                  silence);
        self->request(to, patience, atom::sessions_v)
            .then(
                [all, i](std::vector<actors::session_view>& x) {
                  all->sessions[i] = std::move(x);
                },
                silence);
      });
  if (auto to = server_->root())
    ask([all, to, silence](auto* self) {
      self->request(to, patience, atom::list_v)
          .then([all](views& x) { all->server = std::move(x); }, silence);
      self->request(to, patience, atom::node_v)
          .then([all](actors::node_view& x) { all->node = std::move(x); },
                silence);
    });
  world_.run_until(world_.now() + 1s);
  auto answered = [](const auto& x) { return x.has_value(); };
  if (!all->server || !all->node || !std::ranges::all_of(all->clients, answered)
      || !std::ranges::all_of(all->sessions, answered))
    world_.violate("a node does not answer its operator");
  return std::move(*all);
}

void simulation::judge_sessions(const testimony& x) {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (auto n = network_->client_sessions(i); n != 1)
      world_.violate(fmt::format("{} has {} sessions instead of one",
                                 plan_.clients[i].cuid, n));
    if (x.sessions[i])
      for (const auto& session : *x.sessions[i])
        if (session.state != "up")
          world_.violate(fmt::format("a session of {} is stuck: {}",
                                     plan_.clients[i].cuid, session.state));
  }
  if (auto n = network_->server_sessions(); n != clients_.size())
    world_.violate(fmt::format("the server has {} sessions with {} clients", n,
                               clients_.size()));
  if (x.node && x.node->sessions != clients_.size())
    world_.violate(fmt::format("the server counts {} sessions with {} clients",
                               x.node->sessions, clients_.size()));
}

/// What the client believes is what the server does.
void simulation::judge_agreement(const testimony& x) {
  std::map<ledger::name, actors::mitigation_view> there;
  if (x.server)
    for (const auto& view : *x.server)
      if (live(view))
        there[{view.cuid, view.mid}] = view;
  std::set<ledger::name> believed;
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (!x.clients[i])
      continue;
    for (const auto& view : *x.clients[i]) {
      ledger::name which{view.cuid, view.mid};
      if (view.progress != "active")
        continue;
      believed.insert(which);
      auto truth = there.find(which);
      if (ends_soon(view))
        continue;
      if (truth == there.end())
        world_.violate(text(which)
                       + " is active for its client, but not at the server");
      else if (std::abs(truth->second.lifetime - view.lifetime)
               > lifetime_tolerance)
        world_.violate(fmt::format("{} lives {} s for its client, {} s at the "
                                   "server",
                                   text(which), view.lifetime,
                                   truth->second.lifetime));
      else if (truth->second.status != view.status)
        world_.violate(fmt::format("{} has status {} for its client, {} at the "
                                   "server",
                                   text(which), static_cast<int>(view.status),
                                   static_cast<int>(truth->second.status)));
    }
  }
  for (const auto& [which, view] : there)
    if (!believed.contains(which) && !ends_soon(view))
      world_.violate(text(which)
                     + " is active at the server, but not for its client");
  for (const auto& [which, order] : ledger_.orders())
    judge_order(which, order, x);
}

/// Nothing that was acknowledged is lost.
void simulation::judge_order(const ledger::name& which, const order_history& x,
                             const testimony& all) {
  const auto& mine = all.clients[client_of(which.first)];
  if (!mine)
    return;
  auto view =
      std::ranges::find(*mine, which.second, &actors::mitigation_view::mid);
  bool known = view != mine->end();
  bool entitled = static_cast<bool>(
      sig::authorise(customer_of(which.first), x.request.what));
  if (x.granted && !entitled)
    world_.violate(text(which) + " was granted, though it must be refused");
  if (known && view->progress == "refused" && view->note.empty())
    world_.violate(text(which) + " was refused without a reason");
  if (x.refused)
    return;
  if (known
      && (view->progress == "requested" || view->progress == "withdrawing"))
    world_.violate(text(which) + " is still " + view->progress + ": "
                   + view->note);
  if (x.withdrawn) {
    if (known && view->progress == "active")
      world_.violate(text(which) + " was withdrawn, yet is active");
    return;
  }
  if (known)
    return; // active: the agreement was judged
  bool over = x.expires && !x.indefinite
              && *x.expires <= world_.now() + std::chrono::seconds{nearly_over};
  if (!over || x.renew)
    world_.violate(
        text(which)
        + " was ordered, is neither withdrawn nor over, and is lost");
}

/// The device does what the server believes, no more and no less.
void simulation::judge_rules(const testimony& x) {
  if (!x.server)
    return;
  auto enforced = names_of(server_->device.rules());
  std::set<ledger::name> known;
  for (const auto& view : *x.server) {
    ledger::name which{view.cuid, view.mid};
    known.insert(which);
    if (!live(view) || ends_soon(view)
        || view.status == sig::status::signal_loss)
      continue;
    if (view.status != sig::status::mitigated)
      world_.violate(fmt::format("{} has status {} while everything works",
                                 text(which), static_cast<int>(view.status)));
    if (!enforced.contains(which))
      world_.violate(text(which) + " is active, but has no rule");
  }
  for (const auto& which : enforced)
    if (!known.contains(which))
      world_.violate(text(which) + " has a rule, but is not known any more");
}

/// When nobody wants anything any more, nothing is left.
void simulation::judge_base(const testimony& x) {
  if (auto n = server_->device.rules().size(); n != 0)
    world_.violate(fmt::format("{} rules are left", n));
  if (auto n = server_->store().mitigations.size(); n != 0)
    world_.violate(fmt::format("{} requests are left on the server's disk", n));
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (auto n = clients_[i]->store().mitigations.size(); n != 0)
      world_.violate(fmt::format("{} orders are left on the disk of {}", n,
                                 plan_.clients[i].cuid));
    if (x.clients[i])
      for (const auto& view : *x.clients[i])
        if (view.progress != "refused")
          world_.violate(fmt::format("{}/{} is left: {}", view.cuid, view.mid,
                                     view.progress));
  }
  if (x.node && x.node->clients != 0)
    world_.violate(fmt::format("{} CLIENTs are left", x.node->clients));
  if (x.node && x.node->mitigations != 0)
    world_.violate(fmt::format("{} mitigations are left in the accounts",
                               x.node->mitigations));
  judge_sessions(x);
}

} // namespace tocsin::sim
