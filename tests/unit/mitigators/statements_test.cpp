#include "mitigators/nftables/statements.hpp"
#include "tests/unit/mitigators/make.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::mitigators::nftables {

namespace {

using test::make_rule;
using test::net;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> rules_of(rule x) {
  return chain_rules({"t"}, normalized(std::move(x)));
}

} // namespace

TEST(nftables_statements, a_rule_without_services_matches_all_traffic) {
  EXPECT_THAT(
      rules_of(make_rule("a", {"10.0.0.0/8"})),
      ElementsAre(R"({"add":{"rule":{"family":"inet","table":"t",)"
                  R"("chain":"m_a","expr":[{"counter":"m_a"},{"drop":null}],)"
                  R"("comment":"mitigation a"}}})"));
}

TEST(nftables_statements, ports_alone_mean_the_protocols_with_ports) {
  auto x = make_rule("a", {"10.0.0.0/8"});
  x.ports = {{80, 80}};
  auto rules = rules_of(x);
  ASSERT_EQ(rules.size(), 1u);
  EXPECT_THAT(rules[0], HasSubstr("@with_ports"));
  EXPECT_THAT(rules[0], HasSubstr(R"("field":"dport"}},"right":80)"));
}

TEST(nftables_statements, ports_do_not_narrow_a_protocol_without_ports) {
  auto x = make_rule("a", {"10.0.0.0/8"});
  x.ports = {{80, 80}};
  x.protocols = {1, 17};
  auto rules = rules_of(x);
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_THAT(rules[0], HasSubstr(R"("right":17)"));
  EXPECT_THAT(rules[0], HasSubstr("dport"));
  EXPECT_THAT(rules[1], HasSubstr(R"("right":1})"));
  EXPECT_THAT(rules[1], Not(HasSubstr("dport")));
}

TEST(nftables_statements, few_values_become_rules_and_many_a_set) {
  auto x = make_rule("a", {"10.0.0.0/8"});
  x.protocols = {6, 17};
  x.ports = {{1, 1}, {3, 3}, {5, 5}, {7, 7}};
  EXPECT_THAT(rules_of(x), Each(Not(HasSubstr(R"("set")"))));
  EXPECT_EQ(rules_of(x).size(), 8u);
  x.ports.push_back({9, 12});
  auto rules = rules_of(x);
  ASSERT_EQ(rules.size(), 1u);
  EXPECT_THAT(rules[0], HasSubstr(R"({"set":[1,3,5,7,{"range":[9,12]}]})"));
}

TEST(nftables_statements, exemptions_return_before_anything_is_dropped) {
  auto x = make_rule("a", {"10.0.0.0/8"});
  x.accept = {{{net("192.0.2.1"), net("2001:db8::/32")}, {{443, 443}}, {6}}};
  auto rules = rules_of(x);
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_THAT(rules[0], HasSubstr(R"("protocol":"ip","field":"saddr")"));
  EXPECT_THAT(rules[0], HasSubstr(R"("right":"192.0.2.1")"));
  EXPECT_THAT(rules[1], HasSubstr(R"("protocol":"ip6","field":"saddr")"));
  for (auto i : {0, 1}) {
    EXPECT_THAT(rules[i], HasSubstr(R"({"return":null})"));
    EXPECT_THAT(rules[i], HasSubstr("443"));
  }
  EXPECT_THAT(rules[2], HasSubstr("drop"));
}

TEST(nftables_statements, what_passes_the_limit_is_not_counted_as_dropped) {
  auto rules = rules_of(test::limited(make_rule("a", {"10.0.0.0/8"}), 100));
  ASSERT_EQ(rules.size(), 1u);
  EXPECT_LT(rules[0].find("limit"), rules[0].find("counter"));
}

TEST(nftables_statements, a_rate_of_zero_lets_nothing_pass) {
  auto x = normalized(test::limited(make_rule("a", {"10.0.0.0/8"}), 0));
  EXPECT_EQ(x.what, action::drop);
}

TEST(nftables_statements, a_packet_meets_a_rule_once) {
  auto x = make_rule("a", {"10.0.0.0/8", "10.1.0.0/16", "::/0", "10.0.0.0/8",
                           "2001:db8::1", "9.0.0.0/8"});
  EXPECT_EQ(normalized(x).prefixes,
            make_rule("a", {"9.0.0.0/8", "10.0.0.0/8", "::/0"}).prefixes);
  x.ports = {{5, 9}, {1, 4}, {7, 20}, {65535, 65535}};
  using ranges = std::vector<protocol::signal::port_range>;
  EXPECT_EQ(normalized(x).ports, (ranges{{1, 20}, {65535, 65535}}));
}

TEST(nftables_statements, names_lead_back_to_ids) {
  EXPECT_EQ(id_of(chain_name("a-b")), "a-b");
  EXPECT_EQ(id_of("dispatch"), "");
}

} // namespace tocsin::mitigators::nftables
