#pragma once
#include "protocol/error.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// A client goes from one node to its sibling, with everything it asked for
/// (docs/adr/0008): the giving side, which leads.
namespace tocsin::protocol::siblings {

/// For the sibling to store what it is given and to put it into force.
inline constexpr std::chrono::seconds offer_patience{20};
/// For a confirmation that changes no rule.
inline constexpr std::chrono::seconds word_patience{5};
/// Between two attempts to tell the sibling how a handover ended.
inline constexpr std::chrono::seconds handover_pause{2};
/// A handover that has not come so far is called off.
inline constexpr std::chrono::seconds handover_patience{45};

/// What the store knows of a handover; numbers are stored.
enum class handover_stage : std::uint8_t {
  none = 0,    ///< there is none, or it is over
  offered = 1, ///< the sibling may hold a copy; the client is ours
  moved = 2,   ///< the client is the sibling's, which may not know it yet
  revoked = 3, ///< called off: the client is ours, the sibling's copy is to go
};

/// Have CLIENT finish what it is at, hold new requests back, and tell what it
/// holds: on_packed().
struct pack_client {};
/// Make this stage durable; with `moved`, in the same transaction, the client's
/// records go. on_stored() or on_store_failed() follow.
struct store_stage {
  handover_stage stage;
};
/// Give the sibling what was packed: on_held() when it is durable and in force
/// there, else on_refused().
struct offer {};
/// Send the client to the sibling, then let the rules go.
struct release_client {};
/// CLIENT serves on, as if nothing had been.
struct keep_client {};
/// Tell the sibling that what it was given is its own: on_confirmed().
struct settle {};
/// Tell the sibling to drop what it was given: on_confirmed().
struct revoke_offer {};
/// For the operator. `moved`: the client was redirected.
struct conclude {
  bool moved;
  std::string why;
};
/// Nothing is left to do.
struct end_handover {};

using handover_action =
    std::variant<pack_client, store_stage, offer, release_client, keep_client,
                 settle, revoke_offer, conclude, end_handover>;

/// Whichever process dies when, the client's mitigations are in force at one of
/// the nodes at least, and in the end at one only.
///
///   packing --on_packed: store offered--> noting
///   noting --on_stored: offer--> offering
///   offering --on_held: store moved--> moving
///   moving --on_stored: release, settle--> settling
///   settling --on_confirmed: store none--> closing
///   closing --on_stored--> over
///   packing, noting --failure: keep--> over
///   offering --on_refused, time: store revoked--> calling_off
///   calling_off --on_stored: keep, revoke--> revoking
///   revoking --on_confirmed: store none--> closing
///   moving --on_store_failed: store revoked--> calling_off
///   calling_off --on_store_failed--> again after handover_pause
///
/// After a restart: offered goes on as offering that failed, for the client
/// has been served since; moved goes on with settle, revoked with revoke.
class handover {
public:
  explicit handover(time_point now);
  /// Goes on with what the store knows.
  handover(handover_stage stored, time_point now);

  std::vector<handover_action> begin(time_point now);
  std::vector<handover_action> on_packed(time_point now);
  std::vector<handover_action> on_stored(time_point now);
  std::vector<handover_action> on_store_failed(std::string why, time_point now);
  std::vector<handover_action> on_held(time_point now);
  std::vector<handover_action> on_refused(std::string why, time_point now);
  std::vector<handover_action> on_confirmed(time_point now);
  /// CLIENT or the sibling failed: what was asked of them comes to nothing.
  std::vector<handover_action> on_failed(std::string why, time_point now);

  std::optional<time_point> next_deadline() const;
  std::vector<handover_action> on_time(time_point now);

  bool over() const noexcept { return state_ == state::over; }
  /// Words for an operator.
  std::string_view stage_text() const noexcept;

private:
  enum class state : std::uint8_t {
    waiting, ///< restored, or between two attempts
    packing,
    noting,
    offering,
    moving,
    settling,
    calling_off,
    revoking,
    closing,
    over,
  };

  std::vector<handover_action> call_off(std::string why, time_point now);

  state state_;
  state resume_ = state::packing; ///< what `waiting` waits to do
  std::optional<time_point> due_;
  std::string why_;
  bool kept_ = false; ///< CLIENT was told, or never held anything back
};

} // namespace tocsin::protocol::siblings
