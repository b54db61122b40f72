#include "protocol/signal/session_config.hpp"

#include <algorithm>
#include <string>

namespace tocsin::protocol::signal {

namespace {

using std::chrono::seconds;

/// One of the six parameters: where it stands in a body, in the values and in
/// the policy.
struct parameter {
  const char* name;
  std::optional<setting> config_set::*on_wire;
  value_range config_policy::*range;
  bool unreliable_only;              ///< means nothing over TCP
  std::uint32_t session_values::*at; ///< null: the heartbeat interval

  std::uint32_t get(const session_values& x) const {
    return at ? x.*at
              : static_cast<std::uint32_t>(x.heartbeat_interval.count());
  }
  void set(session_values& x, std::uint32_t value) const {
    if (at)
      x.*at = value;
    else
      x.heartbeat_interval = seconds{value};
  }
  /// Heartbeats may always be turned off.
  bool acceptable(std::uint32_t value, const config_policy& policy) const {
    return (policy.*range).contains(value) || (!at && value == 0);
  }
};

constexpr parameter parameters[]{
    {"heartbeat-interval", &config_set::heartbeat_interval,
     &config_policy::heartbeat_interval, false, nullptr},
    {"missing-hb-allowed", &config_set::missing_hb_allowed,
     &config_policy::missing_hb_allowed, true,
     &session_values::missing_hb_allowed},
    {"probing-rate", &config_set::probing_rate, &config_policy::probing_rate,
     false, &session_values::probing_rate},
    {"max-retransmit", &config_set::max_retransmit,
     &config_policy::max_retransmit, true, &session_values::max_retransmit},
    {"ack-timeout", &config_set::ack_timeout, &config_policy::ack_timeout, true,
     &session_values::ack_timeout},
    {"ack-random-factor", &config_set::ack_random_factor,
     &config_policy::ack_random_factor, true,
     &session_values::ack_random_factor},
};

config_set to_set(const session_values& x, bool reliable) {
  config_set out;
  for (const auto& p : parameters)
    if (!reliable || !p.unreliable_only)
      (out.*p.on_wire).emplace().current = p.get(x);
  return out;
}

void merge(session_values& into, const std::optional<config_set>& x) {
  if (!x)
    return;
  for (const auto& p : parameters)
    if (const auto& given = (*x).*p.on_wire; given && given->current)
      p.set(into, *given->current);
}

void add_ranges(config_set& out, const config_policy& policy) {
  for (const auto& p : parameters)
    if (auto& x = out.*p.on_wire) {
      x->min = (policy.*p.range).min;
      x->max = (policy.*p.range).max;
    }
}

failure refuse(const parameter& p, std::uint32_t value,
               const config_policy& policy) {
  const auto& range = policy.*p.range;
  std::string unit = p.at == &session_values::ack_timeout
                             || p.at == &session_values::ack_random_factor
                         ? " hundredths"
                         : "";
  return fail(ec::unacceptable, p.name,
              std::to_string(value) + " is outside " + std::to_string(range.min)
                  + " to " + std::to_string(range.max) + unit
                  + (p.at ? "" : ", and not 0"));
}

/// Judges one set, and counts its parameters.
result<std::size_t> check(const std::optional<config_set>& x,
                          const config_policy& policy, bool reliable) {
  std::size_t count = 0;
  if (!x)
    return count;
  for (const auto& p : parameters) {
    const auto& given = (*x).*p.on_wire;
    if (!given)
      continue;
    ++count;
    if (!given->current)
      return fail(ec::missing, p.name, "it has no current value");
    if (reliable && p.unreliable_only)
      continue;
    if (!p.acceptable(*given->current, policy))
      return refuse(p, *given->current, policy);
  }
  return count;
}

} // namespace

heartbeat_settings heartbeats_of(const session_values& x) noexcept {
  return {x.heartbeat_interval, x.missing_hb_allowed};
}

session_values clamped(session_values x, const config_policy& policy) noexcept {
  for (const auto& p : parameters) {
    auto value = p.get(x);
    const auto& range = policy.*p.range;
    if (!p.acceptable(value, policy))
      p.set(x, std::max(range.min, std::min(value, range.max)));
  }
  return x;
}

signal_config to_config(const session_sets& x, bool reliable) {
  return {to_set(x.mitigating, reliable), to_set(x.idle, reliable)};
}

session_sets merged(const session_sets& base, const signal_config& x) {
  auto out = base;
  merge(out.mitigating, x.mitigating);
  merge(out.idle, x.idle);
  return out;
}

config_server::config_server(config_policy policy, bool reliable)
    : policy_{std::move(policy)}, reliable_{reliable}, sets_{defaults()} {}

result<config_outcome> config_server::put(std::uint32_t sid,
                                          const signal_config& given) {
  if (last_sid_ && sid < *last_sid_)
    return fail(ec::out_of_range, "sid",
                "it is lower than " + std::to_string(*last_sid_));
  auto values = checked(given);
  if (!values)
    return values.error();
  bool known = negotiated_ && last_sid_ == sid;
  sets_ = *values;
  last_sid_ = sid;
  negotiated_ = true;
  return known ? config_outcome::changed : config_outcome::created;
}

/// The values after `given`: those it does not name are the defaults, also
/// when its sid is known, since a PUT replaces what was there.
result<session_sets> config_server::checked(const signal_config& given) const {
  std::size_t count = 0;
  for (const auto* set : {&given.mitigating, &given.idle}) {
    auto n = check(*set, policy_, reliable_);
    if (!n)
      return n.error();
    count += *n;
  }
  if (count == 0)
    return fail(ec::missing, "signal-config", "it has no parameter");
  auto out = merged(defaults(), given);
  if (!reliable_)
    return out;
  auto usual = defaults();
  for (const auto& p : parameters)
    if (p.unreliable_only) {
      p.set(out.mitigating, p.get(usual.mitigating));
      p.set(out.idle, p.get(usual.idle));
    }
  return out;
}

std::optional<signal_config>
config_server::describe(std::optional<std::uint32_t> sid) const {
  if (sid && (!negotiated_ || last_sid_ != sid))
    return std::nullopt;
  auto out = to_config(sets_, reliable_);
  if (!sid) {
    add_ranges(*out.mitigating, policy_);
    add_ranges(*out.idle, policy_);
  }
  return out;
}

bool config_server::remove(std::optional<std::uint32_t> sid) {
  if (!sid)
    last_sid_.reset();
  else if (last_sid_ != sid)
    return false;
  negotiated_ = false;
  auto before = sets_;
  sets_ = defaults();
  return before != sets_;
}

std::optional<std::uint32_t> config_server::sid() const noexcept {
  return negotiated_ ? last_sid_ : std::nullopt;
}

std::uint32_t config_server::max_age() const noexcept {
  return std::max<std::uint32_t>(policy_.max_age, 1);
}

std::optional<config_record> config_server::stored() const {
  if (!last_sid_)
    return std::nullopt;
  return config_record{*last_sid_, negotiated_, sets_};
}

void config_server::restore(const config_record& x) {
  last_sid_ = x.last_sid;
  negotiated_ = x.negotiated;
  sets_ = negotiated_ ? session_sets{clamped(x.sets.mitigating, policy_),
                                     clamped(x.sets.idle, policy_)}
                      : defaults();
}

session_sets config_server::defaults() const noexcept {
  return {policy_.defaults, policy_.defaults};
}

} // namespace tocsin::protocol::signal
