#include "roles/config/check.hpp"
#include "roles/config/uniqueness.hpp"
#include "transports/socket_address.hpp"

#include <algorithm>

namespace tocsin::roles {

namespace {

/// A few nodes of one organisation; each is asked about each new mitigation.
constexpr std::size_t max_siblings = 16;

constexpr const char* how_to_protect =
    "listen on loopback and carry it through an encrypted tunnel, or use the "
    "address of a tunnel (WireGuard, IPsec) or of a network of their own and "
    "say 'protected = true'; see docs/operations.md";

/// 127.0.0.0/8 and ::1 never leave the machine.
bool is_loopback(const transports::socket_address& x) {
  auto octets = x.octets();
  if (octets.size() == 4)
    return octets[0] == 127;
  return octets.back() == 1
         && std::ranges::all_of(octets.first(octets.size() - 1),
                                [](auto octet) { return octet == 0; });
}

/// What nodes tell each other is neither encrypted nor authenticated.
void check_address(const endpoint& where, const std::string& who,
                   const siblings_config& x, context& c) {
  auto place = c.where(where);
  if (!place || c.broken(where))
    return;
  auto address = transports::socket_address::parse_host(where.host, where.port);
  if (!address)
    return; // was reported
  if (address->is_any())
    return c.error(*place, who + " is the address of every network at once",
                   std::string{"name one address; "} + how_to_protect);
  if (!is_loopback(*address) && !x.is_protected && !c.broken(x.is_protected))
    c.error(*place,
            who
                + " leaves this machine, and what siblings say to each other "
                  "is neither encrypted nor authenticated: whoever reaches "
                  "that port could read it and direct this node",
            how_to_protect);
}

void check_peer(const sibling_config& one, const config& x, context& c) {
  auto name = in_quotes(one.name);
  check_address(one.address, "the address of sibling " + name, *x.siblings, c);
  if (one.name == x.node.name && c.where(one.name))
    c.error(*c.where(one.name), "sibling " + name + " is this node itself",
            "siblings have different names in [node]");
  if (one.address == x.siblings->listen && c.where(one.address))
    c.error(*c.where(one.address),
            "the address of sibling " + name + " is this node's own");
  for (const auto& address : one.addresses)
    if (c.where(address) && address.length() != address.max_length())
      c.error(*c.where(address),
              in_quotes(address.to_string()) + " is a prefix, not an address");
  if (!one.addresses.empty() && one.alt_server.empty()
      && !c.broken(one.alt_server))
    c.error(c.where_or(one.addresses, one),
            "'addresses' has no meaning without 'alt_server'",
            "set the name that the server's certificate bears");
}

} // namespace

void check_siblings(const config& x, context& c) {
  if (!x.siblings)
    return;
  const auto& s = *x.siblings;
  auto place = c.where(s).value_or(position{});
  if (!x.server)
    c.error(place, "only DOTS servers have siblings", "add [server]");
  check_address(s.listen, "'listen'", s, c);
  if (s.peers.empty())
    c.warn(place, "there is no [[siblings.peer]], so nobody is joined with");
  if (s.peers.size() > max_siblings)
    c.error(c.where_or(s.peers, s), "there are more than "
                                        + std::to_string(max_siblings)
                                        + " siblings");
  uniqueness<std::string> once{"sibling", c};
  uniqueness<endpoint> once_address{"address", c};
  for (const auto& one : s.peers) {
    once.add(one.name, one.name);
    once_address.add(one.address, one.address.to_string());
    check_peer(one, x, c);
  }
}

} // namespace tocsin::roles
