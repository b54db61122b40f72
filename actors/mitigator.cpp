#include "actors/mitigator.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace to_driver = mitigators::to_driver;
namespace to_node = mitigators::to_node;

namespace {

const std::string& id_of(const mitigator_state::item& x) {
  return std::visit([](const auto& y) -> const std::string& { return y.id; },
                    x);
}

/// What a hello says of filters: a driver that takes them knows all that the
/// protocol has, but for a family or a rate limit that it does not list.
protocol::data::filter_abilities abilities_of(const to_node::hello& x) {
  if (!x.filters)
    return {};
  auto out = protocol::data::all_abilities;
  out.ipv4 = x.ipv4;
  out.ipv6 = x.ipv6;
  out.rate_limit = x.rate_limit;
  return out;
}

bool is_rule(const mitigator_state::item& x) {
  return std::holds_alternative<mitigators::rule>(x);
}

/// Filters have a place of their own.
std::uint32_t value_of(const mitigator_state::item& x) {
  auto rule = std::get_if<mitigators::rule>(&x);
  return rule == nullptr ? 0 : rule->value;
}

} // namespace

/// Whether the driver may be told of it; its owner hears why not.
bool mitigator_state::usable(wanted& x) {
  auto ok =
      std::visit([](const auto& y) { return mitigators::check(y); }, x.what);
  if (ok && !filtering_ && !is_rule(x.what))
    ok = fail(ec::unsupported, setup_.driver, "the driver has no filters");
  if (!ok)
    report(x, progress::failed, to_string(ok.error()));
  return static_cast<bool>(ok);
}

template <class Order>
void mitigator_state::add(Order& to, const wanted& x) {
  if (auto rule = std::get_if<mitigators::rule>(&x.what))
    to.rules.push_back(*rule);
  else
    to.filters.push_back(std::get<mitigators::filter_set>(x.what));
  under_way_.installed.push_back(id_of(x.what));
}

void mitigator_state::install(item what, caf::strong_actor_ptr owner) {
  auto id = id_of(what);
  auto& entry = wanted_[id];
  entry = {std::move(what), std::move(owner), progress::pending};
  to_withdraw_.erase(id);
  to_install_.erase(id);
  displacing_.erase(id);
  if (!usable(entry))
    return;
  to_install_.insert(id);
  if (phase_ == phase::up)
    flush();
  else if (phase_ == phase::down)
    report(entry, progress::failed, detail_);
}

void mitigator_state::withdraw(const std::string& id) {
  if (wanted_.erase(id) == 0)
    return;
  to_install_.erase(id);
  displacing_.erase(id);
  to_withdraw_.insert(id);
  if (phase_ == phase::up)
    flush();
}

void mitigator_state::launch() {
  if (phase_ == phase::waiting)
    start();
}

void mitigator_state::start() {
  phase_ = phase::starting;
  auto generation = ++generation_;
  auto home = caf::actor_cast<mitigator_actor>(self_);
  auto link = setup_.start(
      [home, generation](std::string line) {
        caf::anon_send(home, atom::line_v, generation, std::move(line));
      },
      [home, generation](int status) {
        caf::anon_send(home, atom::exited_v, generation, status);
      });
  if (!link) {
    down(to_string(link.error()));
    return;
  }
  link_ = std::move(*link);
  due_ = self_->clock().now() + driver_patience;
  alarm_.set(self_, due_);
  send(to_driver::hello{mitigators::protocol_version, setup_.node,
                        std::to_string(generation)});
}

void mitigator_state::down(std::string why) {
  link_.reset();
  ++generation_; // what the old driver still says no longer counts
  ++restarts_;
  under_way_ = {};
  degraded_ = false;
  phase_ = phase::down;
  if (setup_.on_health)
    setup_.on_health(false);
  detail_ = std::move(why);
  spdlog::warn("mitigator {}: {}; next start in {} s", setup_.name, detail_,
               pause_.count());
  due_ = self_->clock().now() + pause_;
  alarm_.set(self_, due_);
  pause_ = std::min(pause_ * 2, driver_pause_max);
  to_withdraw_.clear(); // the next sync removes what is not wanted
  displacing_.clear();
  for (auto& [id, entry] : wanted_) {
    to_install_.insert(id);
    if (entry.state != progress::failed)
      report(entry, progress::failed, detail_);
  }
}

void mitigator_state::on_line(std::uint64_t generation, std::string_view line) {
  if (generation != generation_)
    return;
  auto message = mitigators::decode_report(line);
  if (!message) {
    spdlog::warn("mitigator {}: driver said something that is not understood: "
                 "{}",
                 setup_.name, to_string(message.error()));
    return;
  }
  std::visit([this](const auto& x) { on(x); }, *message);
}

void mitigator_state::on_exit(std::uint64_t generation, int status) {
  if (generation != generation_)
    return;
  down("the driver ended (wait status " + std::to_string(status) + ")");
}

