// What becomes of packets: all within a namespace's loopback, which packets
// enter through the same hooks as any interface.
#include "tests/mitigators/driver.hpp"
#include "tests/mitigators/network.hpp"
#include "tests/unit/mitigators/make.hpp"

#include <csignal>

namespace tocsin::test {

namespace {

using namespace mitigators;
using namespace std::chrono_literals;

class traffic : public testing::Test {
protected:
  traffic() {
    enter_fresh_network();
    for (auto address : {"10.9.0.1/32", "10.9.0.2/32", "10.8.0.1/32"})
      shell(std::string{"ip addr add "} + address + " dev lo");
    for (auto address : {"fd00:9::1/128", "fd00:9::2/128", "fd00:8::1/128"})
      shell(std::string{"ip addr add "} + address + " dev lo nodad");
    // The kernel makes an IPv6 address usable some time later.
    for (auto address : {"fd00:9::1", "fd00:9::2", "fd00:8::1"})
      shell(std::string{"until ip -6 route show table local | grep -q "}
            + address + "; do :; done");
  }
  driver& start(std::vector<rule> rules,
                std::vector<std::string> arguments = {}) {
    uut.reset(); // two drivers never share a table
    std::vector<std::string> argv{TOCSIN_DRIVER};
    if (arguments.empty())
      arguments = {"--counters-interval", "20"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    uut = std::make_unique<driver>(argv);
    uut->start(std::move(rules));
    return *uut;
  }
  /// How many of 20 datagrams from a client arrive.
  int arrived(const std::string& client, const std::string& server,
              std::uint16_t port) {
    udp_socket from{client, 0}, to{server, port};
    from.send(to, 20);
    return to.received();
  }

  std::unique_ptr<driver> uut;
};

} // namespace

TEST_F(traffic, to_the_target_is_dropped_and_counted_in_both_families) {
  start(
      {make_rule("four", {"10.9.0.0/24"}), make_rule("six", {"fd00:9::/32"})});
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 53), 0);
  EXPECT_EQ(arrived("fd00:8::1", "fd00:9::1", 53), 0);
  EXPECT_EQ(arrived("10.9.0.1", "10.8.0.1", 53), 20) << "another target";
  EXPECT_EQ(arrived("fd00:9::1", "fd00:8::1", 53), 20);
  auto four = uut->counted("four", 20);
  EXPECT_EQ(four, (rule_counters{"four", 20, 20 * (100 + 8 + 20)}));
  auto six = uut->counted("six", 20);
  EXPECT_EQ(six, (rule_counters{"six", 20, 20 * (100 + 8 + 40)}));
  uut->withdraw({"four", "six"});
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 53), 20);
  EXPECT_EQ(arrived("fd00:8::1", "fd00:9::1", 53), 20);
}

TEST_F(traffic, of_every_length_of_prefix_is_found) {
  for (auto text : {"0.0.0.0/0", "10.0.0.0/7", "10.9.0.0/16", "10.9.0.1"}) {
    start({make_rule("a", {text})});
    EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 53), 0) << text;
  }
  for (auto text : {"::/0", "fd00::/8", "fd00:9::/33", "fd00:9::1"}) {
    start({make_rule("a", {text})});
    EXPECT_EQ(arrived("fd00:8::1", "fd00:9::1", 53), 0) << text;
    EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 53), 20) << text;
  }
}

TEST_F(traffic, to_other_ports_and_protocols_passes) {
  auto a = make_rule("a", {"10.9.0.1", "fd00:9::1"});
  a.ports = {{53, 53}, {100, 200}};
  auto b = make_rule("b", {"10.9.0.2"});
  b.protocols = {6};
  auto c = make_rule("c", {"fd00:9::2"});
  c.ports = {{53, 53}};
  c.protocols = {1, 17, 58};
  start({a, b, c});
  for (auto port : {53, 100, 150, 200}) {
    EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", port), 0) << port;
    EXPECT_EQ(arrived("fd00:8::1", "fd00:9::1", port), 0) << port;
  }
  for (auto port : {52, 54, 99, 201})
    EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", port), 20) << port;
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.2", 53), 20) << "not TCP";
  EXPECT_EQ(arrived("fd00:8::1", "fd00:9::2", 53), 0);
  EXPECT_EQ(arrived("fd00:8::1", "fd00:9::2", 54), 20);
  EXPECT_THROW(shell("ping -c 1 -W 0.1 fd00:9::2"), std::runtime_error)
      << "a protocol without ports is dropped as a whole";
}

TEST_F(traffic, with_many_ports_and_sources_is_matched_by_sets) {
  auto a = make_rule("a", {"10.9.0.1"});
  for (std::uint16_t port = 1000; port < 1040; port += 2)
    a.ports.push_back({port, port});
  a.accept.resize(1);
  for (int i = 0; i < 100; ++i)
    a.accept[0].sources.push_back(
        net(std::string{"10.9."} + std::to_string(i) + ".2/31"));
  start({a});
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 1038), 0);
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 1039), 20);
  EXPECT_EQ(arrived("10.9.0.2", "10.9.0.1", 1038), 20);
}

TEST_F(traffic, on_the_accept_list_passes) {
  auto a = make_rule("a", {"10.9.0.1", "fd00:9::1"});
  a.accept = {{{net("10.8.0.0/24"), net("fd00:8::/64")}, {}, {}},
              {{}, {{443, 443}}, {17}}};
  start({a});
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 53), 20);
  EXPECT_EQ(arrived("fd00:8::1", "fd00:9::1", 53), 20);
  EXPECT_EQ(arrived("10.9.0.2", "10.9.0.1", 53), 0);
  EXPECT_EQ(arrived("fd00:9::2", "fd00:9::1", 53), 0);
  EXPECT_EQ(arrived("10.9.0.2", "10.9.0.1", 443), 20);
  EXPECT_EQ(arrived("fd00:9::2", "fd00:9::1", 443), 20);
}

