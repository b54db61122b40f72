// CLIENT: the MITIGATIONs of its requests and their records.
#include "actors/client.hpp"
#include "actors/client_flags.hpp"
#include "actors/mitigation.hpp"
#include "protocol/data/alias.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/customer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace data = protocol::data;
namespace sig = protocol::signal;

namespace {

/// What a restart has to know of a status: that it was running.
sig::status stored_status(sig::status x) {
  switch (x) {
  case sig::status::mitigated:
  case sig::status::exceeded_capability:
    return sig::status::in_progress;
  default:
    return x;
  }
}

bool is_running(sig::status x) {
  return x != sig::status::signal_loss && x != sig::status::withdrawn
         && x != sig::status::terminated;
}

} // namespace

scope_owner client_state::owner(std::uint32_t mid) const {
  return {setup_.who->name, setup_.cuid, mid};
}

scope_claim client_state::claim_of(const entry& x,
                                   scope_claim::state wanted) const {
  return {owner(x.record.key.mid),
          resolved(data::covered(x.request.what, x.aliased), x.names),
          sig::remaining_lifetime(x.record.expires, wall()),
          wanted,
          false,
          caf::actor_cast<caf::strong_actor_ptr>(self_)};
}

storage::audit_event client_state::event(std::uint32_t mid, std::string action,
                                         std::string outcome) const {
  return {wall(), setup_.who->name, std::move(action),
          setup_.cuid + '/' + std::to_string(mid), std::move(outcome)};
}

/// For changes that nobody waits for: a failure is logged, and what goes on
/// goes on.
void client_state::commit(storage::transaction changes) {
  self_
      ->request(setup_.keeper, node_patience, atom::commit_v,
                std::move(changes))
      .then([](ack) {},
            [this](const caf::error& why) {
              spdlog::error("client {}/{}: a change was not stored: {}",
                            setup_.who->name, setup_.cuid,
                            to_string(to_failure(why)));
            });
}

ack client_state::restore(const storage::snapshot& stored) {
  for (const auto& x : stored.clients)
    known_ = x;
  for (const auto& record : stored.mitigations) {
    created_ = std::max(created_, record.created);
    if (record.status == static_cast<std::uint8_t>(sig::status::terminated))
      tombstones_[record.key.mid] = record.expires;
    else
      restore_one(record);
  }
  bool waits = std::ranges::any_of(entries_, [](const auto& x) {
    return x.second.armed_kind() && !(x.second.record.flags & flag_left);
  });
  if (waits)
    signal_.restored(now());
  if (!known_.identity.empty() && setup_.parent)
    self_->send(setup_.parent, atom::adopt_v, setup_.who->name, setup_.cuid,
                known_.identity);
  arm();
  return ack::done;
}

void client_state::restore_one(const storage::mitigation_record& record) {
  auto body = sig::decode(record.body, sig::direction::request);
  auto* scope = body ? std::get_if<sig::mitigation_scope>(&*body) : nullptr;
  auto aliased = decode_target(record.aliased);
  bool usable = scope != nullptr && scope->scope.size() == 1
                && sig::authorise(*setup_.who, scope->scope[0].what) && aliased
                && sig::authorise(*setup_.who, *aliased)
                && sig::remaining_lifetime(record.expires, wall()) != 0;
  if (!usable) {
    // Expired while the node was down, or no longer the customer's own.
    commit({storage::erase_mitigation{record.key},
            storage::append_audit{
                {wall(), "node", "drop",
                 record.key.cuid + '/' + std::to_string(record.key.mid),
                 "expired or no longer authorised when the node started"}}});
    return;
  }
  auto& x = entries_[record.key.mid];
  x.record = record;
  x.request = scope->scope[0];
  x.aliased = aliased ? std::move(*aliased) : sig::target{};
  setup_.usage->restore_mitigation();
  bool suspended = (record.flags & flag_suspended) != 0;
  bool armed =
      x.armed_kind() && !is_running(static_cast<sig::status>(record.status));
  auto claim = claim_of(x, suspended ? scope_claim::state::suspended
                           : armed   ? scope_claim::state::armed
                                     : scope_claim::state::active);
  claim.restored = true;
  self_->request(setup_.registry, node_patience, atom::claim_v, claim)
      .then([](const claim_result&) {}, [](const caf::error&) {});
  if (!suspended) {
    start(x, true);
    return;
  }
  sig::conflict_information why;
  why.status = record.flags & flag_nobody
                   ? sig::conflict_status::all_inactive
                   : sig::conflict_status::inactive_other_active;
  why.cause = sig::conflict_cause::overlapping_targets;
  auto left = sig::remaining_lifetime(record.expires, wall());
  why.retry_timer = static_cast<std::uint32_t>(
      std::max<std::int64_t>(left - sig::kept_lifetime(0), 0));
  x.view.peer = setup_.who->name;
  x.view.cuid = setup_.cuid;
  x.view.mid = record.key.mid;
  x.view.what = x.request.what;
  x.view.immediate = !x.armed_kind();
  suspend(x, std::move(why));
  x.view.lifetime = left;
  x.kept_until = setup_.clock.when(record.expires);
}

