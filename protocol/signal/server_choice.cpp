#include "protocol/signal/server_choice.hpp"

#include "protocol/signal/scope.hpp"

#include <algorithm>

namespace tocsin::protocol::signal {

namespace {

/// What two prefixes have in common: the longer one, or nothing.
std::optional<prefix> common(const prefix& a, const prefix& b) {
  if (a.contains(b))
    return b;
  return b.contains(a) ? std::optional{a} : std::nullopt;
}

} // namespace

owned_parts split_by_owner(const std::vector<std::vector<prefix>>& owned,
                           const std::vector<prefix>& what) {
  owned_parts out;
  out.parts.resize(owned.size());
  for (const auto& address : what) {
    std::vector<prefix> found;
    for (std::size_t i = 0; i < owned.size(); ++i)
      for (const auto& own : owned[i])
        if (auto both = common(own, address)) {
          out.parts[i].push_back(*both);
          found.push_back(*both);
        }
    bool taken = false;
    for (std::size_t i = 0; i < owned.size(); ++i)
      if (found.empty() && owned[i].empty()) {
        out.parts[i].push_back(address);
        taken = true;
      }
    auto whole = canonical(std::move(found));
    if (!taken && std::ranges::none_of(whole, [&](const prefix& x) {
          return x.contains(address);
        }))
      out.nobody.push_back(address);
  }
  for (auto& part : out.parts)
    part = canonical(std::move(part));
  return out;
}

void server_failover::on_progress() {
  lost_.reset();
  failed_[current_].reset();
  exhausted_ = false;
}

void server_failover::on_failed(time_point now) {
  failed_[current_] = now;
  lost_.reset();
  move_on(now);
}

void server_failover::on_lost(time_point now) {
  if (!lost_)
    lost_ = now;
  on_time(now);
}

void server_failover::on_time(time_point now) {
  if (lost_ && now >= *lost_ + server_lost_after)
    on_failed(now);
  else if (exhausted_)
    move_on(now);
}

void server_failover::follow(std::size_t server) {
  current_ = server;
  lost_.reset();
  exhausted_ = false;
}

std::optional<time_point> server_failover::next_deadline() const noexcept {
  std::optional<time_point> due;
  if (lost_)
    due = *lost_ + server_lost_after;
  if (exhausted_)
    for (const auto& at : failed_)
      if (at && (!due || *at + server_retry < *due))
        due = *at + server_retry;
  return due;
}

void server_failover::move_on(time_point now) {
  for (std::size_t i = 0; i < failed_.size(); ++i)
    if (!failed_[i] || now >= *failed_[i] + server_retry) {
      failed_[i].reset();
      current_ = i;
      exhausted_ = false;
      return;
    }
  exhausted_ = true;
}

} // namespace tocsin::protocol::signal
