#pragma once

namespace tocsin::sim {

/// What the scripts of operators make use of. A part of the agent that is not
/// there yet is switched off here, in one place.
struct features {
  bool loss_of_signal = false; ///< orders with trigger-mitigation false
  bool efficacy = false;       ///< reports of how well a mitigation works
  bool superseding = false;    ///< a client's later order overlaps an earlier
  bool conflicts = false;      ///< two clients want the same addresses
  bool streams = false;        ///< some clients reach the server over TCP only
};

inline constexpr features enabled{};

} // namespace tocsin::sim
