#pragma once
#include "protocol/data/client_state.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace tocsin::protocol::data {

/// What all mitigators of a customer have counted of one filter entry, put
/// together so that each packet counts once.
///
/// Mitigators of one stage stand side by side: each packet passes one of them,
/// and their counts add up. A later stage sees what the earlier ones let pass,
/// so it counts the same packets again, and the stage that counted most is
/// taken. What an entry drops reaches no other mitigator: such counts add up
/// wherever they come from.
class entry_totals {
public:
  /// The totals that a mitigator tells. If they are lower than before, its
  /// driver began anew: what was counted then stays counted.
  void tell(const std::string& mitigator, std::uint32_t stage,
            match_counters totals);

  /// `drops`: that is what the entry does to packets.
  match_counters sum(bool drops) const;

private:
  struct site {
    std::uint32_t stage = 1;
    match_counters earlier, current;
  };

  std::map<std::string, site> sites_;
};

} // namespace tocsin::protocol::data
