// UPSTREAM: what the operator and the SUPERVISOR say to it.
#include "actors/upstream.hpp"

#include "actors/gather.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/lifetime.hpp"
#include "protocol/signal/request.hpp"
#include "protocol/signal/response.hpp"
#include "protocol/signal/validate.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

namespace {

/// mid starts over at 0 from here on, in peacetime (RFC 9132, 4.4.1.1).
constexpr std::uint32_t mid_rollover = 3'221'225'471;

/// Body of a request that fits one datagram with all headers (RFC 7252,
/// Section 4.6).
constexpr std::size_t max_request_body = 1024;

/// flags of a stored wish
constexpr std::uint8_t flag_renew = 1;
constexpr std::uint8_t flag_withdrawing = 2;
constexpr std::uint8_t flag_active = 4;

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// Puts what the operator's aliases stand for in their place.
result<sig::target> expand(sig::target what,
                           const std::map<std::string, sig::target>& aliases) {
  auto names = std::move(what.aliases);
  what.aliases.clear();
  for (const auto& name : names) {
    auto i = aliases.find(name);
    if (i == aliases.end())
      return fail(ec::not_found, "alias-name",
                  "this node's configuration has no alias '" + name + "'");
    append(what.prefixes, i->second.prefixes);
    append(what.ports, i->second.ports);
    append(what.protocols, i->second.protocols);
    append(what.fqdns, i->second.fqdns);
    append(what.uris, i->second.uris);
  }
  return what;
}

} // namespace

void upstream_state::init(upstream_setup setup) {
  setup_ = std::move(setup);
  known_.customer = setup_.name;
  known_.cuid = setup_.cuid;
  self_->send(self_, atom::tick_v);
  connect_due_ = now();
}

time_point upstream_state::now() const {
  return self_->clock().now();
}

ack upstream_state::restore(const storage::snapshot& stored) {
  for (const auto& x : stored.clients)
    if (x.customer == setup_.name && x.cuid == setup_.cuid)
      known_ = x;
  for (const auto& record : stored.mitigations) {
    if (record.key.customer != setup_.name)
      continue;
    auto body = sig::decode(record.body, sig::direction::request);
    auto* scope = body ? std::get_if<sig::mitigation_scope>(&*body) : nullptr;
    if (scope == nullptr || scope->scope.size() != 1)
      continue;
    auto& x = wishes_[record.key.mid];
    x.record = record;
    x.request = scope->scope[0];
    x.renew = (record.flags & flag_renew) != 0;
    x.asked = x.changed = x.known = now();
    if (record.flags & flag_withdrawing)
      x.state = progress::withdrawing;
    else if (record.flags & flag_active) {
      x.state = progress::active;
      if (x.renew)
        x.refresh = now(); // when it was refreshed last is not stored
    }
  }
  pursue_all();
  return ack::done;
}

caf::result<mitigation_view> upstream_state::order(mitigate_order what) {
  auto target = expand(std::move(what.what), setup_.aliases);
  if (!target)
    return to_error(target.error());
  if (auto ok = sig::validate_target(*target); !ok)
    return to_error(ok.error());
  if (auto ok = sig::validate_lifetime(what.lifetime); !ok)
    return to_error(ok.error());
  wish x;
  x.request.what = std::move(*target);
  x.request.lifetime = what.lifetime;
  x.renew = what.renew;
  x.record.body = sig::encode(sig::mitigation_scope{{x.request}});
  if (x.record.body.size() > max_request_body)
    return to_error(fail(ec::too_large, "target-prefix",
                         "the request does not fit one datagram; split its "
                         "targets over several requests"));
  known_.last_mid = !known_.mid_used ? 1
                    : known_.last_mid >= mid_rollover && wishes_.empty()
                        ? 0
                        : known_.last_mid + 1;
  known_.mid_used = true;
  known_.seen = wall();
  auto mid = known_.last_mid;
  x.record.key = {setup_.name, setup_.cuid, mid};
  x.record.lifetime = what.lifetime;
  x.record.expires = -1; // the server's answer starts the clock
  x.record.flags = x.renew ? flag_renew : 0;
  x.record.created = mid;
  x.asked = x.changed = x.known = now();
  auto promise = self_->make_response_promise<mitigation_view>();
  storage::transaction changes{
      storage::put_mitigation{x.record}, storage::put_client{known_},
      storage::append_audit{{wall(), "operator", "mitigate",
                             setup_.name + '/' + std::to_string(mid),
                             "requested"}}};
  self_
      ->request(setup_.keeper, request_round, atom::commit_v,
                std::move(changes))
      .then(
          [this, mid, x, promise](ack) mutable {
            auto& entry = wishes_[mid] = std::move(x);
            promise.deliver(current(entry));
            hurry();
            pursue(entry);
          },
          [promise](caf::error& err) mutable {
            promise.deliver(std::move(err));
          });
  return promise;
}

caf::result<mitigation_view> upstream_state::await(std::uint32_t mid,
                                                   duration patience) {
  auto i = wishes_.find(mid);
  if (i == wishes_.end())
    return to_error(fail(ec::not_found, "mid", "no request has this mid"));
  if (i->second.state == progress::active
      || i->second.state == progress::refused)
    return current(i->second);
  auto promise = self_->make_response_promise<mitigation_view>();
  i->second.waiters.push_back({promise, now() + patience});
  arm();
  return promise;
}

