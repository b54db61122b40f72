#include "mitigators/nftables/filter_statements.hpp"
#include "mitigators/nftables/fragments.hpp"
#include "mitigators/nftables/planner.hpp"
#include "tests/unit/mitigators/make.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::mitigators::nftables {

namespace {

using protocol::data::bits_match;
using protocol::data::icmp_match;
using protocol::data::ip_match;
using protocol::data::prefix;
using protocol::data::tcp_match;
using protocol::data::udp_match;
using test::make_entry;
using test::make_filters;
using test::net;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
namespace fragment = protocol::data::fragment;

constexpr auto v4 = prefix::family::ipv4;
constexpr auto v6 = prefix::family::ipv6;

/// The rules of a set with this entry alone.
std::vector<std::string> rules_of(filter_entry x, prefix::family family = v4) {
  return filter_rules({"t"}, normalized(make_filters("f", {std::move(x)})),
                      family);
}

filter_entry with_tcp(tcp_match x) {
  auto entry = make_entry("1", {"192.0.2.0/24"});
  entry.match.l4 = x;
  return entry;
}

class filter_planner_test : public testing::Test {
protected:
  std::string install(filter_set x) {
    change what{{}, {}, {std::move(x)}};
    auto script = uut.plan(what);
    uut.commit(what);
    return script;
  }
  std::string withdraw(std::string id) {
    change what{{}, {std::move(id)}};
    auto script = uut.plan(what);
    uut.commit(what);
    return script;
  }
  planner uut{hook_options{}};
};

} // namespace

TEST(filter_statements, an_entry_without_a_match_takes_all_packets) {
  EXPECT_THAT(rules_of(make_entry("1", {"192.0.2.0/24"})),
              ElementsAre(R"({"add":{"rule":{"family":"inet","table":"t",)"
                          R"("chain":"f4_f","expr":[{"counter":"f_f/1"},)"
                          R"({"drop":null}]}}})"));
  EXPECT_THAT(rules_of(make_entry("1", {"192.0.2.0/24"}), v6), IsEmpty());
}

// DATA-063
TEST(filter_statements, a_rate_counts_all_and_drops_what_is_beyond) {
  auto x = make_entry("1", {"192.0.2.0/24"});
  x.what = filter_action::rate;
  x.rate = 1000;
  auto rules = rules_of(x);
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_THAT(rules[0], HasSubstr(R"([{"counter":"f_f/1"},)"
                                  R"({"limit":"r_f/1/1000"},{"drop":null}])"));
  EXPECT_THAT(rules[1], HasSubstr(R"("expr":[{"accept":null}])"));
}

// DATA-109
TEST(filter_statements, impossible_rates_are_replaced_by_what_they_mean) {
  auto x = make_entry("1", {"192.0.2.0/24"});
  x.what = filter_action::rate;
  auto set = normalized(make_filters("f", {x}));
  EXPECT_EQ(set.entries[0].what, filter_action::drop);
  x.rate = max_octet_rate + 1;
  set = normalized(make_filters("f", {x}));
  EXPECT_EQ(set.entries[0].what, filter_action::accept);
}

TEST(filter_statements, a_destination_is_compared_once) {
  auto wide = make_entry("1", {"192.0.2.0/24", "192.0.2.1", "2001:db8::/32"});
  auto narrow = make_entry("2", {"192.0.2.128/25", "2001:db8::/32"});
  auto set = normalized(make_filters("f", {wide, narrow}));
  EXPECT_THAT(scope_of(set, v4), ElementsAre(net("192.0.2.0/24")));
  auto rules = filter_rules({"t"}, set, v4);
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_THAT(rules[0], Not(HasSubstr("daddr"))) << "the dispatch has done it";
  EXPECT_THAT(rules[1], HasSubstr(R"("addr":"192.0.2.128","len":25)"));
  for (const auto& x : filter_rules({"t"}, set, v6))
    EXPECT_THAT(x, Not(HasSubstr("daddr")));
}

TEST(filter_statements, a_family_excludes_the_other) {
  auto x = make_entry("1", {"192.0.2.0/24", "2001:db8::/32"});
  ip_match ip;
  ip.family = v6;
  ip.ttl = 9;
  ip.source = net("2001:db8:1::/48");
  x.match.ip = ip;
  EXPECT_THAT(rules_of(x, v4), IsEmpty());
  EXPECT_THAT(scope_of(normalized(make_filters("f", {x})), v4), IsEmpty());
  auto rules = rules_of(x, v6);
  ASSERT_EQ(rules.size(), 1u);
  EXPECT_THAT(rules[0], HasSubstr(R"("field":"hoplimit"}},"right":9)"));
  EXPECT_THAT(rules[0], HasSubstr(R"("protocol":"ip6","field":"saddr")"));
}

