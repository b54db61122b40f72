#pragma once
#include "protocol/signal/body.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <variant>
#include <vector>

namespace tocsin::protocol::signal {

/// Both clocks at one moment: timers follow the first, reports the second.
struct instant {
  time_point mono;
  unix_seconds wall = 0;
};

/// Policy of a server for the life of a mitigation.
struct lifecycle_settings {
  /// First active-but-terminating period (RFC 9132, Section 4.4.4); zero:
  /// a withdrawn mitigation ends at once.
  std::chrono::seconds terminating{120};
  /// It doubles with every re-request within it, up to this.
  std::chrono::seconds terminating_max{300};
  /// Pause before enforcement is tried again after a transient failure; it
  /// doubles up to `retry_max`: quick after a hiccup, bearable for a driver
  /// that stays down.
  std::chrono::seconds retry{1};
  std::chrono::seconds retry_max{60};
  /// The attack has stopped when nothing was dropped for so long (status 3);
  /// zero: only when a driver says so. Long enough for the pauses that
  /// attackers make to find out whether they are still fought; as long as the
  /// buckets in which drops are reported (RFC 9132, Section 4.4.2).
  std::chrono::seconds attack_stopped_after{300};
};

/// Reports of status 3, or of 7 after an overlap, that a preconfigured
/// mitigation gets before it is armed again (RFC 9132, Table 3).
inline constexpr std::uint8_t final_reports = 4;

/// Why the server itself ends a mitigation.
enum class withdrawal : std::uint8_t {
  policy,     ///< operator or configuration
  conflict,   ///< another client's request was given precedence
  overlap,    ///< a preconfigured one makes way for an immediate one
  superseded, ///< replaced by a larger mid of the same client: no report
};

/// The events of a mitigation's life.
namespace life {
/// The request was granted; lifetime in seconds, -1: indefinite.
struct accepted {
  bool immediate = true;
  std::int64_t lifetime = 3600;
};
/// Read from storage at start: what it was, and what is left of it.
struct restored {
  bool immediate = true;
  signal::status state = status::in_progress;
  std::int64_t lifetime = 3600; ///< left, seconds; -1: indefinite
  unix_seconds start = 0;       ///< mitigation-start, 0: none
};
struct enforcement_confirmed {}; ///< a mitigator has it in force
struct enforcement_failed {};    ///< for now: to be tried again
struct capability_exceeded {};   ///< the attack is stronger than the mitigator
struct attack_stopped {};
struct attack_resumed {};
struct client_withdraw {}; ///< a valid DELETE
struct re_requested {
  std::int64_t lifetime = 3600;
};                          ///< refresh
struct lifetime_expired {}; ///< as on_time() says when it is due
struct server_withdraw {
  withdrawal why = withdrawal::policy;
};
struct signal_lost {};     ///< the client's channel is gone
struct status_reported {}; ///< one notification of the status was sent
} // namespace life

using lifecycle_event =
    std::variant<life::accepted, life::restored, life::enforcement_confirmed,
                 life::enforcement_failed, life::capability_exceeded,
                 life::attack_stopped, life::attack_resumed,
                 life::client_withdraw, life::re_requested,
                 life::lifetime_expired, life::server_withdraw,
                 life::signal_lost, life::status_reported>;

/// What the owner of the machine has to do, in this order.
namespace act {
struct enforce {
  friend bool operator==(enforce, enforce) = default;
};
struct withdraw_enforcement {
  friend bool operator==(withdraw_enforcement, withdraw_enforcement) = default;
};
/// The status changed: tell observers and storage.
struct notify {
  signal::status what;
  friend bool operator==(notify, notify) = default;
};
/// The record is gone: GET answers 4.04 from now on.
struct remove {
  friend bool operator==(remove, remove) = default;
};
} // namespace act

using lifecycle_action = std::variant<act::enforce, act::withdraw_enforcement,
                                      act::notify, act::remove>;

/// Outcome of one event. `possible` is false, and nothing has changed, for an
/// event that makes no sense here: a defect of the caller worth a log line.
struct lifecycle_step {
  bool possible = true;
  std::vector<lifecycle_action> actions;
};

/// The life of one mitigation request on a server (RFC 9132, Section 4.4,
/// Tables 3 and 4). States are the status codes.
///
///   event \ state   1 start  2 mitig  3 stop  4 over  5 term  7 wdrn  8 armed
///   confirmed       2        .        .       2       .       .       .
///   failed          1 r      1 r      3 r     1 r     .       .       .
///   exceeded        4        4        .       .       .       .       .
///   attack_stopped  .        3        .       3       .       .       .
///   attack_resumed  .        .        2       .       .       .       .
///   client_withdraw 5 t      5 t      5 t     5 t     .       gone    gone
///   re_requested    L        L        L       L       1|2 L   L       L
///   expired         gone w   gone w   gone w  gone w  gone w  gone    gone
///   server_withdraw 7 w x    7 w x    7 w x   7 w x   7 w x   7 x     7 x
///   signal_lost     .        .        .       .       .       .       1 e
///   reported        .        .        8 w *   .       .       8 *     .
///
///   .  no change     e enforce      w withdraw_enforcement
///   r  enforcement is tried again after a pause
///   t  ends after the terminating period; gone at once (w) if that is zero
///   L  the lifetime begins anew; out of 5 the next period is twice as long
///   x  gone after reporting 7 (not if superseded); a preconfigured one that
///      makes way (overlap) stays in 7, or in 8 where it was not active
///   *  preconfigured only, at the fourth report; armed again
///
/// "gone" reports 6 unless said otherwise and removes the record; finished()
/// and the last status remain. After the end, late answers of mitigators and
/// clocks change nothing; accepted and restored come first and once, requests
/// of the client never after the end: all else is impossible.
///
/// A record that was active when it was stored starts again in 1, because a
/// mitigator has to confirm it anew. What expired meanwhile is gone at once.
class mitigation_lifecycle {
public:
  explicit mitigation_lifecycle(lifecycle_settings settings = {})
      : settings_{settings} {}

