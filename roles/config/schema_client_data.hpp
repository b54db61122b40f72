#pragma once
#include "roles/config/schema_common.hpp"

/// The options of a client's data channel; see schema.hpp.
namespace tocsin::roles {

template <class Visitor>
void describe(Visitor& v, data_channel_config& x) {
  v(x.enabled,
    {.name = "enabled",
     .doc = "`false`: the section is checked, and nothing is done."});
  v(x.host, {.name = "host",
             .doc = "Name or address of the data channel's server.",
             .fallback = "the host of `server` of the upstream"});
  v(x.port, {.name = "port", .doc = "Its TCP port.", .min = 1, .max = 65535});
  v(x.server_name,
    {.name = "server_name",
     .doc = "The name that its certificate must bear.",
     .as = form::domain,
     .fallback = "`host` if that is a name, else the upstream's"});
  v(x.root, {.name = "root",
             .doc = "Path of RESTCONF at the server, such as `/restconf`.",
             .fallback = "asked for (RFC 8040, Section 3.1)"});
  v(x.filters,
    {.name = "filters",
     .doc = "File with the filters that the server shall hold, in the format "
            "of RFC 8783, Section 7.2, in JSON; see docs/operations.md.",
     .as = form::path,
     .fallback = "none"});
  v(x.mitigate_by_name,
    {.name = "mitigate_by_name",
     .doc = "`tocsin mitigate --alias` sends the name of a published alias "
            "while the server is known to hold it, not what it stands for. "
            "Off, since addresses mean the same whatever the server holds by "
            "then."});
}

} // namespace tocsin::roles
