#include "mitigators/nftables/filter_planner.hpp"

#include "mitigators/nftables/filter_statements.hpp"

#include <map>
#include <set>
#include <string_view>
#include <unordered_set>

namespace tocsin::mitigators::nftables {

namespace {

using protocol::signal::prefix;

/// Named objects of a set, with the values of limits.
struct objects {
  std::set<std::string> counters;
  std::map<std::string, std::uint64_t> limits; // rates by name
};

objects objects_of(const filter_set& x) {
  objects result;
  for (const auto& entry : x.entries) {
    result.counters.insert(entry_counter(x.id, entry.id));
    if (entry.what == filter_action::rate)
      result.limits.emplace(entry_limit(x.id, entry), entry.rate);
  }
  return result;
}

std::string limit_values(std::uint64_t rate) {
  return ",\"rate\":" + std::to_string(rate)
         + R"(,"per":"second","rate_unit":"bytes","burst":)"
         + std::to_string(burst_octets) + R"(,"burst_unit":"bytes","inv":true)";
}

constexpr prefix::family families[]{prefix::family::ipv4, prefix::family::ipv6};

} // namespace

bool filter_planner::is_news(const filter_set& x) const {
  auto known = sets_.find(x.id);
  return known == sets_.end() || known->second != normalized(x);
}

const filter_set* filter_planner::find(const std::string& id) const {
  auto known = sets_.find(id);
  return known == sets_.end() ? nullptr : &known->second;
}

void filter_planner::difference(const std::vector<filter_set>& all,
                                std::vector<filter_set>& install,
                                std::vector<std::string>& withdraw) const {
  std::unordered_set<std::string_view> wanted;
  for (const auto& x : all) {
    wanted.insert(x.id);
    if (is_news(x))
      install.push_back(x);
  }
  for (const auto& [id, x] : sets_)
    if (!wanted.contains(id))
      withdraw.push_back(id);
}

dispatcher::edit
filter_planner::edit_of(const std::vector<filter_set>& install,
                        const std::vector<std::string>& withdraw) const {
  dispatcher::edit result{dispatch_};
  auto forget = [&](const std::string& id) {
    if (auto known = find(id))
      for (auto family : families)
        result.remove(filter_chain(family, id), scope_of(*known, family));
  };
  for (const auto& id : withdraw)
    forget(id);
  for (const auto& x : install) {
    forget(x.id);
    for (auto family : families)
      result.add(filter_chain(family, x.id), scope_of(x, family));
  }
  return result;
}

/// Adds what the new form of a set needs, its chains' rules included.
void filter_planner::plan_install(script& out, const filter_set& x,
                                  const totals_by_counter& now) const {
  static const filter_set nothing;
  auto known = find(x.id);
  const auto& before = known ? *known : nothing;
  auto old = objects_of(before);
  auto all = objects_of(x);
  for (const auto& name : all.counters) {
    if (old.counters.contains(name))
      continue;
    auto i = now.find(name);
    if (i != now.end())
      out.add_counter(name, i->second->packets, i->second->bytes);
    else
      out.add_counter(name, 0, 0);
  }
  for (const auto& [name, rate] : all.limits)
    if (!old.limits.contains(name))
      out.object("add", "limit", name, limit_values(rate));
  for (auto family : families) {
    auto had = !scope_of(before, family).empty();
    auto has = !scope_of(x, family).empty();
    if (had || has)
      out.object(had ? "flush" : "add", "chain", filter_chain(family, x.id));
    if (has)
      for (const auto& command : filter_rules(out.table(), x, family))
        out.command(command);
  }
}

/// Deletes what the new form does not need any more; null: there is none.
void filter_planner::plan_removal(script& out, const filter_set& before,
                                  const filter_set* after) const {
  static const filter_set nothing;
  const auto& next = after ? *after : nothing;
  auto all = objects_of(next);
  for (auto family : families)
    if (!scope_of(before, family).empty() && scope_of(next, family).empty())
      out.object("delete", "chain", filter_chain(family, before.id));
  auto old = objects_of(before);
  for (const auto& name : old.counters)
    if (!all.counters.contains(name))
      out.object("delete", "counter", name);
  for (const auto& [name, rate] : old.limits)
    if (!all.limits.contains(name))
      out.object("delete", "limit", name);
}

void filter_planner::plan(script& out, const std::vector<filter_set>& install,
                          const std::vector<std::string>& withdraw,
                          const std::vector<entry_counters>& now) const {
  totals_by_counter totals;
  for (const auto& x : now)
    totals.emplace(entry_counter(x.set, x.entry), &x);
  std::vector<filter_set> news;
  for (const auto& x : install)
    if (is_news(x))
      news.push_back(normalized(x));
  auto edit = edit_of(news, withdraw);
  dispatch_.plan_maps(out, edit);
  for (const auto& x : news)
    plan_install(out, x, totals);
  dispatch_.plan(out, edit);
  for (const auto& x : news)
    if (auto known = find(x.id))
      plan_removal(out, *known, &x);
  for (const auto& id : withdraw)
    if (auto known = find(id))
      plan_removal(out, *known, nullptr);
}

void filter_planner::commit(const std::vector<filter_set>& install,
                            const std::vector<std::string>& withdraw) {
  std::vector<filter_set> news;
  for (const auto& x : install)
    news.push_back(normalized(x));
  dispatch_.commit(edit_of(news, withdraw));
  for (const auto& id : withdraw)
    if (auto known = find(id)) {
      entries_ -= known->entries.size();
      sets_.erase(id);
    }
  for (auto& x : news) {
    if (auto known = find(x.id))
      entries_ -= known->entries.size();
    entries_ += x.entries.size();
    auto id = x.id;
    sets_.insert_or_assign(std::move(id), std::move(x));
  }
}

void filter_planner::clear() {
  sets_.clear();
  dispatch_.clear();
  entries_ = 0;
}

} // namespace tocsin::mitigators::nftables
