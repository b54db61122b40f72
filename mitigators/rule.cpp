#include "mitigators/rule.hpp"

#include "mitigators/codec.hpp"
#include "mitigators/protocol.hpp"

#include <algorithm>

namespace tocsin::mitigators {

namespace {

bool is_id_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

result<void> check_ports(const std::vector<protocol::signal::port_range>& xs) {
  for (auto x : xs)
    if (x.lower > x.upper)
      return fail(ec::out_of_range, "ports", "lower lies above upper");
  return {};
}

} // namespace

result<void> check_id(std::string_view id) {
  if (id.empty() || !std::all_of(id.begin(), id.end(), is_id_octet))
    return fail(ec::malformed, "id", "is not made of [A-Za-z0-9_-]");
  if (id.size() > max_id_octets)
    return fail(ec::too_large, "id", "exceeds 64 octets");
  return {};
}

result<void> check(const rule& x) {
  if (auto good = check_id(x.id); !good)
    return good;
  // A rule without prefixes would match the traffic of everybody.
  if (x.prefixes.empty())
    return fail(ec::missing, "prefixes", "must name at least one");
  if (auto good = check_ports(x.ports); !good)
    return good;
  for (const auto& exemption : x.accept) {
    // An empty exemption would let everything pass: never what is meant.
    if (exemption.sources.empty() && exemption.ports.empty()
        && exemption.protocols.empty())
      return fail(ec::missing, "accept", "has an exemption without content");
    if (auto good = check_ports(exemption.ports); !good)
      return good;
  }
  return {};
}

} // namespace tocsin::mitigators
