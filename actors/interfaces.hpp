#pragma once
#include "actors/messages.hpp"

/// Every actor's interface, one line of meaning a message. INTERNAL marks what
/// only the actor itself, its transport or its machine sends.
namespace tocsin::actors {

/// Owns the store. Answers when the change is durable.
using keeper_actor = caf::typed_actor<
    // Commits all changes of one operation, or none.
    caf::replies_to<atom::commit, storage::transaction>::with<ack>,
    // Everything a node needs at start.
    caf::replies_to<atom::load>::with<storage::snapshot>,
    // The newest audit events.
    caf::replies_to<atom::audit,
                    std::uint64_t>::with<std::vector<storage::audit_event>>,
    // INTERNAL: the writer finished these tickets; empty failure: durable.
    caf::reacts_to<atom::committed, std::uint64_t, failure>,
    // INTERNAL: the writer read the snapshot for this ticket.
    caf::reacts_to<atom::committed, std::uint64_t, storage::snapshot>,
    // INTERNAL: the writer read the audit trail for this ticket.
    caf::reacts_to<atom::committed, std::uint64_t,
                   std::vector<storage::audit_event>>>;

/// Knows every live scope of the node.
using registry_actor = caf::typed_actor<
    // Enters a scope and decides conflicts with other clients in one step: of
    // two claims at the same time only one can win.
    caf::replies_to<atom::claim, scope_claim>::with<claim_result>,
    // The owner's lifetime began anew, seconds (-1: indefinite). Replies with
    // the conflict that it is in, if any.
    caf::replies_to<atom::refresh, scope_owner,
                    std::int64_t>::with<claim_result>,
    // The owner is in force: those that lost to it may end now.
    caf::reacts_to<atom::install, scope_owner>,
    // Forgets a scope; who lost to it only may be active again.
    caf::reacts_to<atom::release, scope_owner>,
    // For a sibling: what overlaps this scope of this owner, up to
    // max_sibling_scopes.
    caf::replies_to<atom::ask, scope_owner,
                    protocol::signal::target>::with<std::vector<foreign_scope>>,
    // A sibling has decided about a scope here.
    caf::reacts_to<atom::notify, foreign_notice>,
    // All that was stored is claimed: who lost to nobody is active again.
    caf::reacts_to<atom::begin>>;

/// Turns names into addresses, off the scheduler.
using resolver_actor = caf::typed_actor<
    // Replies with host prefixes; fails with not_found or unavailable.
    caf::replies_to<atom::resolve,
                    std::string>::with<std::vector<protocol::signal::prefix>>,
    // INTERNAL: the lookup thread finished this name.
    caf::reacts_to<atom::committed, std::string,
                   std::vector<protocol::signal::prefix>, failure>>;

/// Who wants a filter set to be in force.
using filter_owner_actor = caf::typed_actor<
    // How far a MITIGATOR is with the set, which the report names as rule.
    caf::reacts_to<atom::report, enforcement_report>,
    // Totals of entries of one set, of those which changed.
    caf::reacts_to<atom::counters, std::vector<mitigators::entry_counters>>>;

/// Puts rules and filter sets into force through one driver.
using mitigator_actor = caf::typed_actor<
    // Adds or replaces a rule in the desired state; the sender's reports go to
    // the given MITIGATION.
    caf::reacts_to<atom::install, mitigators::rule, caf::strong_actor_ptr>,
    // The same for a filter set, whose reports go to a filter_owner_actor. It
    // replaces the set of its id at once. Ids of sets and rules differ.
    caf::reacts_to<atom::install, mitigators::filter_set,
                   caf::strong_actor_ptr>,
    // Takes a rule or filter set out of the desired state.
    caf::reacts_to<atom::withdraw, std::string>,
    // How well a rule works, as the client sees it.
    caf::reacts_to<atom::report, std::string, protocol::signal::attack_status>,
    // The desired state is complete: drivers may be synchronised from now on.
    caf::reacts_to<atom::begin>,
    // What the operator sees.
    caf::replies_to<atom::status>::with<mitigator_view>,
    // INTERNAL: a line from the driver process of this generation.
    caf::reacts_to<atom::line, std::uint64_t, std::string>,
    // INTERNAL: the driver process of this generation ended.
    caf::reacts_to<atom::exited, std::uint64_t, int>,
    // INTERNAL: start the driver again, or give up waiting for an answer.
    caf::reacts_to<atom::tick, std::uint64_t>>;

/// One mitigation request and its enforcement.
using mitigation_actor = caf::typed_actor<
    // The request is durable: enforce it.
    caf::reacts_to<atom::begin>,
    // Refreshed: the lifetime granted from now on, seconds (-1: indefinite).
    caf::reacts_to<atom::refresh, std::int64_t>,
    // The client withdrew it; it may go on as active-but-terminating.
    caf::reacts_to<atom::withdraw>,
    // The server withdraws it (superseded, operator); ends at once.
    caf::reacts_to<atom::revoke, std::string>,
    // The signal of its client is lost: start, if armed for that.
    caf::reacts_to<atom::lost>,
    // The present status was reported once.
    caf::reacts_to<atom::report>,
    // How well it works, as the client sees it (RFC 9132, Section 4.4.3).
    caf::reacts_to<atom::report, protocol::signal::attack_status>,
    // The request came again, and may pass so many gateways (RFC 8768).
    caf::reacts_to<atom::hops, std::uint8_t>,
    // An operator has decided, which is durable.
    caf::reacts_to<atom::decide, operator_order>,
    // A MITIGATOR was restarted: install again there.
    caf::reacts_to<atom::adopt, mitigator_table>,
    // How far a MITIGATOR is.
    caf::reacts_to<atom::report, enforcement_report>,
    // What a MITIGATOR has dropped in total: packets, bytes.
    caf::reacts_to<atom::counters, std::string, std::uint64_t, std::uint64_t>,
    // A MITIGATOR's driver says of this rule whether the attack goes on.
    caf::reacts_to<atom::traffic, std::string, bool>,
    // What the operator and the client see.
    caf::replies_to<atom::status>::with<mitigation_view>,
    // INTERNAL: a deadline of the lifecycle machine.
    caf::reacts_to<atom::tick, std::uint64_t>>;

/// All mitigations of one customer's cuid.
using client_actor = caf::typed_actor<
    // A DOTS request of this client.
    caf::replies_to<atom::serve, dots_request>::with<dots_response>,
    // Takes over what was stored for it; before anything else.
    caf::replies_to<atom::restore, storage::snapshot>::with<ack>,
    // All its mitigations.
    caf::replies_to<atom::list>::with<std::vector<mitigation_view>>,
    // One of its mitigations.
    caf::replies_to<atom::status, std::uint32_t>::with<mitigation_view>,
    // The operator withdraws one.
    caf::replies_to<atom::revoke, std::uint32_t,
                    std::string>::with<mitigation_view>,
    // The operator decides about one; replies when that is durable.
    caf::replies_to<atom::decide, std::uint32_t,
                    operator_order>::with<mitigation_view>,
    // An observation of this session (1st) and request (2nd) has ended.
    caf::reacts_to<atom::forget, std::uint64_t, std::uint64_t>,
    // A session of this customer is up: of interest if the identity is ours.
    caf::reacts_to<atom::opened, session_opened, caf::strong_actor_ptr>,
    // A session of this customer ended.
    caf::reacts_to<atom::gone, std::uint64_t, session_end>,
    // A MITIGATOR was restarted.
    caf::reacts_to<atom::adopt, mitigator_table>,
    // The DATASTORE of its customer was restarted.
    caf::reacts_to<atom::store, caf::strong_actor_ptr>,
    // A MITIGATION's status or counters changed.
    caf::reacts_to<atom::changed, mitigation_view>,
    // A MITIGATION ended; forget it.
    caf::reacts_to<atom::gone, std::uint32_t>,
    // REGISTRY: this mid lost to another client's request, which is in force.
    caf::reacts_to<atom::withdraw, std::uint32_t,
                   protocol::signal::conflict_information>,
    // REGISTRY: this mid is in a conflict, yet stays active; or, after a
    // restart, what one that is kept inactive shares with those it lost to.
    caf::reacts_to<atom::notify, std::uint32_t,
                   protocol::signal::conflict_information>,
    // REGISTRY: what this mid had lost to is gone; it may be active again.
    caf::reacts_to<atom::begin, std::uint32_t>,
    // REGISTRY: what a refused request had met is gone; it may ask again.
    caf::reacts_to<atom::release>,
    // REGISTRY: so many clients want something of what this mid wants.
    caf::reacts_to<atom::claim, std::uint32_t, std::uint32_t>,
    // DATASTORE: ACLs which this identity made under our cuid have another
    // activation-type now, not by a request of ours (RFC 9133, Section 3.2.1).
    caf::reacts_to<atom::control, std::string,
                   std::vector<protocol::data::activation_change>>,
    // Is to be handed over to a sibling: replies, once the request in progress
    // is answered, with what is stored; holds requests back from then on.
    caf::replies_to<atom::handover>::with<storage::snapshot>,
    // It is not handed over: goes on as before.
    caf::reacts_to<atom::keep>,
    // It was: what waits is sent there, and nothing is left here.
    caf::reacts_to<atom::leave, redirect_order>,
    // A sibling hands it over; replies when it is durable and started. What is
    // known here already stays as it is.
    caf::replies_to<atom::adopt, storage::snapshot>::with<ack>,
    // A sibling has a newer request of the client in force in place of this.
    caf::reacts_to<atom::leave, std::uint32_t>,
    // SIBLINGS were restarted.
    caf::reacts_to<atom::ask, caf::strong_actor_ptr>,
    // INTERNAL: serve the next waiting request.
    caf::reacts_to<atom::serve>,
    // INTERNAL: look after withdrawn mids and an empty CLIENT.
    caf::reacts_to<atom::tick>,
    // INTERNAL: a report is due, a signal is lost, or what was kept ends.
    caf::reacts_to<atom::tick, std::uint64_t>>;

/// Liveness of one session (RFC 9132, Section 4.7).
using heartbeat_actor = caf::typed_actor<
    // The peer answered our heartbeat (true), or did not in time (false).
    caf::reacts_to<atom::report, bool>,
    // A heartbeat request of the peer arrived, with its peer-hb-status.
    caf::reacts_to<atom::heard, bool>,
    // Something of the peer arrived.
    caf::reacts_to<atom::traffic>,
    // Negotiated values, or those of the other set, hold from now on.
    caf::reacts_to<atom::config, protocol::signal::heartbeat_settings>,
    // Client side: the own network is (no longer) under a massive attack.
    caf::reacts_to<atom::mode, bool>,
    // INTERNAL: a deadline of the machine.
    caf::reacts_to<atom::tick>>;

/// One security association with its CoAP endpoint.
using session_actor = caf::typed_actor<
    // INTERNAL: a datagram of the peer, or a piece of its stream, from the
    // reactor.
    caf::reacts_to<atom::packet, bytes>,
    // INTERNAL: the connection is gone, for this reason.
    caf::reacts_to<atom::gone, std::string>,
    // INTERNAL: a deadline of DTLS or CoAP.
    caf::reacts_to<atom::tick>,
    // INTERNAL: the reactor gave the address to a newer association.
    caf::reacts_to<atom::gone>,
    // Asks the peer something; fails with timeout or closed.
    caf::replies_to<atom::request, coap_call>::with<coap_reply>,
    // HEARTBEAT wants a heartbeat sent with this peer-hb-status.
    caf::reacts_to<atom::heard, bool>,
    // HEARTBEAT gives its verdict: so many heartbeats were missed.
    caf::reacts_to<atom::lost, std::uint32_t>,
    // HEARTBEAT: so many were missed, yet the session is kept: the peer is
    // heard, or the own network is under attack.
    caf::reacts_to<atom::silent, std::uint32_t>,
    // CLIENT has something new for the observation of this request.
    caf::reacts_to<atom::notify, std::uint64_t, dots_response>,
    // UPSTREAM no longer wants this observation.
    caf::reacts_to<atom::cancel, std::uint64_t>,
    // UPSTREAM has heard nothing of this observation for too long: register it
    // again. The answer comes as a notification.
    caf::reacts_to<atom::refresh, std::uint64_t>,
    // UPSTREAM no longer wants an answer to its call with this tag: it is not
    // repeated any more, and fails.
    caf::reacts_to<atom::abandon, std::uint64_t>,
    // The client of this cuid has (no) active mitigations: the set of the
    // session configuration follows (RFC 9132, Section 4.5). On a client node
    // UPSTREAM says so, and whether its network is under attack.
    caf::reacts_to<atom::mode, std::string, bool>,
    // Send the peer elsewhere from now on, or no longer.
    caf::reacts_to<atom::redirect, redirect_order>,
    // What the operator sees.
    caf::replies_to<atom::status>::with<session_view>,
    // Ends the association with close_notify, for this reason.
    caf::reacts_to<atom::finish, std::string>>;

/// Who wants to know about the life of sessions: SUPERVISOR on a server node,
/// UPSTREAM on a client node.
using session_owner_actor = caf::typed_actor<
    // The handshake is done; the sender is the SESSION.
    caf::reacts_to<atom::opened, session_opened, caf::strong_actor_ptr>,
    // The session ended, for this reason.
    caf::reacts_to<atom::gone, std::uint64_t, session_end, std::string>,
    // As many heartbeats as allowed are missing, yet the session is kept.
    caf::reacts_to<atom::silent, std::uint64_t, std::uint32_t>,
    // Client side: the server said the first thing after the handshake.
    caf::reacts_to<atom::heard, std::uint64_t>,
    // Client side: a notification of this session for this observation; one
    // without `observation` is the last.
    caf::reacts_to<atom::notify, std::uint64_t, std::uint64_t, coap_reply>>;

/// Who wants to know what becomes of requests that it has ordered.
using relay_owner_actor = caf::typed_actor<
    // A relayed request changed; the last time, it is "withdrawn".
    caf::reacts_to<atom::changed, mitigation_view>,
    // There is a session with the server, or no longer.
    caf::reacts_to<atom::changed, bool>>;

/// An upstream DOTS server, the sessions to it, and what is wanted from it.
using upstream_actor = session_owner_actor::extend<
    // Takes over what was stored; before anything else.
    caf::replies_to<atom::restore, storage::snapshot>::with<ack>,
    // The operator asks for mitigation: replies when the request is durable.
    caf::replies_to<atom::order, mitigate_order>::with<mitigation_view>,
    // As above, yet replies when the server answered or the time is up.
    caf::replies_to<atom::order, std::uint32_t,
                    duration>::with<mitigation_view>,
    // The operator says how well it works (RFC 9132, Section 4.4.3); replies
    // when the server answered or the time is up.
    caf::replies_to<atom::report, std::uint32_t,
                    protocol::signal::attack_status,
                    duration>::with<mitigation_view>,
    // The operator switches filters while this mitigation runs (RFC 9133):
    // replies, with the mid that asks for it, when the order is durable.
    caf::replies_to<
        atom::control, std::uint32_t,
        std::vector<protocol::signal::filter_control>>::with<mitigation_view>,
    // Withdraws; replies when the server confirmed or the time is up.
    caf::replies_to<atom::withdraw, std::uint32_t,
                    duration>::with<mitigation_view>,
    // All mitigations as last known.
    caf::replies_to<atom::list>::with<std::vector<mitigation_view>>,
    // One mitigation, asked live.
    caf::replies_to<atom::status, std::uint32_t>::with<mitigation_view>,
    caf::replies_to<atom::status>::with<upstream_view>,
    caf::replies_to<atom::sessions>::with<std::vector<session_view>>,
    // A RELAY wants to be told; before the first order with its name.
    caf::reacts_to<atom::adopt, caf::strong_actor_ptr>,
    // Ends the sessions in an orderly way.
    caf::reacts_to<atom::finish>,
    // The DATA UPSTREAM of the same server, also when it was restarted.
    caf::reacts_to<atom::store, caf::strong_actor_ptr>,
    // DATA UPSTREAM: the server holds these aliases.
    caf::reacts_to<atom::store, held_aliases>,
    // DATA UPSTREAM: another client has this cuid.
    caf::reacts_to<atom::abandon, std::string>,
    // INTERNAL: connect again, refresh, poll.
    caf::reacts_to<atom::tick>>;

/// What one customer has set up over its data channels (RFC 8783).
using datastore_actor = filter_owner_actor::extend<
    // A request of one of its clients.
    caf::replies_to<atom::serve, http_call>::with<http_answer>,
    // Takes over what was stored; before anything else, and after the CLIENTs
    // of the customer have told which of them mitigate.
    caf::replies_to<atom::restore, storage::data_snapshot>::with<ack>,
    // What the aliases of these names stand for, united; fails with not_found.
    caf::replies_to<atom::resolve, alias_query>::with<protocol::signal::target>,
    // Sets the activation of ACLs, all or none; replies when it is durable.
    caf::replies_to<atom::control, filter_order>::with<filter_answer>,
    // The client of this cuid, which sends this, has (no) active mitigations.
    caf::reacts_to<atom::mode, std::string, bool>,
    // What the accept-lists of this identity (1st) and cuid (2nd) that are in
    // force have let through.
    caf::replies_to<atom::counters, std::string, std::string>::with<
        std::vector<protocol::data::accepted_traffic>>,
    // A MITIGATOR was restarted.
    caf::reacts_to<atom::adopt, mitigator_table>,
    // What the drivers that serve the customer can do from now on.
    caf::reacts_to<atom::config, protocol::data::filter_abilities>,
    // What the operator sees.
    caf::replies_to<atom::list>::with<std::vector<data_client_view>>,
    // All about the client of this cuid; fails with not_found.
    caf::replies_to<atom::status, std::string>::with<data_client_details>,
    // INTERNAL: something has expired.
    caf::reacts_to<atom::tick, std::uint64_t>>;

/// Who wants to know about the life of data channels, and knows the DATASTOREs.
using data_owner_actor = caf::typed_actor<
    // The DATASTORE of this customer; started if there is none.
    caf::replies_to<atom::store, std::string>::with<caf::strong_actor_ptr>,
    // The handshake is done; the sender is the DATA SESSION.
    caf::reacts_to<atom::opened, data_opened, caf::strong_actor_ptr>,
    // It ended.
    caf::reacts_to<atom::gone, data_ended>>;

/// One connection of a client's data channel.
using data_session_actor = caf::typed_actor<
    // INTERNAL: a piece of the stream, from the reactor.
    caf::reacts_to<atom::packet, bytes>,
    // INTERNAL: all that was sent is out.
    caf::reacts_to<atom::drained>,
    // INTERNAL: the connection is gone, for this reason.
    caf::reacts_to<atom::gone, std::string>,
    // INTERNAL: a deadline of TLS or HTTP.
    caf::reacts_to<atom::tick>,
    // What the operator sees.
    caf::replies_to<atom::status>::with<session_view>,
    // Ends it, for this reason, once the request under way is answered.
    caf::reacts_to<atom::finish, std::string>>;

/// The data channel to one server, as a client.
using data_client_actor = caf::typed_actor<
    // Asks the server, after what was asked before. Fails with unavailable (no
    // connection, or too much waits), timeout, closed, malformed, too_large.
    caf::replies_to<atom::request, http_order>::with<http_answer>,
    // What the operator sees of the connection.
    caf::replies_to<atom::status>::with<session_view>,
    // Ends the connection, and everything that waits.
    caf::reacts_to<atom::finish>,
    // INTERNAL: connection N is open, received this, has sent all, is gone.
    caf::reacts_to<atom::opened, std::uint64_t>,
    caf::reacts_to<atom::packet, std::uint64_t, bytes>,
    caf::reacts_to<atom::drained, std::uint64_t>,
    caf::reacts_to<atom::gone, std::uint64_t, std::string>,
    // INTERNAL: a deadline.
    caf::reacts_to<atom::tick>>;

/// What is wanted of one server over the data channel, as a client.
using data_upstream_actor = caf::typed_actor<
    // Takes over what was stored; before anything else.
    caf::replies_to<atom::restore, storage::data_snapshot>::with<ack>,
    // UPSTREAM, the given one: this cuid is in use from now on; or, the same
    // again, a session is back, and the server may have been away.
    caf::reacts_to<atom::client, std::string, caf::strong_actor_ptr>,
    // Carries out what an operator wants; what was changed is durable then.
    caf::replies_to<atom::order, data_order>::with<data_reply>,
    // How far the server is in step, in a sentence.
    caf::replies_to<atom::status>::with<std::string>,
    // Ends the connection.
    caf::reacts_to<atom::finish>,
    // INTERNAL: a deadline.
    caf::reacts_to<atom::tick>>;

/// Root of a node's tree: starts, watches and restarts the others.
using supervisor_actor = session_owner_actor::extend<
    // The CLIENT of this customer and cuid; started if there is none and the
    // flag says so. Fails with not_found, with conflict when another customer
    // uses the cuid, with too_large on a quota.
    caf::replies_to<atom::client, std::string, std::string,
                    bool>::with<caf::strong_actor_ptr>,
    // The configuration that a peer (customer, identity) negotiated last.
    caf::replies_to<atom::config, std::string,
                    std::string>::with<storage::session_record>,
    // Stores the configuration that a peer negotiated; replies when durable.
    caf::replies_to<atom::config, storage::session_record>::with<ack>,
    // The operator sends all clients elsewhere, or takes them back.
    caf::replies_to<atom::redirect, redirect_wish>::with<node_view>,
    // The CLIENT of this customer and cuid belongs to this identity: it wants
    // to know about the sessions of that.
    caf::reacts_to<atom::adopt, std::string, std::string, std::string>,
    // A MITIGATOR (by index) is in service, or no longer.
    caf::reacts_to<atom::changed, std::uint64_t, bool>,
    // The driver of a MITIGATOR (by index) does this with filters.
    caf::reacts_to<atom::changed, std::uint64_t,
                   protocol::data::filter_abilities>,
    // A CLIENT has nothing left.
    caf::reacts_to<atom::abandon, std::string, std::string>,
    // A RELAY GROUP wants an UPSTREAM of this name, for a client of this cdid;
    // it gets the handle by `adopt`.
    caf::reacts_to<atom::opened, std::string, std::string>,
    // A RELAY GROUP no longer wants the UPSTREAM of this name.
    caf::reacts_to<atom::gone, std::string>,
    // Replies when everything that was stored is restored: open the doors then.
    caf::replies_to<atom::begin>::with<ack>,
    caf::replies_to<atom::node>::with<node_view>,
    caf::replies_to<atom::list>::with<std::vector<mitigation_view>>,
    caf::replies_to<atom::status, mitigation_name>::with<mitigation_view>,
    caf::replies_to<atom::revoke, mitigation_name,
                    std::string>::with<mitigation_view>,
    caf::replies_to<atom::decide, mitigation_name,
                    operator_order>::with<mitigation_view>,
    // The operator asks for mitigation and names no upstream: see own_orders.
    caf::replies_to<atom::order, mitigate_order>::with<mitigation_view>,
    // How well such a one works, as the operator sees it.
    caf::replies_to<atom::report, mitigation_name,
                    protocol::signal::attack_status>::with<mitigation_view>,
    caf::replies_to<atom::sessions,
                    std::uint64_t>::with<std::vector<session_view>>,
    // The audit trail, and the upstreams of a client node.
    caf::replies_to<atom::audit,
                    std::uint64_t>::with<std::vector<storage::audit_event>>,
    // The UPSTREAM of this name; empty: the only one.
    caf::replies_to<atom::client, std::string>::with<caf::strong_actor_ptr>,
    // The DATA UPSTREAM of the upstream of this name; empty: the only one.
    caf::replies_to<atom::order, std::string>::with<caf::strong_actor_ptr>,
    // As data_owner_actor has it.
    caf::replies_to<atom::store, std::string>::with<caf::strong_actor_ptr>,
    caf::reacts_to<atom::opened, data_opened, caf::strong_actor_ptr>,
    caf::reacts_to<atom::gone, data_ended>,
    // All clients of the data channel.
    caf::replies_to<atom::store>::with<std::vector<data_client_view>>,
    // One of them; fails with not_found, or malformed if several fit.
    caf::replies_to<atom::store, data_client_name>::with<data_client_details>,
    // An operator hands clients over; replies when it is decided for each.
    caf::replies_to<atom::handover,
                    handover_wish>::with<std::vector<handover_result>>,
    // A sibling greets; replies as SIBLINGS do.
    caf::replies_to<atom::hello, sibling_greeting>::with<sibling_greeting>,
    // SIBLING: what this node does.
    caf::replies_to<atom::heard>::with<sibling_holdings>,
    // SIBLING: the node of this name is up, or no longer.
    caf::reacts_to<atom::changed, std::string, bool>,
    // The sibling (1st) hands a client over; replies when it is durable and in
    // force here.
    caf::replies_to<atom::adopt, std::string, sibling_parcel>::with<ack>,
    // The sibling (1st) says that a client it gave is ours (true), or that it
    // has kept it and our copy is to go.
    caf::replies_to<atom::settle, std::string, sibling_client, bool>::with<ack>,
    // HANDOVER: the client of this customer and cuid is redirected from now on.
    caf::reacts_to<atom::leave, std::string, std::string>,
    // HANDOVER: what became of it.
    caf::reacts_to<atom::handover, handover_result>,
    // INTERNAL: is what a sibling gave in force now?
    caf::reacts_to<atom::begin, std::uint64_t>,
    // Ordered shutdown: sessions first, KEEPER last, nothing lost.
    caf::replies_to<atom::finish>::with<ack>,
    // INTERNAL: the sessions had their time to say goodbye.
    caf::reacts_to<atom::tick>,
    // INTERNAL: look at the load of the node.
    caf::reacts_to<atom::tick, std::uint64_t>>;

/// Another node of the same organisation (docs/adr/0008). What its counterpart
/// there sends is told by "sibling".
using sibling_actor = caf::typed_actor<
    // The sibling: is anybody there?
    caf::replies_to<atom::heard, std::uint64_t>::with<sibling_holdings>,
    // The sibling: what overlaps this here?
    caf::replies_to<atom::claim, sibling_question>::with<sibling_scopes>,
    // The sibling has decided about a scope here.
    caf::reacts_to<atom::notify, sibling_verdict>,
    // The sibling hands a client over; replies when it is durable and in force.
    caf::replies_to<atom::adopt, sibling_parcel>::with<ack>,
    // The sibling: a client it gave is ours (true), or our copy is to go.
    caf::replies_to<atom::settle, sibling_client, bool>::with<ack>,
    // Its node greets: replies with the own greeting, or why not.
    caf::replies_to<atom::hello, sibling_greeting>::with<sibling_greeting>,
    // SIBLINGS: ask the sibling; fails at once if it is not up.
    caf::replies_to<atom::ask, sibling_question>::with<sibling_scopes>,
    // SIBLINGS: tell the sibling, if it is joined.
    caf::reacts_to<atom::report, sibling_verdict>,
    // HANDOVER: its counterpart; fails with unavailable if it is not up.
    caf::replies_to<atom::client>::with<caf::strong_actor_ptr>,
    // What the operator sees.
    caf::replies_to<atom::status>::with<sibling_view>,
    // INTERNAL: call N reached its door, or failed for this reason.
    caf::reacts_to<atom::opened, std::uint64_t, caf::strong_actor_ptr>,
    caf::reacts_to<atom::gone, std::uint64_t, std::string>,
    // INTERNAL: a deadline.
    caf::reacts_to<atom::tick, std::uint64_t>>;

/// All siblings of a node.
using siblings_actor = caf::typed_actor<
    // What siblings hold that overlaps this claim: within sibling_patience,
    // whoever does not answer; never fails.
    caf::replies_to<atom::ask, scope_claim>::with<std::vector<foreign_scope>>,
    // What a scope at a sibling is to be told.
    caf::reacts_to<atom::report, foreign_notice>,
    // SIBLING: the node of this name asks.
    caf::replies_to<atom::claim, std::string,
                    sibling_question>::with<sibling_scopes>,
    // A node greets: replies with the own greeting, or why not.
    caf::replies_to<atom::hello, sibling_greeting>::with<sibling_greeting>,
    // The SIBLING of this name; fails with not_found.
    caf::replies_to<atom::client, std::string>::with<caf::strong_actor_ptr>,
    // What the operator sees.
    caf::replies_to<atom::status>::with<std::vector<sibling_view>>>;

/// Answers the operator's API.
using console_actor = caf::typed_actor<caf::reacts_to<atom::api, api_exchange>>;

/// One client on its way to a sibling.
using handover_actor = caf::typed_actor<
    // INTERNAL: begin, or go on.
    caf::reacts_to<atom::begin>,
    // INTERNAL: a deadline.
    caf::reacts_to<atom::tick, std::uint64_t>>;

} // namespace tocsin::actors
