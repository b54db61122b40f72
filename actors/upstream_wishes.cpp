// UPSTREAM: pursues what is wanted until the server has answered.
#include "actors/upstream.hpp"

#include "protocol/signal/codec.hpp"
#include "protocol/signal/lifetime.hpp"
#include "protocol/signal/request.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

/// Something is asked for and not yet answered, or runs: attempts to connect
/// may follow each other as in an attack.
bool upstream_state::in_need() const {
  return under_attack() || std::ranges::any_of(wishes_, [](const auto& x) {
           return x.second.state == progress::requested
                  || x.second.state == progress::withdrawing;
         });
}

/// Immediate mitigation is wanted, and the server has not said that the attack
/// is over: it knows better than we do (RFC 9132, Section 4.4.2.2).
bool upstream_state::under_attack() const {
  return std::ranges::any_of(wishes_, [](const auto& entry) {
    auto& x = entry.second;
    if (!x.request.trigger_mitigation.value_or(true))
      return x.state == progress::active && x.last.origin == "signal-loss";
    return x.state == progress::requested
           || (x.state == progress::active
               && x.last.status != sig::status::stopped
               && x.last.status != sig::status::terminated
               && x.last.status != sig::status::withdrawn);
  });
}

void upstream_state::announce_mode() {
  bool attacked = under_attack();
  follower_.set_under_attack(attacked);
  if (attacked == attacked_)
    return;
  attacked_ = attacked;
  for (auto& [_, x] : links_)
    if (x.up)
      self_->send(x.handle, atom::mode_v, known_.cuid, attacked);
}

void upstream_state::pursue_all() {
  for (auto& [_, x] : wishes_)
    ask_if_due(x);
  arm();
}

void upstream_state::pursue(wish& x) {
  ask_if_due(x);
  arm();
}

/// Does not arm(), which looks at all wishes.
void upstream_state::ask_if_due(wish& x) {
  bool due =
      x.state == progress::requested || x.state == progress::withdrawing
      || (x.state == progress::active && x.refresh && *x.refresh <= now());
  if (x.retry && *x.retry > now())
    due = false;
  if (x.after && wishes_.contains(*x.after))
    due = false;
  if (waits(x))
    due = false;
  if (lifetime_to_ask(x) == 0)
    due = false; // it ends this very moment, and 0 is no lifetime
  if (due)
    for (auto session : links_for(x))
      if (std::ranges::none_of(
              x.asks, [=](const ask& a) { return a.session == session; }))
        send(x, session);
}

/// Seconds to ask for. What the operator does not want renewed is granted once:
/// asked for again, as when it moves to another server, it is asked for with
/// what is left of it.
std::int64_t upstream_state::lifetime_to_ask(const wish& x) const {
  if (x.state != progress::active || x.renew)
    return x.record.lifetime;
  return sig::remaining_lifetime(x.record.expires, wall());
}

std::vector<std::string>
upstream_state::path_to(const std::string& cuid,
                        std::optional<std::uint32_t> mid) const {
  sig::mitigate_path path{{}, cuid, mid};
  if (!setup_.cdid.empty())
    path.cdid = setup_.cdid;
  return sig::to_segments(path);
}

bytes upstream_state::body_to_ask(const wish& x) const {
  auto lifetime = lifetime_to_ask(x);
  if (lifetime == x.record.lifetime)
    return x.record.body;
  auto request = x.request;
  request.lifetime = lifetime;
  return sig::encode(sig::mitigation_scope{{std::move(request)}});
}

void upstream_state::send(wish& x, std::uint64_t session) {
  if (x.asks.empty())
    x.sent = now();
  x.retry.reset();
  auto mid = x.record.key.mid;
  auto tag = next_tag_++;
  x.asks.push_back({session, tag});
  bool removal = x.state == progress::withdrawing;
  coap_call call;
  call.code = removal ? 4 : 3; // DELETE, PUT
  call.path = path_to(x.record.key.cuid, mid);
  call.hop_limit = x.record.hop_limit;
  if (!removal)
    call.body = body_to_ask(x);
  call.urgent = true;
  call.patience = request_round;
  call.tag = tag;
  self_
      ->request(links_[session].handle, request_round + status_patience,
                atom::request_v, std::move(call))
      .then(
          [this, mid, tag, session](const coap_reply& reply) {
            heard(session);
            on_answer(mid, tag, reply);
          },
          [this, mid, tag](const caf::error& why) {
            on_silence(mid, tag, to_failure(why));
          });
}

