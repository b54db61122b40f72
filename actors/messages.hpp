#pragma once
#include "actors/data_upstream_values.hpp"
#include "actors/data_values.hpp"
#include "actors/sibling_values.hpp"
#include "actors/values.hpp"
#include "actors/views.hpp"
#include "mitigators/filter.hpp"
#include "mitigators/rule.hpp"
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/signal/heartbeat.hpp"
#include "storage/store.hpp"

#include <caf/all.hpp>

/// Type identities for CAF 0.17; a move to another CAF stays in this file and
/// in interfaces.hpp. What is declared local travels inside one process only;
/// the rest may go to a sibling (sibling_values.hpp).

#define TOCSIN_LOCAL_TYPE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)

CAF_ERROR_CODE_ENUM(tocsin::ec, "tocsin")

CAF_BEGIN_TYPE_ID_BLOCK(tocsin, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(tocsin, (tocsin::bytes))
CAF_ADD_TYPE_ID(tocsin, (tocsin::failure))
CAF_ADD_TYPE_ID(tocsin, (tocsin::time_point))
CAF_ADD_TYPE_ID(tocsin, (tocsin::storage::transaction))
CAF_ADD_TYPE_ID(tocsin, (tocsin::storage::snapshot))
CAF_ADD_TYPE_ID(tocsin, (std::vector<tocsin::storage::audit_event>))
CAF_ADD_TYPE_ID(tocsin, (tocsin::mitigators::rule))
CAF_ADD_TYPE_ID(tocsin, (tocsin::mitigators::filter_set))
CAF_ADD_TYPE_ID(tocsin, (std::vector<tocsin::mitigators::entry_counters>))
CAF_ADD_TYPE_ID(tocsin, (tocsin::protocol::signal::target))
CAF_ADD_TYPE_ID(tocsin, (std::vector<tocsin::protocol::signal::prefix>))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::ack))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::scope_owner))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::scope_claim))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::claim_result))
CAF_ADD_TYPE_ID(tocsin, (tocsin::protocol::signal::conflict_information))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::dots_request))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::dots_response))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::coap_call))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::coap_reply))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::session_opened))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::session_end))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::redirect_order))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::redirect_wish))
CAF_ADD_TYPE_ID(tocsin, (tocsin::storage::session_record))
CAF_ADD_TYPE_ID(tocsin, (tocsin::protocol::signal::heartbeat_settings))
CAF_ADD_TYPE_ID(tocsin, (tocsin::protocol::signal::attack_status))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::enforcement_report))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::api_exchange))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::mitigator_table))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::mitigate_order))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::mitigation_name))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::mitigation_view))
CAF_ADD_TYPE_ID(tocsin, (std::vector<tocsin::actors::mitigation_view>))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::session_view))
CAF_ADD_TYPE_ID(tocsin, (std::vector<tocsin::actors::session_view>))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::mitigator_view))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::upstream_view))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::node_view))
CAF_ADD_TYPE_ID(tocsin, (tocsin::transports::web_response))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::http_call))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::http_order))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::data_order))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::data_reply))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::held_aliases))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::data_opened))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::data_ended))
CAF_ADD_TYPE_ID(tocsin, (tocsin::storage::data_snapshot))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::alias_query))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::filter_order))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::filter_answer))
CAF_ADD_TYPE_ID(tocsin, (std::vector<tocsin::actors::data_client_view>))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::data_client_details))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::data_client_name))
CAF_ADD_TYPE_ID(tocsin,
                (std::vector<tocsin::protocol::data::activation_change>))
