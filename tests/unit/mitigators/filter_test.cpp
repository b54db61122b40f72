#include "mitigators/filter.hpp"

#include "mitigators/protocol.hpp"
#include "tests/unit/mitigators/make.hpp"

#include <gtest/gtest.h>

namespace tocsin::mitigators {

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
namespace fragment = protocol::data::fragment;

/// A set with each field of a match.
filter_set full_set() {
  auto a = make_entry("a-1", {"192.0.2.0/24", "198.51.100.7"});
  a.what = filter_action::rate;
  a.rate = 125'000;
  ip_match v4;
  v4.source = net("203.0.113.0/24");
  v4.protocol = 6;
  v4.length = 1500;
  v4.dscp = 46;
  v4.ecn = 3;
  v4.ttl = 255;
  v4.fragment = bits_match{true, true, fragment::df | fragment::lf};
  a.match.ip = v4;
  a.match.l4 = tcp_match{
      {{{1, 1024}, false}}, {{{80, 80}, true}}, bits_match{false, true, 0x812}};
  auto b = make_entry("b", {"2001:db8::/32"});
  b.what = filter_action::accept;
  ip_match v6;
  v6.family = prefix::family::ipv6;
  v6.fragment = bits_match{false, false, fragment::isf | fragment::ff};
  b.match.ip = v6;
  b.match.l4 = udp_match{{}, {{{53, 53}, false}}, 512};
  auto c = make_entry("c", {"192.0.2.0/24", "2001:db8::/32"});
  c.match.l4 = icmp_match{8, 0};
  auto d = make_entry("d", {"192.0.2.1"});
  d.match.l4 = tcp_match{{}, {}, bits_match{true, false, 0}};
  return make_filters("c1-f", {a, b, c, d, make_entry("e", {"::/0"})});
}

ec refusal(std::string_view sets) {
  auto x = decode_order(R"({"type":"install","seq":1,"rules":[],"filters":[)"
                        + std::string{sets} + "]}");
  return x ? ec::none : x.error().code;
}

/// A set of one entry with this JSON as its match.
std::string matching(std::string_view match) {
  return R"({"id":"f","entries":[{"id":"1","action":"drop",)"
         R"("destinations":["192.0.2.0/24"],"match":)"
         + std::string{match} + "}]}";
}

} // namespace

TEST(filter_codec, every_field_survives_the_wire) {
  to_driver::sync part{7, {test::make_rule("r", {"::/0"})}, true, 2};
  part.filters = {full_set(), make_filters("g", {make_entry("1", {"::1"})})};
  auto line = encode(order{part});
  ASSERT_EQ(line.find('\n'), line.size() - 1);
  line.pop_back();
  auto back = decode_order(line);
  ASSERT_TRUE(back) << line << to_string(back.error());
  EXPECT_EQ(*back, order{part}) << line;
}

TEST(filter_codec, reports_about_filters_survive_the_wire) {
  to_node::hello hello{1, "x", true, true, true, true, true, 7, true, 9};
  to_node::counters counters{{{"r", 1, 2}}, {{"f", "1", 3, 4}}};
  for (const auto& x : {report{hello}, report{counters}}) {
    auto line = encode(x);
    line.pop_back();
    auto back = decode_report(line);
    ASSERT_TRUE(back) << line;
    EXPECT_EQ(*back, x) << line;
  }
}

TEST(filter_codec, drivers_and_nodes_without_filters_are_understood) {
  auto hello = decode_report(
      R"({"type":"hello","version":1,"driver":"x","capabilities":{}})");
  ASSERT_TRUE(hello);
  EXPECT_FALSE(std::get<to_node::hello>(*hello).filters);
  EXPECT_EQ(encode(order{to_driver::sync{1, {}}}),
            "{\"type\":\"sync\",\"seq\":1,\"rules\":[]}\n");
}

TEST(filter_codec, sets_beyond_a_line_are_divided) {
  to_driver::install part{3, {}};
  for (int i = 0; i < 3000; ++i)
    part.rules.push_back(
        test::make_rule("r" + std::to_string(i), {"192.0.2.1"}));
  for (int i = 0; i < 100; ++i) {
    std::vector<filter_entry> entries;
    for (int j = 0; j < 700; ++j)
      entries.push_back(make_entry(std::to_string(j), {"192.0.2.0/24"}));
    part.filters.push_back(
        make_filters("f" + std::to_string(i), std::move(entries)));
  }
  auto splitter = make_splitter();
  splitter.push(encode(order{part}));
  to_driver::install back{3, {}};
  std::uint32_t lines = 0;
  while (auto line = splitter.next()) {
    ASSERT_FALSE(line->overlong);
    auto one = std::get<to_driver::install>(*decode_order(line->text));
    EXPECT_EQ(one.part, lines++);
    back.more = one.more;
    std::ranges::move(one.rules, std::back_inserter(back.rules));
    std::ranges::move(one.filters, std::back_inserter(back.filters));
  }
  EXPECT_GT(lines, 1u);
  EXPECT_EQ(back, part);
}

TEST(filter_codec, the_largest_set_fits_a_line) {
  auto big = full_set().entries.front();
  big.destinations.assign(max_set_prefixes / max_set_entries,
                          net("2001:db8:1111:2222:3333:4444:5555:6666"));
  filter_set set{std::string(64, 'f'), {}, std::string(64, '"'), "cuid"};
  for (std::size_t i = 0; i < max_set_entries; ++i) {
    set.entries.push_back(big);
    auto& id = set.entries.back().id;
    id = std::to_string(i);
    id.insert(0, 64 - id.size(), 'x');
  }
  ASSERT_TRUE(check(set));
  EXPECT_LT(encode(set).size() + 128, max_line_octets);
  set.entries.push_back(make_entry("one-more", {"::1"}));
  EXPECT_EQ(check(set).error().code, ec::too_large);
  set.entries.pop_back();
  set.entries.back().destinations.push_back(net("::1"));
  EXPECT_EQ(check(set).error().code, ec::too_large);
}

