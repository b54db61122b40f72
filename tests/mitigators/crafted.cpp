#include "tests/mitigators/crafted.hpp"

#include "tests/mitigators/network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tocsin::test {

namespace {

using bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t tcp = 6, udp = 17, icmp = 1, icmpv6 = 58;
constexpr std::uint8_t fragment_header_number = 44;

/// Marks the last packet of a pass; no filter of a test concerns it.
constexpr std::uint32_t end_mark = 0xffffffff;
constexpr auto end_address = "10.4.0.1";

void put16(bytes& to, unsigned x) {
  to.push_back(static_cast<std::uint8_t>(x >> 8));
  to.push_back(static_cast<std::uint8_t>(x));
}

void put32(bytes& to, std::uint32_t x) {
  put16(to, x >> 16);
  put16(to, x & 0xffff);
}

void put_address(bytes& to, const std::string& text, bool ipv4) {
  std::array<std::uint8_t, 16> raw{};
  inet_pton(ipv4 ? AF_INET : AF_INET6, text.c_str(), raw.data());
  to.insert(to.end(), raw.begin(), raw.begin() + (ipv4 ? 4 : 16));
}

std::uint16_t checksum(const bytes& header) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < header.size(); i += 2)
    sum += header[i] * 256u + header[i + 1];
  while (sum >> 16)
    sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

/// Routers do not look at the checksums of transport headers.
bytes transport(const crafted& x) {
  bytes out;
  if (x.offset > 0)
    return out; // it was in the first fragment
  if (x.protocol == tcp) {
    put16(out, x.source_port);
    put16(out, x.destination_port);
    put32(out, 1);
    put32(out, 2);
    put16(out, 0x5000u | x.tcp_flags);
    put16(out, 1024);
    put32(out, 0);
  } else if (x.protocol == udp) {
    put16(out, x.source_port);
    put16(out, x.destination_port);
    put16(out, x.udp_length);
    put16(out, 0);
  } else if (x.protocol == icmp || x.protocol == icmpv6) {
    put16(out, x.icmp_type * 256u + x.icmp_code);
    put16(out, 0);
    put32(out, 0);
  }
  return out;
}

std::uint32_t mark_of(const bytes& packet) {
  if (packet.size() < 4)
    return 0;
  auto at = packet.end() - 4;
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16
         | std::uint32_t{at[2]} << 8 | at[3];
}

[[noreturn]] void give_up(const char* what) {
  throw std::runtime_error{std::string{what} + ": " + std::strerror(errno)};
}

int open_tap(const char* interface) {
  auto fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int room = 8 * 1024 * 1024;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  sockaddr_ll at{};
  at.sll_family = AF_PACKET;
  at.sll_protocol = htons(ETH_P_ALL);
  at.sll_ifindex = static_cast<int>(if_nametoindex(interface));
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0)
    give_up("packet socket");
  return fd;
}

constexpr std::array<std::uint8_t, 6> router_mac{2, 0, 0, 0, 0, 1};

} // namespace