void client_state::start(entry& x, bool restored) {
  auto setup = std::make_shared<mitigation_setup>();
  setup->owner = owner(x.record.key.mid);
  setup->who = setup_.who;
  setup->what = data::covered(x.request.what, x.aliased);
  setup->names = x.names;
  setup->immediate = !x.armed_kind();
  setup->lifetime = sig::remaining_lifetime(x.record.expires, wall());
  setup->start = x.record.start;
  setup->restored = restored;
  setup->state = static_cast<sig::status>(x.record.status);
  setup->mitigators = setup_.mitigators;
  setup->hop_limit = x.record.hop_limit;
  setup->cdid = x.record.cdid;
  setup->approved = !setup_.who->approval || (x.record.flags & flag_approved);
  setup->chosen = split_names(x.record.chosen);
  setup->help_ordered = (x.record.flags & flag_help) != 0;
  setup->resolver = setup_.resolver;
  setup->parent = self_;
  setup->clock = setup_.clock;
  setup->life = setup_.life;
  x.view.peer = setup_.who->name;
  x.view.cuid = setup_.cuid;
  x.view.mid = x.record.key.mid;
  x.view.what = x.request.what;
  x.view.immediate = setup->immediate;
  x.view.lifetime = setup->lifetime;
  x.view.status = setup->immediate ? sig::status::in_progress : setup->state;
  x.view.start.reset();
  if (x.record.start != 0)
    x.view.start = static_cast<std::uint64_t>(x.record.start);
  x.viewed = now();
  x.handle = self_->spawn(mitigation, std::move(setup));
  self_->monitor(x.handle);
  self_->send(x.handle, atom::begin_v);
}

mitigation_view client_state::current(const entry& x) const {
  auto view = x.view;
  auto elapsed = now() - x.viewed;
  view.age_ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count());
  view.lifetime = lifetime_left(x);
  view.filters = x.request.acls;
  view.switched = x.switched;
  view.conflict = conflict_of(x);
  return view;
}

/// Seconds, by what MITIGATION has said last; -1: indefinite.
std::int64_t client_state::lifetime_left(const entry& x) const {
  if (x.view.lifetime <= 0)
    return x.view.lifetime;
  auto elapsed =
      std::chrono::duration_cast<std::chrono::seconds>(now() - x.viewed);
  return std::max<std::int64_t>(0, x.view.lifetime - elapsed.count());
}

std::optional<sig::conflict_information>
client_state::conflict_of(const entry& x) const {
  auto out = x.view.conflict ? x.view.conflict : x.accepted;
  for (const auto& at : x.view.enforcement)
    if (!out)
      out = at.conflict; // of an upstream server
  if (out && out->retry_timer && x.retry_at)
    out->retry_timer = static_cast<std::uint32_t>(std::max<std::int64_t>(
        0,
        std::chrono::ceil<std::chrono::seconds>(*x.retry_at - now()).count()));
  return out;
}

/// Whether the message at hand is of the MITIGATION that counts: one that lost
/// a conflict may have a successor under the same mid.
bool client_state::is_current(const entry& x) const {
  return !x.suspended && self_->current_sender() != nullptr
         && self_->current_sender()
                == caf::actor_cast<caf::strong_actor_ptr>(x.handle);
}

