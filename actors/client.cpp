#include "actors/client.hpp"

#include "actors/mitigation.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/request.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

namespace {

dots_response answer_with(sig::response_code code, const sig::body& body) {
  return {static_cast<std::uint8_t>(code), true, sig::encode(body), {}, false};
}

} // namespace

void client_state::init(client_setup setup) {
  setup_ = std::move(setup);
  known_.customer = setup_.who->name;
  known_.cuid = setup_.cuid;
  setup_.status_interval =
      std::max(setup_.status_interval, min_status_interval);
  signal_ = sig::signal_watch{setup_.loss.heartbeats};
  self_->delayed_send(self_, tombstone_period, atom::tick_v);
}

client_state::~client_state() {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    setup_.usage->close_mitigation();
}

time_point client_state::now() const {
  return self_->clock().now();
}

caf::result<dots_response> client_state::serve(dots_request request) {
  auto promise = self_->make_response_promise<dots_response>();
  if (!setup_.usage->admit(now()) || queue_.size() >= max_waiting_requests) {
    constexpr std::uint32_t pause = 10; // seconds
    auto why = sig::diagnostic(fail(ec::unavailable, "mitigate",
                                    "too many requests; try again in "
                                        + std::to_string(pause) + " s"));
    promise.deliver(dots_response{
        static_cast<std::uint8_t>(sig::response_code::unavailable), false,
        bytes(why.begin(), why.end()), pause, false});
    return promise;
  }
  if (left_) {
    promise.deliver(redirection_to(*left_));
    return promise;
  }
  queue_.push_back({std::move(request), promise});
  if (!busy_)
    serve_next();
  return promise;
}

void client_state::serve_next() {
  while (!busy_ && !queue_.empty() && !is_held_back()) {
    auto next = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    promise_ = next.promise;
    handle(std::move(next.request));
  }
}

void client_state::finish(dots_response answer) {
  promise_.deliver(std::move(answer));
  busy_ = false;
  if (std::exchange(pack_waits_, false))
    pack_.deliver(packed());
  // Through the mailbox rather than by recursion: a long queue of requests
  // that are answered at once must not pile up stack frames.
  if (!queue_.empty())
    self_->send(self_, atom::serve_v);
}

void client_state::refuse(const dots_request& request, const failure& why) {
  // What we understand but do not offer yet: 5.01, to be told from an error of
  // the client's.
  constexpr auto not_implemented = static_cast<sig::response_code>(0xA1);
  auto code =
      why.code == ec::unsupported ? not_implemented : sig::code_of(why.code);
  spdlog::info("client {}/{}: refused {}: {}", setup_.who->name, setup_.cuid,
               sig::to_string(code), to_string(why));
  if (request.what != dots_request::method::get)
    self_
        ->request(setup_.keeper, node_patience, atom::commit_v,
                  storage::transaction{storage::append_audit{
                      audit(request, "refuse",
                            sig::to_string(code) + ' ' + to_string(why))}})
        .then([](ack) {}, [](const caf::error&) {});
  auto text = sig::diagnostic(why);
  dots_response answer{static_cast<std::uint8_t>(code),
                       false,
                       bytes(text.begin(), text.end()),
                       {},
                       false};
  if (code == sig::response_code::unavailable)
    answer.max_age = 10;
  finish(std::move(answer));
}

void client_state::handle(dots_request request) {
  if (collides(request)) {
    finish(answer_with(sig::response_code::conflict, sig::cuid_collision()));
    return;
  }
  signal_.asked_on(request.from.session, now());
  switch (request.what) {
  case dots_request::method::get:
    return get(request);
  case dots_request::method::remove:
    return remove(request);
  case dots_request::method::put:
    return put(std::move(request));
  }
}

/// Another agent of the same customer holds mitigations under this cuid (RFC
/// 9132, Section 4.4.1.1). Without any, the cuid may change hands.
bool client_state::collides(const dots_request& request) const {
  return !known_.identity.empty() && known_.identity != request.from.identity
         && !entries_.empty();
}

void client_state::get(const dots_request& request) {
  auto answer = render(request.mid, request.filter);
  if (answer.code != static_cast<std::uint8_t>(sig::response_code::content)) {
    refuse(request, fail(ec::not_found, request.mid ? "mid" : "mitigate",
                         request.mid ? "no mitigation has this mid"
                                     : "this client has no mitigation"));
    return;
  }
  answer.observed = watch(request);
  finish(std::move(answer));
}

