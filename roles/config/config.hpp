#pragma once
#include "protocol/data/settings.hpp"
#include "protocol/signal/address_translation.hpp"
#include "protocol/signal/body.hpp"
#include "protocol/signal/conflict.hpp"
#include "protocol/signal/customer.hpp"
#include "protocol/signal/happy_eyeballs.hpp"
#include "protocol/signal/prefix.hpp"
#include "protocol/signal/target_value.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a configuration file says, as plain values. The initializers below are
/// the defaults; docs/configuration.md is generated from them. Every path is
/// absolute after loading (relative ones count from the file's directory).
namespace tocsin::roles {

using protocol::signal::prefix;

/// The DOTS signal channel's port (RFC 9132, Section 10.1).
inline constexpr std::uint16_t default_port = 4646;

/// The data channel's: that of HTTPS (RFC 8040, Section 2.2).
inline constexpr std::uint16_t default_data_port = 443;

/// "host:port" or "[2001:db8::1]:port"; `host` has no brackets.
struct endpoint {
  std::string host;
  std::uint16_t port = default_port;

  /// The text form, with brackets around an IPv6 literal.
  std::string to_string() const;
  friend auto operator<=>(const endpoint&, const endpoint&) = default;
};

enum class log_level : std::uint8_t { trace, debug, info, warning, error };
enum class log_format : std::uint8_t { text, json };

/// `[node]`: what every role needs.
struct node_config {
  std::string name = "tocsin"; ///< in logs and in the audit trail
  std::filesystem::path data_dir = "/var/lib/tocsin";
  std::filesystem::path control_socket; ///< empty in the file: data_dir's
  roles::log_level log_level = log_level::info;
  roles::log_format log_format = log_format::text;

  /// The database inside `data_dir`.
  std::filesystem::path database() const { return data_dir / "tocsin.db"; }
};

/// Own certificate chain and key, and the authority that peers are checked
/// against, all of them PEM files; or pre-shared keys; or both.
struct identity_files {
  std::filesystem::path certificate, key, ca;
  std::filesystem::path crl; ///< empty: no revocation list
  std::filesystem::path psk; ///< lines "identity:hexadecimal key"; or empty

  /// Anything was said.
  bool given() const {
    return has_certificate() || !key.empty() || !ca.empty() || !crl.empty()
           || has_psk();
  }
  bool has_certificate() const { return !certificate.empty(); }
  bool has_psk() const { return !psk.empty(); }
};

/// `[[server.customer]]`: who may ask, for what, and how much.
struct customer_config {
  /// Ready for protocol::signal::customer_table. In the file, `identities`
  /// holds all kinds: "sha256:…" (certificate or its SPKI), a DNS name (SAN),
  /// "cn:…" (common name); `max_lifetime` and `allow_indefinite` make the
  /// lifetime policy. Names and digits are in lower case after loading.
  protocol::signal::customer who;
  /// Fixed addresses of names, used instead of a resolver.
  std::map<std::string, std::vector<prefix>> names;
  /// Names of mitigators and relays; never empty after loading.
  std::vector<std::string> mitigators;
};

/// `[[server.mitigator]]`: a driver and how to start it.
struct mitigator_config {
  std::string name;
  /// A built-in driver ("nftables", "exec") or the absolute path of a program.
  std::string driver;
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment; ///< added to the node's own
  /// Where on the way of the traffic it is: those of one stage see different
  /// packets, a later one sees what the stages before it let pass.
  std::uint32_t stage = 1;
  /// Values of the targets that it takes.
  protocol::signal::value_bounds takes;
  bool built_in() const { return !driver.starts_with('/'); }
};

/// How several upstreams of a relay are asked.
enum class relay_choice : std::uint8_t { serial, by_prefix, all };

/// `[[server.relay]]`: an upstream DOTS server as a mitigator, which makes the
/// node a gateway.
struct relay_config {
  std::string name;
  std::string upstream; ///< of a `[[client.upstream]]`; or:
  /// Several of them; after loading, those that are asked.
  std::vector<std::string> upstreams;
  relay_choice choice = relay_choice::all;
  std::chrono::seconds lifetime{3600};
  bool end_to_end = false; ///< clients hear the server's answer
  bool aggregate = true;   ///< false: a session for each client
  bool cdid = false;       ///< and servers are told whose it is
  // When it is called for help; none of these: it is always asked.
  bool when_failed = false;
  bool when_overloaded = false;
  std::uint64_t above = 0;         ///< bits per second
  std::uint64_t above_packets = 0; ///< packets per second
  std::chrono::seconds ineffective_after{0};
  std::chrono::seconds hold{300};
  /// Values of the targets that it takes.
  protocol::signal::value_bounds takes;

