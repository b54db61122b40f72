// What must hold at the end of a run, when everything has healed.
#include "protocol/signal/scope.hpp"
#include "tests/sim/hop.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>

namespace tocsin::sim {

namespace sig = protocol::signal;
using namespace std::chrono_literals;

namespace {

/// Both sides count the same lifetime from the moment they learned of it.
constexpr std::int64_t lifetime_tolerance = 15;

} // namespace

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

std::set<ledger::name>
names_of(const std::map<std::string, mitigators::rule>& rules) {
  std::set<ledger::name> out;
  for (const auto& [_, x] : rules)
    out.insert({x.cuid, x.mid});
  return out;
}

std::size_t hop::caller_of(const std::string& cuid) const {
  auto i = std::ranges::find(callers, cuid, &caller::cuid);
  return static_cast<std::size_t>(i - callers.begin());
}

testimony judge::hear() {
  auto all = ask();
  hop_.in.run_until(hop_.in.now() + 1s);
  judge_answers(*all);
  return std::move(*all);
}

std::shared_ptr<testimony> judge::ask() {
  auto all = std::make_shared<testimony>();
  all->callers.resize(hop_.callers.size());
  all->sessions.resize(hop_.callers.size());
  constexpr std::chrono::seconds patience{30};
  auto silence = [](const caf::error&) {};
  for (std::size_t i = 0; i < hop_.callers.size(); ++i)
    if (auto to = hop_.callers[i].who->upstream())
      desk_.ask([all, i, to, silence](auto* self) {
        self->request(to, patience, atom::list_v)
            .then([all,
                   i](testimony::views& x) { all->callers[i] = std::move(x); },
                  silence);
        self->request(to, patience, atom::sessions_v)
            .then(
                [all, i](std::vector<actors::session_view>& x) {
                  all->sessions[i] = std::move(x);
                },
                silence);
      });
  if (auto to = hop_.server.root())
    desk_.ask([all, to, silence](auto* self) {
      self->request(to, patience, atom::list_v)
          .then(
              [all](testimony::views& x) {
                // Not what it asks of a server of its own.
                std::erase_if(
                    x, [](const auto& y) { return !y.progress.empty(); });
                all->server = std::move(x);
              },
              silence);
      self->request(to, patience, atom::node_v)
          .then([all](actors::node_view& x) { all->node = std::move(x); },
                silence);
    });
  return all;
}

void judge::judge_answers(const testimony& all) {
  auto answered = [](const auto& x) { return x.has_value(); };
  if (!all.server || !all.node || !std::ranges::all_of(all.callers, answered)
      || !std::ranges::all_of(all.sessions, answered))
    hop_.violate("a node does not answer its operator");
}

void judge::judge_sessions(const testimony& x) {
  for (std::size_t i = 0; i < hop_.callers.size(); ++i) {
    if (auto n = hop_.net.client_sessions(i); n != 1)
      hop_.violate(fmt::format("{} has {} sessions instead of one",
                               hop_.callers[i].cuid, n));
    if (x.sessions[i])
      for (const auto& session : *x.sessions[i])
        if (session.state != "up")
          hop_.violate(fmt::format("a session of {} is stuck: {}",
                                   hop_.callers[i].cuid, session.state));
  }
  if (auto n = hop_.net.server_sessions(); n != hop_.callers.size())
    hop_.violate(fmt::format("the server has {} sessions with {} clients", n,
                             hop_.callers.size()));
  if (x.node && x.node->sessions != hop_.callers.size() + hop_.sessions_beyond)
    hop_.violate(fmt::format("the server counts {} sessions with {} clients",
                             x.node->sessions, hop_.callers.size()));
}

/// What the client believes is what the server does.
void judge::judge_agreement(const testimony& x) {
  std::map<ledger::name, actors::mitigation_view> there;
  if (x.server)
    for (const auto& view : *x.server)
      if (live(view))
        there[{view.cuid, view.mid}] = view;
  std::set<ledger::name> believed;
  for (std::size_t i = 0; i < hop_.callers.size(); ++i) {
    if (!x.callers[i])
      continue;
    for (const auto& view : *x.callers[i]) {
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
        hop_.violate(text(which)
                     + " is active for its client, but not at the server");
      else if (std::abs(truth->second.lifetime - view.lifetime)
               > lifetime_tolerance)
        hop_.violate(fmt::format("{} lives {} s for its client, {} s at the "
                                 "server",
                                 text(which), view.lifetime,
                                 truth->second.lifetime));
      else if (truth->second.status != view.status)
        hop_.violate(fmt::format("{} has status {} for its client, {} at the "
                                 "server",
                                 text(which), static_cast<int>(view.status),
                                 static_cast<int>(truth->second.status)));
    }
  }
  for (const auto& [which, view] : there)
    if (!believed.contains(which) && !ends_soon(view))
      hop_.violate(text(which)
                   + " is active at the server, but not for its client");
  for (const auto& [which, order] : hop_.book.orders())
    judge_order(which, order, x);
}

/// Nothing that was acknowledged is lost.
void judge::judge_order(const ledger::name& which, const order_history& x,
                        const testimony& all) {
  const auto& mine = all.callers[hop_.caller_of(which.first)];
  if (!mine)
    return;
  auto view =
      std::ranges::find(*mine, which.second, &actors::mitigation_view::mid);
  bool known = view != mine->end();
  bool entitled = static_cast<bool>(
      sig::authorise(hop_.customer_of(which.first), x.request.what));
  if (x.granted && !entitled)
    hop_.violate(text(which) + " was granted, though it must be refused");
  if (known && view->progress == "refused" && view->note.empty())
    hop_.violate(text(which) + " was refused without a reason");
  if (x.refused || x.superseded || x.ended)
    return;
  // Another client's order stands in the way: it is tried again later.
  bool waits = known && view->progress == "requested" && view->conflict
               && view->conflict->retry_timer;
  if (known && !waits
      && (view->progress == "requested" || view->progress == "withdrawing"))
    hop_.violate(text(which) + " is still " + view->progress + ": "
                 + view->note);
  if (x.withdrawn) {
    if (known && view->progress == "active")
      hop_.violate(text(which) + " was withdrawn, yet is active");
    return;
  }
  if (known)
    return; // active: the agreement was judged
  bool over =
      x.expires && !x.indefinite
      && *x.expires <= hop_.in.now() + std::chrono::seconds{nearly_over};
  // A server keeps a loser for as long as the conflict is to last.
  auto grant = hop_.book.grants().find(which);
  over = over
         || (grant != hop_.book.grants().end()
             && grant->second.lost_conflicts > 0);
  if (!over || x.renew)
    hop_.violate(text(which)
                 + " was ordered, is neither withdrawn nor over, and is lost");
}

bool hop::settled(const ledger::name& which) const {
  auto grant = book.grants().find(which);
  return grant == book.grants().end()
         || in.now() - grant->second.since >= enforcement_patience;
}

/// The device does what the server believes, no more and no less.
void judge::judge_rules(const testimony& x) {
  if (!x.server || hop_.device == nullptr)
    return;
  auto enforced = names_of(hop_.device->rules());
  std::set<ledger::name> known;
  for (const auto& view : *x.server) {
    ledger::name which{view.cuid, view.mid};
    if (view.status != sig::status::withdrawn
        && view.status != sig::status::signal_loss)
      known.insert(which);
    if (!live(view) || ends_soon(view)
        || view.status == sig::status::signal_loss)
      continue;
    bool quiet = hop_.lull && view.status == sig::status::stopped;
    if (view.status != sig::status::mitigated && !quiet)
      hop_.violate(fmt::format("{} has status {} while everything works",
                               text(which), static_cast<int>(view.status)));
    if (!enforced.contains(which) && hop_.settled(which))
      hop_.violate(text(which) + " is active, but has no rule");
  }
  for (const auto& which : enforced)
    if (!known.contains(which) && hop_.settled(which))
      hop_.violate(text(which) + " has a rule, but is not known any more");
}

/// Who could come back to UDP has done so; who cannot lives with TCP.
void judge::judge_transports(const testimony& x) {
  for (std::size_t i = 0; i < hop_.callers.size(); ++i) {
    const auto& wanted = hop_.callers[i].transport;
    if (!x.sessions[i] || !wanted)
      continue;
    for (const auto& session : *x.sessions[i])
      if (session.transport != *wanted)
        hop_.violate(fmt::format("{} has a session over {} instead of {}",
                                 hop_.callers[i].cuid, session.transport,
                                 *wanted));
  }
}

/// What the server said that it knows, it knows, unless it was started anew.
void judge::judge_reports(const testimony& x) {
  if (!x.server)
    return;
  for (const auto& [which, report] : hop_.book.reports()) {
    auto grant = hop_.book.grants().find(which);
    if (!report.lone || hop_.in.now() - report.asked >= hop_.server.age()
        || grant == hop_.book.grants().end() || !grant->second.present
        || grant->second.grave || !grant->second.immediate
        || grant->second.suspended || grant->second.since >= report.asked)
      continue;
    auto text_known =
        "the client reports: " + std::string{sig::to_string(report.what)};
    for (const auto& view : *x.server)
      if (view.cuid == which.first && view.mid == which.second
          && view.note != text_known)
        hop_.violate(fmt::format("{}: the server was told '{}', yet says "
                                 "'{}'",
                                 text(which), text_known, view.note));
  }
}

/// When nobody wants anything any more, nothing is left.
void judge::judge_base(const testimony& x) {
  auto n = hop_.device == nullptr ? 0 : hop_.device->rules().size();
  if (n != 0)
    hop_.violate(fmt::format("{} rules are left", n));
  n = hop_.server.store().mitigations.size();
  if (n != 0)
    hop_.violate(fmt::format("{} requests are left on the server's disk", n));
  for (std::size_t i = 0; i < hop_.callers.size(); ++i) {
    n = hop_.callers[i].who->store().mitigations.size();
    if (n != 0)
      hop_.violate(fmt::format("{} orders are left on the disk of {}", n,
                               hop_.callers[i].cuid));
    if (x.callers[i])
      for (const auto& view : *x.callers[i])
        if (view.progress != "refused")
          hop_.violate(fmt::format("{}/{} is left: {}", view.cuid, view.mid,
                                   view.progress));
  }
  if (x.node && x.node->clients != 0)
    hop_.violate(fmt::format("{} CLIENTs are left", x.node->clients));
  if (x.node) {
    auto left = x.node->mitigations;
    for (const auto& up : x.node->upstreams) // judged where they are asked for
      left -= up.mitigations;
    if (left != 0)
      hop_.violate(
          fmt::format("{} mitigations are left in the accounts", left));
  }
  judge_sessions(x);
}

} // namespace tocsin::sim
