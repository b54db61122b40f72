// MITIGATION: mitigators that failed while others did not.
#include "actors/mitigation.hpp"

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

/// The life cycle tries again what nobody has in force. What failed at one
/// mitigator while another does its part, helps, or has declared the attack too
/// strong, it does not know of: that is tried again here, after the same
/// pauses. Else a driver that had no room for a moment would be without the
/// rule for as long as the mitigation lives, and who was called in its place
/// could not be let go.
void mitigation_state::plan_repair() {
  bool whole = true, failed = false, active = false;
  for (const auto& [_, site] : sites_) {
    if (!wanted(site))
      continue;
    auto state = progress_of(site);
    whole &= state == progress::active;
    active |= state == progress::active;
    failed |= state == progress::failed;
  }
  bool ours = active || is_helped()
              || life_.status() == sig::status::exceeded_capability;
  if (!life_.enforced() || whole) {
    repair_due_.reset();
    repair_pause_ = std::chrono::seconds{0};
  } else if (!ours) {
    repair_due_.reset();
  } else if (failed && !repair_due_) {
    const auto& limits = setup_.life;
    repair_pause_ = repair_pause_.count() == 0
                        ? limits.retry
                        : std::min(2 * repair_pause_, limits.retry_max);
    repair_due_ = self_->clock().now() + repair_pause_;
    arm();
  }
}

/// Rules that are in force, or about to be, are left alone.
void mitigation_state::repair() {
  repair_due_.reset();
  if (life_.enforced() && life_.status() != sig::status::client_withdrawn)
    enforce();
}

} // namespace tocsin::actors
