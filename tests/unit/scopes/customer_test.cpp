#include "protocol/signal/customer.hpp"

#include "protocol/signal/customer_table.hpp"
#include "tests/unit/scopes/make.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::protocol::signal {
namespace {

using test::at;
using test::named;
using test::prefixes;
using test::with_alias;
using test::with_uri;
using testing::HasSubstr;

std::string print_of(char digit) {
  return "sha256:" + std::string(64, digit);
}

customer acme() {
  customer out;
  out.name = "acme";
  out.identities = {{print_of('a')}, {"dots.acme.example"}, {"Acme Edge"}};
  out.prefixes = prefixes({"192.0.2.0/24", "2001:db8:a::/48"});
  out.domains = {"acme.example", "*.acme.example"};
  return out;
}

customer umbrella() {
  customer out;
  out.name = "umbrella";
  out.identities = {{print_of('b')}, {"dots.umbrella.example"}, {"Umbrella"}};
  out.prefixes = prefixes({"198.51.100.0/24"});
  out.domains = {"www.umbrella.example"};
  return out;
}

// SIG-078, SIG-395, ARCH-210
TEST(customer, may_protect_its_own_prefixes) {
  EXPECT_TRUE(authorise(acme(), at({"192.0.2.0/24"})));
  EXPECT_TRUE(authorise(acme(), at({"192.0.2.77", "2001:db8:a:1::/64"})));
}

// SIG-047, SIG-078, SIG-366, SIG-395, SIG-396, USE-039, ARCH-050, ARCH-066,
// ARCH-067, ARCH-224
TEST(customer, may_not_protect_foreign_prefixes) {
  for (auto text : {"198.51.100.1", "192.0.3.0/24", "192.0.2.0/23", "0.0.0.0/0",
                    "2001:db8:b::/48", "2001:db8::/32", "::/0"}) {
    auto verdict = authorise(acme(), at({"192.0.2.0/24", text}));
    ASSERT_FALSE(verdict) << text;
    EXPECT_EQ(verdict.error().code, ec::unauthorized);
    EXPECT_EQ(verdict.error().where, "target-prefix");
  }
}

TEST(customer, refusal_names_the_prefix_and_the_limits) {
  auto verdict = authorise(acme(), at({"198.51.100.0/24"}));
  ASSERT_FALSE(verdict);
  EXPECT_THAT(verdict.error().detail, HasSubstr("198.51.100.0/24"));
  EXPECT_THAT(verdict.error().detail, HasSubstr("\"acme\""));
  EXPECT_THAT(verdict.error().detail,
              HasSubstr("192.0.2.0/24, 2001:db8:a::/48"));
  auto many = acme();
  for (int i = 0; i < 100; ++i)
    many.prefixes.push_back(test::pfx("203.0.113." + std::to_string(i)));
  verdict = authorise(many, at({"198.51.100.0/24"}));
  EXPECT_THAT(verdict.error().detail, HasSubstr("and 98 more"));
  EXPECT_LT(verdict.error().detail.size(), 250u);
}

TEST(customer, without_prefixes_may_protect_nothing) {
  EXPECT_FALSE(authorise(customer{}, at({"192.0.2.1"})));
  EXPECT_FALSE(authorise(customer{}, named("example.com")));
}

// SIG-396
TEST(customer, may_use_names_within_its_domains_only) {
  EXPECT_TRUE(authorise(acme(), named("acme.example")));
  EXPECT_TRUE(authorise(acme(), named("WWW.Acme.Example.")));
  EXPECT_TRUE(authorise(acme(), named("a.b.acme.example")));
  EXPECT_TRUE(authorise(umbrella(), named("www.umbrella.example")));
  for (auto name : {"badacme.example", "acme.example.evil", "example",
                    ".acme.example", "www.umbrella.example", ""}) {
    auto verdict = authorise(acme(), named(name));
    EXPECT_FALSE(verdict) << name;
  }
  // A wildcard covers what is below, not the name itself.
  auto below = acme();
  below.domains = {"*.acme.example"};
  EXPECT_FALSE(authorise(below, named("acme.example")));
  EXPECT_FALSE(authorise(umbrella(), named("a.www.umbrella.example")));
}

// SIG-085, SIG-396
TEST(customer, may_use_uris_whose_host_is_its_own) {
  EXPECT_TRUE(authorise(acme(), with_uri("https://www.acme.example:8443/a")));
  EXPECT_TRUE(authorise(acme(), with_uri("https://192.0.2.1/")));
  EXPECT_TRUE(authorise(acme(), with_uri("https://[2001:db8:a::1]/")));
  for (auto uri :
       {"https://www.umbrella.example/", "https://198.51.100.1/",
        "https://www.acme.example@evil.example/", "https://[::1]/",
        "https://evil.example/www.acme.example", "https://127.0.0.1/",
        "https://evil.example#@www.acme.example", "urn:acme.example"})
    EXPECT_FALSE(authorise(acme(), with_uri(uri))) << uri;
}

TEST(customer, text_of_a_peer_is_shown_in_safe_form) {
  auto verdict = authorise(acme(), named("evil\x1b[2J\n\"\xff"));
  ASSERT_FALSE(verdict);
  EXPECT_THAT(verdict.error().detail, HasSubstr("\"evil?[2J???\""));
  verdict = authorise(acme(), named(std::string(100000, 'x')));
  EXPECT_LT(verdict.error().detail.size(), 300u);
}

// SIG-082, SIG-085
TEST(customer, addresses_of_a_name_get_the_checks_of_prefixes) {
  auto check = [](std::initializer_list<std::string_view> texts) {
    return authorise_addresses(acme(), "www.acme.example", prefixes(texts));
  };
  EXPECT_TRUE(check({"192.0.2.1", "2001:db8:a::1"}));
  EXPECT_EQ(check({"192.0.2.1", "198.51.100.1"}).error().code,
            ec::unauthorized);
  EXPECT_EQ(check({"127.0.0.1"}).error().code, ec::out_of_range);
  EXPECT_EQ(check({"::ffff:127.0.0.1"}).error().code, ec::out_of_range);
  EXPECT_EQ(check({}).error().code, ec::not_found);
  EXPECT_THAT(check({"198.51.100.1"}).error().detail,
              HasSubstr("www.acme.example"));
}

TEST(customer, aliases_are_left_to_what_they_stand_for) {
  EXPECT_TRUE(authorise(acme(), with_alias("web")));
}

class customer_table_test : public testing::Test {
protected:
  void SetUp() override {
    auto made = customer_table::make({acme(), umbrella()});
    ASSERT_TRUE(made) << to_string(made.error());
    uut = *made;
  }

