// RELAY GROUP: who is asked for what.
#include "actors/relay_group.hpp"

#include "actors/rules.hpp"
#include "protocol/signal/scope.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

void relay_group_state::init(relay_group_setup setup) {
  setup_ = std::move(setup);
  for (const auto& x : setup_.servers)
    make_leg(x.name, x.handle);
  arm();
}

/// A RELAY that fails takes the group with it: SUPERVISOR starts that again,
/// and MITIGATIONs install anew.
relay_group_state::leg&
relay_group_state::make_leg(const std::string& server,
                            const upstream_actor& handle) {
  relay_setup one;
  one.name = setup_.name;
  one.upstream = server_of_upstream(server);
  one.server = handle;
  one.lifetime = setup_.lifetime;
  one.on_health = [home = caf::actor_cast<relay_group_actor>(self_),
                   server](bool up) {
    caf::anon_send(home, atom::changed_v, server, up);
  };
  auto& made = legs_[server];
  made.relay = self_->spawn<caf::linked>(relay, std::move(one));
  if (launched_)
    self_->send(made.relay, atom::begin_v);
  return made;
}

void relay_group_state::install(const mitigators::rule& what,
                                caf::strong_actor_ptr owner) {
  auto& x = rules_[what.id];
  x.rule = what;
  x.owner = std::move(owner);
  x.told.reset();
  place(x);
  tell(x);
  arm();
}

void relay_group_state::refuse(const mitigators::filter_set& what,
                               const caf::strong_actor_ptr& owner) {
  if (auto to = caf::actor_cast<filter_owner_actor>(owner))
    self_->send(to, atom::report_v, filters_not_relayed(setup_.name, what.id));
}

void relay_group_state::withdraw(const std::string& id) {
  auto i = rules_.find(id);
  if (i == rules_.end())
    return;
  auto& x = i->second;
  for (auto at = x.parts.begin(); at != x.parts.end(); at = x.parts.begin())
    take_from(x, at->first);
  rules_.erase(i);
  arm();
}

void relay_group_state::on_efficacy(const std::string& id,
                                    sig::attack_status x) {
  if (auto i = rules_.find(id); i != rules_.end())
    for (const auto& [server, _] : i->second.parts)
      if (auto& to = legs_[server].relay)
        self_->send(to, atom::report_v, id, x);
}

void relay_group_state::launch() {
  if (std::exchange(launched_, true))
    return;
  for (auto& [_, x] : legs_)
    if (x.relay)
      self_->send(x.relay, atom::begin_v);
}

/// Puts a rule where it belongs now, and takes it from where it was.
void relay_group_state::place(entry& x) {
  auto wanted = assign(x);
  std::vector<std::string> old;
  for (const auto& [server, _] : x.parts)
    if (!wanted.contains(server))
      old.push_back(server);
  for (const auto& [server, part] : wanted)
    give_to(x, server, part);
  for (const auto& server : old)
    take_from(x, server);
}

std::map<std::string, mitigators::rule> relay_group_state::assign(entry& x) {
  std::map<std::string, mitigators::rule> out;
  switch (setup_.manner) {
  case relay_manner::serial:
    if (!x.serial)
      x.serial.emplace(setup_.servers.size(), first_for(x.rule));
    out[setup_.servers[x.serial->current()].name] = x.rule;
    break;
  case relay_manner::by_prefix:
    return assign_by_prefix(x);
  case relay_manner::all:
    for (const auto& server : setup_.servers)
      out[server.name] = x.rule;
    break;
  case relay_manner::per_client:
    out[setup_.clients.server + '/'
        + opaque_name(x.rule.customer, x.rule.cuid)] = x.rule;
    break;
  }
  return out;
}

std::map<std::string, mitigators::rule>
relay_group_state::assign_by_prefix(entry& x) {
  std::vector<std::vector<sig::prefix>> owned;
  for (const auto& server : setup_.servers)
    owned.push_back(server.prefixes);
  auto split = sig::split_by_owner(owned, x.rule.prefixes);
  x.nobody.clear();
  for (const auto& address : split.nobody)
    x.nobody += (x.nobody.empty() ? "" : ", ") + address.to_string();
  std::map<std::string, mitigators::rule> out;
  for (std::size_t i = 0; i < split.parts.size(); ++i)
    if (!split.parts[i].empty()) {
      auto& part = out[setup_.servers[i].name] = x.rule;
      part.prefixes = split.parts[i];
    }
  return out;
}

/// For one address one server is asked: that which has what overlaps, else the
/// first that can be reached.
std::size_t relay_group_state::first_for(const mitigators::rule& what) const {
  for (const auto& [id, x] : rules_)
    if (x.serial && id != what.id
        && sig::overlaps(target_of(x.rule), target_of(what)))
      return x.serial->current();
  for (std::size_t i = 0; i < setup_.servers.size(); ++i)
    if (legs_.at(setup_.servers[i].name).up)
      return i;
  return 0;
}

