#include "mitigators/nftables/filter_statements.hpp"

#include "mitigators/nftables/filter_match.hpp"
#include "protocol/json/writer.hpp"

#include <algorithm>

namespace tocsin::mitigators::nftables {

namespace {

using protocol::data::prefix;
using protocol::json::writer;

std::vector<prefix> destinations_in(const filter_entry& x,
                                    prefix::family family) {
  std::vector<prefix> result;
  for (const auto& p : x.destinations)
    if (p.which() == family)
      result.push_back(p);
  return result;
}

std::string reference(std::string_view kind, std::string_view name) {
  writer out;
  out.begin_object().member(kind, name).end_object();
  return std::move(out).str();
}

/// What happens to a matched packet: statements of one rule, or of two that
/// follow each other, where the second meets what the first lets through.
std::vector<std::string> fates(const filter_set& set, const filter_entry& x) {
  auto count = reference("counter", entry_counter(set.id, x.id)) + ",";
  switch (x.what) {
  case filter_action::accept:
    return {count + R"({"accept":null})"};
  case filter_action::drop:
    return {count + R"({"drop":null})"};
  case filter_action::rate:
    return {count + reference("limit", entry_limit(set.id, x))
                + R"(,{"drop":null})",
            R"({"accept":null})"};
  }
  return {};
}

} // namespace

std::string filter_chain(prefix::family family, std::string_view set) {
  return (family == prefix::family::ipv4 ? "f4_" : "f6_") + std::string{set};
}

std::string entry_counter(std::string_view set, std::string_view entry) {
  return "f_" + std::string{set} + "/" + std::string{entry};
}

std::optional<std::pair<std::string, std::string>>
entry_of(std::string_view counter) {
  auto slash = counter.find('/');
  if (!counter.starts_with("f_") || slash == std::string_view::npos)
    return std::nullopt;
  return std::pair{std::string{counter.substr(2, slash - 2)},
                   std::string{counter.substr(slash + 1)}};
}

std::string entry_limit(std::string_view set, const filter_entry& x) {
  return "r_" + std::string{set} + "/" + x.id + "/" + std::to_string(x.rate);
}

filter_set normalized(filter_set x) {
  x.customer.clear();
  x.cuid.clear();
  for (auto& entry : x.entries) {
    merge(entry.destinations);
    if (entry.what == filter_action::rate && entry.rate == 0)
      entry.what = filter_action::drop;
    if (entry.what == filter_action::rate && entry.rate > max_octet_rate)
      entry.what = filter_action::accept;
    if (entry.what != filter_action::rate)
      entry.rate = 0;
  }
  return x;
}

std::vector<prefix> scope_of(const filter_set& x, prefix::family family) {
  std::vector<prefix> result;
  for (const auto& entry : x.entries)
    if (!entry.match.ip || entry.match.ip->family == family)
      for (const auto& p : entry.destinations)
        if (p.which() == family)
          result.push_back(p);
  merge(result);
  return result;
}

std::vector<std::string> filter_rules(const table_name& table,
                                      const filter_set& x,
                                      prefix::family family) {
  auto scope = scope_of(x, family);
  auto chain = filter_chain(family, x.id);
  std::vector<std::string> result;
  for (const auto& entry : x.entries) {
    auto to = destinations_in(entry, family);
    if (to.empty())
      continue;
    std::vector<std::string> values;
    for (const auto& p : to)
      values.push_back(value(p));
    auto then = fates(x, entry);
    for (auto when : clauses_of(entry.match, family)) {
      // The dispatch has compared the destination with the whole scope.
      if (to != scope)
        when.insert(when.begin(),
                    field(family == prefix::family::ipv4 ? "ip" : "ip6",
                          "daddr", values));
      for (const auto& statements : matches(when))
        for (const auto& fate : then)
          result.push_back(add_rule(table.name, chain, statements + fate));
    }
  }
  return result;
}

} // namespace tocsin::mitigators::nftables
