#include "actors/registry.hpp"

#include "protocol/signal/scope.hpp"

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

namespace {

using state = scope_claim::state;

/// Ids of what siblings hold, while one claim is decided: by their place in it.
constexpr std::uint64_t foreign_base = std::uint64_t{1} << 63;

foreign_notice notice_for(const foreign_scope& x, foreign_verdict what,
                          sig::conflict_information why) {
  return {x.sibling, x.owner, what, std::move(why)};
}

} // namespace

bool registry_state::same_client(const scope& a, const scope& b) {
  return a.owner.customer == b.owner.customer && a.owner.cuid == b.owner.cuid;
}

std::int64_t registry_state::remaining(const scope& x) const {
  if (!x.ends)
    return sig::indefinite_lifetime;
  auto left =
      std::chrono::ceil<std::chrono::seconds>(*x.ends - self_->clock().now());
  return std::max<std::int64_t>(left.count(), 0);
}

registry_state::id_type registry_state::enter(const scope_claim& x) {
  auto [i, is_new] = ids_.try_emplace(x.owner, next_id_);
  if (is_new)
    ++next_id_;
  auto id = i->second;
  auto& entry = scopes_[id];
  bool steps_back =
      !is_new && entry.now == state::active && x.wanted != state::active;
  entry.owner = x.owner;
  // Aliases are names within one client only.
  entry.what =
      sig::qualify_aliases(x.what, x.owner.customer + '/' + x.owner.cuid);
  entry.client = caf::actor_cast<client_actor>(x.client);
  entry.now = x.wanted;
  index_.insert(id, entry.what);
  set_lifetime(entry, x.lifetime);
  if (steps_back)
    make_way(id);
  return id;
}

void registry_state::set_lifetime(scope& x, std::int64_t lifetime) {
  if (lifetime < 0)
    x.ends.reset();
  else
    x.ends = self_->clock().now() + std::chrono::seconds{lifetime};
}

claim_result registry_state::refresh(const scope_owner& who,
                                     std::int64_t lifetime) {
  claim_result out;
  auto i = ids_.find(who);
  if (i == ids_.end())
    return out;
  set_lifetime(scopes_.at(i->second), lifetime);
  out.information = conflict_of(i->second);
  return out;
}

sig::contender registry_state::contender_of(id_type id, const scope& of) const {
  const auto& x = scopes_.at(id);
  return {id,
          x.what,
          remaining(x),
          x.now == state::active,
          x.owner.customer == of.owner.customer,
          x.now != state::armed};
}

/// The conflict that a scope is in now, in the words of its owner: with those
/// it lost to or, if it is active, with all that are not merely armed.
std::optional<registry_state::information>
registry_state::conflict_of(id_type id) const {
  const auto& x = scopes_.at(id);
  if (x.now == state::armed)
    return std::nullopt;
  bool active = x.now == state::active;
  std::vector<sig::contender> met;
  std::optional<std::uint32_t> retry;
  for (auto other : rivals(id)) {
    auto rival = contender_of(other, x);
    bool counts = active || x.beaten_by.empty() ? rival.immediate
                                                : x.beaten_by.contains(other);
    if (!counts)
      continue;
    if (!active)
      retry = std::max(retry.value_or(0), sig::retry_timer_of(rival.remaining));
    met.push_back(std::move(rival));
  }
  if (met.empty())
    return std::nullopt;
  auto status = active ? sig::conflict_status::active
                : x.beaten_by.empty()
                    ? sig::conflict_status::all_inactive
                    : sig::conflict_status::inactive_other_active;
  return sig::ongoing_conflict(contender_of(id, x), met, status, retry);
}

/// True if the client will hear of the end of each that it met.
bool registry_state::remember_refused(id_type id) {
  auto who = caf::actor_cast<caf::weak_actor_ptr>(scopes_.at(id).client);
  bool all = true;
  for (auto other : rivals(id)) {
    if (scopes_.at(other).now == state::armed)
      continue;
    auto& waiting = refused_[other];
    if (std::ranges::count(waiting, who) > 0)
      continue;
    if (waiting.size() < max_refused_clients)
      waiting.push_back(who);
    else
      all = false;
  }
  return all;
}

/// This scope stands in nobody's way any more.
void registry_state::admit_refused(id_type id) {
  auto node = refused_.extract(id);
  if (node.empty())
    return;
  for (const auto& x : node.mapped())
    if (auto strong = caf::actor_cast<caf::strong_actor_ptr>(x))
      self_->send(caf::actor_cast<client_actor>(strong), atom::release_v);
}

