// UPSTREAM: what is wanted from the server, and what it says to that.
#include "actors/upstream.hpp"

#include "protocol/signal/codec.hpp"
#include "protocol/signal/lifetime.hpp"
#include "protocol/signal/request.hpp"
#include "protocol/signal/response.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

namespace {

constexpr std::uint8_t flag_active = 4;

/// A refused request stays in the list so long, for the operator to see why.
constexpr std::chrono::hours refused_shown{1};

/// Pause before an answer of "not now" without Max-Age is tried again: the
/// default of Max-Age (RFC 7252, Section 5.10.5).
constexpr std::chrono::seconds default_pause{60};

/// The single scope entry of a response body, if it has one.
std::optional<sig::mitigation> entry_of(const bytes& body) {
  auto decoded = sig::decode(body, sig::direction::response);
  auto* scope =
      decoded ? std::get_if<sig::mitigation_scope>(&*decoded) : nullptr;
  if (scope == nullptr || scope->scope.empty())
    return std::nullopt;
  return scope->scope[0];
}

std::string text_of(const coap_reply& reply) {
  if (reply.format != sig::content_format_dots)
    return std::string{as_text(reply.body)};
  auto entry = entry_of(reply.body);
  if (!entry || !entry->conflict || !entry->conflict->cause)
    return {};
  std::string text{to_string(*entry->conflict->cause)};
  if (entry->conflict->scope && entry->conflict->scope->mid)
    text += " with mid " + std::to_string(*entry->conflict->scope->mid);
  return text;
}

} // namespace

void upstream_state::pursue_all() {
  for (auto& [_, x] : wishes_)
    pursue(x);
}

void upstream_state::pursue(wish& x) {
  bool due =
      x.state == progress::requested || x.state == progress::withdrawing
      || (x.state == progress::active && x.refresh && *x.refresh <= now());
  if (x.retry && *x.retry > now())
    due = false;
  auto* via = best_link();
  if (!due || x.asking || via == nullptr) {
    arm();
    return;
  }
  x.asking = true;
  auto round = ++x.round;
  x.retry.reset();
  x.sent = now();
  auto mid = x.record.key.mid;
  bool removal = x.state == progress::withdrawing;
  coap_call call;
  call.code = removal ? 4 : 3; // DELETE, PUT
  call.path = sig::to_segments(sig::mitigate_path{{}, setup_.cuid, mid});
  if (!removal)
    call.body = x.record.body;
  call.urgent = true;
  call.patience = request_round;
  self_
      ->request(via->handle, request_round + status_patience, atom::request_v,
                std::move(call))
      .then([this, mid, removal](
                const coap_reply& reply) { on_answer(mid, removal, reply); },
            [this, mid, round](const caf::error& why) {
              on_silence(mid, round, to_failure(why));
            });
  arm();
}

void upstream_state::on_answer(std::uint32_t mid, bool removal,
                               const coap_reply& reply) {
  auto i = wishes_.find(mid);
  if (i == wishes_.end())
    return;
  auto& x = i->second;
  if (removal != (x.state == progress::withdrawing))
    return; // the operator changed his mind meanwhile
  x.asking = false;
  if (removal && reply.code >> 5 == 2) {
    x.state = progress::withdrawn;
    x.last.status = sig::status::client_withdrawn;
    x.note.clear();
    persist({storage::append_audit{
        {wall(), setup_.name, "withdrawn", std::to_string(mid), "2.02"}}});
    settle(x);
    forget(mid);
    return;
  }
  if (reply.code >> 5 == 2)
    on_granted(x, reply);
  else
    on_refused(x, reply);
}

void upstream_state::on_granted(wish& x, const coap_reply& reply) {
  using namespace std::chrono;
  auto entry = entry_of(reply.body);
  auto lifetime =
      entry && entry->lifetime ? *entry->lifetime : x.record.lifetime;
  bool first = x.state != progress::active;
  if (first)
    x.answer_ms = static_cast<std::uint64_t>(
        duration_cast<milliseconds>(now() - x.asked).count());
  x.state = progress::active;
  x.note.clear();
  x.known = now();
  x.record.expires = sig::expiry(lifetime, wall());
  x.record.flags = static_cast<std::uint8_t>(x.record.flags | flag_active);
  x.refresh.reset();
  if (auto after = sig::refresh_after(lifetime); x.renew && after.count() > 0)
    x.refresh = now() + after;
  storage::transaction changes{storage::put_mitigation{x.record}};
  if (first) {
    spdlog::info("upstream {}: mitigation {} granted for {} s", setup_.name,
                 x.record.key.mid, lifetime);
    changes.push_back(storage::append_audit{{wall(), setup_.name, "granted",
                                             std::to_string(x.record.key.mid),
                                             std::to_string(lifetime) + " s"}});
  }
  persist(std::move(changes));
  settle(x);
  poll_due_ = now() + first_poll;
  arm();
}

