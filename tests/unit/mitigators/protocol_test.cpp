#include "mitigators/protocol.hpp"
#include "tests/unit/mitigators/make.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tocsin::mitigators {

namespace {

using test::make_rule;
using test::net;

rule full_rule() {
  auto x =
      test::limited(make_rule("c-1_A", {"192.0.2.0/24", "2001:db8::1"}), 250);
  x.ports = {{80, 80}, {8000, 8999}};
  x.protocols = {6, 17};
  x.accept = {{{net("198.51.100.0/24")}, {}, {}}, {{}, {{443, 443}}, {6}}};
  x.customer = "Eve \"the\" customer\n";
  x.cuid = "dz6pHjaADkaFTbjr0JGBpw";
  x.mid = 4294967295;
  return x;
}

std::vector<std::string> lines_of(const std::string& text) {
  protocol::line_splitter splitter{max_line_octets};
  splitter.push(text);
  std::vector<std::string> result;
  while (auto line = splitter.next()) {
    EXPECT_FALSE(line->overlong);
    result.push_back(line->text);
  }
  EXPECT_EQ(splitter.rest(), "") << "the last line has no end";
  return result;
}

template <class Message>
void expect_round_trip(const Message& x) {
  auto lines = lines_of(encode(x));
  ASSERT_EQ(lines.size(), 1u);
  if constexpr (std::is_same_v<Message, order>) {
    auto back = decode_order(lines[0]);
    ASSERT_TRUE(back) << lines[0] << ": " << to_string(back.error());
    EXPECT_EQ(*back, x) << lines[0];
  } else {
    auto back = decode_report(lines[0]);
    ASSERT_TRUE(back) << lines[0] << ": " << to_string(back.error());
    EXPECT_EQ(*back, x) << lines[0];
  }
}

ec refusal(std::string_view line) {
  auto x = decode_order(line);
  return x ? ec::none : x.error().code;
}

std::string install_of(std::string_view rule_json) {
  return R"({"type":"install","seq":1,"rules":[)" + std::string{rule_json}
         + "]}";
}

} // namespace

TEST(driver_protocol, orders_survive_the_wire) {
  expect_round_trip(order{to_driver::hello{1, "edge", "42"}});
  expect_round_trip(order{to_driver::sync{1, {}}});
  expect_round_trip(order{
      to_driver::sync{2, {full_rule(), make_rule("b", {"::/0"})}, true, 3}});
  expect_round_trip(order{to_driver::install{3, {full_rule()}}});
  expect_round_trip(order{to_driver::withdraw{4, {"a", "b"}}});
  expect_round_trip(order{to_driver::bye{}});
}

TEST(driver_protocol, reports_survive_the_wire) {
  expect_round_trip(
      report{to_node::hello{1, "x", true, false, true, true, true, 7}});
  expect_round_trip(report{to_node::done{1, {{"a", ec::too_large, "full"}}}});
  expect_round_trip(
      report{to_node::counters{{{"a", 1, 18446744073709551615u}}}});
  expect_round_trip(report{to_node::counters{
      {{"a", 1, 2, attack::stopped}, {"b", 3, 4, attack::ongoing}}}});
  for (auto x : {to_node::health::ok, to_node::health::degraded,
                 to_node::health::overloaded})
    expect_round_trip(report{to_node::status{x, 3, 4, "words"}});
  expect_round_trip(report{to_node::error{{}, ec::unknown, "what?"}});
  expect_round_trip(report{to_node::error{5, ec::conflict, ""}});
  EXPECT_EQ(encode(report{to_node::error{{}, ec::too_large, "x"}}),
            "{\"type\":\"error\",\"code\":\"too-large\",\"message\":\"x\"}\n");
}

TEST(driver_protocol, an_order_beyond_a_line_is_divided) {
  std::vector<rule> rules;
  for (int i = 0; i < 50; ++i) {
    rules.push_back(full_rule());
    rules.back().id = "id" + std::to_string(i);
    rules.back().customer.assign(100'000, 'x');
  }
  auto lines = lines_of(encode(order{to_driver::sync{9, rules}}));
  ASSERT_GT(lines.size(), 1u);
  std::vector<rule> back;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto part = std::get<to_driver::sync>(*decode_order(lines[i]));
    EXPECT_EQ(part.seq, 9u);
    EXPECT_EQ(part.part, i);
    EXPECT_EQ(part.more, i + 1 < lines.size());
    std::ranges::move(part.rules, std::back_inserter(back));
  }
  EXPECT_EQ(back, rules);
}

