#include "protocol/signal/config_client.hpp"

#include <algorithm>

namespace tocsin::protocol::signal {

namespace {

using std::chrono::seconds;

/// The server's range within which a wish has to move. A range of which one
/// end is missing, or that is upside down, does not bind.
void narrow(value_range& range, const std::optional<setting>& told) {
  if (told && told->min && told->max && *told->min <= *told->max)
    range = {*told->min, *told->max};
}

config_policy ranges_of(const std::optional<config_set>& told) {
  constexpr std::uint32_t most = 0xffff * 100;
  config_policy out;
  for (auto range :
       {&config_policy::heartbeat_interval, &config_policy::missing_hb_allowed,
        &config_policy::probing_rate, &config_policy::max_retransmit,
        &config_policy::ack_timeout, &config_policy::ack_random_factor})
    out.*range = {0, most};
  if (!told)
    return out;
  narrow(out.heartbeat_interval, told->heartbeat_interval);
  narrow(out.missing_hb_allowed, told->missing_hb_allowed);
  narrow(out.probing_rate, told->probing_rate);
  narrow(out.max_retransmit, told->max_retransmit);
  narrow(out.ack_timeout, told->ack_timeout);
  narrow(out.ack_random_factor, told->ack_random_factor);
  return out;
}

session_sets clamped(const session_sets& x, const config_policy& mitigating,
                     const config_policy& idle) {
  return {clamped(x.mitigating, mitigating), clamped(x.idle, idle)};
}

/// How long before the end of its Max-Age a configuration is read again: time
/// for all copies of a request on a slow link, 45 s with defaults.
seconds refresh_in(std::optional<std::uint32_t> max_age) {
  if (!max_age || *max_age == 0)
    return default_refresh;
  auto margin = std::clamp<std::uint32_t>(*max_age / 4, 1, 60);
  return seconds{std::max<std::uint32_t>(*max_age - margin, 1)};
}

bool is_success(response_code x) {
  return static_cast<unsigned>(x) < 0x80;
}
bool is_server_error(response_code x) {
  return static_cast<unsigned>(x) >= 0xA0;
}

} // namespace

config_client::config_client(config_client_settings settings,
                             std::uint32_t next_sid)
    : settings_{std::move(settings)}, next_sid_{next_sid},
      effective_{settings_.acceptable.defaults, settings_.acceptable.defaults} {
}

config_step config_client::start(bool boot, time_point) {
  stop();
  auto usual = settings_.acceptable.defaults;
  auto before = effective_;
  effective_ = {usual, usual};
  auto out = boot ? send(stage::reset, config_request::reset{}) : next();
  out.changed = before != effective_;
  return out;
}

config_step config_client::renegotiate(std::optional<session_sets> wish,
                                       time_point) {
  settings_.wish = std::move(wish);
  if (stage_ == stage::idle)
    return {}; // for the session to come
  pause_ = seconds::zero();
  was_reset_ = false;
  return next();
}

void config_client::stop() noexcept {
  stage_ = stage::idle;
  waiting_ = clamping_ = clamped_ = was_reset_ = false;
  due_.reset();
  sid_.reset();
  pause_ = seconds::zero();
}

/// A negotiation from its beginning.
config_step config_client::next() {
  clamping_ = clamped_ = false;
  offer_ = settings_.wish;
  return offer_ ? send_put() : send(stage::ask, config_request::get{});
}

config_step config_client::send_put() {
  if (next_sid_ == 0xFFFFFFFF) // the last one there is: begin anew
    return next_sid_ = 0, send(stage::reset, config_request::reset{});
  return send(
      stage::put,
      config_request::put{next_sid_++, to_config(*offer_, settings_.reliable)});
}

config_step config_client::send(stage to, config_send what) {
  stage_ = to;
  waiting_ = true;
  due_.reset();
  config_step out;
  out.send = std::move(what);
  return out;
}

config_step config_client::failed(std::string why) {
  stage_ = stage::settled;
  clamping_ = false;
  due_.reset();
  config_step out;
  out.alert = std::move(why);
  return out;
}

config_step config_client::later(std::optional<std::uint32_t> max_age,
                                 time_point now) {
  pause_ = pause_ == seconds::zero()
               ? settings_.retry
               : std::min(pause_ * 2, settings_.retry_max);
  auto wait = pause_;
  if (max_age)
    wait = std::clamp(seconds{*max_age}, settings_.retry, settings_.retry_max);
  due_ = now + wait;
  return {};
}

/// What was not answered, once more.
config_step config_client::repeat() {
  switch (stage_) {
  case stage::reset:
    return send(stage::reset, config_request::reset{});
  case stage::put:
    return send_put();
  case stage::ask:
    return send(stage::ask, config_request::get{});
  case stage::settled:
  case stage::refresh:
    return send(stage::refresh, config_request::get{sid_});
  case stage::idle:
    break;
  }
  return {};
}

config_step config_client::on_answer(const config_answer& x, time_point now) {
  if (!waiting_)
    return {};
  waiting_ = false;
  if (is_server_error(x.code))
    return later(
        x.code == response_code::unavailable ? x.max_age : std::nullopt, now);
  pause_ = seconds::zero();
  return is_success(x.code) ? on_success(x, now) : on_refusal(x, now);
}

config_step config_client::on_silence(time_point now) {
  if (!waiting_)
    return {};
  waiting_ = false;
  return later(std::nullopt, now);
}

config_step config_client::on_success(const config_answer& x, time_point now) {
  if (stage_ == stage::reset)
    return next();
  if (stage_ == stage::put) {
    sid_ = next_sid_ - 1;
    was_reset_ = false;
    settle(x.max_age, now);
    return adopt(*offer_);
  }
  if (!x.content)
    return stage_ == stage::ask ? failed("the server's configuration is empty")
                                : later(std::nullopt, now);
  if (clamping_) {
    clamping_ = false;
    offer_ = clamped(*offer_, ranges_of(x.content->mitigating),
                     ranges_of(x.content->idle));
    return send_put();
  }
  if (sid_ || x.max_age)
    settle(x.max_age, now);
  stage_ = stage::settled;
  return adopt(merged(effective_, *x.content));
}

config_step config_client::on_refusal(const config_answer& x, time_point) {
  auto code = to_string(x.code);
  switch (stage_) {
  case stage::reset: // a server without it: go on with what we want
    return next();
  case stage::put:
    if (x.code == response_code::unprocessable && !clamped_) {
      clamped_ = clamping_ = true;
      return send(stage::ask, config_request::get{});
    }
    if (x.code == response_code::unprocessable || was_reset_)
      return failed("the server refused the session configuration, " + code);
    was_reset_ = true; // it may hold a higher sid than we know of
    return send(stage::reset, config_request::reset{});
  case stage::refresh: // it has forgotten us
    sid_.reset();
    return next();
  case stage::ask:
  case stage::settled:
  case stage::idle:
    break;
  }
  return failed("the server does not tell its configuration, " + code);
}

config_step config_client::adopt(session_sets values) {
  const auto& limits = settings_.acceptable;
  values = clamped(values, limits, limits);
  config_step out;
  out.changed = values != effective_;
  effective_ = values;
  return out;
}

void config_client::settle(std::optional<std::uint32_t> max_age,
                           time_point now) {
  stage_ = stage::settled;
  due_.reset();
  if (max_age != never_expires)
    due_ = now + refresh_in(max_age);
}

std::optional<time_point> config_client::next_deadline() const {
  bool refresh = stage_ == stage::settled || stage_ == stage::refresh;
  return waiting_ || (refresh && under_attack_) ? std::nullopt : due_;
}

config_step config_client::on_time(time_point now) {
  auto due = next_deadline();
  return due && now >= *due ? repeat() : config_step{};
}

} // namespace tocsin::protocol::signal
