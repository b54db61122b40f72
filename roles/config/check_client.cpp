#include "protocol/signal/nat64.hpp"
#include "protocol/signal/validate.hpp"
#include "roles/config/check.hpp"
#include "roles/config/uniqueness.hpp"
#include "transports/interfaces.hpp"

#include <algorithm>

namespace tocsin::roles {

namespace {

/// RFC 9132, Section 4.4.1.1: a longer cuid invites fragmentation.
constexpr std::size_t recommended_cuid = 22;

void check_cuid(const std::string& cuid, context& c) {
  auto place = c.where(cuid);
  if (place && cuid.size() != recommended_cuid)
    c.warn(*place, "a cuid should have 22 characters",
           "leave it out to derive it from the certificate");
}

void check_translations(const upstream_config& x, context& c) {
  namespace sig = protocol::signal;
  auto were_read = [&c](const std::optional<sig::port_range>& ports) {
    return !ports || c.where(*ports);
  };
  bool sound = true;
  for (const auto& rule : x.translations) {
    auto place = c.where(rule).value_or(position{});
    bool read = c.where(rule.internal) && c.where(rule.external)
                && !c.broken(rule.kind) && were_read(rule.internal_ports)
                && were_read(rule.external_ports);
    auto good = read ? sig::validate_translation(rule) : result<void>{};
    if (!good)
      c.error(place, "key '" + good.error().where + "' does not fit",
              good.error().detail);
    sound &= read && good;
    if (read && good && rule.internal != rule.external
        && sig::is_internal_only(rule.external))
      c.warn(place,
             in_quotes(rule.external.to_string())
                 + " means nothing to a server outside",
             "if there is another translator, name what that one assigns");
  }
  if (!sound)
    return;
  if (auto table = sig::address_translation::make(x.translations); !table)
    c.error(c.where(x.translations).value_or(position{}), table.error().detail,
            "leave one of the two entries out");
}

void check_upstream(const upstream_config& x, context& c) {
  auto address = prefix::parse(x.server.host);
  if ((address || x.calls_default_router()) && x.server_name.empty()
      && !c.broken(x.server_name) && c.where(x.server))
    c.error(*c.where(x.server),
            std::string{"'server' is "}
                + (address ? "an address" : "the default router")
                + ", so 'server_name' is needed",
            "it is the DNS name in the server's certificate");
  if (x.source && c.where(*x.source)) {
    if (x.source->length() != x.source->max_length())
      c.error(*c.where(*x.source), "'source' is a prefix, not an address");
    else if (address && c.where(x.server)
             && address->which() != x.source->which())
      c.error(*c.where(*x.source),
              "'source' and 'server' are of different address families");
  }
  if (auto place = c.where(x.interface);
      place && !transports::is_interface_name(x.interface))
    c.error(*place, in_quotes(x.interface) + " is no name of an interface",
            "such as 'eth1'; `ip link` shows them");
  for (const auto& one : x.resolvers)
    if (c.where(one) && one.length() != one.max_length())
      c.error(*c.where(one),
              in_quotes(one.to_string()) + " is a prefix, not an address",
              "name DNS servers by their addresses");
  if (address && !x.resolvers.empty() && !x.data)
    c.warn(c.where_or(x.resolvers, x),
           "'resolvers' has no meaning, since 'server' is an address");
  if (x.identity.given())
    check_credentials(x.identity, "[[client.upstream]]",
                      c.where(x).value_or(position{}), c);
  check_cuid(x.cuid, c);
  if (x.transports.empty() && c.where(x.transports))
    c.error(*c.where(x.transports), "'transports' is empty",
            "leave it out to use both");
  check_translations(x, c);
  if (auto place = c.where(x.nat64_prefix))
    if (auto good = protocol::signal::parse_nat64(x.nat64_prefix); !good)
      c.error(*place, in_quotes(x.nat64_prefix) + " is no NAT64 prefix",
              good.error().detail);
}

/// The target without the elements that were not valid in the file: those
/// were reported already.
protocol::signal::target valid_part(const protocol::signal::target& x,
                                    const context& c) {
  auto keep = [&](const auto& list) {
    auto out = list;
    out.clear();
    for (const auto& one : list)
      if (c.where(one))
        out.push_back(one);
    return out;
  };
  return {keep(x.prefixes), keep(x.ports), keep(x.protocols),
          keep(x.fqdns),    keep(x.uris),  {}};
}

void check_alias(const alias_config& x, context& c) {
  auto place = c.where(x).value_or(position{});
  const auto& what = x.what;
  if (what.prefixes.empty() && what.fqdns.empty() && what.uris.empty())
    return c.error(place, "alias " + in_quotes(x.name) + " names no target",
                   "add 'prefixes', 'fqdns' or 'uris'");
  bool special = false;
  for (const auto& range : what.prefixes) {
    if (!c.where(range) || protocol::signal::validate_prefix(range))
      continue;
    special = true;
    c.error(*c.where(range),
            in_quotes(range.to_string()) + " can never be protected",
            "loopback, multicast, broadcast and unspecified addresses are no "
            "targets");
  }
  auto valid = valid_part(what, c);
  if (special
      || (valid.prefixes.empty() && valid.fqdns.empty() && valid.uris.empty()))
    return;
  if (auto good = protocol::signal::validate_target(valid); !good)
    c.error(place, "alias " + in_quotes(x.name) + " is not a valid target",
            good.error().where + ": " + good.error().detail);
}

/// The site's routes would choose between servers of one address, not we (RFC
/// 9284, Section 5.2).
void check_address(const upstream_config& x, const client_config& all,
                   context& c) {
  for (const auto& other : all.upstreams) {
    if (&other == &x)
      return;
    if (other.server == x.server && !x.calls_default_router()
        && other.source == x.source && other.interface == x.interface)
      c.warn(c.where_or(x.server, x),
             "upstreams " + in_quotes(other.name) + " and " + in_quotes(x.name)
                 + " have one address, " + x.server.to_string(),
             "call each by an address of its own, or from another 'source' or "
             "'interface'");
  }
}

/// Orders for an alias are refused if the server cannot be told where it is.
void check_reach(const alias_config& x, const upstream_config& upstream,
                 context& c) {
  auto table =
      protocol::signal::address_translation::make(upstream.translations);
  auto what = valid_part(x.what, c);
  if (!table || !protocol::signal::validate_target(what))
    return; // which has been reported
  if (auto outside = table->outbound(what); !outside)
    c.warn(c.where(x).value_or(position{}),
           "alias " + in_quotes(x.name) + " cannot be asked for at "
               + in_quotes(upstream.name),
           outside.error().detail);
}

} // namespace

void check_client(const client_config& x, context& c) {
  auto has_own = [](const auto& up) { return up.identity.given(); };
  if (x.identity.given() || x.upstreams.empty()
      || !std::ranges::all_of(x.upstreams, has_own))
    check_credentials(x.identity, "[client]", c.where(x).value_or(position{}),
                      c);
  check_cuid(x.cuid, c);
  uniqueness<std::string> upstreams{"upstream", c};
  for (const auto& one : x.upstreams) {
    upstreams.add(one.name, one.name);
    check_upstream(one, c);
    check_address(one, x, c);
  }
  check_data_channels(x, c);
  uniqueness<std::string> aliases{"alias", c};
  for (const auto& one : x.aliases) {
    aliases.add(one.name, one.name);
    check_alias(one, c);
    for (const auto& upstream : x.upstreams)
      check_reach(one, upstream, c);
  }
}

} // namespace tocsin::roles
