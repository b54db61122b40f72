// What filters do to packets that a router forwards.
#include "tests/mitigators/crafted.hpp"
#include "tests/mitigators/driver.hpp"
#include "tests/mitigators/network.hpp"
#include "tests/unit/mitigators/make.hpp"

#include <csignal>

namespace tocsin::test {

namespace {

using namespace mitigators;
using namespace std::chrono_literals;
using protocol::data::bits_match;
using protocol::data::icmp_match;
using protocol::data::ip_match;
using protocol::data::prefix;
using protocol::data::tcp_match;
using protocol::data::udp_match;
namespace fragment = protocol::data::fragment;

constexpr std::uint8_t tcp = 6, udp = 17, icmp = 1, icmpv6 = 58;

/// A packet to 10.2.0.`host` or fd00:2::`host`.
crafted packet(bool ipv4, std::uint8_t protocol, int host = 1) {
  crafted x;
  x.ipv4 = ipv4;
  x.source = ipv4 ? "10.1.0.9" : "fd00:1::9";
  x.destination = (ipv4 ? "10.2.0." : "fd00:2::") + std::to_string(host);
  x.protocol = protocol;
  x.source_port = 1234;
  x.destination_port = 53;
  return x;
}

/// An entry for all of the right side.
filter_entry entry(std::string id, filter_action what) {
  auto x = make_entry(std::move(id), {"10.2.0.0/16", "fd00:2::/32"});
  x.what = what;
  return x;
}

filter_entry limited_entry(std::string id, std::uint64_t rate) {
  auto x = entry(std::move(id), filter_action::rate);
  x.rate = rate;
  return x;
}

udp_match to_port(std::uint16_t port) {
  return {{}, {{{port, port}, false}}, {}};
}

rule drop_all(std::string id = "all") {
  return make_rule(std::move(id), {"10.2.0.0/16", "fd00:2::/32"});
}

class filter_traffic : public testing::Test {
protected:
  filter_traffic() {
    enter_fresh_network();
    net = std::make_unique<router>();
  }
  void start(std::vector<rule> rules, std::vector<filter_set> filters) {
    uut.reset(); // two drivers never share a table
    uut = std::make_unique<driver>(
        std::vector<std::string>{TOCSIN_DRIVER, "--counters-interval", "20"});
    uut->start(std::move(rules), std::move(filters));
  }
  void install(filter_set x) {
    EXPECT_TRUE(uut->install({}, {std::move(x)}).failures.empty());
  }
  /// How many of so many packets come through.
  std::size_t passed(const crafted& x, std::size_t count = 10) {
    return net->pass(std::vector<crafted>(count, x)).size();
  }
  bool passes(const crafted& x) { return passed(x, 1) == 1; }

