#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/signal/body.hpp"
#include "protocol/signal/conflict.hpp"
#include "protocol/signal/escalation.hpp"
#include "protocol/signal/target_value.hpp"
#include "protocol/time.hpp"

#include <caf/actor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Values that actors exchange; what operators see is in views.hpp.
namespace tocsin::actors {

/// A reply without content. Not caf::unit: CAF 0.17 sends that as an empty
/// message, which the handler of a typed response then does not accept.
enum class ack : std::uint8_t { done };

/// Who holds a scope in the REGISTRY.
struct scope_owner {
  std::string customer;
  std::string cuid;
  std::uint32_t mid = 0;
  friend auto operator<=>(const scope_owner&, const scope_owner&) = default;
};

/// What a decision at one node means for a scope at a sibling. Numbers are
/// sent.
enum class foreign_verdict : std::uint8_t {
  told = 0,       ///< in a conflict, and stays active
  loses = 1,      ///< another client's request is in force in its place
  superseded = 2, ///< a newer request of the same client is
};

/// A scope that a sibling holds.
struct foreign_scope {
  std::string sibling;
  scope_owner owner;
  protocol::signal::target what;
  std::int64_t remaining = 0;
  bool active = true;
  bool immediate = true;
};

/// What a sibling's scope is to be told.
struct foreign_notice {
  std::string sibling;
  scope_owner owner;
  foreign_verdict what = foreign_verdict::told;
  protocol::signal::conflict_information information;
};

/// What a CLIENT claims of the REGISTRY.
struct scope_claim {
  scope_owner owner;
  protocol::signal::target what; ///< with the addresses of its names
  std::int64_t lifetime = 3600;  ///< left, seconds; -1: indefinite
  /// active: is to be enforced; armed: not before the signal is lost;
  /// suspended: lost a conflict before the node was started again.
  enum class state : std::uint8_t { active, armed, suspended };
  state wanted = state::active;
  bool restored = false; ///< was accepted before: nothing is decided
  caf::strong_actor_ptr client;
  /// What siblings hold that overlaps it; at most max_sibling_scopes.
  std::vector<foreign_scope> foreign = {};
};

/// The REGISTRY's answer.
struct claim_result {
  protocol::signal::newcomer_verdict verdict =
      protocol::signal::newcomer_verdict::accept;
  /// For the answer to the client, if there is a conflict.
  std::optional<protocol::signal::conflict_information> information;
  std::vector<std::uint32_t> own; ///< mids of the same client that overlap
  /// Clients, with this one, that want something of this active.
  std::uint32_t agreeing = 1;
  /// A newcomer is refused, and the REGISTRY tells when the reason is gone:
  /// until then the answer is the same.
  bool lasting = false;
  /// For owners at siblings: at once what is `told`, the rest when the
  /// newcomer is in force.
  std::vector<foreign_notice> notices = {};
  /// Requests of the same client at siblings that overlap.
  std::vector<foreign_scope> own_elsewhere = {};
};

/// Who speaks on a session: what the handshake proved.
struct peer_name {
  std::string customer;    ///< server side: from the configuration
  std::string identity;    ///< agent: SAN, else CN, else key fingerprint
  std::string fingerprint; ///< "sha256:..." of the certificate
  std::string address;     ///< "192.0.2.1:4646", for logs and audit
  std::uint64_t session = 0;
  /// What a gateway calls the peer's domain (RFC 9132, Section 4.4.1.2): from
  /// its credential, or as a gateway that is trusted with it says.
  std::string cdid = {};
};

/// How a session ended; only silence means loss of signal (RFC 9132, Section
/// 4.7).
enum class session_end : std::uint8_t {
  closed,    ///< the peer said goodbye
  lost,      ///< as many heartbeats as allowed went unanswered
  replaced,  ///< the peer started anew from the same address
  failed,    ///< the association broke: fatal alert, connection reset, defect
  shut_down, ///< we ended it
};

/// Who wants to be told of changes: one observation of a session.
struct observer {
  std::uint64_t session = 0;
  std::uint64_t request = 0;    ///< names the observation within the session
  caf::strong_actor_ptr handle; ///< the SESSION
};

/// Peers are sent to another server (RFC 9132, Section 4.6), or no longer.
struct redirect_order {
  bool active = false;
  protocol::signal::redirected_signal where;
  std::uint32_t max_age = 0; ///< seconds
  std::string reason;        ///< for people
  /// False: refreshes are served here, only new mitigations go there.
  bool everything = true;
  /// Requests in spite of it, within `max_age`, that are still answered by a
  /// redirect; more are refused. 0: no limit.
  std::uint32_t tolerance = 0;
};

/// A request on `mitigate`, as SESSION hands it to CLIENT: transport and CoAP
/// are dealt with, DOTS is not.
struct dots_request {
  enum class method : std::uint8_t { get, put, remove };
  method what = method::get;
  std::string cuid;
  std::optional<std::uint32_t> mid;
  char filter = 'a';     ///< Uri-Query c: 'c', 'n' or 'a' (RFC 9132, 4.4.2)
  bool if_match = false; ///< an efficacy update (RFC 9132, Section 4.4.3)
  /// How many gateways it may still pass (RFC 8768); absent: not said.
  std::optional<std::uint8_t> hop_limit = {};
  /// A trusted gateway passes it on for a client of another customer (`cdid`).
  bool forwarded = false;
  bytes body;
  peer_name from;
  /// GET with Observe 0: the answer's `observed` says whether it is granted.
  std::optional<observer> observe = {};
  /// A new mitigation is to be asked for elsewhere.
  std::optional<redirect_order> redirect = {};
};

/// The answer; SESSION turns it into a CoAP response.
struct dots_response {
  std::uint8_t code = 0;
  bool cbor = false; ///< application/dots+cbor, else diagnostic text
  bytes payload;
  std::optional<std::uint32_t> max_age; ///< seconds
  bool silent = false;   ///< no answer at all (RFC 9132, Section 4.4.3)
  bool observed = false; ///< the observation is registered
};

/// A CoAP request for the peer of a session.
struct coap_call {
  std::uint8_t code = 0; ///< GET, PUT or DELETE
  std::vector<std::string> path;
  std::vector<std::string> query;
  bytes body; ///< application/dots+cbor when not empty
  bool confirmable = false;
  bool urgent = false;        ///< not held back by PROBING_RATE (mitigations)
  duration patience{};        ///< how long the request is repeated
  bool observe = false;       ///< GET: with Observe 0 (RFC 7641)
  bool if_match = false;      ///< an efficacy update (RFC 9132, Section 4.4.3)
  std::uint8_t hop_limit = 0; ///< RFC 8768; 0: not said
  /// The caller's name for it, to abandon it by; 0: it will not.
  std::uint64_t tag = 0;
};

/// The peer's answer to a coap_call.
struct coap_reply {
  std::uint8_t code = 0;
  std::optional<std::uint16_t> format;
  std::optional<std::uint32_t> max_age;
  bytes body;
  /// The server granted the observation: its name within the session.
  std::optional<std::uint64_t> observation = {};
};

/// A session finished its handshake and its peer is known.
struct session_opened {
  std::uint64_t id = 0;
  peer_name peer;
};

/// Where UPSTREAM wants a session to.
struct session_target {
  enum class transport : std::uint8_t { udp, tcp };
  transport way = transport::udp;
  std::string address;     ///< "192.0.2.1:4646"
  std::string server_name; ///< checked against the certificate; empty: the
                           ///< configured one
};

/// An operator's wish to redirect all clients, as before a maintenance.
struct redirect_wish {
  bool on = false;
  std::string alt_server; ///< empty: the configured one
  std::vector<std::string> records;
  std::optional<std::uint32_t> max_age; ///< seconds; absent: as configured
};

/// How far a MITIGATOR is with one rule.
struct enforcement_report {
  enum class state : std::uint8_t { pending, active, failed, withdrawn };
  std::string mitigator;
  std::string rule;
  state what = state::pending;
  bool overloaded = false; ///< failed since the mitigator's capacity is used up
  std::string detail;
  /// The driver does not work as it should: that it counts nothing does not
  /// mean that nothing comes. Of a RELAY: there is no session with its server.
  bool blind = false;
  /// Of a RELAY: what its server answered to the request, as a response code;
  /// 0: nothing yet.
  std::uint8_t answer = 0;
  /// Of a RELAY: what its server says that the request is in conflict with.
  std::optional<protocol::signal::conflict_information> conflict = {};

