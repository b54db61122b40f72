// UPSTREAM: the sessions to the server.
#include "actors/upstream.hpp"

#include "protocol/signal/nat64.hpp"
#include "protocol/signal/request.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace {

sig::server_address to_address(const sig::prefix& x, std::uint16_t port) {
  auto host = x.is_ipv4() ? x.address_string() : '[' + x.address_string() + ']';
  return {host + ':' + std::to_string(port),
          x.is_ipv4() ? sig::address_family::ipv4 : sig::address_family::ipv6};
}

} // namespace

/// The provisioned server, for people.
std::string upstream_state::own_server() const {
  return setup_.host.empty() ? "default-router" : setup_.host;
}

std::string upstream_state::current_server() const {
  auto& to = follower_.current();
  return to && !to->once ? to->server : std::string{};
}

/// Connects unless that is under way: for use, beside a silent session, or to
/// find out whether UDP works.
void upstream_state::connect(purpose why) {
  if (resolving_ || race_ || finishing_)
    return;
  connect_due_.reset();
  attempted_ = now();
  if (why == purpose::beside)
    beside_ = attempted_;
  purpose_ = why;
  racing_for_.clear();
  auto to = follower_.current();
  for (const auto& [_, x] : wishes_)
    if (x.detour && detour_ && *x.detour == detour_->server)
      to = detour_;
  std::vector<sig::server_address> found;
  if (to) {
    racing_for_ = to->server;
    found = addresses_of(*to);
  } else if (setup_.host.empty() && setup_.gateways) {
    found = setup_.gateways();
  }
  if (!found.empty() || (racing_for_.empty() && setup_.host.empty()))
    race(std::move(found));
  else
    resolve(racing_for_.empty() ? setup_.host : racing_for_);
}

/// Those that the redirect names. Behind NAT64 those of IPv4 can be called as
/// IPv6, should there be no others (RFC 9132, Section 4.6).
std::vector<sig::server_address>
upstream_state::addresses_of(const sig::follow_redirect& to) const {
  std::vector<sig::prefix> all;
  for (const auto& text : to.addresses)
    if (auto address = sig::prefix::parse(text))
      all.push_back(*address);
  if (setup_.nat64 && std::ranges::all_of(all, &sig::prefix::is_ipv4))
    for (std::size_t i = 0, n = all.size(); i < n; ++i)
      if (auto embedded = sig::embed_ipv4(*setup_.nat64, all[i]))
        all.push_back(*embedded);
  std::vector<sig::server_address> found;
  for (const auto& address : all)
    found.push_back(to_address(address, setup_.port));
  return found;
}

void upstream_state::resolve(const std::string& host) {
  resolving_ = true;
  auto number = ++resolution_;
  self_->request(setup_.resolver, request_round, atom::resolve_v, host)
      .then(
          [this, number](const std::vector<sig::prefix>& addresses) {
            if (number != resolution_)
              return; // another server is wanted by now
            resolving_ = false;
            std::vector<sig::server_address> found;
            for (const auto& x : addresses)
              found.push_back(to_address(x, setup_.port));
            race(std::move(found));
          },
          [this, number](const caf::error& why) {
            if (number != resolution_)
              return;
            resolving_ = false;
            detail_ = to_string(to_failure(why));
            on_race_lost();
          });
}

void upstream_state::race(std::vector<sig::server_address> found) {
  auto paths = sig::candidates_of(found);
  std::erase_if(paths, [this](const sig::candidate& x) {
    bool udp = x.transport == sig::transport_kind::udp;
    return udp ? !setup_.transports.udp
               : !setup_.transports.tcp || purpose_ == purpose::probe;
  });
  // A probe is to find out anew; the other races use what is known.
  if (purpose_ != purpose::probe)
    paths = paths_.arrange(std::move(paths), now());
  detail_ = racing_for_.empty() && setup_.host.empty()
                ? "there is no default router"
                : "the server has no address";
  race_.emplace(std::move(paths), in_need());
  carry_out(race_->start(now()));
  arm();
}

void upstream_state::carry_out(const std::vector<sig::race_action>& actions) {
  for (const auto& action : actions) {
    if (!race_)
      return;
    if (auto* begin = std::get_if<sig::start_attempt>(&action))
      start_attempt(begin->index);
    else if (auto* give_up = std::get_if<sig::cancel_attempt>(&action))
      stop_attempt(give_up->index);
    else if (std::holds_alternative<sig::all_failed>(action))
      on_race_lost();
    else
      race_.reset();
  }
  if (race_ && race_->over())
    race_.reset();
}

