// RELAY GROUP: what comes of all parts of a rule, for its MITIGATION.
#include "actors/relay_group.hpp"

#include "protocol/signal/response.hpp"

#include <algorithm>

namespace tocsin::actors {

namespace {

std::string with(std::string all, const std::string& more) {
  if (!more.empty())
    all += (all.empty() ? "" : "; ") + more;
  return all;
}

} // namespace

/// Of `all`, in force as soon as one server has it in force: each sees other
/// packets, and the client is helped. Of parts, when all are.
enforcement_report relay_group_state::judge(const entry& x) const {
  enforcement_report out;
  out.mitigator = setup_.name;
  out.rule = x.rule.id;
  bool one_suffices = setup_.manner == relay_manner::all;
  std::size_t active = 0, failed = 0;
  out.blind = !x.parts.empty();
  for (const auto& [_, part] : x.parts) {
    active += part.what == progress::active;
    failed += part.what == progress::failed;
    out.blind &= part.blind;
    out.overloaded |= part.overloaded;
    if (part.what != progress::active)
      out.detail = with(std::move(out.detail), part.detail);
    if (out.answer == 0 || (part.answer >> 5 == 2) == one_suffices)
      out.answer = part.answer != 0 ? part.answer : out.answer;
    if (!out.conflict)
      out.conflict = part.conflict;
  }
  if (!x.nobody.empty()) {
    out.detail = with("no upstream is responsible for " + x.nobody
                          + " (see 'prefixes' of [[client.upstream]])",
                      out.detail);
    out.what = progress::failed;
    out.answer = static_cast<std::uint8_t>(
        protocol::signal::response_code::unauthorized);
    return out;
  }
  bool any = active > 0;
  bool all = active == x.parts.size() && any;
  if (one_suffices ? any : all)
    out.what = progress::active;
  else if (one_suffices ? failed == x.parts.size() : failed > 0)
    out.what = progress::failed;
  // Of several servers in turn, another one may be about to be asked.
  if (x.serial && out.what == progress::failed && !x.serial->exhausted())
    out.what = progress::pending;
  out.overloaded &= out.what == progress::failed;
  return out;
}

void relay_group_state::tell(entry& x) {
  auto owner = caf::actor_cast<mitigation_actor>(x.owner);
  if (!owner)
    return;
  auto found = judge(x);
  if (x.told == found)
    return;
  x.told = found;
  self_->send(owner, atom::report_v, std::move(found));
}

/// Reports name the RELAY's mitigator, which all share: the sender tells which
/// server they are about.
void relay_group_state::on_report(const enforcement_report& what) {
  auto i = rules_.find(what.rule);
  if (i == rules_.end())
    return;
  auto& x = i->second;
  auto at = x.parts.find(server_of(self_->current_sender()));
  if (at == x.parts.end())
    return; // it has moved
  at->second = what;
  consider_moving(x);
  tell(x);
  arm();
}

/// Totals of servers that were asked before count, too.
void relay_group_state::on_counters(const std::string& from,
                                    const std::string& id,
                                    std::uint64_t packets,
                                    std::uint64_t octets) {
  auto i = rules_.find(id);
  if (i == rules_.end() || from.empty())
    return;
  i->second.dropped[from] = {packets, octets};
  totals sum;
  for (const auto& [_, x] : i->second.dropped) {
    sum.packets += x.packets;
    sum.octets += x.octets;
  }
  if (auto owner = caf::actor_cast<mitigation_actor>(i->second.owner))
    self_->send(owner, atom::counters_v, id, sum.packets, sum.octets);
}

void relay_group_state::on_attack(const std::string& from,
                                  const std::string& id, bool goes_on) {
  auto i = rules_.find(id);
  if (i == rules_.end() || !i->second.parts.contains(from))
    return;
  auto& known = i->second.attacked;
  known[from] = goes_on;
  bool any = std::ranges::any_of(known, [](const auto& x) { return x.second; });
  if (auto owner = caf::actor_cast<mitigation_actor>(i->second.owner))
    self_->send(owner, atom::traffic_v, id, any);
}

std::string
relay_group_state::server_of(const caf::strong_actor_ptr& sender) const {
  for (const auto& [server, x] : legs_)
    if (sender && x.relay && x.relay.id() == sender->id())
      return server;
  return {};
}

caf::result<mitigator_view> relay_group_state::view() {
  mitigator_view x;
  x.name = setup_.name;
  x.state = !launched_ ? "starting" : "up";
  std::string servers, down;
  for (const auto& [server, one] : legs_) {
    servers = with(std::move(servers), server);
    if (!one.up)
      down = with(std::move(down), server);
  }
  if (setup_.manner == relay_manner::per_client) {
    x.driver =
        "DOTS server " + setup_.clients.server + ", a session for each client";
  } else {
    x.driver = "DOTS servers " + servers;
    if (launched_ && !down.empty())
      x.state = healthy_.value_or(false) ? "degraded" : "down";
  }
  if (launched_ && !down.empty())
    x.detail = "no session with " + down + "; `tocsin node` tells why";
  for (const auto& [_, rule] : rules_)
    ++(rule.told && rule.told->what == progress::active ? x.rules : x.pending);
  return x;
}

relay_group_actor::behavior_type
relay_group(relay_group_actor::stateful_pointer<relay_group_state> self,
            relay_group_setup setup) {
  auto* state = &self->state;
  state->init(std::move(setup));
  return {
      [state](atom::install, const mitigators::rule& what,
              caf::strong_actor_ptr& owner) {
        state->install(what, std::move(owner));
      },
      [state](atom::install, const mitigators::filter_set& what,
              const caf::strong_actor_ptr& owner) {
        state->refuse(what, owner);
      },
      [state](atom::withdraw, const std::string& id) { state->withdraw(id); },
      [state](atom::report, const std::string& id,
              protocol::signal::attack_status x) { state->on_efficacy(id, x); },
      [state](atom::begin) { state->launch(); },
      [state](atom::status) { return state->view(); },
      [](atom::line, std::uint64_t, const std::string&) {
        // it has no driver
      },
      [](atom::exited, std::uint64_t, int) {
        // it has no driver
      },
      [state](atom::tick, std::uint64_t generation) {
        state->on_tick(generation);
      },
      [state](atom::report, const enforcement_report& x) {
        state->on_report(x);
      },
      [self, state](atom::counters, const std::string& id,
                    std::uint64_t packets, std::uint64_t octets) {
        state->on_counters(state->server_of(self->current_sender()), id,
                           packets, octets);
      },
      [self, state](atom::traffic, const std::string& id, bool goes_on) {
        state->on_attack(state->server_of(self->current_sender()), id, goes_on);
      },
      [state](atom::changed, const std::string& server, bool up) {
        state->on_link(server, up);
      },
      [state](atom::adopt, const std::string& server,
              const caf::strong_actor_ptr& handle) {
        state->adopt(server, handle);
      },
  };
}

} // namespace tocsin::actors
