// RELAY: orders, and what comes of them.
#include "actors/relay.hpp"

#include "actors/rules.hpp"
#include "protocol/signal/hop_limit.hpp"
#include "protocol/signal/response.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace tocsin::actors {

namespace sig = protocol::signal;

namespace {

/// For UPSTREAM to make an order durable.
constexpr std::chrono::minutes order_patience{2};

/// For UPSTREAM to have the server's word that something is withdrawn; it goes
/// on without us.
constexpr std::chrono::seconds withdrawal_patience{1};

/// For an efficacy update to be answered.
constexpr std::chrono::seconds report_patience{30};

/// What UPSTREAM and the store call a request: short, and the same for ever.
std::string name_in_store(const std::string& key) {
  return opaque_name("relay", key);
}

bool is_live(const mitigation_view& x) {
  return x.progress == "requested" || x.progress == "active";
}

} // namespace

void relay_state::init(relay_setup setup) {
  setup_ = std::move(setup);
}

void relay_state::install(const mitigators::rule& what,
                          caf::strong_actor_ptr owner) {
  auto efficacy = rules_[what.id].efficacy;
  rules_[what.id] = {std::move(owner), what.hop_limit};
  rules_[what.id].efficacy = efficacy;
  auto before = covering(what.id);
  if (!sig::next_hop(what.hop_limit)) {
    carry_out(plan_.forget(what.id));
    renew_hops(before);
    return fail_loop(what.id);
  }
  carry_out(plan_.want(what.id, target_of(what)));
  renew_hops(before);
  renew_hops(covering(what.id));
  if (launched_)
    tell(covering(what.id));
}

/// The request that covers a rule; empty: none.
std::string relay_state::covering(const std::string& id) const {
  const auto* key = plan_.covers(id);
  return key == nullptr ? std::string{} : *key;
}

/// What has passed as many gateways as it may ends here: in a loop of gateways
/// the count goes down with each round (RFC 8768, Section 3).
void relay_state::fail_loop(const std::string& id) {
  spdlog::warn("mitigator {}: a request has passed too many gateways and is "
               "not passed on to {}; is there a loop?",
               setup_.name, setup_.upstream);
  tell_owner(
      id, {progress::failed, false,
           "not passed on to " + setup_.upstream
               + ": it has passed too many gateways",
           static_cast<std::uint8_t>(sig::response_code::hop_limit_reached)});
}

/// Of a request for several wishes, that of the one which may go farthest.
std::uint8_t relay_state::hops_for(const std::string& key) const {
  std::uint8_t most = 0;
  for (const auto& id : plan_.wishes(key))
    most = std::max(
        most, sig::next_hop(rules_.at(id).hop_limit).value_or(std::uint8_t{0}));
  return most;
}

/// Asks for a request again whose wishes have changed in that only.
void relay_state::renew_hops(const std::string& key) {
  auto i = jobs_.find(key);
  if (!in_step_ || i == jobs_.end() || !plan_.wanted(key))
    return;
  auto& one = i->second;
  auto limit = hops_for(key);
  if (one.hop_limit == limit || one.ordering || one.parts.empty())
    return;
  one.hop_limit = limit;
  mitigate_order what;
  what.relayed = name_in_store(key);
  what.hop_limit = limit;
  self_->request(setup_.server, order_patience, atom::order_v, std::move(what))
      .then([](const mitigation_view&) {},
            [](const caf::error&) {
              // UPSTREAM tells of whatever becomes of the request.
            });
}

void relay_state::on_efficacy(const std::string& id, sig::attack_status x) {
  auto i = rules_.find(id);
  if (i == rules_.end())
    return;
  i->second.efficacy = x;
  if (const auto* key = plan_.covers(id))
    pass_on_efficacy(*key);
}

/// One who is still under attack counts for all who share the request.
void relay_state::pass_on_efficacy(const std::string& key) {
  std::optional<sig::attack_status> worst;
  for (const auto& id : plan_.wishes(key))
    if (auto said = rules_.at(id).efficacy;
        said && worst != sig::attack_status::under_attack)
      worst = said;
  auto now = self_->clock().now();
  auto& one = jobs_[key];
  if (!worst || (one.efficacy == worst && now < one.told + relay_report_pause))
    return;
  for (const auto& [mid, part] : one.parts)
    if (part.progress == "active") {
      one.efficacy = worst;
      one.told = now;
      self_
          ->request(setup_.server, order_patience, atom::report_v, mid, *worst,
                    duration{report_patience})
          .then([](const mitigation_view&) {}, [](const caf::error&) {});
    }
}

