#pragma once
#include "protocol/error.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// Where a client's mids come from (RFC 9132, Section 4.4.1.1).
namespace tocsin::protocol::signal {

/// From here on mids begin again at 0 in peacetime: 3/4 of 2^32 - 1.
inline constexpr std::uint32_t mid_roll_over = 3221225471;

/// What storage keeps: to be written before a request with a new mid is sent.
struct mid_state {
  std::optional<std::uint32_t> last; ///< given out last; nothing: none yet
  /// After a roll-over: the last mid before it, until the requests of that
  /// time are gone.
  std::optional<std::uint32_t> retired;

  friend bool operator==(const mid_state&, const mid_state&) = default;
};

struct mid_grant {
  std::uint32_t mid = 0;
  /// mids began anew with this one: see work_at_roll_over().
  bool rolled_over = false;

  friend bool operator==(const mid_grant&, const mid_grant&) = default;
};

/// A request that a client has at the server.
struct live_request {
  std::uint32_t mid = 0;
  bool immediate = true; ///< trigger-mitigation
};

/// What a roll-over costs: requests of before would replace new ones.
struct roll_over_work {
  /// Preconfigured ones: DELETE, then PUT under a new mid, in this order.
  std::vector<std::uint32_t> recreate;
  /// Immediate ones: DELETE, or leave to expire, before another request
  /// overlaps them.
  std::vector<std::uint32_t> retire;

  friend bool operator==(const roll_over_work&,
                         const roll_over_work&) = default;
};

/// Both lists ascending, thus in the order in which they were made.
roll_over_work work_at_roll_over(std::span<const live_request> live);

/// Gives out mids that ascend.
class mid_source {
public:
  explicit mid_source(mid_state restored = {}) : state_{restored} {}

  /// The next mid. At mid_roll_over it begins again at 0, but not under attack;
  /// `live` are the mids in use, which are passed over. Fails with unavailable
  /// if an attack lasts until there are no mids left.
  result<mid_grant> next(bool under_attack,
                         std::span<const std::uint32_t> live = {});

  /// A mid of ours in a server's list: later ones will be higher. One from
  /// before a roll-over is not learned.
  void learn(std::uint32_t mid) noexcept;

  /// The requests from before the roll-over are gone.
  void retired_gone() noexcept { state_.retired.reset(); }

  const mid_state& state() const noexcept { return state_; }

private:
  mid_state state_;
};

} // namespace tocsin::protocol::signal
