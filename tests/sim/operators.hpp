#pragma once
#include "tests/sim/world.hpp"

#include <deque>
#include <functional>

namespace tocsin::sim {

/// The actor in whose name nodes are asked, and who hears their answers. One
/// for a run; `end()` it before its world ends.
class operators {
public:
  /// What is done within the actor: a request, and what its answer is for.
  using inquiry = std::function<void(caf::event_based_actor*)>;

  explicit operators(world& in) : world_{in} {
    actor_ = world_.system().spawn(
        [this](caf::event_based_actor* self) -> caf::behavior {
          return {[this, self](atom::tick) {
            auto next = std::move(inquiries_.front());
            inquiries_.pop_front();
            next(self);
          }};
        });
  }

  void ask(inquiry what) {
    inquiries_.push_back(std::move(what));
    caf::anon_send(actor_, atom::tick_v);
  }

  void end() { world_.kill(actor_); }

private:
  world& world_;
  caf::actor actor_;
  std::deque<inquiry> inquiries_;
};

} // namespace tocsin::sim
