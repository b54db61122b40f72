#pragma once
#include "protocol/signal/body.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What an operator sees of a node: values that the CONSOLE turns into JSON.
namespace tocsin::actors {

/// How far one mitigator is with one mitigation.
struct enforcement_view {
  std::string mitigator; ///< name from the configuration
  std::string state;     ///< "pending", "active", "failed", "withdrawn", or
                         ///< "resting": not called for help
  std::string detail;    ///< reason of a failure, else empty
  /// Of a RELAY, as enforcement_report says.
  std::uint8_t answer = 0;
  std::optional<protocol::signal::conflict_information> conflict = {};
};

struct mitigation_view {
  std::string peer; ///< server node: the customer; client node: the upstream
  std::string cuid;
  std::uint32_t mid = 0;
  protocol::signal::target what;
  /// Client node: what the server was asked for, where a translator makes it
  /// look different.
  std::optional<protocol::signal::target> external;
  std::int64_t lifetime = 0; ///< seconds left; -1: indefinite
  protocol::signal::status status = protocol::signal::status::in_progress;
  /// Client node only: "requested", "active", "withdrawing", "withdrawn" or
  /// "refused".
  std::string progress;
  std::optional<std::uint64_t> start; ///< epoch seconds
  std::optional<protocol::signal::counters> dropped;
  std::vector<enforcement_view> enforcement; ///< server node only
  /// False: armed for loss of signal (RFC 9132, trigger-mitigation).
  bool immediate = true;
  /// Why it is in force: "request" or "signal-loss"; empty if it is not.
  std::string origin;
  /// Filter control that was asked for with it (RFC 9133).
  std::vector<protocol::signal::filter_control> filters;
  /// ACLs whose activation-type was changed by others while it was active.
  std::vector<protocol::signal::filter_control> switched;
  /// What it is in conflict with, as the peer was told.
  std::optional<protocol::signal::conflict_information> conflict;
  bool renew = false;          ///< client node: renewed until withdrawn
  std::uint64_t age_ms = 0;    ///< how old this knowledge is
  std::uint64_t answer_ms = 0; ///< client node: request to first answer
  /// Client node: the relayed request that it is a part of, see RELAY.
  std::string relayed;
  /// Client node: the response code of the last answer to the request; 0: none.
  std::uint8_t answer = 0;
  /// Server node: "waiting" for an administrator, "approved", or empty where
  /// none is asked.
  std::string approval;
  std::string note; ///< e.g. the diagnostic of a refusal
};

struct session_view {
  std::uint64_t id = 0;
  std::string side;      ///< "server" or "client": what this node is in it
  std::string peer;      ///< customer or upstream name
  std::string address;   ///< "192.0.2.1:4646"
  std::string identity;  ///< certificate fingerprint
  std::string transport; ///< "DTLS 1.2", "TLS 1.3"
  std::string state;     ///< "handshaking", "up", "lost", "closed"
  std::uint64_t age_s = 0;
  std::uint64_t idle_ms = 0; ///< since the peer was last heard
  std::uint32_t missed_heartbeats = 0;
  bool peer_hears_us = false;    ///< peer-hb-status as the peer last said
  bool mitigating = false;       ///< which set of the configuration is in use
  bool resumed = false;          ///< without a full handshake
  bool redirected = false;       ///< told to go elsewhere
  std::uint32_t heartbeat_s = 0; ///< interval in use; 0: off
  std::uint32_t missing_hb_allowed = 0;
  std::optional<std::uint32_t> sid; ///< of the negotiated configuration
  std::uint64_t observations = 0;   ///< of the peer
  std::uint64_t requests_in = 0;
  std::uint64_t requests_out = 0;
};

struct mitigator_view {
  std::string name;
  std::string driver;
  std::string state;         ///< "starting", "up", "down" or "degraded"
  std::string detail;        ///< why, and when it is tried again
  std::uint64_t rules = 0;   ///< of mitigations, in force
  std::uint64_t pending = 0; ///< rules and filter sets that are not
  std::uint64_t restarts = 0;
  std::uint64_t filter_sets = 0; ///< of the data channel, in force
};

struct upstream_view {
  std::string name;
  std::string server; ///< host:port as configured
  std::string state;  ///< "connecting", "up", "down"
  std::string detail; ///< last failure, when the next attempt is due
  std::string cuid;
  std::uint64_t mitigations = 0; ///< asked for and not withdrawn
  std::string via;               ///< "udp 192.0.2.1:4646": the session in use
  std::string redirect; ///< where the server sent us and until when, or empty
  bool under_attack = false; ///< as far as this node can tell
  /// How far the server is in step over the data channel; empty: there is none.
  std::string data;
};

struct sibling_view {
  std::string name;
  std::string address;       ///< as configured
  std::string state;         ///< "up", "late" or "down"
  std::string detail;        ///< why it is not up
  std::uint64_t since_s = 0; ///< in this state
  std::string program;       ///< as it said, e.g. "tocsin 1.0"
  // What it holds, as it said last.
  std::uint64_t sessions = 0;
  std::uint64_t clients = 0;
  std::uint64_t mitigations = 0;
  std::uint64_t missed = 0; ///< questions that it did not answer in time
};

struct node_view {
  std::string name;
  std::string version;
  std::vector<std::string> roles; ///< "server", "client"
  std::uint64_t uptime_s = 0;
  std::uint64_t sessions = 0;      ///< of the signal channel
  std::uint64_t data_sessions = 0; ///< of clients' data channels
  std::uint64_t clients = 0;
  std::uint64_t mitigations = 0;
  std::vector<std::string> listening; ///< "udp 0.0.0.0:4646"
  std::string redirect; ///< where clients are sent to and why, or empty
  std::vector<mitigator_view> mitigators;
  std::vector<upstream_view> upstreams;
  std::vector<sibling_view> siblings;
};

/// An operator's wish for help, on a client node.
struct mitigate_order {
  std::string upstream; ///< empty: the only one, else an error
  protocol::signal::target what;
  std::int64_t lifetime = 3600; ///< seconds; -1: indefinite
  bool renew = false;           ///< ask again before it ends, until withdrawn
  /// False: to be in force only while the signal channel is lost (RFC 9132,
  /// trigger-mitigation).
  bool immediate = true;
  /// ACLs to be switched as soon as it is granted (RFC 9133).
  std::vector<protocol::signal::filter_control> filters = {};
  /// The relayed request that it makes; empty: it is the operator's. The order
  /// of one that is pursued already changes its `hop_limit` only.
  std::string relayed = {};
  std::uint8_t hop_limit = 0; ///< RFC 8768; 0: not said
};

/// Names one mitigation towards the CONSOLE. Client nodes need `mid` and, with
/// several upstreams, `peer`; server nodes need all three.
struct mitigation_name {
  std::string peer;
  std::string cuid;
  std::uint32_t mid = 0;
};

} // namespace tocsin::actors
