#pragma once
#include "protocol/error.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// Which address and transport a client uses for a server (RFC 9132, Section
/// 4.3; RFC 8305).
namespace tocsin::protocol::signal {

enum class address_family : std::uint8_t { ipv6, ipv4 };
enum class transport_kind : std::uint8_t { udp, tcp };

struct server_address {
  std::string text; ///< e.g. "192.0.2.1"; a port may be part of it
  address_family family = address_family::ipv6;

  friend auto operator<=>(const server_address&,
                          const server_address&) = default;
};

/// One way to a server.
struct candidate {
  server_address address;
  transport_kind transport = transport_kind::udp;

  friend auto operator<=>(const candidate&, const candidate&) = default;
};

/// Addresses that are considered, as the look-up gave them; a server has a
/// few, and beyond these a race would last longer than an operator waits.
inline constexpr std::size_t max_addresses = 16;

/// UDP before TCP, and within each IPv6 and IPv4 in turn, IPv6 first, in the
/// order given: for one address of each family, UDP/IPv6, UDP/IPv4, TCP/IPv6,
/// TCP/IPv4. Repeated addresses count once.
std::vector<candidate> candidates_of(std::span<const server_address> addresses);

/// Connection Attempt Delay: RFC 8305, Section 5, and RFC 9132, Section 4.3.
inline constexpr std::chrono::milliseconds calm_delay{250};
inline constexpr std::chrono::milliseconds attack_delay{100};

/// Begin a handshake with candidate `index`.
struct start_attempt {
  std::size_t index;
  friend bool operator==(start_attempt, start_attempt) = default;
};
/// Give up on a handshake that was started.
struct cancel_attempt {
  std::size_t index;
  friend bool operator==(cancel_attempt, cancel_attempt) = default;
};
/// Use this session; the race is over.
struct use_attempt {
  std::size_t index;
  friend bool operator==(use_attempt, use_attempt) = default;
};
/// Nothing worked; the race is over.
struct all_failed {
  friend bool operator==(all_failed, all_failed) = default;
};

using race_action =
    std::variant<start_attempt, cancel_attempt, use_attempt, all_failed>;

/// One race. Attempts start one equal delay apart whatever becomes of those
/// before; the first success ends it.
///
///   ready --start--> running --succeeded: use, cancel the rest--> over
///                      |  ^--due: start the next
///                      +--failed, and no other left: all_failed--> over
///
/// A race without candidates fails at its start. Late results, and results of
/// attempts that were never started, do nothing.
class connection_race {
public:
  connection_race(std::vector<candidate> candidates, bool under_attack);

  std::vector<race_action> start(time_point now);
  std::vector<race_action> on_failed(std::size_t index);
  std::vector<race_action> on_succeeded(std::size_t index);

  /// When on_time() wants to be called; nothing: no attempt is left to start.
  std::optional<time_point> next_deadline() const;
  std::vector<race_action> on_time(time_point now);

  const std::vector<candidate>& candidates() const noexcept {
    return candidates_;
  }
  bool over() const noexcept { return over_; }

private:
  enum class fate : std::uint8_t { unborn, running, failed };

  void start_next(std::vector<race_action>& out);

  std::vector<candidate> candidates_;
  std::vector<fate> fates_; ///< of each candidate
  duration delay_;
  std::size_t next_ = 0;
  bool begun_ = false;
  bool over_ = false;
  time_point due_; ///< of candidate `next_`
};

/// How long outcomes are remembered (RFC 9132, Section 4.3).
inline constexpr std::chrono::minutes path_memory{10};
/// Paths remembered: several servers with all their addresses, both ways; the
/// oldest is forgotten first.
inline constexpr std::size_t max_paths = 128;

/// The outcomes of former attempts.
class path_cache {
public:
  /// Zero would remember nothing: every race would be a full one.
  explicit path_cache(duration memory = path_memory) : memory_{memory} {}

  /// The owner calls it for attempts that succeeded or failed, not for those
  /// cancelled: nothing is known of them.
  void remember(const candidate& path, bool worked, time_point now);
  /// Nothing: not known, or too long ago.
  std::optional<bool> outcome(const candidate& path, time_point now) const;
  /// The path that worked last comes first, dead ones are left out; the rest
  /// keeps its order. If all are dead, all are tried again.
  std::vector<candidate> arrange(std::vector<candidate> paths,
                                 time_point now) const;
  /// The network has changed (new address, link up): nothing holds any more.
  void clear() noexcept { entries_.clear(); }
  std::size_t size() const noexcept { return entries_.size(); }

private:
  struct entry {
    candidate path;
    bool worked;
    time_point when;
  };

  duration memory_;
  std::vector<entry> entries_; ///< the oldest first
};

/// Least and default time between two probes of UDP (RFC 9132, Section 4.3).
inline constexpr std::chrono::seconds least_udp_probe{300};
inline constexpr std::chrono::seconds default_udp_probe{24 * 3600};

/// Fails with out_of_range below least_udp_probe; `where` is "udp-probe".
result<void> validate_udp_probe(std::chrono::seconds interval);

/// While only TCP works: when to find out whether UDP does by now.
///
///   off --connected(tcp)--> waiting --due: probe--> probing
///    ^                        ^--------failed--------+  |
///    +--connected(udp), disconnected         succeeded: migrate, off
class udp_probe {
public:
  /// A shorter interval than least_udp_probe is taken for that.
  explicit udp_probe(std::chrono::seconds interval = default_udp_probe);

  /// A session is in use over this transport.
  void connected(transport_kind over, time_point now);
  /// The session is gone: a new race decides.
  void disconnected() noexcept;

  std::optional<time_point> next_deadline() const;
  /// True: race the UDP candidates now, beside the session.
  bool on_time(time_point now);
  /// Outcome of that. True: move to the new UDP session and close the TCP one.
  bool on_outcome(bool worked, time_point now);

private:
  enum class stage : std::uint8_t { off, waiting, probing };

  duration interval_;
  stage stage_ = stage::off;
  time_point due_;
  std::optional<time_point> last_; ///< probe, over all sessions
};

} // namespace tocsin::protocol::signal