  bool for_help_only() const {
    return when_failed || when_overloaded || above != 0 || above_packets != 0
           || ineffective_after.count() != 0;
  }
};

/// `[server.session]`: what a client may negotiate (RFC 9132, Section 4.5).
struct session_ranges {
  std::chrono::seconds min_heartbeat_interval{15};
  std::chrono::seconds max_heartbeat_interval{240};
  std::uint32_t min_missing_hb_allowed = 3;
  std::uint32_t max_missing_hb_allowed = 30;
  std::uint32_t max_probing_rate = 20; ///< octets a second
  std::chrono::seconds max_age{3600};  ///< until a client has to ask again
  /// End the session of a client that then does not (RFC 9132, Section 4.5.3).
  bool end_when_stale = false;
};

/// `[server.redirect]`: when clients are sent elsewhere, and where to (RFC
/// 9132, Section 4.6).
struct redirect_config {
  std::string alt_server;
  std::vector<prefix> addresses; ///< host prefixes
  std::chrono::seconds max_age{1800};
  std::uint32_t max_sessions = 0; ///< 0: whatever `server` allows
  bool when_mitigators_fail = true;
  bool when_full = true;
  /// Requests in spite of a redirect until they are refused; 0: never.
  std::uint32_t tolerance = 0;
};

/// `[server.data]`: the data channel (RFC 8783).
struct data_config {
  std::vector<endpoint> listen;
  std::string root = "/restconf"; ///< of RESTCONF (RFC 8040, Section 3.1)
  /// Of aliases and ACLs that are not refreshed.
  std::chrono::seconds lifetime = protocol::data::min_entry_lifetime;
  protocol::data::conflict_policy conflict_policy =
      protocol::data::conflict_policy::refuse_newcomer;
  bool allow_immediate = true; ///< filters in force outside of mitigations
  bool immediate_needs_destination = true;  ///< RFC 8783, Section 7.2
  std::vector<prefix> never_filtered;       ///< sources
  std::uint32_t min_source_length = 0;      ///< bits, IPv4; 0: any
  std::uint32_t min_ipv6_source_length = 0; ///< bits; 0: any
  /// The operator sets up aliases and filters: 503 (RFC 8783, Section 8).
  bool direct_configuration = false;
  protocol::data::data_quotas quotas;
  std::uint32_t max_body = 1024 * 1024;     ///< octets
  std::uint32_t max_connections = 32;       ///< of one customer at once
  std::uint32_t requests_per_minute = 3000; ///< of one customer
  std::uint32_t request_burst = 500;
  std::chrono::seconds idle_timeout{180}; ///< of a connection
};

/// `[server]`.
struct server_config {
  std::vector<endpoint> listen{{"0.0.0.0", default_port}, {"::", default_port}};
  /// TLS over TCP; absent in the file: as `listen`; empty there: none.
  std::vector<endpoint> listen_tls;
  bool require_alpn = true; ///< RFC 8323, Section 8.2
  identity_files identity;
  std::filesystem::path ticket_key; ///< empty in the file: in data_dir
  std::uint32_t reactors = 1;       ///< threads that own sockets, per address
  std::uint32_t max_sessions = 100'000;
  std::uint32_t max_connections = 10'000; ///< over TCP
  std::uint32_t max_handshakes = 256;     ///< in progress at once, per reactor
  std::uint32_t cookie_rate = 10'000;     ///< answers per second, per reactor
  /// RFC 9132, Section 4.4.4: active but terminating.
  std::chrono::seconds terminating_period{120};
  std::chrono::seconds max_terminating_period{300};
  /// RFC 9132, Section 4.5.2; 0: no heartbeats of our own.
  std::chrono::seconds heartbeat_interval{30};
  std::uint32_t missing_hb_allowed = 15;
  session_ranges session;
  /// Nothing dropped for so long means the end of an attack; 0: never.
  std::chrono::seconds attack_stopped_after{300};
  /// Between two notifications of an active mitigation.
  std::chrono::seconds status_interval{15};
  protocol::signal::conflict_policy conflict_policy =
      protocol::signal::conflict_policy::first_wins;
  bool keep_losers = false; ///< as inactive, rather than refuse them
  /// Whether mitigations may be left for the loss of the signal channel (RFC
  /// 9132, trigger-mitigation).
  bool loss_of_signal = true;
  std::uint32_t max_mitigations = 0; ///< of all customers; 0: not limited
  std::optional<redirect_config> redirect;
  std::optional<data_config> data; ///< absent: there is no data channel
  std::vector<customer_config> customers;
  std::vector<mitigator_config> mitigators;
  std::vector<relay_config> relays;
};

/// Host of `server` that stands for the default routers of the machine, whose
/// addresses are candidates of a client that knows no server (RFC 9132, Section
/// 4.3).
inline constexpr std::string_view default_router = "default-router";

/// `[client.upstream.data]`: the data channel to an upstream (RFC 8783).
struct data_channel_config {
  bool enabled = true;
  std::string host; ///< empty in the file: the upstream's
  std::uint32_t port = default_data_port;
  std::string server_name;       ///< empty in the file: see complete()
  std::string root;              ///< of RESTCONF; empty: asked for
  std::filesystem::path filters; ///< JSON (RFC 8783, Section 7.2), or empty
  bool mitigate_by_name = false;
};

/// `[[client.upstream]]`: a DOTS server to call.
struct upstream_config {
  std::string name;
  endpoint server;
  std::string server_name;      ///< checked against the server's certificate
  std::optional<prefix> source; ///< local address, a host prefix
  std::string interface;        ///< the only one to call through; empty: any
  /// DNS servers that know its names, host prefixes (RFC 9284, Section 4.1);
  /// empty: the system's.
  std::vector<prefix> resolvers;
  /// What its network has provided (RFC 9284, Section 4.1); empty in the file:
  /// the client's.
  identity_files identity;
  /// Addresses that its network has assigned (RFC 9284); empty: any.
  std::vector<prefix> prefixes;
  std::string cuid; ///< empty: the client's, else from the certificate
  std::vector<protocol::signal::transport_kind> transports{
      protocol::signal::transport_kind::udp,
      protocol::signal::transport_kind::tcp};
  std::chrono::seconds udp_probe = protocol::signal::default_udp_probe;
  std::chrono::seconds heartbeat_interval{30};
  /// While a mitigation is active; absent in the file: the same.
  std::optional<std::chrono::seconds> mitigating_heartbeat_interval;
  std::uint32_t missing_hb_allowed = 15;
  /// Assumed of the paths to the server (RFC 9132, Section 7.3), octets.
  std::uint32_t path_mtu = 1280;
  std::optional<std::uint32_t> ipv4_path_mtu; ///< absent in the file: the same
  /// "", "well-known" or a prefix (RFC 6052): IPv4 addresses of alternate
  /// servers are called behind it, too.
  std::string nat64_prefix;
  /// How targets look outside.
  std::vector<protocol::signal::translation_rule> translations;
  std::optional<data_channel_config> data;

