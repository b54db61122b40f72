#pragma once
#include "protocol/signal/prefix.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The bodies of the DOTS signal channel as values (RFC 9132, Sections 5, 6).
namespace tocsin::protocol::signal {

/// RFC 9132, Section 10.6.2 (status codes).
enum class status : std::uint8_t {
  in_progress = 1,         ///< attack-mitigation-in-progress
  mitigated = 2,           ///< attack-successfully-mitigated
  stopped = 3,             ///< attack-stopped
  exceeded_capability = 4, ///< attack-exceeded-capability
  client_withdrawn = 5,    ///< dots-client-withdrawn-mitigation
  terminated = 6,          ///< attack-mitigation-terminated
  withdrawn = 7,           ///< attack-mitigation-withdrawn (by the server)
  signal_loss = 8,         ///< attack-mitigation-signal-loss (armed)
};

/// RFC 9132, Section 10.6.3.
enum class conflict_status : std::uint8_t {
  inactive_other_active = 1,
  active = 2,
  all_inactive = 3,
};

/// RFC 9132, Section 10.6.4.
enum class conflict_cause : std::uint8_t {
  overlapping_targets = 1,
  acceptlist = 2,
  cuid_collision = 3,
};

/// RFC 9132, Section 10.6.5.
enum class attack_status : std::uint8_t {
  under_attack = 1,
  successfully_mitigated = 2,
};

/// When the entries of an ACL are in force (RFC 8783, Section 7.2); the numbers
/// are those of RFC 9133, Section 3.2.1.
enum class activation : std::uint8_t {
  activate_when_mitigating = 1, ///< while its client mitigates
  immediate = 2,                ///< always
  deactivate = 3,               ///< never: stored only
};

/// The labels of the YANG modules, e.g. "attack-mitigation-in-progress".
std::string_view to_string(status x) noexcept;
std::string_view to_string(conflict_status x) noexcept;
std::string_view to_string(conflict_cause x) noexcept;
std::string_view to_string(attack_status x) noexcept;
std::string_view to_string(activation x) noexcept;

/// Lifetime without an end (RFC 9132, Section 4.4.1.1).
inline constexpr std::int64_t indefinite_lifetime = -1;

struct port_range {
  std::uint16_t lower = 0;
  std::uint16_t upper = 0; ///< equals `lower` for a single port

  friend auto operator<=>(const port_range&, const port_range&) = default;
};

/// What is to be protected: the targets of one mitigation request.
struct target {
  std::vector<prefix> prefixes;
  std::vector<port_range> ports;       ///< empty: all ports
  std::vector<std::uint8_t> protocols; ///< empty: all protocols
  std::vector<std::string> fqdns;
  std::vector<std::string> uris;
  std::vector<std::string> aliases;

  friend bool operator==(const target&, const target&) = default;
};

struct conflict_scope {
  target what;
  std::optional<std::uint32_t> mid;
  struct acl {
    std::string name;
    std::string type; ///< empty: absent
    friend bool operator==(const acl&, const acl&) = default;
  };
  std::vector<acl> acls;

  friend bool operator==(const conflict_scope&,
                         const conflict_scope&) = default;
};

struct conflict_information {
  std::optional<conflict_status> status;
  std::optional<conflict_cause> cause;
  std::optional<std::uint32_t> retry_timer; ///< seconds
  std::optional<conflict_scope> scope;

  friend bool operator==(const conflict_information&,
                         const conflict_information&) = default;
};

/// One entry of `ietf-dots-signal-control:acl-list` (RFC 9133, Section 3.2.1):
/// what the activation-type of an ACL is to be or, from a server, has become.
/// Not to be confused with conflict_scope::acl, of the other `acl-list`.
struct filter_control {
  std::string name;
  std::optional<activation> when; ///< absent: see when_of()

  friend bool operator==(const filter_control&,
                         const filter_control&) = default;
};

/// With the default of the YANG module; absent never means "as it is".
constexpr activation when_of(const filter_control& x) noexcept {
  return x.when.value_or(activation::activate_when_mitigating);
}

/// What a mitigator has dropped for one mitigation.
struct counters {
  std::uint64_t bytes_dropped = 0;
  std::uint64_t pkts_dropped = 0;
  std::uint64_t bps_dropped = 0; ///< bytes per second (sic), average
  std::uint64_t pps_dropped = 0; ///< packets per second, average

  friend bool operator==(const counters&, const counters&) = default;
};

/// One entry of `scope`; which members may be set depends on the direction.
struct mitigation {
  // both directions
  target what;
  std::optional<std::int64_t> lifetime; ///< seconds; -1: indefinite
  std::optional<bool> trigger_mitigation;
  std::vector<filter_control> acls;
  // client to server
  std::optional<attack_status> attack;
  // server to client
  std::optional<std::uint32_t> mid;
  std::optional<std::uint64_t> start; ///< epoch seconds
  std::optional<signal::status> state;
  std::optional<conflict_information> conflict;
  std::optional<counters> dropped;

  friend bool operator==(const mitigation&, const mitigation&) = default;
};

/// `ietf-dots-signal-channel:mitigation-scope`.
struct mitigation_scope {
  std::vector<mitigation> scope;
  friend bool operator==(const mitigation_scope&,
                         const mitigation_scope&) = default;
};

/// A configuration parameter with its acceptable range; decimals in hundredths.
struct setting {
  std::optional<std::uint32_t> max, min, current;
  friend bool operator==(const setting&, const setting&) = default;
};

/// `mitigating-config` or `idle-config` (RFC 9132, Section 4.5).
struct config_set {
  std::optional<setting> heartbeat_interval; ///< seconds, 0: off
  std::optional<setting> missing_hb_allowed;
  std::optional<setting> probing_rate; ///< bytes per second
  std::optional<setting> max_retransmit;
  std::optional<setting> ack_timeout;       ///< hundredths of a second
  std::optional<setting> ack_random_factor; ///< hundredths
  friend bool operator==(const config_set&, const config_set&) = default;
};

/// `ietf-dots-signal-channel:signal-config`.
struct signal_config {
  std::optional<config_set> mitigating;
  std::optional<config_set> idle;
  friend bool operator==(const signal_config&, const signal_config&) = default;
};

/// `ietf-dots-signal-channel:redirected-signal`.
struct redirected_signal {
  std::string alt_server;
  std::vector<std::string> alt_server_records;
  friend bool operator==(const redirected_signal&,
                         const redirected_signal&) = default;
};

/// `ietf-dots-signal-channel:heartbeat`.
struct heartbeat_body {
  bool peer_hb_status = false;
  friend bool operator==(const heartbeat_body&,
                         const heartbeat_body&) = default;
};

/// Exactly one of the four messages (RFC 9132, Section 5.1).
using body = std::variant<mitigation_scope, signal_config, redirected_signal,
                          heartbeat_body>;

} // namespace tocsin::protocol::signal