claim_result registry_state::claim(const scope_claim& x) {
  bool known = ids_.contains(x.owner);
  auto id = enter(x);
  auto& entry = scopes_.at(id);
  for (auto winner : entry.beaten_by)
    beats_[winner].erase(id);
  entry.beaten_by.clear();
  claim_result out;
  std::vector<sig::contender> others;
  for (auto other : index_.overlapping(entry.what)) {
    const auto& y = scopes_.at(other);
    if (other == id)
      continue;
    if (same_client(entry, y))
      out.own.push_back(y.owner.mid);
    else if (!x.restored)
      others.push_back(contender_of(other, entry));
  }
  add_foreign(x, entry, others, out);
  if (x.restored) {
    // Who was suspended when the node ended finds its winners again.
    for (auto other : rivals(id)) {
      auto winner = entry.now == state::active ? id : other;
      auto loser = winner == id ? other : id;
      if (scopes_.at(winner).now != state::active
          || scopes_.at(loser).now != state::suspended)
        continue;
      scopes_.at(loser).beaten_by.insert(winner);
      beats_[winner].insert(loser);
    }
    return out;
  }
  auto decision = sig::decide_conflict(rules_,
                                       {id, entry.what, remaining(entry), true,
                                        false, x.wanted == state::active},
                                       others);
  out.verdict = decision.newcomer;
  out.information = decision.information;
  for (const auto& notice : decision.notices)
    if (notice.id >= foreign_base) {
      bool loses = std::ranges::count(decision.deactivate, notice.id) > 0;
      out.notices.push_back(notice_for(
          x.foreign[notice.id - foreign_base],
          loses ? foreign_verdict::loses : foreign_verdict::told, notice.what));
    }
  apply(id, decision);
  out.agreeing = agreeing(id);
  if (out.verdict == sig::newcomer_verdict::accept && out.agreeing > 1)
    for (auto other : rivals(id))
      tell_agreement(other);
  if (out.verdict == sig::newcomer_verdict::refuse && !known) {
    out.lasting = remember_refused(id);
    forget(id);
  }
  return out;
}

/// What siblings hold is decided about by the same rules, except that a
/// restored claim is not decided about at all.
void registry_state::add_foreign(const scope_claim& x, const scope& entry,
                                 std::vector<sig::contender>& others,
                                 claim_result& out) const {
  if (x.restored)
    return;
  for (std::size_t i = 0; i < x.foreign.size(); ++i) {
    const auto& y = x.foreign[i];
    bool same_customer = y.owner.customer == entry.owner.customer;
    if (same_customer && y.owner.cuid == entry.owner.cuid)
      out.own_elsewhere.push_back(y);
    else
      others.push_back({foreign_base + i, y.what, y.remaining, y.active,
                        same_customer, y.immediate});
  }
}

std::vector<foreign_scope>
registry_state::overlapping(const scope_owner& who,
                            const sig::target& what) const {
  std::vector<foreign_scope> out;
  for (auto id : index_.overlapping(what)) {
    if (out.size() >= max_sibling_scopes)
      break;
    const auto& x = scopes_.at(id);
    // Of the same client that is suspended, nothing stands in the way.
    bool own = x.owner.customer == who.customer && x.owner.cuid == who.cuid;
    if (own && x.now == state::suspended)
      continue;
    out.push_back({{},
                   x.owner,
                   x.what,
                   remaining(x),
                   x.now == state::active,
                   x.now != state::armed});
  }
  return out;
}

/// A sibling has decided about its newcomer, by the same rules.
void registry_state::on_verdict(const foreign_notice& x) {
  auto i = ids_.find(x.owner);
  if (i == ids_.end())
    return; // it has ended meanwhile
  auto& mine = scopes_.at(i->second);
  switch (x.what) {
  case foreign_verdict::told:
    self_->send(mine.client, atom::notify_v, x.owner.mid, x.information);
    return;
  case foreign_verdict::loses:
    if (mine.now != state::active)
      return;
    mine.now = state::suspended;
    make_way(i->second);
    self_->send(mine.client, atom::withdraw_v, x.owner.mid, x.information);
    return;
  case foreign_verdict::superseded:
    self_->send(mine.client, atom::leave_v, x.owner.mid);
    return;
  }
}

/// Clients that want something of this scope active, its own among them.
std::uint32_t registry_state::agreeing(id_type id) const {
  std::set<std::pair<std::string_view, std::string_view>> clients;
  auto add = [&](const scope& x) {
    if (x.now == state::active)
      clients.emplace(x.owner.customer, x.owner.cuid);
  };
  add(scopes_.at(id));
  for (auto other : rivals(id))
    add(scopes_.at(other));
  return static_cast<std::uint32_t>(clients.size());
}

void registry_state::tell_agreement(id_type id) {
  const auto& x = scopes_.at(id);
  if (x.now == state::active)
    self_->send(x.client, atom::claim_v, x.owner.mid, agreeing(id));
}

