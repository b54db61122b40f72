#pragma once
#include "actors/interfaces.hpp"
#include "protocol/signal/address_translation.hpp"
#include "protocol/signal/happy_eyeballs.hpp"
#include "transports/name_lookup.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

/// What an UPSTREAM is told when it starts, and its named limits.
namespace tocsin::actors {

/// Opens a session to an address of the server; the SESSION reports to the
/// given owner. Called by UPSTREAM, may be called from any thread; fails if no
/// socket can be had.
using session_opener = std::function<result<caf::strong_actor_ptr>(
    std::uint64_t id, const session_target& where, session_owner_actor owner)>;

/// Which transports a client may use.
struct transport_choice {
  bool udp = true; ///< DTLS
  bool tcp = true; ///< TLS
};

/// Body of a request that fits one datagram with all headers (RFC 7252,
/// Section 4.6).
inline constexpr std::size_t max_request_body = 1024;

struct upstream_setup {
  std::string name;
  std::string host; ///< name or literal; empty: what `gateways` says
  std::uint16_t port = 4646;
  std::string cuid;
  /// What its network has assigned (RFC 9284); empty: any.
  std::vector<protocol::signal::prefix> prefixes = {};
  /// A pattern for the UPSTREAMs of a gateway's clients: none itself.
  bool per_client = false;
  bool name_clients = false; ///< with `per_client`: by `cdid`
  std::string cdid = {};     ///< goes before the cuid (RFC 9132, 4.4.1.2)
  bool renew_by_default = true;
  session_opener open;
  keeper_actor keeper;
  resolver_actor resolver;
  /// Of its network, which its names are asked of; none: the system's.
  transports::name_servers names = {};
  epoch clock;
  /// Pause between attempts to connect: RFC 9132, Section 4.7 wants 300 s and
  /// forbids less than 60 s, once re-establishing has failed.
  std::chrono::seconds retry{300};
  std::chrono::seconds retry_in_attack{60};
  std::map<std::string, protocol::signal::target> aliases;
  /// Those which the server holds are sent by name.
  bool name_aliases = false;
  transport_choice transports = {};
  /// While only TCP works, UDP is tried so often (RFC 9132, Section 4.3 wants
  /// 24 h and forbids less than 5 min).
  std::chrono::seconds udp_probe = protocol::signal::default_udp_probe;
  /// The default routers as servers, asked for at each attempt when no host is
  /// configured (RFC 9132, Section 4.3).
  std::function<std::vector<protocol::signal::server_address>()> gateways = {};
  /// IPv4 addresses of an alternate server that has no others are called behind
  /// this prefix, too (RFC 9132, Section 4.6; RFC 6052).
  std::optional<protocol::signal::prefix> nat64 = {};
  /// How targets look to the server.
  protocol::signal::address_translation translation = {};
  /// Body of a request that fits one datagram (RFC 9132, Section 7.3).
  std::size_t request_octets = max_request_body;
  /// The state is asked for so often where the server grants no observation
  /// (RFC 9132, Section 4.4.2.2).
  std::chrono::seconds poll{15};
  /// An order that is not to be renewed is withdrawn when the server says that
  /// the attack has stopped (RFC 9132, Section 4.4.2.2), and has said so for
  /// `stopped_hold`: attacks that come in pulses would otherwise find the door
  /// open. One that is renewed "until withdrawn" stays for the operator, and so
  /// does one that is armed for loss of signal.
  bool withdraw_when_stopped = false;
  std::chrono::seconds stopped_hold{60};
  /// Random numbers, for new cuids and for jitter; empty: the system's.
  std::function<std::uint32_t()> random = {};
};

/// How long one round of a request is repeated before UPSTREAM considers a
/// second session beside the silent one (RFC 9132, Sections 4.7 and 7.2).
inline constexpr std::chrono::seconds silence_before_new_session{9};

/// Sessions with one server at a time: the silent one and the one that may
/// replace it (RFC 9132, Section 4.7). More would not be heard better.
inline constexpr std::size_t max_parallel_sessions = 2;

/// How long a request is repeated on one session before it is started over.
inline constexpr std::chrono::seconds request_round{60};

/// Live status is asked for this long before the last known one is shown.
inline constexpr std::chrono::seconds status_patience{10};

/// An efficacy update is repeated no longer than this: a server which no
/// longer holds the mitigation does not answer (RFC 9132, Section 4.4.3).
inline constexpr std::chrono::seconds efficacy_patience{30};

/// Without an observation the state is asked for a moment after each grant.
inline constexpr std::chrono::seconds first_poll{1};

/// A refused request stays in the list so long, for the operator to see why.
inline constexpr std::chrono::hours refused_shown{1};

/// Pause before an answer of "not now" without Max-Age is tried again: the
/// default of Max-Age (RFC 7252, Section 5.10.5).
inline constexpr std::chrono::seconds default_pause{60};

/// Pause before what a server has withdrawn of its own accord is asked for
/// again: its operator shall not have to say no twice a second.
inline constexpr std::chrono::seconds withdrawn_pause{300};

/// Whatever Max-Age says, a server is not asked again earlier.
inline constexpr std::chrono::seconds least_pause{1};

/// A mid that the server holds for another request of ours is left behind so
/// often; then the order counts as refused.
inline constexpr int max_renumberings = 3;

/// Cuids that may be in use already are replaced so seldom: a server that
/// finds every one in use is broken, and must not be asked without an end.
inline constexpr std::chrono::seconds cuid_pause{60};

} // namespace tocsin::actors
