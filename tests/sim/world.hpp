#pragma once
#include "actors/messages.hpp"
#include "tests/sim/dice.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace tocsin::sim {

/// Virtual time, the actors that live in it, what is to happen outside of
/// them, and the record of what happened. Everything runs on the caller's
/// thread in an order which the seed alone decides.
class world {
public:
  using action = std::function<void()>;

  /// `trace`: where the record is printed to, or null. Its hash is kept
  /// either way.
  world(std::uint64_t seed, std::ostream* trace);
  ~world();

  world(const world&) = delete;
  world& operator=(const world&) = delete;

  caf::actor_system& system() { return system_; }
  time_point now() { return scheduler_.clock().now(); }
  /// Since the run began.
  duration elapsed() { return now() - born_; }
  actors::epoch clock() const { return {born_, wall_at_start}; }

  /// Draws of the network and of timing; plans have dice of their own.
  dice& chance() { return chance_; }

  void at(time_point when, action what);
  void after(duration pause, action what) {
    at(now() + pause, std::move(what));
  }

  /// Runs everything up to `until`; false if the actors do not come to rest.
  bool run_until(time_point until);

  /// Ends an actor at once, as the end of its process would.
  void kill(const caf::actor& who);

  /// Adds a line to the record.
  void note(const std::string& line);
  /// As part of the record, but cheaper: a line for the trace and numbers that
  /// stand for it.
  void print(const std::string& line);
  void stir(std::uint64_t x) { hash_ = (hash_ ^ x) * 0x100000001B3u; }
  bool tracing() const { return trace_ != nullptr; }
  std::uint64_t trace_hash() const { return hash_; }

  /// An invariant does not hold.
  void violate(const std::string& what);
  const std::vector<std::string>& violations() const { return violations_; }

private:
  struct config : actors::system_config {
    config() { set("scheduler.policy", caf::atom("testing")); }
  };

  static constexpr unix_seconds wall_at_start = 1'800'000'000;

  bool settle();

  config config_;
  caf::actor_system system_{config_};
  caf::scheduler::test_coordinator& scheduler_ =
      dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  time_point born_;
  dice chance_;
  std::multimap<time_point, action> agenda_;
  std::ostream* trace_;
  std::uint64_t hash_ = 0xCBF29CE484222325u;
  std::vector<std::string> violations_;
};

/// "1234.567 s", for records and reports.
std::string to_text(duration x);

} // namespace tocsin::sim
