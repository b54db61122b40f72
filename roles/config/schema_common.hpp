#pragma once
#include "roles/config/config.hpp"
#include "roles/config/option.hpp"

/// Options that a server and a client have alike; see schema.hpp.
namespace tocsin::roles {

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

} // namespace tocsin::roles
