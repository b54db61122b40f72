#pragma once
#include "roles/config/schema_common.hpp"

/// The options of nodes that are joined; see schema.hpp.
namespace tocsin::roles {

template <class Visitor>
void describe(Visitor& v, siblings_config& x) {
  v(x.listen,
    {.name = "listen",
     .doc = "Address at which siblings call; without a port, 4650. Loopback, "
            "or one address of a network that nobody else reaches, with "
            "`protected`.",
     .required = true,
     .as = form::address,
     .min = 1,
     .max = 65535,
     .port = default_sibling_port});
  v(x.is_protected,
    {.name = "protected",
     .doc = "You have made sure that nobody but siblings reaches the addresses "
            "here, by a tunnel or a network of their own. Whoever reaches them "
            "can direct this node."});
  v(x.redirect_time,
    {.name = "redirect_time",
     .doc = "How long clients that were handed over stay with the sibling "
            "(RFC 9132, Section 4.6).",
     .min = 60,
     .max = 31536000});
  v(x.peers, {.name = "peer",
              .doc = "A node to be joined with, which has a `[siblings]` that "
                     "names this one. Of two, the one whose name sorts first "
                     "calls the other."});
}

template <class Visitor>
void describe(Visitor& v, sibling_config& x) {
  v(x.name, {.name = "name",
             .doc = "What it calls itself, in its `[node]`.",
             .required = true,
             .as = form::name});
  v(x.address, {.name = "address",
                .doc = "The address at which it listens for siblings.",
                .required = true,
                .as = form::address,
                .min = 1,
                .max = 65535,
                .port = default_sibling_port});
  v(x.alt_server,
    {.name = "alt_server",
     .doc = "Name of its DOTS server, as in its certificate: where clients are "
            "sent to that are handed over to it. Without, none can be.",
     .as = form::domain,
     .fallback = "none"});
  v(x.addresses, {.name = "addresses",
                  .doc = "Addresses of that server, so that clients need not "
                         "look it up.",
                  .fallback = "clients look it up"});
}

} // namespace tocsin::roles