void upstream_state::on_refused(wish& x, const coap_reply& reply) {
  auto code = sig::to_string(static_cast<sig::response_code>(reply.code));
  x.note = code + ' ' + text_of(reply);
  x.changed = x.known = now();
  spdlog::warn("upstream {}: mitigation {}: {}", setup_.name, x.record.key.mid,
               x.note);
  if (reply.code >> 5 == 5 || x.state != progress::requested) {
    // "Not now", or a refresh or withdrawal that must get through later.
    x.retry = now()
              + (reply.max_age ? std::chrono::seconds{*reply.max_age}
                               : default_pause);
    arm();
    return;
  }
  x.state = progress::refused;
  persist({storage::erase_mitigation{x.record.key},
           storage::append_audit{{wall(), setup_.name, "refused",
                                  std::to_string(x.record.key.mid), x.note}}});
  settle(x);
  arm();
}

void upstream_state::on_silence(std::uint32_t mid, std::uint64_t round,
                                const failure& why) {
  auto i = wishes_.find(mid);
  if (i == wishes_.end() || i->second.round != round)
    return; // given up, or asked again on a newer session
  i->second.asking = false;
  i->second.note = to_string(why);
  if (why.code != ec::closed && best_link() != nullptr)
    pursue(i->second);
}

/// Takes over what the server says of our mitigations.
void upstream_state::on_list(const bytes& body) {
  auto decoded = sig::decode(body, sig::direction::response);
  auto* scope =
      decoded ? std::get_if<sig::mitigation_scope>(&*decoded) : nullptr;
  if (scope == nullptr)
    return;
  for (const auto& entry : scope->scope) {
    if (!entry.mid)
      continue;
    if (!known_.mid_used || *entry.mid > known_.last_mid) {
      known_.last_mid = *entry.mid;
      known_.mid_used = true;
      persist({storage::put_client{known_}});
    }
    auto i = wishes_.find(*entry.mid);
    if (i == wishes_.end())
      continue;
    auto& x = i->second;
    x.known = now();
    x.last.status = entry.state.value_or(sig::status::in_progress);
    x.last.start = entry.start;
    x.last.dropped = entry.dropped;
    if (x.state == progress::active && entry.lifetime)
      x.record.expires = sig::expiry(*entry.lifetime, wall());
  }
}

void upstream_state::on_notification(std::uint64_t, std::uint64_t,
                                     const coap_reply& x) {
  on_list(x.body);
}

caf::result<mitigation_view>
upstream_state::report(std::uint32_t mid, sig::attack_status, duration) {
  return status(mid);
}

/// Asks for the state of all active mitigations.
void upstream_state::poll() {
  poll_due_.reset();
  auto* via = best_link();
  bool any = std::ranges::any_of(wishes_, [](const auto& x) {
    return x.second.state == progress::active;
  });
  if (!any || via == nullptr)
    return; // the next grant or session starts it again
  ask_for_all(*via);
  poll_due_ = now() + poll_interval;
}

void upstream_state::settle(wish& x) {
  auto waiters = std::move(x.waiters);
  x.waiters.clear();
  for (auto& w : waiters)
    w.promise.deliver(current(x));
}

void upstream_state::forget(std::uint32_t mid) {
  auto node = wishes_.extract(mid);
  if (!node.empty())
    persist({storage::erase_mitigation{node.mapped().record.key}});
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
  return failed_ ? std::max(due, *failed_ + setup_.retry_in_attack) : due;
}

void upstream_state::on_tick() {
  armed_.reset();
  auto t = now();
  std::vector<std::uint32_t> over;
  for (auto& [mid, x] : wishes_) {
    std::erase_if(x.waiters, [&](waiter& w) {
      if (w.until > t)
        return false;
      w.promise.deliver(current(x));
      return true;
    });
    bool ended = x.state == progress::active
                 && sig::remaining_lifetime(x.record.expires, wall()) == 0;
    bool seen = x.state == progress::refused && x.changed + refused_shown <= t;
    if (ended || seen)
      over.push_back(mid);
  }
  for (auto mid : over)
    forget(mid);
  for (auto& [_, x] : wishes_) {
    pursue(x);
    // A session that has been silent for a while may be dead without our
    // knowing, as after a restart of the server: try another beside it.
    if (x.asking && next_parallel(x) <= t)
      connect();
  }
  if (connect_due_ && *connect_due_ <= t)
    connect();
  if (poll_due_ && *poll_due_ <= t)
    poll();
  arm();
}

void upstream_state::arm() {
  std::optional<time_point> due = connect_due_;
  if (poll_due_ && (!due || *poll_due_ < *due))
    due = poll_due_;
  auto consider = [&due](std::optional<time_point> t) {
    if (t && (!due || *t < *due))
      due = t;
  };
  for (const auto& [_, x] : wishes_) {
    for (const auto& w : x.waiters)
      consider(w.until);
    if (x.asking && attempt_ == 0)
      consider(next_parallel(x));
    if (!x.asking && best_link() != nullptr) {
      consider(x.retry);
      consider(x.refresh);
    }
    if (x.state == progress::active && x.record.expires >= 0)
      consider(setup_.clock.when(x.record.expires));
    if (x.state == progress::refused)
      consider(x.changed + refused_shown);
  }
  if (!due)
    return;
  // Never at once: a deadline that stays in the past must not spin.
  due = std::max(*due, now() + std::chrono::milliseconds{100});
  if (armed_ && *armed_ <= *due)
    return;
  armed_ = due;
  self_->scheduled_send(self_, *due, atom::tick_v);
}

} // namespace tocsin::actors