CAF_ADD_TYPE_ID(tocsin, (std::vector<tocsin::protocol::data::accepted_traffic>))
CAF_ADD_TYPE_ID(tocsin, (std::vector<tocsin::protocol::signal::filter_control>))
CAF_ADD_TYPE_ID(tocsin, (tocsin::protocol::data::filter_abilities))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::sibling_holdings))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::sibling_question))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::sibling_scope))
CAF_ADD_TYPE_ID(tocsin, (std::vector<tocsin::actors::sibling_scope>))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::sibling_scopes))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::sibling_verdict))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::parcel_mitigation))
CAF_ADD_TYPE_ID(tocsin, (std::vector<tocsin::actors::parcel_mitigation>))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::sibling_parcel))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::sibling_client))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::sibling_greeting))
CAF_ADD_TYPE_ID(tocsin, (std::vector<tocsin::actors::foreign_scope>))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::foreign_notice))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::handover_wish))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::handover_result))
CAF_ADD_TYPE_ID(tocsin, (std::vector<tocsin::actors::handover_result>))
CAF_ADD_TYPE_ID(tocsin, (tocsin::actors::sibling_view))
CAF_ADD_TYPE_ID(tocsin, (std::vector<tocsin::actors::sibling_view>))
CAF_ADD_ATOM(tocsin, tocsin::atom, abandon, "abandon")
CAF_ADD_ATOM(tocsin, tocsin::atom, adopt, "adopt")
CAF_ADD_ATOM(tocsin, tocsin::atom, api, "api")
CAF_ADD_ATOM(tocsin, tocsin::atom, ask, "ask")
CAF_ADD_ATOM(tocsin, tocsin::atom, audit, "audit")
CAF_ADD_ATOM(tocsin, tocsin::atom, begin, "begin")
CAF_ADD_ATOM(tocsin, tocsin::atom, cancel, "cancel")
CAF_ADD_ATOM(tocsin, tocsin::atom, changed, "changed")
CAF_ADD_ATOM(tocsin, tocsin::atom, claim, "claim")
CAF_ADD_ATOM(tocsin, tocsin::atom, client, "client")
CAF_ADD_ATOM(tocsin, tocsin::atom, commit, "commit")
CAF_ADD_ATOM(tocsin, tocsin::atom, committed, "committed")
CAF_ADD_ATOM(tocsin, tocsin::atom, config, "config")
CAF_ADD_ATOM(tocsin, tocsin::atom, control, "control")
CAF_ADD_ATOM(tocsin, tocsin::atom, counters, "counters")
CAF_ADD_ATOM(tocsin, tocsin::atom, decide, "decide")
CAF_ADD_ATOM(tocsin, tocsin::atom, drained, "drained")
CAF_ADD_ATOM(tocsin, tocsin::atom, exited, "exited")
CAF_ADD_ATOM(tocsin, tocsin::atom, finish, "finish")
CAF_ADD_ATOM(tocsin, tocsin::atom, forget, "forget")
CAF_ADD_ATOM(tocsin, tocsin::atom, gone, "gone")
CAF_ADD_ATOM(tocsin, tocsin::atom, handover, "handover")
CAF_ADD_ATOM(tocsin, tocsin::atom, heard, "heard")
CAF_ADD_ATOM(tocsin, tocsin::atom, hello, "hello")
CAF_ADD_ATOM(tocsin, tocsin::atom, hops, "hops")
CAF_ADD_ATOM(tocsin, tocsin::atom, install, "install")
CAF_ADD_ATOM(tocsin, tocsin::atom, keep, "keep")
CAF_ADD_ATOM(tocsin, tocsin::atom, leave, "leave")
CAF_ADD_ATOM(tocsin, tocsin::atom, line, "line")
CAF_ADD_ATOM(tocsin, tocsin::atom, list, "list")
CAF_ADD_ATOM(tocsin, tocsin::atom, load, "load")
CAF_ADD_ATOM(tocsin, tocsin::atom, lost, "lost")
CAF_ADD_ATOM(tocsin, tocsin::atom, mode, "mode")
CAF_ADD_ATOM(tocsin, tocsin::atom, node, "node")
CAF_ADD_ATOM(tocsin, tocsin::atom, notify, "notify")
CAF_ADD_ATOM(tocsin, tocsin::atom, opened, "opened")
CAF_ADD_ATOM(tocsin, tocsin::atom, order, "order")
CAF_ADD_ATOM(tocsin, tocsin::atom, packet, "packet")
CAF_ADD_ATOM(tocsin, tocsin::atom, redirect, "redirect")
CAF_ADD_ATOM(tocsin, tocsin::atom, refresh, "refresh")
CAF_ADD_ATOM(tocsin, tocsin::atom, release, "release")
CAF_ADD_ATOM(tocsin, tocsin::atom, report, "report")
CAF_ADD_ATOM(tocsin, tocsin::atom, request, "request")
CAF_ADD_ATOM(tocsin, tocsin::atom, resolve, "resolve")
CAF_ADD_ATOM(tocsin, tocsin::atom, restore, "restore")
CAF_ADD_ATOM(tocsin, tocsin::atom, revoke, "revoke")
CAF_ADD_ATOM(tocsin, tocsin::atom, serve, "serve")
CAF_ADD_ATOM(tocsin, tocsin::atom, sessions, "sessions")
CAF_ADD_ATOM(tocsin, tocsin::atom, settle, "settle")
CAF_ADD_ATOM(tocsin, tocsin::atom, silent, "silent")
CAF_ADD_ATOM(tocsin, tocsin::atom, status, "status")
CAF_ADD_ATOM(tocsin, tocsin::atom, store, "store")
CAF_ADD_ATOM(tocsin, tocsin::atom, tick, "tick")
CAF_ADD_ATOM(tocsin, tocsin::atom, traffic, "traffic")
CAF_ADD_ATOM(tocsin, tocsin::atom, withdraw, "withdraw")
CAF_END_TYPE_ID_BLOCK(tocsin)

