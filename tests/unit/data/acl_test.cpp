#include "protocol/data/acl.hpp"

#include <gtest/gtest.h>

using namespace tocsin::protocol::data;

namespace {

prefix net(std::string_view text) {
  return *prefix::parse(text);
}

packet_summary tcp_packet(std::uint16_t flags) {
  packet_summary x;
  x.source = net("203.0.113.9");
  x.destination = net("192.0.2.1");
  x.tcp_flags = flags;
  x.source_port = 40000;
  x.destination_port = 443;
  return x;
}

packet_summary v6(packet_summary x) {
  x.source = net("2001:db8:f::9");
  x.destination = net("2001:db8::1");
  return x;
}

ace flags_entry(bits_match flags) {
  ace x{"e", {}, forwarding::drop, {}};
  x.match.l4 = tcp_match{{}, {}, flags};
  return x;
}

ace ip_entry(ip_match ip) {
  ace x{"e", {}, forwarding::drop, {}};
  x.match.ip = ip;
  return x;
}

} // namespace

// DATA-089
TEST(activation, has_the_names_of_the_module_and_the_signal_channel_numbers) {
  EXPECT_EQ(parse_activation("activate-when-mitigating"),
            activation::activate_when_mitigating);
  EXPECT_EQ(parse_activation("immediate"), activation::immediate);
  EXPECT_EQ(parse_activation("deactivate"), activation::deactivate);
  EXPECT_EQ(parse_activation("Immediate"), std::nullopt);
  EXPECT_EQ(to_string(activation::deactivate), "deactivate");
  EXPECT_EQ(static_cast<int>(activation::activate_when_mitigating), 1);
  EXPECT_EQ(static_cast<int>(activation::deactivate), 3);
}

// DATA-196, DATA-095
TEST(acl_match, not_any_of_all_flags_finds_null_packets_only) {
  for (std::uint16_t mask : {0x0fff, 0x00ff}) {
    auto null = flags_entry({true, true, mask});
    EXPECT_TRUE(matches(null, tcp_packet(0)));
    EXPECT_FALSE(matches(null, tcp_packet(2)));
    EXPECT_FALSE(matches(null, tcp_packet(0x80)));
  }
  EXPECT_FALSE(matches(flags_entry({true, true, 0x0fff}), tcp_packet(0x100)));
  EXPECT_TRUE(matches(flags_entry({true, true, 0x00ff}), tcp_packet(0x100)));
}

// DATA-196, DATA-095
TEST(acl_match, match_wants_all_bits_any_wants_one) {
  auto syn = flags_entry({false, false, 2});
  EXPECT_TRUE(matches(syn, tcp_packet(2)));
  EXPECT_TRUE(matches(syn, tcp_packet(18)));
  EXPECT_FALSE(matches(syn, tcp_packet(16)));
  auto both = flags_entry({false, false, 18});
  EXPECT_TRUE(matches(both, tcp_packet(18)));
  EXPECT_FALSE(matches(both, tcp_packet(2)));
  auto either = flags_entry({true, false, 18});
  EXPECT_TRUE(matches(either, tcp_packet(2)));
  EXPECT_FALSE(matches(either, tcp_packet(1)));
  auto neither_both = flags_entry({false, true, 18});
  EXPECT_TRUE(matches(neither_both, tcp_packet(2)));
  EXPECT_FALSE(matches(neither_both, tcp_packet(18)));
}

// DATA-195, DATA-060
TEST(acl_match, an_entry_without_ip_header_matches_both_families) {
  auto syn = flags_entry({false, false, 2});
  EXPECT_TRUE(matches(syn, tcp_packet(2)));
  EXPECT_TRUE(matches(syn, v6(tcp_packet(2))));
  syn.match.ip = ip_match{prefix::family::ipv6, {}, {}, {}, {}, {}, {}, {}, {}};
  EXPECT_FALSE(matches(syn, tcp_packet(2)));
  EXPECT_TRUE(matches(syn, v6(tcp_packet(2))));
}

// DATA-064
TEST(acl_match, an_entry_without_matches_takes_every_packet) {
  ace all{"all", {}, forwarding::accept, {}};
  EXPECT_TRUE(matches(all, tcp_packet(0)));
  auto odd = v6(tcp_packet(0));
  odd.protocol = 132;
  EXPECT_TRUE(matches(all, odd));
}

