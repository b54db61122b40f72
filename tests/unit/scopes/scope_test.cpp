#include "protocol/signal/scope.hpp"

#include "tests/unit/scopes/make.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {
namespace {

using test::at;
using test::named;
using test::pfx;
using test::prefixes;
using test::with_alias;
using test::with_uri;

TEST(scope, canonical_prefixes_are_sorted_and_free_of_redundancy) {
  EXPECT_EQ(canonical(prefixes({"2001:db8::/32", "192.0.2.7", "192.0.2.0/24",
                                "10.0.0.0/8", "192.0.2.0/24", "10.1.0.0/16"})),
            prefixes({"10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"}));
  // Halves merge, again and again.
  EXPECT_EQ(canonical(prefixes({"192.0.2.128/26", "192.0.2.0/25",
                                "192.0.2.192/26", "192.0.3.0/24"})),
            prefixes({"192.0.2.0/23"}));
  // Neighbours that are not halves of one prefix do not.
  EXPECT_EQ(canonical(prefixes({"192.0.3.0/24", "192.0.4.0/24"})),
            prefixes({"192.0.3.0/24", "192.0.4.0/24"}));
  EXPECT_EQ(canonical(prefixes({"0.0.0.0/1", "128.0.0.0/1", "::/1"})),
            prefixes({"0.0.0.0/0", "::/1"}));
}

TEST(scope, canonical_target_does_not_depend_on_order_case_or_splitting) {
  target a{prefixes({"192.0.2.0/25", "192.0.2.128/25"}),
           {{80, 80}, {443, 443}, {81, 90}, {85, 100}},
           {17, 6, 17},
           {"WWW.Example.COM.", "a.example"},
           {"HTTPS://Example.com/Path?Q=A"},
           {"b", "A", "b"}};
  target b{prefixes({"192.0.2.0/24"}),
           {{80, 100}, {443, 443}},
           {6, 17},
           {"a.example", "www.example.com"},
           {"https://example.com/Path?Q=A"},
           {"A", "b"}};
  EXPECT_EQ(canonical(a), b);
  EXPECT_EQ(canonical(b), b);
  target all_ports;
  all_ports.ports = {{1, 65535}, {0, 0}, {65535, 65535}};
  EXPECT_EQ(canonical(all_ports).ports, (std::vector<port_range>{{0, 65535}}));
}

TEST(scope, the_host_of_a_uri_is_found) {
  EXPECT_EQ(uri_host("https://www.Example.com:8443/a:b@c"), "www.example.com");
  EXPECT_EQ(uri_host("https://user:pw@example.com?x@y"), "example.com");
  EXPECT_EQ(uri_host("coaps+tcp://[2001:DB8::1]:5684/"), "2001:db8::1");
  EXPECT_EQ(uri_host("http://example.com."), "example.com");
  EXPECT_EQ(uri_host("https://"), "");
  EXPECT_EQ(uri_host("https://[2001:db8::1"), "");
  EXPECT_EQ(uri_host("urn:example:a"), "");
  EXPECT_EQ(uri_host("example.com"), "");
  EXPECT_EQ(uri_host(""), "");
}

// SIG-125
TEST(scope, overlap_needs_one_common_address_name_uri_or_alias) {
  EXPECT_TRUE(overlaps(at({"192.0.2.0/24"}), at({"192.0.2.9"})));
  EXPECT_TRUE(
      overlaps(at({"10.0.0.0/8", "2001:db8::1"}), at({"2001:db8::/32"})));
  EXPECT_FALSE(overlaps(at({"192.0.2.0/25"}), at({"192.0.2.128/25"})));
  EXPECT_TRUE(overlaps(named("www.example.com"), named("WWW.example.com.")));
  EXPECT_FALSE(overlaps(named("www.example.com"), named("example.com")));
  EXPECT_TRUE(overlaps(with_uri("https://h.example/a"),
                       with_uri("HTTPS://h.example/a")));
  EXPECT_TRUE(overlaps(with_uri("https://h.example/a"), named("h.example")));
  EXPECT_TRUE(overlaps(with_uri("https://192.0.2.1/"), at({"192.0.2.0/24"})));
  EXPECT_TRUE(
      overlaps(with_uri("https://[2001:db8::1]/"), at({"2001:db8::/32"})));
  EXPECT_TRUE(overlaps(with_alias("web"), with_alias("web")));
  EXPECT_FALSE(overlaps(with_alias("web"), with_alias("Web")));
  EXPECT_FALSE(overlaps(with_alias("h.example"), named("h.example")));
  EXPECT_FALSE(overlaps(target{}, target{}));
}

// SIG-125
TEST(scope, ports_and_protocols_do_not_enter_the_overlap_test) {
  auto a = at({"192.0.2.0/24"});
  auto b = a;
  a.ports = {{80, 80}};
  b.ports = {{443, 443}};
  a.protocols = {6};
  b.protocols = {17};
  EXPECT_TRUE(overlaps(a, b));
  auto c = at({"198.51.100.0/24"});
  c.ports = a.ports;
  c.protocols = a.protocols;
  EXPECT_FALSE(overlaps(a, c));
}

// Trap: literal equality alone misses prefix containment.
TEST(scope, a_resolved_name_overlaps_its_addresses) {
  auto addresses = prefixes({"192.0.2.1", "2001:db8::1"});
  auto name = resolved_view(named("www.example.com"), addresses);
  EXPECT_TRUE(overlaps(name, at({"2001:db8::/64"})));
  EXPECT_TRUE(overlaps(name, named("www.example.com")));
  EXPECT_FALSE(overlaps(named("www.example.com"), at({"2001:db8::/64"})));
}

TEST(scope, aliases_of_different_owners_are_different) {
  auto a = qualify_aliases(with_alias("web"), "acme");
  auto b = qualify_aliases(with_alias("web"), "umbrella");
  EXPECT_FALSE(overlaps(a, b));
  EXPECT_TRUE(overlaps(a, qualify_aliases(with_alias("web"), "acme")));
}

TEST(scope, containment_covers_every_dimension) {
  target outer{prefixes({"192.0.2.0/24", "198.51.100.0/24"}),
               {{80, 90}, {443, 443}},
               {6, 17},
               {"a.example", "b.example"},
               {"https://a.example/"},
               {"web"}};
  auto inner = outer;
  EXPECT_TRUE(contains(outer, inner));
  inner.prefixes = prefixes({"198.51.100.7", "192.0.2.128/25"});
  inner.ports = {{81, 82}};
  inner.protocols = {17};
  inner.fqdns = {"B.example"};
  inner.uris.clear();
  EXPECT_TRUE(contains(outer, inner));
  auto wider = [&](auto change) {
    auto x = inner;
    change(x);
    return contains(outer, x);
  };
  EXPECT_FALSE(wider([](target& x) { x.prefixes.push_back(pfx("10.0.0.1")); }));
  EXPECT_FALSE(wider([](target& x) { x.ports = {{80, 91}}; }));
  EXPECT_FALSE(wider([](target& x) { x.ports.clear(); }));
  EXPECT_FALSE(wider([](target& x) { x.protocols = {1}; }));
  EXPECT_FALSE(wider([](target& x) { x.protocols.clear(); }));
  EXPECT_FALSE(wider([](target& x) { x.fqdns = {"c.example"}; }));
  EXPECT_FALSE(wider([](target& x) { x.aliases = {"mail"}; }));
  outer.ports.clear();
  EXPECT_TRUE(wider([](target& x) { x.ports.clear(); }));
}

// A prefix that only several entries of the outer scope cover together.
TEST(scope, containment_sees_the_union_of_prefixes) {
  EXPECT_TRUE(
      contains(at({"192.0.2.0/25", "192.0.2.128/25"}), at({"192.0.2.0/24"})));
}

// SIG-147, SIG-149
TEST(scope, a_refresh_may_differ_in_lifetime_only) {
  mitigation original;
  original.what = at({"192.0.2.0/24", "198.51.100.0/24"});
  original.what.ports = {{80, 80}};
  original.lifetime = 3600;
  auto refresh = original;
  refresh.lifetime = 60;
  EXPECT_TRUE(equal_request(original, refresh));
  refresh.trigger_mitigation = true; // what absence means
  EXPECT_TRUE(equal_request(original, refresh));
  std::swap(refresh.what.prefixes[0], refresh.what.prefixes[1]);
  EXPECT_TRUE(equal_request(original, refresh));
  auto other = refresh;
  other.trigger_mitigation = false;
  EXPECT_FALSE(equal_request(original, other));
  other = refresh;
  other.what.prefixes.pop_back();
  EXPECT_FALSE(equal_request(original, other));
  other = refresh;
  other.what.ports = {{80, 81}};
  EXPECT_FALSE(equal_request(original, other));
  other = refresh;
  other.what.protocols = {6};
  EXPECT_FALSE(equal_request(original, other));
  other = refresh;
  other.what.aliases = {"web"};
  EXPECT_FALSE(equal_request(original, other));
}

// DATA-175, DATA-152, SIG-115
TEST(scope, a_union_covers_both_and_all_ports_if_one_has_all) {
  target a{{pfx("192.0.2.1")}, {{80, 80}}, {6}, {}, {}, {}};
  target b{{pfx("192.0.2.1"), pfx("192.0.2.2")},
           {{443, 443}},
           {},
           {"www.example.com"},
           {},
           {}};
  auto both = unite(a, b);
  EXPECT_EQ(both.prefixes, (std::vector{pfx("192.0.2.1"), pfx("192.0.2.2")}));
  EXPECT_EQ(both.ports, (std::vector<port_range>{{80, 80}, {443, 443}}));
  EXPECT_TRUE(both.protocols.empty());
  EXPECT_EQ(both.fqdns, std::vector<std::string>{"www.example.com"});
}

// The efficacy update repeats the request and adds attack-status.
TEST(scope, an_efficacy_update_is_the_same_request) {
  mitigation original, update;
  original.what = update.what = at({"192.0.2.0/24"});
  original.lifetime = 3600;
  update.attack = attack_status::under_attack;
  EXPECT_TRUE(equal_request(original, update));
}

} // namespace
} // namespace tocsin::protocol::signal
