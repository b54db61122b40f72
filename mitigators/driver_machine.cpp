#include "mitigators/driver_machine.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <unordered_set>

namespace tocsin::mitigators {

namespace {

/// Rules, ids or filter entries that a divided order may add up to. A driver's
/// own limit is lower; this one only bounds memory.
constexpr std::size_t max_collected = 1'000'000;

/// Totals in one report: some 230 octets each at most, so they fit a line.
constexpr std::size_t max_counters = 15'000;

std::string error_line(std::optional<std::uint64_t> seq, ec code,
                       std::string message) {
  return encode(report{to_node::error{seq, code, std::move(message)}});
}

/// A divided order may name an id in two of its lines: the last one counts.
template <class T>
void keep_last(std::vector<T>& items) {
  std::unordered_set<std::string_view> seen;
  std::vector<bool> keep(items.size());
  for (auto i = items.size(); i-- > 0;)
    keep[i] = seen.insert(items[i].id).second;
  if (seen.size() == items.size())
    return;
  std::vector<T> result;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (keep[i])
      result.push_back(std::move(items[i]));
  items = std::move(result);
}

/// An id that names a rule and a filter set; empty: none.
std::string ambiguous_id(const batch& items) {
  std::unordered_set<std::string_view> rules;
  for (const auto& x : items.rules)
    rules.insert(x.id);
  for (const auto& x : items.filters)
    if (rules.contains(x.id))
      return x.id;
  return {};
}

std::size_t weight(const std::vector<filter_set>& sets) {
  std::size_t result = 0;
  for (const auto& x : sets)
    result += x.entries.size();
  return result;
}

template <class T>
bool append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()),
            std::make_move_iterator(from.end()));
  return to.size() <= max_collected;
}

/// Appends a line to the order that it continues; false if it does not, or if
/// the whole becomes too much.
struct joiner {
  bool operator()(to_driver::sync& to, to_driver::sync& from) const {
    return to.seq == from.seq && join(to, from);
  }
  bool operator()(to_driver::install& to, to_driver::install& from) const {
    return to.seq == from.seq && join(to, from);
  }
  bool operator()(to_driver::withdraw& to, to_driver::withdraw& from) const {
    return to.seq == from.seq && append(to.ids, from.ids);
  }
  template <class T, class U>
  bool operator()(T&, U&) const {
    return false;
  }

private:
  template <class T>
  static bool join(T& to, T& from) {
    return append(to.rules, from.rules) && append(to.filters, from.filters)
           && weight(to.filters) <= max_collected;
  }
};

} // namespace

result<totals> backend::last_counters(const std::vector<std::string>&) {
  return counters();
}

std::string driver_machine::on_line(const protocol::line_splitter::line& line) {
  if (over_)
    return {};
  if (line.overlong)
    return error_line(std::nullopt, ec::too_large, "the line is too long");
  auto message = decode_order(line.text);
  if (!message)
    return error_line(sequence_of(line.text), message.error().code,
                      tocsin::to_string(message.error()));
  if (auto hello = std::get_if<to_driver::hello>(&*message))
    return on_hello(*hello);
  if (std::holds_alternative<to_driver::bye>(*message))
    return over_ = true, std::string{};
  return std::visit(
      [this](auto& x) {
        if constexpr (requires { x.seq; }) {
          auto [seq, part, more] = std::tuple{x.seq, x.part, x.more};
          return on_part(std::move(x), seq, part, more);
        } else {
          return std::string{};
        }
      },
      *message);
}

std::string driver_machine::on_hello(const to_driver::hello& x) {
  if (x.version != protocol_version) {
    over_ = refused_ = true;
    return error_line(std::nullopt, ec::unsupported,
                      "this driver speaks version "
                          + std::to_string(protocol_version)
                          + " of the protocol, the node version "
                          + std::to_string(x.version));
  }
  greeted_ = true;
  ready_ = false;
  pending_.reset();
  reported_.clear(); // another node process: it knows no totals yet
  reported_filters_.clear();
  health_.reset();
  auto self = backend_.describe();
  counting_ = self.counters;
  filtering_ = self.filters;
  return encode(report{std::move(self)}) + changed_health();
}