void mitigator_state::on_tick(std::uint64_t generation) {
  if (!alarm_.rang(generation) || !due_)
    return;
  if (self_->clock().now() < *due_) {
    alarm_.set(self_, due_);
    return;
  }
  due_.reset();
  if (phase_ == phase::down)
    start();
  else
    down("the driver did not answer within "
         + std::to_string(driver_patience.count()) + " s");
}

void mitigator_state::on(const to_node::hello& x) {
  if (phase_ != phase::starting || under_way_.seq != 0)
    return;
  if (x.version != mitigators::protocol_version) {
    down("the driver speaks protocol version " + std::to_string(x.version)
         + ", this node " + std::to_string(mitigators::protocol_version));
    return;
  }
  filtering_ = x.filters;
  if (setup_.on_abilities)
    setup_.on_abilities(abilities_of(x));
  to_driver::sync all{next_seq_++, {}, false};
  under_way_ = {all.seq, true, {}};
  for (auto& [id, entry] : wanted_)
    if (usable(entry))
      to_install_.insert(id);
    else
      to_install_.erase(id);
  for (const auto* entry : most_valuable_first())
    add(all, *entry);
  to_install_.clear();
  to_withdraw_.clear();
  send(all);
}

void mitigator_state::on(const to_node::done& x) {
  if (x.seq != under_way_.seq)
    return;
  refusals failed;
  for (const auto& f : x.failures) {
    auto i = wanted_.find(f.id);
    bool full = f.code == ec::too_large && i != wanted_.end()
                && is_rule(i->second.what);
    overloaded_ |= full;
    failed[f.id] = {f.message, full};
  }
  finish_order(failed);
}

void mitigator_state::on(const to_node::error& x) {
  spdlog::warn("mitigator {}: {}", setup_.name, x.message);
  if (!x.seq || *x.seq != under_way_.seq)
    return;
  if (under_way_.is_sync) {
    down("the driver could not be synchronised: " + x.message);
    return;
  }
  refusals failed;
  for (const auto& id : under_way_.installed)
    failed[id] = {x.message};
  finish_order(failed);
}

void mitigator_state::finish_order(const refusals& failed) {
  auto finished = std::move(under_way_);
  under_way_ = {};
  due_.reset();
  if (phase_ == phase::starting) {
    phase_ = phase::up;
    if (setup_.on_health)
      setup_.on_health(true);
    pause_ = driver_pause;
    detail_.clear();
    spdlog::info("mitigator {}: up, {} rules in force", setup_.name,
                 finished.installed.size() - failed.size());
  }
  for (const auto& id : finished.installed) {
    auto i = wanted_.find(id);
    if (i != wanted_.end() && !failed.contains(id) && !to_install_.contains(id))
      report(i->second, progress::active, {});
  }
  settle_refused(failed);
  flush();
}

/// What the driver has no room for displaces what is worth less.
void mitigator_state::settle_refused(const refusals& failed) {
  if (failed.empty())
    return;
  auto in_place = replaceable();
  std::vector<std::uint32_t> values;
  for (const auto& id : in_place)
    values.push_back(value_of(wanted_.at(id).what));
  protocol::signal::displacement choice{std::move(values)};
  for (const auto& [id, why] : failed) {
    auto i = wanted_.find(id);
    if (i == wanted_.end() || to_install_.contains(id))
      continue; // withdrawn or replaced meanwhile
    auto value = value_of(i->second.what);
    auto loser = why.full ? choice.make_room(value) : std::nullopt;
    if (!loser) {
      report(i->second, progress::failed, why.message);
      continue;
    }
    give_way(in_place[*loser], value);
    displacing_.insert(id);
  }
}

/// Rules in force that are not about to be changed, by id.
std::vector<std::string> mitigator_state::replaceable() const {
  std::vector<std::string> out;
  for (const auto& [id, entry] : wanted_)
    if (entry.state == progress::active && is_rule(entry.what)
        && !to_install_.contains(id))
      out.push_back(id);
  std::ranges::sort(out);
  return out;
}

void mitigator_state::give_way(const std::string& id, std::uint32_t to) {
  spdlog::warn("mitigator {}: full, so rule {} gives way to a target of value "
               "{}",
               setup_.name, id, to);
  to_withdraw_.insert(id);
  report(wanted_.at(id), progress::failed,
         "it is full, and has given way to a target of value "
             + std::to_string(to));
}

/// What is to be installed, in the order in which a driver shall fill up.
std::vector<const mitigator_state::wanted*>
mitigator_state::most_valuable_first() const {
  std::vector<const wanted*> out;
  for (const auto& id : to_install_)
    out.push_back(&wanted_.at(id));
  std::ranges::stable_sort(out, std::greater{},
                           [](const wanted* x) { return value_of(x->what); });
  return out;
}

void mitigator_state::on(const to_node::counters& x) {
  for (const auto& totals : x.rules)
    if (auto i = wanted_.find(totals.id);
        i != wanted_.end() && is_rule(i->second.what))
      if (auto owner = caf::actor_cast<mitigation_actor>(i->second.owner))
        tell_counters(owner, totals);
  tell_entries(x.filters);
}

