#pragma once
#include "protocol/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace tocsin::protocol::signal {

/// What is known of an attack, from where it is fought.
enum class attack_phase : std::uint8_t {
  unknown, ///< nothing was ever dropped
  ongoing,
  stopped, ///< status 3 (RFC 9132, Section 4.4.2, Table 3)
};

/// Whether the attack on one enforced rule goes on. Two sources: what a driver
/// says of it counts until it says otherwise; without a word of the driver,
/// the attack has stopped when something was dropped and then nothing for a
/// while. A rule which never dropped anything proves nothing: the attack may
/// be elsewhere, or the driver may not count.
///
/// Nor does silence of a driver which cannot tell: while `blind`, what was
/// known stays, and the time of quiet begins anew afterwards.
class attack_watch {
public:
  /// `quiet`: how long nothing may be dropped; zero: only the driver's word
  /// ends an attack.
  explicit attack_watch(std::chrono::seconds quiet = {}) : quiet_{quiet} {}

  /// More was dropped than before.
  void dropped(time_point now) noexcept;
  /// The driver says whether the attack goes on.
  void stated(bool goes_on) noexcept;
  /// The driver cannot tell at present.
  void blind(time_point now) noexcept;
  /// The rule is out of force, or its driver gone: what it said is void.
  void lost(time_point now) noexcept;
  /// The driver works and the rule is in force.
  void sighted(time_point now) noexcept;

  attack_phase phase(time_point now) const noexcept;

  /// When quiet will have lasted long enough; nothing: never as things are.
  std::optional<time_point> next_deadline() const noexcept;

private:
  bool long_quiet(time_point now) const noexcept;

  std::chrono::seconds quiet_;
  std::optional<bool> stated_;      ///< goes on
  std::optional<time_point> since_; ///< of quiet; nothing: none was dropped
  bool blind_ = false;
  bool stopped_ = false; ///< found while it could be told
};

} // namespace tocsin::protocol::signal
