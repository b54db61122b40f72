#include "tests/sim/world.hpp"

#include <spdlog/fmt/fmt.h>

namespace tocsin::sim {

namespace {

/// Messages at one moment of time beyond which the actors do not come to rest.
constexpr std::size_t restless = 200'000;

/// More would only hide the first.
constexpr std::size_t max_violations = 20;

} // namespace

world::world(std::uint64_t seed, std::ostream* trace)
    : born_{scheduler_.clock().now()}, chance_{seed}, trace_{trace} {}

world::~world() {
  agenda_.clear();
}

void world::at(time_point when, action what) {
  agenda_.emplace(std::max(when, now()), std::move(what));
}

bool world::settle() {
  for (std::size_t i = 0; scheduler_.has_job(); ++i) {
    if (i == restless) {
      auto* next = dynamic_cast<caf::local_actor*>(scheduler_.jobs.front());
      violate("the actors do not come to rest; the next of them: "
              + std::string{next != nullptr ? next->name() : "unknown"});
      return false;
    }
    scheduler_.run_once();
  }
  return true;
}

bool world::run_until(time_point until) {
  auto& clock = scheduler_.clock();
  if (!settle())
    return false;
  for (std::size_t idle = 0;;) {
    auto next = time_point::max();
    if (!agenda_.empty())
      next = agenda_.begin()->first;
    bool timer =
        clock.has_pending_timeout() && clock.schedule().begin()->first < next;
    if (timer)
      next = clock.schedule().begin()->first;
    if (next > until)
      break;
    idle = next > clock.current_time ? 0 : idle + 1;
    if (idle == restless) {
      violate("time does not go on");
      return false;
    }
    clock.current_time = std::max(clock.current_time, next);
    if (timer) {
      clock.trigger_timeout();
    } else {
      auto what = std::move(agenda_.begin()->second);
      agenda_.erase(agenda_.begin());
      what();
    }
    if (!settle())
      return false;
  }
  clock.current_time = std::max(clock.current_time, until);
  return true;
}

void world::kill(const caf::actor& who) {
  caf::anon_send_exit(who, caf::exit_reason::kill);
}

void world::note(const std::string& line) {
  stir(static_cast<std::uint64_t>(elapsed().count()));
  for (auto c : line)
    stir(static_cast<std::uint8_t>(c));
  print(line);
}

void world::print(const std::string& line) {
  if (trace_ != nullptr)
    *trace_ << to_text(elapsed()) << ' ' << line << '\n';
}

void world::violate(const std::string& what) {
  note("VIOLATED: " + what);
  if (violations_.size() < max_violations)
    violations_.push_back("at " + to_text(elapsed()) + ": " + what);
}

std::string to_text(duration x) {
  using namespace std::chrono;
  return fmt::format("{:.3f} s",
                     static_cast<double>(duration_cast<microseconds>(x).count())
                         / 1e6);
}

} // namespace tocsin::sim
