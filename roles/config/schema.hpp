#pragma once
#include "roles/config/config.hpp"
#include "roles/config/option.hpp"

/// The table of options. A visitor is called as `v(member, option)` for every
/// key in the order of the reference; members that are themselves described
/// here stand for tables, vectors of them for arrays of tables.
namespace tocsin::roles {

template <class T>
inline constexpr bool is_section = false;
template <>
inline constexpr bool is_section<node_config> = true;
template <>
inline constexpr bool is_section<server_config> = true;
template <>
inline constexpr bool is_section<session_ranges> = true;
template <>
inline constexpr bool is_section<redirect_config> = true;
template <>
inline constexpr bool is_section<customer_config> = true;
template <>
inline constexpr bool is_section<protocol::signal::accept_entry> = true;
template <>
inline constexpr bool is_section<mitigator_config> = true;
template <>
inline constexpr bool is_section<client_config> = true;
template <>
inline constexpr bool is_section<upstream_config> = true;
template <>
inline constexpr bool is_section<protocol::signal::translation_rule> = true;
template <>
inline constexpr bool is_section<mitigation_defaults> = true;
template <>
inline constexpr bool is_section<alias_config> = true;

template <class Visitor>
void describe(Visitor& v, node_config& x) {
  v(x.name, {.name = "name",
             .doc = "The node in logs and in the audit trail.",
             .as = form::name});
  v(x.data_dir, {.name = "data_dir",
                 .doc = "Directory of the database `tocsin.db`; made with mode "
                        "0700 if it does not exist.",
                 .as = form::path});
  v(x.control_socket,
    {.name = "control_socket",
     .doc = "Unix-domain socket of the operator API. At most 107 octets.",
     .as = form::path,
     .fallback = "`control.sock` in `data_dir`"});
  v(x.log_level, {.name = "log_level", .doc = "The least that is logged."});
  v(x.log_format,
    {.name = "log_format", .doc = "Lines for people, or a JSON object each."});
}

template <class Visitor>
void describe(Visitor& v, identity_files& x) {
  v(x.certificate, {.name = "certificate",
                    .doc = "Own certificate chain, PEM, own one first. "
                           "`certificate`, `key` and `ca` belong together; "
                           "they or `psk` must be there.",
                    .as = form::path,
                    .fallback = "none"});
  v(x.key, {.name = "key",
            .doc = "Private key, PEM, readable to its owner only.",
            .as = form::path,
            .fallback = "none"});
  v(x.ca, {.name = "ca",
           .doc = "Authorities that peers' certificates must come from, PEM.",
           .as = form::path,
           .fallback = "none"});
  v(x.crl, {.name = "crl",
            .doc = "Revocation lists of these authorities, PEM.",
            .as = form::path,
            .fallback = "none"});
  v(x.psk, {.name = "psk",
            .doc = "Pre-shared keys, a line `identity:key` each, the key of 16 "
                   "octets or more in hexadecimal; readable to its owner only. "
                   "A client has one.",
            .as = form::path,
            .fallback = "none"});
}

/// RFC 9132, Section 4.5.2.
template <class Visitor, class Section>
void describe_heartbeat(Visitor& v, Section& x) {
  v(x.heartbeat_interval,
    {.name = "heartbeat_interval",
     .doc = "Time between two heartbeats; `0s` turns them, and with them the "
            "detection of a lost session, off.",
     .min = 15,
     .max = 240});
  v(x.missing_hb_allowed,
    {.name = "missing_hb_allowed",
     .doc = "Heartbeats without an answer before a session counts as lost.",
     .min = 1,
     .max = 65535});
}

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
  v(x.customers, {.name = "customer",
                  .doc = "Who may ask for mitigation. Nothing outside a "
                         "customer's own prefixes is ever touched."});
  v(x.mitigators, {.name = "mitigator",
                   .doc = "What makes mitigations real. At least one.",
                   .required = true});
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
            "of the certificate, `cn:` and its common name, or `psk:` and the "
            "identity of a pre-shared key.",
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
                   .doc = "Names of the mitigators that serve it.",
                   .as = form::name,
                   .fallback = "all"});
  v(x.who.accept, {.name = "accept",
                   .doc = "Traffic that passes whatever is mitigated. An entry "
                          "names sources, ports or protocols, or several."});
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
}

template <class Visitor>
void describe(Visitor& v, client_config& x) {
  describe(v, x.identity);
  v(x.cuid, {.name = "cuid",
             .doc = "Client identifier shown to servers; do not change it "
                    "while mitigations are active.",
             .as = form::cuid,
             .fallback = "derived from the certificate's public key"});
  v(x.upstreams, {.name = "upstream",
                  .doc = "DOTS servers to call. At least one.",
                  .required = true});
  v(x.defaults, {.name = "defaults",
                 .doc = "What a request says unless it is told otherwise."});
  v(x.aliases, {.name = "alias",
                .doc = "Local names for targets, at least one of `prefixes`, "
                       "`fqdns` and `uris` each."});
}

