#include "mitigators/nftables/backend.hpp"
#include "mitigators/nftables/planner.hpp"
#include "tests/unit/mitigators/make.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::mitigators::nftables {

namespace {

using test::make_rule;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class planner_test : public testing::Test {
protected:
  std::string carry_out(change what) {
    auto script = uut.plan(what);
    uut.commit(what);
    return script;
  }
  planner uut{hook_options{}};
};

} // namespace

TEST_F(planner_test, an_equal_rule_costs_nothing) {
  auto x = make_rule("a", {"10.0.0.0/8", "10.1.0.0/16"});
  EXPECT_THAT(carry_out({{x}, {}}), Not(IsEmpty()));
  x.prefixes.pop_back(); // it lay within the other
  x.customer = "renamed";
  EXPECT_THAT(uut.plan({{x}, {}}), IsEmpty());
  EXPECT_THAT(uut.plan({{}, {"unknown"}}), IsEmpty());
  EXPECT_EQ(uut.size(), 1u);
}

TEST_F(planner_test, rules_of_one_prefix_share_a_chain) {
  auto first = carry_out({{make_rule("a", {"10.0.0.0/8"})}, {}});
  EXPECT_THAT(first, HasSubstr(R"(["10.0.0.0",{"jump":{"target":"m_a"}}])"));
  EXPECT_THAT(first, HasSubstr(R"("name":"to4_8")"));
  auto second = carry_out({{make_rule("b", {"10.0.0.0/8"})}, {}});
  EXPECT_THAT(second, HasSubstr(R"({"jump":{"target":"p4_10.0.0.0_8"}})"));
  EXPECT_THAT(second, Not(HasSubstr("dispatch"))) << "no new length";
  auto third = carry_out({{}, {"a"}});
  EXPECT_THAT(third, HasSubstr(R"(["10.0.0.0",{"jump":{"target":"m_b"}}])"));
  EXPECT_THAT(third,
              HasSubstr(R"({"delete":{"chain":{"family":"inet",)"
                        R"("table":"tocsin","name":"p4_10.0.0.0_8"}}})"));
  auto last = carry_out({{}, {"b"}});
  EXPECT_THAT(last, HasSubstr(R"({"delete":{"map")"));
  EXPECT_EQ(uut.size(), 0u);
}

TEST_F(planner_test, a_replaced_rule_keeps_its_counter) {
  carry_out({{make_rule("a", {"10.0.0.0/8"})}, {}});
  auto script =
      carry_out({{test::limited(make_rule("a", {"11.0.0.0/8"}), 9)}, {}});
  EXPECT_THAT(script, Not(HasSubstr(R"({"delete":{"counter")")));
  EXPECT_THAT(script, Not(HasSubstr(R"({"add":{"counter")")));
  EXPECT_THAT(script, HasSubstr(R"({"flush":{"chain")"));
  script = carry_out({{make_rule("a", {"11.0.0.0/8"})}, {}});
  EXPECT_THAT(script, HasSubstr(R"({"delete":{"limit")"));
}

TEST_F(planner_test, a_rebuilt_table_continues_the_counters) {
  auto script =
      uut.rebuild({{make_rule("a", {"10.0.0.0/8"})}, {}}, {{{"a", 5, 50}}, {}});
  EXPECT_THAT(script, HasSubstr(R"("name":"m_a","packets":5,"bytes":50)"));
  EXPECT_THAT(script, HasSubstr(R"({"delete":{"table")"));
}

TEST_F(planner_test, the_difference_is_what_a_sync_has_to_do) {
  auto a = make_rule("a", {"10.0.0.0/8"});
  carry_out({{a, make_rule("b", {"10.0.0.0/8"})}, {}});
  auto what = uut.difference({{a, make_rule("c", {"::/0"})}, {}});
  EXPECT_THAT(what.withdraw, ElementsAre("b"));
  EXPECT_THAT(what.install, ElementsAre(make_rule("c", {"::/0"})));
}

TEST(nftables_listing, counters_of_others_are_passed_over) {
  auto totals = parse_counters(
      R"({"nftables":[{"metainfo":{}},{"counter":{"name":"m_x","packets":1,)"
      R"("bytes":2}},{"counter":{"name":"other","packets":1,"bytes":2}}]})");
  ASSERT_TRUE(totals);
  EXPECT_THAT(totals->rules, ElementsAre(rule_counters{"x", 1, 2}));
  EXPECT_THAT(totals->filters, IsEmpty());
  EXPECT_FALSE(parse_counters("garbage"));
}

TEST(nftables_listing, counters_of_a_long_name_are_read_whole) {
  auto totals = parse_counters(
      R"({"nftables":[{"counter":{"name":"m_0123456789abcdef01234567-42",)"
      R"("packets":1,"bytes":2}}]})");
  ASSERT_TRUE(totals);
  ASSERT_EQ(totals->rules.size(), 1u);
  EXPECT_EQ(totals->rules.front().id, "0123456789abcdef01234567-42");
}

TEST(nftables_listing, counters_of_entries_are_told_from_those_of_rules) {
  auto totals = parse_counters(
      R"({"nftables":[{"counter":{"name":"f_set-1/7","packets":1,"bytes":2}},)"
      R"({"counter":{"name":"f_","packets":1,"bytes":2}}]})");
  ASSERT_TRUE(totals);
  EXPECT_THAT(totals->rules, IsEmpty());
  EXPECT_THAT(totals->filters, ElementsAre(entry_counters{"set-1", "7", 1, 2}));
}

} // namespace tocsin::mitigators::nftables
