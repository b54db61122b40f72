#include "mitigators/nftables/backend.hpp"

#include "mitigators/driver_loop.hpp"
#include "mitigators/json_reader.hpp"
#include "mitigators/nftables/filter_statements.hpp"
#include "protocol/json/writer.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <utility>

namespace tocsin::mitigators::nftables {

namespace {

using protocol::json::writer;

std::string list_counters(const table_name& table) {
  writer out;
  out.begin_object().key("nftables").begin_array().begin_object();
  out.key("list").begin_object().key("counters").begin_object();
  out.member("family", "inet").member("table", table.name);
  out.end_object().end_object().end_object().end_array().end_object();
  return std::move(out).str();
}

/// Reads the counters and sets them to zero. A listing makes libnftables read
/// the whole table first, even for one counter; this does not.
std::string reset_counters(const table_name& table,
                           const std::vector<std::string>& names) {
  writer out;
  out.begin_object().key("nftables").begin_array();
  for (const auto& name : names) {
    out.begin_object().key("reset").begin_object().key("counter");
    out.begin_object().member("family", "inet").member("table", table.name);
    out.member("name", name).end_object().end_object().end_object();
  }
  return out.end_array().end_object(), std::move(out).str();
}

std::string delete_table(const table_name& table) {
  writer out;
  out.begin_object().key("nftables").begin_array();
  // Adding first makes the deletion succeed in any case.
  for (auto verb : {"add", "delete"}) {
    out.begin_object().key(verb).begin_object().key("table").begin_object();
    out.member("family", "inet").member("name", table.name);
    out.end_object().end_object().end_object();
  }
  return out.end_array().end_object(), std::move(out).str();
}

backend::failures all_failed(const batch& items, const failure& why) {
  backend::failures result;
  for (const auto& x : items.rules)
    result.push_back({x.id, why.code, why.detail});
  for (const auto& x : items.filters)
    result.push_back({x.id, why.code, why.detail});
  return result;
}

template <class T>
void move_to(std::vector<T>& to, std::vector<T>& from) {
  std::ranges::move(from, std::back_inserter(to));
}

template <class T>
std::vector<T> take_tail(std::vector<T>& from, std::size_t keep) {
  auto middle =
      from.begin() + static_cast<std::ptrdiff_t>(std::min(keep, from.size()));
  std::vector<T> tail{std::make_move_iterator(middle),
                      std::make_move_iterator(from.end())};
  from.erase(middle, from.end());
  return tail;
}

/// Halves a batch: what is taken away is returned.
batch take_half(batch& from) {
  auto keep = from.size() / 2;
  auto rules = from.rules.size();
  return {take_tail(from.rules, keep),
          take_tail(from.filters, keep - std::min(keep, rules))};
}

} // namespace

nftables_backend::nftables_backend(hook_options where, std::size_t max_rules,
                                   std::size_t max_entries)
    : where_{where}, max_rules_{max_rules},
      max_entries_{max_entries}, planner_{std::move(where)} {}

to_node::hello nftables_backend::describe() const {
  to_node::hello result;
  result.driver = "nftables";
  result.drop = result.rate_limit = true;
  result.ipv4 = result.ipv6 = true;
  result.counters = true;
  result.max_rules = max_rules_;
  result.filters = true;
  result.max_entries = max_entries_;
  return result;
}

to_node::status nftables_backend::health() const {
  to_node::status result;
  result.installed = planner_.size();
  result.capacity = max_rules_;
  if (!trouble_.empty()) {
    result.health = to_node::health::degraded;
    result.message = trouble_;
  } else if (planner_.size() >= max_rules_) {
    result.health = to_node::health::overloaded;
    result.message = "as many rules as allowed are in force";
  }
  return result;
}

void nftables_backend::note(const failure* trouble) {
  auto text = trouble ? tocsin::to_string(*trouble) : std::string{};
  if (!text.empty() && text != trouble_)
    driver_log(text);
  trouble_ = std::move(text);
}

void nftables_backend::refuse_surplus(batch& items, std::size_t rules,
                                      std::size_t entries,
                                      failures& refused) const {
  auto room = max_rules_ - std::min(max_rules_, rules);
  std::erase_if(items.rules, [&](const rule& x) {
    auto is_new = !planner_.has_rule(x.id);
    if (is_new && room == 0) {
      refused.push_back({x.id, ec::too_large, "no room for another rule"});
      return true;
    }
    room -= is_new;
    return false;
  });
  std::erase_if(items.filters, [&](const filter_set& x) {
    auto known = planner_.filters().find(x.id);
    auto without = entries - (known ? known->entries.size() : 0);
    if (x.entries.size() > max_entries_ - std::min(max_entries_, without)) {
      refused.push_back({x.id, ec::too_large, "no room for its entries"});
      return true;
    }
    entries = without + x.entries.size();
    return false;
  });
}

void nftables_backend::sort_out(batch items, batch& good, failures& refused) {
  planner scratch{where_};
  auto verdict = engine_.probe(scratch.rebuild(items, {}));
  if (verdict) {
    move_to(good.rules, items.rules);
    move_to(good.filters, items.filters);
  } else if (items.size() == 1 || verdict.error().code == ec::unauthorized) {
    auto all = all_failed(items, verdict.error());
    move_to(refused, all);
  } else {
    auto rest = take_half(items);
    sort_out(std::move(items), good, refused);
    sort_out(std::move(rest), good, refused);
  }
}

void nftables_backend::sort_out(batch& items, failures& refused) {
  if (items.size() == 0)
    return;
  batch good;
  sort_out(std::move(items), good, refused);
  items = std::move(good);
}

/// Whatever an earlier process left is replaced in one transaction, in which
/// the counters go on: no packet meets a gap, and no state is guessed at.
backend::failures nftables_backend::first_sync(batch all) {
  failures refused;
  // Only what is in `all` will be in the table.
  planner_ = planner{where_};
  refuse_surplus(all, 0, 0, refused);
  totals before;
  if (auto now = counters())
    before = std::move(*now);
  auto outcome = engine_.run(planner_.rebuild(all, before));
  if (!outcome) {
    sort_out(all, refused);
    outcome = engine_.run(planner_.rebuild(all, before));
  }
  if (!outcome) {
    note(&outcome.error());
    auto failed = all_failed(all, outcome.error());
    move_to(refused, failed);
    return refused;
  }
  planner_.commit({std::move(all.rules), {}, std::move(all.filters)});
  adopted_ = true;
  note(nullptr);
  return refused;
}

backend::failures nftables_backend::apply(change what) {
  failures refused;
  auto attempt = [&]() -> result<void> {
    auto script = planner_.plan(what);
    if (!script.empty())
      if (auto outcome = engine_.run(script); !outcome)
        return outcome.error();
    planner_.commit(what);
    return {};
  };
  auto outcome = attempt();
  batch items{std::move(what.install), std::move(what.filters)};
  if (!outcome && items.size() > 0) {
    sort_out(items, refused);
    what.install = items.rules;
    what.filters = items.filters;
    outcome = attempt();
  }
  if (outcome) {
    note(nullptr);
    return refused;
  }
  note(&outcome.error());
  // Perhaps somebody changed our table: the next sync makes it anew.
  adopted_ = false;
  auto failed = all_failed(items, outcome.error());
  move_to(refused, failed);
  for (const auto& id : what.withdraw)
    if (planner_.has(id))
      refused.push_back({id, outcome.error().code, outcome.error().detail});
  return refused;
}

backend::failures nftables_backend::sync(const batch& all) {
  if (!adopted_)
    return first_sync(all);
  auto what = planner_.difference(all);
  failures refused;
  // What is withdrawn by the same transaction makes room.
  auto rules = planner_.size();
  auto entries = planner_.filters().entries();
  for (const auto& id : what.withdraw) {
    rules -= planner_.has_rule(id);
    if (auto set = planner_.filters().find(id))
      entries -= set->entries.size();
  }
  batch items{std::move(what.install), std::move(what.filters)};
  refuse_surplus(items, rules, entries, refused);
  what.install = std::move(items.rules);
  what.filters = std::move(items.filters);
  auto failed = apply(std::move(what));
  move_to(refused, failed);
  return refused;
}

backend::failures nftables_backend::install(const batch& some) {
  failures refused;
  auto items = some;
  refuse_surplus(items, planner_.size(), planner_.filters().entries(), refused);
  auto failed = apply({std::move(items.rules), {}, std::move(items.filters)});
  move_to(refused, failed);
  return refused;
}

backend::failures
nftables_backend::withdraw(const std::vector<std::string>& ids) {
  return apply({{}, ids});
}

result<totals> nftables_backend::counters() {
  auto listing = engine_.run(list_counters(where_.table));
  if (!listing) {
    if (adopted_) {
      note(&listing.error());
      blind_ = trouble_;
    }
    return listing.error();
  }
  // The node counts nothing as quiet while we are in trouble for this.
  if (!blind_.empty() && std::exchange(blind_, {}) == trouble_)
    note(nullptr);
  return parse_counters(*listing);
}

result<totals>
nftables_backend::last_counters(const std::vector<std::string>& ids) {
  // Resets are a round trip each; for many a listing costs less.
  constexpr std::size_t few = 32;
  auto names = planner_.counter_names(ids);
  if (names.empty())
    return totals{};
  if (names.size() > few)
    return counters();
  auto listing = engine_.run(reset_counters(where_.table, names));
  if (!listing)
    return listing.error();
  totals result;
  std::istringstream documents{*listing}; // one line per reset
  for (std::string line; std::getline(documents, line);)
    if (auto some = parse_counters(line)) {
      move_to(result.rules, some->rules);
      move_to(result.filters, some->filters);
    }
  return result;
}

result<void> nftables_backend::remove_table() {
  auto outcome = engine_.run(delete_table(where_.table));
  if (!outcome)
    return outcome.error();
  return {};
}

void nftables_backend::shutdown(bool cleanup) {
  if (!cleanup)
    return;
  if (auto outcome = remove_table(); !outcome)
    driver_log(tocsin::to_string(outcome.error()));
}

result<totals> parse_counters(std::string_view json) {
  totals result;
  simdjson::dom::parser parser;
  simdjson::dom::array items;
  if (parser.parse(json.data(), json.size())["nftables"].get(items))
    return fail(ec::malformed, "nftables", "the listing is not understood");
  for (auto item : items) {
    simdjson::dom::object members;
    if (item["counter"].get(members))
      continue; // the metainfo
    json_reader in{members};
    auto name = in.text("name");
    auto packets = in.need<std::uint64_t>("packets");
    auto bytes = in.need<std::uint64_t>("bytes");
    if (!in.good())
      continue;
    if (auto id = id_of(name); !id.empty())
      result.rules.push_back({std::move(id), packets, bytes});
    else if (auto entry = entry_of(name))
      result.filters.push_back(
          {std::move(entry->first), std::move(entry->second), packets, bytes});
  }
  return result;
}

} // namespace tocsin::mitigators::nftables
