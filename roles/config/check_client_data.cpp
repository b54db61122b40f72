#include "protocol/restconf/handler.hpp"
#include "protocol/signal/address_translation.hpp"
#include "protocol/signal/validate.hpp"
#include "roles/config/check.hpp"
#include "roles/config/data_channel.hpp"
#include "roles/config/values.hpp"

namespace tocsin::roles {

namespace {

void check_data_channel(const upstream_config& upstream, context& c) {
  const auto& x = *upstream.data;
  auto place = c.where(x).value_or(position{});
  if (auto where = c.where(x.host))
    if (!prefix::parse(x.host) && !normalise(x.host, form::domain))
      c.error(*where, in_quotes(x.host) + " is no name or address",
              "the port is an option of its own");
  if (x.host.empty() && upstream.calls_default_router())
    c.error(place, "key 'host' is missing in [client.upstream.data]",
            "a default router tells nothing about a data channel");
  if (x.server_name.empty() && !c.broken(x.server_name)
      && !upstream.server_name.empty())
    c.error(place, "key 'server_name' is missing in [client.upstream.data]",
            "it is the DNS name in the server's certificate");
  if (auto where = c.where(x.root))
    if (!protocol::restconf::is_root_path(x.root))
      c.error(*where, in_quotes(x.root) + " is no root of RESTCONF",
              "write a path such as '/restconf', or leave it out to ask the "
              "server");
}

/// A published alias that cannot be told is an error: the server would not hold
/// what the configuration says.
void check_publication(const alias_config& x, const upstream_config& upstream,
                       context& c) {
  if (auto entry = published_alias(x, upstream); !entry)
    c.error(c.where(x.publish).value_or(position{}),
            "alias " + in_quotes(x.name) + " cannot be published at "
                + in_quotes(upstream.name),
            entry.error().detail);
}

} // namespace

void check_data_channels(const client_config& x, context& c) {
  bool any = false;
  for (const auto& upstream : x.upstreams)
    if (upstream.data) {
      any = true;
      check_data_channel(upstream, c);
    }
  for (const auto& alias : x.aliases) {
    if (!alias.publish)
      continue;
    if (!any)
      c.warn(c.where(alias.publish).value_or(position{}),
             "alias " + in_quotes(alias.name)
                 + " is to be published, yet no upstream has a data channel",
             "add [client.upstream.data]");
    // What is not valid by itself is reported elsewhere.
    bool sound =
        c.where(alias.name) && protocol::signal::validate_target(alias.what);
    for (const auto& upstream : x.upstreams)
      if (upstream.data && sound
          && protocol::signal::address_translation::make(upstream.translations))
        check_publication(alias, upstream, c);
  }
}

void check_filter_file(const data_channel_config& x, context& c) {
  auto place = c.where(x.filters);
  if (!place)
    return;
  auto filters = read_filters(x.filters);
  if (filters)
    return;
  const auto& why = filters.error();
  bool is_content = why.code == ec::unacceptable;
  c.error(*place,
          "'filters' " + in_quotes(x.filters.string()) + ": "
              + (is_content && !why.where.empty() ? why.where + ": " : "")
              + why.detail,
          is_content ? "the format is that of RFC 8783, Section 7.2" : "");
}

} // namespace tocsin::roles
