#pragma once
#include <caf/all.hpp>

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tocsin::actors {

/// The execution unit of actors that live on a reactor's thread (SESSION,
/// HEARTBEAT): a datagram costs them no thread hop, yet they stay isolated and
/// exchange messages like any other actor.
///
/// Actors call exec_later() from any thread; the reactor calls run() once a
/// turn. While they run, such actors see a second unit which sends all others
/// to the scheduler: with this one as context they would drag pool actors onto
/// the reactor's thread.
class home final : public caf::execution_unit {
public:
  /// `wake` makes the reactor's thread call run() soon; any thread may call it.
  home(caf::actor_system& system, std::function<void()> wake);

  ~home() override;

  /// Queues an actor that has mail. Any thread.
  void exec_later(caf::resumable* job) override;

  /// Runs what has mail until nothing is left, or `budget` turns were taken.
  /// Returns false if work is left. The reactor's thread only.
  bool run(std::size_t budget);

private:
  class outward final : public caf::execution_unit {
  public:
    using caf::execution_unit::execution_unit;
    void exec_later(caf::resumable* job) override;
  };

  void take_foreign();

  outward context_;
  std::function<void()> wake_;
  std::deque<caf::resumable*> local_;
  std::mutex guard_;
  std::vector<caf::resumable*> foreign_;
  std::vector<caf::resumable*> spare_;
  std::atomic<std::thread::id> thread_;
};

/// Mixin for a typed actor which lives on a home. A null home means the
/// scheduler, as in tests under virtual time. Spawn with caf::lazy_init, so
/// that its first resume happens at home, too.
template <class Base>
class pinned : public Base {
public:
  pinned(caf::actor_config& cfg, home* where) : Base{cfg}, home_{where} {}

  using Base::enqueue;

  void enqueue(caf::mailbox_element_ptr mail,
               caf::execution_unit* unit) override {
    Base::enqueue(std::move(mail), home_ != nullptr ? home_ : unit);
  }

protected:
  home* where() const noexcept { return home_; }

private:
  home* home_;
};

} // namespace tocsin::actors