caf::result<mitigation_view> upstream_state::withdraw(std::uint32_t mid,
                                                      duration patience) {
  auto i = wishes_.find(mid);
  if (i == wishes_.end())
    return to_error(fail(ec::not_found, "mid", "no request has this mid"));
  auto& x = i->second;
  auto promise = self_->make_response_promise<mitigation_view>();
  if (x.state == progress::refused) { // the server does not hold it
    promise.deliver(current(x));
    forget(mid);
    return promise;
  }
  x.record.flags = static_cast<std::uint8_t>(x.record.flags | flag_withdrawing);
  storage::transaction changes{
      storage::put_mitigation{x.record},
      storage::append_audit{{wall(), "operator", "withdraw",
                             setup_.name + '/' + std::to_string(mid),
                             "requested"}}};
  self_
      ->request(setup_.keeper, request_round, atom::commit_v,
                std::move(changes))
      .then(
          [this, mid, patience, promise](ack) mutable {
            auto w = wishes_.find(mid);
            if (w == wishes_.end()) {
              promise.deliver(
                  to_error(fail(ec::not_found, "mid", "ended already")));
              return;
            }
            w->second.state = progress::withdrawing;
            w->second.asking = false; // a PUT under way no longer matters
            w->second.asked = now();
            w->second.waiters.push_back({promise, now() + patience});
            hurry();
            pursue(w->second);
          },
          [promise](caf::error& err) mutable {
            promise.deliver(std::move(err));
          });
  return promise;
}

std::vector<mitigation_view> upstream_state::list() const {
  std::vector<mitigation_view> all;
  for (const auto& [_, x] : wishes_)
    all.push_back(current(x));
  return all;
}

caf::result<mitigation_view> upstream_state::status(std::uint32_t mid) {
  auto i = wishes_.find(mid);
  if (i == wishes_.end())
    return to_error(fail(ec::not_found, "mid", "no request has this mid"));
  auto* via = best_link();
  if (via == nullptr || i->second.state != progress::active)
    return current(i->second);
  auto promise = self_->make_response_promise<mitigation_view>();
  coap_call get;
  get.code = 1; // GET
  get.path = sig::to_segments(sig::mitigate_path{{}, setup_.cuid, mid});
  get.urgent = true;
  get.patience = status_patience;
  auto show = [this, mid, promise]() mutable {
    auto x = wishes_.find(mid);
    if (x != wishes_.end())
      promise.deliver(current(x->second));
    else
      promise.deliver(to_error(fail(ec::not_found, "mid", "ended already")));
  };
  self_
      ->request(via->handle, 2 * status_patience, atom::request_v,
                std::move(get))
      .then(
          [this, mid, show](const coap_reply& reply) mutable {
            if (reply.code
                == static_cast<std::uint8_t>(sig::response_code::content))
              on_list(reply.body);
            else if (auto x = wishes_.find(mid); x != wishes_.end())
              x->second.note = std::string{as_text(reply.body)};
            show();
          },
          [show](const caf::error&) mutable { show(); });
  return promise;
}

upstream_view upstream_state::view() const {
  upstream_view x;
  x.name = setup_.name;
  x.server = setup_.host + ':' + std::to_string(setup_.port);
  x.cuid = setup_.cuid;
  bool up = std::ranges::any_of(links_, [](auto& l) { return l.second.up; });
  x.state = up ? "up" : attempt_ != 0 || resolving_ ? "connecting" : "down";
  x.detail = up ? "" : detail_;
  x.mitigations = wishes_.size();
  return x;
}

caf::result<std::vector<session_view>> upstream_state::sessions() {
  auto promise = self_->make_response_promise<std::vector<session_view>>();
  std::vector<session_actor> all;
  for (const auto& [_, x] : links_)
    all.push_back(x.handle);
  gather<session_view>(self_, all, status_patience, promise, atom::status_v);
  return promise;
}

void upstream_state::finish() {
  finishing_ = true;
  connect_due_.reset();
  for (auto& [_, x] : links_)
    self_->send(x.handle, atom::finish_v, std::string{"the node shuts down"});
}

mitigation_view upstream_state::current(const wish& x) const {
  using namespace std::chrono;
  auto view = x.last;
  auto age = now() - x.known;
  view.peer = setup_.name;
  view.cuid = setup_.cuid;
  view.mid = x.record.key.mid;
  view.what = x.request.what;
  view.renew = x.renew;
  view.answer_ms = x.answer_ms;
  view.age_ms =
      static_cast<std::uint64_t>(duration_cast<milliseconds>(age).count());
  view.lifetime = x.state == progress::requested
                      ? x.record.lifetime
                      : sig::remaining_lifetime(x.record.expires, wall());
  if (!x.note.empty())
    view.note = x.note;
  switch (x.state) {
  case progress::requested:
    view.progress = "requested";
    break;
  case progress::active:
    view.progress = "active";
    break;
  case progress::withdrawing:
    view.progress = "withdrawing";
    break;
  case progress::withdrawn:
    view.progress = "withdrawn";
    break;
  case progress::refused:
    view.progress = "refused";
    break;
  }
  return view;
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
      [state](atom::withdraw, std::uint32_t mid, duration patience) {
        return state->withdraw(mid, patience);
      },
      [state](atom::list) { return state->list(); },
      [state](atom::status, std::uint32_t mid) { return state->status(mid); },
      [state](atom::status) { return state->view(); },
      [state](atom::sessions) { return state->sessions(); },
      [state](atom::finish) { state->finish(); },
      [state](atom::tick) { state->on_tick(); },
  };
}

} // namespace tocsin::actors