void relay_group_state::give_to(entry& x, const std::string& server,
                                const mitigators::rule& part) {
  auto [at, is_new] = x.parts.try_emplace(server);
  auto known = legs_.find(server);
  if (known == legs_.end()) {
    known = legs_.try_emplace(server).first;
    setup_.clients.open(server, x.rule.cdid);
  }
  auto& to = known->second;
  to.idle.reset();
  if (is_new) {
    ++to.rules;
    at->second.mitigator = server;
    at->second.rule = part.id;
    if (x.serial)
      x.serial->on_lost(self_->clock().now()); // until it is heard of
  }
  if (to.relay)
    self_->send(to.relay, atom::install_v, part,
                caf::actor_cast<caf::strong_actor_ptr>(self_));
}

void relay_group_state::take_from(entry& x, const std::string& server) {
  auto& from = legs_.at(server);
  if (from.relay)
    self_->send(from.relay, atom::withdraw_v, x.rule.id);
  if (--from.rules == 0)
    from.idle = self_->clock().now();
  x.attacked.erase(server);
  x.parts.erase(server);
}

/// Of `serial`: is the present server still the right one?
void relay_group_state::consider_moving(entry& x) {
  if (!x.serial)
    return;
  auto now = self_->clock().now();
  const auto& at = x.parts.at(setup_.servers[x.serial->current()].name);
  auto before = x.serial->current();
  if (at.what == progress::failed)
    x.serial->on_failed(now);
  else if (at.what == progress::pending && (at.blind || at.answer == 0))
    x.serial->on_lost(now);
  else
    x.serial->on_progress();
  if (x.serial->current() == before)
    return;
  spdlog::warn("mitigator {}: {} does not mitigate {}; {} is asked instead",
               setup_.name, setup_.servers[before].name, x.rule.id,
               setup_.servers[x.serial->current()].name);
  place(x);
  follow(x);
}

/// Overlapping addresses are never asked of two servers at once.
void relay_group_state::follow(const entry& moved) {
  for (auto& [id, x] : rules_) {
    if (&x == &moved || !x.serial
        || x.serial->current() == moved.serial->current()
        || !sig::overlaps(target_of(x.rule), target_of(moved.rule)))
      continue;
    x.serial->follow(moved.serial->current());
    place(x);
    tell(x);
  }
}

void relay_group_state::on_link(const std::string& server, bool up) {
  if (auto i = legs_.find(server); i != legs_.end())
    i->second.up = up;
  tell_health();
}

/// In service while any server can be reached. One session for each client is
/// opened when there is something to ask.
void relay_group_state::tell_health() {
  bool up =
      setup_.manner == relay_manner::per_client
      || std::ranges::any_of(legs_, [](const auto& x) { return x.second.up; });
  if (healthy_ == up || !setup_.on_health)
    return;
  healthy_ = up;
  setup_.on_health(up);
}

/// A new one, for a client; or one that was started again.
void relay_group_state::adopt(const std::string& server,
                              const caf::strong_actor_ptr& handle) {
  auto i = legs_.find(server);
  if (i != legs_.end() && i->second.relay) {
    self_->send(i->second.relay, atom::adopt_v, server, handle);
    return;
  }
  auto& made = make_leg(server, caf::actor_cast<upstream_actor>(handle));
  if (made.rules == 0)
    made.idle = self_->clock().now();
  for (auto& [_, x] : rules_)
    if (x.parts.contains(server))
      give_to(x, server, x.rule);
  arm();
}

void relay_group_state::arm() {
  std::optional<time_point> due;
  auto sooner = [&due](std::optional<time_point> t) {
    if (t && (!due || *t < *due))
      due = t;
  };
  for (const auto& [_, x] : rules_)
    if (x.serial)
      sooner(x.serial->next_deadline());
  if (setup_.manner == relay_manner::per_client)
    for (const auto& [_, x] : legs_)
      if (x.idle)
        sooner(*x.idle + idle_client);
  alarm_.set(self_, due);
}

void relay_group_state::on_tick(std::uint64_t generation) {
  if (!alarm_.rang(generation))
    return;
  auto now = self_->clock().now();
  for (auto& [_, x] : rules_) {
    if (!x.serial)
      continue;
    auto before = x.serial->current();
    bool exhausted = x.serial->exhausted();
    x.serial->on_time(now);
    if (x.serial->current() == before && x.serial->exhausted() == exhausted)
      continue;
    place(x);
    follow(x);
    tell(x);
  }
  close_idle();
  arm();
}

/// Sessions of clients that have wanted nothing for long.
void relay_group_state::close_idle() {
  if (setup_.manner != relay_manner::per_client)
    return;
  std::erase_if(legs_, [this](auto& one) {
    auto& [server, x] = one;
    if (!x.idle || self_->clock().now() < *x.idle + idle_client)
      return false;
    if (x.relay) {
      self_->unlink_from(x.relay.address());
      self_->send_exit(x.relay, caf::exit_reason::user_shutdown);
    }
    setup_.clients.close(server);
    return true;
  });
}

} // namespace tocsin::actors
