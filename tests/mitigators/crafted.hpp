#pragma once
#include "protocol/data/acl.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tocsin::test {

/// A packet made octet by octet, so that each field can have any value.
struct crafted {
  bool ipv4 = true;
  std::string source; ///< an address
  std::string destination;
  std::uint8_t protocol = 17;
  std::uint8_t dscp = 0;
  std::uint8_t ecn = 0;
  std::uint8_t ttl = 64;
  bool df = false;              ///< IPv4
  bool fragment_header = false; ///< IPv6
  bool more_fragments = false;
  std::uint16_t offset = 0; ///< of the fragment, in units of 8 octets
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint16_t tcp_flags = 0;   ///< 12 bits
  std::uint16_t udp_length = 20; ///< as the header says
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::uint16_t payload = 12; ///< octets behind the transport header
  std::uint32_t mark = 0;     ///< first octets of the payload

  std::vector<std::uint8_t> octets() const;
  /// What filters see of it on a router behind `hops` others.
  protocol::data::packet_summary summary() const;
  std::string describe() const;
};

/// A router in a namespace of its own with a network on either side: packets
/// that are sent enter on the left, and those that are received left it on the
/// right. Prefixes 10.1.0.0/16 and fd00:1::/32 lie left, 10.2.0.0/16 and
/// fd00:2::/32 right. Call enter_fresh_network() before.
class router {
public:
  router();
  ~router();
  router(const router&) = delete;
  router& operator=(const router&) = delete;

  /// Sends all and returns the marks of those that came through, in order.
  std::vector<std::uint32_t> pass(const std::vector<crafted>& packets);

private:
  void send(const std::vector<std::uint8_t>& packet);
  std::vector<std::uint32_t> receive_until(std::uint32_t mark);

  int left_ = -1;
  int right_ = -1;
};

} // namespace tocsin::test
