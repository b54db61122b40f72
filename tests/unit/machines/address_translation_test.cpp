#include "protocol/signal/address_translation.hpp"
#include "protocol/signal/nptv6.hpp"
#include "protocol/signal/scope.hpp"

#include <gmock/gmock.h>

#include <random>

namespace tocsin::protocol::signal {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using rules = std::vector<translation_rule>;

prefix net(std::string_view text) {
  auto x = prefix::parse(text);
  EXPECT_TRUE(x) << text;
  return x ? *x : prefix{};
}

translation_rule rule(std::string_view internal, std::string_view external) {
  return {net(internal), net(external), translation_kind::address, {}, {}};
}

translation_rule nptv6(std::string_view internal, std::string_view external) {
  return {net(internal), net(external), translation_kind::nptv6, {}, {}};
}

translation_rule forwarded(std::string_view internal, port_range inside,
                           std::string_view external, port_range outside) {
  return {net(internal), net(external), translation_kind::address, inside,
          outside};
}

address_translation table(rules all) {
  auto x = address_translation::make(std::move(all));
  EXPECT_TRUE(x) << (x ? "" : to_string(x.error()));
  return x ? *x : address_translation{};
}

target of(std::vector<std::string_view> prefixes,
          std::vector<port_range> ports = {}) {
  target x;
  for (auto text : prefixes)
    x.prefixes.push_back(net(text));
  x.ports = std::move(ports);
  return x;
}

/// The only target; else a failure of the test.
target one(const address_translation& uut, const target& what) {
  auto all = uut.outbound(what);
  EXPECT_TRUE(all) << (all ? "" : to_string(all.error()));
  EXPECT_TRUE(all && all->size() == 1);
  return all && all->size() == 1 ? all->front() : target{};
}

std::string refusal(const address_translation& uut, const target& what) {
  auto all = uut.outbound(what);
  EXPECT_FALSE(all);
  return all ? std::string{} : to_string(all.error());
}

} // namespace

// SIG-019
TEST(address_translation, without_a_table_public_addresses_pass) {
  auto what = of({"192.0.2.0/24", "2001:db8::1", "0.0.0.0/0"}, {{80, 80}});
  EXPECT_EQ(one({}, what), what);
}

// SIG-019, ARCH-162
TEST(address_translation, without_a_table_internal_addresses_are_refused) {
  for (auto text :
       {"10.0.0.1", "10.255.255.255", "172.16.0.0/12", "172.31.255.255",
        "192.168.7.0/24", "100.64.0.1", "100.127.255.255", "169.254.1.1",
        "fc00::1", "fdff::/16", "fe80::1", "febf::1"})
    EXPECT_THAT(refusal({}, of({"192.0.2.1", text})),
                HasSubstr("[[client.upstream.translation]]"))
        << text;
  for (auto text : {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0",
                    "192.167.255.255", "192.169.0.0", "100.63.255.255",
                    "100.128.0.0", "fbff::1", "fe00::1", "fec0::1"})
    EXPECT_EQ(one({}, of({text})), of({text}));
}

// SIG-019
TEST(address_translation, internal_addresses_in_uris_are_refused) {
  target x;
  x.uris = {"https://10.0.0.1/"};
  EXPECT_THAT(refusal({}, x), HasSubstr("name it as a prefix"));
  EXPECT_THAT(refusal(table({rule("10.0.0.0/24", "203.0.113.0/24")}), x),
              HasSubstr("name it as a prefix"));
  x.uris = {"https://203.0.113.1/", "https://www.example.com:8443/"};
  EXPECT_EQ(one(table({rule("10.0.0.0/24", "203.0.113.0/24")}), x), x);
}

// SIG-019, SIG-020, SIG-021
TEST(address_translation, one_to_one_keeps_host_bits_and_ports) {
  auto uut = table({rule("10.0.0.0/24", "203.0.113.0/24")});
  EXPECT_EQ(one(uut, of({"10.0.0.7", "10.0.0.128/25"}, {{443, 443}})),
            of({"203.0.113.7", "203.0.113.128/25"}, {{443, 443}}));
  EXPECT_EQ(uut.inbound(of({"203.0.113.7"}, {{443, 443}})),
            of({"10.0.0.7"}, {{443, 443}}));
}

