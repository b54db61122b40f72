#pragma once
#include "roles/config/config.hpp"
#include "roles/config/option.hpp"

/// The options of a server's data channel; see schema.hpp.
namespace tocsin::roles {

template <class Visitor>
void describe_quotas(Visitor& v, protocol::data::data_quotas& x) {
  constexpr std::uint64_t most = 1'000'000;
  v(x.clients, {.name = "max_clients",
                .doc = "Registered clients.",
                .min = 1,
                .max = most});
  v(x.client_aliases, {.name = "max_client_aliases",
                       .doc = "Aliases of one client.",
                       .max = most});
  v(x.client_acls,
    {.name = "max_client_acls", .doc = "ACLs of one client.", .max = most});
  v(x.client_aces, {.name = "max_client_entries",
                    .doc = "Entries of all ACLs of one client; a driver gets "
                           "them as one filter set.",
                    .max = 2000});
  v(x.aliases, {.name = "max_aliases", .doc = "Aliases.", .max = most});
  v(x.acls, {.name = "max_acls", .doc = "ACLs.", .max = most});
  v(x.aces, {.name = "max_entries",
             .doc = "Entries of all ACLs; one takes some 700 octets of memory.",
             .max = most});
  v(x.entry_octets, {.name = "max_size",
                     .doc = "Size of one alias or ACL as JSON.",
                     .min = 1024,
                     .max = 16 * 1024 * 1024,
                     .unit = "octets"});
}

template <class Visitor>
void describe_load(Visitor& v, data_config& x) {
  v(x.max_body, {.name = "max_body",
                 .doc = "Body of one request; a larger one is refused (413). A "
                        "connection holds two at most.",
                 .min = 1024,
                 .max = 16 * 1024 * 1024,
                 .unit = "octets"});
  v(x.max_connections,
    {.name = "max_connections",
     .doc = "Connections of one customer at one time; those beyond are told "
            "to come back (503). They count among `max_connections` of "
            "`[server]`, too.",
     .min = 1,
     .max = 100'000});
  v(x.requests_per_minute,
    {.name = "requests_per_minute",
     .doc = "Requests of one customer in the long run; those beyond are told "
            "to come back (429).",
     .min = 1,
     .max = 60'000'000});
  v(x.request_burst, {.name = "request_burst",
                      .doc = "Requests at once, above the rate.",
                      .min = 1,
                      .max = 1'000'000});
  v(x.idle_timeout, {.name = "idle_timeout",
                     .doc = "How long a connection may be without a request.",
                     .min = 1,
                     .max = 86400});
}

template <class Visitor>
void describe(Visitor& v, data_config& x) {
  v(x.listen, {.name = "listen",
               .doc = "Addresses for HTTPS; without a port, 443.",
               .required = true,
               .as = form::address,
               .min = 0,
               .max = 65535,
               .port = default_data_port});
  v(x.root, {.name = "root",
             .doc = "Path that RESTCONF begins at; clients discover it (RFC "
                    "8040, Section 3.1).",
             .as = form::root});
  v(x.lifetime, {.name = "lifetime",
                 .doc = "How long aliases and ACLs live unless they are "
                        "refreshed; a week at least (RFC 8783, Sections 6.1 "
                        "and 7.2).",
                 .min = 1,
                 .max = 31536000});
  v(x.conflict_policy,
    {.name = "conflict_policy",
     .doc = "What becomes of an ACL that contradicts one of another client of "
            "the customer: it is refused (409), or allowed."});
  v(x.allow_immediate,
    {.name = "allow_immediate",
     .doc = "Let clients have filters that are in force without a mitigation, "
            "too (activation type `immediate`); else they are refused (403)."});
  v(x.immediate_needs_destination,
    {.name = "immediate_needs_destination",
     .doc = "Refuse entries of such ACLs that name no destination (RFC 8783, "
            "Section 7.2). `false`: the customer's prefixes stand in, as in "
            "other ACLs."});
  v(x.never_filtered,
    {.name = "never_filtered",
     .doc = "Sources that no filter may drop or limit, such as one's own "
            "resolvers and monitors; an entry that would is refused (403).",
     .fallback = "none"});
  v(x.min_source_length,
    {.name = "min_source_length",
     .doc = "Entries that drop or limit must name a source network of so many "
            "bits at least, IPv4; 0: any, or none.",
     .max = 32,
     .unit = "bits"});
  v(x.min_ipv6_source_length, {.name = "min_ipv6_source_length",
                               .doc = "The same for IPv6.",
                               .max = 128,
                               .unit = "bits"});
  v(x.direct_configuration,
    {.name = "direct_configuration",
     .doc = "Answer every request with 503, since aliases and filters are set "
            "up without the data channel (RFC 8783, Section 8)."});
  describe_quotas(v, x.quotas);
  describe_load(v, x);
}

} // namespace tocsin::roles
