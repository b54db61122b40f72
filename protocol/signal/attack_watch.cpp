#include "protocol/signal/attack_watch.hpp"

namespace tocsin::protocol::signal {

void attack_watch::dropped(time_point now) noexcept {
  since_ = now;
  stopped_ = false;
}

void attack_watch::stated(bool goes_on) noexcept {
  stated_ = goes_on;
}

void attack_watch::blind(time_point now) noexcept {
  stopped_ = long_quiet(now);
  blind_ = true;
}

void attack_watch::lost(time_point now) noexcept {
  blind(now);
  stated_.reset();
}

void attack_watch::sighted(time_point now) noexcept {
  if (!blind_)
    return;
  blind_ = false;
  if (since_)
    since_ = now;
}

bool attack_watch::long_quiet(time_point now) const noexcept {
  if (stopped_)
    return true;
  auto due = next_deadline();
  return due && now >= *due;
}

attack_phase attack_watch::phase(time_point now) const noexcept {
  if (stated_)
    return *stated_ ? attack_phase::ongoing : attack_phase::stopped;
  if (!since_)
    return attack_phase::unknown;
  return long_quiet(now) ? attack_phase::stopped : attack_phase::ongoing;
}

std::optional<time_point> attack_watch::next_deadline() const noexcept {
  if (!since_ || stated_ || blind_ || stopped_
      || quiet_ == std::chrono::seconds::zero())
    return std::nullopt;
  return *since_ + quiet_;
}

} // namespace tocsin::protocol::signal
