#include "protocol/signal/signal_watch.hpp"

#include <algorithm>

namespace tocsin::protocol::signal {

namespace {

using std::chrono::seconds;

} // namespace

signal_watch::signal_watch(heartbeat_settings settings) {
  set_heartbeats(settings);
}

std::optional<signal_event> signal_watch::up(session_id id) {
  if (std::find(sessions_.begin(), sessions_.end(), id) == sessions_.end())
    sessions_.push_back(id);
  goodbye_.reset();
  bool was_lost = lost();
  state_ = state::present;
  expected_ = true;
  return was_lost ? std::optional{signal_event::recovered} : std::nullopt;
}

void signal_watch::asked_on(session_id id, time_point now) noexcept {
  if (id == in_use_) { // nearly always: no search in all sessions
    used_ = now;
    return;
  }
  auto at = [this](session_id x) { return std::ranges::find(sessions_, x); };
  bool older =
      in_use_ && at(*in_use_) != sessions_.end() && at(id) < at(*in_use_);
  if (older && now - used_ < settings_.interval)
    return;
  in_use_ = id;
  used_ = now;
}

std::optional<signal_event> signal_watch::ended(session_id id, session_end how,
                                                time_point now) {
  if (std::erase(sessions_, id) == 0)
    return std::nullopt;
  if (how == session_end::goodbye && id == in_use_)
    goodbye_ = now;
  if (!sessions_.empty()) {
    if (how != session_end::lost && how != session_end::node_stop)
      broken_ = now;
    return std::nullopt;
  }
  since_ = now;
  if (how == session_end::lost && goodbye_ && now - *goodbye_ <= limit()) {
    how = session_end::goodbye;
  } else if (how == session_end::lost && broken_ && now - *broken_ < limit()) {
    how = session_end::failed;
    since_ = *broken_;
  }
  switch (how) {
  case session_end::goodbye:
    state_ = state::quiet;
    expected_ = false;
    return std::nullopt;
  case session_end::node_stop:
    state_ = state::quiet; // `expected_` stays for the time after
    return std::nullopt;
  case session_end::lost:
    if (settings_.interval == seconds::zero())
      break;
    state_ = state::lost;
    return signal_event::lost;
  case session_end::replaced:
  case session_end::failed:
    break;
  }
  state_ = state::waiting;
  return std::nullopt;
}

void signal_watch::restored(time_point now) {
  if (state_ != state::quiet)
    return;
  state_ = state::waiting;
  expected_ = true;
  since_ = now;
}

void signal_watch::activity(time_point now) {
  if (state_ == state::waiting)
    since_ = std::max(since_, now);
}

/// The bounds are those of the heartbeats themselves: 16-bit numbers.
void signal_watch::set_heartbeats(heartbeat_settings settings) noexcept {
  settings_.interval =
      std::clamp(settings.interval, seconds{0}, seconds{0xffff});
  settings_.missing_allowed =
      std::clamp<std::uint32_t>(settings.missing_allowed, 1, 0xffff);
}

std::optional<time_point> signal_watch::next_deadline() const {
  if (state_ != state::waiting || settings_.interval == seconds::zero())
    return std::nullopt;
  return since_ + limit();
}

std::optional<signal_event> signal_watch::on_time(time_point now) {
  auto due = next_deadline();
  if (!due || now < *due)
    return std::nullopt;
  state_ = state::lost;
  return signal_event::lost;
}

bool signal_watch::expected() const noexcept {
  return expected_;
}

duration signal_watch::limit() const noexcept {
  return settings_.interval * settings_.missing_allowed;
}

} // namespace tocsin::protocol::signal
