#include "mitigators/nftables/backend.hpp"

#include "mitigators/driver_loop.hpp"
#include "mitigators/json_reader.hpp"
#include "protocol/json/writer.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <unordered_set>

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
                           const std::vector<std::string>& ids) {
  writer out;
  out.begin_object().key("nftables").begin_array();
  for (const auto& id : ids) {
    out.begin_object().key("reset").begin_object().key("counter");
    out.begin_object().member("family", "inet").member("table", table.name);
    out.member("name", chain_name(id)).end_object().end_object().end_object();
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

backend::failures all_failed(const std::vector<rule>& rules,
                             const failure& why) {
  backend::failures result;
  for (const auto& x : rules)
    result.push_back({x.id, why.code, why.detail});
  return result;
}

} // namespace

nftables_backend::nftables_backend(hook_options where, std::size_t max_rules)
    : where_{where}, max_rules_{max_rules}, planner_{std::move(where)} {}

to_node::hello nftables_backend::describe() const {
  to_node::hello result;
  result.driver = "nftables";
  result.drop = result.rate_limit = true;
  result.ipv4 = result.ipv6 = true;
  result.counters = true;
  result.max_rules = max_rules_;
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

void nftables_backend::refuse_surplus(std::vector<rule>& rules,
                                      std::size_t held,
                                      failures& refused) const {
  auto room = max_rules_ - std::min(max_rules_, held);
  std::vector<rule> kept;
  for (auto& x : rules) {
    auto known = planner_.has(x.id);
    if (!known && room == 0) {
      refused.push_back({x.id, ec::too_large, "no room for another rule"});
      continue;
    }
    room -= known ? 0 : 1;
    kept.push_back(std::move(x));
  }
  rules = std::move(kept);
}

void nftables_backend::sort_out(std::vector<rule> rules,
                                std::vector<rule>& good, failures& refused) {
  planner scratch{where_};
  auto verdict = engine_.probe(scratch.rebuild(rules, {}));
  if (verdict) {
    std::ranges::move(rules, std::back_inserter(good));
  } else if (rules.size() == 1 || verdict.error().code == ec::unauthorized) {
    std::ranges::move(all_failed(rules, verdict.error()),
                      std::back_inserter(refused));
  } else {
    auto middle = rules.begin() + static_cast<std::ptrdiff_t>(rules.size() / 2);
    std::vector<rule> rest{std::make_move_iterator(middle),
                           std::make_move_iterator(rules.end())};
    rules.erase(middle, rules.end());
    sort_out(std::move(rules), good, refused);
    sort_out(std::move(rest), good, refused);
  }
}

void nftables_backend::sort_out(std::vector<rule>& rules, failures& refused) {
  if (rules.empty())
    return;
  std::vector<rule> good;
  sort_out(std::move(rules), good, refused);
  rules = std::move(good);
}

/// Whatever an earlier process left is replaced in one transaction, in which
/// the counters go on: no packet meets a gap, and no state is guessed at.
backend::failures nftables_backend::first_sync(std::vector<rule> rules) {
  failures refused;
  refuse_surplus(rules, 0, refused);
  std::vector<rule_counters> totals;
  if (auto now = counters())
    totals = std::move(*now);
  auto outcome = engine_.run(planner_.rebuild(rules, totals));
  if (!outcome) {
    sort_out(rules, refused);
    outcome = engine_.run(planner_.rebuild(rules, totals));
  }
  if (!outcome) {
    note(&outcome.error());
    std::ranges::move(all_failed(rules, outcome.error()),
                      std::back_inserter(refused));
    return refused;
  }
  planner_.commit({std::move(rules), {}});
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
  if (!outcome && !what.install.empty()) {
    sort_out(what.install, refused);
    outcome = attempt();
  }
  if (outcome) {
    note(nullptr);
    return refused;
  }
  note(&outcome.error());
  // Perhaps somebody changed our table: the next sync makes it anew.
  adopted_ = false;
  std::ranges::move(all_failed(what.install, outcome.error()),
                    std::back_inserter(refused));
  for (const auto& id : what.withdraw)
    if (planner_.has(id))
      refused.push_back({id, outcome.error().code, outcome.error().detail});
  return refused;
}

backend::failures nftables_backend::sync(const std::vector<rule>& rules) {
  if (!adopted_)
    return first_sync(rules);
  auto what = planner_.difference(rules);
  failures refused;
  // What is withdrawn by the same transaction makes room.
  auto held = planner_.size() - what.withdraw.size();
  refuse_surplus(what.install, held, refused);
  std::ranges::move(apply(std::move(what)), std::back_inserter(refused));
  return refused;
}

backend::failures nftables_backend::install(const std::vector<rule>& rules) {
  failures refused;
  change what{rules, {}};
  refuse_surplus(what.install, planner_.size(), refused);
  std::ranges::move(apply(std::move(what)), std::back_inserter(refused));
  return refused;
}

backend::failures
nftables_backend::withdraw(const std::vector<std::string>& ids) {
  return apply({{}, ids});
}

result<std::vector<rule_counters>> nftables_backend::counters() {
  auto listing = engine_.run(list_counters(where_.table));
  if (!listing) {
    if (adopted_)
      note(&listing.error());
    return listing.error();
  }
  return parse_counters(*listing);
}

result<std::vector<rule_counters>>
nftables_backend::last_counters(const std::vector<std::string>& ids) {
  // Resets are a round trip each; for many a listing costs less.
  constexpr std::size_t few = 32;
  std::vector<std::string> known;
  for (const auto& id : ids)
    if (planner_.has(id))
      known.push_back(id);
  if (known.empty())
    return std::vector<rule_counters>{};
  if (known.size() > few)
    return counters();
  auto listing = engine_.run(reset_counters(where_.table, known));
  if (!listing)
    return listing.error();
  std::vector<rule_counters> totals;
  std::istringstream documents{*listing}; // one line per reset
  for (std::string line; std::getline(documents, line);)
    if (auto some = parse_counters(line))
      std::ranges::move(*some, std::back_inserter(totals));
  return totals;
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

result<std::vector<rule_counters>> parse_counters(std::string_view json) {
  std::vector<rule_counters> totals;
  simdjson::dom::parser parser;
  simdjson::dom::array entries;
  if (parser.parse(json.data(), json.size())["nftables"].get(entries))
    return fail(ec::malformed, "nftables", "the listing is not understood");
  for (auto entry : entries) {
    simdjson::dom::object members;
    if (entry["counter"].get(members))
      continue; // the metainfo
    json_reader in{members};
    rule_counters x{id_of(in.text("name")), in.need<std::uint64_t>("packets"),
                    in.need<std::uint64_t>("bytes")};
    if (in.good() && !x.id.empty())
      totals.push_back(std::move(x));
  }
  return totals;
}

} // namespace tocsin::mitigators::nftables