TEST(driver_protocol, unknown_members_are_ignored) {
  auto x = decode_order(R"({"type":"bye","later":{"a":[1]},"x":null})");
  ASSERT_TRUE(x);
  EXPECT_TRUE(std::holds_alternative<to_driver::bye>(*x));
}

TEST(driver_protocol, an_unknown_type_is_told_from_a_malformed_line) {
  EXPECT_EQ(refusal(R"({"type":"dance","seq":8})"), ec::unknown);
  EXPECT_EQ(sequence_of(R"({"type":"dance","seq":8})"), 8u);
  for (auto line : {"", "x", "[]", "{", "{} {}", "\"hello\"", "{\"type\":7}",
                    "{\"type\":\"sync\",\"seq\":-1,\"rules\":[]}",
                    "{\"type\":\"sync\",\"seq\":\"1\",\"rules\":[]}"})
    EXPECT_EQ(refusal(line), ec::malformed) << line;
  EXPECT_EQ(sequence_of("x"), std::nullopt);
}

TEST(driver_protocol, mandatory_members_are_missed) {
  for (auto line :
       {"{}", R"({"type":"hello"})", R"({"type":"sync","seq":1})",
        R"({"type":"sync","rules":[]})", R"({"type":"withdraw","seq":1})"})
    EXPECT_EQ(refusal(line), ec::missing) << line;
  for (auto json :
       {R"({"action":"drop","prefixes":["::/0"]})",
        R"({"id":"a","prefixes":["::/0"]})", R"({"id":"a","action":"drop"})",
        R"({"id":"a","action":"drop","prefixes":[]})",
        R"({"id":"a","action":"rate_limit","prefixes":["::/0"]})",
        R"({"id":"a","action":"drop","prefixes":["::/0"],"accept":[{}]})"})
    EXPECT_EQ(refusal(install_of(json)), ec::missing) << json;
}

TEST(driver_protocol, values_out_of_bounds_are_refused) {
  auto with = [](std::string_view member) {
    return install_of(R"({"id":"a","action":"drop","prefixes":["::/0"],)"
                      + std::string{member} + "}");
  };
  EXPECT_EQ(refusal(with(R"("ports":[{"lower":1,"upper":65535}])")), ec::none);
  for (auto member :
       {R"("ports":[{"lower":2,"upper":1}])",
        R"("ports":[{"lower":2,"upper":65536}])", R"("ports":[{"lower":2}])",
        R"("protocols":[256])", R"("protocols":["tcp"])", R"("mid":4294967296)",
        R"("accept":[{"sources":["10.0.0.0/33"]}])"})
    EXPECT_NE(refusal(with(member)), ec::none) << member;
  for (auto id : {"", "a b", "a/b", "\\u0000", "\xc3\xa4"})
    EXPECT_NE(
        refusal(install_of(R"({"id":")" + std::string{id}
                           + R"(","action":"drop","prefixes":["::/0"]})")),
        ec::none)
        << id;
}

TEST(driver_protocol, an_id_occurs_once_in_an_order) {
  auto json = encode(make_rule("a", {"::/0"}));
  EXPECT_EQ(refusal(install_of(json + "," + json)), ec::conflict);
}

TEST(driver_protocol, words_of_a_later_version_do_no_harm) {
  auto status = decode_report(R"({"type":"status","health":"sleepy"})");
  ASSERT_TRUE(status);
  EXPECT_EQ(std::get<to_node::status>(*status).health,
            to_node::health::degraded);
  auto error = decode_report(R"({"type":"error","code":"tired"})");
  ASSERT_TRUE(error);
  EXPECT_EQ(std::get<to_node::error>(*error).code, ec::internal);
}

TEST(driver_protocol, a_line_beyond_the_limit_is_refused) {
  EXPECT_EQ(refusal(std::string(max_line_octets + 1, ' ')), ec::too_large);
}

TEST(driver_protocol, a_rule_without_prefixes_is_never_sent) {
  EXPECT_TRUE(check(full_rule()));
  EXPECT_FALSE(check(make_rule("a", {})));
  EXPECT_FALSE(check(make_rule(std::string(65, 'a'), {"::/0"})));
  EXPECT_TRUE(check(make_rule(std::string(64, 'a'), {"::/0"})));
}

} // namespace tocsin::mitigators
