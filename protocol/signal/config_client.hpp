#pragma once
#include "protocol/signal/response.hpp"
#include "protocol/signal/session_config.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace tocsin::protocol::signal {

/// Requests that a client sends to `config`, always Confirmable.
namespace config_request {
/// Without sid: back to the defaults (RFC 9132, Section 4.5.4).
struct reset {
  friend bool operator==(reset, reset) = default;
};
struct put {
  std::uint32_t sid;
  signal_config body;
  friend bool operator==(const put&, const put&) = default;
};
/// With sid a refresh, without it the question for ranges and values.
struct get {
  std::optional<std::uint32_t> sid;
  friend bool operator==(const get&, const get&) = default;
};
} // namespace config_request

using config_send = std::variant<config_request::reset, config_request::put,
                                 config_request::get>;

/// The peer's answer to the last request.
struct config_answer {
  response_code code = response_code::content;
  std::optional<signal_config> content;
  std::optional<std::uint32_t> max_age; ///< absent: 60 s
};

/// Outcome of one event.
struct config_step {
  std::optional<config_send> send;
  bool changed = false; ///< effective() is other than before
  std::string alert;    ///< for the operator; empty: nothing to say
};

struct config_client_settings {
  /// Nothing: use what the server has, as told by GET.
  std::optional<session_sets> wish;
  bool reliable = false;
  /// What this client lets a server talk it into: values beyond these ranges
  /// are moved into them. Its defaults hold until a server has spoken.
  config_policy acceptable;
  /// Pause after silence or 5.xx; it doubles up to `retry_max`.
  std::chrono::seconds retry{30};
  std::chrono::seconds retry_max{600};
};

/// Max-Age where the answer has none (RFC 9132, Section 4.5.3).
inline constexpr std::chrono::seconds default_refresh{60};

/// Negotiates and refreshes the configuration of one client's sessions
/// (RFC 9132, Sections 4.5.1 to 4.5.4). One request is on its way at a time.
///
///   event \ waiting for  reset   put             ask (get)        refresh
///   2.0x                 next    settled a       put c | settled a settled a
///   4.22                 next    ask             failed           again
///   4.00, other 4.xx     next    reset, again    failed           next
///   5.xx, silence        pause   pause           pause            pause
///
///   next     put if there is a wish, else ask     a  values are adopted
///   again    once per negotiation; then failed    c  wishes, moved into the
///   pause    the same step later, or after           ranges that were told
///            the Max-Age of a 5.03
///   settled  refresh before Max-Age is over; not under attack, then at once
///            afterwards; never if Max-Age is 2^32-1
///   failed   alert; what the server has stays in use until renegotiate()
///
/// sids ascend over the life of the client, so next_sid() is to be stored.
class config_client {
public:
  explicit config_client(config_client_settings settings = {},
                         std::uint32_t next_sid = 0);

  /// A session is up. `boot`: the first since the process started, so what an
  /// earlier one negotiated is to be reset.
  config_step start(bool boot, time_point now);
  /// Other wishes, for the session that is up, or for the next one. A request
  /// on its way is superseded: its answer is not to be passed on.
  config_step renegotiate(std::optional<session_sets> wish, time_point now);

  config_step on_answer(const config_answer& x, time_point now);
  /// The request was given up on.
  config_step on_silence(time_point now);
  /// The session is gone: nothing is due until start().
  void stop() noexcept;

  /// No refresh while true; one that became due meanwhile is due at its end.
  void set_under_attack(bool value) noexcept { under_attack_ = value; }

  /// When on_time() wants to be called; nothing: never as things are.
  std::optional<time_point> next_deadline() const;
  config_step on_time(time_point now);

  /// The values to work with.
  const session_sets& effective() const noexcept { return effective_; }
  /// The sid of the next PUT, to be stored before that is sent.
  std::uint32_t next_sid() const noexcept { return next_sid_; }
  /// The sid under which the server holds our values.
  std::optional<std::uint32_t> sid() const noexcept { return sid_; }

private:
  enum class stage : std::uint8_t { idle, reset, put, ask, refresh, settled };

  config_step next();
  config_step send_put();
  config_step send(stage to, config_send what);
  config_step failed(std::string why);
  config_step later(std::optional<std::uint32_t> max_age, time_point now);
  config_step repeat();
  config_step on_success(const config_answer& x, time_point now);
  config_step on_refusal(const config_answer& x, time_point now);
  config_step adopt(session_sets values);
  void settle(std::optional<std::uint32_t> max_age, time_point now);

  config_client_settings settings_;
  stage stage_ = stage::idle;
  bool waiting_ = false;   ///< a request is on its way
  bool clamping_ = false;  ///< the question after a 4.22
  bool clamped_ = false;   ///< wishes were moved in this negotiation
  bool was_reset_ = false; ///< after a 4.00, in this negotiation
  bool under_attack_ = false;
  std::uint32_t next_sid_;
  std::optional<std::uint32_t> sid_;
  std::optional<session_sets> offer_; ///< wish of this negotiation
  session_sets effective_;
  std::optional<time_point> due_; ///< of a repetition or a refresh
  std::chrono::seconds pause_{0};
};

} // namespace tocsin::protocol::signal