TEST(filter_codec, what_would_widen_a_match_is_never_passed_over) {
  EXPECT_EQ(refusal(matching("{}")), ec::none);
  for (auto match : {R"({"flow":1})", R"({"tcp":{"window":1}})",
                     R"({"udp":{"ttl":1}})", R"({"icmp":{"rest":1}})",
                     R"({"family":"ipv4","fragment":{"bits":["xf"]}})",
                     R"({"family":"ipv4","fragment":{"bits":[],"more":1}})",
                     R"({"tcp":{"flags":{"bits":1,"operator":"none"}}})",
                     R"({"tcp":{"source":{"lower":1,"upper":2,"step":2}}})",
                     R"({"family":"ipv5"})"})
    EXPECT_EQ(refusal(matching(match)), ec::unsupported) << match;
  EXPECT_EQ(refusal(R"({"id":"f","entries":[],"later":1})"), ec::missing)
      << "outside of a match, unknown members are passed over";
}

TEST(filter_codec, values_out_of_bounds_are_refused) {
  for (auto match :
       {R"({"source":"192.0.2.1"})", R"({"ttl":3})", // without a family
        R"({"family":"ipv4","source":"::1"})",
        R"({"family":"ipv4","source":"192.0.2.1/33"})",
        R"({"family":"ipv4","dscp":64})", R"({"family":"ipv4","ecn":4})",
        R"({"family":"ipv4","ttl":256})", R"({"family":"ipv4","length":65536})",
        R"({"family":"ipv4","protocol":256})",
        R"({"family":"ipv4","fragment":{"operator":"any"}})",
        R"({"tcp":{"flags":{"bits":4096}}})", R"({"tcp":{"flags":{}}})",
        R"({"tcp":{"source":{"lower":2,"upper":1}}})",
        R"({"udp":{"destination":{"lower":2}}})", R"({"udp":{"length":-1}})",
        R"({"icmp":{"type":256}})", R"({"tcp":{},"udp":{}})", R"([])"})
    EXPECT_NE(refusal(matching(match)), ec::none) << match;
}

TEST(filter_codec, sets_and_entries_need_ids_and_destinations) {
  auto entry = [](std::string_view members) {
    return R"({"id":"f","entries":[{)" + std::string{members} + "}]}";
  };
  EXPECT_EQ(refusal(R"({"id":"f","entries":[]})"), ec::missing);
  EXPECT_EQ(refusal(R"({"id":"f"})"), ec::missing);
  for (auto members :
       {R"("action":"drop","destinations":["::/0"],"match":{})",
        R"("id":"1","destinations":["::/0"],"match":{})",
        R"("id":"1","action":"drop","match":{})",
        R"("id":"1","action":"drop","destinations":["::/0"])",
        R"("id":"1","action":"drop","destinations":[],"match":{})",
        R"("id":"1","action":"rate","destinations":["::/0"],)"
        R"("match":{})"})
    EXPECT_EQ(refusal(entry(members)), ec::missing) << members;
  auto good = encode(make_filters("f", {make_entry("1", {"::/0"})}));
  EXPECT_EQ(refusal(good), ec::none);
  EXPECT_EQ(refusal(good + "," + good), ec::conflict);
  auto twice =
      make_filters("f", {make_entry("1", {"::/0"}), make_entry("1", {"::/0"})});
  EXPECT_EQ(check(twice).error().code, ec::conflict);
  EXPECT_EQ(
      check(make_filters("a/b", {make_entry("1", {"::/0"})})).error().code,
      ec::malformed);
  EXPECT_EQ(
      check(make_filters("f", {make_entry("1/2", {"::/0"})})).error().code,
      ec::malformed);
}

TEST(filter_codec, an_id_of_a_rule_is_not_that_of_a_set) {
  auto rule = encode(test::make_rule("f", {"::/0"}));
  auto set = encode(make_filters("f", {make_entry("1", {"::/0"})}));
  auto x = decode_order(R"({"type":"sync","seq":1,"rules":[)" + rule
                        + R"(],"filters":[)" + set + "]}");
  ASSERT_FALSE(x);
  EXPECT_EQ(x.error().code, ec::conflict);
}

// DATA-063, DATA-109
TEST(filter_entry, of_the_data_channel_keeps_its_meaning) {
  protocol::data::active_entry x{"acl", "ace", {net("192.0.2.1")}, {}, {}, {}};
  ip_match ip;
  ip.destination = net("192.0.2.1");
  ip.ttl = 7;
  x.match.ip = ip;
  x.action = protocol::data::forwarding::accept;
  auto accepted = to_filter_entry("1", x);
  EXPECT_EQ(accepted.what, filter_action::accept);
  EXPECT_EQ(accepted.destinations, x.destinations);
  EXPECT_EQ(accepted.match.ip->ttl, 7);
  EXPECT_TRUE(check(make_filters("f", {accepted})));
  x.rate = 12'345; // hundredths
  auto limited = to_filter_entry("1", x);
  EXPECT_EQ(limited.what, filter_action::rate);
  EXPECT_EQ(limited.rate, 123u);
  x.rate.reset();
  x.action = protocol::data::forwarding::drop;
  EXPECT_EQ(to_filter_entry("1", x).what, filter_action::drop);
}

} // namespace tocsin::mitigators
