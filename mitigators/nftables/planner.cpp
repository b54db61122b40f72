#include "mitigators/nftables/planner.hpp"

#include "mitigators/nftables/script.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_set>

namespace tocsin::mitigators::nftables {

bool planner::is_news(const rule& x) const {
  auto known = rules_.find(x.id);
  return known == rules_.end() || known->second != normalized(x);
}

change planner::difference(const std::vector<rule>& rules) const {
  change result;
  std::unordered_set<std::string_view> wanted;
  for (const auto& x : rules) {
    wanted.insert(x.id);
    if (is_news(x))
      result.install.push_back(x);
  }
  for (const auto& [id, x] : rules_)
    if (!wanted.contains(id))
      result.withdraw.push_back(id);
  return result;
}

/// The prefixes whose users may change, with the users that they will have.
planner::usage planner::touched(const change& what) const {
  usage after;
  auto look_up = [&](const prefix& x) -> users& {
    auto [i, is_new] = after.try_emplace(x);
    if (auto now = users_.find(x); is_new && now != users_.end())
      i->second = now->second;
    return i->second;
  };
  auto forget = [&](const std::string& id) {
    if (auto known = rules_.find(id); known != rules_.end())
      for (const auto& x : known->second.prefixes)
        look_up(x).erase(id);
  };
  for (const auto& id : what.withdraw)
    forget(id);
  for (const auto& x : what.install) {
    forget(x.id);
    for (const auto& p : normalized(x).prefixes)
      look_up(p).insert(x.id);
  }
  return after;
}

std::set<planner::length> planner::lengths_after(const usage& after) const {
  auto counts = lengths_;
  for (const auto& [p, ids] : after) {
    auto had = users_.contains(p);
    if (had && ids.empty())
      --counts[length_of(p)];
    else if (!had && !ids.empty())
      ++counts[length_of(p)];
  }
  std::set<length> result;
  for (auto [x, count] : counts)
    if (count > 0)
      result.insert(x);
  return result;
}

void planner::plan_installs(script& out, const change& what) const {
  for (const auto& wish : what.install) {
    if (!is_news(wish))
      continue;
    auto x = normalized(wish);
    auto known = rules_.find(x.id);
    if (known == rules_.end()) {
      out.add_counter(x, nullptr);
      out.object("add", "chain", chain_name(x.id));
    } else {
      out.object("flush", "chain", chain_name(x.id));
    }
    auto had =
        known != rules_.end() && known->second.what == action::rate_limit;
    auto changed = !had || limit_name(known->second) != limit_name(x);
    if (had && (x.what != action::rate_limit || changed))
      out.object("delete", "limit", limit_name(known->second));
    if (x.what == action::rate_limit && changed)
      out.add_limit(x);
    for (const auto& command : chain_rules(where_.table, x))
      out.command(command);
  }
}

void planner::plan_targets(script& out, const usage& after) const {
  static const users nobody;
  std::vector<std::string> unused;
  for (const auto& [p, ids] : after) {
    auto i = users_.find(p);
    const auto& before = i == users_.end() ? nobody : i->second;
    if (before == ids)
      continue;
    auto old_target = script::target(p, before);
    auto new_target = script::target(p, ids);
    auto shared = script::shared_chain(p);
    if (ids.size() > 1) {
      out.object(before.size() > 1 ? "flush" : "add", "chain", shared);
      for (const auto& id : ids)
        out.jump(shared, chain_name(id));
    }
    if (old_target == new_target)
      continue;
    if (!old_target.empty())
      out.element("delete", p, old_target);
    if (!new_target.empty())
      out.element("add", p, new_target);
    if (before.size() > 1)
      unused.push_back(shared);
  }
  out.flush_elements();
  for (const auto& chain : unused)
    out.object("delete", "chain", chain);
}

void planner::plan_lengths(script& out, const std::set<length>& before,
                           const std::set<length>& after) const {
  if (before == after)
    return;
  out.dispatch(after);
  for (auto x : before)
    if (!after.contains(x))
      out.object("delete", "map", script::map_name(x));
}

void planner::plan_removals(script& out, const change& what) const {
  for (const auto& id : what.withdraw) {
    auto known = rules_.find(id);
    if (known == rules_.end())
      continue;
    out.object("delete", "chain", chain_name(id));
    out.object("delete", "counter", chain_name(id));
    if (known->second.what == action::rate_limit)
      out.object("delete", "limit", limit_name(known->second));
  }
}

std::string planner::plan(const change& what) const {
  script out{where_};
  auto after = touched(what);
  std::set<length> before;
  for (auto [x, count] : lengths_)
    before.insert(x);
  auto lengths = lengths_after(after);
  for (auto x : lengths)
    if (!before.contains(x))
      out.add_map(x);
  plan_installs(out, what);
  plan_targets(out, after);
  plan_lengths(out, before, lengths);
  plan_removals(out, what);
  return std::move(out).finish();
}

void planner::commit(const change& what) {
  for (auto& [p, ids] : touched(what)) {
    auto had = users_.contains(p);
    if (had && ids.empty() && --lengths_[length_of(p)] == 0)
      lengths_.erase(length_of(p));
    if (!had && !ids.empty())
      ++lengths_[length_of(p)];
    if (ids.empty())
      users_.erase(p);
    else
      users_[p] = std::move(ids);
  }
  for (const auto& id : what.withdraw)
    rules_.erase(id);
  for (const auto& x : what.install)
    rules_.insert_or_assign(x.id, normalized(x));
}

std::string planner::rebuild(const std::vector<rule>& rules,
                             const std::vector<rule_counters>& totals) {
  rules_.clear();
  users_.clear();
  lengths_.clear();
  std::unordered_map<std::string_view, const rule_counters*> by_id;
  for (const auto& x : totals)
    by_id.emplace(x.id, &x);
  script out{where_};
  out.base(true);
  for (const auto& x : rules)
    if (auto i = by_id.find(x.id); i != by_id.end())
      out.add_counter(x, i->second);
  change all{rules, {}};
  auto after = touched(all);
  auto lengths = lengths_after(after);
  for (auto x : lengths)
    out.add_map(x);
  plan_installs(out, all);
  plan_targets(out, after);
  plan_lengths(out, {}, lengths);
  return std::move(out).finish();
}

} // namespace tocsin::mitigators::nftables
