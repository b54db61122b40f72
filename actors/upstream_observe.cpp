// UPSTREAM: what the server says of our mitigations, observed or polled.
#include "actors/upstream.hpp"

#include "protocol/signal/codec.hpp"
#include "protocol/signal/lifetime.hpp"
#include "protocol/signal/request.hpp"
#include "protocol/signal/response.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <utility>

namespace tocsin::actors {

namespace {

/// Notifications may be this late before the observation counts as stale: 5 to
/// 15 s (RFC 7641, Section 3.3.1).
constexpr std::uint32_t least_delay = 5;
constexpr std::uint32_t delays = 11;

std::uint32_t age_of(const coap_reply& x) {
  return x.max_age.value_or(static_cast<std::uint32_t>(default_pause.count()));
}

} // namespace

bool upstream_state::wanting() const {
  return std::ranges::any_of(wishes_, [](const auto& x) {
    return x.second.state == progress::requested
           || x.second.state == progress::active;
  });
}

/// Learns what the server holds: the state of our requests and mids that we do
/// not remember. With something wanted it asks to be told of changes, too.
void upstream_state::watch_list(std::uint64_t session) {
  auto* l = find_link(session);
  if (l == nullptr || !l->up || l->leaving || l->observing == watch::asking)
    return;
  if (l->observing == watch::granted) { // stale: the server may not know it
    if (!l->renewing)
      return register_again(*l);
    l->renewing = false;
    self_->send(l->handle, atom::cancel_v, l->observation);
  }
  l->stale.reset();
  coap_call get;
  get.code = 1; // GET
  get.path = path_to(known_.cuid, {});
  if (filter_) // what changes, mid and lifetime are all that is needed
    get.query = {"c=n"};
  get.urgent = true;
  get.patience = status_patience;
  get.observe = wanting() && l->observing != watch::refused;
  if (l->observing != watch::refused)
    l->observing = watch::asking;
  self_
      ->request(l->handle, 2 * status_patience, atom::request_v, std::move(get))
      .then(
          [this, session](const coap_reply& reply) {
            heard(session);
            on_list_answer(session, reply);
          },
          [this, session](const caf::error&) {
            auto* x = find_link(session);
            if (x != nullptr && x->observing == watch::asking)
              x->observing = watch::none;
            poll_due_ = now() + setup_.poll;
            arm();
          });
}

/// The same request with the same token (RFC 7641, Section 3.3.1): a server
/// that still knows the observation is left with one, not with two.
void upstream_state::register_again(link& x) {
  x.renewing = true;
  x.stale = now() + 2 * status_patience;
  self_->send(x.handle, atom::refresh_v, x.observation);
  arm();
}

void upstream_state::on_list_answer(std::uint64_t session,
                                    const coap_reply& reply) {
  auto* l = find_link(session);
  if (l == nullptr)
    return;
  bool registering = l->observing == watch::asking;
  if (registering)
    l->observing = watch::none;
  if (reply.observation) {
    l->observing = watch::granted;
    l->observation = *reply.observation;
    l->stale =
        now()
        + std::chrono::seconds{age_of(reply) + least_delay + random() % delays};
  } else if (registering && reply.code == 0x45 && wanting()) {
    l->observing = watch::refused;
  }
  if (reply.code == 0x80 || reply.code == 0x82)
    filter_ = false; // asked differently next time
  mids_known_ |= reply.code == 0x45 || reply.code == 0x84;
  if (reply.code == 0x45)
    on_list(reply.body);
  else
    on_redirect(session, reply, std::nullopt);
  l = find_link(session);
  if (l != nullptr)
    ask_for_missing(*l, reply);
  if (l != nullptr && l->observing != watch::granted && wanting())
    poll_due_ = now() + setup_.poll;
  arm();
}

/// What the server has granted and no longer lists is asked for again, if it is
/// to be renewed and the server did not end it of its own accord: the server
/// may have lost it in a restart. What is not to be renewed has ended, and the
/// operator must not believe that it protects him. Only a complete list tells.
/// What was granted lately waits, and what was never listed is not taken for
/// gone: a server may grant without listing.
void upstream_state::ask_for_missing(const link& via, const coap_reply& reply) {
  std::set<std::uint32_t> held;
  if (reply.code == 0x45) {
    auto body = sig::decode(reply.body, sig::direction::response);
    auto* scope = body ? std::get_if<sig::mitigation_scope>(&*body) : nullptr;
    if (scope == nullptr)
      return;
    for (const auto& entry : scope->scope)
      held.insert(entry.mid.value_or(0));
  } else if (reply.code != 0x84) {
    return;
  }
  std::vector<std::uint32_t> over;
  for (auto& [mid, x] : wishes_) {
    if (x.state != progress::active || held.contains(mid)
        || x.home.value_or(std::string{}) != via.server
        || x.granted + default_pause > now())
      continue;
    if (!x.renew) {
      auto left = sig::remaining_lifetime(x.record.expires, wall());
      bool soon = left >= 0 && left <= default_pause.count();
      if (x.listed && !soon) // else its lifetime is over by now, as it should
        over.push_back(mid);
      continue;
    }
    bool ended = x.last.status == sig::status::client_withdrawn
                 || x.last.status == sig::status::terminated
                 || x.last.status == sig::status::withdrawn;
    if (ended)
      continue;
    spdlog::warn("upstream {}: the server no longer holds mitigation {}; it is "
                 "asked for again",
                 setup_.name, mid);
    leave_filters(x);
    x.refresh = now();
    pursue(x);
  }
  for (auto mid : over)
    end(mid, "ended", "the server no longer holds it");
}

void upstream_state::on_notification(std::uint64_t session,
                                     std::uint64_t observation,
                                     const coap_reply& x) {
  auto* l = find_link(session);
  if (l == nullptr || l->observing != watch::granted
      || l->observation != observation)
    return;
  if (x.code != 0) // else it ended by the silence of the server
    heard(session);
  l->renewing = false;
  if (!x.observation) {
    // The last one: the server ended it, with 4.04 when the last mitigation is
    // gone. The next grant, or the next poll, registers anew.
    l->observing = watch::none;
    l->stale.reset();
    poll_due_ = now() + setup_.poll;
  } else {
    l->stale =
        now()
        + std::chrono::seconds{age_of(x) + least_delay + random() % delays};
  }
  if (x.code == 0x45)
    on_list(x.body);
  else
    on_redirect(session, x, std::nullopt);
  if (l = find_link(session); l != nullptr)
    ask_for_missing(*l, x);
  arm();
}

/// Takes over what the server says of our mitigations.
void upstream_state::on_list(const bytes& body) {
  auto decoded = sig::decode(body, sig::direction::response);
  auto* scope =
      decoded ? std::get_if<sig::mitigation_scope>(&*decoded) : nullptr;
  if (scope == nullptr)
    return;
  for (const auto& entry : scope->scope)
    if (entry.mid)
      on_entry(entry);
  arm();
}

void upstream_state::on_entry(const sig::mitigation& entry) {
  auto before = mids_.state().last;
  mids_.learn(*entry.mid);
  if (mids_.state().last != before) {
    known_.last_mid = *mids_.state().last;
    known_.mid_used = true;
    persist({storage::put_client{known_}});
  }
  auto i = wishes_.find(*entry.mid);
  if (i == wishes_.end())
    return;
  auto& x = i->second;
  x.listed = true;
  x.known = now();
  x.last.status = entry.state.value_or(sig::status::in_progress);
  x.last.start = entry.start;
  x.last.dropped = entry.dropped;
  on_switched(x, entry.acls);
  bool immediate = x.request.trigger_mitigation.value_or(true);
  bool runs = x.last.status != sig::status::signal_loss;
  x.last.origin = !runs ? "" : immediate ? "request" : "signal-loss";
  if (x.state == progress::active && entry.lifetime)
    x.record.expires = sig::expiry(*entry.lifetime, wall());
  if (entry.conflict)
    show_conflict(x, *entry.conflict);
  else if (std::exchange(x.last.conflict, std::nullopt))
    x.retry.reset(); // nobody is in its way any more
  bool over = x.last.status == sig::status::stopped && immediate && !x.renew
              && setup_.withdraw_when_stopped;
  if (!over)
    x.stopped.reset();
  else if (!x.stopped)
    x.stopped = now();
}

/// Nothing is wanted any more (RFC 7641, Section 3.6).
void upstream_state::unwatch_all() {
  for (auto& [_, x] : links_)
    if (x.observing == watch::granted) {
      self_->send(x.handle, atom::cancel_v, x.observation);
      x.observing = watch::none;
      x.stale.reset();
    }
}

/// Asks for the state of all mitigations where the server does not tell.
void upstream_state::poll() {
  poll_due_.reset();
  if (!wanting())
    return; // the next grant or session starts it again
  auto* via = best_link();
  for (const auto& [id, x] : links_)
    if (&x == via && x.observing != watch::granted)
      return watch_list(id);
}

} // namespace tocsin::actors
