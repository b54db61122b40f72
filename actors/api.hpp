#pragma once
#include "actors/data_upstream_values.hpp"
#include "actors/data_views.hpp"
#include "actors/sibling_views.hpp"
#include "actors/values.hpp"
#include "actors/views.hpp"
#include "protocol/error.hpp"
#include "storage/store.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The operator API (docs/api.md) between HTTP and values: pure functions, used
/// by the CONSOLE. Nothing here knows actors, sockets or clocks.
namespace tocsin::actors {

/// Bounds of the API.
inline constexpr std::chrono::seconds default_wait{60};
inline constexpr std::chrono::seconds max_wait{300};
inline constexpr std::size_t default_session_limit = 1000;
inline constexpr std::size_t max_session_limit = 100'000;
inline constexpr std::size_t default_audit_limit = 100;
inline constexpr std::size_t max_audit_limit = 10'000;
/// Entries of each list of targets. Far more than fits the one datagram that
/// carries a request; keeps a call's cost bounded.
inline constexpr std::size_t max_targets = 256;

/// GET /v1/node
struct get_node {};

/// GET /v1/mitigations
struct list_mitigations {};

/// POST /v1/mitigations
struct create_mitigation {
  mitigate_order order;
  std::chrono::seconds wait = default_wait; ///< for the peer's answer; 0: none
};

/// GET /v1/mitigations/{mid}; `peer` and `cuid` may be empty.
struct get_mitigation {
  mitigation_name name;
};

/// DELETE /v1/mitigations/{mid}; `peer` and `cuid` may be empty.
struct delete_mitigation {
  mitigation_name name;
  std::chrono::seconds wait = default_wait;
};

/// PUT /v1/mitigations/{mid}: how well it works (RFC 9132, Section 4.4.3).
struct report_efficacy {
  mitigation_name name;
  protocol::signal::attack_status what =
      protocol::signal::attack_status::under_attack;
  std::chrono::seconds wait = default_wait;
};

/// PUT /v1/mitigations/{mid}: switch filters while it runs (RFC 9133).
struct control_filters {
  mitigation_name name;
  std::vector<protocol::signal::filter_control> acls;
  std::chrono::seconds wait = default_wait;
};

/// PUT /v1/mitigations/{mid}, on a server node: a decision about it.
struct decide_mitigation {
  mitigation_name name;
  operator_order order;
};

/// PUT /v1/redirect, DELETE /v1/redirect
struct set_redirect {
  redirect_wish wish;
};

/// PUT /v1/handover
struct hand_over {
  handover_wish wish;
};

/// GET /v1/sessions
struct list_sessions {
  std::size_t limit = default_session_limit;
};

/// GET /v1/audit
struct list_audit {
  std::size_t limit = default_audit_limit;
};

/// GET /v1/data-clients
struct list_data_clients {};

/// GET /v1/data-clients/{cuid}; `customer` may be empty.
struct get_data_client {
  std::string customer;
  std::string cuid;
};

/// Anything below /v1/data: the data channel to an upstream, as a client.
struct use_data_channel {
  std::string upstream; ///< empty: the only one
  data_order order;     ///< without the operator's name
};

using api_call =
    std::variant<get_node, list_mitigations, create_mitigation, get_mitigation,
                 delete_mitigation, report_efficacy, control_filters,
                 decide_mitigation, set_redirect, hand_over, list_sessions,
                 list_audit, list_data_clients, get_data_client,
                 use_data_channel>;

/// Understands one HTTP request. Strict: an unknown member or query parameter,
/// one given twice, a wrong type or a value out of bounds is refused. Members
/// of the order that the body does not mention keep the value of `defaults`.
/// Fails with ec::not_found (no such resource), ec::unsupported and "method",
/// ec::malformed, ec::out_of_range, ec::missing, ec::unknown, ec::too_large;
/// `where` names the member or parameter.
result<api_call> parse_request(std::string_view method, std::string_view target,
                               std::string_view body,
                               const mitigate_order& defaults = {});

/// What a caller of POST /v1/mitigations says; the node's defaults stand in
/// for what is absent.
struct order_body {
  std::string upstream; ///< empty: absent
  protocol::signal::target what;
  std::optional<std::int64_t> lifetime; ///< seconds; -1: indefinite
  std::optional<bool> renew;
  std::optional<bool> trigger_mitigation; ///< false: for loss of signal
  std::vector<protocol::signal::filter_control> filters = {};
};

/// The JSON of each value, as docs/api.md describes it.
std::string to_json(const node_view& x);
std::string to_json(const mitigation_view& x);
std::string to_json(const std::vector<mitigation_view>& xs);
/// `total` is the number of sessions before the limit was applied.
std::string to_json(const std::vector<session_view>& xs, std::uint64_t total);
std::string to_json(const std::vector<storage::audit_event>& xs);
std::string to_json(const std::vector<data_client_view>& xs);
std::string to_json(const data_client_details& x);
/// {"error":{"code":"not-found","where":"mid","detail":"..."}}
std::string to_json(const failure& x);
std::string to_json(const order_body& x);    ///< what parse_request reads
std::string to_json(const redirect_wish& x); ///< the same; `on` is the method
std::string to_json(const handover_wish& x); ///< the same
std::string to_json(const std::vector<handover_result>& xs);
/// {"acl-list":[{"acl-name":"a","activation-type":"deactivate"}]}: the same.
std::string to_json(const std::vector<protocol::signal::filter_control>& xs);
/// {"decision":"approve","mitigators":["scrubber"]}: the same.
std::string to_json(const operator_order& x);
/// {"attack-status":"under-attack"}: what parse_request reads.
std::string to_json(protocol::signal::attack_status x);

/// HTTP status of a failure; nobody else picks one.
unsigned http_status(const failure& x) noexcept;

/// HTTP status of a created or deleted mitigation: 202 while the peer's answer
/// is awaited (progress "requested" or "withdrawing"), else `done`.
unsigned http_status(const mitigation_view& x, unsigned done) noexcept;

} // namespace tocsin::actors
