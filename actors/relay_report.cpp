// RELAY: what MITIGATIONs and operators hear.
#include "actors/relay.hpp"

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

namespace {

bool is_over(const mitigation_view& x) {
  return x.status == sig::status::terminated
         || x.status == sig::status::withdrawn
         || x.status == sig::status::client_withdrawn;
}

/// Its mids are names between the gateway and its server, which tell a client
/// nothing.
std::optional<sig::conflict_information>
conflict_for_clients(const mitigation_view& x) {
  auto out = x.conflict;
  if (out && out->scope)
    out->scope->mid.reset();
  return out;
}

bool is_in_force(const mitigation_view& x) {
  return x.status == sig::status::mitigated || x.status == sig::status::stopped;
}

} // namespace

/// In force as soon as all of its parts are.
relay_state::judgement relay_state::judge(const job& x) const {
  judgement out{progress::active, false, {}};
  for (const auto& [_, part] : x.parts) {
    if (out.answer == 0 || part.answer >> 5 > 2)
      out.answer = part.answer;
    if (!out.conflict)
      out.conflict = conflict_for_clients(part);
    if (part.progress == "refused")
      return {progress::failed, false, setup_.upstream + ": " + part.note,
              part.answer, out.conflict};
    if (part.status == sig::status::exceeded_capability)
      return {progress::failed, true,
              setup_.upstream + ": the attack exceeds its capability"};
    if (is_over(part))
      return {progress::failed, false,
              setup_.upstream + ": the server has ended it"};
    if (part.progress != "active" || !is_in_force(part)) {
      out.state = progress::pending;
      out.detail = part.note;
    }
  }
  if (!x.trouble.empty())
    return {progress::failed, false, setup_.upstream + ": " + x.trouble,
            x.refusal != 0 ? x.refusal : out.answer, out.conflict};
  if (x.parts.empty())
    out.state = progress::pending;
  if (out.state == progress::pending && out.detail.empty())
    out.detail = up_ ? "asked of " + setup_.upstream
                     : "no session with " + setup_.upstream;
  return out;
}

/// Tells all whom a request concerns of what has changed.
void relay_state::tell(const std::string& key) {
  auto i = jobs_.find(key);
  if (i == jobs_.end())
    return;
  auto found = judge(i->second);
  for (const auto& id : plan_.wishes(key))
    tell_owner(id, found);
  tell_totals(key, i->second);
}

void relay_state::tell_owner(const std::string& id, const judgement& found) {
  auto& rule = rules_.at(id);
  auto owner = caf::actor_cast<mitigation_actor>(rule.owner);
  if (!owner)
    return;
  enforcement_report news{setup_.name,  id,   found.state,  found.overloaded,
                          found.detail, !up_, found.answer, found.conflict};
  if (rule.told == news)
    return;
  rule.told = news;
  self_->send(owner, atom::report_v, std::move(news));
}

/// What the server dropped, for all that share the request, and whether it
/// says that the attack goes on: it is nearer to it.
void relay_state::tell_totals(const std::string& key, const job& x) {
  sig::counters sum;
  bool counted = false;
  bool stopped = !x.parts.empty();
  bool in_force = false;
  for (const auto& [_, part] : x.parts) {
    if (part.dropped) {
      counted = true;
      sum.pkts_dropped += part.dropped->pkts_dropped;
      sum.bytes_dropped += part.dropped->bytes_dropped;
    }
    in_force |= is_in_force(part);
    stopped &= part.status == sig::status::stopped;
  }
  for (const auto& id : plan_.wishes(key)) {
    auto owner = caf::actor_cast<mitigation_actor>(rules_.at(id).owner);
    if (!owner)
      continue;
    if (counted)
      self_->send(owner, atom::counters_v, id, sum.pkts_dropped,
                  sum.bytes_dropped);
    if (in_force)
      self_->send(owner, atom::traffic_v, id, !stopped);
  }
}

mitigator_view relay_state::view() const {
  mitigator_view x;
  x.name = setup_.name;
  x.driver = "DOTS server " + setup_.upstream;
  x.state = !launched_ ? "starting" : up_ ? "up" : "down";
  if (launched_ && !up_)
    x.detail = "no session; `tocsin node` tells why";
  for (const auto& [_, rule] : rules_)
    ++(rule.told && rule.told->what == progress::active ? x.rules : x.pending);
  return x;
}

relay_actor::behavior_type
relay(relay_actor::stateful_pointer<relay_state> self, relay_setup setup) {
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
      [state](atom::report, const std::string& id, sig::attack_status x) {
        state->on_efficacy(id, x);
      },
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
      [state](atom::changed, const mitigation_view& x) {
        state->on_changed(x);
      },
      [state](atom::changed, bool up) { state->on_link(up); },
      [state](atom::adopt, const std::string&,
              const caf::strong_actor_ptr& server) { state->adopt(server); },
  };
}

} // namespace tocsin::actors
