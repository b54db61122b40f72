#include "protocol/signal/customer.hpp"
#include "protocol/signal/validate.hpp"
#include "roles/config/check.hpp"
#include "roles/config/uniqueness.hpp"

#include <algorithm>
#include <set>

namespace tocsin::roles {

namespace {

using protocol::signal::customer;
using protocol::signal::mitigation_action;

/// A prefix together with whose it is.
struct owned {
  const prefix* range;
  const customer* owner;
};

/// Two customers with the same address space can undo each other's wishes:
/// possible, but more often a slip.
void warn_of_overlaps(const server_config& x, context& c) {
  std::vector<owned> all;
  for (const auto& one : x.customers)
    for (const auto& range : one.who.prefixes)
      if (c.where(range))
        all.push_back({&range, &one.who});
  // Sorted so, a prefix follows the ones that contain it.
  std::stable_sort(all.begin(), all.end(), [](const owned& a, const owned& b) {
    return std::tuple{a.range->which(), a.range->octets(), a.range->length()}
           < std::tuple{b.range->which(), b.range->octets(), b.range->length()};
  });
  std::vector<owned> around;
  for (const auto& one : all) {
    while (!around.empty() && !around.back().range->contains(*one.range))
      around.pop_back();
    if (!around.empty() && around.back().owner != one.owner)
      c.warn(*c.where(*one.range),
             in_quotes(one.range->to_string())
                 + " also lies within the prefixes of customer "
                 + in_quotes(around.back().owner->name));
    around.push_back(one);
  }
}

void check_prefixes(const customer& who, context& c) {
  if (who.prefixes.empty() && c.where(who.prefixes))
    c.error(*c.where(who.prefixes), "'prefixes' is empty",
            "a customer without address space cannot be protected");
  uniqueness<prefix> once{"prefix", c};
  for (const auto& range : who.prefixes) {
    once.add(range, range.to_string());
    if (c.where(range) && !protocol::signal::validate_prefix(range))
      c.error(*c.where(range),
              in_quotes(range.to_string()) + " can never be protected",
              "loopback, multicast, broadcast and unspecified addresses are "
              "no targets");
  }
}

void check_action(const customer& who, context& c) {
  if (c.broken(who.action) || c.broken(who.rate))
    return;
  bool limits = who.action == mitigation_action::rate_limit;
  if (limits && who.rate == 0)
    c.error(c.where_or(who.action, who),
            "action \"rate-limit\" needs a 'rate' in packets per second");
  if (!limits && c.where(who.rate))
    c.error(*c.where(who.rate), "'rate' has no meaning with action \"drop\"",
            "remove it, or set action = \"rate-limit\"");
}

void check_names(const customer_config& x, context& c) {
  for (const auto& [name, addresses] : x.names) {
    auto place = c.where(name).value_or(position{});
    if (!protocol::signal::owns_name(x.who, name))
      c.error(place, in_quotes(name) + " is not within 'domains'",
              "add it there, or remove it from 'names'");
    if (addresses.empty())
      c.error(place, in_quotes(name) + " has no address");
    for (const auto& address : addresses) {
      if (!c.where(address))
        continue;
      if (address.length() != address.max_length())
        c.error(*c.where(address), in_quotes(address.to_string())
                                       + " is a prefix, not an address");
      else if (!protocol::signal::owns(x.who, address))
        c.error(*c.where(address), in_quotes(address.address_string())
                                       + " is not within 'prefixes'");
    }
  }
}

void check_accept(const customer& who, context& c) {
  for (const auto& entry : who.accept)
    if (entry.sources.empty() && entry.ports.empty() && entry.protocols.empty())
      c.error(c.where(entry).value_or(position{}),
              "this entry accepts all traffic, so nothing would be mitigated",
              "name sources, ports or protocols");
}

void check_references(const customer_config& x,
                      const std::vector<std::string_view>& mitigators,
                      context& c) {
  if (x.mitigators.empty() && c.where(x.mitigators))
    c.error(*c.where(x.mitigators), "'mitigators' is empty",
            "leave it out to use all");
  uniqueness<std::string> once{"mitigator", c};
  for (const auto& name : x.mitigators) {
    auto place = c.where(name);
    once.add(name, name);
    // A mitigator without a valid name may be the one that is meant.
    bool unsure =
        std::find(mitigators.begin(), mitigators.end(), "") != mitigators.end();
    if (!place || unsure
        || std::find(mitigators.begin(), mitigators.end(), name)
               != mitigators.end())
      continue;
    auto guess = closest(name, mitigators);
    c.error(*place, "there is no mitigator " + in_quotes(name),
            guess.empty() ? "defined are: " + join(mitigators)
                          : "did you mean '" + std::string{guess} + "'?");
  }
}

void check_customers(const server_config& x,
                     const std::vector<std::string_view>& mitigators,
                     context& c) {
  uniqueness<std::string> names{"customer", c};
  uniqueness<std::string> fingerprints{"identity", c};
  uniqueness<std::string> dns_names{"identity", c};
  uniqueness<std::string> common_names{"identity", c};
  uniqueness<std::string> keys{"identity", c};
  uniqueness<std::string> domains{"identity", c};
  uniqueness<std::string> fixed{"name with fixed addresses", c};
  for (const auto& one : x.customers) {
    names.add(one.who.name, one.who.name);
    const auto& ids = one.who.identities;
    for (const auto& id : ids.fingerprints)
      fingerprints.add(id, id);
    for (const auto& id : ids.dns_names)
      dns_names.add(id, id);
    for (const auto& id : ids.common_names)
      common_names.add(id, "cn:" + id);
    for (const auto& id : ids.psk_identities)
      keys.add(id, "psk:" + id);
    for (const auto& id : ids.cdids)
      domains.add(id, "cdid:" + id);
    if (c.where(ids) && ids == protocol::signal::customer_identities{})
      c.error(*c.where(ids), "'identities' names nobody");
    for (const auto& [name, addresses] : one.names)
      fixed.add(name, name); // the node has one table of them
    check_prefixes(one.who, c);
    check_action(one.who, c);
    check_names(one, c);
    check_accept(one.who, c);
    check_references(one, mitigators, c);
  }
}

void check_mitigator(const mitigator_config& x, context& c) {
  for (const auto& [name, value] : x.environment)
    if (name.empty() || name.find_first_of("= ") != std::string::npos)
      c.error(c.where(name).value_or(position{}),
              in_quotes(name) + " is no name of an environment variable");
  auto is_hook = [](const std::string& argument) {
    return argument == "--hook" || argument.starts_with("--hook=");
  };
  if (x.driver == "exec" && !c.broken(x.arguments)
      && std::none_of(x.arguments.begin(), x.arguments.end(), is_hook))
    c.error(c.where_or(x.driver, x), "driver \"exec\" has no program to run",
            "arguments = [\"--hook\", \"/path/of/program\"]");
}

void check_session(const server_config& x, context& c) {
  const auto& s = x.session;
  auto place = c.where(s).value_or(position{});
  if (s.min_heartbeat_interval > s.max_heartbeat_interval)
    c.error(place, "'min_heartbeat_interval' is longer than "
                   "'max_heartbeat_interval'");
  else if (x.heartbeat_interval.count() != 0
           && (x.heartbeat_interval < s.min_heartbeat_interval
               || x.heartbeat_interval > s.max_heartbeat_interval))
    c.error(c.where_or(x.heartbeat_interval, s),
            "'heartbeat_interval' is not within what [server.session] accepts");
  if (s.min_missing_hb_allowed > s.max_missing_hb_allowed)
    c.error(place, "'min_missing_hb_allowed' is greater than "
                   "'max_missing_hb_allowed'");
  else if (x.missing_hb_allowed < s.min_missing_hb_allowed
           || x.missing_hb_allowed > s.max_missing_hb_allowed)
    c.error(c.where_or(x.missing_hb_allowed, s),
            "'missing_hb_allowed' is not within what [server.session] accepts");
}

void check_redirect(const redirect_config& x, context& c) {
  for (const auto& address : x.addresses)
    if (c.where(address) && address.length() != address.max_length())
      c.error(*c.where(address),
              in_quotes(address.to_string()) + " is a prefix, not an address");
}

void check_listen(const server_config& x, context& c) {
  if (x.listen.empty())
    c.error(c.where_or(x.listen, x), "'listen' is empty",
            "leave it out to listen on all addresses");
  uniqueness<endpoint> once{"address", c};
  for (const auto& address : x.listen)
    if (address.port != 0)
      once.add(address, address.to_string());
  uniqueness<endpoint> once_tls{"address", c};
  for (const auto& address : x.listen_tls)
    if (address.port != 0 && c.where(x.listen_tls))
      once_tls.add(address, address.to_string());
}

} // namespace

void check_server(const server_config& x, context& c) {
  check_listen(x, c);
  check_credentials(x.identity, "[server]", c.where(x).value_or(position{}), c);
  check_session(x, c);
  if (x.redirect)
    check_redirect(*x.redirect, c);
  if (x.data)
    check_data(x, *x.data, c);
  if (x.terminating_period > x.max_terminating_period)
    c.error(c.where_or(x.terminating_period, x),
            "'terminating_period' is longer than 'max_terminating_period'");
  uniqueness<std::string> once{"mitigator", c};
  std::vector<std::string_view> mitigators;
  for (const auto& one : x.mitigators) {
    once.add(one.name, one.name);
    mitigators.push_back(one.name);
    check_mitigator(one, c);
  }
  for (const auto& one : x.relays) {
    once.add(one.name, one.name);
    mitigators.push_back(one.name);
  }
  if (mitigators.empty())
    c.error(c.where(x).value_or(position{}),
            "[server] has no mitigator, so nothing would be mitigated",
            "add [[server.mitigator]], or [[server.relay]] to ask an upstream "
            "DOTS server");
  check_customers(x, mitigators, c);
  check_values(x, c);
  warn_of_overlaps(x, c);
  if (x.customers.empty())
    c.warn(c.where(x).value_or(position{}),
           "no customer is defined, so every client will be turned away",
           "add [[server.customer]]");
}

} // namespace tocsin::roles