// DATA-076, DATA-095, DATA-100, DATA-196
TEST(filter_statements, flags_are_compared_in_twelve_bits) {
  auto is_compared = [](bits_match x, std::string_view op,
                        std::string_view mask, std::string_view right) {
    auto rules = rules_of(with_tcp({{}, {}, x}));
    ASSERT_EQ(rules.size(), 1u);
    EXPECT_THAT(rules[0],
                HasSubstr(R"({"match":{"op":")" + std::string{op}
                          + R"(","left":{"&":[{"payload":{"base":"th",)"
                            R"("offset":96,"len":16}},)"
                          + std::string{mask} + R"(]},"right":)"
                          + std::string{right} + "}}"));
  };
  is_compared({false, false, 2}, "==", "2", "2");
  is_compared({false, true, 0x802}, "!=", "2050", "2050");
  is_compared({true, false, 5}, "!=", "5", "0");
  is_compared({true, true, 4095}, "==", "4095", "0");
}

TEST(filter_statements, a_match_that_nothing_fulfils_has_no_rules) {
  EXPECT_THAT(rules_of(with_tcp({{}, {}, bits_match{true, false, 0}})),
              IsEmpty());
  EXPECT_THAT(rules_of(with_tcp({{}, {}, bits_match{false, true, 0}})),
              IsEmpty());
  EXPECT_THAT(rules_of(with_tcp({{{{0, 65535}, true}}, {}, {}})), IsEmpty());
  auto x = with_tcp({});
  x.match.ip.emplace().protocol = 17;
  EXPECT_THAT(rules_of(x), IsEmpty());
  x.match.ip->protocol = 6;
  EXPECT_THAT(rules_of(x), SizeIs(1));
  x.match.ip->fragment = bits_match{true, false, 0};
  EXPECT_THAT(rules_of(x), IsEmpty());
}

// DATA-067, DATA-072
TEST(filter_statements, icmp_is_what_its_family_calls_so) {
  auto x = make_entry("1", {"192.0.2.0/24", "2001:db8::/32"});
  x.match.l4 = icmp_match{8, 0};
  auto rules = rules_of(x, v4);
  ASSERT_EQ(rules.size(), 1u);
  EXPECT_THAT(rules[0], HasSubstr(R"("l4proto"}},"right":1})"));
  EXPECT_THAT(rules_of(x, v6).at(0), HasSubstr(R"("l4proto"}},"right":58})"));
}

// DATA-075, DATA-098
TEST(filter_statements, fragments_cost_no_more_rules_than_needed) {
  auto count = [](bits_match x, prefix::family family) {
    return fragment_clauses(x, family, false).size();
  };
  for (auto family : {v4, v6}) {
    EXPECT_EQ(count({false, false, fragment::isf}, family), 1u);
    EXPECT_EQ(count({false, true, fragment::isf}, family), 1u);
    EXPECT_EQ(count({false, false, fragment::ff}, family), 1u);
    EXPECT_EQ(count({true, false, fragment::ff | fragment::lf}, family), 2u);
  }
  EXPECT_EQ(count({false, false, fragment::df}, v4), 1u);
  EXPECT_EQ(count({false, false, fragment::df}, v6), 0u);
  EXPECT_EQ(count({false, true, fragment::df}, v6), 1u);
}

// DATA-075
TEST(filter_statements, a_later_fragment_is_not_asked_for_ports) {
  tcp_match ports;
  ports.destination = {{80, 80}, false};
  EXPECT_THAT(rules_of(with_tcp(ports)),
              ElementsAre(HasSubstr(R"("frag-off"}},8191]},"right":0})")));
  EXPECT_THAT(rules_of(with_tcp({})), ElementsAre(Not(HasSubstr("frag-off"))));
  auto x = make_entry("1", {"2001:db8::/32"});
  x.match.l4 = ports;
  EXPECT_THAT(rules_of(x, v6),
              ElementsAre(HasSubstr(R"("field":"frag-off"}},"right":0})"),
                          HasSubstr(R"({"name":"frag"}},"right":false})")));
}

TEST(filter_statements, two_inequalities_stay_two) {
  auto rules = rules_of(with_tcp({{{{1, 1}, true}}, {{{2, 2}, true}}, {}}));
  ASSERT_EQ(rules.size(), 1u);
  EXPECT_THAT(rules[0], HasSubstr(R"("right":{"range":[1,1]}})"));
  EXPECT_THAT(rules[0], HasSubstr(R"("right":{"range":[2,2]}})"));
}

TEST(filter_statements, counters_lead_back_to_entries) {
  auto name = entry_counter("set_1", "e-2");
  EXPECT_EQ(entry_of(name),
            (std::pair<std::string, std::string>{"set_1", "e-2"}));
  EXPECT_FALSE(entry_of("m_set"));
  EXPECT_FALSE(entry_of("f_set"));
}

TEST_F(filter_planner_test, filters_come_before_mitigations) {
  auto script = uut.rebuild({}, {});
  auto filters = script.find(R"("jump":{"target":"filters"})");
  auto rules = script.find(R"("jump":{"target":"dispatch"})");
  ASSERT_NE(filters, std::string::npos);
  EXPECT_LT(filters, rules);
}

TEST_F(filter_planner_test, an_equal_set_costs_nothing) {
  auto x = make_filters("f", {make_entry("1", {"192.0.2.0/24", "192.0.2.7"})});
  EXPECT_THAT(install(x), HasSubstr(R"(["192.0.2.0",{"jump":{"target":)"
                                    R"("f4_f"}}])"));
  x.entries[0].destinations.pop_back();
  x.cuid = "renamed";
  EXPECT_THAT(install(x), IsEmpty());
  EXPECT_EQ(uut.filters().entries(), 1u);
}

TEST_F(filter_planner_test, a_replaced_set_keeps_the_counters_of_its_entries) {
  auto x = make_filters(
      "f", {make_entry("1", {"192.0.2.0/24"}), make_entry("2", {"192.0.2.1"})});
  install(x);
  std::swap(x.entries[0], x.entries[1]);
  x.entries[1] = make_entry("3", {"192.0.2.0/24"});
  auto script = install(x);
  EXPECT_THAT(script, HasSubstr(R"({"flush":{"chain")"));
  EXPECT_THAT(script, HasSubstr(R"({"add":{"counter":{"family":"inet",)"
                                R"("table":"tocsin","name":"f_f/3"}}})"));
  EXPECT_THAT(script, HasSubstr(R"({"delete":{"counter":{"family":"inet",)"
                                R"("table":"tocsin","name":"f_f/1"}}})"));
  EXPECT_THAT(script, Not(HasSubstr(R"("name":"f_f/2"}})")));
  EXPECT_THAT(script, Not(HasSubstr("element"))) << "the scope is the same";
  EXPECT_EQ(uut.filters().entries(), 2u);
}

TEST_F(filter_planner_test, a_set_that_leaves_a_family_loses_its_chain) {
  auto x = make_filters("f", {make_entry("1", {"192.0.2.0/24", "::/0"})});
  x.entries[0].what = filter_action::rate;
  x.entries[0].rate = 5;
  EXPECT_THAT(install(x), HasSubstr(R"("name":"f6_f")"));
  x.entries[0].destinations.pop_back();
  x.entries[0].rate = 6;
  auto script = install(x);
  EXPECT_THAT(script, HasSubstr(R"({"delete":{"chain":{"family":"inet",)"
                                R"("table":"tocsin","name":"f6_f"}}})"));
  EXPECT_THAT(script, HasSubstr(R"("name":"r_f/1/6","rate":6,)"));
  EXPECT_THAT(script, HasSubstr(R"({"delete":{"limit":{"family":"inet",)"
                                R"("table":"tocsin","name":"r_f/1/5"}}})"));
  script = withdraw("f");
  EXPECT_THAT(script, HasSubstr(R"("name":"r_f/1/6"}})"));
  EXPECT_THAT(script, HasSubstr(R"("name":"f4_f"}})"));
  EXPECT_EQ(uut.filters().entries(), 0u);
  EXPECT_FALSE(uut.has("f"));
}

TEST_F(filter_planner_test, a_rebuilt_table_continues_the_counters) {
  auto script =
      uut.rebuild({{}, {make_filters("f", {make_entry("1", {"::/0"})})}},
                  {{}, {{"f", "1", 5, 50}, {"g", "1", 6, 60}}});
  EXPECT_THAT(script, HasSubstr(R"("name":"f_f/1","packets":5,"bytes":50)"));
  EXPECT_THAT(script, Not(HasSubstr("f_g")));
}

TEST_F(filter_planner_test, the_difference_is_what_a_sync_has_to_do) {
  auto f = make_filters("f", {make_entry("1", {"::/0"})});
  auto g = make_filters("g", {make_entry("1", {"::/0"})});
  auto h = make_filters("h", {make_entry("1", {"::/0"})});
  install(f);
  install(g);
  auto what = uut.difference({{}, {f, h}});
  EXPECT_THAT(what.withdraw, ElementsAre("g"));
  EXPECT_THAT(what.filters, ElementsAre(h));
}

} // namespace tocsin::mitigators::nftables