  std::string found(const peer_identity& who) {
    auto x = uut.find(who);
    return x ? (*x)->name : std::string{to_string(x.error().code)};
  }

  customer_table uut;
};

// SIG-362, ARCH-041
TEST_F(customer_table_test, recognises_a_peer_by_any_kind_of_identity) {
  EXPECT_EQ(found({{print_of('a')}, {}, ""}), "acme");
  EXPECT_EQ(found({{print_of('c'), print_of('B')}, {}, ""}), "umbrella");
  EXPECT_EQ(found({{}, {"x.example", "DOTS.acme.example"}, ""}), "acme");
  EXPECT_EQ(found({{}, {}, "Umbrella"}), "umbrella");
}

// SIG-365, ARCH-043, ARCH-049, ARCH-062
TEST_F(customer_table_test, refuses_a_peer_that_nobody_has_configured) {
  EXPECT_EQ(found({{print_of('c')}, {"x.example"}, "Nobody"}), "unauthorized");
  EXPECT_EQ(found({}), "unauthorized");
  EXPECT_EQ(found({{"garbage"}, {""}, ""}), "unauthorized");
  EXPECT_EQ(found({{}, {"www.dots.acme.example"}, "acme edge"}),
            "unauthorized");
  auto verdict = uut.find({{print_of('c')}, {"x.example"}, "Nobody"});
  EXPECT_THAT(verdict.error().detail, HasSubstr(print_of('c')));
  EXPECT_THAT(verdict.error().detail, HasSubstr("DNS name x.example"));
}

// SIG-046: the kinds and the order of RFC 7589, Section 7.
TEST_F(customer_table_test, prefers_fingerprint_to_san_to_common_name) {
  EXPECT_EQ(found({{print_of('b')}, {"dots.acme.example"}, "Acme Edge"}),
            "umbrella");
  EXPECT_EQ(found({{}, {"dots.acme.example"}, "Umbrella"}), "acme");
}

TEST_F(customer_table_test, refuses_a_peer_that_could_be_two_customers) {
  EXPECT_EQ(found({{}, {"dots.acme.example", "dots.umbrella.example"}, ""}),
            "conflict");
  // A better identity settles it.
  EXPECT_EQ(found({{print_of('a')},
                   {"dots.acme.example", "dots.umbrella.example"},
                   ""}),
            "acme");
}

TEST_F(customer_table_test, finds_by_name) {
  ASSERT_NE(uut.by_name("acme"), nullptr);
  EXPECT_EQ(uut.by_name("acme")->name, "acme");
  EXPECT_EQ(uut.by_name("nobody"), nullptr);
  EXPECT_EQ(customer_table{}.by_name("acme"), nullptr);
}

TEST_F(customer_table_test,
       joins_prefixes_that_only_together_contain_a_target) {
  auto split = acme();
  split.prefixes = prefixes({"192.0.2.0/25", "192.0.2.128/25"});
  auto made = customer_table::make({split});
  ASSERT_TRUE(made);
  EXPECT_TRUE(authorise(*made->by_name("acme"), at({"192.0.2.0/24"})));
}

TEST_F(customer_table_test, knows_a_customer_by_its_pre_shared_key) {
  auto with_key = acme();
  with_key.identities.psk_identities = {"acme-edge"};
  auto made = customer_table::make({with_key, umbrella()});
  ASSERT_TRUE(made);
  peer_identity who;
  who.psk_identity = "acme-edge";
  auto found = made->find(who);
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->name, "acme");
  who.psk_identity = "Acme-Edge";
  EXPECT_FALSE(made->find(who));
  // A certificate that bears the same text proves no key.
  who = {};
  who.common_name = "acme-edge";
  EXPECT_FALSE(made->find(who));
}

