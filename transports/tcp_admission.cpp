#include "transports/tcp_admission.hpp"

#include <algorithm>
#include <array>

namespace tocsin::transports {

namespace {

// A source is an IPv4 address, or the /64 of an IPv6 address: a single host
// has all the addresses of it (RFC 4291, Section 2.5.1).
socket_address source_of(const socket_address& peer) {
  if (peer.family() == ip_family::v4)
    return peer.with_port(0);
  std::array<std::uint8_t, 16> prefix{};
  std::ranges::copy(peer.octets().first(8), prefix.begin());
  return socket_address::v6(prefix, 0, peer.scope());
}

} // namespace

bool tcp_admission::enter(const socket_address& peer) {
  if (full())
    return false;
  auto& count = sources_[source_of(peer)];
  if (count >= max_per_source)
    return false;
  ++count;
  ++size_;
  return true;
}

void tcp_admission::leave(const socket_address& peer) {
  auto x = sources_.find(source_of(peer));
  if (x == sources_.end())
    return;
  --size_;
  if (--x->second == 0)
    sources_.erase(x);
}

} // namespace tocsin::transports