void relay_state::refuse(const mitigators::filter_set& what,
                         const caf::strong_actor_ptr& owner) {
  if (auto to = caf::actor_cast<filter_owner_actor>(owner))
    self_->send(to, atom::report_v, filters_not_relayed(setup_.name, what.id));
}

void relay_state::withdraw(const std::string& id) {
  auto before = covering(id);
  rules_.erase(id);
  carry_out(plan_.forget(id));
  renew_hops(before);
}

/// Everything that was stored is installed: what UPSTREAM pursues beyond that
/// has lost its cause while the node was down.
void relay_state::launch() {
  if (std::exchange(launched_, true))
    return;
  for (const auto& x : plan_.all()) {
    names_[name_in_store(x.name)] = x.name;
    jobs_[x.name] = {};
  }
  adopt(caf::actor_cast<caf::strong_actor_ptr>(setup_.server));
}

void relay_state::adopt(const caf::strong_actor_ptr& server) {
  setup_.server = caf::actor_cast<upstream_actor>(server);
  if (!launched_)
    return;
  for (auto& [_, x] : jobs_) {
    x.ordering = false;
    x.parts.clear();
  }
  in_step_ = false;
  strays_.clear();
  strays_due_ = self_->clock().now() + relay_grace;
  alarm_.set(self_, strays_due_);
  self_->send(setup_.server, atom::adopt_v,
              caf::actor_cast<caf::strong_actor_ptr>(self_));
  // It tells of every request first, and answers then.
  self_->request(setup_.server, order_patience, atom::list_v)
      .then([this](const std::vector<mitigation_view>&) { order_missing(); },
            [this](const caf::error&) { order_missing(); });
}

void relay_state::order_missing() {
  in_step_ = true;
  for (const auto& x : plan_.all()) {
    order(x);
    renew_hops(x.name);
  }
  drop_what_is_replaced();
}

void relay_state::carry_out(const plan::step& step) {
  if (!launched_)
    return;
  std::set<std::string> heirs;
  for (const auto& x : step.order)
    heirs.insert(x.name);
  for (const auto& key : step.drop) {
    for (auto& [_, x] : jobs_)
      if (x.successors.erase(key) > 0)
        x.successors.insert(heirs.begin(), heirs.end());
    jobs_[key].successors = heirs;
    unwanted_.insert(key);
  }
  for (const auto& x : step.order) {
    unwanted_.erase(x.name);
    order(x);
  }
  drop_what_is_replaced();
}

/// Does nothing for what is under way or in force.
void relay_state::order(const plan::request& x) {
  auto& one = jobs_[x.name];
  one.successors.clear();
  one.retry.reset();
  names_[name_in_store(x.name)] = x.name;
  if (!in_step_)
    return; // UPSTREAM may pursue it already
  bool live = std::ranges::any_of(
      one.parts, [](const auto& part) { return is_live(part.second); });
  if (live || one.ordering || take_stray(x.name))
    return;
  one.parts.clear();
  one.trouble.clear();
  one.refusal = 0;
  one.ordering = true;
  mitigate_order what;
  what.what = x.what;
  what.lifetime = setup_.lifetime.count();
  what.renew = true;
  what.relayed = name_in_store(x.name);
  what.hop_limit = one.hop_limit = hops_for(x.name);
  self_->request(setup_.server, order_patience, atom::order_v, std::move(what))
      .then([this, key = x.name](
                const mitigation_view& first) { on_ordered(key, first); },
            [this, key = x.name](const caf::error& why) {
              on_trouble(key, to_failure(why));
            });
}

void relay_state::on_ordered(const std::string& key,
                             const mitigation_view& first) {
  auto i = jobs_.find(key);
  if (i == jobs_.end())
    return;
  i->second.ordering = false;
  i->second.parts.try_emplace(first.mid, first);
  renew_hops(key); // wishes may have come and gone meanwhile
  tell(key);
  drop_what_is_replaced();
}