void client_state::remove(const dots_request& request) {
  if (!request.mid) {
    refuse(request, fail(ec::missing, "mid", "DELETE needs a mid"));
    return;
  }
  auto mid = *request.mid;
  dots_response deleted{static_cast<std::uint8_t>(sig::response_code::deleted),
                        false,
                        {},
                        {},
                        false};
  auto i = entries_.find(mid);
  if (i == entries_.end() || i->second.withdrawn) {
    if (i == entries_.end() && !tombstones_.contains(mid))
      remember_unseen(mid);
    finish(std::move(deleted)); // also 2.02 (RFC 9132, Section 4.4.4)
    return;
  }
  auto grave = i->second.record;
  grave.status = static_cast<std::uint8_t>(sig::status::terminated);
  grave.expires = wall() + tombstone_period.count();
  storage::transaction changes{
      storage::put_mitigation{grave},
      storage::append_audit{audit(request, "withdraw", "2.02")}};
  // From now on, lest what happens meanwhile be stored behind the grave.
  i->second.withdrawn = true;
  self_
      ->request(setup_.keeper, node_patience, atom::commit_v,
                std::move(changes))
      .then(
          [this, mid, grave, deleted](ack) {
            on_removed(mid, grave);
            finish(deleted);
          },
          [this, mid, request](const caf::error& why) {
            if (auto x = entries_.find(mid); x != entries_.end())
              x->second.withdrawn = false;
            refuse(request,
                   fail(ec::unavailable, "storage", to_failure(why).detail));
          });
}

/// The request may be on its way yet, overtaken by its withdrawal. It must not
/// come into force for what was confirmed to be over.
void client_state::remember_unseen(std::uint32_t mid) {
  if (unseen_.size() >= max_unseen_withdrawals)
    unseen_.pop_front();
  unseen_.emplace_back(mid, now() + late_copy);
}

bool client_state::is_overtaken(std::uint32_t mid) {
  std::erase_if(unseen_, [this](const auto& x) { return now() >= x.second; });
  return std::ranges::any_of(unseen_,
                             [mid](const auto& x) { return x.first == mid; });
}

std::vector<mitigation_view> client_state::list() const {
  std::vector<mitigation_view> all;
  for (const auto& [_, x] : entries_)
    all.push_back(current(x));
  return all;
}

caf::result<mitigation_view> client_state::status(std::uint32_t mid) const {
  if (auto i = entries_.find(mid); i != entries_.end())
    return current(i->second);
  return to_error(fail(ec::not_found, "mid",
                       "this client has no mitigation with this mid"));
}

caf::result<mitigation_view> client_state::revoke(std::uint32_t mid,
                                                  std::string why) {
  if (is_held_back())
    return to_error(fail(ec::unavailable, "mid",
                         "its client is being handed over to a sibling"));
  auto i = entries_.find(mid);
  if (i == entries_.end())
    return to_error(fail(ec::not_found, "mid",
                         "this client has no mitigation with this mid"));
  auto promise = self_->make_response_promise<mitigation_view>();
  storage::transaction changes{
      storage::erase_mitigation{i->second.record.key},
      storage::append_audit{
          {wall(), "operator", "withdraw",
           setup_.who->name + '/' + setup_.cuid + '/' + std::to_string(mid),
           why}}};
  self_
      ->request(setup_.keeper, node_patience, atom::commit_v,
                std::move(changes))
      .then(
          [this, mid, why, promise](ack) mutable {
            auto x = entries_.find(mid);
            if (x == entries_.end()) {
              promise.deliver(
                  to_error(fail(ec::not_found, "mid", "ended already")));
              return;
            }
            auto view = current(x->second);
            view.status = sig::status::withdrawn;
            view.note = why;
            x->second.withdrawn = true;
            if (x->second.suspended)
              erase(mid);
            else
              self_->send(x->second.handle, atom::revoke_v, why);
            promise.deliver(std::move(view));
          },
          [promise](caf::error& err) mutable {
            promise.deliver(std::move(err));
          });
  return promise;
}