void upstream_state::start_attempt(std::size_t index) {
  auto path = race_->candidates()[index];
  auto id = next_session_++;
  auto way = path.transport == sig::transport_kind::udp
                 ? session_target::transport::udp
                 : session_target::transport::tcp;
  auto opened = setup_.open(id, {way, path.address.text, racing_for_},
                            session_owner_actor{self_});
  if (!opened) {
    detail_ = to_string(opened.error());
    carry_out(race_->on_failed(index));
    return;
  }
  attempts_[id] = index;
  auto& x = links_[id];
  x.handle = caf::actor_cast<session_actor>(*opened);
  x.path = std::move(path);
  x.server = racing_for_;
  x.since = now();
  self_->monitor(x.handle);
}

void upstream_state::stop_attempt(std::size_t index) {
  for (auto i = attempts_.begin(); i != attempts_.end(); ++i)
    if (i->second == index) {
      auto node = links_.extract(i->first);
      attempts_.erase(i);
      if (!node.empty())
        self_->send(node.mapped().handle, atom::finish_v,
                    std::string{"another path was faster"});
      return;
    }
}

/// Ends a race for what is no longer wanted, its half-open sessions, too.
void upstream_state::drop_race() {
  ++resolution_;
  resolving_ = false;
  race_.reset();
  for (const auto& [id, _] : std::exchange(attempts_, {}))
    if (auto node = links_.extract(id); !node.empty())
      self_->send(node.mapped().handle, atom::finish_v,
                  std::string{"no longer needed"});
}

/// The server for one request only does not work: that request goes back to
/// the one in use, which asked for a pause by its 5.03.
void upstream_state::on_detour_lost() {
  alert("the server that one request was sent to, " + detour_->server
            + ", cannot be reached",
        0);
  detour_.reset();
  for (auto& [_, x] : wishes_)
    if (std::exchange(x.detour, std::nullopt))
      x.retry = now() + default_pause;
  if (best_link() == nullptr)
    schedule_retry(detail_);
  arm();
}

void upstream_state::on_race_lost() {
  drop_race();
  bool once = detour_ && !racing_for_.empty() && racing_for_ != current_server()
              && racing_for_ == detour_->server;
  if (once)
    return on_detour_lost();
  if (purpose_ == purpose::probe) {
    probe_.on_outcome(false, now());
    arm();
    return;
  }
  failed_ = now();
  if (!racing_for_.empty()) {
    alert("the server that we were sent to, " + racing_for_
              + ", cannot be reached; back to the configured one",
          0);
    go_home();
  }
  schedule_retry(detail_);
}

void upstream_state::schedule_retry(const std::string& why) {
  auto pause = in_need() ? setup_.retry_in_attack : setup_.retry;
  auto via = best_link();
  if (via == nullptr) // beside a silent one: next_beside
    connect_due_ = attempted_ + pause;
  auto wait = std::chrono::duration_cast<std::chrono::seconds>(
      std::max<duration>(attempted_ + pause - now(), duration::zero()));
  detail_ = why + "; next attempt in " + std::to_string(wait.count()) + " s";
  if (via == nullptr)
    spdlog::error("upstream {}: no session with {}: {}", setup_.name,
                  own_server(), detail_);
  arm();
}

/// An operator asks: the pause between attempts shrinks to what is allowed in
/// an attack (RFC 9132, Section 4.7).
void upstream_state::hurry() {
  if (connect_due_ && best_link() == nullptr) {
    connect_due_ = std::min(
        *connect_due_, std::max(now(), attempted_ + setup_.retry_in_attack));
    arm();
  }
}

upstream_state::link* upstream_state::find_link(std::uint64_t session) {
  auto i = links_.find(session);
  return i == links_.end() ? nullptr : &i->second;
}

/// The newest session with the server in use; one with another server as long
/// as there is none and that one does not send us away.
upstream_state::link* upstream_state::best_link() {
  auto server = current_server();
  auto rank = [&server](const link& x) {
    return std::tuple{x.server == server, x.since};
  };
  link* best = nullptr;
  for (auto& [_, x] : links_)
    if (x.up && !x.leaving && (x.server == server || !x.sent_away)
        && (best == nullptr || rank(x) > rank(*best)))
      best = &x;
  return best;
}

/// Where a request belongs: the server in use, over all sessions with it (RFC
/// 9132, Section 4.7), or the one to which just this request was sent.
std::vector<std::uint64_t> upstream_state::links_for(const wish& x) {
  auto* best = best_link();
  auto server = x.detour ? *x.detour : best ? best->server : current_server();
  std::vector<std::uint64_t> all;
  for (const auto& [id, l] : links_)
    if (l.up && !l.leaving && l.server == server
        && (!l.sent_away || server == current_server()))
      all.push_back(id);
  return all;
}