std::string driver_machine::on_part(order x, std::uint64_t seq,
                                    std::uint32_t part, bool more) {
  if (!greeted_)
    return error_line(seq, ec::conflict, "the first line must be a hello");
  if (!ready_ && !std::holds_alternative<to_driver::sync>(x))
    return error_line(seq, ec::conflict, "the first order must be a sync");
  // Half an order must never be taken for a whole one: a sync would withdraw
  // what the lost line named.
  if (!pending_ && part == 0) {
    pending_ = std::move(x);
    parts_ = 1;
  } else if (!pending_ || part != parts_++
             || !std::visit(joiner{}, *pending_, x)) {
    pending_.reset();
    return error_line(seq, ec::conflict,
                      "the line does not continue the one before");
  }
  if (more)
    return {};
  auto whole = std::move(*pending_);
  pending_.reset();
  return carry_out(std::move(whole));
}

std::string driver_machine::carry_out(order whole) {
  to_node::done answer;
  std::string last_counters;
  if (auto w = std::get_if<to_driver::withdraw>(&whole)) {
    if (counting_)
      last_counters = changed_counters(backend_.last_counters(w->ids));
    answer = {w->seq, backend_.withdraw(w->ids)};
    for (const auto& id : w->ids) { // one of the same id would start from zero
      reported_.erase(id);
      reported_filters_.erase(id);
    }
    return last_counters + encode(report{std::move(answer)}) + changed_health();
  }
  auto exactly = std::holds_alternative<to_driver::sync>(whole);
  batch items;
  std::visit(
      [&](auto& x) {
        if constexpr (requires { x.filters; }) {
          answer.seq = x.seq;
          items = {std::move(x.rules), std::move(x.filters)};
        }
      },
      whole);
  keep_last(items.rules);
  keep_last(items.filters);
  if (auto id = ambiguous_id(items); !id.empty())
    return error_line(answer.seq, ec::conflict,
                      "names a rule and a filter set: " + id);
  answer.failures = put(std::move(items), exactly);
  return encode(report{std::move(answer)}) + changed_health();
}

backend::failures driver_machine::put(batch items, bool exactly) {
  failures refused;
  if (!filtering_) {
    for (const auto& x : items.filters)
      refused.push_back({x.id, ec::unsupported, "this driver has no filters"});
    items.filters.clear();
  }
  auto failed = exactly ? backend_.sync(items) : backend_.install(items);
  std::ranges::move(failed, std::back_inserter(refused));
  if (exactly) {
    ready_ = true;
    forget_all_but(items);
  }
  for (const auto& x : items.filters)
    forget_lost_entries(x);
  return refused;
}

void driver_machine::forget_all_but(const batch& items) {
  std::unordered_set<std::string_view> ids;
  for (const auto& x : items.rules)
    ids.insert(x.id);
  std::erase_if(reported_,
                [&](const auto& x) { return !ids.contains(x.first); });
  ids.clear();
  for (const auto& x : items.filters)
    ids.insert(x.id);
  std::erase_if(reported_filters_,
                [&](const auto& x) { return !ids.contains(x.first); });
}

void driver_machine::forget_lost_entries(const filter_set& now) {
  auto known = reported_filters_.find(now.id);
  if (known == reported_filters_.end())
    return;
  std::unordered_set<std::string_view> ids;
  for (const auto& x : now.entries)
    ids.insert(x.id);
  std::erase_if(known->second,
                [&](const auto& x) { return !ids.contains(x.first); });
}

std::string driver_machine::on_tick() {
  if (!ready_ || over_)
    return {};
  std::string lines;
  if (counting_)
    lines = changed_counters(backend_.counters());
  return lines + changed_health();
}

std::string driver_machine::changed_counters(result<totals> now) {
  if (!now)
    return {}; // the backend's health tells
  std::string lines;
  to_node::counters changed;
  auto flush = [&](std::size_t more_than) {
    if (changed.rules.size() + changed.filters.size() <= more_than)
      return;
    lines += encode(report{std::move(changed)});
    changed = {};
  };
  for (auto& x : now->rules) {
    auto [known, is_new] =
        reported_.try_emplace(x.id, rule_counters{x.id, 0, 0});
    if (known->second == x)
      continue;
    known->second = x;
    changed.rules.push_back(std::move(x));
    flush(max_counters - 1);
  }
  for (auto& x : now->filters) {
    auto [known, is_new] = reported_filters_[x.set].try_emplace(
        x.entry, entry_counters{x.set, x.entry, 0, 0});
    if (known->second == x)
      continue;
    known->second = x;
    changed.filters.push_back(std::move(x));
    flush(max_counters - 1);
  }
  flush(0);
  return lines;
}

std::string driver_machine::changed_health() {
  auto now = backend_.health();
  if (health_ && health_->health == now.health
      && health_->message == now.message)
    return {};
  health_ = now;
  return encode(report{std::move(now)});
}

} // namespace tocsin::mitigators
