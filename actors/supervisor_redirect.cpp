// SUPERVISOR: sends clients to another server, and takes them back (RFC 9132,
// Section 4.6).
#include "actors/supervisor.hpp"

#include "protocol/signal/codec.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

namespace {

constexpr std::chrono::seconds store_patience{20};

/// How often the number of mitigations is looked at, where it is limited.
constexpr std::chrono::seconds review_interval{1};

/// Under this name the operator's redirect is kept among the records of peers:
/// a node that is started again in the middle of its maintenance must not call
/// its clients back. No customer's name is empty.
storage::session_record
record_of(const std::optional<sig::alternate_server>& where, unix_seconds now) {
  storage::session_record out{"", "maintenance", 0, {}, now};
  if (where) {
    out.sid = where->max_age;
    out.body = sig::encode(where->where);
  }
  return out;
}

} // namespace

void supervisor_state::restore_redirect(const storage::session_record& stored) {
  if (stored.identity != "maintenance" || stored.body.empty())
    return;
  auto body = sig::decode(stored.body, sig::direction::response);
  auto* where = body ? std::get_if<sig::redirected_signal>(&*body) : nullptr;
  if (where == nullptr)
    return;
  maintenance_ = sig::alternate_server{*where, stored.sid};
  spdlog::warn("maintenance goes on: clients are sent to {}",
               where->alt_server);
  review();
}

sig::node_load supervisor_state::load() {
  sig::node_load x;
  x.maintenance = maintenance_.has_value();
  x.sessions = static_cast<std::uint32_t>(sessions_.size());
  x.mitigators_up =
      static_cast<std::uint32_t>(std::ranges::count(in_service_, true));
  // A node that has just started, or has none to begin with, is not out.
  if (std::ranges::count(known_, true) < std::ssize(known_)
      || in_service_.empty())
    x.mitigators_up = std::max<std::uint32_t>(x.mitigators_up, 1);
  x.max_mitigations = setup_.max_mitigations;
  if (x.max_mitigations != 0)
    for (const auto& [_, usage] : accounts_)
      x.mitigations += usage->mitigations();
  return x;
}

redirect_order supervisor_state::order_for(sig::redirect_moment moment) {
  if (maintenance_)
    return {true,
            maintenance_->where,
            maintenance_->max_age,
            std::string{sig::to_string(sig::redirect_reason::maintenance)},
            true,
            setup_.redirects.tolerance};
  auto found = redirects_.decide(moment, load());
  if (!found)
    return {};
  bool everything = found->reason == sig::redirect_reason::session_limit;
  return {true,           found->where,
          found->max_age, std::string{sig::to_string(found->reason)},
          everything,     setup_.redirects.tolerance};
}

/// Tells all sessions when the state of the node changes what holds for them.
void supervisor_state::review() {
  auto next = order_for(sig::redirect_moment::new_mitigation);
  if (next.active == redirect_.active && next.where == redirect_.where
      && next.max_age == redirect_.max_age && next.reason == redirect_.reason)
    return;
  redirect_ = next;
  auto text = next.active ? "to " + next.where.alt_server + ": " + next.reason
                          : std::string{"no longer"};
  spdlog::warn("clients are redirected {}", text);
  self_
      ->request(keeper_, store_patience, atom::commit_v,
                storage::transaction{storage::append_audit{
                    {setup_.clock.at(self_->clock().now()), "node", "redirect",
                     setup_.name, text}}})
      .then([](ack) {}, [](const caf::error&) {});
  for (auto& [_, x] : sessions_) {
    auto own = moved_order({x.peer.customer, x.peer.identity});
    self_->send(x.handle, atom::redirect_v, own.active ? own : redirect_);
  }
}

/// A session that is one too many is sent away, though not those before it.
void supervisor_state::greet(const session_actor& session,
                             const peer_name& peer) {
  auto order = moved_order({peer.customer, peer.identity});
  if (!order.active)
    order = redirect_.active ? redirect_
                             : order_for(sig::redirect_moment::session_start);
  if (order.active)
    self_->send(session, atom::redirect_v, order);
}

void supervisor_state::on_health(std::uint64_t mitigator, bool up) {
  if (mitigator >= in_service_.size())
    return;
  known_[mitigator] = true;
  in_service_[mitigator] = up;
  review();
}

void supervisor_state::watch_load() {
  review();
  self_->delayed_send(self_, review_interval, atom::tick_v, std::uint64_t{0});
}

caf::result<node_view> supervisor_state::redirect(const redirect_wish& wish) {
  std::optional<sig::alternate_server> next;
  if (wish.on) {
    next.emplace();
    if (setup_.redirects.alternate)
      next = *setup_.redirects.alternate;
    if (!wish.alt_server.empty())
      next->where = {wish.alt_server, wish.records};
    if (wish.max_age)
      next->max_age = *wish.max_age;
    if (next->where.alt_server.empty())
      return to_error(fail(ec::missing, "alt_server",
                           "name the server that clients are sent to, or "
                           "configure one"));
    if (auto ok = sig::validate_redirect(next->where); !ok)
      return to_error(ok.error());
  }
  auto promise = self_->make_response_promise<node_view>();
  auto wall = setup_.clock.at(self_->clock().now());
  storage::transaction changes{
      storage::put_session{record_of(next, wall)},
      storage::append_audit{{wall, "operator", "maintenance", setup_.name,
                             next ? "on: " + next->where.alt_server : "off"}}};
  self_->request(keeper_, store_patience, atom::commit_v, std::move(changes))
      .then(
          [this, next, promise](ack) mutable {
            maintenance_ = next;
            review();
            self_
                ->request(caf::actor_cast<supervisor_actor>(self_),
                          store_patience, atom::node_v)
                .then(
                    [promise](node_view& x) mutable {
                      promise.deliver(std::move(x));
                    },
                    [promise](caf::error& why) mutable {
                      promise.deliver(std::move(why));
                    });
          },
          [promise](caf::error& why) mutable {
            promise.deliver(std::move(why));
          });
  return promise;
}

} // namespace tocsin::actors