// DATA-066, DATA-068, DATA-102
TEST(acl_match, every_field_of_the_ip_header_counts) {
  auto packet = tcp_packet(0);
  packet.dscp = 46;
  packet.ecn = 1;
  ip_match x;
  x.destination = net("192.0.2.0/24");
  x.source = net("203.0.113.0/24");
  x.protocol = 6;
  x.length = 40;
  x.dscp = 46;
  x.ecn = 1;
  x.ttl = 64;
  EXPECT_TRUE(matches(ip_entry(x), packet));
  auto differs = [&](auto change) {
    auto y = x;
    change(y);
    return !matches(ip_entry(y), packet);
  };
  EXPECT_TRUE(differs([](auto& y) { y.destination = net("192.0.3.0/24"); }));
  EXPECT_TRUE(differs([](auto& y) { y.source = net("203.0.112.0/24"); }));
  EXPECT_TRUE(differs([](auto& y) { y.protocol = 17; }));
  EXPECT_TRUE(differs([](auto& y) { y.length = 41; }));
  EXPECT_TRUE(differs([](auto& y) { y.dscp = 45; }));
  EXPECT_TRUE(differs([](auto& y) { y.ecn = 0; }));
  EXPECT_TRUE(differs([](auto& y) { y.ttl = 63; }));
}

// DATA-077, DATA-098
TEST(acl_match, isf_takes_every_fragment_even_an_atomic_one) {
  ip_match x;
  x.family = prefix::family::ipv6;
  x.fragment = bits_match{false, false, fragment::isf};
  auto packet = v6(tcp_packet(0));
  EXPECT_FALSE(matches(ip_entry(x), packet));
  packet.fragment = fragment::isf | fragment::ff | fragment::lf;
  EXPECT_TRUE(matches(ip_entry(x), packet));
  packet.fragment = fragment::isf;
  EXPECT_TRUE(matches(ip_entry(x), packet));
}

// DATA-066, DATA-075
TEST(acl_match, a_later_fragment_has_no_ports_to_match) {
  auto packet = tcp_packet(0);
  packet.fragment = fragment::isf | fragment::lf;
  packet.has_l4 = false;
  ace x{"e", {}, forwarding::drop, {}};
  x.match.l4 = tcp_match{};
  EXPECT_TRUE(matches(x, packet));
  x.match.l4 = tcp_match{{}, port_match{{443, 443}, false}, {}};
  EXPECT_FALSE(matches(x, packet));
  packet.has_l4 = true;
  EXPECT_TRUE(matches(x, packet));
}

// DATA-101, DATA-071
TEST(acl_match, ports_match_inside_a_range_or_outside_of_it) {
  ace x{"e", {}, forwarding::drop, {}};
  x.match.l4 = udp_match{port_match{{53, 53}, true}, {}, 100};
  auto packet = tcp_packet(0);
  packet.protocol = 17;
  packet.udp_length = 100;
  EXPECT_TRUE(matches(x, packet));
  packet.source_port = 53;
  EXPECT_FALSE(matches(x, packet));
  packet.source_port = 54;
  packet.udp_length = 99;
  EXPECT_FALSE(matches(x, packet));
}

// DATA-067, DATA-072, DATA-195
TEST(acl_match, icmp_means_the_protocol_of_the_family) {
  ace x{"e", {}, forwarding::drop, {}};
  x.match.l4 = icmp_match{3, 4};
  auto packet = tcp_packet(0);
  packet.icmp_type = 3;
  packet.icmp_code = 4;
  packet.protocol = 1;
  EXPECT_TRUE(matches(x, packet));
  EXPECT_FALSE(matches(x, v6(packet)));
  packet.protocol = 58;
  EXPECT_FALSE(matches(x, packet));
  EXPECT_TRUE(matches(x, v6(packet)));
  packet.icmp_code = 0;
  EXPECT_FALSE(matches(x, v6(packet)));
}

// DATA-057
TEST(acl_match, the_first_entry_of_the_first_list_decides) {
  ip_match own, host;
  own.destination = net("192.0.2.0/24");
  host.destination = net("192.0.2.1");
  auto wide = ip_entry(own), narrow = ip_entry(host);
  wide.name = "wide";
  narrow.name = "narrow";
  std::vector<acl> lists{{"a", acl_type::ipv4, {}, {narrow, wide}},
                         {"b", acl_type::ipv4, {}, {wide}}};
  EXPECT_EQ(first_match(lists, tcp_packet(0)), &lists[0].aces[0]);
  lists[0].aces.erase(lists[0].aces.begin());
  EXPECT_EQ(first_match(lists, tcp_packet(0)), &lists[0].aces[0]);
  lists[0].aces.clear();
  EXPECT_EQ(first_match(lists, tcp_packet(0)), &lists[1].aces[0]);
}

// DATA-058
TEST(acl_match, no_entry_matches_by_default) {
  EXPECT_EQ(first_match({}, tcp_packet(0)), nullptr);
  EXPECT_EQ(first_match({{"a", acl_type::none, {}, {}}}, tcp_packet(0)),
            nullptr);
}
