#include "actors/mitigation.hpp"

#include "protocol/signal/scope.hpp"

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

namespace {

/// Collects the answers of several lookups; done when the last one is in.
struct lookup_round {
  name_addresses found;
  std::size_t open = 0;
};

} // namespace

void mitigation_state::init(mitigation_setup setup) {
  setup_ = std::move(setup);
  life_ = sig::mitigation_lifecycle{setup_.life};
  rules_ = make_rules();
  for (const auto& x : setup_.mitigators.entries) {
    auto& site = sites_[x.name];
    site.handle = caf::actor_cast<mitigator_actor>(x.handle);
    site.relay = x.relay;
    site.takes = x.takes;
    site.picked = std::ranges::count(setup_.chosen, x.name) > 0;
    if (x.when)
      site.help.emplace(*x.when);
  }
  if (setup_.help_ordered)
    order_help(true);
  if (!names_of(setup_.what).empty())
    names_due_ = self_->clock().now()
                 + (setup_.restored ? duration::zero() : name_refresh);
}

std::vector<mitigators::rule> mitigation_state::make_rules() const {
  auto out = rules_of(*setup_.who, setup_.owner, setup_.what, setup_.names);
  for (auto& x : out) {
    x.hop_limit = setup_.hop_limit;
    x.cdid = setup_.cdid;
  }
  return out;
}

sig::instant mitigation_state::now() const {
  auto mono = self_->clock().now();
  return {mono, setup_.clock.at(mono)};
}

void mitigation_state::launch() {
  if (setup_.restored)
    feed(sig::life::restored{setup_.immediate, setup_.state, setup_.lifetime,
                             setup_.start});
  else
    feed(sig::life::accepted{setup_.immediate, setup_.lifetime});
}

void mitigation_state::refresh(std::int64_t lifetime) {
  feed(sig::life::re_requested{lifetime});
  if (!life_.finished())
    publish(); // the new lifetime is what a GET tells from now on
}

void mitigation_state::withdraw() {
  feed(sig::life::client_withdraw{});
}

void mitigation_state::revoke(const std::string& why) {
  note_ = why;
  auto kind = why == superseded ? sig::withdrawal::superseded
              : why == made_way ? sig::withdrawal::overlap
                                : sig::withdrawal::policy;
  feed(sig::life::server_withdraw{kind});
}

void mitigation_state::on_signal_lost() {
  note_.clear();
  feed(sig::life::signal_lost{});
}

void mitigation_state::on_reported() {
  feed(sig::life::status_reported{});
}

/// Information for the operator: the client's view does not end a mitigation,
/// which its DELETE does (RFC 9132, Section 4.4.3).
void mitigation_state::on_efficacy(sig::attack_status x) {
  note_ = "the client reports: " + std::string{sig::to_string(x)};
  for (auto& [_, site] : sites_) {
    if (site.help)
      site.help->on_efficacy(x, self_->clock().now());
    for (const auto& [id, state] : site.rules)
      if (site.relay)
        self_->send(site.handle, atom::report_v, id, x);
  }
  consider_help();
  publish();
}

void mitigation_state::adopt(mitigator_table table) {
  setup_.mitigators = std::move(table);
  for (const auto& x : setup_.mitigators.entries) {
    auto handle = caf::actor_cast<mitigator_actor>(x.handle);
    auto& site = sites_[x.name];
    if (site.handle == handle)
      continue;
    auto old = std::exchange(site, {});
    site.handle = handle;
    site.help = old.help;
    site.relay = x.relay;
    site.takes = x.takes;
    site.picked = old.picked;
    if (life_.enforced())
      enforce();
  }
}

void mitigation_state::on_report(const enforcement_report& x) {
  auto i = sites_.find(x.mitigator);
  if (i == sites_.end() || !i->second.rules.contains(x.rule))
    return; // about a rule that is no longer wanted
  i->second.rules[x.rule] = x.what;
  i->second.detail = x.detail;
  i->second.blind = x.blind;
  i->second.answer = x.answer;
  i->second.conflict = x.conflict;
  i->second.overloaded = x.what == progress::failed && x.overloaded;
  watch(i->second, x);
  consider_help();
  bool exceeded = i->second.overloaded || (i->second.help && is_overloaded());
  if (exceeded && !is_helped())
    feed(sig::life::capability_exceeded{});
  else
    judge();
  plan_repair();
  judge_attack();
  if (!life_.finished())
    publish();
}

void mitigation_state::on_tick(std::uint64_t generation) {
  if (!alarm_.rang(generation))
    return;
  if (names_due_ && self_->clock().now() >= *names_due_)
    look_up_names();
  if (attack_due_ && self_->clock().now() >= *attack_due_) {
    attack_due_.reset();
    judge_attack();
  }
  consider_help();
  if (repair_due_ && self_->clock().now() >= *repair_due_)
    repair();
  apply(life_.on_time(now()));
}