TOCSIN_LOCAL_TYPE(tocsin::failure)
TOCSIN_LOCAL_TYPE(tocsin::time_point)
TOCSIN_LOCAL_TYPE(tocsin::storage::transaction)
TOCSIN_LOCAL_TYPE(tocsin::storage::snapshot)
TOCSIN_LOCAL_TYPE(std::vector<tocsin::storage::audit_event>)
TOCSIN_LOCAL_TYPE(tocsin::mitigators::rule)
TOCSIN_LOCAL_TYPE(tocsin::mitigators::filter_set)
TOCSIN_LOCAL_TYPE(std::vector<tocsin::mitigators::entry_counters>)
TOCSIN_LOCAL_TYPE(tocsin::protocol::signal::target)
TOCSIN_LOCAL_TYPE(std::vector<tocsin::protocol::signal::prefix>)
TOCSIN_LOCAL_TYPE(tocsin::actors::scope_owner)
TOCSIN_LOCAL_TYPE(tocsin::actors::scope_claim)
TOCSIN_LOCAL_TYPE(tocsin::actors::claim_result)
TOCSIN_LOCAL_TYPE(tocsin::protocol::signal::conflict_information)
TOCSIN_LOCAL_TYPE(tocsin::actors::dots_request)
TOCSIN_LOCAL_TYPE(tocsin::actors::dots_response)
TOCSIN_LOCAL_TYPE(tocsin::actors::coap_call)
TOCSIN_LOCAL_TYPE(tocsin::actors::coap_reply)
TOCSIN_LOCAL_TYPE(tocsin::actors::session_opened)
TOCSIN_LOCAL_TYPE(tocsin::actors::enforcement_report)
TOCSIN_LOCAL_TYPE(tocsin::actors::api_exchange)
TOCSIN_LOCAL_TYPE(tocsin::actors::mitigator_table)
TOCSIN_LOCAL_TYPE(tocsin::actors::mitigate_order)
TOCSIN_LOCAL_TYPE(tocsin::actors::mitigation_name)
TOCSIN_LOCAL_TYPE(tocsin::actors::operator_order)
TOCSIN_LOCAL_TYPE(tocsin::actors::redirect_order)
TOCSIN_LOCAL_TYPE(tocsin::actors::redirect_wish)
TOCSIN_LOCAL_TYPE(tocsin::storage::session_record)
TOCSIN_LOCAL_TYPE(tocsin::protocol::signal::heartbeat_settings)
TOCSIN_LOCAL_TYPE(tocsin::actors::mitigation_view)
TOCSIN_LOCAL_TYPE(std::vector<tocsin::actors::mitigation_view>)
TOCSIN_LOCAL_TYPE(tocsin::actors::session_view)
TOCSIN_LOCAL_TYPE(std::vector<tocsin::actors::session_view>)
TOCSIN_LOCAL_TYPE(tocsin::actors::mitigator_view)
TOCSIN_LOCAL_TYPE(tocsin::actors::upstream_view)
TOCSIN_LOCAL_TYPE(tocsin::actors::node_view)
TOCSIN_LOCAL_TYPE(tocsin::transports::web_response)
TOCSIN_LOCAL_TYPE(tocsin::actors::http_call)
TOCSIN_LOCAL_TYPE(tocsin::actors::http_order)
TOCSIN_LOCAL_TYPE(tocsin::actors::data_order)
TOCSIN_LOCAL_TYPE(tocsin::actors::data_reply)
TOCSIN_LOCAL_TYPE(tocsin::actors::held_aliases)
TOCSIN_LOCAL_TYPE(tocsin::actors::data_opened)
TOCSIN_LOCAL_TYPE(tocsin::actors::data_ended)
TOCSIN_LOCAL_TYPE(tocsin::storage::data_snapshot)
TOCSIN_LOCAL_TYPE(tocsin::actors::alias_query)
TOCSIN_LOCAL_TYPE(tocsin::actors::filter_order)
TOCSIN_LOCAL_TYPE(tocsin::actors::filter_answer)
TOCSIN_LOCAL_TYPE(std::vector<tocsin::actors::data_client_view>)
TOCSIN_LOCAL_TYPE(tocsin::actors::data_client_details)
TOCSIN_LOCAL_TYPE(tocsin::actors::data_client_name)
TOCSIN_LOCAL_TYPE(std::vector<tocsin::protocol::data::activation_change>)
TOCSIN_LOCAL_TYPE(std::vector<tocsin::protocol::data::accepted_traffic>)
TOCSIN_LOCAL_TYPE(std::vector<tocsin::protocol::signal::filter_control>)
TOCSIN_LOCAL_TYPE(tocsin::protocol::data::filter_abilities)
TOCSIN_LOCAL_TYPE(tocsin::actors::sibling_greeting)
TOCSIN_LOCAL_TYPE(std::vector<tocsin::actors::foreign_scope>)
TOCSIN_LOCAL_TYPE(tocsin::actors::foreign_notice)
TOCSIN_LOCAL_TYPE(tocsin::actors::handover_wish)
TOCSIN_LOCAL_TYPE(tocsin::actors::handover_result)
TOCSIN_LOCAL_TYPE(std::vector<tocsin::actors::handover_result>)
TOCSIN_LOCAL_TYPE(tocsin::actors::sibling_view)
TOCSIN_LOCAL_TYPE(std::vector<tocsin::actors::sibling_view>)

namespace tocsin::actors {

/// CAF's own settings. Set in code: CAF's parser drops unknown keys silently
/// and obeys a file of the working directory. The `sharing` policy: stealing
/// workers poll, which costs an idle node a fifth of a core.
struct system_config : caf::actor_system_config {
  system_config() {
    add_message_types<caf::id_block::tocsin>();
    add_error_category(
        caf::atom("tocsin"),
        [](std::uint8_t code, caf::atom_value, const caf::message& context) {
          std::string text{to_string(static_cast<ec>(code))};
          if (!context.empty())
            text += caf::to_string(context);
          return text;
        });
    set("scheduler.policy", caf::atom("sharing"));
  }
};

/// A failure as CAF carries it between actors, and back.
inline caf::error to_error(const failure& x) {
  return caf::make_error(x.code, x.where, x.detail);
}

failure to_failure(const caf::error& x);

} // namespace tocsin::actors
