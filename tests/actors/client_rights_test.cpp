#include "tests/actors/single_client_fixture.hpp"

namespace tocsin::actors {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

class client_rights_test : public single_client_fixture {};

// SIG-078, SIG-395, SIG-396, SIG-392, USE-016, ARCH-050, ARCH-062, ARCH-066,
// ARCH-067, ARCH-069, ARCH-224, ARCH-226
TEST_F(client_rights_test,
       a_foreign_prefix_is_refused_with_reason_and_audited) {
  auto answer = put(1, wanted("198.51.100.1/32"));
  EXPECT_EQ(answer.code, 0x81);
  EXPECT_THAT(text(answer), HasSubstr("198.51.100.1/32"));
  EXPECT_TRUE(site->journal.empty());
  ASSERT_FALSE(store->audit.empty());
  EXPECT_EQ(store->audit.back().action, "refuse");
  EXPECT_THAT(store->audit.back().outcome, HasSubstr("4.01"));
}

// SIG-082, SIG-081
TEST_F(client_rights_test, a_name_counts_as_the_addresses_it_resolves_to) {
  sig::mitigation x;
  x.what.fqdns = {"www.example.com"};
  x.lifetime = 3600;
  (*names)["www.example.com"] = {prefix_of("198.51.100.7/32")};
  EXPECT_EQ(put(1, x).code, 0x81);
  (*names)["www.example.com"] = {prefix_of("192.0.2.80/32")};
  EXPECT_EQ(put(2, x).code, 0x41);
  EXPECT_EQ(site->rules.begin()->second.prefixes,
            std::vector{prefix_of("192.0.2.80/32")});
  names->clear();
  x.what.fqdns = {"www.example.com"};
  EXPECT_NE(put(3, x).code, 0x41) << "a name without address";
}

// SIG-083
TEST_F(client_rights_test, names_are_resolved_and_checked_again) {
  sig::mitigation x;
  x.what.fqdns = {"www.example.com"};
  x.lifetime = 3600;
  (*names)["www.example.com"] = {prefix_of("192.0.2.80/32")};
  put(1, x);
  (*names)["www.example.com"] = {prefix_of("192.0.2.81/32")};
  advance(61s);
  ASSERT_THAT(site->rules, SizeIs(1));
  EXPECT_EQ(site->rules.begin()->second.prefixes,
            std::vector{prefix_of("192.0.2.81/32")});
  (*names)["www.example.com"] = {prefix_of("198.51.100.7/32")};
  advance(61s);
  EXPECT_TRUE(site->rules.empty()) << "no longer the customer's own";
}

// SIG-086, SIG-084
TEST_F(client_rights_test, a_uri_stands_for_its_host_and_port) {
  sig::mitigation x;
  x.what.uris = {"https://www.example.com/shop"};
  x.lifetime = 3600;
  (*names)["www.example.com"] = {prefix_of("192.0.2.80/32")};
  EXPECT_EQ(put(1, x).code, 0x41);
  ASSERT_THAT(site->rules, SizeIs(1));
  const auto& rule = site->rules.begin()->second;
  EXPECT_EQ(rule.ports, (std::vector<sig::port_range>{{443, 443}}));
  EXPECT_EQ(rule.protocols, (std::vector<std::uint8_t>{6}));
}

// SIG-200, SIG-201
TEST_F(client_rights_test,
       an_efficacy_update_without_its_mitigation_gets_silence) {
  auto r = request(dots_request::method::put, 1);
  auto x = wanted();
  x.attack = sig::attack_status::under_attack;
  r.body = body(x);
  r.if_match = true;
  EXPECT_TRUE(send(r).silent);
  EXPECT_TRUE(site->journal.empty());
}

// SIG-196, SIG-197, SIG-202, SIG-199
TEST_F(client_rights_test, an_efficacy_update_refreshes_its_mitigation) {
  put(1, wanted("192.0.2.1/32", 100));
  advance(60s);
  auto r = request(dots_request::method::put, 1);
  auto x = wanted("192.0.2.1/32", 100);
  x.attack = sig::attack_status::under_attack;
  r.body = body(x);
  r.if_match = true;
  EXPECT_EQ(send(r).code, 0x44);
  advance(60s);
  EXPECT_EQ(get(1).code, 0x45);
  x.what.prefixes = {prefix_of("192.0.2.2/32")};
  r.body = body(x);
  EXPECT_EQ(send(r).code, 0x80);
}

// SIG-112
TEST_F(client_rights_test, an_alias_that_the_client_did_not_create_is_refused) {
  sig::mitigation x;
  x.what.aliases = {"web"};
  x.lifetime = 3600;
  auto answer = put(1, x);
  EXPECT_EQ(answer.code, 0x80);
  EXPECT_THAT(text(answer), HasSubstr("web"));
}

// SIG-123, USE-002, ARCH-068
TEST_F(client_rights_test, a_customer_cannot_exceed_its_number_of_mitigations) {
  for (std::uint32_t mid = 1; mid <= 3; ++mid)
    EXPECT_EQ(put(mid, wanted("192.0.2." + std::to_string(mid) + "/32")).code,
              0x41);
  EXPECT_EQ(put(4, wanted("192.0.2.4/32")).code, 0xA3);
  EXPECT_EQ(put(4, wanted("192.0.2.3/32")).code, 0xA3);
  remove(1);
  advance(121s);
  EXPECT_EQ(put(5, wanted("192.0.2.5/32")).code, 0x41);
}

// SIG-060, SIG-140
TEST_F(client_rights_test, another_agent_cannot_use_a_cuid_in_use) {
  put(1, wanted());
  agent = "intruder.example.com";
  auto answer = put(2, wanted("192.0.2.2/32"));
  EXPECT_EQ(answer.code, 0x89);
  EXPECT_EQ(answer.payload, (bytes{0xA1, 0x01, 0xA1, 0x02, 0x81, 0xA1, 0x11,
                                   0xA1, 0x13, 0x03}));
  EXPECT_THAT(store->mitigations, SizeIs(1));
}

// ARCH-105
// SIG-114: state belongs to the client, not to a session or address.
TEST_F(client_rights_test,
       a_request_is_the_same_resource_from_another_address) {
  put(1, wanted());
  auto r = request(dots_request::method::put, 1);
  r.body = body(wanted());
  r.from.address = "203.0.113.9:5000";
  r.from.session = 2;
  EXPECT_EQ(send(r).code, 0x44);
  EXPECT_THAT(site->rules, SizeIs(1));
}

// SIG-393, ARCH-207, ARCH-227
TEST_F(client_rights_test, requests_beyond_the_customers_rate_are_turned_away) {
  int refused = 0;
  for (int i = 0; i < 200; ++i)
    refused += get(1).code == 0xA3;
  EXPECT_GT(refused, 100);
  EXPECT_FALSE(text(get(1)).empty()) << "SIG-017";
  advance(60s);
  EXPECT_EQ(get(1).code, 0x84);
}

} // namespace

} // namespace tocsin::actors
