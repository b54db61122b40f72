#include "protocol/signal/escalation.hpp"

#include <algorithm>

namespace tocsin::protocol::signal {

std::string_view to_string(escalation_reason x) noexcept {
  switch (x) {
  case escalation_reason::by_operator:
    return "by order of the operator";
  case escalation_reason::failed:
    return "those who are asked first have failed";
  case escalation_reason::overloaded:
    return "a mitigator is overloaded";
  case escalation_reason::attack_size:
    return "the attack is larger than configured";
  case escalation_reason::inefficacy:
    return "the client is still under attack";
  }
  return {};
}

void escalation::on_operator(bool call, time_point now) {
  held(escalation_reason::by_operator) = call;
  if (!call && !reason()) {
    called_ = false;
    quiet_.reset();
  }
  settle(now);
}

void escalation::on_failure(bool failed, time_point now) {
  failed_ = failed;
  on_time(now);
}

void escalation::on_unreachable(bool unreachable, time_point now) {
  if (!unreachable)
    unreachable_.reset();
  else if (!unreachable_)
    unreachable_ = now;
  on_time(now);
}

void escalation::on_overload(bool overloaded, time_point now) {
  held(escalation_reason::overloaded) = settings_.when_overloaded && overloaded;
  settle(now);
}

void escalation::on_rate(std::uint64_t bytes, std::uint64_t packets,
                         time_point now) {
  auto exceeds = [](std::uint64_t rate, std::uint64_t limit) {
    return limit != 0 && rate > limit;
  };
  held(escalation_reason::attack_size) =
      exceeds(bytes, settings_.above)
      || exceeds(packets, settings_.above_packets);
  settle(now);
}

void escalation::on_efficacy(attack_status x, time_point now) {
  if (x != attack_status::under_attack)
    under_attack_.reset();
  else if (!under_attack_)
    under_attack_ = now;
  on_time(now);
}

void escalation::on_needed(bool needed, time_point now) {
  needed_ = needed;
  settle(now);
}

void escalation::on_time(time_point now) {
  bool lost =
      unreachable_ && now >= *unreachable_ + settings_.unreachable_after;
  held(escalation_reason::failed) = settings_.when_failed && (failed_ || lost);
  held(escalation_reason::inefficacy) =
      under_attack_ && settings_.ineffective_after.count() != 0
      && now >= *under_attack_ + settings_.ineffective_after;
  settle(now);
}

void escalation::reset() {
  *this = escalation{settings_};
}

std::optional<escalation_reason> escalation::reason() const noexcept {
  auto first = std::ranges::find(reasons_, true);
  if (first == reasons_.end())
    return {};
  return static_cast<escalation_reason>(first - reasons_.begin());
}

std::optional<time_point> escalation::next_deadline() const noexcept {
  std::optional<time_point> due;
  auto consider = [&due](time_point t) {
    if (!due || t < *due)
      due = t;
  };
  if (under_attack_ && settings_.ineffective_after.count() != 0
      && !held(escalation_reason::inefficacy))
    consider(*under_attack_ + settings_.ineffective_after);
  if (unreachable_ && settings_.when_failed && !held(escalation_reason::failed))
    consider(*unreachable_ + settings_.unreachable_after);
  if (quiet_)
    consider(*quiet_ + settings_.hold);
  return due;
}

void escalation::settle(time_point now) {
  if (reason() || (called_ && needed_)) {
    called_ = true;
    quiet_.reset();
  } else if (called_ && !quiet_) {
    quiet_ = now;
  }
  if (quiet_ && now >= *quiet_ + settings_.hold) {
    called_ = false;
    quiet_.reset();
  }
}

} // namespace tocsin::protocol::signal