void registry_state::apply(id_type id, const sig::conflict_decision& decision) {
  auto& entry = scopes_.at(id);
  bool accepted = decision.newcomer == sig::newcomer_verdict::accept;
  for (const auto& notice : decision.notices) {
    if (notice.id >= foreign_base)
      continue; // the CLIENT tells the sibling
    bool loses = std::ranges::count(decision.deactivate, notice.id) > 0;
    auto& other = scopes_.at(notice.id);
    if (!loses) {
      self_->send(other.client, atom::notify_v, other.owner.mid, notice.what);
      continue;
    }
    other.now = state::suspended;
    if (accepted) {
      other.beaten_by.insert(id);
      beats_[id].insert(notice.id);
      entry.losers.emplace_back(notice.id, notice.what);
      make_way(notice.id);
    } else {
      admit_refused(notice.id); // nobody wins, so there is nothing to wait for
      self_->send(other.client, atom::withdraw_v, other.owner.mid, notice.what);
    }
  }
  if (accepted)
    return;
  entry.now = state::suspended;
  for (auto other : rivals(id))
    if (scopes_.at(other).now == state::active) {
      entry.beaten_by.insert(other);
      beats_[other].insert(id);
    }
}

/// Overlapping scopes of other clients.
std::set<registry_state::id_type> registry_state::rivals(id_type id) const {
  const auto& entry = scopes_.at(id);
  std::set<id_type> found;
  for (auto other : index_.overlapping(entry.what))
    if (other != id && !same_client(entry, scopes_.at(other)))
      found.insert(other);
  return found;
}

void registry_state::in_force(const scope_owner& who) {
  auto i = ids_.find(who);
  if (i == ids_.end())
    return;
  auto told = std::exchange(scopes_.at(i->second).losers, {});
  for (const auto& [id, what] : told)
    if (auto loser = scopes_.find(id);
        loser != scopes_.end() && loser->second.now == state::suspended)
      self_->send(loser->second.client, atom::withdraw_v,
                  loser->second.owner.mid, what);
}

void registry_state::release(const scope_owner& who) {
  if (auto i = ids_.find(who); i != ids_.end())
    forget(i->second);
}

void registry_state::forget(id_type id) {
  auto node = scopes_.extract(id);
  if (node.empty())
    return;
  index_.erase(id);
  ids_.erase(node.mapped().owner);
  for (auto winner : node.mapped().beaten_by)
    beats_[winner].erase(id);
  make_way(id);
  // Those that it would have replaced once in force, and that another replaces.
  for (const auto& [other, what] : node.mapped().losers)
    if (auto loser = scopes_.find(other);
        loser != scopes_.end() && loser->second.now == state::suspended)
      self_->send(loser->second.client, atom::withdraw_v,
                  loser->second.owner.mid, conflict_of(other).value_or(what));
}

/// This scope is not active any more: who was refused because of it may ask
/// again, and what it had beaten is active unless others are in its way.
void registry_state::make_way(id_type id) {
  admit_refused(id);
  auto freed = beats_.extract(id);
  if (freed.empty())
    return;
  for (auto loser : freed.mapped()) {
    scopes_.at(loser).beaten_by.erase(id);
    set_free(loser);
  }
}

/// What lost to nobody any more is active again, unless another client's
/// request has taken its place meanwhile.
void registry_state::set_free(id_type id) {
  auto& entry = scopes_.at(id);
  if (entry.now != state::suspended || !entry.beaten_by.empty())
    return;
  bool nobody = false;
  for (auto other : rivals(id)) {
    auto now = scopes_.at(other).now;
    nobody |= now == state::suspended
              && rules_.policy == sig::conflict_policy::reject_all;
    if (now == state::active) {
      entry.beaten_by.insert(other);
      beats_[other].insert(id);
    }
  }
  if (nobody || !entry.beaten_by.empty())
    return;
  entry.now = state::active;
  self_->send(entry.client, atom::begin_v, entry.owner.mid);
}

void registry_state::launch() {
  std::vector<id_type> waiting;
  for (const auto& [id, x] : scopes_)
    if (x.now == state::suspended)
      waiting.push_back(id);
  std::ranges::sort(waiting); // the first one first
  for (auto id : waiting)
    set_free(id);
  for (const auto& [id, x] : scopes_)
    if (agreeing(id) > 1)
      tell_agreement(id);
  // The store does not know what they share with whom.
  for (auto id : waiting)
    if (const auto& x = scopes_.at(id); x.now == state::suspended)
      if (auto what = conflict_of(id))
        self_->send(x.client, atom::notify_v, x.owner.mid, *what);
}

registry_actor::behavior_type
registry(registry_actor::stateful_pointer<registry_state> self,
         sig::conflict_rules rules) {
  auto* state = &self->state;
  state->init(rules);
  return {
      [state](atom::claim, const scope_claim& x) { return state->claim(x); },
      [state](atom::refresh, const scope_owner& who, std::int64_t lifetime) {
        return state->refresh(who, lifetime);
      },
      [state](atom::install, const scope_owner& who) { state->in_force(who); },
      [state](atom::release, const scope_owner& who) { state->release(who); },
      [state](atom::ask, const scope_owner& who, const sig::target& what) {
        return state->overlapping(who, what);
      },
      [state](atom::notify, const foreign_notice& x) { state->on_verdict(x); },
      [state](atom::begin) { state->launch(); },
  };
}

} // namespace tocsin::actors
