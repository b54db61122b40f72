#pragma once
#include "protocol/error.hpp"
#include "protocol/signal/body.hpp"
#include "protocol/signal/heartbeat.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

/// The configuration of a session, server side (RFC 9132, Section 4.5). What
/// the client does about it stands in config_client.hpp.
namespace tocsin::protocol::signal {

/// The six parameters with the defaults of RFC 9132, Section 4.5.2.
struct session_values {
  std::chrono::seconds heartbeat_interval{30}; ///< zero: no heartbeats
  std::uint32_t missing_hb_allowed = 15;
  std::uint32_t probing_rate = 5; ///< octets a second
  std::uint32_t max_retransmit = 3;
  std::uint32_t ack_timeout = 200;       ///< hundredths of a second
  std::uint32_t ack_random_factor = 150; ///< hundredths

  friend bool operator==(const session_values&,
                         const session_values&) = default;
};

/// What holds while a mitigation is active, and what holds otherwise.
struct session_sets {
  session_values mitigating, idle;

  const session_values& of(bool mitigation_active) const noexcept {
    return mitigation_active ? mitigating : idle;
  }
  friend bool operator==(const session_sets&, const session_sets&) = default;
};

heartbeat_settings heartbeats_of(const session_values& x) noexcept;

/// Both ends are part of the range.
struct value_range {
  std::uint32_t min = 0, max = 0;

  bool contains(std::uint32_t x) const noexcept { return min <= x && x <= max; }
  friend bool operator==(const value_range&, const value_range&) = default;
};

/// Max-Age of a configuration that never expires (RFC 9132, Section 4.5.3).
inline constexpr std::uint32_t never_expires = 0xFFFFFFFF;

/// What an end accepts. The upper bounds keep EXCHANGE_LIFETIME, and so the
/// memory for duplicates, near eight minutes: 5 s * (2^5 - 1) * 2.0, plus 2 *
/// 100 s latency, plus 5 s is 515 s. What RFC 7252 merely allows would make it
/// weeks.
struct config_policy {
  /// Zero is acceptable beside this (RFC 9132, Section 4.5.2).
  value_range heartbeat_interval{15, 240};
  /// Below 3, a short loss of packets ends sessions; 30 at the default
  /// interval is a quarter of an hour until a loss is noticed.
  value_range missing_hb_allowed{3, 30};
  /// 5 octets a second carry one protected heartbeat in 15 s; beyond 20 a
  /// silent peer is not probed but flooded.
  value_range probing_rate{5, 20};
  value_range max_retransmit{2, 5};
  /// Not below 1 s (RFC 7252, Section 4.8.1).
  value_range ack_timeout{100, 500};
  /// 1.0 would let all retransmissions of a network happen in step.
  value_range ack_random_factor{110, 200};
  session_values defaults; ///< of both sets
  /// Max-Age of answers to GET, in seconds; not 0. never_expires: never.
  std::uint32_t max_age = 3600;
  /// End the session of a client that asked and does not ask again in time
  /// (RFC 9132, Section 4.5.3).
  bool end_when_stale = false;

  friend bool operator==(const config_policy&, const config_policy&) = default;
};

/// The values moved into the ranges of `policy`; a heartbeat interval of zero
/// stays.
session_values clamped(session_values x, const config_policy& policy) noexcept;

/// The values as a client sends them, or as the answer to GET with sid: only
/// current-value. Over a reliable transport without missing-hb-allowed,
/// max-retransmit, ack-timeout and ack-random-factor (RFC 9132, Section 4.5).
signal_config to_config(const session_sets& x, bool reliable);

/// `base` with whatever current values the body has. Not checked.
session_sets merged(const session_sets& base, const signal_config& x);

enum class config_outcome : std::uint8_t {
  created, ///< 2.01: the sid is new
  changed, ///< 2.04: the sid was known
};

/// What storage keeps of a session's configuration.
struct config_record {
  std::uint32_t last_sid = 0; ///< lower ones are refused
  bool negotiated = false;    ///< false: was reset, `sets` means nothing
  session_sets sets;

  friend bool operator==(const config_record&, const config_record&) = default;
};

/// The resource `config` of one session.
///
///   event \ state      defaults          negotiated (sid = n)
///   PUT sid < last     4.00              4.00
///   PUT sid = n        2.01 negotiated   2.04
///   PUT sid > n        2.01 negotiated   2.01, from the defaults
///   PUT unacceptable   4.22              4.22, the old values stay
///   GET                2.05 ranges       2.05 ranges, current values
///   GET sid            4.04              2.05 if sid = n, else 4.04
///   DELETE sid         2.02              2.02, defaults if sid = n
///   DELETE             2.02, any sid     2.02, defaults, any sid
///
/// DELETE without sid is what a client does that has lost its memory, so it
/// forgets the last sid too (RFC 9132, Section 4.5.4).
class config_server {
public:
  /// `reliable`: over TCP, where missing-hb-allowed and the parameters of CON
  /// are accepted and ignored (RFC 9132, Section 4.5).
  explicit config_server(config_policy policy = {}, bool reliable = false);

  /// A PUT. Every failure leaves all as it was:
  ///   out_of_range (4.00) the sid is lower than the last;
  ///   missing (4.00) no parameter at all, or one without its value;
  ///   unacceptable (4.22) `where` is the parameter, the detail its range.
  result<config_outcome> put(std::uint32_t sid, const signal_config& given);

  /// A GET: the ranges and values, or with a sid what was negotiated under it.
  /// Nothing: 4.04.
  std::optional<signal_config> describe(std::optional<std::uint32_t> sid) const;

  /// A DELETE, which always succeeds; true if values have changed.
  bool remove(std::optional<std::uint32_t> sid);

  /// What holds now: negotiated values, or defaults.
  const session_sets& values() const noexcept { return sets_; }
  /// The sid whose values hold.
  std::optional<std::uint32_t> sid() const noexcept;
  /// Max-Age for the answer to a GET; never 0.
  std::uint32_t max_age() const noexcept;

  /// For storage; nothing: the same as a new one.
  std::optional<config_record> stored() const;
  /// Back from storage. Values which the policy has meanwhile excluded are
  /// moved into its ranges.
  void restore(const config_record& x);

private:
  session_sets defaults() const noexcept;
  result<session_sets> checked(const signal_config& given) const;

  config_policy policy_;
  bool reliable_;
  bool negotiated_ = false;
  std::optional<std::uint32_t> last_sid_;
  session_sets sets_;
};

} // namespace tocsin::protocol::signal
