#pragma once
#include "tests/sim/ledger.hpp"
#include "tests/sim/node.hpp"
#include "tests/sim/plan.hpp"
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

  using answered = std::function<void(const actors::mitigation_view&)>;

  // As operators of one node do, who find it down at times. Who hears no answer
  // hears nothing: his node has ended.

  /// `acknowledged` hears of the mid.
  void order(const node& at, const order_plan& x, answered acknowledged);
  void withdraw(const node& at, std::uint32_t mid);
  /// Says how well it works, which chance decides, and writes that down.
  void report(const node& at, const ledger::name& which, ledger& book);
  /// Ends it, or it crashes, and starts it again.
  void take_down(node& who, time_point from, time_point until, bool orderly);

  void end() { world_.kill(actor_); }

private:
  world& world_;
  caf::actor actor_;
  std::deque<inquiry> inquiries_;
};

} // namespace tocsin::sim