void relay_state::on_trouble(const std::string& key, const failure& why) {
  auto i = jobs_.find(key);
  if (i == jobs_.end())
    return;
  spdlog::warn("mitigator {}: upstream {} cannot be asked: {}", setup_.name,
               setup_.upstream, to_string(why));
  i->second.ordering = false;
  fail_for_now(i->second, to_string(why),
               static_cast<std::uint8_t>(sig::code_of(why.code)));
  tell(key);
  drop_what_is_replaced();
}

void relay_state::fail_for_now(job& x, std::string why, std::uint8_t refusal) {
  x.trouble = std::move(why);
  x.refusal = refusal;
  x.retry = self_->clock().now() + relay_retry;
  alarm_.set(self_, x.retry);
}

void relay_state::on_changed(const mitigation_view& x) {
  auto known = names_.find(x.relayed);
  if (known == names_.end())
    return remember_stray(x);
  const auto key = known->second;
  auto i = jobs_.find(key);
  if (i == jobs_.end())
    return;
  auto& one = i->second;
  if (x.progress == "withdrawn")
    one.parts.erase(x.mid);
  else
    one.parts[x.mid] = x;
  bool live = is_live(x);
  if (live) {
    one.trouble.clear();
    one.refusal = 0;
    one.retry.reset();
  }
  if (!live && plan_.wanted(key) && x.progress != "withdrawing")
    fail_for_now(one, x.note.empty() ? "the server has ended it" : x.note);
  tell(key);
  drop_what_is_replaced();
}

void relay_state::remember_stray(const mitigation_view& x) {
  if (!is_live(x)) {
    if (auto i = strays_.find(x.relayed); i != strays_.end())
      i->second.erase(x.mid);
    return;
  }
  strays_[x.relayed][x.mid] = x;
  if (!strays_due_)
    drop_strays();
}

/// UPSTREAM pursues it already, since before this RELAY was started.
bool relay_state::take_stray(const std::string& key) {
  auto found = strays_.extract(name_in_store(key));
  if (found.empty() || found.mapped().empty())
    return false;
  jobs_[key].parts = std::move(found.mapped());
  return true;
}

void relay_state::drop_strays() {
  strays_due_.reset();
  for (const auto& [_, parts] : std::exchange(strays_, {}))
    for (const auto& [mid, part] : parts)
      withdraw_part(mid);
}

void relay_state::on_link(bool up) {
  up_ = up;
  if (setup_.on_health)
    setup_.on_health(up);
  for (const auto& [key, _] : jobs_)
    tell(key);
}

void relay_state::on_tick(std::uint64_t generation) {
  if (!alarm_.rang(generation))
    return;
  if (strays_due_ && *strays_due_ <= self_->clock().now())
    drop_strays();
  auto next = strays_due_;
  for (const auto& x : plan_.all()) {
    auto& one = jobs_[x.name];
    if (!one.retry)
      continue;
    if (*one.retry <= self_->clock().now())
      order(x);
    else if (!next || *one.retry < *next)
      next = one.retry;
  }
  alarm_.set(self_, next);
}

void relay_state::drop_what_is_replaced() {
  if (!in_step_)
    return;
  std::erase_if(unwanted_, [this](const std::string& key) {
    auto i = jobs_.find(key);
    if (i == jobs_.end())
      return true;
    auto& x = i->second;
    if (!replaced(x))
      return false;
    for (const auto& [mid, part] : x.parts)
      if (is_live(part))
        withdraw_part(mid);
    if (!x.parts.empty() || x.ordering)
      return false;
    names_.erase(name_in_store(key));
    jobs_.erase(i);
    return true;
  });
}

/// Is everything in force that takes its place?
bool relay_state::replaced(const job& x) const {
  return std::ranges::all_of(x.successors, [this](const std::string& key) {
    auto i = jobs_.find(key);
    return i == jobs_.end() || is_granted(i->second);
  });
}

bool relay_state::is_granted(const job& x) {
  return !x.ordering && !x.parts.empty()
         && std::ranges::all_of(x.parts, [](const auto& part) {
              return part.second.progress == "active";
            });
}

void relay_state::withdraw_part(std::uint32_t mid) {
  auto on_view = [this](const mitigation_view& x) {
    if (!x.relayed.empty())
      on_changed(x);
  };
  self_
      ->request(setup_.server, order_patience, atom::withdraw_v, mid,
                duration{withdrawal_patience})
      .then(on_view, [](const caf::error&) {
        // It has ended meanwhile; else UPSTREAM was restarted, and tells anew.
      });
}

} // namespace tocsin::actors
