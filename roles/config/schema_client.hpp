#pragma once
#include "roles/config/schema_common.hpp"

/// The options of a client; see schema.hpp.
namespace tocsin::roles {

template <class Visitor>
void describe(Visitor& v, client_config& x) {
  describe(v, x.identity);
  v(x.cuid, {.name = "cuid",
             .doc = "Client identifier shown to servers; do not change it "
                    "while mitigations are active.",
             .as = form::cuid,
             .fallback = "derived from the certificate's public key"});
  v(x.upstreams, {.name = "upstream",
                  .doc = "DOTS servers to call. At least one. Credentials that "
                         "its network has provided are given with it "
                         "(`certificate`, `key` and `ca`, or `psk`), and used "
                         "in place of those of `[client]`.",
                  .required = true});
  v(x.choice,
    {.name = "choice",
     .doc = "Whom orders that name no upstream are asked of, where there are "
            "several: `serial`, `by-prefix` or `all`, as for "
            "`[[server.relay]]`. Names are resolved here then.",
     .fallback = "none: orders name their upstream"});
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
  v(x.interface,
    {.name = "interface",
     .doc = "Network interface to call through, whatever the routes say, such "
            "as `eth1`: a path out of band, or that of one provider. It has to "
            "be there when the node starts.",
     .fallback = "chosen by the system"});
  v(x.resolvers,
    {.name = "resolvers",
     .doc = "Addresses of the DNS servers of its network, which are asked for "
            "the names of this server and no others (RFC 9284, Section 4.1), "
            "through `interface`, if there is one. Each gets 2 s, twice.",
     .fallback = "the system's"});
  describe(v, x.identity);
  v(x.prefixes,
    {.name = "prefixes",
     .doc = "Addresses that its network has assigned (RFC 9284): this server, "
            "and no other, is asked for their protection. A relay with "
            "`choice = \"by-prefix\"` divides targets so, and `tocsin "
            "mitigate` finds the upstream by them.",
     .fallback = "those that no other upstream has"});
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
  v(x.data, {.name = "data",
             .doc = "Its presence opens a data channel to the server (RFC "
                    "8783), with the client's credentials: HTTPS, for aliases "
                    "and filters that are set up before an attack."});
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
  v(x.publish,
    {.name = "publish",
     .doc = "Set it up at every upstream with a data channel as well, under "
            "the same name and as it looks outside."});
}

} // namespace tocsin::roles
