#include "protocol/siblings/link.hpp"

#include <algorithm>

namespace tocsin::protocol::siblings {

result<void> judge(const greeting& theirs, std::string_view own,
                   std::string_view expected) {
  if (theirs.version != wire_version)
    return fail(ec::unsupported, "siblings",
                "node '" + theirs.name + "' (" + theirs.program
                    + ") speaks version " + std::to_string(theirs.version)
                    + " of what siblings say, this node version "
                    + std::to_string(wire_version)
                    + "; run releases that speak the same on both");
  if (theirs.name == own)
    return fail(ec::unacceptable, "siblings",
                "the other node has the name of this one, '" + theirs.name
                    + "'; give each its own 'name' in [node]");
  if (theirs.name != expected)
    return fail(ec::unacceptable, "siblings",
                "the other node calls itself '" + theirs.name + "', not '"
                    + std::string{expected}
                    + "'; correct 'name' or 'address' of the "
                      "[[siblings.peer]]");
  return {};
}

std::string_view to_string(link::state x) noexcept {
  switch (x) {
  case link::state::down:
    return "down";
  case link::state::calling:
    return "calling";
  case link::state::greeting:
    return "greeting";
  case link::state::up:
    return "up";
  case link::state::late:
    return "late";
  }
  return "down";
}

link::link(bool calls, time_point now)
    : calls_{calls}, since_{now},
      reason_{calls ? "not called yet" : "it has not called yet"}, due_{now} {}

void link::enter(state next, time_point now) {
  if (next == state_)
    return;
  // For an operator, calling again is still being down.
  bool was_joined = joined();
  state_ = next;
  if (joined() || was_joined)
    since_ = now;
}

void link::go_down(std::string why, time_point now) {
  enter(state::down, now);
  reason_ = std::move(why);
  waiting_ = false;
  unanswered_ = 0;
  due_ = now + pause_;
  pause_ = std::min<std::chrono::milliseconds>(2 * pause_, longest_pause);
}

ping link::next_ping(time_point now) {
  waiting_ = true;
  silent_since_ = now;
  asked_since_ = 0;
  return {++number_};
}

std::optional<time_point> link::next_deadline() const {
  switch (state_) {
  case state::down:
    return calls_ ? std::optional{due_} : std::nullopt;
  case state::calling:
  case state::greeting:
    return due_;
  case state::up:
    return waiting_ ? silent_since_ + late_after : due_;
  case state::late:
    return silent_since_ + lost_after;
  }
  return std::nullopt;
}

std::vector<link_action> link::on_time(time_point now) {
  auto due = next_deadline();
  if (!due || now < *due)
    return {};
  switch (state_) {
  case state::down:
    enter(state::calling, now);
    due_ = now + call_patience;
    return {call{}};
  case state::calling:
  case state::greeting:
    go_down(state_ == state::calling ? "it cannot be reached"
                                     : "it takes the call and says nothing",
            now);
    return {hang_up{reason_}};
  case state::up:
    if (waiting_) {
      enter(state::late, now);
      reason_ = "it does not answer in time";
      return {};
    }
    return {next_ping(now)};
  case state::late:
    go_down("it has said nothing for " + std::to_string(lost_after.count())
                + " s",
            now);
    return {hang_up{reason_}};
  }
  return {};
}

std::vector<link_action> link::on_reached(time_point now) {
  if (state_ != state::calling)
    return {};
  enter(state::greeting, now);
  due_ = now + call_patience;
  return {greet{}};
}

void link::on_failed(std::string why, bool refused, time_point now) {
  if (state_ != state::calling && state_ != state::greeting)
    return;
  if (refused)
    pause_ = longest_pause;
  go_down(std::move(why), now);
}

void link::on_greeted(time_point now) {
  enter(state::up, now);
  since_ = now;
  reason_.clear();
  waiting_ = false;
  unanswered_ = 0;
  due_ = now;
  pause_ = first_pause;
}

void link::on_heard(std::uint64_t number, time_point now) {
  if (!joined() || number != number_ || !waiting_)
    return;
  waiting_ = false;
  // What was asked before the ping is answered, or never will be.
  unanswered_ = std::min(unanswered_, asked_since_);
  due_ = std::max(silent_since_ + ping_interval, now);
  if (state_ == state::late)
    enter(state::up, now);
  reason_.clear();
}

void link::on_lost(std::string why, time_point now) {
  if (!joined())
    return;
  go_down(std::move(why), now);
}

bool link::ask(time_point) {
  if (state_ != state::up || unanswered_ >= max_unanswered)
    return false;
  ++unanswered_;
  ++asked_since_;
  return true;
}

void link::on_answered(time_point) {
  if (unanswered_ > 0)
    --unanswered_;
}

/// It waits in the connection all the same, so it still counts there. The next
/// requests do not wait until the sibling is heard again.
std::vector<link_action> link::on_unanswered(time_point now) {
  ++missed_;
  if (state_ != state::up)
    return {};
  enter(state::late, now);
  reason_ = "it does not answer in time";
  if (waiting_)
    return {};
  return {next_ping(now)};
}

} // namespace tocsin::protocol::siblings