bytes crafted::octets() const {
  auto body = transport(*this);
  body.resize(body.size() + payload);
  put32(body, mark);
  bytes out;
  if (ipv4) {
    out.push_back(0x45);
    out.push_back(static_cast<std::uint8_t>(dscp << 2 | ecn));
    put16(out, static_cast<unsigned>(20 + body.size()));
    put16(out, 1);
    put16(out, offset | (more_fragments ? 0x2000u : 0) | (df ? 0x4000u : 0));
    out.push_back(ttl);
    out.push_back(protocol);
    put16(out, 0);
    put_address(out, source, true);
    put_address(out, destination, true);
    auto sum = checksum(out);
    out[10] = static_cast<std::uint8_t>(sum >> 8);
    out[11] = static_cast<std::uint8_t>(sum);
  } else {
    put32(out,
          0x60000000u | std::uint32_t{dscp} << 22 | std::uint32_t{ecn} << 20);
    put16(out, static_cast<unsigned>(body.size() + (fragment_header ? 8 : 0)));
    out.push_back(fragment_header ? fragment_header_number : protocol);
    out.push_back(ttl);
    put_address(out, source, false);
    put_address(out, destination, false);
    if (fragment_header) {
      out.push_back(protocol);
      out.push_back(0);
      put16(out, static_cast<unsigned>(offset << 3 | more_fragments));
      put32(out, 1);
    }
  }
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

protocol::data::packet_summary crafted::summary() const {
  namespace bits = protocol::data::fragment;
  protocol::data::packet_summary x;
  x.source = *protocol::signal::prefix::parse(source);
  x.destination = *protocol::signal::prefix::parse(destination);
  x.protocol = protocol;
  auto size = octets().size();
  x.length = static_cast<std::uint16_t>(ipv4 ? size : size - 40);
  x.dscp = dscp;
  x.ecn = ecn;
  x.ttl = ttl;
  auto is_fragment = ipv4 ? more_fragments || offset > 0 : fragment_header;
  if (ipv4 && df)
    x.fragment |= bits::df;
  if (is_fragment)
    x.fragment |= bits::isf;
  if (is_fragment && offset == 0)
    x.fragment |= bits::ff;
  if (is_fragment && !more_fragments)
    x.fragment |= bits::lf;
  x.has_l4 = offset == 0;
  x.source_port = source_port;
  x.destination_port = destination_port;
  x.tcp_flags = tcp_flags;
  x.udp_length = udp_length;
  x.icmp_type = icmp_type;
  x.icmp_code = icmp_code;
  return x;
}

std::string crafted::describe() const {
  auto x = summary();
  return source + " > " + destination + " protocol " + std::to_string(protocol)
         + " length " + std::to_string(x.length) + " dscp "
         + std::to_string(dscp) + " ecn " + std::to_string(ecn) + " ttl "
         + std::to_string(ttl) + " fragment " + std::to_string(x.fragment)
         + " ports " + std::to_string(source_port) + ","
         + std::to_string(destination_port) + " flags "
         + std::to_string(tcp_flags) + " udp " + std::to_string(udp_length)
         + " icmp " + std::to_string(icmp_type) + ","
         + std::to_string(icmp_code);
}

router::router() {
  // The far end of the right side is no address of this host: what leaves is
  // seen there by the packet socket only.
  shell(R"(
    ip link add left type veth peer name in
    ip link add out type veth peer name right
    ip link set in address 02:00:00:00:00:01
    for x in in out left right; do
      echo 1 > /proc/sys/net/ipv6/conf/$x/disable_ipv6
      ip link set $x up
    done
    echo 0 > /proc/sys/net/ipv6/conf/in/disable_ipv6
    echo 0 > /proc/sys/net/ipv6/conf/out/disable_ipv6
    for x in all in out; do echo 0 > /proc/sys/net/ipv4/conf/$x/rp_filter; done
    echo 1 > /proc/sys/net/ipv4/ip_forward
    echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
    ip addr add 10.1.255.1/16 dev in
    ip addr add 10.3.0.1/24 dev out
    ip addr add fd00:1:ffff::1/32 dev in nodad
    ip addr add fd00:3::1/64 dev out nodad
    ip neigh add 10.3.0.2 lladdr 02:00:00:00:00:99 dev out nud permanent
    ip neigh add fd00:3::2 lladdr 02:00:00:00:00:99 dev out nud permanent
    ip route add 10.2.0.0/16 via 10.3.0.2 dev out onlink
    ip route add 10.4.0.0/16 via 10.3.0.2 dev out onlink
    ip route add fd00:2::/32 via fd00:3::2 dev out onlink
  )");
  left_ = open_tap("left");
  right_ = open_tap("right");
}

router::~router() {
  close(left_);
  close(right_);
}

void router::send(const bytes& packet) {
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(packet[0] >> 4 == 4 ? ETH_P_IP : ETH_P_IPV6);
  to.sll_ifindex = static_cast<int>(if_nametoindex("left"));
  to.sll_halen = router_mac.size();
  std::ranges::copy(router_mac, to.sll_addr);
  if (sendto(left_, packet.data(), packet.size(), 0,
             reinterpret_cast<sockaddr*>(&to), sizeof to)
      < 0)
    give_up("sendto");
}

std::vector<std::uint32_t> router::pass(const std::vector<crafted>& packets) {
  // On one processor packets keep their order, so the end mark comes last.
  cpu_set_t before, one;
  sched_getaffinity(0, sizeof before, &before);
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  sched_setaffinity(0, sizeof one, &one);
  for (const auto& x : packets)
    send(x.octets());
  crafted end;
  end.source = "10.1.255.254";
  end.destination = end_address;
  end.mark = end_mark;
  send(end.octets());
  sched_setaffinity(0, sizeof before, &before);
  return receive_until(end_mark);
}

std::vector<std::uint32_t> router::receive_until(std::uint32_t mark) {
  constexpr int patience_ms = 20'000;
  std::vector<std::uint32_t> marks;
  for (;;) {
    pollfd fd{right_, POLLIN, 0};
    if (poll(&fd, 1, patience_ms) <= 0) {
      ADD_FAILURE() << "the last packet did not come through";
      return marks;
    }
    bytes packet(65536);
    sockaddr_ll from{};
    socklen_t size = sizeof from;
    auto n = recvfrom(right_, packet.data(), packet.size(), 0,
                      reinterpret_cast<sockaddr*>(&from), &size);
    // Not what this host says about itself.
    if (n <= 0 || from.sll_pkttype != PACKET_OTHERHOST)
      continue;
    packet.resize(static_cast<std::size_t>(n));
    if (mark_of(packet) == mark)
      return marks;
    marks.push_back(mark_of(packet));
  }
}

} // namespace tocsin::test
