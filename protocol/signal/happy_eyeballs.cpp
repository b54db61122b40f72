#include "protocol/signal/happy_eyeballs.hpp"

#include <algorithm>

namespace tocsin::protocol::signal {

namespace {

/// IPv6 and IPv4 in turn; what one family has more comes last.
std::vector<server_address>
interleaved(std::span<const server_address> addresses) {
  std::vector<server_address> six, four, out;
  for (const auto& x : addresses) {
    auto& list = x.family == address_family::ipv6 ? six : four;
    if (six.size() + four.size() < max_addresses
        && std::find(list.begin(), list.end(), x) == list.end())
      list.push_back(x);
  }
  for (std::size_t i = 0; i < std::max(six.size(), four.size()); ++i)
    for (const auto* list : {&six, &four})
      if (i < list->size())
        out.push_back((*list)[i]);
  return out;
}

} // namespace

std::vector<candidate>
candidates_of(std::span<const server_address> addresses) {
  std::vector<candidate> out;
  auto order = interleaved(addresses);
  for (auto transport : {transport_kind::udp, transport_kind::tcp})
    for (const auto& x : order)
      out.push_back({x, transport});
  return out;
}

connection_race::connection_race(std::vector<candidate> candidates,
                                 bool under_attack)
    : candidates_{std::move(candidates)},
      fates_(candidates_.size(), fate::unborn), delay_{under_attack
                                                           ? attack_delay
                                                           : calm_delay} {}

std::vector<race_action> connection_race::start(time_point now) {
  std::vector<race_action> out;
  if (begun_)
    return out;
  begun_ = true;
  due_ = now;
  if (candidates_.empty()) {
    over_ = true;
    out.emplace_back(all_failed{});
  } else {
    start_next(out);
  }
  return out;
}

void connection_race::start_next(std::vector<race_action>& out) {
  fates_[next_] = fate::running;
  out.emplace_back(start_attempt{next_++});
  due_ += delay_;
}

std::vector<race_action> connection_race::on_failed(std::size_t index) {
  std::vector<race_action> out;
  if (over_ || index >= next_ || fates_[index] != fate::running)
    return out;
  fates_[index] = fate::failed;
  if (std::all_of(fates_.begin(), fates_.end(),
                  [](fate x) { return x == fate::failed; })) {
    over_ = true;
    out.emplace_back(all_failed{});
  }
  return out;
}

std::vector<race_action> connection_race::on_succeeded(std::size_t index) {
  std::vector<race_action> out;
  if (over_ || index >= next_ || fates_[index] != fate::running)
    return out;
  over_ = true;
  out.emplace_back(use_attempt{index});
  for (std::size_t i = 0; i < next_; ++i)
    if (i != index && fates_[i] == fate::running)
      out.emplace_back(cancel_attempt{i});
  return out;
}

std::optional<time_point> connection_race::next_deadline() const {
  if (!begun_ || over_ || next_ == candidates_.size())
    return std::nullopt;
  return due_;
}

std::vector<race_action> connection_race::on_time(time_point now) {
  std::vector<race_action> out;
  if (auto due = next_deadline(); due && now >= *due) {
    due_ = now; // who is late does not start the next one sooner
    start_next(out);
  }
  return out;
}

void path_cache::remember(const candidate& path, bool worked, time_point now) {
  std::erase_if(entries_, [&](const entry& x) { return x.path == path; });
  if (entries_.size() >= max_paths)
    entries_.erase(entries_.begin());
  entries_.push_back({path, worked, now});
}

std::optional<bool> path_cache::outcome(const candidate& path,
                                        time_point now) const {
  for (const auto& x : entries_)
    if (x.path == path && now - x.when < memory_)
      return x.worked;
  return std::nullopt;
}

std::vector<candidate> path_cache::arrange(std::vector<candidate> paths,
                                           time_point now) const {
  std::vector<candidate> out;
  for (const auto& x : paths)
    if (outcome(x, now) != false)
      out.push_back(x);
  if (out.empty())
    return paths;
  for (auto i = entries_.rbegin(); i != entries_.rend(); ++i) {
    auto at = std::find(out.begin(), out.end(), i->path);
    if (at != out.end() && outcome(*at, now) == true) {
      std::rotate(out.begin(), at, at + 1);
      break;
    }
  }
  return out;
}

result<void> validate_udp_probe(std::chrono::seconds interval) {
  if (interval >= least_udp_probe)
    return {};
  return fail(ec::out_of_range, "udp-probe",
              "at least " + std::to_string(least_udp_probe.count())
                  + " s have to lie between two probes");
}

udp_probe::udp_probe(std::chrono::seconds interval)
    : interval_{std::max(interval, least_udp_probe)} {}

void udp_probe::connected(transport_kind over, time_point now) {
  if (over == transport_kind::udp) {
    stage_ = stage::off;
    return;
  }
  if (stage_ != stage::off)
    return;
  stage_ = stage::waiting;
  // The race that led to TCP has just found UDP to be dead.
  due_ = std::max(now, last_.value_or(now)) + interval_;
}

void udp_probe::disconnected() noexcept {
  stage_ = stage::off;
}

std::optional<time_point> udp_probe::next_deadline() const {
  return stage_ == stage::waiting ? std::optional{due_} : std::nullopt;
}

bool udp_probe::on_time(time_point now) {
  if (stage_ != stage::waiting || now < due_)
    return false;
  stage_ = stage::probing;
  last_ = now;
  return true;
}

bool udp_probe::on_outcome(bool worked, time_point now) {
  if (stage_ != stage::probing)
    return false;
  stage_ = worked ? stage::off : stage::waiting;
  due_ = std::max(now, last_.value_or(now)) + interval_;
  return worked;
}

} // namespace tocsin::protocol::signal
