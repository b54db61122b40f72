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

std::vector<rule_counters> only(std::vector<rule_counters> totals,
                                const rule_states& known) {
  std::erase_if(totals, [&](const auto& x) { return !known.contains(x.id); });
  return totals;
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
  return result;
}

to_node::status exec_backend::health() const {
  to_node::status result;
  result.installed = static_cast<std::uint64_t>(
      std::ranges::count_if(rules_, [](const auto& x) { //
        return !x.second.uncertain;
      }));
  result.capacity = with_.max_rules;
  if (!trouble_.empty()) {
    result.health = to_node::health::degraded;
    result.message = trouble_;
  } else if (with_.max_rules > 0 && rules_.size() >= with_.max_rules) {
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

std::vector<hook_outcome> exec_backend::run(std::string_view action,
                                            const std::vector<rule>& rules) {
  std::vector<hook_call> calls;
  for (const auto& x : rules)
    calls.push_back({hook_variables(action, x), encode(x) + "\n"});
  return run_hooks(with_.hook, calls, with_.limits);
}

backend::failures exec_backend::sync(const std::vector<rule>& rules) {
  std::unordered_set<std::string_view> wanted;
  for (const auto& x : rules)
    wanted.insert(x.id);
  std::vector<std::string> surplus;
  for (const auto& [id, x] : rules_)
    if (!wanted.contains(id))
      surplus.push_back(id);
  auto result = run_withdraw(surplus);
  std::ranges::move(install(rules), std::back_inserter(result));
  return result;
}

backend::failures exec_backend::install(const std::vector<rule>& rules) {
  failures result;
  std::vector<rule> news;
  std::vector<std::string> replaced;
  auto count = rules_.size();
  for (const auto& x : rules) {
    auto known = rules_.find(x.id);
    if (known != rules_.end() && known->second == rule_state{x, false})
      continue;
    if (known == rules_.end() && with_.max_rules > 0
        && count >= with_.max_rules) {
      result.push_back({x.id, ec::too_large, "no room for another rule"});
      continue;
    }
    if (known == rules_.end())
      ++count;
    else if (known->second.what != x)
      replaced.push_back(x.id);
    news.push_back(x);
  }
  // A hook knows no more than its variables tell, so the old form has to go
  // with its own values before the new one comes.
  for (auto& x : run_withdraw(replaced)) {
    std::erase_if(news, [&](const rule& y) { return y.id == x.id; });
    result.push_back(std::move(x));
  }
  std::ranges::move(run_install(std::move(news)), std::back_inserter(result));
  return result;
}

backend::failures exec_backend::run_install(std::vector<rule> rules) {
  failures result;
  if (rules.empty())
    return result;
  for (const auto& x : rules)
    rules_.insert_or_assign(x.id, rule_state{x, true});
  save();
  auto outcomes = run("install", rules);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    rules_[rules[i].id].uncertain = !outcomes[i].good;
    if (!outcomes[i].good)
      result.push_back({rules[i].id, ec::unavailable, explain(outcomes[i])});
  }
  save();
  return result;
}

backend::failures exec_backend::withdraw(const std::vector<std::string>& ids) {
  return run_withdraw(ids);
}

backend::failures
exec_backend::run_withdraw(const std::vector<std::string>& ids) {
  std::vector<rule> rules;
  for (const auto& id : ids)
    if (auto known = rules_.find(id);
        known != rules_.end()
        && std::ranges::none_of(rules,
                                [&](const rule& x) { return x.id == id; })) {
      known->second.uncertain = true;
      rules.push_back(known->second.what);
    }
  failures result;
  if (rules.empty())
    return result;
  save();
  auto outcomes = run("withdraw", rules);
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (outcomes[i].good)
      rules_.erase(rules[i].id);
    else
      result.push_back({rules[i].id, ec::unavailable, explain(outcomes[i])});
  save();
  return result;
}

result<std::vector<rule_counters>> exec_backend::counters() {
  if (rules_.empty())
    return std::vector<rule_counters>{};
  auto limits = with_.limits;
  limits.max_output = max_listing;
  auto outcome =
      run_hooks(with_.hook, {{{"TOCSIN_ACTION=counters"}, ""}}, limits).at(0);
  if (!outcome.good)
    return fail(ec::unavailable, "counters hook", outcome.problem);
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

std::vector<rule_counters> parse_counter_lines(std::string_view text) {
  std::vector<rule_counters> totals;
  std::istringstream lines{std::string{text}};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    rule_counters x;
    if (words >> x.id >> x.packets >> x.bytes)
      totals.push_back(std::move(x));
  }
  return totals;
}

} // namespace tocsin::mitigators::exec