void client_state::on_removed(std::uint32_t mid,
                              const storage::mitigation_record& grave) {
  tombstones_[mid] = grave.expires;
  auto x = entries_.find(mid);
  if (x == entries_.end())
    return;
  x->second.withdrawn = true;
  x->second.withdrawn_at = now();
  if (x->second.suspended)
    erase(mid);
  else
    self_->send(x->second.handle, atom::withdraw_v);
}

void client_state::adopt(mitigator_table table) {
  setup_.mitigators = table;
  for (auto& [_, x] : entries_)
    if (!x.suspended)
      self_->send(x.handle, atom::adopt_v, table);
}

void client_state::on_tick() {
  self_->delayed_send(self_, tombstone_period, atom::tick_v);
  storage::transaction old;
  std::erase_if(tombstones_, [&](const auto& grave) {
    if (grave.second > wall() || entries_.contains(grave.first))
      return false;
    old.push_back(storage::erase_mitigation{
        {setup_.who->name, setup_.cuid, grave.first}});
    return true;
  });
  if (!old.empty())
    self_->request(setup_.keeper, node_patience, atom::commit_v, std::move(old))
        .then([](ack) {}, [](const caf::error&) {});
  if (entries_.empty() && tombstones_.empty() && !busy_ && queue_.empty()
      && !left_)
    self_->send(setup_.parent, atom::abandon_v, setup_.who->name, setup_.cuid);
}

client_actor::behavior_type
client(client_actor::stateful_pointer<client_state> self,
       std::shared_ptr<client_setup> setup) {
  auto* state = &self->state;
  state->init(std::move(*setup));
  self->set_down_handler(
      [state](const caf::down_msg& msg) { state->on_down(msg); });
  return {
      [state](atom::serve, dots_request& request) {
        return state->serve(std::move(request));
      },
      [state](atom::restore, const storage::snapshot& stored) {
        return state->restore(stored);
      },
      [state](atom::list) { return state->list(); },
      [state](atom::status, std::uint32_t mid) { return state->status(mid); },
      [state](atom::revoke, std::uint32_t mid, std::string& why) {
        return state->revoke(mid, std::move(why));
      },
      [state](atom::decide, std::uint32_t mid, operator_order& what) {
        return state->decide(mid, std::move(what));
      },
      [state](atom::forget, std::uint64_t session, std::uint64_t request) {
        state->forget_observer(session, request);
      },
      [state](atom::opened, const session_opened& x,
              const caf::strong_actor_ptr& session) {
        state->on_session(x, session);
      },
      [state](atom::gone, std::uint64_t session, session_end how) {
        state->on_session_end(session, how);
      },
      [state](atom::adopt, mitigator_table& table) {
        state->adopt(std::move(table));
      },
      [state](atom::store, const caf::strong_actor_ptr& data) {
        state->adopt_datastore(data);
      },
      [state](atom::changed, mitigation_view& view) {
        state->on_changed(std::move(view));
      },
      [state](atom::gone, std::uint32_t mid) { state->on_gone(mid); },
      [state](atom::withdraw, std::uint32_t mid,
              sig::conflict_information& why) {
        state->on_conflict(mid, std::move(why));
      },
      [state](atom::notify, std::uint32_t mid, sig::conflict_information& why) {
        state->on_rival(mid, std::move(why));
      },
      [state](atom::begin, std::uint32_t mid) { state->on_free(mid); },
      [state](atom::release) { state->on_released(); },
      [state](atom::claim, std::uint32_t mid, std::uint32_t clients) {
        state->on_agreement(mid, clients);
      },
      [state](atom::control, const std::string& identity,
              const std::vector<protocol::data::activation_change>& news) {
        state->on_filters_changed(identity, news);
      },
      [state](atom::handover) { return state->hand_over(); },
      [state](atom::keep) { state->keep(); },
      [state](atom::leave, redirect_order& where) {
        state->leave(std::move(where));
      },
      [state](atom::adopt, storage::snapshot& given) {
        return state->take_over(std::move(given));
      },
      [state](atom::leave, std::uint32_t mid) { state->leave_one(mid); },
      [state](atom::ask, const caf::strong_actor_ptr& siblings) {
        state->adopt_siblings(siblings);
      },
      [state](atom::serve) { state->serve_next(); },
      [state](atom::tick) { state->on_tick(); },
      [state](atom::tick, std::uint64_t generation) {
        state->on_alarm(generation);
      },
  };
}

} // namespace tocsin::actors
