#include "mitigators/exec/backend.hpp"

#include "mitigators/driver_loop.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <unordered_set>

namespace tocsin::mitigators::exec {

namespace {

/// Octets of the output of a counters hook.
constexpr std::size_t max_listing = 4 * 1024 * 1024;

std::string explain(const hook_outcome& x) {
  return x.output.empty() ? x.problem : x.problem + ": " + x.output;
}

bool has_entry(const item& x, const std::string& id) {
  auto set = std::get_if<filter_set>(&x);
  return set && std::ranges::any_of(set->entries, [&](const auto& entry) {
           return entry.id == id;
         });
}

totals only(totals from, const rule_states& known) {
  std::erase_if(from.rules,
                [&](const auto& x) { return !known.contains(x.id); });
  std::erase_if(from.filters, [&](const auto& x) {
    auto set = known.find(x.set);
    return set == known.end() || !has_entry(set->second.what, x.entry);
  });
  return from;
}

/// A filter set is replaced by its next form at once: between two forms its
/// filters must not be out of force.
bool both_are_filters(const item& a, const item& b) {
  return std::holds_alternative<filter_set>(a)
         && std::holds_alternative<filter_set>(b);
}

std::vector<item> items_of(const batch& x) {
  std::vector<item> result{x.rules.begin(), x.rules.end()};
  result.insert(result.end(), x.filters.begin(), x.filters.end());
  return result;
}

} // namespace

exec_backend::exec_backend(exec_options with) : with_{std::move(with)} {}

to_node::hello exec_backend::describe() const {
  to_node::hello result;
  result.driver = "exec";
  result.drop = result.rate_limit = true;
  result.ipv4 = result.ipv6 = true;
  result.counters = with_.counters;
  result.max_rules = with_.max_rules;
  result.filters = with_.filters;
  return result;
}

to_node::status exec_backend::health() const {
  to_node::status result;
  result.installed = static_cast<std::uint64_t>(
      std::ranges::count_if(rules_, [](const auto& x) {
        return !x.second.uncertain
               && std::holds_alternative<rule>(x.second.what);
      }));
  result.capacity = with_.max_rules;
  if (!trouble_.empty() || !blind_.empty()) {
    result.health = to_node::health::degraded;
    result.message = trouble_.empty() ? blind_ : trouble_;
  } else if (with_.max_rules > 0 && rule_count() >= with_.max_rules) {
    result.health = to_node::health::overloaded;
    result.message = "as many rules as allowed are in force";
  }
  return result;
}

result<void> exec_backend::restore() {
  if (with_.state.empty())
    return {};
  auto state = read_state(with_.state);
  if (!state)
    return state.error();
  rules_ = std::move(*state);
  return {};
}

void exec_backend::save() {
  if (with_.state.empty())
    return;
  auto outcome = write_state(with_.state, rules_);
  auto text = outcome ? std::string{} : tocsin::to_string(outcome.error());
  if (!text.empty() && text != trouble_)
    driver_log(text);
  trouble_ = std::move(text);
}

std::size_t exec_backend::rule_count() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(rules_, [](const auto& x) {
        return std::holds_alternative<rule>(x.second.what);
      }));
}

std::vector<hook_outcome> exec_backend::run(std::string_view action,
                                            const std::vector<item>& items) {
  std::vector<hook_call> calls;
  for (const auto& x : items)
    calls.push_back(std::visit(
        [&](const auto& y) {
          return hook_call{hook_variables(action, y), encode(y) + "\n"};
        },
        x));
  return run_hooks(with_.hook, calls, with_.limits);
}

backend::failures exec_backend::sync(const batch& all) {
  std::unordered_set<std::string_view> wanted;
  for (const auto& x : all.rules)
    wanted.insert(x.id);
  for (const auto& x : all.filters)
    wanted.insert(x.id);
  std::vector<std::string> surplus;
  for (const auto& [id, x] : rules_)
    if (!wanted.contains(id))
      surplus.push_back(id);
  auto result = run_withdraw(surplus);
  std::ranges::move(install(all), std::back_inserter(result));
  return result;
}

