#include "mitigators/nftables/planner.hpp"

#include "mitigators/nftables/filter_statements.hpp"

#include <string_view>
#include <unordered_set>

namespace tocsin::mitigators::nftables {

namespace {

std::string limit_values(const rule& x) {
  return ",\"rate\":" + std::to_string(x.rate) + R"(,"per":"second","burst":)"
         + std::to_string(burst_of(x.rate)) + ",\"inv\":true";
}

} // namespace

bool planner::is_news(const rule& x) const {
  auto known = rules_.find(x.id);
  return known == rules_.end() || known->second != normalized(x);
}

change planner::difference(const batch& all) const {
  change result;
  std::unordered_set<std::string_view> wanted;
  for (const auto& x : all.rules) {
    wanted.insert(x.id);
    if (is_news(x))
      result.install.push_back(x);
  }
  for (const auto& [id, x] : rules_)
    if (!wanted.contains(id))
      result.withdraw.push_back(id);
  filters_.difference(all.filters, result.filters, result.withdraw);
  return result;
}

dispatcher::edit planner::edit_of(const change& what) const {
  dispatcher::edit result{dispatch_};
  auto forget = [&](const std::string& id) {
    if (auto known = rules_.find(id); known != rules_.end())
      result.remove(chain_name(id), known->second.prefixes);
  };
  for (const auto& id : what.withdraw)
    forget(id);
  for (const auto& x : what.install) {
    forget(x.id);
    result.add(chain_name(x.id), normalized(x).prefixes);
  }
  return result;
}

void planner::plan_installs(script& out, const change& what) const {
  for (const auto& wish : what.install) {
    if (!is_news(wish))
      continue;
    auto x = normalized(wish);
    auto known = rules_.find(x.id);
    if (known == rules_.end()) {
      out.add_counter(chain_name(x.id), 0, 0);
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
      out.object("add", "limit", limit_name(x), limit_values(x));
    for (const auto& command : chain_rules(where_.table, x))
      out.command(command);
  }
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
  filters_.plan(out, what.filters, what.withdraw, {});
  auto edit = edit_of(what);
  dispatch_.plan_maps(out, edit);
  plan_installs(out, what);
  dispatch_.plan(out, edit);
  plan_removals(out, what);
  return std::move(out).finish();
}

void planner::commit(const change& what) {
  dispatch_.commit(edit_of(what));
  for (const auto& id : what.withdraw)
    rules_.erase(id);
  for (const auto& x : what.install)
    rules_.insert_or_assign(x.id, normalized(x));
  filters_.commit(what.filters, what.withdraw);
}

std::string planner::rebuild(const batch& all, const totals& now) {
  rules_.clear();
  dispatch_.clear();
  filters_.clear();
  std::unordered_map<std::string_view, const rule_counters*> by_id;
  for (const auto& x : now.rules)
    by_id.emplace(x.id, &x);
  script out{where_};
  out.base();
  filters_.plan(out, all.filters, {}, now.filters);
  for (const auto& x : all.rules)
    if (auto i = by_id.find(x.id); i != by_id.end())
      out.add_counter(chain_name(x.id), i->second->packets, i->second->bytes);
  change everything{all.rules, {}};
  auto edit = edit_of(everything);
  dispatch_.plan_maps(out, edit);
  plan_installs(out, everything);
  dispatch_.plan(out, edit);
  return std::move(out).finish();
}

std::vector<std::string>
planner::counter_names(const std::vector<std::string>& ids) const {
  std::vector<std::string> result;
  for (const auto& id : ids) {
    if (has_rule(id))
      result.push_back(chain_name(id));
    if (auto set = filters_.find(id))
      for (const auto& entry : set->entries)
        result.push_back(entry_counter(id, entry.id));
  }
  return result;
}

} // namespace tocsin::mitigators::nftables
