#include "tools/traffic/safety.hpp"

#include <gtest/gtest.h>

namespace tocsin::tools::traffic {

namespace {

using network = surroundings::network;

address at(std::string_view text) {
  return *address::parse(text);
}

surroundings place(network where, std::vector<std::string> addresses) {
  surroundings here{where, {}};
  for (const auto& text : addresses)
    here.addresses.push_back(at(text));
  return here;
}

/// The namespace of a demo's attacker.
surroundings closed_network() {
  return place(network::other, {"127.0.0.1", "::1", "198.51.100.2", "fe80::1"});
}

constexpr auto own = {"127.0.0.1", "127.255.255.254", "::1"};
constexpr auto documented = {"192.0.2.0",    "192.0.2.255",
                             "198.51.100.2", "203.0.113.255",
                             "2001:db8::1",  "2001:db8:ffff::1"};
constexpr auto foreign = {"0.0.0.0",
                          "8.8.8.8",
                          "10.0.0.1",
                          "126.255.255.255",
                          "128.0.0.1",
                          "192.0.1.255",
                          "192.0.3.0",
                          "198.51.99.255",
                          "198.51.101.0",
                          "203.0.112.255",
                          "203.0.114.0",
                          "192.168.1.1",
                          "224.0.0.1",
                          "255.255.255.255",
                          "::",
                          "::2",
                          "::ffff:8.8.8.8",
                          "::ffff:127.0.0.1",
                          "2001:db7:ffff::1",
                          "2001:db9::1",
                          "2606:4700::1111",
                          "fe80::2",
                          "ff02::1"};

} // namespace

TEST(safety, lets_traffic_go_to_loopback_anywhere) {
  for (auto where : {network::initial, network::other, network::unknown})
    for (auto text : own)
      EXPECT_TRUE(check_target(at(text), place(where, {"10.0.0.5"}))) << text;
}

TEST(safety, refuses_foreign_targets_everywhere) {
  for (auto text : foreign) {
    EXPECT_FALSE(check_target(at(text), closed_network())) << text;
    EXPECT_FALSE(check_target(at(text), place(network::initial, {}))) << text;
    auto refused = check_target(at(text), place(network::unknown, {text}));
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ec::unauthorized);
  }
}

TEST(safety, lets_documentation_targets_pass_in_a_closed_network_only) {
  for (auto text : documented) {
    EXPECT_TRUE(check_target(at(text), closed_network())) << text;
    EXPECT_FALSE(check_target(at(text), place(network::initial, {text})))
        << text;
    EXPECT_FALSE(check_target(at(text), place(network::other, {})))
        << "nobody set up this namespace for us";
  }
}

TEST(safety, takes_no_namespace_with_a_meaningful_address_for_closed) {
  for (auto text : {"10.0.0.5", "192.168.1.2", "1.1.1.1", "2606:4700::1"}) {
    auto here = closed_network();
    here.addresses.push_back(at(text));
    EXPECT_FALSE(is_closed(here)) << text;
  }
}

TEST(safety, judges_an_unknown_namespace_by_its_addresses) {
  EXPECT_TRUE(is_closed(place(network::unknown, {"127.0.0.1", "192.0.2.2"})));
  EXPECT_FALSE(is_closed(place(network::unknown, {"127.0.0.1"})));
  EXPECT_FALSE(is_closed(place(network::unknown, {"192.0.2.2", "10.0.0.5"})));
}

TEST(safety, knows_addresses_by_number_only) {
  for (auto text : {"localhost", "example.com", "", "127.0.0.1 ", "0x7f.1"})
    EXPECT_FALSE(address::parse(text)) << text;
}

TEST(safety, sees_the_addresses_of_this_host) {
  auto here = look_around();
  ASSERT_TRUE(here);
  EXPECT_FALSE(check_target(at("8.8.8.8"), *here));
}

} // namespace tocsin::tools::traffic