void mitigator_state::tell_entries(
    const std::vector<mitigators::entry_counters>& totals) {
  std::map<std::string, std::vector<mitigators::entry_counters>> by_set;
  for (const auto& x : totals)
    by_set[x.set].push_back(x);
  for (auto& [id, entries] : by_set) {
    auto i = wanted_.find(id);
    if (i == wanted_.end() || is_rule(i->second.what))
      continue;
    if (auto owner = caf::actor_cast<filter_owner_actor>(i->second.owner))
      self_->send(owner, atom::counters_v, std::move(entries));
  }
}

void mitigator_state::tell_counters(const mitigation_actor& owner,
                                    const mitigators::rule_counters& x) {
  self_->send(owner, atom::counters_v, x.id, x.packets, x.bytes);
  if (x.attack)
    self_->send(owner, atom::traffic_v, x.id,
                *x.attack == mitigators::attack::ongoing);
}

void mitigator_state::on(const to_node::status& x) {
  overloaded_ = x.health == to_node::health::overloaded;
  detail_ = x.message;
  if (std::exchange(degraded_, x.health == to_node::health::degraded)
      == degraded_)
    return;
  for (auto& [_, entry] : wanted_)
    if (entry.state == progress::active)
      report(entry, progress::active, {});
}

void mitigator_state::flush() {
  if (phase_ != phase::up || under_way_.seq != 0)
    return;
  if (to_install_.empty() && to_withdraw_.empty())
    to_install_ = std::exchange(displacing_, {});
  // New protection before the end of the old: a request that replaces another
  // leaves no gap.
  if (!to_install_.empty()) {
    to_driver::install batch{next_seq_++, {}, false};
    under_way_ = {batch.seq, false, {}};
    for (const auto* entry : most_valuable_first())
      add(batch, *entry);
    to_install_.clear();
    send(batch);
  } else if (!to_withdraw_.empty()) {
    to_driver::withdraw batch{next_seq_++, {}, false};
    under_way_ = {batch.seq, false, {}};
    batch.ids.assign(to_withdraw_.begin(), to_withdraw_.end());
    to_withdraw_.clear();
    send(batch);
  }
}

void mitigator_state::send(const mitigators::order& x) {
  due_ = self_->clock().now() + driver_patience;
  alarm_.set(self_, due_);
  if (auto ok = link_->write(mitigators::encode(x)); !ok)
    down("cannot write to the driver: " + to_string(ok.error()));
}

void mitigator_state::report(wanted& x, progress state,
                             const std::string& detail) {
  x.state = state;
  enforcement_report words{
      setup_.name, id_of(x.what),
      state,       state == progress::failed && overloaded_,
      detail,      degraded_};
  if (is_rule(x.what)) {
    if (auto owner = caf::actor_cast<mitigation_actor>(x.owner))
      self_->send(owner, atom::report_v, std::move(words));
  } else if (auto owner = caf::actor_cast<filter_owner_actor>(x.owner)) {
    self_->send(owner, atom::report_v, std::move(words));
  }
}

mitigator_view mitigator_state::view() const {
  mitigator_view x;
  x.name = setup_.name;
  x.driver = setup_.driver;
  x.detail = detail_;
  x.restarts = restarts_;
  switch (phase_) {
  case phase::waiting:
  case phase::starting:
    x.state = "starting";
    break;
  case phase::up:
    x.state = overloaded_ ? "degraded" : "up";
    break;
  case phase::down:
    x.state = "down";
    break;
  }
  for (const auto& [_, entry] : wanted_)
    if (entry.state != progress::active)
      ++x.pending;
    else
      ++(is_rule(entry.what) ? x.rules : x.filter_sets);
  return x;
}

mitigator_actor::behavior_type
mitigator(mitigator_actor::stateful_pointer<mitigator_state> self,
          mitigator_setup setup) {
  auto* state = &self->state;
  state->init(std::move(setup));
  return {
      [state](atom::install, mitigators::rule& rule,
              caf::strong_actor_ptr& owner) {
        state->install(std::move(rule), std::move(owner));
      },
      [state](atom::install, mitigators::filter_set& set,
              caf::strong_actor_ptr& owner) {
        state->install(std::move(set), std::move(owner));
      },
      [state](atom::withdraw, const std::string& id) { state->withdraw(id); },
      [](atom::report, const std::string&, protocol::signal::attack_status) {
        // drivers are not told
      },
      [state](atom::begin) { state->launch(); },
      [state](atom::status) { return state->view(); },
      [state](atom::line, std::uint64_t generation, const std::string& line) {
        state->on_line(generation, line);
      },
      [state](atom::exited, std::uint64_t generation, int status) {
        state->on_exit(generation, status);
      },
      [state](atom::tick, std::uint64_t generation) {
        state->on_tick(generation);
      },
  };
}

} // namespace tocsin::actors