/// Turns the sites' progress into an event of the lifecycle: in force as soon
/// as one MITIGATOR has all rules, failed if none has and one says so.
void mitigation_state::judge() {
  bool active = false;
  bool failed = false;
  for (const auto& [_, site] : sites_) {
    auto state = progress_of(site);
    active |= state == progress::active;
    failed |= state == progress::failed;
  }
  if (active)
    feed(sig::life::enforcement_confirmed{});
  else if (is_helped())
    return; // whoever was called has not yet said so
  else if (failed || life_.status() == sig::status::mitigated)
    feed(sig::life::enforcement_failed{});
}

mitigation_state::progress
mitigation_state::progress_of(const deployment& x) const {
  bool all_active = !x.rules.empty();
  for (const auto& [_, state] : x.rules) {
    if (state == progress::failed)
      return progress::failed;
    all_active &= state == progress::active;
  }
  return all_active ? progress::active : progress::pending;
}

void mitigation_state::feed(const event& x) {
  apply(life_.on(x, now()));
}

void mitigation_state::apply(const step& x) {
  for (const auto& action : x.actions) {
    if (std::holds_alternative<sig::act::enforce>(action))
      enforce();
    else if (std::holds_alternative<sig::act::withdraw_enforcement>(action))
      withdraw_everywhere();
    else if (std::holds_alternative<sig::act::notify>(action))
      publish();
    else if (std::holds_alternative<sig::act::remove>(action))
      self_->send(setup_.parent, atom::gone_v, setup_.owner.mid);
  }
  if (life_.finished())
    self_->quit();
  else
    arm();
}

void mitigation_state::arm() {
  auto due = life_.next_deadline();
  if (names_due_ && (!due || *names_due_ < *due))
    due = names_due_;
  if (attack_due_ && (!due || *attack_due_ < *due))
    due = attack_due_;
  if (auto help = help_due(); help && (!due || *help < *due))
    due = help;
  if (repair_due_ && (!due || *repair_due_ < *due))
    due = repair_due_;
  alarm_.set(self_, due);
}

void mitigation_state::enforce() {
  if (!enforced_since_) {
    enforced_since_ = self_->clock().now();
    sources_.clear();
    attack_due_.reset();
  }
  if (!setup_.approved)
    note_ = "waits for an administrator's approval";
  for (auto& [_, site] : sites_)
    if (wanted(site))
      enforce_at(site);
  consider_help(); // who is asked may stay silent
}

bool mitigation_state::wanted(const deployment& site) const {
  if (!setup_.approved || (!setup_.chosen.empty() && !site.picked))
    return false;
  return site.picked || (takes(site) && (!site.help || site.help->called()));
}

/// Of a mitigation with several rules, the most valuable counts for all.
bool mitigation_state::takes(const deployment& site) const {
  if (site.takes.holds_all())
    return true;
  std::uint32_t value = rules_.empty() ? setup_.who->value : 0;
  for (const auto& rule : rules_)
    value = std::max(value, rule.value);
  return site.takes.holds(value);
}

void mitigation_state::enforce_at(deployment& site) {
  auto me = caf::actor_cast<caf::strong_actor_ptr>(self_);
  for (const auto& rule : rules_) {
    auto& state =
        site.rules.try_emplace(rule.id, progress::withdrawn).first->second;
    if (state == progress::active || state == progress::pending)
      continue;
    state = progress::pending;
    self_->send(site.handle, atom::install_v, rule, me);
  }
}

void mitigation_state::withdraw_everywhere() {
  // Totals are those since the mitigation began (RFC 9132, Section 4.4.2); the
  // last ones stay readable until it begins anew.
  enforced_since_.reset();
  for (auto& [_, site] : sites_) {
    drop_rules(site);
    if (site.help)
      site.help->reset();
  }
  if (setup_.help_ordered)
    order_help(true);
}

void mitigation_state::drop_rules(deployment& site) {
  for (const auto& [id, state] : site.rules)
    self_->send(site.handle, atom::withdraw_v, id);
  site.rules.clear();
  site.overloaded = false;
  site.answer = 0;
  site.conflict.reset();
}

/// Other addresses may be of other value, and so for other mitigators.
void mitigation_state::replace_rules(std::vector<mitigators::rule> next) {
  auto me = caf::actor_cast<caf::strong_actor_ptr>(self_);
  auto same_id = [](const std::string& id) {
    return [&id](const mitigators::rule& x) { return x.id == id; };
  };
  auto before = std::exchange(rules_, std::move(next));
  for (auto& [_, site] : sites_) {
    if (!wanted(site)) {
      drop_rules(site);
      continue;
    }
    for (const auto& rule : rules_) {
      auto old = std::ranges::find_if(before, same_id(rule.id));
      if (old != before.end() && *old == rule && site.rules.contains(rule.id))
        continue;
      site.rules[rule.id] = progress::pending;
      self_->send(site.handle, atom::install_v, rule, me);
    }
    for (const auto& rule : before)
      if (std::ranges::none_of(rules_, same_id(rule.id))
          && site.rules.erase(rule.id) != 0)
        self_->send(site.handle, atom::withdraw_v, rule.id);
  }
  publish();
}