  std::unique_ptr<router> net;
  std::unique_ptr<driver> uut;
};

} // namespace

// DATA-058, DATA-197
TEST_F(filter_traffic, passes_or_not_as_the_entries_say) {
  start({}, {});
  for (auto ipv4 : {true, false})
    EXPECT_EQ(passed(packet(ipv4, udp)), 10u) << "without a filter";
  auto drop = entry("53", filter_action::drop);
  drop.match.l4 = to_port(53);
  install(make_filters("f", {drop}));
  for (auto ipv4 : {true, false}) {
    auto x = packet(ipv4, udp);
    EXPECT_EQ(passed(x), 0u);
    x.destination_port = 54;
    EXPECT_EQ(passed(x), 10u) << "nothing matches";
  }
  auto counted = uut->counted("f", "53", 20);
  EXPECT_EQ(counted.packets, 20u);
  EXPECT_EQ(counted.bytes, 10u * (20 + 40 + 2 * (8 + 12 + 4)));
  EXPECT_TRUE(uut->withdraw({"f"}).failures.empty());
  EXPECT_TRUE(passes(packet(true, udp)));
  EXPECT_TRUE(passes(packet(false, udp)));
}

// DATA-057, DATA-059
TEST_F(filter_traffic, that_is_accepted_passes_a_mitigation_by) {
  auto accept = entry("53", filter_action::accept);
  accept.match.l4 = to_port(53);
  start({drop_all(), make_rule("host", {"10.2.0.1", "fd00:2::1"})},
        {make_filters("f", {accept})});
  for (auto ipv4 : {true, false}) {
    auto x = packet(ipv4, udp);
    EXPECT_EQ(passed(x), 10u);
    x.destination_port = 54;
    EXPECT_EQ(passed(x), 0u) << "the mitigation goes on for the rest";
  }
  EXPECT_EQ(uut->counted("f", "53", 20).packets, 20u);
  EXPECT_EQ(uut->counted("host", 20).packets, 20u);
}

// DATA-057
TEST_F(filter_traffic, is_decided_by_the_first_entry_that_matches) {
  auto narrow = entry("narrow", filter_action::accept);
  narrow.match.l4 = to_port(53);
  auto wide = entry("wide", filter_action::drop);
  start({}, {make_filters("f", {narrow, wide})});
  EXPECT_EQ(passed(packet(true, udp)), 10u);
  EXPECT_EQ(passed(packet(false, tcp)), 0u);
  install(make_filters("f", {wide, narrow}));
  EXPECT_EQ(passed(packet(true, udp)), 0u);
  EXPECT_EQ(uut->counted("f", "narrow", 10).packets, 10u);
  EXPECT_EQ(uut->counted("f", "wide", 20).packets, 20u)
      << "the order changed, the entries did not";
}

// DATA-060, DATA-188, DATA-189
TEST_F(filter_traffic, to_others_is_never_concerned) {
  auto one = make_entry("1", {"10.2.0.1", "fd00:2::1"});
  auto two = make_entry("2", {"10.2.0.128/25", "fd00:2::100/128"});
  start({}, {make_filters("f", {one, two})});
  for (auto ipv4 : {true, false}) {
    EXPECT_FALSE(passes(packet(ipv4, udp, 1)));
    EXPECT_TRUE(passes(packet(ipv4, udp, 2)));
  }
  EXPECT_FALSE(passes(packet(true, tcp, 200)));
  EXPECT_FALSE(passes(packet(false, tcp, 100)));
  EXPECT_TRUE(passes(packet(true, tcp, 127)));
}

// DATA-063
TEST_F(filter_traffic, beyond_the_rate_in_octets_is_dropped) {
  start({drop_all()},
        {make_filters("f", {limited_entry("slow", 20'000),
                            entry("never", filter_action::drop)})});
  auto four = packet(true, udp), six = packet(false, udp);
  four.payload = 1000 - 20 - 8 - 4;
  six.payload = 1000 - 40 - 8 - 4;
  using clock = std::chrono::steady_clock;
  auto begin = clock::now();
  auto through = passed(four, 100) + passed(six, 100);
  auto seconds = std::chrono::duration<double>(clock::now() - begin).count();
  // One second's octets and the burst at once, for both families together.
  EXPECT_GE(through, 20u);
  EXPECT_LE(static_cast<double>(through), 20 * (1 + seconds) + 2.5);
  auto counted = uut->counted("f", "slow", 200);
  EXPECT_EQ(counted.packets, 200u) << "what passed counts, too";
  EXPECT_EQ(counted.bytes, 200'000u);
}

// DATA-063, DATA-109
TEST_F(filter_traffic, passes_at_the_lowest_rate_and_not_at_none) {
  start({}, {make_filters("f", {limited_entry("1", 20)})});
  auto x = packet(true, udp);
  x.payload = 1500 - 20 - 8 - 4;
  EXPECT_EQ(passed(x, 5), 1u) << "a packet of usual size passes now and then";
  install(make_filters("f", {limited_entry("1", 0)}));
  EXPECT_EQ(passed(x, 5), 0u);
  install(make_filters("f", {limited_entry("1", ~std::uint64_t{0})}));
  EXPECT_EQ(passed(x, 100), 100u);
}

// DATA-071, DATA-095, DATA-101
TEST_F(filter_traffic, of_chosen_flags_and_ports_is_dropped) {
  auto null = entry("null", filter_action::drop);
  null.match.l4 = tcp_match{{}, {}, bits_match{true, true, 0xfff}};
  auto syn = entry("syn", filter_action::drop);
  syn.match.l4 = tcp_match{{}, {{{80, 89}, true}}, bits_match{false, false, 2}};
  auto nibble = entry("nibble", filter_action::drop);
  nibble.match.l4 = tcp_match{{}, {}, bits_match{true, false, 0x900}};
  start({}, {make_filters("f", {null, syn, nibble})});
  for (auto ipv4 : {true, false}) {
    auto flags = [&](std::uint16_t bits, std::uint16_t port = 53) {
      auto x = packet(ipv4, tcp);
      x.tcp_flags = bits;
      x.destination_port = port;
      return passes(x);
    };
    EXPECT_FALSE(flags(0));
    EXPECT_FALSE(flags(2));
    EXPECT_FALSE(flags(0x12));
    EXPECT_TRUE(flags(0x12, 80));
    EXPECT_TRUE(flags(0x10));
    EXPECT_FALSE(flags(0x110)) << "beyond the eight flags of octet 13";
    EXPECT_FALSE(flags(0x810));
    EXPECT_TRUE(flags(0x610));
    EXPECT_TRUE(passes(packet(ipv4, udp)));
  }
}

// DATA-067, DATA-072, DATA-195
TEST_F(filter_traffic, of_icmp_is_told_by_type_and_code) {
  auto echo = entry("echo", filter_action::drop);
  echo.match.l4 = icmp_match{8, {}};
  auto coded = entry("coded", filter_action::drop);
  coded.match.l4 = icmp_match{3, 1};
  start({}, {make_filters("f", {echo, coded})});
  for (auto ipv4 : {true, false}) {
    auto sent = [&](std::uint8_t type, std::uint8_t code) {
      auto x = packet(ipv4, ipv4 ? icmp : icmpv6);
      x.icmp_type = type;
      x.icmp_code = code;
      return passes(x);
    };
    EXPECT_FALSE(sent(8, 0));
    EXPECT_FALSE(sent(8, 7));
    EXPECT_FALSE(sent(3, 1));
    EXPECT_TRUE(sent(3, 2));
    EXPECT_TRUE(sent(11, 0));
    EXPECT_TRUE(passes(packet(ipv4, ipv4 ? icmpv6 : icmp)))
        << "the other family's protocol";
  }
}

// DATA-075, DATA-077, DATA-098
TEST_F(filter_traffic, in_fragments_is_told_from_whole_packets) {
  auto four = entry("4", filter_action::drop);
  four.match.ip = ip_match{};
  four.match.ip->fragment = bits_match{false, false, fragment::isf};
  auto six = four;
  six.id = "6";
  six.match.ip->family = prefix::family::ipv6;
  start({}, {make_filters("f", {four, six})});
  for (auto ipv4 : {true, false}) {
    auto piece = [&](bool header, bool more, std::uint16_t offset) {
      auto x = packet(ipv4, udp);
      x.fragment_header = header;
      x.more_fragments = more;
      x.offset = offset;
      return passes(x);
    };
    EXPECT_TRUE(piece(false, false, 0));
    EXPECT_FALSE(piece(true, true, 0));
    EXPECT_FALSE(piece(true, true, 100));
    EXPECT_FALSE(piece(true, false, 185));
    EXPECT_EQ(piece(true, false, 0), ipv4) << "atomic, with IPv6";
  }
}

TEST_F(filter_traffic, finds_the_counters_of_kept_entries_after_a_replacement) {
  auto kept = entry("kept", filter_action::drop);
  kept.match.l4 = to_port(53);
  auto gone = entry("gone", filter_action::accept);
  start({}, {make_filters("f", {kept, gone})});
  EXPECT_EQ(passed(packet(true, udp)), 0u);
  EXPECT_EQ(passed(packet(true, tcp)), 10u);
  EXPECT_EQ(uut->counted("f", "gone", 10).packets, 10u);
  install(make_filters("f", {entry("new", filter_action::drop), kept}));
  EXPECT_EQ(passed(packet(true, tcp)), 0u);
  install(make_filters("f", {kept, gone}));
  EXPECT_EQ(passed(packet(true, udp)), 0u);
  EXPECT_EQ(uut->counted("f", "kept", 20).packets, 20u);
  EXPECT_EQ(passed(packet(true, tcp), 3), 3u);
  uut->withdraw({"f"}); // the last totals come before its answer
  EXPECT_EQ(uut->counted("f", "gone", 3).packets, 3u)
      << "an entry that comes back begins at zero";
}

TEST_F(filter_traffic, is_filtered_without_a_driver_and_counted_behind_it) {
  auto set = make_filters("f", {entry("1", filter_action::drop)});
  start({}, {set, make_filters("g", {make_entry("1", {"10.2.7.0/24"})})});
  EXPECT_EQ(passed(packet(true, udp)), 0u);
  uut->signal(SIGKILL);
  uut->wait_exit();
  EXPECT_EQ(passed(packet(true, udp)), 0u);
  start({}, {set});
  EXPECT_EQ(passed(packet(false, udp)), 0u);
  EXPECT_EQ(uut->counted("f", "1", 30).packets, 30u);
  EXPECT_EQ(shell("nft list ruleset").find("f_g"), std::string::npos);
  EXPECT_TRUE(uut->sync({}, {}).failures.empty());
  EXPECT_TRUE(passes(packet(true, udp)));
}

} // namespace tocsin::test