  friend bool operator==(const enforcement_report&,
                         const enforcement_report&) = default;
};

/// For people.
constexpr std::string_view to_string(enforcement_report::state x) noexcept {
  switch (x) {
  case enforcement_report::state::pending:
    return "pending";
  case enforcement_report::state::active:
    return "active";
  case enforcement_report::state::failed:
    return "failed";
  case enforcement_report::state::withdrawn:
    return "withdrawn";
  }
  return "pending";
}

/// Names of MITIGATORs and their current handles.
struct mitigator_table {
  struct entry {
    std::string name;
    caf::actor handle;
    /// Those of one stage see different packets; a later stage sees what the
    /// earlier ones let pass.
    std::uint32_t stage = 1;
    /// It is called for help only; absent: it is always asked.
    std::optional<protocol::signal::escalation_settings> when = {};
    bool relay = false; ///< asks an upstream DOTS server
    /// Others are not asked of it, unless an administrator says so.
    protocol::signal::value_bounds takes = {};
  };
  std::vector<entry> entries;
};

/// What an operator decides about one mitigation.
struct operator_order {
  enum class kind : std::uint8_t {
    call_help, ///< those who are called for help only (RFC 8811, 3.2.3)
    end_help,  ///< unless another reason holds
    approve,   ///< what waits for it is enforced
    reject,    ///< it ends
  };
  kind what = kind::call_help;
  /// With `approve`: these MITIGATORs, and no others; empty: as configured.
  std::vector<std::string> mitigators = {};
  std::string who = {}; ///< for the audit trail
};

/// As the API says it.
constexpr std::string_view to_string(operator_order::kind x) noexcept {
  switch (x) {
  case operator_order::kind::call_help:
    return "call-help";
  case operator_order::kind::end_help:
    return "end-help";
  case operator_order::kind::approve:
    return "approve";
  case operator_order::kind::reject:
    return "reject";
  }
  return "approve";
}

/// Orders of the operator that name no upstream are requests of this customer,
/// whose one MITIGATOR asks the upstreams that fit: what is true for a
/// gateway's clients is true for the operator of a multihomed client, too.
inline constexpr std::string_view own_orders = "operator";

/// The MITIGATOR of `own_orders`.
inline constexpr std::string_view own_relay = "upstreams";

/// An operator's call on the API and the way to answer it (any thread, once).
struct api_exchange {
  std::string method;
  std::string target;
  std::string body;
  std::uint32_t uid = 0;
  std::function<void(int status, std::string json)> reply;
};

/// Relates the two clocks: fixed when the node starts, so that stored wall
/// times and monotonic deadlines agree for the life of the process.
struct epoch {
  time_point steady;
  unix_seconds unix = 0;

  unix_seconds at(time_point now) const {
    return unix
           + std::chrono::floor<std::chrono::seconds>(now - steady).count();
  }
  time_point when(unix_seconds t) const {
    return steady + std::chrono::seconds{t - unix};
  }
};

} // namespace tocsin::actors
