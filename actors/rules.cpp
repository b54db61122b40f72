#include "actors/rules.hpp"

#include "protocol/signal/codec.hpp"
#include "protocol/signal/response.hpp"
#include "protocol/signal/scope.hpp"
#include "protocol/signal/target_value.hpp"
#include "protocol/signal/uri.hpp"
#include "transports/crypto/digest.hpp"

#include <algorithm>
#include <set>

namespace tocsin::actors {

namespace sig = protocol::signal;

namespace {

std::string rule_stem(const scope_owner& owner) {
  return opaque_name(owner.customer, owner.cuid) + '-'
         + std::to_string(owner.mid);
}

void add_addresses(std::vector<sig::prefix>& out, const name_addresses& names,
                   const std::string& name) {
  if (auto i = names.find(name); i != names.end())
    out.insert(out.end(), i->second.begin(), i->second.end());
}

std::vector<sig::prefix> addresses_of(const sig::uri_target& uri,
                                      const name_addresses& names) {
  std::vector<sig::prefix> found;
  if (uri.address)
    found.push_back(*uri.address);
  else
    add_addresses(found, names, uri.host);
  return found;
}

} // namespace

std::string opaque_name(const std::string& a, const std::string& b) {
  auto text = std::to_string(a.size()) + ' ' + a + b;
  auto digest = transports::crypto::sha256(as_octets(text));
  return transports::crypto::to_hex(byte_view{digest}.first(12));
}

std::string join_names(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& x : names)
    out += (out.empty() ? "" : ",") + x;
  return out;
}

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto end = std::min(text.find(','), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

dots_response redirection_to(const redirect_order& x) {
  return {static_cast<std::uint8_t>(sig::response_code::unavailable), true,
          sig::encode(x.where), x.max_age};
}

std::vector<std::string> names_of(const sig::target& what) {
  std::set<std::string> names;
  for (const auto& fqdn : what.fqdns)
    names.insert(sig::canonical_name(fqdn));
  for (const auto& text : what.uris)
    if (auto uri = sig::map_uri(text); uri && !uri->address)
      names.insert(uri->host);
  return {names.begin(), names.end()};
}

std::string server_of_upstream(const std::string& upstream) {
  return upstream.substr(0, upstream.find('/'));
}

sig::target target_of(const mitigators::rule& x) {
  return {x.prefixes, x.ports, x.protocols, {}, {}, {}};
}

enforcement_report filters_not_relayed(const std::string& mitigator,
                                       const std::string& id) {
  enforcement_report out;
  out.mitigator = mitigator;
  out.rule = id;
  out.what = enforcement_report::state::failed;
  out.detail = "filters are not relayed to an upstream DOTS server";
  return out;
}

bytes encode_target(const sig::target& what) {
  sig::mitigation x;
  x.what = what;
  return sig::encode(sig::mitigation_scope{{std::move(x)}});
}

result<sig::target> decode_target(const bytes& stored) {
  if (stored.empty())
    return sig::target{};
  auto body = sig::decode(stored, sig::direction::request);
  if (!body)
    return body.error();
  auto* scope = std::get_if<sig::mitigation_scope>(&*body);
  if (scope == nullptr || scope->scope.size() != 1)
    return fail(ec::malformed, "aliased", "is no target");
  return std::move(scope->scope[0].what);
}

sig::target resolved(const sig::target& what, const name_addresses& names) {
  std::vector<sig::prefix> all;
  for (const auto& name : names_of(what))
    add_addresses(all, names, name);
  for (const auto& text : what.uris)
    if (auto uri = sig::map_uri(text); uri && uri->address)
      all.push_back(*uri->address);
  return sig::resolved_view(what, all);
}

result<void> authorise_names(const sig::customer& who, const sig::target& what,
                             const name_addresses& names) {
  for (const auto& name : names_of(what)) {
    auto i = names.find(name);
    std::vector<sig::prefix> none;
    const auto& addresses = i != names.end() ? i->second : none;
    if (auto ok = sig::authorise_addresses(who, name, addresses); !ok)
      return ok;
  }
  return {};
}

std::vector<mitigators::rule> rules_of(const sig::customer& who,
                                       const scope_owner& owner,
                                       const sig::target& what,
                                       const name_addresses& names) {
  mitigators::rule base;
  base.what = who.action == sig::mitigation_action::rate_limit
                  ? mitigators::action::rate_limit
                  : mitigators::action::drop;
  base.rate = who.rate;
  for (const auto& x : who.accept)
    base.accept.push_back({x.sources, x.ports, x.protocols});
  base.customer = owner.customer;
  base.cuid = owner.cuid;
  base.mid = owner.mid;
  auto stem = rule_stem(owner);

  std::vector<mitigators::rule> rules;
  auto direct = what.prefixes;
  for (const auto& fqdn : what.fqdns)
    add_addresses(direct, names, sig::canonical_name(fqdn));
  if (!direct.empty()) {
    auto& rule = rules.emplace_back(base);
    rule.id = stem;
    rule.prefixes = sig::canonical(std::move(direct));
    rule.value = sig::value_of(who, rule.prefixes);
    rule.ports = what.ports;
    rule.protocols = what.protocols;
  }

  std::map<std::pair<std::uint16_t, std::vector<std::uint8_t>>,
           std::vector<sig::prefix>>
      services;
  for (const auto& text : what.uris) {
    auto uri = sig::map_uri(text);
    if (!uri)
      continue;
    auto found = addresses_of(*uri, names);
    auto& at = services[{uri->port, uri->protocols}];
    at.insert(at.end(), found.begin(), found.end());
  }
  for (auto& [service, prefixes] : services) {
    if (prefixes.empty())
      continue;
    auto& rule = rules.emplace_back(base);
    rule.id = stem + "-u" + std::to_string(service.first);
    for (auto protocol : service.second)
      rule.id += '-' + std::to_string(protocol);
    rule.prefixes = sig::canonical(std::move(prefixes));
    rule.value = sig::value_of(who, rule.prefixes);
    rule.ports = {{service.first, service.first}};
    rule.protocols = service.second;
  }
  return rules;
}

} // namespace tocsin::actors
