#pragma once
#include "actors/messages.hpp"

#include <optional>

namespace tocsin::actors {

/// One deadline of an actor's machine as delayed messages. CAF 0.17 cannot
/// cancel a delayed message, so a deadline that moves back keeps the old one
/// pending, which on arrival finds nothing due and is set anew: a mitigation
/// refreshed a thousand times holds one pending message, not a thousand.
class alarm {
public:
  /// Makes sure that `self` gets (tick, generation) at `due` or before.
  template <class Self>
  void set(Self* self, std::optional<time_point> due) {
    if (!due || (pending_ && *pending_ <= *due))
      return;
    pending_ = due;
    self->scheduled_send(self, *due, atom::tick_v, ++generation_);
  }

  /// Whether this tick is the newest; a newer one is still to come otherwise.
  bool rang(std::uint64_t generation) {
    if (generation != generation_)
      return false;
    pending_.reset();
    return true;
  }

private:
  std::optional<time_point> pending_;
  std::uint64_t generation_ = 0;
};

} // namespace tocsin::actors