TEST(address_translation, odd_lengths_keep_their_bits) {
  auto uut = table({rule("10.0.0.64/27", "203.0.113.160/27")});
  EXPECT_EQ(one(uut, of({"10.0.0.95"})), of({"203.0.113.191"}));
  EXPECT_EQ(one(uut, of({"10.0.0.80/28"})), of({"203.0.113.176/28"}));
}

TEST(address_translation, a_target_of_several_entries_is_put_together) {
  auto uut = table({rule("10.0.0.0/25", "203.0.113.0/25"),
                    rule("10.0.0.128/25", "198.51.100.0/25")});
  EXPECT_EQ(one(uut, of({"10.0.0.0/24"})),
            of({"198.51.100.0/25", "203.0.113.0/25"}));
}

// SIG-019
TEST(address_translation, with_a_table_every_address_has_to_be_in_it) {
  auto uut = table({rule("10.0.0.0/25", "203.0.113.0/25")});
  EXPECT_THAT(refusal(uut, of({"10.0.0.0/24"})), HasSubstr("10.0.0.128/25"));
  EXPECT_THAT(refusal(uut, of({"10.0.0.128"})), HasSubstr("add one"));
  EXPECT_THAT(refusal(uut, of({"192.0.2.1"})), HasSubstr("both sides"));
  EXPECT_THAT(refusal(uut, of({"0.0.0.0/0"})), HasSubstr("add one"));
  EXPECT_EQ(one(uut, of({"203.0.113.5"})), of({"203.0.113.5"}))
      << "external already";
}

TEST(address_translation, what_is_not_translated_is_the_same_on_both_sides) {
  auto uut = table({rule("192.168.0.0/16", "192.168.0.0/16")});
  EXPECT_EQ(one(uut, of({"192.168.1.0/24"})), of({"192.168.1.0/24"}));
  target x;
  x.uris = {"https://192.168.1.1/"};
  EXPECT_EQ(one(uut, x), x);
}

TEST(address_translation, the_narrowest_entry_holds) {
  auto uut = table({rule("10.0.0.0/24", "203.0.113.0/24"),
                    rule("10.0.0.9/32", "198.51.100.9/32")});
  EXPECT_EQ(one(uut, of({"10.0.0.9"})), of({"198.51.100.9"}));
  EXPECT_EQ(one(uut, of({"10.0.0.8/31"})), of({"198.51.100.9", "203.0.113.8"}));
}

// SIG-020
TEST(address_translation, many_behind_one_are_asked_for_as_that_one) {
  auto uut = table({rule("10.0.0.0/8", "203.0.113.7")});
  EXPECT_EQ(one(uut, of({"10.1.2.3", "10.4.0.0/16"})), of({"203.0.113.7"}));
  EXPECT_THAT(refusal(uut, of({"10.1.2.3"}, {{80, 80}})),
              HasSubstr("leave the ports out"));
  EXPECT_EQ(uut.inbound(of({"203.0.113.7"})), of({"10.0.0.0/8"}));
}

// SIG-020
TEST(address_translation, behind_a_carrier_the_own_ports_are_asked_for) {
  auto uut =
      table({{net("100.64.3.4"), net("203.0.113.7"), translation_kind::address,
              std::nullopt, port_range{2048, 4095}}});
  EXPECT_EQ(one(uut, of({"100.64.3.4"})), of({"203.0.113.7"}, {{2048, 4095}}));
  EXPECT_EQ(one(uut, of({"100.64.3.4"}, {{80, 80}})),
            of({"203.0.113.7"}, {{2048, 4095}}));
  EXPECT_EQ(uut.inbound(of({"203.0.113.7"}, {{2048, 4095}})),
            of({"100.64.3.4"}));
  EXPECT_EQ(uut.inbound(of({"203.0.113.7"}, {{80, 80}})),
            of({"203.0.113.7"}, {{80, 80}}))
      << "those are of somebody else";
}

