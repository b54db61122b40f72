#include "protocol/signal/lifecycle.hpp"

#include <algorithm>

namespace tocsin::protocol::signal {

namespace {

using std::chrono::seconds;

/// Events that come from elsewhere and may cross the end on their way.
bool may_be_late(const lifecycle_event& event) {
  return !std::holds_alternative<life::accepted>(event)
         && !std::holds_alternative<life::restored>(event)
         && !std::holds_alternative<life::client_withdraw>(event)
         && !std::holds_alternative<life::re_requested>(event);
}

bool begins(const lifecycle_event& event) {
  return std::holds_alternative<life::accepted>(event)
         || std::holds_alternative<life::restored>(event);
}

} // namespace

lifecycle_step mitigation_lifecycle::on(const lifecycle_event& event,
                                        instant now) {
  if (stage_ == stage::gone)
    return {may_be_late(event), {}};
  if ((stage_ == stage::fresh) != begins(event))
    return {false, {}};
  return std::visit([&](const auto& x) { return handle(x, now); }, event);
}

lifecycle_step mitigation_lifecycle::handle(const life::accepted& x,
                                            instant now) {
  lifecycle_step out;
  stage_ = stage::live;
  immediate_ = x.immediate;
  set_lifetime(x.lifetime, now.mono);
  if (immediate_)
    begin(now, out.actions);
  else
    arm(out.actions);
  return out;
}

lifecycle_step mitigation_lifecycle::handle(const life::restored& x,
                                            instant now) {
  lifecycle_step out;
  stage_ = stage::live;
  immediate_ = x.immediate;
  status_ = x.state;
  set_lifetime(x.lifetime, now.mono);
  bool over = in({status::terminated})
              || (immediate_ && in({status::withdrawn, status::signal_loss}));
  if (over || x.lifetime == 0) {
    end(status::terminated, true, out.actions);
    return out;
  }
  if (in({status::withdrawn, status::signal_loss})
      || (!immediate_ && in({status::stopped}))) {
    arm(out.actions);
    return out;
  }
  auto before = status_;
  begin(now, out.actions);
  if (x.start != 0)
    start_ = x.start;
  if (before == status::stopped || before == status::client_withdrawn) {
    status_ = before;
    if (before == status::client_withdrawn && !ends_)
      ends_ = now.mono + terminating_period();
    out.actions.back() = act::notify{before};
  }
  return out;
}

lifecycle_step mitigation_lifecycle::handle(life::enforcement_confirmed,
                                            instant) {
  lifecycle_step out;
  if (!enforced_)
    return out;
  confirmed_ = true;
  retry_.reset();
  pause_ = seconds::zero();
  if (in({status::in_progress, status::exceeded_capability}))
    change(status::mitigated, out.actions);
  return out;
}

lifecycle_step mitigation_lifecycle::handle(life::enforcement_failed,
                                            instant now) {
  lifecycle_step out;
  if (!enforced_ || in({status::client_withdrawn}))
    return out;
  confirmed_ = false;
  if (!retry_) {
    pause_ = pause_ == seconds::zero()
                 ? settings_.retry
                 : std::min(pause_ * 2, settings_.retry_max);
    retry_ = now.mono + pause_;
  }
  if (!in({status::stopped}))
    change(status::in_progress, out.actions);
  return out;
}

lifecycle_step mitigation_lifecycle::handle(life::capability_exceeded,
                                            instant) {
  lifecycle_step out;
  if (in({status::in_progress, status::mitigated}))
    change(status::exceeded_capability, out.actions);
  return out;
}

lifecycle_step mitigation_lifecycle::handle(life::attack_stopped, instant) {
  lifecycle_step out;
  if (in({status::mitigated, status::exceeded_capability}))
    change(status::stopped, out.actions);
  return out;
}

lifecycle_step mitigation_lifecycle::handle(life::attack_resumed, instant) {
  lifecycle_step out;
  if (in({status::stopped}))
    change(confirmed_ ? status::mitigated : status::in_progress, out.actions);
  return out;
}

lifecycle_step mitigation_lifecycle::handle(life::client_withdraw,
                                            instant now) {
  lifecycle_step out;
  if (in({status::client_withdrawn}))
    return out; // a repeated DELETE does not prolong the period
  auto period = terminating_period();
  if (!enforced_ || period == seconds::zero()) {
    end(status::terminated, true, out.actions);
    return out;
  }
  ends_ = now.mono + period;
  retry_.reset();
  change(status::client_withdrawn, out.actions);
  return out;
}

lifecycle_step mitigation_lifecycle::handle(const life::re_requested& x,
                                            instant now) {
  lifecycle_step out;
  set_lifetime(x.lifetime, now.mono);
  if (!in({status::client_withdrawn}))
    return out;
  if (terminating_period() < settings_.terminating_max)
    ++doublings_;
  if (!confirmed_)
    out.actions.push_back(act::enforce{});
  change(confirmed_ ? status::mitigated : status::in_progress, out.actions);
  return out;
}

lifecycle_step mitigation_lifecycle::handle(life::lifetime_expired, instant) {
  lifecycle_step out;
  end(status::terminated, true, out.actions);
  return out;
}

lifecycle_step mitigation_lifecycle::handle(const life::server_withdraw& x,
                                            instant) {
  lifecycle_step out;
  if (x.why != withdrawal::overlap || immediate_) {
    // No terminating period: RFC 9132, Section 4.4.1.3.
    end(status::withdrawn, x.why != withdrawal::superseded, out.actions);
    return out;
  }
  if (!enforced_)
    return out; // armed, or already making way
  stop_enforcing(out.actions);
  change(status::withdrawn, out.actions);
  return out;
}

lifecycle_step mitigation_lifecycle::handle(life::signal_lost, instant now) {
  lifecycle_step out;
  if (in({status::signal_loss}))
    begin(now, out.actions);
  return out;
}

lifecycle_step mitigation_lifecycle::handle(life::status_reported, instant) {
  lifecycle_step out;
  if (!immediate_ && in({status::stopped, status::withdrawn})
      && ++reports_ >= final_reports)
    arm(out.actions);
  return out;
}

std::optional<time_point> mitigation_lifecycle::next_deadline() const {
  if (!ends_ || !retry_)
    return ends_ ? ends_ : retry_;
  return std::min(*ends_, *retry_);
}

lifecycle_step mitigation_lifecycle::on_time(instant now) {
  lifecycle_step out;
  if (ends_ && now.mono >= *ends_)
    return on(life::lifetime_expired{}, now);
  if (retry_ && now.mono >= *retry_) {
    retry_.reset();
    out.actions.push_back(act::enforce{});
  }
  return out;
}

std::int64_t mitigation_lifecycle::remaining(time_point now) const {
  if (stage_ != stage::live)
    return 0;
  if (!ends_)
    return indefinite_lifetime;
  auto left = std::chrono::ceil<seconds>(*ends_ - now);
  return std::max<std::int64_t>(left.count(), 0);
}

unix_seconds mitigation_lifecycle::expires(instant now) const {
  auto left = remaining(now.mono);
  return left == indefinite_lifetime ? -1 : now.wall + left;
}

seconds mitigation_lifecycle::terminating_period() const noexcept {
  auto period = settings_.terminating;
  for (auto i = doublings_; i > 0 && period < settings_.terminating_max; --i)
    period *= 2;
  // A first period above the cap is the operator's choice and stays.
  return std::min(period,
                  std::max(settings_.terminating, settings_.terminating_max));
}

bool mitigation_lifecycle::in(
    std::initializer_list<signal::status> states) const noexcept {
  return std::find(states.begin(), states.end(), status_) != states.end();
}

void mitigation_lifecycle::begin(instant now, actions& out) {
  enforced_ = true;
  confirmed_ = false;
  pause_ = seconds::zero();
  start_ = now.wall;
  out.push_back(act::enforce{});
  status_ = status::in_progress;
  out.push_back(act::notify{status_});
}

void mitigation_lifecycle::arm(actions& out) {
  stop_enforcing(out);
  start_.reset();
  status_ = status::signal_loss;
  out.push_back(act::notify{status_});
}

void mitigation_lifecycle::set_lifetime(std::int64_t lifetime, time_point now) {
  if (lifetime == indefinite_lifetime)
    ends_.reset();
  else
    ends_ = now + seconds{std::clamp<std::int64_t>(lifetime, 0, 0xffffffff)};
}

void mitigation_lifecycle::change(signal::status to, actions& out) {
  if (status_ == to)
    return;
  status_ = to;
  reports_ = 0;
  out.push_back(act::notify{to});
}

void mitigation_lifecycle::end(signal::status last, bool report, actions& out) {
  stop_enforcing(out);
  stage_ = stage::gone;
  ends_.reset();
  status_ = last;
  if (report)
    out.push_back(act::notify{last});
  out.push_back(act::remove{});
}

void mitigation_lifecycle::stop_enforcing(actions& out) {
  retry_.reset();
  if (!enforced_)
    return;
  enforced_ = false;
  confirmed_ = false;
  out.push_back(act::withdraw_enforcement{});
}

} // namespace tocsin::protocol::signal
