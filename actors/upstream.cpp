// UPSTREAM: its start, and what others say to it.
#include "actors/upstream.hpp"

#include "protocol/signal/codec.hpp"

#include <spdlog/spdlog.h>

#include <random>

namespace tocsin::actors {

void upstream_state::init(upstream_setup setup) {
  setup_ = std::move(setup);
  probe_ = sig::udp_probe{setup_.udp_probe};
  known_.customer = setup_.name;
  known_.cuid = wanted_cuid_ = setup_.cuid;
  self_->send(self_, atom::tick_v);
  connect_due_ = now();
}

time_point upstream_state::now() const {
  return self_->clock().now();
}

std::uint32_t upstream_state::random() const {
  return setup_.random ? setup_.random() : std::random_device{}();
}

ack upstream_state::restore(const storage::snapshot& stored) {
  for (const auto& x : stored.clients)
    if (x.customer == setup_.name
        && (x.identity == replaces(setup_.cuid)
            || (x.cuid == setup_.cuid && known_.identity.empty())))
      known_ = x;
  wanted_cuid_ = known_.cuid;
  for (const auto& record : stored.mitigations)
    if (record.key.customer == setup_.name)
      restore_wish(record);
  adopt_controls();
  sig::mid_state mids{known_.last_mid, {}};
  // Higher ones are from before the last roll-over.
  if (!wishes_.empty() && wishes_.rbegin()->first > known_.last_mid)
    mids.retired = wishes_.rbegin()->first;
  mids_ = sig::mid_source{mids};
  mids_known_ |= known_.mid_used;
  restored_ = true;
  tell_data();
  pursue_all();
  return ack::done;
}

void upstream_state::restore_wish(const storage::mitigation_record& record) {
  auto body = sig::decode(record.body, sig::direction::request);
  auto* scope = body ? std::get_if<sig::mitigation_scope>(&*body) : nullptr;
  if (scope == nullptr || scope->scope.size() != 1)
    return;
  if (record.key.cuid != known_.cuid) {
    // Another cuid was configured: not before the mitigations under the old
    // one have ended (RFC 9132, Section 4.4.1.1).
    spdlog::warn("upstream {}: cuid {} stays in use until its mitigations end",
                 setup_.name, record.key.cuid);
    known_.cuid = record.key.cuid;
    known_.last_mid = std::max(known_.last_mid, record.key.mid);
    known_.mid_used = true;
  }
  auto& x = wishes_[record.key.mid];
  x.record = record;
  x.request = scope->scope[0];
  x.renew = (record.flags & flag_renew) != 0;
  x.asked = x.changed = x.known = now();
  if (record.flags & flag_withdrawing)
    x.state = progress::withdrawing;
  else if (record.flags & flag_active) {
    x.state = progress::active;
    x.listed = true;
    if (x.renew)
      x.refresh = now(); // when it was refreshed last is not stored
  }
}

upstream_actor::behavior_type
upstream(upstream_actor::stateful_pointer<upstream_state> self,
         std::shared_ptr<upstream_setup> setup) {
  auto* state = &self->state;
  state->init(std::move(*setup));
  self->set_down_handler(
      [state](const caf::down_msg& msg) { state->on_down(msg); });
  return {
      [state](atom::opened, const session_opened& x,
              caf::strong_actor_ptr& session) {
        state->on_opened(x, std::move(session));
      },
      [state](atom::gone, std::uint64_t id, session_end how,
              const std::string& why) { state->on_gone(id, how, why); },
      [state](atom::silent, std::uint64_t id, std::uint32_t missed) {
        state->on_silent(id, missed);
      },
      [state](atom::heard, std::uint64_t session) { state->heard(session); },
      [state](atom::notify, std::uint64_t session, std::uint64_t observation,
              const coap_reply& x) {
        state->on_notification(session, observation, x);
      },
      [state](atom::report, std::uint32_t mid, sig::attack_status what,
              duration patience) { return state->report(mid, what, patience); },
      [state](atom::restore, const storage::snapshot& stored) {
        return state->restore(stored);
      },
      [state](atom::order, mitigate_order& what) {
        return state->order(std::move(what));
      },
      [state](atom::order, std::uint32_t mid, duration patience) {
        return state->await(mid, patience);
      },
      [state](atom::control, std::uint32_t mid,
              std::vector<sig::filter_control>& acls) {
        return state->control(mid, std::move(acls));
      },
      [state](atom::withdraw, std::uint32_t mid, duration patience) {
        return state->withdraw(mid, patience);
      },
      [state](atom::list) { return state->list(); },
      [state](atom::status, std::uint32_t mid) { return state->status(mid); },
      [state](atom::status) { return state->view(); },
      [state](atom::sessions) { return state->sessions(); },
      [state](atom::adopt, const caf::strong_actor_ptr& relay) {
        state->adopt(relay);
      },
      [state](atom::finish) { state->finish(); },
      [state](atom::store, const caf::strong_actor_ptr& data) {
        state->adopt_data(data);
      },
      [state](atom::store, const held_aliases& x) { state->on_aliases(x); },
      [state](atom::abandon, const std::string& cuid) {
        state->on_cuid_taken(cuid);
      },
      [state](atom::tick) { state->on_tick(); },
  };
}

} // namespace tocsin::actors