// SIG-020
TEST(address_translation, behind_nat64_ipv6_is_asked_for_as_ipv4) {
  auto uut = table({rule("2001:db8:1::/64", "203.0.113.7")});
  EXPECT_EQ(one(uut, of({"2001:db8:1::80"})), of({"203.0.113.7"}));
}

// SIG-020
TEST(address_translation, forwarded_ports_are_asked_for_as_outside) {
  auto uut =
      table({forwarded("10.0.0.5", {443, 443}, "203.0.113.7", {8443, 8443}),
             forwarded("10.0.0.5", {5000, 5009}, "203.0.113.7", {6000, 6009})});
  EXPECT_EQ(one(uut, of({"10.0.0.5"}, {{443, 443}})),
            of({"203.0.113.7"}, {{8443, 8443}}));
  EXPECT_EQ(one(uut, of({"10.0.0.5"}, {{5003, 5005}})),
            of({"203.0.113.7"}, {{6003, 6005}}));
  EXPECT_EQ(one(uut, of({"10.0.0.5"})),
            of({"203.0.113.7"}, {{6000, 6009}, {8443, 8443}}))
      << "all that can be reached";
  EXPECT_THAT(refusal(uut, of({"10.0.0.5"}, {{443, 444}})),
              HasSubstr("not all of ports 443-444"));
  EXPECT_EQ(uut.inbound(of({"203.0.113.7"}, {{6003, 6003}})),
            of({"10.0.0.5"}, {{5003, 5003}}));
}

TEST(address_translation, different_ports_make_different_requests) {
  auto uut = table({forwarded("10.0.0.5", {443, 443}, "203.0.113.7", {1, 1}),
                    forwarded("10.0.0.6", {443, 443}, "203.0.113.8", {2, 2})});
  auto all = uut.outbound(of({"10.0.0.5", "10.0.0.6"}, {{443, 443}}));
  ASSERT_TRUE(all);
  EXPECT_THAT(*all, ElementsAre(of({"203.0.113.7"}, {{1, 1}}),
                                of({"203.0.113.8"}, {{2, 2}})));
}

// Else the later request would replace the other at the server.
TEST(address_translation, no_two_requests_share_an_address) {
  auto uut = table({forwarded("10.0.0.5", {443, 443}, "203.0.113.7", {1, 1}),
                    forwarded("10.0.0.6", {443, 443}, "203.0.113.7", {2, 2}),
                    rule("10.1.0.0/24", "203.0.113.0/24")});
  EXPECT_EQ(one(uut, of({"10.0.0.5", "10.0.0.6"}, {{443, 443}})),
            of({"203.0.113.7"}, {{1, 2}}));
  EXPECT_EQ(one(uut, of({"10.0.0.6", "10.1.0.0/24"}, {{443, 443}})),
            of({"203.0.113.0/24"}, {{2, 2}, {443, 443}}));
  EXPECT_EQ(one(uut, of({"10.0.0.6", "10.1.0.0/24"})), of({"203.0.113.0/24"}));
}

// ARCH-174
TEST(address_translation, names_pass_unless_ports_are_translated) {
  auto uut = table({forwarded("10.0.0.5", {443, 443}, "203.0.113.7", {1, 1}),
                    rule("10.1.0.0/24", "203.0.113.0/24")});
  target names;
  names.fqdns = {"www.example.com"};
  names.ports = {{443, 443}};
  EXPECT_EQ(one(uut, names), names);
  auto both = of({"10.1.0.1"}, {{443, 443}});
  both.fqdns = names.fqdns;
  EXPECT_EQ(one(uut, both).fqdns, names.fqdns);
  both.prefixes = {net("10.0.0.5")};
  EXPECT_THAT(refusal(uut, both), HasSubstr("one by one"));
}

// The example of RFC 6296, Section 3.4 and Appendix B.
TEST(address_translation, nptv6_maps_as_the_example_of_its_rfc) {
  auto uut = table({nptv6("fd01:203:405::/48", "2001:db8:1::/48")});
  EXPECT_EQ(one(uut, of({"fd01:203:405:1::1234"})),
            of({"2001:db8:1:d550::1234"}));
  EXPECT_EQ(uut.inbound(of({"2001:db8:1:d550::1234"})),
            of({"fd01:203:405:1::1234"}));
}