TEST_F(customer_table_test, refuses_ambiguous_or_broken_configuration) {
  auto code = [](customer a, customer b) {
    auto made = customer_table::make({std::move(a), std::move(b)});
    return made ? ec::none : made.error().code;
  };
  auto with = [](auto change) {
    auto x = umbrella();
    change(x);
    return x;
  };
  EXPECT_EQ(code(acme(), with([](auto& x) { x.name = "acme"; })), ec::conflict);
  EXPECT_EQ(code(acme(), with([](auto& x) { x.name = ""; })), ec::missing);
  EXPECT_EQ(code(acme(), with([](auto& x) {
                   x.identities.fingerprints = {print_of('A')};
                 })),
            ec::conflict);
  EXPECT_EQ(code(acme(), with([](auto& x) {
                   x.identities.dns_names = {"DOTS.Acme.example"};
                 })),
            ec::conflict);
  EXPECT_EQ(code(acme(), with([](auto& x) {
                   x.identities.common_names = {"Acme Edge"};
                 })),
            ec::conflict);
  EXPECT_EQ(
      code(acme(), with([](auto& x) { x.identities.common_names = {""}; })),
      ec::malformed);
  EXPECT_EQ(
      code(acme(), with([](auto& x) { x.identities.fingerprints = {"aa"}; })),
      ec::malformed);
}

TEST(fingerprint, is_read_with_and_without_colons) {
  std::string text = "SHA256:";
  for (int i = 0; i < 32; ++i)
    text += i == 0 ? "AA" : ":AA";
  EXPECT_EQ(*canonical_fingerprint(text), print_of('a'));
  EXPECT_FALSE(canonical_fingerprint("sha1:aa"));
  EXPECT_FALSE(canonical_fingerprint(print_of('g')));
  EXPECT_FALSE(canonical_fingerprint(print_of('a') + "a"));
  EXPECT_FALSE(canonical_fingerprint(""));
}

} // namespace
} // namespace tocsin::protocol::signal