void upstream_state::on_opened(const session_opened& x, caf::strong_actor_ptr) {
  auto* l = find_link(x.id);
  if (l == nullptr)
    return;
  l->up = true;
  l->since = now();
  paths_.remember(l->path, true, now());
  connect_due_.reset();
  failed_.reset();
  detail_.clear();
  spdlog::info("upstream {}: session with {}", setup_.name,
               l->path.address.text);
  follower_.contacted(l->server.empty() ? own_server() : l->server, now());
  if (purpose_ == purpose::probe)
    probe_.on_outcome(true, now());
  probe_.connected(l->path.transport, now());
  if (auto i = attempts_.find(x.id); i != attempts_.end() && race_) {
    auto index = i->second;
    attempts_.erase(i);
    carry_out(race_->on_succeeded(index));
  }
  attempts_.erase(x.id);
  drop_race();
  thin_out(l->server);
  self_->send(l->handle, atom::mode_v, known_.cuid, attacked_);
  tell_data();
  move_to(l->server);
  watch_list(x.id);
  pursue_all();
}

/// Something came over a session. A newer session that answers has taken over,
/// so the older ones have served; if an older one is heard again, the attempt
/// to replace it stops (RFC 9132, Section 4.7).
void upstream_state::heard(std::uint64_t session) {
  auto* l = find_link(session);
  if (l == nullptr || l->leaving)
    return;
  l->silent = false;
  if (race_ && purpose_ == purpose::beside && l->server == racing_for_) {
    drop_race();
  }
  for (auto& [id, x] : links_)
    if (id < session && x.up && !x.leaving && x.server == l->server)
      leave(x, "a newer session works");
}

void upstream_state::leave(link& x, const std::string& why) {
  x.leaving = true;
  self_->send(x.handle, atom::finish_v, why);
}

/// Leaves the oldest sessions beyond max_parallel_sessions.
void upstream_state::thin_out(const std::string& server) {
  std::size_t up = 0;
  for (auto i = links_.rbegin(); i != links_.rend(); ++i) {
    auto& x = i->second;
    if (x.up && !x.leaving && x.server == server
        && ++up > max_parallel_sessions)
      leave(x, "newer sessions take its place");
  }
}

void upstream_state::on_silent(std::uint64_t id, std::uint32_t missed) {
  auto* l = find_link(id);
  if (l == nullptr)
    return;
  spdlog::warn("upstream {}: {} heartbeats went unanswered, yet the session "
               "is kept: the link looks saturated",
               setup_.name, missed);
  l->silent = true;
  if (auto due = next_beside(); due && *due <= now())
    connect(purpose::beside);
  arm();
}

/// When a session is tried beside a silent one: the server may have given the
/// silent one up, and an attempt may have fallen into the same outage.
std::optional<time_point> upstream_state::next_beside() {
  auto* best = best_link();
  if (finishing_ || best == nullptr || !best->silent || !under_attack())
    return std::nullopt;
  auto due = best->since;
  for (const auto& last : {failed_, beside_})
    if (last)
      due = std::max(due, *last + setup_.retry_in_attack);
  return due;
}

void upstream_state::on_gone(std::uint64_t id, session_end,
                             const std::string& why) {
  auto node = links_.extract(id);
  if (node.empty() || finishing_)
    return;
  auto& gone = node.mapped();
  for (auto& [_, x] : wishes_)
    std::erase_if(x.asks, [id](const ask& a) { return a.session == id; });
  if (auto i = attempts_.find(id); i != attempts_.end()) {
    auto index = i->second;
    attempts_.erase(i);
    detail_ = why;
    paths_.remember(gone.path, false, now());
    if (race_)
      carry_out(race_->on_failed(index));
    return;
  }
  bool awaited = std::ranges::any_of(wishes_, [&gone](const auto& w) {
    return w.second.detour && *w.second.detour == gone.server;
  });
  if (awaited && detour_ && detour_->server == gone.server && !gone.leaving)
    return on_detour_lost();
  if (auto* rest = best_link(); rest != nullptr) {
    // It may be over TCP, after one over UDP that did not last.
    probe_.connected(rest->path.transport, now());
  } else {
    spdlog::warn("upstream {}: session with {} ended: {}", setup_.name,
                 gone.path.address.text, why);
    probe_.disconnected();
    if (purpose_ == purpose::probe)
      drop_race(); // of one path only, and nothing came after it
    bool again = reconnected_ && *reconnected_ + setup_.retry_in_attack > now();
    if (again) { // sessions that do not last count as failures
      schedule_retry(why);
    } else {
      reconnected_ = now();
      connect(purpose::use);
    }
  }
  pursue_all();
}

/// A SESSION failed without a word of its own.
void upstream_state::on_down(const caf::down_msg& msg) {
  for (const auto& [id, x] : links_)
    if (caf::actor_cast<caf::strong_actor_ptr>(x.handle) == msg.source) {
      on_gone(id, session_end::failed, to_string(to_failure(msg.reason)));
      return;
    }
}

} // namespace tocsin::actors