TEST(address_translation, nptv6_maps_all_of_a_prefix_or_of_its_subnets) {
  auto uut = table({nptv6("fd01:203:405::/48", "2001:db8:1::/48")});
  EXPECT_EQ(one(uut, of({"fd01:203:405::/48"})), of({"2001:db8:1::/48"}));
  EXPECT_EQ(one(uut, of({"fd01:203:405:1::/64"})),
            of({"2001:db8:1:d550::/64"}));
  EXPECT_THAT(refusal(uut, of({"fd01:203:405::/56"})), HasSubstr("longer"));
  EXPECT_THAT(refusal(uut, of({"fd01:203:405:ffff::1"})), HasSubstr("longer"))
      << "RFC 6296 does not translate it";
}

TEST(address_translation, nptv6_of_long_prefixes_adjusts_the_identifier) {
  auto uut = table({nptv6("fd01:203:405:6::/64", "2001:db8:1:2::/64")});
  auto to = one(uut, of({"fd01:203:405:6::1234", "fd01:203:405:6:7::/80"}));
  ASSERT_THAT(to.prefixes, SizeIs(2));
  EXPECT_TRUE(net("2001:db8:1:2::/64").contains(to.prefixes[0]));
  EXPECT_EQ(one(uut, of({"fd01:203:405:6::/64"})), of({"2001:db8:1:2::/64"}));
  EXPECT_THAT(refusal(uut, of({"fd01:203:405:6::/72"})), HasSubstr("longer"));
}

TEST(address_translation, rules_that_make_no_sense_are_refused) {
  auto where = [](translation_rule x) {
    auto good = validate_translation(x);
    return good ? std::string{} : good.error().where;
  };
  EXPECT_EQ(where(rule("10.0.0.0/24", "203.0.113.0/25")), "external");
  EXPECT_EQ(where(rule("10.0.0.0/24", "224.0.0.1")), "external");
  EXPECT_EQ(where(rule("127.0.0.0/8", "203.0.113.1")), "internal");
  EXPECT_EQ(where(nptv6("fd00::/48", "2001:db8::/56")), "external");
  EXPECT_EQ(where(nptv6("fd00::/65", "2001:db8::/65")), "external");
  EXPECT_EQ(where(nptv6("10.0.0.0/24", "203.0.113.0/24")), "external");
  auto x = forwarded("10.0.0.1", {1, 2}, "203.0.113.1", {1, 3});
  EXPECT_EQ(where(x), "external_ports") << "not as many";
  x = forwarded("10.0.0.0/24", {1, 2}, "203.0.113.1", {1, 2});
  EXPECT_EQ(where(x), "internal");
  x = rule("10.0.0.0/24", "203.0.113.0/24");
  x.external_ports = {1, 2};
  EXPECT_EQ(where(x), "external");
  x = rule("10.0.0.1", "203.0.113.1");
  x.internal_ports = {1, 2};
  EXPECT_EQ(where(x), "external_ports");
  x = nptv6("fd00::/48", "2001:db8::/48");
  x.external_ports = {1, 2};
  EXPECT_EQ(where(x), "external_ports");
  EXPECT_EQ(where(rule("10.0.0.0/24", "203.0.113.1")), "");
  EXPECT_EQ(where(nptv6("fd00::/64", "2001:db8::/64")), "");
}

TEST(address_translation, an_address_is_not_translated_twice) {
  auto twice = [](rules all) {
    auto x = address_translation::make(std::move(all));
    return !x && x.error().code == ec::conflict;
  };
  EXPECT_TRUE(twice(
      {rule("10.0.0.1", "203.0.113.1"), rule("10.0.0.1", "203.0.113.2")}));
  EXPECT_TRUE(twice({forwarded("10.0.0.1", {1, 5}, "203.0.113.1", {1, 5}),
                     forwarded("10.0.0.1", {5, 5}, "203.0.113.1", {9, 9})}));
  EXPECT_FALSE(twice({forwarded("10.0.0.1", {1, 4}, "203.0.113.1", {1, 4}),
                      forwarded("10.0.0.1", {5, 5}, "203.0.113.1", {9, 9})}));
  EXPECT_FALSE(address_translation::make(
      rules(max_translations + 1, rule("10.0.0.1", "203.0.113.1"))));
}

