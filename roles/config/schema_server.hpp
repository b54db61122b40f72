#pragma once
#include "roles/config/schema_common.hpp"

/// The options of a server; see schema.hpp.
namespace tocsin::roles {

template <class Visitor>
void describe(Visitor& v, server_config& x) {
  v(x.listen, {.name = "listen",
               .doc = "Addresses for DTLS; without a port, 4646.",
               .as = form::address,
               .min = 0,
               .max = 65535});
  v(x.listen_tls,
    {.name = "listen_tls",
     .doc = "Addresses for TLS over TCP, for clients whose UDP is blocked; "
            "without a port, 4646. `[]`: none.",
     .as = form::address,
     .min = 0,
     .max = 65535,
     .fallback = "the addresses of `listen`"});
  v(x.require_alpn,
    {.name = "require_alpn",
     .doc = "Refuse TLS clients that do not offer the protocol `coap` by ALPN "
            "(RFC 8323, Section 8.2). Some do not, with pre-shared keys for "
            "example."});
  describe(v, x.identity);
  v(x.ticket_key,
    {.name = "ticket_key",
     .doc = "Secret of the tickets with which clients resume sessions, made if "
            "it does not exist. Nodes that share it resume each other's "
            "sessions.",
     .as = form::path,
     .fallback = "`ticket.key` in `data_dir`"});
  v(x.reactors, {.name = "reactors",
                 .doc = "Threads that own sockets; one per core at most.",
                 .min = 1,
                 .max = 256});
  v(x.max_sessions, {.name = "max_sessions",
                     .doc = "Sessions at one time, all reactors together.",
                     .min = 1,
                     .max = 10'000'000});
  v(x.max_connections,
    {.name = "max_connections",
     .doc = "TCP connections at one time, all reactors together, those of the "
            "node's own client included; newcomers beyond are reset. Each "
            "takes a file descriptor, and the last 64 of the process go to no "
            "newcomer.",
     .min = 1,
     .max = 1'000'000});
  v(x.max_handshakes,
    {.name = "max_handshakes",
     .doc = "Handshakes in progress at one time, per reactor: they share it "
            "with the sessions that exist.",
     .min = 1,
     .max = 65536});
  v(x.cookie_rate,
    {.name = "cookie_rate",
     .doc = "Cookie answers to unproven addresses, per reactor: what a spoofed "
            "flood can make the node send.",
     .min = 1,
     .max = 10'000'000,
     .unit = "per second"});
  v(x.terminating_period,
    {.name = "terminating_period",
     .doc = "How long a withdrawn mitigation stays active, so that routes can "
            "settle (RFC 9132, Section 4.4.4).",
     .min = 0,
     .max = 86400});
  v(x.max_terminating_period,
    {.name = "max_terminating_period",
     .doc = "The period doubles with every request made within it, up to this.",
     .min = 0,
     .max = 86400});
  describe_heartbeat(v, x);
  v(x.attack_stopped_after,
    {.name = "attack_stopped_after",
     .doc = "A mitigation that dropped something and then nothing for so long "
            "is reported as `attack-stopped` (RFC 9132, Section 4.4.2), until "
            "it drops again; its rules stay in force. `0s`: only if the driver "
            "says so.",
     .min = 0,
     .max = 86400});
  v(x.status_interval,
    {.name = "status_interval",
     .doc = "Time between two notifications to who observes an active "
            "mitigation (RFC 9132, Section 4.4.2.1).",
     .min = 3,
     .max = 3600});
  v(x.conflict_policy,
    {.name = "conflict_policy",
     .doc = "Whose request holds when requests of different clients overlap "
            "(RFC 9132, Section 4.4.1.3)."});
  v(x.keep_losers,
    {.name = "keep_losers",
     .doc = "Keep a new request that loses to another client's as inactive "
            "(2.01), so that it starts when the other one ends. Else it is "
            "refused (4.09)."});
  v(x.loss_of_signal,
    {.name = "loss_of_signal",
     .doc = "Let clients leave requests that are put into force when their "
            "signal channel is lost (RFC 9132, `trigger-mitigation`)."});
  v(x.max_mitigations, {.name = "max_mitigations",
                        .doc = "Mitigations at one time, all customers "
                               "together; 0: not limited.",
                        .max = 10'000'000});
  v(x.session,
    {.name = "session",
     .doc = "What clients may negotiate for their sessions (RFC "
            "9132, Section 4.5). `heartbeat_interval` and "
            "`missing_hb_allowed` of `[server]` hold until they do."});
  v(x.redirect,
    {.name = "redirect",
     .doc = "Another server for clients that this node cannot serve (RFC 9132, "
            "Section 4.6)."});
  v(x.data,
    {.name = "data",
     .doc = "Its presence opens the data channel (RFC 8783): RESTCONF over "
            "HTTPS, with the certificate of `[server]`. Clients set up aliases "
            "and filters there. Quotas hold for one customer unless they say "
            "otherwise; beyond them a request is refused (409)."});
  v(x.customers, {.name = "customer",
                  .doc = "Who may ask for mitigation. Nothing outside a "
                         "customer's own prefixes is ever touched."});
  v(x.mitigators, {.name = "mitigator",
                   .doc = "What makes mitigations real. At least one of these, "
                          "or of `[[server.relay]]`."});
  v(x.relays,
    {.name = "relay",
     .doc = "Upstream DOTS servers that are asked for what this node's clients "
            "ask of it: the node is a gateway (RFC 8811, Section 2.2.3). To "
            "customers, a relay is a mitigator like others. Requests that "
            "overlap go upstream as one with the targets of all."});
}

template <class Visitor>
void describe(Visitor& v, session_ranges& x) {
  v(x.min_heartbeat_interval,
    {.name = "min_heartbeat_interval",
     .doc = "Shortest interval that is accepted; `0s`, heartbeats off, always "
            "is.",
     .min = 15,
     .max = 240});
  v(x.max_heartbeat_interval, {.name = "max_heartbeat_interval",
                               .doc = "Longest interval that is accepted.",
                               .min = 15,
                               .max = 65535});
  v(x.min_missing_hb_allowed,
    {.name = "min_missing_hb_allowed",
     .doc = "Fewest heartbeats without an answer that may mean a loss.",
     .min = 1,
     .max = 65535});
  v(x.max_missing_hb_allowed, {.name = "max_missing_hb_allowed",
                               .doc = "Most of them.",
                               .min = 1,
                               .max = 65535});
  v(x.max_probing_rate, {.name = "max_probing_rate",
                         .doc = "Fastest rate towards a silent peer.",
                         .min = 5,
                         .max = 65535,
                         .unit = "octets per second"});
  v(x.max_age, {.name = "max_age",
                .doc = "How long a client may use its values without asking "
                       "for them again.",
                .min = 60,
                .max = 4294967295});
  v(x.end_when_stale,
    {.name = "end_when_stale",
     .doc = "End the session of a client that asked for its values and does "
            "not ask again within a minute after `max_age` (RFC 9132, Section "
            "4.5.3)."});
}

template <class Visitor>
void describe(Visitor& v, redirect_config& x) {
  v(x.alt_server, {.name = "alt_server",
                   .doc = "DNS name of the other server, as in its "
                          "certificate.",
                   .required = true,
                   .as = form::domain});
  v(x.addresses, {.name = "addresses",
                  .doc = "Its addresses; clients need not look them up then.",
                  .fallback = "none"});
  v(x.max_age, {.name = "max_age",
                .doc = "How long clients stay there.",
                .min = 60,
                .max = 4294967295});
  v(x.max_sessions, {.name = "max_sessions",
                     .doc = "Sessions beyond this number are sent away; 0: "
                            "none is for this reason.",
                     .max = 10'000'000});
  v(x.when_mitigators_fail,
    {.name = "when_mitigators_fail",
     .doc = "Send new requests away while no mitigator works."});
  v(x.tolerance,
    {.name = "tolerance",
     .doc =
         "Requests for mitigation that one session may make within `max_age` "
         "in spite of a redirect; more are refused (4.03; RFC 9132, Section "
         "4.6). 0: any number.",
     .max = 1'000'000});
  v(x.when_full, {.name = "when_full",
                  .doc = "Send new requests away while `max_mitigations` is "
                         "reached."});
}

template <class Visitor>
void describe(Visitor& v, customer_config& x) {
  v(x.who.name, {.name = "name",
                 .doc = "Unique; the key in storage and logs. Renaming a "
                        "customer orphans its mitigations.",
                 .required = true,
                 .as = form::name});
  v(x.who.identities,
    {.name = "identities",
     .doc = "Agents that belong to it, one match suffices: `sha256:` and the "
            "fingerprint of the certificate or of its public key, a DNS name "
            "of the certificate, `cn:` and its common name, `psk:` and the "
            "identity of a pre-shared key, or `cdid:` and what a trusted "
            "gateway calls its domain.",
     .required = true});
  v(x.who.prefixes,
    {.name = "prefixes", .doc = "Its address space.", .required = true});
  v(x.who.domains, {.name = "domains",
                    .doc = "Its names; `*.example.com` stands for all names "
                           "below example.com.",
                    .as = form::wildcard});
  v(x.names, {.name = "names",
              .doc = "Fixed addresses of names, used instead of a resolver: "
                     "`{ \"www.example.com\" = [\"192.0.2.80\"] }`.",
              .as = form::domain});
  v(x.who.limits.max_mitigations,
    {.name = "max_mitigations",
     .doc = "Mitigations at one time, all its clients together.",
     .min = 1,
     .max = 1'000'000});
  v(x.who.limits.max_cuids, {.name = "max_cuids",
                             .doc = "Clients with state at one time.",
                             .min = 1,
                             .max = 1'000'000});
  v(x.who.limits.lifetime.max,
    {.name = "max_lifetime",
     .doc = "Longest lifetime granted; a longer wish is cut to it.",
     .min = 1,
     .max = 4294967295});
  v(x.who.limits.lifetime.allow_indefinite,
    {.name = "allow_indefinite",
     .doc = "Grant lifetimes without an end; else such a wish gets "
            "`max_lifetime`."});
  v(x.who.limits.requests_per_minute,
    {.name = "requests_per_minute",
     .doc = "Requests in the long run; 0: not limited.",
     .max = 60'000'000});
  v(x.who.limits.request_burst, {.name = "request_burst",
                                 .doc = "Requests at once, above the rate.",
                                 .min = 1,
                                 .max = 1'000'000});
  v(x.who.action,
    {.name = "action", .doc = "What happens to the traffic of its targets."});
  v(x.who.rate, {.name = "rate",
                 .doc = "What passes under `rate-limit`, and only then.",
                 .min = 1,
                 .max = 10'000'000'000,
                 .unit = "packets per second",
                 .fallback = "none"});
  v(x.mitigators, {.name = "mitigators",
                   .doc = "Names of the mitigators and relays that serve it.",
                   .as = form::name,
                   .fallback = "all"});
  v(x.who.approval,
    {.name = "approval",
     .doc = "An administrator decides about each mitigation before it begins: "
            "`tocsin approve`, `tocsin reject`. Clients are answered at once "
            "and see `attack-mitigation-in-progress`."});
  v(x.who.agreement,
    {.name = "agreement",
     .doc = "With `approval`: so many clients, of whatever customers, that ask "
            "for the protection of addresses in common need no administrator; "
            "0: they do. Needs a `conflict_policy` that accepts them.",
     .max = 1'000});
  v(x.who.gateway,
    {.name = "gateway",
     .doc = "A DOTS gateway that is trusted to say whose requests it passes on "
            "(`cdid`; RFC 9132, Section 4.4.1.2). A cdid that is an identity "
            "of another customer stands for that one, with its prefixes and "
            "quotas. What others say of a cdid is ignored."});
  v(x.who.value,
    {.name = "value",
     .doc = "What its targets are worth, in comparison with those of all "
            "customers: see `min_value` of mitigators and relays. Where a "
            "driver has no room for all, what is worth less gives way.",
     .max = protocol::signal::highest_value});
  v(x.who.assets, {.name = "asset",
                   .doc = "Addresses that are worth more, or less, than the "
                          "rest. A target is worth what its most valuable "
                          "part is."});
  v(x.who.accept, {.name = "accept",
                   .doc = "Traffic that passes whatever is mitigated. An entry "
                          "names sources, ports or protocols, or several."});
}

template <class Visitor>
void describe(Visitor& v, protocol::signal::asset& x) {
  v(x.prefixes,
    {.name = "prefixes",
     .doc = "Its addresses; of several assets that hold an address, the "
            "longest prefix counts.",
     .required = true});
  v(x.value, {.name = "value",
              .doc = "What they are worth.",
              .required = true,
              .max = protocol::signal::highest_value});
}

/// For mitigators and relays.
template <class Visitor>
void describe(Visitor& v, protocol::signal::value_bounds& x) {
  v(x.min, {.name = "min_value",
            .doc = "It takes only targets that are worth so much (`value` of "
                   "customers and their assets), unless an administrator "
                   "chooses it.",
            .max = protocol::signal::highest_value});
  v(x.max, {.name = "max_value",
            .doc = "And no others than those that are worth no more.",
            .max = protocol::signal::highest_value});
}

template <class Visitor>
void describe(Visitor& v, protocol::signal::accept_entry& x) {
  v(x.sources,
    {.name = "sources", .doc = "Prefixes it comes from.", .fallback = "any"});
  v(x.ports, {.name = "ports",
              .doc = "Destination ports: numbers, or ranges such as "
                     "`\"8000-8080\"`.",
              .fallback = "all"});
  v(x.protocols, {.name = "protocols",
                  .doc = "Numbers, or `tcp`, `udp`, `icmp`, `icmpv6`, `sctp`, "
                         "`gre`, `esp`, `ah`.",
                  .fallback = "all"});
}

template <class Visitor>
void describe(Visitor& v, relay_config& x) {
  v(x.name, {.name = "name",
             .doc = "Unique among mitigators and relays; customers refer to "
                    "it.",
             .required = true,
             .as = form::name});
  v(x.upstream, {.name = "upstream",
                 .doc = "Name of the `[[client.upstream]]` that is asked; one "
                        "relay each. This or `upstreams`.",
                 .as = form::name,
                 .fallback = "none"});
  v(x.upstreams, {.name = "upstreams",
                  .doc = "Several of them.",
                  .as = form::name,
                  .fallback = "`upstream`"});
  v(x.choice,
    {.name = "choice",
     .doc = "How several upstreams are asked. `serial`: one at a time for one "
            "address, the next one if it refuses or cannot be reached for 30 "
            "s; right for servers that divert traffic. `by-prefix`: each for "
            "its `prefixes`; right for addresses that providers assigned. "
            "`all`: every one for everything; right for providers on the path "
            "of provider-independent addresses (RFC 9284)."});
  v(x.end_to_end,
    {.name = "end_to_end",
     .doc = "Answer clients when the upstream has answered, for up to 10 s, so "
            "that its refusals are theirs; else they are granted at once and "
            "learn the rest from the status. For customers without other "
            "mitigators."});
  v(x.aggregate,
    {.name = "aggregate",
     .doc = "One session for all clients, with overlapping requests merged; "
            "`false`: a session for each client, with a cuid of its own."});
  v(x.cdid, {.name = "cdid",
             .doc = "Tell the upstream which client domain a request is from "
                    "(RFC 9132, Section 4.4.1.2), on a server-domain gateway. "
                    "Needs `aggregate = false`."});
  v(x.lifetime, {.name = "lifetime",
                 .doc = "Lifetime of its requests, which are renewed until "
                        "nobody wants them. What this node asked for ends then "
                        "if it never comes back.",
                 .min = 60,
                 .max = 86400});
  v(x.when_failed,
    {.name = "when_failed",
     .doc = "Call it for help when all who are asked from the start have "
            "failed, or have not been heard of for 30 s."});
  v(x.when_overloaded,
    {.name = "when_overloaded",
     .doc = "Call it for help when another mitigator says that it is "
            "overloaded (RFC 8811, Section 3.2.3). With this, `when_failed`, "
            "`above` or `ineffective_after` it is asked only then, or when "
            "the operator says so (`tocsin escalate`); else always."});
  v(x.above, {.name = "above",
              .doc = "Call it when more is dropped; 0: not for this reason.",
              .max = 1'000'000'000'000'000,
              .unit = "bits per second"});
  v(x.above_packets,
    {.name = "above_packets",
     .doc = "Call it when more packets are dropped; 0: not for this reason.",
     .max = 1'000'000'000'000,
     .unit = "packets per second"});
  v(x.ineffective_after,
    {.name = "ineffective_after",
     .doc = "Call it when a client says for so long that it is still under "
            "attack (RFC 9132, Section 4.4.3); `0s`: not for this reason.",
     .max = 86400});
  v(x.hold, {.name = "hold",
             .doc = "How long it helps after the last reason is gone and its "
                    "server says that the attack has stopped.",
             .max = 86400});
  describe(v, x.takes);
}

template <class Visitor>
void describe(Visitor& v, mitigator_config& x) {
  v(x.name, {.name = "name",
             .doc = "Unique; customers refer to it.",
             .required = true,
             .as = form::name});
  v(x.driver, {.name = "driver",
               .doc = "`nftables`, `exec`, or the path of a program that "
                      "speaks the driver protocol.",
               .required = true,
               .as = form::driver});
  v(x.arguments, {.name = "arguments", .doc = "Passed to the driver."});
  v(x.environment,
    {.name = "environment", .doc = "Variables added to the node's own."});
  v(x.stage,
    {.name = "stage",
     .doc = "Where on the way of the traffic it is. Mitigators of one stage "
            "see different packets, those of a later stage what the earlier "
            "ones let pass. It matters for the statistics of filters, where "
            "one packet must not count twice.",
     .min = 1,
     .max = 16});
  describe(v, x.takes);
}

} // namespace tocsin::roles