void mitigation_state::look_up_names() {
  names_due_ = self_->clock().now() + name_refresh;
  auto names = names_of(setup_.what);
  auto round = std::make_shared<lookup_round>();
  round->open = names.size();
  for (const auto& host : names) {
    self_->request(setup_.resolver, name_refresh, atom::resolve_v, host)
        .then(
            [this, round, host](std::vector<sig::prefix>& found) {
              round->found[host] = std::move(found);
              if (--round->open == 0)
                on_names(std::move(round->found));
            },
            [this, round, host](const caf::error&) {
              // What was known stays in force: a dead resolver ends no
              // protection.
              round->found[host] = setup_.names[host];
              if (--round->open == 0)
                on_names(std::move(round->found));
            });
  }
}

void mitigation_state::on_names(name_addresses found) {
  if (found == setup_.names || life_.finished())
    return;
  if (auto ok = authorise_names(*setup_.who, setup_.what, found); !ok) {
    revoke(to_string(ok.error()));
    return;
  }
  setup_.names = std::move(found);
  auto next = make_rules();
  if (life_.enforced())
    replace_rules(std::move(next));
  else
    rules_ = std::move(next);
}

void mitigation_state::publish() {
  self_->send(setup_.parent, atom::changed_v, view());
}

mitigation_view mitigation_state::view() const {
  auto t = now();
  mitigation_view x;
  x.peer = setup_.owner.customer;
  x.cuid = setup_.owner.cuid;
  x.mid = setup_.owner.mid;
  x.what = setup_.what;
  x.lifetime = life_.remaining(t.mono);
  x.status = life_.status();
  x.note = note_;
  x.immediate = life_.immediate();
  if (setup_.who->approval)
    x.approval = setup_.approved ? "approved" : "waiting";
  if (life_.enforced())
    x.origin = life_.immediate() ? "request" : "signal-loss";
  if (auto start = life_.start())
    x.start = static_cast<std::uint64_t>(*start);
  if (!sources_.empty()) {
    sig::counters sum;
    for (const auto& [_, from] : sources_) {
      auto y = from.dropped.current();
      sum.pkts_dropped += y.pkts_dropped;
      sum.bytes_dropped += y.bytes_dropped;
      sum.pps_dropped += y.pps_dropped;
      sum.bps_dropped += y.bps_dropped;
    }
    x.dropped = sum;
  }
  for (const auto& [site_name, site] : sites_)
    if (wanted(site))
      x.enforcement.push_back({site_name,
                               std::string{to_string(progress_of(site))},
                               site.detail, site.answer, site.conflict});
    else
      x.enforcement.push_back({site_name, "resting",
                               !setup_.approved         ? "until it is approved"
                               : !setup_.chosen.empty() ? "others were chosen"
                               : takes(site)            ? "until it is needed"
                                             : "for targets of other value"});
  return x;
}

mitigation_actor::behavior_type
mitigation(mitigation_actor::stateful_pointer<mitigation_state> self,
           std::shared_ptr<mitigation_setup> setup) {
  auto* state = &self->state;
  state->init(std::move(*setup));
  // When CLIENT fails, its successor takes over the rules as they stand.
  self->monitor(state->parent());
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  return {
      [state](atom::begin) { state->launch(); },
      [state](atom::refresh, std::int64_t lifetime) {
        state->refresh(lifetime);
      },
      [state](atom::withdraw) { state->withdraw(); },
      [state](atom::revoke, const std::string& why) { state->revoke(why); },
      [state](atom::lost) { state->on_signal_lost(); },
      [state](atom::report) { state->on_reported(); },
      [state](atom::report, protocol::signal::attack_status x) {
        state->on_efficacy(x);
      },
      [state](atom::hops, std::uint8_t limit) { state->on_hops(limit); },
      [state](atom::decide, const operator_order& x) { state->on_decision(x); },
      [state](atom::adopt, mitigator_table& table) {
        state->adopt(std::move(table));
      },
      [state](atom::report, const enforcement_report& x) {
        state->on_report(x);
      },
      [self, state](atom::counters, const std::string& rule,
                    std::uint64_t packets, std::uint64_t octets) {
        auto& site = self->current_sender();
        state->on_counters(site ? site->id() : 0, rule, packets, octets);
      },
      [self, state](atom::traffic, const std::string& rule, bool goes_on) {
        auto& site = self->current_sender();
        state->on_attack(site ? site->id() : 0, rule, goes_on);
      },
      [state](atom::status) { return state->view(); },
      [state](atom::tick, std::uint64_t generation) {
        state->on_tick(generation);
      },
  };
}

} // namespace tocsin::actors