namespace {

struct dice {
  std::mt19937 random;
  unsigned below(unsigned n) { return random() % n; }

  /// A prefix inside `x`.
  prefix inside(const prefix& x) {
    auto octets = x.octets();
    std::array<std::uint8_t, 16> noise;
    for (auto& octet : noise)
      octet = static_cast<std::uint8_t>(random());
    for (unsigned i = x.length(); i < x.max_length(); ++i)
      octets[i / 8] = static_cast<std::uint8_t>(
          octets[i / 8] | (noise[i / 8] & 0x80 >> (i % 8)));
    auto length = x.length() + below(x.max_length() - x.length() + 1u);
    return {x.which(), octets, static_cast<std::uint8_t>(length)};
  }
};

} // namespace

// SIG-019, SIG-020
TEST(address_translation, nothing_internal_leaves_and_all_comes_back) {
  auto uut = table({rule("10.0.0.0/16", "203.0.0.0/16"),
                    rule("10.0.7.0/24", "198.51.100.0/24"),
                    rule("192.168.0.0/16", "192.0.2.1"),
                    forwarded("10.0.0.5", {1, 1000}, "192.0.2.2", {1001, 2000}),
                    nptv6("fd01:203:405::/48", "2001:db8:1::/48")});
  dice d{std::mt19937{7}};
  std::vector<prefix> inside;
  for (const auto& x : uut.rules())
    inside.push_back(x.internal);
  std::size_t asked = 0;
  for (int round = 0; round < 20'000; ++round) {
    target what;
    for (auto n = 1 + d.below(3); n > 0; --n)
      what.prefixes.push_back(
          d.inside(inside[d.below(static_cast<unsigned>(inside.size()))]));
    if (d.below(2) == 0)
      what.ports = {{static_cast<std::uint16_t>(1 + d.below(500)),
                     static_cast<std::uint16_t>(500 + d.below(800))}};
    auto all = uut.outbound(what);
    if (!all)
      continue;
    ++asked;
    target back;
    for (const auto& x : *all) {
      for (const auto& out : x.prefixes)
        for (const auto& in : inside)
          ASSERT_FALSE(in.overlaps(out)) << out.to_string();
      for (const auto& y : *all)
        ASSERT_TRUE(&x == &y || !overlaps(x, y));
      auto mine = uut.inbound(x);
      back.prefixes.insert(back.prefixes.end(), mine.prefixes.begin(),
                           mine.prefixes.end());
    }
    auto addresses = what;
    addresses.ports.clear();
    ASSERT_TRUE(contains(canonical(back), canonical(addresses)));
  }
  EXPECT_GT(asked, 5'000u);
}

// RFC 6296, Section 2.6: a checksum that covers the address stays right.
TEST(address_translation, nptv6_is_checksum_neutral_and_one_to_one) {
  auto sum = [](const prefix& x) {
    std::uint32_t all = 0;
    for (std::size_t i = 0; i < 16; i += 2)
      all += static_cast<std::uint32_t>(x.octets()[i] << 8 | x.octets()[i + 1]);
    return all % 0xffff;
  };
  dice d{std::mt19937{11}};
  for (std::uint8_t length : {16, 32, 40, 48, 52, 56, 64})
    for (int round = 0; round < 2'000; ++round) {
      prefix from{prefix::family::ipv6, d.inside(net("fc00::/7")).octets(),
                  length};
      prefix to{prefix::family::ipv6, d.inside(net("2000::/3")).octets(),
                length};
      prefix x{prefix::family::ipv6, d.inside(from).octets(), 128};
      auto outside = map_nptv6(x, from, to);
      if (!outside)
        continue;
      ASSERT_TRUE(to.contains(*outside));
      ASSERT_EQ(sum(x), sum(*outside)) << x.to_string();
      auto back = map_nptv6(*outside, to, from);
      ASSERT_TRUE(back);
      ASSERT_EQ(*back, x);
    }
}

} // namespace tocsin::protocol::signal
