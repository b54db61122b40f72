#include "bodies.hpp"
#include "protocol/data/conflicts.hpp"

#include <gtest/gtest.h>

using namespace tocsin::protocol::data;
using namespace tocsin::protocol::data::test;

namespace {

ace entry(packet_match match, forwarding action = forwarding::drop) {
  return {"e", std::move(match), action, {}};
}

packet_match from_to(std::string_view source, std::string_view destination) {
  ip_match x;
  x.source = net(source);
  x.destination = net(destination);
  x.family = x.source->which();
  return {x, {}};
}

packet_match tcp_port(port_match port) {
  return {{}, tcp_match{{}, port, {}}};
}

packet_match flags(bits_match x) {
  return {{}, tcp_match{{}, {}, x}};
}

packet_match fragments(bits_match x) {
  ip_match ip;
  ip.fragment = x;
  return {ip, {}};
}

bool meet(const packet_match& a, const packet_match& b) {
  auto one = overlap(entry(a), entry(b));
  EXPECT_EQ(one, overlap(entry(b), entry(a)));
  return one;
}

} // namespace

// DATA-015
TEST(overlap, needs_common_sources_and_destinations) {
  auto a = from_to("203.0.113.0/24", "192.0.2.0/24");
  EXPECT_TRUE(meet(a, from_to("203.0.113.9/32", "192.0.2.128/25")));
  EXPECT_FALSE(meet(a, from_to("203.0.114.0/24", "192.0.2.0/24")));
  EXPECT_FALSE(meet(a, from_to("203.0.113.0/24", "192.0.3.0/24")));
  EXPECT_FALSE(meet(a, from_to("2001:db8::/32", "2001:db8::/32")));
  EXPECT_TRUE(meet(a, {}));
}

// DATA-015, DATA-101
TEST(overlap, needs_a_common_port) {
  auto low = tcp_port({{0, 1023}, false});
  EXPECT_TRUE(meet(low, tcp_port({{443, 443}, false})));
  EXPECT_FALSE(meet(low, tcp_port({{1024, 65535}, false})));
  EXPECT_FALSE(meet(tcp_port({{80, 80}, true}), tcp_port({{80, 80}, false})));
  EXPECT_TRUE(meet(tcp_port({{80, 80}, true}), tcp_port({{81, 81}, false})));
  EXPECT_TRUE(meet(tcp_port({{80, 80}, true}), tcp_port({{81, 81}, true})));
  EXPECT_FALSE(
      meet(tcp_port({{0, 65534}, true}), tcp_port({{0, 65534}, false})));
}

// DATA-015, DATA-067
TEST(overlap, needs_a_common_protocol_in_a_common_family) {
  EXPECT_FALSE(meet({{}, tcp_match{}}, {{}, udp_match{}}));
  ip_match udp4, icmp6;
  udp4.protocol = 17;
  icmp6.family = prefix::family::ipv6;
  icmp6.protocol = 58;
  EXPECT_FALSE(meet({udp4, {}}, {{}, tcp_match{}}));
  EXPECT_TRUE(meet({udp4, {}}, {{}, udp_match{}}));
  EXPECT_TRUE(meet({icmp6, {}}, {{}, icmp_match{}}));
  icmp6.protocol = 1;
  EXPECT_FALSE(meet({icmp6, {}}, {{}, icmp_match{}}));
  EXPECT_FALSE(meet({{}, icmp_match{8, {}}}, {{}, icmp_match{0, {}}}));
}

// DATA-015, DATA-095
TEST(overlap, weighs_operators_on_bits) {
  bits_match syn{false, false, 2}, no_syn{false, true, 2};
  EXPECT_FALSE(meet(flags(syn), flags(no_syn)));
  EXPECT_TRUE(meet(flags(syn), flags({false, false, 16})));
  EXPECT_FALSE(meet(flags({true, true, 0xfff}), flags({true, false, 0xfff})));
  EXPECT_FALSE(meet(fragments({false, false, fragment::ff}),
                    fragments({false, true, fragment::isf})));
  EXPECT_TRUE(meet(fragments({false, false, fragment::ff}),
                   fragments({false, false, fragment::isf})));
}

// DATA-015, DATA-204
TEST(conflict, is_the_opposite_action_on_the_same_packets) {
  acl drops{"d", {}, {}, {entry(from_to("203.0.113.0/24", "192.0.2.0/24"))}};
  acl accepts{
      "a",
      {},
      {},
      {entry(from_to("203.0.113.5/32", "192.0.2.1/32"), forwarding::accept)}};
  EXPECT_TRUE(contradict(drops, accepts));
  EXPECT_FALSE(contradict(drops, drops));
  accepts.aces[0].match = from_to("198.51.100.5/32", "192.0.2.1/32");
  EXPECT_FALSE(contradict(drops, accepts));
}
