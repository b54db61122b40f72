// UPSTREAM: what the operator sees.
#include "actors/upstream.hpp"

#include "actors/gather.hpp"
#include "protocol/signal/lifetime.hpp"
#include "protocol/signal/request.hpp"
#include "protocol/signal/response.hpp"

#include <algorithm>

namespace tocsin::actors {

std::vector<mitigation_view> upstream_state::list() const {
  std::vector<mitigation_view> all;
  for (const auto& [_, x] : wishes_)
    all.push_back(current(x));
  return all;
}

caf::result<mitigation_view> upstream_state::status(std::uint32_t mid) {
  auto i = find(mid);
  if (i == wishes_.end())
    return to_error(fail(ec::not_found, "mid", "no request has this mid"));
  mid = i->first;
  auto* via = best_link();
  if (via == nullptr || i->second.state != progress::active)
    return current(i->second);
  auto promise = self_->make_response_promise<mitigation_view>();
  coap_call get;
  get.code = 1; // GET
  get.path = path_to(i->second.record.key.cuid, mid);
  if (under_attack() && filter_) // small answers (RFC 9132, 4.4.2)
    get.query = {"c=n"};
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
          [this, show, asked = via->handle](const caf::error&) mutable {
            // The server may have begun anew and know nothing of the session:
            // another one is tried beside it (RFC 9132, Section 4.7).
            for (auto& [_, x] : links_)
              x.silent |= x.handle == asked;
            show();
            arm();
          });
  return promise;
}

upstream_view upstream_state::view() {
  upstream_view x;
  x.name = setup_.name;
  x.server = own_server() + ':' + std::to_string(setup_.port);
  x.cuid = known_.cuid;
  bool up = std::ranges::any_of(links_, [](auto& l) { return l.second.up; });
  x.state = up ? "up" : race_ || resolving_ ? "connecting" : "down";
  x.detail = up ? "" : detail_;
  x.mitigations = wishes_.size();
  x.under_attack = under_attack();
  if (const auto* via = best_link())
    x.via = (via->path.transport == sig::transport_kind::udp ? "udp " : "tcp ")
            + via->path.address.text;
  if (const auto& to = follower_.current()) {
    x.redirect = to->server;
    if (auto end = follower_.next_deadline())
      x.redirect +=
          ", "
          + std::to_string(std::chrono::ceil<std::chrono::seconds>(
                               std::max(*end - now(), duration::zero()))
                               .count())
          + " s left";
  }
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
  race_.reset();
  connect_due_.reset();
  for (auto& [_, x] : links_)
    self_->send(x.handle, atom::finish_v, std::string{"the node shuts down"});
}

mitigation_view upstream_state::current(const wish& x) const {
  using namespace std::chrono;
  auto view = x.last;
  auto age = now() - x.known;
  view.peer = setup_.name;
  view.cuid = x.record.key.cuid;
  view.mid = x.record.key.mid;
  view.what = setup_.translation.inbound(x.request.what);
  if (view.what != x.request.what)
    view.external = x.request.what;
  if (view.conflict && view.conflict->scope)
    view.conflict->scope->what =
        setup_.translation.inbound(view.conflict->scope->what);
  view.filters = x.request.acls;
  view.renew = x.renew;
  view.immediate = x.request.trigger_mitigation.value_or(true);
  view.answer_ms = x.answer_ms;
  view.answer = x.answer;
  view.relayed = x.record.relayed;
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

} // namespace tocsin::actors
