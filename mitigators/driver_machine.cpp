#include "mitigators/driver_machine.hpp"

#include <iterator>
#include <tuple>
#include <unordered_set>

namespace tocsin::mitigators {

namespace {

/// Rules or ids that a divided order may add up to. A driver's own limit is
/// lower; this one only bounds memory.
constexpr std::size_t max_collected = 1'000'000;

std::string error_line(std::optional<std::uint64_t> seq, ec code,
                       std::string message) {
  return encode(report{to_node::error{seq, code, std::move(message)}});
}

/// A divided order may name an id in two of its lines: the last one counts.
void keep_last(std::vector<rule>& rules) {
  std::unordered_set<std::string_view> seen;
  std::vector<bool> keep(rules.size());
  for (auto i = rules.size(); i-- > 0;)
    keep[i] = seen.insert(rules[i].id).second;
  if (seen.size() == rules.size())
    return;
  std::vector<rule> result;
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (keep[i])
      result.push_back(std::move(rules[i]));
  rules = std::move(result);
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
    return to.seq == from.seq && append(to.rules, from.rules);
  }
  bool operator()(to_driver::install& to, to_driver::install& from) const {
    return to.seq == from.seq && append(to.rules, from.rules);
  }
  bool operator()(to_driver::withdraw& to, to_driver::withdraw& from) const {
    return to.seq == from.seq && append(to.ids, from.ids);
  }
  template <class T, class U>
  bool operator()(T&, U&) const {
    return false;
  }
};

} // namespace

result<std::vector<rule_counters>>
backend::last_counters(const std::vector<std::string>&) {
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
  health_.reset();
  auto self = backend_.describe();
  counting_ = self.counters;
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
  if (auto s = std::get_if<to_driver::sync>(&whole)) {
    keep_last(s->rules);
    ready_ = true;
    answer = {s->seq, backend_.sync(s->rules)};
    forget_all_but(s->rules);
  } else if (auto i = std::get_if<to_driver::install>(&whole)) {
    keep_last(i->rules);
    answer = {i->seq, backend_.install(i->rules)};
  } else if (auto w = std::get_if<to_driver::withdraw>(&whole)) {
    if (counting_)
      last_counters = changed_counters(backend_.last_counters(w->ids));
    answer = {w->seq, backend_.withdraw(w->ids)};
    for (const auto& id : w->ids)
      reported_.erase(id); // a rule of the same id would start from zero
  }
  return last_counters + encode(report{std::move(answer)}) + changed_health();
}

void driver_machine::forget_all_but(const std::vector<rule>& rules) {
  std::unordered_set<std::string_view> ids;
  for (const auto& x : rules)
    ids.insert(x.id);
  std::erase_if(reported_,
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

std::string
driver_machine::changed_counters(result<std::vector<rule_counters>> totals) {
  if (!totals)
    return {}; // the backend's health tells
  to_node::counters changed;
  for (auto& x : *totals) {
    auto [known, is_new] =
        reported_.try_emplace(x.id, rule_counters{x.id, 0, 0});
    if (known->second == x)
      continue;
    known->second = x;
    changed.rules.push_back(std::move(x));
  }
  if (changed.rules.empty())
    return {};
  return encode(report{std::move(changed)});
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
