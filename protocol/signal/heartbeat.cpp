#include "protocol/signal/heartbeat.hpp"

#include <algorithm>

namespace tocsin::protocol::signal {

namespace {

using std::chrono::seconds;

/// Both are 16-bit numbers on the wire; larger ones would leave the range of
/// the clock when multiplied.
heartbeat_settings bounded(heartbeat_settings x) {
  x.interval = std::clamp(x.interval, seconds{0}, seconds{0xffff});
  x.missing_allowed = std::clamp<std::uint32_t>(x.missing_allowed, 1, 0xffff);
  return x;
}

} // namespace

heartbeat_machine::heartbeat_machine(heartbeat_role role,
                                     heartbeat_settings settings,
                                     time_point now)
    : role_{role} {
  set_interval(settings, now);
}

void heartbeat_machine::set_interval(heartbeat_settings settings,
                                     time_point now) {
  settings_ = bounded(settings);
  waiting_ = false;
  warned_ = false;
  missed_ = 0;
  due_ = now + settings_.interval;
  sent_ = last_traffic_ = last_request_ = now;
}

std::optional<time_point> heartbeat_machine::next_deadline() const {
  if (lost_ || settings_.interval == seconds::zero())
    return std::nullopt;
  return nearly_exhausted() ? std::min(due_, silent_until()) : due_;
}

std::vector<heartbeat_action> heartbeat_machine::on_time(time_point now) {
  std::vector<heartbeat_action> out;
  if (auto due = next_deadline(); !due || now < *due)
    return out;
  if (now >= due_ && waiting_) {
    waiting_ = false;
    ++missed_;
  }
  if (disconnected(now)) {
    lost_ = true;
    out.emplace_back(declare_lost{missed_});
    return out;
  }
  if (missed_ >= settings_.missing_allowed && !warned_) {
    warned_ = true;
    out.emplace_back(threshold_passed{missed_});
  }
  if (now >= due_)
    send(now, out);
  return out;
}

void heartbeat_machine::on_response(time_point now) {
  on_traffic(now);
  waiting_ = false;
  warned_ = false;
  missed_ = 0;
}

std::vector<heartbeat_action>
heartbeat_machine::on_request_received(bool sees_us, time_point now) {
  std::vector<heartbeat_action> out;
  on_traffic(now);
  last_request_ = now;
  if (is_server() && !sees_us && next_deadline()
      && now - sent_ >= settings_.interval / 2)
    send(now, out);
  return out;
}

void heartbeat_machine::on_traffic(time_point now) {
  last_traffic_ = std::max(last_traffic_, now);
  // A client's owner takes any sign of life for the end of the trouble: it has
  // to hear again of heartbeats that still go unanswered.
  if (!is_server())
    warned_ = false;
}

bool heartbeat_machine::peer_hb_status(time_point now) const {
  return now - last_request_ <= 2 * settings_.interval;
}

/// A server has sent enough heartbeats without an answer for silence to count:
/// a process that was itself asleep must not take that for the peer's silence.
bool heartbeat_machine::nearly_exhausted() const {
  return is_server() && missed_ + 1 >= settings_.missing_allowed;
}

time_point heartbeat_machine::silent_until() const {
  return last_traffic_ + settings_.interval * settings_.missing_allowed;
}

bool heartbeat_machine::disconnected(time_point now) const {
  if (is_server())
    return nearly_exhausted() && now >= silent_until();
  return missed_ >= settings_.missing_allowed && !under_attack_;
}

void heartbeat_machine::send(time_point now,
                             std::vector<heartbeat_action>& out) {
  waiting_ = true;
  sent_ = now;
  due_ = now + settings_.interval;
  out.emplace_back(send_heartbeat{peer_hb_status(now)});
}

} // namespace tocsin::protocol::signal