  bool calls_default_router() const { return server.host == default_router; }
};

/// `[client.defaults]`: what a mitigation request says unless told otherwise.
struct mitigation_defaults {
  std::chrono::seconds lifetime{3600}; ///< -1: indefinite (Section 4.4.1.1)
  bool renew = true;                   ///< refresh before the lifetime ends
  /// Withdraw when the server says that the attack has stopped (RFC 9132,
  /// Section 4.4.2.2).
  bool withdraw_when_stopped = false;
};

/// `[[client.alias]]`: a local name for targets.
struct alias_config {
  std::string name;
  protocol::signal::target what; ///< `aliases` stays empty
  bool publish = false;          ///< over the data channels
};

/// `[client]`.
struct client_config {
  identity_files identity;
  std::string cuid; ///< empty: derived from the certificate (Section 4.4.1.1)
  std::vector<upstream_config> upstreams;
  mitigation_defaults defaults;
  std::vector<alias_config> aliases;
  /// How orders that name no upstream are asked of several; absent: they have
  /// to name one.
  std::optional<relay_choice> choice = {};
};

/// The port on which nodes of one organisation wait for each other.
inline constexpr std::uint16_t default_sibling_port = 4650;

/// `[[siblings.peer]]`: another node of the same organisation.
struct sibling_config {
  std::string name; ///< its `name` in its own [node]
  endpoint address{"", default_sibling_port};
  std::string alt_server; ///< its DOTS server for clients; empty: none is told
  std::vector<prefix> addresses; ///< of that, host prefixes
};

/// `[siblings]`: nodes that answer for the same customers (docs/adr/0008).
struct siblings_config {
  endpoint listen{"", default_sibling_port};
  bool is_protected = false; ///< beyond loopback, by what the operator did
  std::chrono::seconds redirect_time{1800}; ///< of clients handed over
  std::vector<sibling_config> peers;
};

/// A node: at least one role.
struct config {
  std::filesystem::path file; ///< where it was read, absolute
  node_config node;
  std::optional<server_config> server;
  std::optional<client_config> client;
  std::optional<siblings_config> siblings;
};

} // namespace tocsin::roles
