#include "mitigators/nftables/statements.hpp"

#include "mitigators/nftables/clause.hpp"
#include "protocol/json/writer.hpp"

#include <algorithm>
#include <utility>

namespace tocsin::mitigators::nftables {

namespace {

using protocol::json::writer;
using protocol::signal::port_range;
using protocol::signal::prefix;

/// The protocols with port numbers (RFC 9132, Section 4.4.1.1).
constexpr std::uint8_t port_protocols[]{6, 17, 33, 132};

condition any_layer4_with_ports() {
  return {R"({"meta":{"key":"l4proto"}})",
          {"\"@" + std::string{ports_set} + "\""}};
}

bool is_all(const std::vector<port_range>& xs) {
  return xs.size() == 1 && xs[0].lower == 0 && xs[0].upper == 65535;
}

void add_ports(clause& to, const std::vector<port_range>& ports) {
  if (is_all(ports))
    return;
  std::vector<std::string> values;
  for (auto x : ports)
    values.push_back(value(x));
  to.push_back(field("th", "dport", std::move(values)));
}

/// Ports narrow only the protocols that have them; a listed protocol without
/// ports, such as ICMP, is meant as a whole.
std::vector<clause> services(const std::vector<port_range>& ports,
                             const std::vector<std::uint8_t>& protocols) {
  if (ports.empty() && protocols.empty())
    return {{}};
  if (ports.empty())
    return {{layer4(protocols)}};
  if (protocols.empty()) {
    clause all{any_layer4_with_ports()};
    add_ports(all, ports);
    return {all};
  }
  std::vector<std::uint8_t> with, without;
  for (auto x : protocols)
    (std::ranges::find(port_protocols, x) != std::end(port_protocols) ? with
                                                                      : without)
        .push_back(x);
  std::vector<clause> result;
  if (!with.empty()) {
    result.push_back({layer4(with)});
    add_ports(result.back(), ports);
  }
  if (!without.empty())
    result.push_back({layer4(without)});
  return result;
}

std::vector<clause> origins(const std::vector<prefix>& sources) {
  std::vector<std::string> v4, v6;
  for (const auto& x : sources)
    (x.is_ipv4() ? v4 : v6).push_back(value(x));
  std::vector<clause> result;
  if (!v4.empty())
    result.push_back({field("ip", "saddr", std::move(v4))});
  if (!v6.empty())
    result.push_back({field("ip6", "saddr", std::move(v6))});
  if (result.empty())
    result.emplace_back();
  return result;
}

class chain_builder {
public:
  chain_builder(const table_name& table, const rule& x)
      : table_{table.name}, rule_{x} {}

  void add(const clause& when, const std::string& then) {
    for (const auto& statements : matches(when))
      commands.push_back(add_rule(table_, chain_name(rule_.id),
                                  statements + then, "mitigation " + rule_.id));
  }

  std::vector<std::string> commands;

private:
  const std::string& table_;
  const rule& rule_;
};

void merge(std::vector<port_range>& xs) {
  std::ranges::sort(xs);
  std::vector<port_range> result;
  for (auto x : xs)
    if (!result.empty() && x.lower <= result.back().upper + 1)
      result.back().upper = std::max(result.back().upper, x.upper);
    else
      result.push_back(x);
  xs = std::move(result);
}

void merge(std::vector<std::uint8_t>& xs) {
  std::ranges::sort(xs);
  xs.erase(std::unique(xs.begin(), xs.end()), xs.end());
}

} // namespace

std::string chain_name(std::string_view id) {
  return "m_" + std::string{id};
}

std::string id_of(std::string_view name) {
  return std::string{name.starts_with("m_") ? name.substr(2) : ""};
}

std::string limit_name(const rule& x) {
  return "l_" + x.id + "_" + std::to_string(x.rate);
}

std::uint32_t burst_of(std::uint64_t rate) {
  return static_cast<std::uint32_t>(
      std::max<std::uint64_t>(std::min(rate, max_rate) / 10, 5));
}

rule normalized(rule x) {
  merge(x.prefixes);
  merge(x.ports);
  merge(x.protocols);
  for (auto& exemption : x.accept) {
    merge(exemption.sources);
    merge(exemption.ports);
    merge(exemption.protocols);
  }
  // Nothing passes at a rate of zero, and the kernel knows no such limit.
  if (x.what == action::rate_limit && x.rate == 0)
    x.what = action::drop;
  x.rate = x.what == action::rate_limit ? std::min(x.rate, max_rate) : 0;
  x.customer.clear();
  x.cuid.clear();
  x.mid = 0;
  return x;
}

std::vector<std::string> chain_rules(const table_name& table, const rule& x) {
  chain_builder chain{table, x};
  for (const auto& exemption : x.accept)
    for (const auto& origin : origins(exemption.sources))
      for (auto when : services(exemption.ports, exemption.protocols)) {
        when.insert(when.end(), origin.begin(), origin.end());
        // Back to the dispatch, not "accept": the exemption is this rule's
        // alone, another one may still drop the packet.
        chain.add(when, R"({"return":null})");
      }
  writer count;
  count.begin_object().member("counter", chain_name(x.id)).end_object();
  auto fate = count.str() + R"(,{"drop":null})";
  if (x.what == action::rate_limit) {
    writer limit;
    limit.begin_object().member("limit", limit_name(x)).end_object();
    fate = limit.str() + "," + fate;
  }
  for (const auto& when : services(x.ports, x.protocols))
    chain.add(when, fate);
  return std::move(chain.commands);
}

} // namespace tocsin::mitigators::nftables