TEST_F(traffic, exempt_from_one_mitigation_is_not_exempt_from_another) {
  auto a = make_rule("a", {"10.9.0.0/24"});
  a.accept = {{{net("10.8.0.1")}, {}, {}}};
  auto b = make_rule("b", {"10.9.0.0/24"}); // the same prefix
  b.ports = {{53, 53}};
  auto c = make_rule("c", {"10.0.0.0/8"}); // around it
  c.ports = {{54, 54}};
  start({a, b, c});
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 53), 0);
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 54), 0);
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 55), 20);
  uut->withdraw({"b"});
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 53), 20);
  EXPECT_EQ(arrived("10.9.0.2", "10.9.0.1", 53), 0);
  uut->withdraw({"a"});
  EXPECT_EQ(arrived("10.9.0.2", "10.9.0.1", 53), 20);
  EXPECT_EQ(arrived("10.9.0.2", "10.9.0.1", 54), 0);
}

TEST_F(traffic, beyond_the_rate_is_dropped) {
  // Two prefixes, one within the other: a packet must not cost two tokens.
  auto a = limited(make_rule("a", {"10.9.0.1", "10.9.0.0/24"}), 200);
  a.protocols = {1, 17};
  a.ports = {{53, 53}};
  start({a});
  udp_socket from{"10.8.0.1", 0}, to{"10.9.0.1", 53};
  using clock = std::chrono::steady_clock;
  auto begin = clock::now();
  int sent = 0;
  for (; clock::now() < begin + 500ms; sent += 10) {
    from.send(to, 10);
    usleep(1000);
  }
  auto seconds = std::chrono::duration<double>(clock::now() - begin).count();
  auto passed = to.received();
  EXPECT_GE(passed, 200 * 0.5 * 0.8);
  EXPECT_LE(passed, 200 * seconds + 20 + 2); // and the burst
  EXPECT_EQ(uut->counted("a", sent - passed).packets,
            static_cast<std::uint64_t>(sent - passed));
}

TEST_F(traffic, counters_go_on_after_a_restart_and_a_replacement) {
  auto a = make_rule("a", {"10.9.0.1"});
  start({a});
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 53), 0);
  uut->signal(SIGKILL);
  uut->wait_exit();
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 53), 0) << "without a driver";
  start({a});
  EXPECT_EQ(uut->counted("a", 40).packets, 40u);
  a.protocols = {17};
  uut->install({a});
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 53), 0);
  EXPECT_EQ(uut->counted("a", 60).packets, 60u);
}

TEST_F(traffic, is_counted_up_to_the_withdrawal) {
  start({make_rule("a", {"10.9.0.1"}), make_rule("b", {"10.9.0.2"})},
        {"--counters-interval", "3600000"});
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 53), 0);
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.2", 53), 0);
  uut->withdraw({"a", "b"});
  EXPECT_EQ(uut->counted("a", 20).packets, 20u);
  EXPECT_EQ(uut->counted("b", 20).packets, 20u);
}

TEST_F(traffic, is_seen_at_the_chosen_hook) {
  start({make_rule("a", {"10.9.0.1"})},
        {"--hook", "input", "--hook", "forward", "--table", "other"});
  EXPECT_EQ(arrived("10.8.0.1", "10.9.0.1", 53), 0);
  auto listing = shell("nft list table inet other");
  EXPECT_NE(listing.find("hook input priority raw"), std::string::npos);
  EXPECT_NE(listing.find("hook forward"), std::string::npos);
  EXPECT_EQ(listing.find("prerouting"), std::string::npos);
}

/// Two hosts with this namespace as the router between them.
class two_hosts {
public:
  two_hosts() {
    shell("ip netns add tocsin-left-$PPID && ip netns add tocsin-right-$PPID");
    shell(R"(for x in "left 1" "right 2"; do set -- $x; n=tocsin-$1-$PPID
      ip link add $1 type veth peer name eth0 netns $n
      ip addr add 10.$2.0.1/24 dev $1
      ip link set $1 up
      ip -n $n addr add 10.$2.0.2/24 dev eth0
      ip -n $n link set eth0 up
      ip -n $n route add default via 10.$2.0.1
    done; echo 1 > /proc/sys/net/ipv4/ip_forward)");
  }
  ~two_hosts() {
    shell("ip netns del tocsin-left-$PPID; ip netns del tocsin-right-$PPID;:");
  }
  /// Three pings from left to right; throws if none is answered in time.
  void ping(const std::string& seconds) {
    shell("ip netns exec tocsin-left-$PPID ping -c 3 -i 0.01 -W " + seconds
          + " 10.2.0.2");
  }
};

// ARCH-048
TEST_F(traffic, of_a_router_is_dropped_on_its_way) {
  two_hosts net;
  EXPECT_NO_THROW(net.ping("5"));
  start({make_rule("a", {"10.2.0.0/24"})});
  EXPECT_THROW(net.ping("0.1"), std::runtime_error);
  EXPECT_EQ(uut->counted("a", 3).packets, 3u);
  uut->withdraw({"a"});
  EXPECT_NO_THROW(net.ping("5"));
}

} // namespace tocsin::test