void client_state::on_changed(mitigation_view view) {
  auto i = entries_.find(view.mid);
  if (i == entries_.end() || !is_current(i->second))
    return;
  auto& x = i->second;
  bool news = view.status != x.view.status;
  view.conflict = x.view.conflict;
  view.what = x.request.what; // with its aliases
  x.view = std::move(view);
  x.viewed = now();
  judge_awaited();
  if (x.view.status != sig::status::in_progress
      && x.view.status != sig::status::signal_loss)
    release_replaced(x);
  count(x);
  if (news) {
    persist(x);
    notify(x.record.key.mid);
    if (is_final(x))
      self_->send(x.handle, atom::report_v);
  }
  arm();
}

void client_state::release_replaced(entry& x) {
  for (auto& [old, why] : x.replaces)
    self_->send(old, atom::revoke_v, why);
  x.replaces.clear();
  if (std::exchange(x.beats, false))
    self_->send(setup_.registry, atom::install_v, owner(x.record.key.mid));
  for (auto& notice : x.elsewhere)
    if (setup_.siblings)
      self_->send(setup_.siblings, atom::report_v, std::move(notice));
  x.elsewhere.clear();
}

/// Keeps the number of active mitigations, which the configuration of the
/// sessions depends on.
void client_state::count(entry& x) {
  bool active = !x.suspended && is_running(x.view.status);
  if (active == x.active)
    return;
  x.active = active;
  x.switched.clear();
  x.accepted.reset();
  active_ += active ? 1 : std::size_t(-1);
  if (active_ <= 1)
    tell_mode();
}

/// A preconfigured mitigation survives a restart as what it was: armed, or
/// running since the signal was lost. Of an immediate one it is remembered
/// whether the attack has stopped.
void client_state::persist(entry& x) {
  auto what = stored_status(x.view.status);
  auto status = static_cast<std::uint8_t>(what);
  if (x.withdrawn || x.record.status == status
      || x.view.status == sig::status::terminated)
    return;
  if (!x.armed_kind() && what != sig::status::in_progress
      && what != sig::status::stopped)
    return;
  bool armed = x.view.status == sig::status::signal_loss;
  x.record.status = status;
  x.record.start = static_cast<unix_seconds>(x.view.start.value_or(0));
  commit({storage::put_mitigation{x.record},
          storage::append_audit{
              event(x.record.key.mid, "status",
                    std::string{sig::to_string(x.view.status)})}});
  if (armed)
    claim_armed(x);
}

/// What waits for the loss of signal competes with nobody, so nothing is
/// decided.
void client_state::claim_armed(const entry& x) {
  auto claim = claim_of(x, scope_claim::state::armed);
  claim.restored = true;
  self_->request(setup_.registry, node_patience, atom::claim_v, claim)
      .then([](const claim_result&) {}, [](const caf::error&) {});
}

void client_state::on_gone(std::uint32_t mid) {
  auto i = entries_.find(mid);
  if (i == entries_.end())
    return;
  auto& x = i->second;
  if (x.ending
      && self_->current_sender()
             == caf::actor_cast<caf::strong_actor_ptr>(x.ending)) {
    x.ending = nullptr;
    if (std::exchange(x.start_when_ended, false))
      start(x, x.armed_kind());
    return;
  }
  if (is_current(x))
    erase(mid);
}

/// Nothing of it is left, but for the grave of a withdrawn mid.
void client_state::erase(std::uint32_t mid) {
  auto node = entries_.extract(mid);
  if (node.empty())
    return;
  if (awaited_ && awaited_->mid == mid)
    answer_granted();
  auto& x = node.mapped();
  release_replaced(x);
  x.suspended = true;
  count(x);
  setup_.usage->close_mitigation();
  self_->send(setup_.registry, atom::release_v, owner(mid));
  if (!tombstones_.contains(mid))
    commit({storage::erase_mitigation{x.record.key}});
  notify(mid);
  arm();
}

/// A MITIGATION that fails dies alone and is started again from its record.
void client_state::on_down(const caf::down_msg& msg) {
  for (auto& [mid, x] : entries_) {
    if (x.ending && x.ending.address() == msg.source) {
      x.ending = nullptr;
      if (std::exchange(x.start_when_ended, false))
        start(x, x.armed_kind());
      return;
    }
    if (!x.handle || x.handle.address() != msg.source || x.suspended)
      continue;
    spdlog::error("client {}/{}: mitigation {} failed and is started again: {}",
                  setup_.who->name, setup_.cuid, mid,
                  to_string(to_failure(msg.reason)));
    if (x.withdrawn)
      erase(mid);
    else
      start(x, true);
    return;
  }
}

} // namespace tocsin::actors