template <class Visitor>
void describe(Visitor& v, upstream_config& x) {
  v(x.name, {.name = "name",
             .doc = "Unique; the key in storage and on the command line.",
             .required = true,
             .as = form::name});
  v(x.server, {.name = "server",
               .doc = "Name or address of the server; without a port, 4646. "
                      "`default-router`: the default routers of this machine, "
                      "IPv4 and IPv6, as they are at each attempt.",
               .required = true,
               .min = 1,
               .max = 65535});
  v(x.server_name, {.name = "server_name",
                    .doc = "The name that the server's certificate must bear. "
                           "Required if `server` is an address or "
                           "`default-router`.",
                    .as = form::domain,
                    .fallback = "the host of `server`"});
  v(x.source, {.name = "source",
               .doc = "Local address to call from.",
               .fallback = "chosen by the system"});
  v(x.cuid, {.name = "cuid",
             .doc = "Another client identifier, for this server alone.",
             .as = form::cuid,
             .fallback = "the one of `[client]`"});
  v(x.transports,
    {.name = "transports",
     .doc =
         "Ways to the server, tried in the order of RFC 9132, Section 4.3."});
  v(x.udp_probe, {.name = "udp_probe",
                  .doc = "While only TCP works, how often UDP is tried again.",
                  .min = 300,
                  .max = 31536000});
  describe_heartbeat(v, x);
  v(x.mitigating_heartbeat_interval,
    {.name = "mitigating_heartbeat_interval",
     .doc = "The interval while a mitigation is active. Both intervals and "
            "`missing_hb_allowed` are negotiated with the server (RFC 9132, "
            "Section 4.5).",
     .min = 15,
     .max = 240,
     .fallback = "`heartbeat_interval`"});
  v(x.path_mtu, {.name = "path_mtu",
                 .doc = "MTU assumed of the paths to the server: datagrams, "
                        "blocks and requests are no larger (RFC 9132, Section "
                        "7.3).",
                 .min = 1280,
                 .max = 9216,
                 .unit = "octets"});
  v(x.ipv4_path_mtu,
    {.name = "ipv4_path_mtu",
     .doc = "The same for IPv4; 576 is safe on the oldest networks.",
     .min = 576,
     .max = 9216,
     .unit = "octets",
     .fallback = "`path_mtu`"});
  v(x.nat64_prefix,
    {.name = "nat64_prefix",
     .doc =
         "Prefix of the NAT64 before this client: `well-known` (64:ff9b::/96)"
         ", or one of 32, 40, 48, 56, 64 or 96 bits. Servers that a redirect "
         "names by IPv4 addresses alone are called behind it, too (RFC 9132, "
         "Section 4.6).",
     .fallback = "none"});
  v(x.translations,
    {.name = "translation",
     .doc = "How targets look outside, behind NAT, CGN, NAT64 or NPTv6: the "
            "server is asked for the external addresses and ports. With an "
            "entry, every target has to be in one; what is not translated has "
            "the same prefix on both sides. Without, private addresses are "
            "refused."});
}

template <class Visitor>
void describe(Visitor& v, protocol::signal::translation_rule& x) {
  v(x.internal, {.name = "internal",
                 .doc = "Prefix inside. Of several that hold an address the "
                        "longest counts.",
                 .required = true});
  v(x.external,
    {.name = "external",
     .doc = "Prefix of the same length outside, host bits are kept; "
            "or the one address that all of `internal` share.",
     .required = true});
  v(x.kind, {.name = "kind",
             .doc = "`nptv6`: checksum-neutral between IPv6 prefixes of one "
                    "length, up to /64 (RFC 6296)."});
  v(x.internal_ports,
    {.name = "internal_ports",
     .doc = "Ports of one internal address that are forwarded, in their order, "
            "from `external_ports`: a number, or a range such as "
            "`\"8000-8080\"`.",
     .fallback = "any"});
  v(x.external_ports,
    {.name = "external_ports",
     .doc = "The share of the ports of one external address that `internal` "
            "has. As many as `internal_ports`, if these are given.",
     .fallback = "all"});
}

template <class Visitor>
void describe(Visitor& v, mitigation_defaults& x) {
  v(x.lifetime, {.name = "lifetime",
                 .doc = "Lifetime asked for (RFC 9132, Section 4.4.1.1).",
                 .min = 1,
                 .max = 4294967295,
                 .indefinite = true});
  v(x.renew, {.name = "renew",
              .doc = "Refresh a request before its lifetime ends, until it is "
                     "withdrawn."});
  v(x.withdraw_when_stopped,
    {.name = "withdraw_when_stopped",
     .doc = "Withdraw by itself when the server says that the attack has "
            "stopped. Off, so that a pause of the attack does not open the "
            "gates."});
}

template <class Visitor>
void describe(Visitor& v, alias_config& x) {
  v(x.name, {.name = "name",
             .doc = "Unique; `tocsin mitigate --alias NAME`.",
             .required = true,
             .as = form::name});
  v(x.what.prefixes, {.name = "prefixes", .doc = "Targets as prefixes."});
  v(x.what.ports, {.name = "ports",
                   .doc = "Numbers, or ranges such as `\"8000-8080\"`.",
                   .fallback = "all"});
  v(x.what.protocols,
    {.name = "protocols",
     .doc = "Numbers or names, as in `[[server.customer.accept]]`.",
     .fallback = "all"});
  v(x.what.fqdns, {.name = "fqdns",
                   .doc = "Targets as names, resolved by the server.",
                   .as = form::domain});
  v(x.what.uris, {.name = "uris",
                  .doc = "Targets as URIs, resolved by the server.",
                  .as = form::uri});
}

template <class Visitor>
void describe(Visitor& v, config& x) {
  v(x.node, {.name = "node", .doc = "What every role needs."});
  v(x.server,
    {.name = "server", .doc = "Its presence makes the node a DOTS server."});
  v(x.client,
    {.name = "client", .doc = "Its presence makes the node a DOTS client."});
}

} // namespace tocsin::roles