backend::failures exec_backend::install(const batch& some) {
  failures result;
  std::vector<item> news;
  std::vector<std::string> replaced;
  auto count = rule_count();
  for (auto& x : items_of(some)) {
    auto known = rules_.find(id_of(x));
    if (known != rules_.end() && known->second == rule_state{x, false})
      continue;
    auto is_rule = std::holds_alternative<rule>(x);
    if (known == rules_.end() && is_rule && with_.max_rules > 0
        && count >= with_.max_rules) {
      result.push_back({id_of(x), ec::too_large, "no room for another rule"});
      continue;
    }
    if (known == rules_.end())
      count += is_rule;
    else if (known->second.what != x
             && !both_are_filters(known->second.what, x))
      replaced.push_back(id_of(x));
    news.push_back(std::move(x));
  }
  // A hook knows no more of a rule than its variables tell, so the old form
  // has to go with its own values before the new one comes.
  for (auto& x : run_withdraw(replaced)) {
    std::erase_if(news, [&](const item& y) { return id_of(y) == x.id; });
    result.push_back(std::move(x));
  }
  std::ranges::move(run_install(std::move(news)), std::back_inserter(result));
  return result;
}

backend::failures exec_backend::run_install(std::vector<item> items) {
  failures result;
  if (items.empty())
    return result;
  for (const auto& x : items)
    rules_.insert_or_assign(id_of(x), rule_state{x, true});
  save();
  auto outcomes = run("install", items);
  for (std::size_t i = 0; i < items.size(); ++i) {
    rules_[id_of(items[i])].uncertain = !outcomes[i].good;
    if (!outcomes[i].good)
      result.push_back(
          {id_of(items[i]), ec::unavailable, explain(outcomes[i])});
  }
  save();
  return result;
}

backend::failures exec_backend::withdraw(const std::vector<std::string>& ids) {
  return run_withdraw(ids);
}

backend::failures
exec_backend::run_withdraw(const std::vector<std::string>& ids) {
  std::vector<item> items;
  std::unordered_set<std::string_view> seen;
  for (const auto& id : ids)
    if (auto known = rules_.find(id);
        known != rules_.end() && seen.insert(id).second) {
      known->second.uncertain = true;
      items.push_back(known->second.what);
    }
  failures result;
  if (items.empty())
    return result;
  save();
  auto outcomes = run("withdraw", items);
  for (std::size_t i = 0; i < items.size(); ++i)
    if (outcomes[i].good)
      rules_.erase(id_of(items[i]));
    else
      result.push_back(
          {id_of(items[i]), ec::unavailable, explain(outcomes[i])});
  save();
  return result;
}

result<totals> exec_backend::counters() {
  if (rules_.empty())
    return totals{};
  auto limits = with_.limits;
  limits.max_output = max_listing;
  auto outcome =
      run_hooks(with_.hook, {{{"TOCSIN_ACTION=counters"}, ""}}, limits).at(0);
  if (!outcome.good) {
    blind_ = "the counters hook failed: " + explain(outcome);
    return fail(ec::unavailable, "counters hook", outcome.problem);
  }
  blind_.clear();
  return only(parse_counter_lines(outcome.output), rules_);
}

void exec_backend::shutdown(bool cleanup) {
  if (!cleanup)
    return;
  std::vector<std::string> ids;
  for (const auto& [id, x] : rules_)
    ids.push_back(id);
  for (const auto& x : run_withdraw(ids))
    driver_log("withdrawal of " + x.id + " failed: " + x.message);
}

totals parse_counter_lines(std::string_view text) {
  totals result;
  std::istringstream lines{std::string{text}};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    rule_counters x;
    if (!(words >> x.id >> x.packets >> x.bytes))
      continue;
    if (auto slash = x.id.find('/'); slash != std::string::npos) {
      result.filters.push_back(
          {x.id.substr(0, slash), x.id.substr(slash + 1), x.packets, x.bytes});
      continue;
    }
    std::string word;
    words >> word;
    for (auto what : {attack::ongoing, attack::stopped})
      if (word == to_string(what))
        x.attack = what;
    result.rules.push_back(std::move(x));
  }
  return result;
}

} // namespace tocsin::mitigators::exec