/// What is still repeated for this wish no longer matters.
void upstream_state::stop_asking(wish& x) {
  for (const auto& a : x.asks)
    if (auto* l = find_link(a.session))
      self_->send(l->handle, atom::abandon_v, a.tag);
  x.asks.clear();
}

void upstream_state::on_silence(std::uint32_t mid, std::uint64_t tag,
                                const failure& why) {
  auto i = wishes_.find(mid);
  if (i == wishes_.end() || std::erase_if(i->second.asks, [=](const ask& a) {
                              return a.tag == tag;
                            }) == 0)
    return; // given up, or answered over another session
  i->second.note = to_string(why);
  if (why.code != ec::closed)
    pursue(i->second);
  arm();
}

void upstream_state::settle(wish& x) {
  auto waiters = std::move(x.waiters);
  x.waiters.clear();
  for (auto& w : waiters)
    w.promise.deliver(current(x));
}

/// The server does not hold it any more, and not since the operator said so.
void upstream_state::end(std::uint32_t mid, const std::string& action,
                         std::string why) {
  auto i = wishes_.find(mid);
  if (i == wishes_.end())
    return;
  auto& x = i->second;
  stop_asking(x);
  x.state = progress::withdrawn;
  x.last.status = sig::status::withdrawn;
  x.note = std::move(why);
  spdlog::warn("upstream {}: mitigation {}: {}", setup_.name, mid, x.note);
  persist({storage::append_audit{
      {wall(), setup_.name, action, std::to_string(mid), x.note}}});
  settle(x);
  forget(mid);
}

void upstream_state::forget(std::uint32_t mid) {
  auto node = wishes_.extract(mid);
  if (node.empty())
    return;
  auto& x = node.mapped();
  persist({storage::erase_mitigation{x.record.key}});
  x.state = progress::withdrawn;
  tell_relay(x);
  std::erase_if(renamed_, [mid](const auto& y) { return y.second == mid; });
  drop_controls(mid);
  if (wishes_.empty() || wishes_.rbegin()->first <= known_.last_mid)
    mids_.retired_gone();
  if (!wanting())
    unwatch_all();
  if (wishes_.empty() && known_.cuid != wanted_cuid_) {
    // The cuid was changed while mitigations ran under the old one (RFC 9132,
    // Section 4.4.1.1).
    known_.cuid = wanted_cuid_;
    persist({storage::put_client{known_}});
    tell_data();
  }
  pursue_all();
}

void upstream_state::persist(storage::transaction changes) {
  self_
      ->request(setup_.keeper, request_round, atom::commit_v,
                std::move(changes))
      .then([](ack) {},
            [this](const caf::error& why) {
              spdlog::error("upstream {}: state not stored: {}", setup_.name,
                            to_string(to_failure(why)));
            });
}

/// When a second session is tried for a request that stays without answer.
time_point upstream_state::next_parallel(const wish& x) const {
  auto due = x.sent + silence_before_new_session;
  for (const auto& last : {failed_, beside_})
    if (last)
      due = std::max(due, *last + setup_.retry_in_attack);
  return due;
}

/// What is wanted until withdrawn has ended at the server, since it could not
/// be renewed in time, as during a long outage: it is asked for again.
void upstream_state::ask_anew(wish& x) {
  stop_asking(x);
  leave_filters(x);
  x.state = progress::requested;
  x.refresh.reset();
  x.asked = now();
  bool taken = x.last.status == sig::status::withdrawn;
  x.last.status = sig::status::in_progress;
  x.note = "it ended before it could be renewed and is asked for again";
  if (taken) {
    x.retry = now() + withdrawn_pause;
    x.note = "the server has withdrawn it; it is asked for again in "
             + std::to_string(withdrawn_pause.count()) + " s";
  }
  x.record.flags = static_cast<std::uint8_t>(x.record.flags & ~flag_active);
  x.record.expires = -1;
  spdlog::warn("upstream {}: mitigation {}: {}", setup_.name, x.record.key.mid,
               x.note);
  persist({storage::put_mitigation{x.record}});
}

