#include "roles/config/explain.hpp"

#include "roles/config/explain_data.hpp"
#include "roles/config/text.hpp"
#include "transports/crypto/certificate.hpp"

#include <algorithm>
#include <array>
#include <ctime>

namespace tocsin::roles {

namespace {

namespace crypto = transports::crypto;

std::string date_text(unix_seconds when) {
  std::time_t seconds = when;
  std::tm parts{};
  std::array<char, 32> text{};
  ::gmtime_r(&seconds, &parts);
  auto n = std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
  return {text.data(), n};
}

std::string list_of(const std::vector<prefix>& prefixes) {
  std::string out;
  for (const auto& x : prefixes)
    out += (out.empty() ? "" : ", ") + x.to_string();
  return out;
}

std::string list_of(const std::vector<std::string>& words) {
  std::vector<std::string_view> views(words.begin(), words.end());
  return join(views);
}

void explain_identity(std::string& out, const identity_files& files,
                      bool with_cuid) {
  if (files.has_psk())
    out += "  pre-shared keys in " + files.psk.string() + "\n";
  if (!files.has_certificate())
    return;
  auto facts = crypto::read_certificate_file(files.certificate);
  if (!facts) {
    out += "  certificate " + files.certificate.string() + " ("
           + facts.error().detail + ")\n";
    return;
  }
  out += "  certificate " + facts->subject + ", valid until "
         + date_text(facts->not_after) + "\n    "
         + crypto::fingerprint_text(facts->fingerprint) + "\n";
  if (with_cuid)
    out += "    cuid " + crypto::cuid_of(facts->spki)
           + " (derived from its public key)\n";
}

std::string heartbeat_text(std::chrono::seconds interval,
                           std::uint32_t allowed) {
  if (interval.count() == 0)
    return "heartbeats are off";
  return "heartbeats every " + duration_text(interval.count()) + ", lost after "
         + std::to_string(allowed) + " without an answer";
}

void explain_customer(std::string& out, const customer_config& x) {
  const auto& who = x.who;
  const auto& ids = who.identities;
  out += "  serves " + who.name + " (";
  out += std::to_string(ids.fingerprints.size() + ids.dns_names.size()
                        + ids.common_names.size() + ids.psk_identities.size()
                        + ids.cdids.size());
  out += " identities): " + list_of(who.prefixes);
  if (!who.domains.empty())
    out += "; " + list_of(who.domains);
  out += "\n    up to " + std::to_string(who.limits.max_mitigations)
         + " mitigations of " + duration_text(who.limits.lifetime.max)
         + (who.limits.lifetime.allow_indefinite ? " or without an end" : "");
  if (who.action == protocol::signal::mitigation_action::drop)
    out += ", traffic is dropped";
  else
    out += ", traffic is limited to " + std::to_string(who.rate)
           + " packets per second";
  if (!who.accept.empty())
    out += ", " + std::to_string(who.accept.size()) + " exemptions";
  out += "\n    by " + list_of(x.mitigators)
         + (who.approval ? ", once an administrator approves\n" : "\n");
  if (who.value != 0 || !who.assets.empty())
    out += "    targets are worth " + std::to_string(who.value);
  for (const auto& one : who.assets)
    out += "; " + list_of(one.prefixes) + ' ' + std::to_string(one.value);
  if (who.value != 0 || !who.assets.empty())
    out += "\n";
  if (who.gateway)
    out += "    is a gateway that is trusted with the cdid of its clients\n";
}

std::string said(const protocol::signal::value_bounds& x) {
  if (x.holds_all())
    return {};
  if (x.max == protocol::signal::highest_value)
    return ", for targets worth " + std::to_string(x.min) + " or more";
  return ", for targets worth " + std::to_string(x.min) + " to "
         + std::to_string(x.max);
}

std::string said(relay_choice x) {
  return x == relay_choice::serial      ? " one upstream after the other"
         : x == relay_choice::by_prefix ? " each upstream for its prefixes"
                                        : " all upstreams";
}

void explain_relay(std::string& out, const relay_config& x) {
  out += "  relays as " + x.name + " to ";
  if (x.upstreams.size() == 1)
    out += "the DOTS server " + x.upstreams.front();
  else
    out += "the DOTS servers " + list_of(x.upstreams) + ',' + said(x.choice);
  out += ", " + duration_text(x.lifetime.count()) + " at a time";
  if (!x.aggregate)
    out += x.cdid ? ", a session for each client, with its cdid"
                  : ", a session for each client";
  if (x.end_to_end)
    out += ", clients hear its answer";
  out += x.for_help_only() ? ", called for help only" : "";
  out += said(x.takes) + "\n";
}

void explain_server(std::string& out, const server_config& x) {
  out += "DOTS server\n  listens on";
  for (const auto& address : x.listen)
    out += " " + address.to_string() + "/udp";
  out += " with " + std::to_string(x.reactors)
         + (x.reactors == 1 ? " reactor\n" : " reactors\n");
  if (!x.listen_tls.empty())
    out += "  and for TLS on";
  for (const auto& address : x.listen_tls)
    out += " " + address.to_string() + "/tcp";
  out += x.listen_tls.empty() ? "" : "\n";
  explain_identity(out, x.identity, false);
  out += "  " + heartbeat_text(x.heartbeat_interval, x.missing_hb_allowed)
         + "\n  at most " + std::to_string(x.max_sessions) + " sessions";
  if (!x.listen_tls.empty())
    out += ", " + std::to_string(x.max_connections) + " connections over TCP";
  out += "\n";
  out += "  overlapping requests of different clients: "
         + std::string{label(x.conflict_policy)} + "\n";
  out += x.loss_of_signal ? "  requests may wait for the loss of the signal "
                            "channel\n"
                          : "  requests for the loss of the signal channel are "
                            "refused\n";
  if (x.redirect)
    out += "  sends clients to " + x.redirect->alt_server
           + " when it cannot serve them\n";
  if (x.data)
    out += explain_data(x, *x.data);
  for (const auto& customer : x.customers)
    explain_customer(out, customer);
  for (const auto& one : x.mitigators)
    out += "  mitigates with " + one.name + ": driver " + one.driver
           + (one.arguments.empty() ? "" : " " + list_of(one.arguments))
           + said(one.takes) + "\n";
  for (const auto& one : x.relays)
    explain_relay(out, one);
}

void explain_translation(std::string& out,
                         const protocol::signal::translation_rule& x) {
  auto ports = [](const std::optional<protocol::signal::port_range>& range) {
    if (!range)
      return std::string{};
    auto text = " port " + std::to_string(range->lower);
    return range->upper == range->lower
               ? text
               : text + '-' + std::to_string(range->upper);
  };
  out += "    " + x.internal.to_string() + ports(x.internal_ports) + " is "
         + x.external.to_string() + ports(x.external_ports) + " outside"
         + (x.kind == protocol::signal::translation_kind::nptv6 ? ", by NPTv6\n"
                                                                : "\n");
}

void explain_data(std::string& out, const data_channel_config& x,
                  const std::vector<alias_config>& aliases) {
  if (!x.enabled) {
    out += "    the data channel is not used\n";
    return;
  }
  auto published = std::ranges::count_if(aliases, &alias_config::publish);
  out += "    data channel at "
         + endpoint{x.host, static_cast<std::uint16_t>(x.port)}.to_string()
         + ", which must be " + x.server_name + "; sets up "
         + std::to_string(published) + (published == 1 ? " alias" : " aliases");
  if (!x.filters.empty())
    out += " and the filters in " + x.filters.string();
  out += "\n";
}

void explain_client(std::string& out, const client_config& x) {
  out += "DOTS client\n";
  explain_identity(out, x.identity, x.cuid.empty());
  for (const auto& one : x.upstreams) {
    out += "  calls " + one.name + " at "
           + (one.calls_default_router() ? "the default routers, port "
                                               + std::to_string(one.server.port)
                                         : one.server.to_string())
           + ", which must be " + one.server_name;
    if (one.source)
      out += ", from " + one.source->address_string();
    if (!one.interface.empty())
      out += ", through " + one.interface + " only";
    if (!one.resolvers.empty())
      out += ", found by " + list_of(one.resolvers);
    if (!one.prefixes.empty())
      out += ", for " + list_of(one.prefixes);
    std::vector<std::string_view> ways;
    for (auto way : one.transports)
      ways.push_back(label(way));
    out += ", by " + join(ways) + "\n    "
           + heartbeat_text(one.heartbeat_interval, one.missing_hb_allowed);
    if (!one.cuid.empty())
      out += ", cuid " + one.cuid;
    out += "\n";
    if (one.identity.given())
      explain_identity(out, one.identity, one.cuid.empty() && x.cuid.empty());
    if (!one.nat64_prefix.empty())
      out += "    IPv4 servers are called by NAT64, " + one.nat64_prefix + "\n";
    for (const auto& rule : one.translations)
      explain_translation(out, rule);
    if (one.data)
      explain_data(out, *one.data, x.aliases);
  }
  if (x.choice)
    out +=
        "  asks" + said(*x.choice) + ", unless an order names its upstream\n";
  out += "  asks for " + duration_text(x.defaults.lifetime.count())
         + (x.defaults.renew ? ", renewed until withdrawn\n" : "\n");
  for (const auto& one : x.aliases) {
    auto targets = list_of(one.what.prefixes);
    for (const auto* more : {&one.what.fqdns, &one.what.uris})
      if (!more->empty())
        targets += (targets.empty() ? "" : ", ") + list_of(*more);
    out += "  alias " + one.name + ": " + targets + "\n";
  }
}

void explain_siblings(std::string& out, const siblings_config& x) {
  out += "Siblings call at " + x.listen.to_string() + "/tcp"
         + (x.is_protected ? ", which you say is protected\n" : "\n");
  for (const auto& one : x.peers)
    out +=
        "  joined with sibling " + one.name + " at " + one.address.to_string()
        + (one.alt_server.empty()
               ? ", no client can be handed over to it\n"
               : ", clients handed over to it go to " + one.alt_server + " for "
                     + duration_text(x.redirect_time.count()) + "\n");
}

} // namespace

std::string explain(const config& x) {
  std::string out = "Node " + x.node.name + "\n  database "
                    + x.node.database().string() + "\n  operators reach it at "
                    + x.node.control_socket.string() + "\n";
  if (x.server)
    explain_server(out, *x.server);
  if (x.client)
    explain_client(out, *x.client);
  if (x.siblings)
    explain_siblings(out, *x.siblings);
  return out;
}

} // namespace tocsin::roles
