#pragma once
#include "actors/interfaces.hpp"

#include <caf/scheduler/test_coordinator.hpp>
#include <gtest/gtest.h>

namespace tocsin::test {

/// Runs actors on the test's own thread under virtual time.
class actor_fixture : public ::testing::Test {
protected:
  struct config : actors::system_config {
    config() { set("scheduler.policy", caf::atom("testing")); }
  };

  /// ~actor_system would wait for the living and spin on re-armed timers.
  ~actor_fixture() override {
    for (auto& handle : spawned)
      self->send_exit(handle, caf::exit_reason::kill);
    sched.run();
  }

  template <class Impl, class... Ts>
  auto spawn(Impl impl, Ts&&... xs) {
    auto handle = sys.spawn(std::move(impl), std::forward<Ts>(xs)...);
    spawned.push_back(caf::actor_cast<caf::actor>(handle));
    sched.run();
    return handle;
  }

  /// In small steps: one big jump would fire a periodic timer once.
  void advance(std::chrono::milliseconds total) {
    constexpr std::chrono::milliseconds step{100};
    for (; total.count() > 0; total -= step) {
      sched.advance_time(std::min(step, total));
      sched.run();
    }
  }

  /// Sends a request and runs everything until its answer is there.
  template <class T, class Handle, class... Ts>
  result<T> ask(const Handle& to, Ts&&... xs) {
    result<T> answer = fail(ec::timeout, "test", "no answer");
    auto pending =
        self->request(to, std::chrono::seconds{86400}, std::forward<Ts>(xs)...);
    sched.run();
    if (self->mailbox().empty())
      return answer;
    pending.receive(
        [&](T& x) { answer = std::move(x); },
        [&](const caf::error& why) { answer = actors::to_failure(why); });
    return answer;
  }

  time_point now() { return sched.clock().now(); }

  actors::epoch clock() { return {now(), 1'700'000'000}; }

  config cfg;
  caf::actor_system sys{cfg};
  caf::scheduler::test_coordinator& sched =
      dynamic_cast<caf::scheduler::test_coordinator&>(sys.scheduler());
  caf::scoped_actor self{sys, true};
  std::vector<caf::actor> spawned;
};

} // namespace tocsin::test
