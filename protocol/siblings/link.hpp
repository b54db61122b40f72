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

/// What joins two nodes of one organisation (docs/adr/0008): no sockets, no
/// actors; events in, actions out.
namespace tocsin::protocol::siblings {

/// Version of what siblings say to each other; told in the first message, whose
/// own form never changes.
inline constexpr std::uint32_t wire_version = 1;

/// Between two questions whether the sibling is there, while it is.
inline constexpr std::chrono::seconds ping_interval{1};
/// A ping without an answer for so long: requests do not wait for this sibling
/// any more. Shorter than a client's first retransmission (2 s) and two pings.
inline constexpr std::chrono::milliseconds late_after{1500};
/// Late for so long: as good as gone, and called anew.
inline constexpr std::chrono::seconds lost_after{15};
/// For a call and for the greeting that follows it.
inline constexpr std::chrono::seconds call_patience{5};
/// Pause after a failed call; doubles with every one, up to the second.
inline constexpr std::chrono::milliseconds first_pause{500};
inline constexpr std::chrono::seconds longest_pause{15};

/// Questions to one sibling that are not answered yet; beyond it is not asked:
/// what waits in the connection to a sibling that hangs is bounded.
inline constexpr std::uint32_t max_unanswered = 64;

/// The first message, and its answer.
struct greeting {
  std::uint32_t version = wire_version;
  std::string name;    ///< of the node, from its configuration
  std::string program; ///< e.g. "tocsin 1.0", for people
};

/// Whether `theirs` may be joined with: fails with ec::unsupported (another
/// version) or ec::unacceptable (not the node that was expected), and a
/// sentence for both operators.
result<void> judge(const greeting& theirs, std::string_view own,
                   std::string_view expected);

/// Reach the sibling: on_reached() or on_failed() follow.
struct call {};
/// Tell it who we are: on_greeted() or on_failed() follow.
struct greet {};
/// Ask whether it is there: on_heard() follows.
struct ping {
  std::uint64_t number;
};
/// It is to be regarded as gone; nothing of it counts any more.
struct hang_up {
  std::string why;
};
using link_action = std::variant<call, greet, ping, hang_up>;

/// One sibling, as this node sees it.
///
///   down --due, if we call--> calling --on_reached--> greeting
///   greeting --on_greeted--> up          (the one who calls)
///   down, calling, greeting --on_greeted--> up    (the one who is called)
///   up --ping unanswered late_after--> late --on_heard--> up
///   late --lost_after: hang_up--> down
///   any --on_failed, on_lost--> down, called again after a growing pause
class link {
public:
  enum class state : std::uint8_t { down, calling, greeting, up, late };

  /// `calls`: this node is the one of the two that calls.
  link(bool calls, time_point now);

  std::optional<time_point> next_deadline() const;
  std::vector<link_action> on_time(time_point now);

  std::vector<link_action> on_reached(time_point now);
  /// The call or the greeting failed. `refused`: for a reason that time does
  /// not heal (another version): still called again, seldom.
  void on_failed(std::string why, bool refused, time_point now);
  void on_greeted(time_point now);
  void on_heard(std::uint64_t number, time_point now);
  /// The connection is gone.
  void on_lost(std::string why, time_point now);

  /// May a request wait for an answer of this sibling? Counts it if so:
  /// on_answered() follows, or on_lost().
  bool ask(time_point now);
  void on_answered(time_point now);
  /// A question was not answered in time.
  std::vector<link_action> on_unanswered(time_point now);

  state now_is() const noexcept { return state_; }
  bool joined() const noexcept {
    return state_ == state::up || state_ == state::late;
  }
  time_point since() const noexcept { return since_; }
  const std::string& reason() const noexcept { return reason_; }
  std::uint32_t unanswered() const noexcept { return unanswered_; }
  /// Questions that were not answered in time, in total.
  std::uint64_t missed() const noexcept { return missed_; }

private:
  void enter(state next, time_point now);
  void go_down(std::string why, time_point now);
  ping next_ping(time_point now);

  bool calls_;
  state state_ = state::down;
  time_point since_;
  std::string reason_;
  time_point due_;           ///< of the next call, ping, or its end
  time_point silent_since_;  ///< while a ping is out
  bool waiting_ = false;     ///< a ping has no answer yet
  std::uint64_t number_ = 0; ///< of the last ping
  std::chrono::milliseconds pause_ = first_pause;
  std::uint32_t unanswered_ = 0;
  std::uint32_t asked_since_ = 0; ///< since the last ping
  std::uint64_t missed_ = 0;
};

/// "down", "calling", "greeting", "up", "late".
std::string_view to_string(link::state x) noexcept;

} // namespace tocsin::protocol::siblings
