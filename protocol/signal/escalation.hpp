#pragma once
#include "protocol/signal/body.hpp"
#include "protocol/time.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tocsin::protocol::signal {

/// Why others are called for help with a mitigation (RFC 8811, Section 3.2.3).
enum class escalation_reason : std::uint8_t {
  by_operator, ///< somebody said so
  failed,      ///< those who are asked first refuse or cannot be reached
  overloaded,  ///< an own mitigator says that it cannot do more
  attack_size, ///< what own mitigators drop exceeds a limit
  inefficacy,  ///< the client says that it is still under attack
};

/// For people.
std::string_view to_string(escalation_reason x) noexcept;

/// When others are called. The operator may always.
struct escalation_settings {
  /// All who are asked first have failed: at once if they say so, and after
  /// `unreachable_after` if nothing is heard.
  bool when_failed = false;
  bool when_overloaded = false;
  std::uint64_t above = 0; ///< bytes per second dropped; 0: whatever it is
  /// How long a client may report "under-attack" (RFC 9132, Section 4.4.3);
  /// 0: as long as it likes.
  std::chrono::seconds ineffective_after{0};
  /// Help goes on so long after the last reason is gone.
  std::chrono::seconds hold{300};
  std::chrono::seconds unreachable_after{30};
  std::uint64_t above_packets = 0; ///< per second, dropped; 0: as `above`

  friend bool operator==(const escalation_settings&,
                         const escalation_settings&) = default;
};

/// Decides for one mitigation whether others are called for help, sans-I/O.
///
///   resting --a reason holds--> called --none, and not needed, for `hold`-->
///   resting
class escalation {
public:
  explicit escalation(const escalation_settings& settings)
      : settings_{settings} {}

  /// An order to end ends it at once, unless there is another reason.
  void on_operator(bool call, time_point now);
  void on_failure(bool failed, time_point now);
  /// Nobody of those who are asked first can be reached, or somebody can again.
  void on_unreachable(bool unreachable, time_point now);
  void on_overload(bool overloaded, time_point now);
  /// What own mitigators drop at present, bytes and packets per second.
  void on_rate(std::uint64_t bytes, std::uint64_t packets, time_point now);
  void on_efficacy(attack_status x, time_point now);
  /// Those who were called say whether the attack goes on: while it does, help
  /// is not let go, for without it the reason would be back at once.
  void on_needed(bool needed, time_point now);
  void on_time(time_point now);

  /// The mitigation has ended; the next one begins anew.
  void reset();

  bool called() const noexcept { return called_; }
  /// The first reason that holds, if any does.
  std::optional<escalation_reason> reason() const noexcept;
  std::optional<time_point> next_deadline() const noexcept;

private:
  bool& held(escalation_reason x) noexcept {
    return reasons_[static_cast<std::size_t>(x)];
  }
  bool held(escalation_reason x) const noexcept {
    return reasons_[static_cast<std::size_t>(x)];
  }
  void settle(time_point now);

  escalation_settings settings_;
  std::array<bool, 5> reasons_{};
  bool called_ = false;
  bool needed_ = false;
  bool failed_ = false;
  std::optional<time_point> unreachable_;  ///< since then
  std::optional<time_point> under_attack_; ///< since the client says so
  std::optional<time_point> quiet_;        ///< since no reason holds
};

} // namespace tocsin::protocol::signal
