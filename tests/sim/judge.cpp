// What must hold at the end of a run, when everything has healed.
#include "protocol/signal/scope.hpp"
#include "tests/sim/simulation.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>

namespace tocsin::sim {

namespace sig = protocol::signal;
using namespace std::chrono_literals;

namespace {

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

} // namespace

std::set<ledger::name>
names_of(const std::map<std::string, mitigators::rule>& rules) {
  std::set<ledger::name> out;
  for (const auto& [_, x] : rules)
    out.insert({x.cuid, x.mid});
  return out;
}

std::size_t simulation::client_of(const std::string& cuid) const {
  auto i = std::ranges::find(plan_.clients, cuid, &client_plan::cuid);
  return static_cast<std::size_t>(i - plan_.clients.begin());
}

const sig::customer& simulation::customer_of(const std::string& cuid) const {
  return plan_.customers[plan_.clients[client_of(cuid)].customer];
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
      // It knows that it lost a conflict, or was withdrawn by the server.
      if (!live(view) && truth == there.end())
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
  if (x.refused || x.superseded || x.ended)
    return;
  // Another client's order stands in the way: it is tried again later.
  bool waits = known && view->progress == "requested" && view->conflict
               && view->conflict->retry_timer;
  if (known && !waits
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
  // A server keeps a loser for as long as the conflict is to last.
  auto grant = ledger_.grants().find(which);
  over =
      over
      || (grant != ledger_.grants().end() && grant->second.lost_conflicts > 0);
  if (!over || x.renew)
    world_.violate(
        text(which)
        + " was ordered, is neither withdrawn nor over, and is lost");
}

/// It has not just changed: where a rival takes its place and it takes the
/// rival's, again and again, the device follows a moment later.
bool simulation::settled(const ledger::name& which) {
  auto grant = ledger_.grants().find(which);
  return grant == ledger_.grants().end()
         || world_.now() - grant->second.since >= enforcement_patience;
}

/// The device does what the server believes, no more and no less.
void simulation::judge_rules(const testimony& x) {
  if (!x.server)
    return;
  auto enforced = names_of(server_->device.rules());
  std::set<ledger::name> known;
  for (const auto& view : *x.server) {
    ledger::name which{view.cuid, view.mid};
    if (view.status != sig::status::withdrawn
        && view.status != sig::status::signal_loss)
      known.insert(which);
    if (!live(view) || ends_soon(view)
        || view.status == sig::status::signal_loss)
      continue;
    if (view.status != sig::status::mitigated)
      world_.violate(fmt::format("{} has status {} while everything works",
                                 text(which), static_cast<int>(view.status)));
    if (!enforced.contains(which) && settled(which))
      world_.violate(text(which) + " is active, but has no rule");
  }
  for (const auto& which : enforced)
    if (!known.contains(which) && settled(which))
      world_.violate(text(which) + " has a rule, but is not known any more");
}

/// Who could come back to UDP has done so; who cannot lives with TCP.
void simulation::judge_transports(const testimony& x) {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    const auto& client = plan_.clients[i];
    bool blocked = client.udp_dies && !client.udp_returns;
    bool probes = client.udp_probe == sig::least_udp_probe;
    if (!x.sessions[i] || (!blocked && !probes))
      continue;
    std::string_view wanted = blocked ? "simulated TLS" : "simulated DTLS";
    for (const auto& session : *x.sessions[i])
      if (session.transport != wanted)
        world_.violate(fmt::format("{} has a session over {} instead of {}",
                                   client.cuid, session.transport, wanted));
  }
}

/// What the server said that it knows, it knows, unless it was started anew.
void simulation::judge_reports(const testimony& x) {
  if (!x.server)
    return;
  for (const auto& [which, report] : ledger_.reports()) {
    auto grant = ledger_.grants().find(which);
    if (!report.lone || world_.now() - report.asked >= server_->age()
        || grant == ledger_.grants().end() || !grant->second.present
        || grant->second.grave || !grant->second.immediate
        || grant->second.suspended || grant->second.since >= report.asked)
      continue;
    auto text_known =
        "the client reports: " + std::string{sig::to_string(report.what)};
    for (const auto& view : *x.server)
      if (view.cuid == which.first && view.mid == which.second
          && view.note != text_known)
        world_.violate(fmt::format("{}: the server was told '{}', yet says "
                                   "'{}'",
                                   text(which), text_known, view.note));
  }
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
