#include "protocol/signal/nat64.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {

namespace {

prefix net(std::string_view text) {
  auto x = prefix::parse(text);
  EXPECT_TRUE(x) << text;
  return x ? *x : prefix{};
}

std::string embedded(std::string_view nat64, std::string_view address) {
  auto with = parse_nat64(nat64);
  EXPECT_TRUE(with) << nat64;
  auto x = with ? embed_ipv4(*with, net(address)) : with;
  return x ? x->to_string() : std::string{"none"};
}

} // namespace

// SIG-283; the examples of RFC 6052, Section 2.4.
TEST(nat64, ipv4_addresses_stand_where_the_rfc_puts_them) {
  EXPECT_EQ(embedded("2001:db8::/32", "192.0.2.33"),
            net("2001:db8:c000:221::").to_string());
  EXPECT_EQ(embedded("2001:db8:100::/40", "192.0.2.33"),
            net("2001:db8:1c0:2:21::").to_string());
  EXPECT_EQ(embedded("2001:db8:122::/48", "192.0.2.33"),
            net("2001:db8:122:c000:2:2100::").to_string());
  EXPECT_EQ(embedded("2001:db8:122:300::/56", "192.0.2.33"),
            net("2001:db8:122:3c0:0:221::").to_string());
  EXPECT_EQ(embedded("2001:db8:122:344::/64", "192.0.2.33"),
            net("2001:db8:122:344:c0:2:2100::").to_string());
  EXPECT_EQ(embedded("2001:db8:122:344::/96", "192.0.2.33"),
            net("2001:db8:122:344::192.0.2.33").to_string());
  EXPECT_EQ(embedded("well-known", "192.0.2.33"),
            net("64:ff9b::192.0.2.33").to_string());
}

TEST(nat64, the_well_known_prefix_is_for_global_addresses) {
  for (auto text : {"10.0.0.1", "192.168.0.1", "127.0.0.1", "224.0.0.1"})
    EXPECT_EQ(embedded("well-known", text), "none") << text;
  EXPECT_NE(embedded("2001:db8::/96", "10.0.0.1"), "none");
}

TEST(nat64, only_single_ipv4_addresses_are_embedded) {
  EXPECT_EQ(embedded("well-known", "2001:db8::1"), "none");
  EXPECT_EQ(embedded("well-known", "192.0.2.0/24"), "none");
}

TEST(nat64, other_prefixes_are_refused) {
  for (auto text :
       {"64:ff9b::/95", "64:ff9b::/97", "2001:db8::/33", "2001:db8::/128",
        "192.0.2.0/24", "wellknown", "", "2001:db8:0:0:100::/96"})
    EXPECT_FALSE(parse_nat64(text)) << text;
}

} // namespace tocsin::protocol::signal
