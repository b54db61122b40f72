// UPSTREAM: sent to another server, and back (RFC 9132, Section 4.6).
//
// Original and alternate server may share their state or not. A request that
// moves is therefore never withdrawn at the original unless the alternate
// answered 2.01 to it: then it did not know the request, so that the original
// holds one of its own. After 2.04 both mean the same mitigation, and a DELETE
// would end it at the alternate as well. Should the answer mislead, what
// remains ends by its lifetime; a gap in the protection would be worse.
#include "actors/upstream.hpp"

#include "protocol/signal/codec.hpp"
#include "protocol/signal/request.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

/// True if the answer is a redirect, which is then dealt with.
bool upstream_state::on_redirect(std::uint64_t session, const coap_reply& reply,
                                 std::optional<std::uint32_t> mid) {
  auto* l = find_link(session);
  if (l == nullptr || reply.code != 0xA3 || reply.body.empty())
    return false;
  auto decoded = sig::decode(reply.body, sig::direction::response);
  auto* where =
      decoded ? std::get_if<sig::redirected_signal>(&*decoded) : nullptr;
  if (where == nullptr)
    return false;
  auto age =
      reply.max_age.value_or(static_cast<std::uint32_t>(default_pause.count()));
  if (age == 0 && !mid)
    return true; // it was about the list only
  if (l->sent_away && age > 0)
    return true; // known already
  auto reaction = follower_.on_redirect(
      *where, age, l->server.empty() ? own_server() : l->server, now());
  if (auto* no = std::get_if<sig::ignore_redirect>(&reaction)) {
    alert(no->alert, mid.value_or(0));
    return false;
  }
  auto& to = std::get<sig::follow_redirect>(reaction);
  spdlog::warn("upstream {}: sent to {} for {} s", setup_.name, to.server, age);
  if (to.once) {
    detour_ = to;
    if (auto i = wishes_.find(*mid); i != wishes_.end())
      i->second.detour = to.server;
  } else {
    l->sent_away = true;
    for (auto& [_, x] : wishes_) // all move, the active ones with a PUT
      if (x.state == progress::active)
        x.refresh = now();
  }
  drop_race();
  connect(purpose::use);
  pursue_all();
  return true;
}

/// A server has granted this one: where it was before is no longer needed.
void upstream_state::arrived(wish& x, const link& via, bool created) {
  auto before = std::exchange(x.home, via.server);
  if (x.detour) {
    x.detour.reset();
    x.home = before.value_or(std::string{});
    for (auto& [_, l] : links_) // it was for this request only
      if (l.server == via.server && l.server != current_server() && !l.leaving)
        leave(l, "the request is answered");
    return;
  }
  for (auto& [id, l] : links_)
    if (before && l.up && !l.leaving && l.server == *before
        && *before != via.server && created) {
      coap_call call;
      call.code = 4; // DELETE
      call.path = path_to(x.record.key.cuid, x.record.key.mid);
      call.urgent = true;
      call.patience = status_patience;
      self_
          ->request(l.handle, 2 * status_patience, atom::request_v,
                    std::move(call))
          .then([](const coap_reply&) {}, [](const caf::error&) {});
    }
  bool all = std::ranges::all_of(wishes_, [&via](const auto& w) {
    return w.second.state != progress::active || w.second.home == via.server;
  });
  if (!all || via.server != current_server())
    return;
  for (auto& [_, l] : links_)
    if (l.up && !l.leaving && l.server != via.server)
      leave(l, "all requests have moved");
}

/// Asks this server, which is in use, for what was granted elsewhere, or so
/// long ago that this process does not know where.
void upstream_state::move_to(const std::string& server) {
  if (server != current_server())
    return;
  for (auto& [_, x] : wishes_)
    if (x.state == progress::active && x.home != server && (x.home || x.renew))
      x.refresh = now();
}

/// Back to the provisioned server: the time is over, or the alternate is dead.
void upstream_state::go_home() {
  follower_.abandon();
  detour_.reset();
  for (auto& [_, l] : links_)
    if (l.server.empty())
      l.sent_away = false;
  for (auto& [_, x] : wishes_)
    x.detour.reset();
  drop_race();
  auto* via = best_link();
  if (via == nullptr || !via->server.empty())
    connect(purpose::use); // what runs elsewhere follows when it is up
  else
    move_to(via->server);
  pursue_all();
}

} // namespace tocsin::actors