  lifecycle_step on(const lifecycle_event& event, instant now);

  /// When on_time() wants to be called; nothing: never.
  std::optional<time_point> next_deadline() const;
  /// Retries, the end of the terminating period, the end of the lifetime.
  lifecycle_step on_time(instant now);

  signal::status status() const noexcept { return status_; }
  bool finished() const noexcept { return stage_ == stage::gone; }
  /// A mitigator was told to enforce it and not yet to stop.
  bool enforced() const noexcept { return enforced_; }
  bool immediate() const noexcept { return immediate_; }

  /// mitigation-start: set while a mitigation is active, never with status 8
  /// (RFC 9132, Section 4.4.2).
  std::optional<unix_seconds> start() const noexcept { return start_; }

  /// Seconds left, at least 0; -1: indefinite. While terminating: what is left
  /// of that period.
  std::int64_t remaining(time_point now) const;
  /// Wall-clock end for storage; -1: never.
  unix_seconds expires(instant now) const;

  /// The active-but-terminating period that the next withdrawal would start.
  std::chrono::seconds terminating_period() const noexcept;

private:
  enum class stage : std::uint8_t { fresh, live, gone };
  using actions = std::vector<lifecycle_action>;

  lifecycle_step handle(const life::accepted& x, instant now);
  lifecycle_step handle(const life::restored& x, instant now);
  lifecycle_step handle(life::enforcement_confirmed, instant now);
  lifecycle_step handle(life::enforcement_failed, instant now);
  lifecycle_step handle(life::capability_exceeded, instant now);
  lifecycle_step handle(life::attack_stopped, instant now);
  lifecycle_step handle(life::attack_resumed, instant now);
  lifecycle_step handle(life::client_withdraw, instant now);
  lifecycle_step handle(const life::re_requested& x, instant now);
  lifecycle_step handle(life::lifetime_expired, instant now);
  lifecycle_step handle(const life::server_withdraw& x, instant now);
  lifecycle_step handle(life::signal_lost, instant now);
  lifecycle_step handle(life::status_reported, instant now);

  bool in(std::initializer_list<signal::status> states) const noexcept;
  void begin(instant now, actions& out);
  void arm(actions& out);
  void set_lifetime(std::int64_t lifetime, time_point now);
  void change(signal::status to, actions& out);
  void end(signal::status last, bool report, actions& out);
  void stop_enforcing(actions& out);

  lifecycle_settings settings_;
  stage stage_ = stage::fresh;
  signal::status status_ = status::in_progress;
  bool immediate_ = true;
  bool enforced_ = false;
  bool confirmed_ = false;
  std::uint8_t doublings_ = 0; ///< re-requests while terminating
  std::uint8_t reports_ = 0;   ///< of the status, in its present run
  std::optional<unix_seconds> start_;
  std::optional<time_point> ends_;  ///< of the lifetime, or of terminating
  std::optional<time_point> retry_; ///< of enforcement
  std::chrono::seconds pause_{0};   ///< before the next retry
};

} // namespace tocsin::protocol::signal