/// Waiters whose time is up, and wishes that have ended.
void upstream_state::check_wishes() {
  auto t = now();
  std::vector<std::uint32_t> over;
  std::vector<std::uint32_t> cut_short;
  for (auto& [mid, x] : wishes_) {
    auto& entry = x;
    std::erase_if(x.waiters, [&](waiter& w) {
      if (w.until > t)
        return false;
      w.promise.deliver(current(entry));
      return true;
    });
    bool ended = x.state == progress::active
                 && sig::remaining_lifetime(x.record.expires, wall()) == 0;
    bool seen = x.state == progress::refused && x.changed + refused_shown <= t;
    if (ended && x.renew)
      ask_anew(x);
    else if (ended && x.last.status == sig::status::withdrawn)
      cut_short.push_back(mid);
    else if (ended || seen)
      over.push_back(mid);
    if (x.stopped && *x.stopped + setup_.stopped_hold <= t
        && x.state == progress::active) {
      x.stopped.reset();
      spdlog::info("upstream {}: the attack on mitigation {} has stopped; it "
                   "is withdrawn",
                   setup_.name, mid);
      begin_withdrawal(mid, std::nullopt, "the attack has stopped");
    }
  }
  for (auto mid : over)
    forget(mid);
  for (auto mid : cut_short)
    end(mid, "ended", "the server has ended it before its time");
}

void upstream_state::on_tick() {
  auto t = now();
  check_wishes();
  if (race_)
    carry_out(race_->on_time(t));
  if (follower_.on_time(t))
    go_home();
  pursue_controls();
  bool lonely = false;
  for (auto& [_, x] : wishes_) {
    ask_if_due(x);
    // A session that has been silent for a while may be dead without our
    // knowing, as after a restart of the server: try another beside it.
    lonely |= !x.asks.empty() && next_parallel(x) <= t;
  }
  auto beside = next_beside();
  if (lonely || (beside && *beside <= t))
    connect(purpose::beside);
  if (connect_due_ && *connect_due_ <= t)
    connect(purpose::use);
  if (!race_ && !resolving_ && setup_.transports.udp && probe_.on_time(t))
    connect(purpose::probe);
  std::vector<std::uint64_t> stale;
  for (const auto& [id, x] : links_)
    if (x.stale && *x.stale <= t)
      stale.push_back(id);
  for (auto id : stale)
    watch_list(id);
  if (poll_due_ && *poll_due_ <= t)
    poll();
  arm();
}

void upstream_state::arm() {
  announce_mode();
  tell_relay();
  std::optional<time_point> due;
  auto consider = [&due](std::optional<time_point> t) {
    if (t && (!due || *t < *due))
      due = t;
  };
  bool connecting = race_ || resolving_;
  if (!connecting) {
    consider(connect_due_);
    consider(next_beside());
  }
  consider(poll_due_);
  consider(follower_.next_deadline());
  if (race_)
    consider(race_->next_deadline());
  else if (!connecting && setup_.transports.udp)
    consider(probe_.next_deadline());
  for (const auto& [_, x] : links_)
    consider(x.stale);
  bool linked = best_link() != nullptr;
  for (const auto& [_, x] : wishes_) {
    for (const auto& w : x.waiters)
      consider(w.until);
    if (!x.asks.empty() && !connecting)
      consider(next_parallel(x));
    if (x.asks.empty() && linked) {
      if (!x.control_of || is_running(*x.control_of))
        consider(x.retry);
      consider(x.refresh);
    }
    if (x.state == progress::active && x.record.expires >= 0)
      consider(setup_.clock.when(x.record.expires));
    if (x.stopped)
      consider(*x.stopped + setup_.stopped_hold);
    if (x.state == progress::refused)
      consider(x.changed + refused_shown);
  }
  if (!due || finishing_)
    return;
  // Never at once: a deadline that stays in the past must not spin.
  due = std::max(*due, now() + std::chrono::milliseconds{50});
  // Ticks on their way cannot be called back; were each answered by another,
  // they would only ever become more.
  if (armed_ && *armed_ > now() && *armed_ <= *due)
    return;
  armed_ = due;
  self_->scheduled_send(self_, *due, atom::tick_v);
}

} // namespace tocsin::actors
