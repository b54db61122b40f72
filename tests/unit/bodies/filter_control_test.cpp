#include "protocol/signal/codec.hpp"
#include "protocol/signal/json.hpp"
#include "protocol/signal/response.hpp"
#include "protocol/signal/scope.hpp"
#include "protocol/signal/validate.hpp"
#include "tests/unit/bodies/hex.hpp"

#include <gtest/gtest.h>

/// The acl-list of RFC 9133 in bodies.
namespace tocsin::protocol::signal {

using test::hex;
using test::text_item;
using test::unhex;

namespace {

constexpr auto request = direction::request;
constexpr auto response = direction::response;

mitigation wanted(std::vector<filter_control> acls) {
  mitigation x;
  x.what.prefixes = {*prefix::parse("192.0.2.1/32")};
  x.lifetime = 3600;
  x.acls = std::move(acls);
  return x;
}

/// A request for 192.0.2.1/32 with these octets for its acl-list.
std::string with_list(std::string_view list) {
  return "A1 01 A1 02 81 A3 06 81" + text_item("192.0.2.1/32")
         + "0E 19 0E10 18 35" + std::string{list};
}

result<void> judge(std::string_view list) {
  auto r = decode(unhex(with_list(list)), request);
  if (!r)
    return r.error();
  return validate_request(std::get<mitigation_scope>(*r));
}

std::string in_json(std::string_view list) {
  return R"({"ietf-dots-signal-channel:mitigation-scope":{"scope":[{)"
         R"("target-prefix":["192.0.2.1/32"],"lifetime":3600,)"
         R"("ietf-dots-signal-control:acl-list":)"
         + std::string{list} + "}]}}";
}

} // namespace

// FILT-011, FILT-013
TEST(filter_control, has_key_53_in_a_scope_and_keys_23_and_52_in_its_entries) {
  auto x = wanted({{"an-accept-list", activation::deactivate},
                   {"a-drop-list", activation::immediate}});
  auto octets = with_list("82 A2 17" + text_item("an-accept-list") + "18 34 03"
                          + "A2 17" + text_item("a-drop-list") + "18 34 02");
  EXPECT_EQ(hex(encode(mitigation_scope{{x}})), hex(unhex(octets)));
  auto r = decode(unhex(octets), request);
  ASSERT_TRUE(r) << to_string(r.error());
  EXPECT_TRUE(*r == body{mitigation_scope{{x}}});
}

// FILT-016
TEST(filter_control, without_activation_type_means_while_mitigating) {
  auto r = decode(unhex(with_list("81 A1 17 61 61")), request);
  ASSERT_TRUE(r) << to_string(r.error());
  const auto& acls = std::get<mitigation_scope>(*r).scope.at(0).acls;
  ASSERT_EQ(acls.size(), 1u);
  EXPECT_EQ(acls[0].when, std::nullopt);
  EXPECT_EQ(when_of(acls[0]), activation::activate_when_mitigating);
}

// FILT-009, FILT-015, FILT-016, FILT-017
TEST(filter_control, is_refused_where_it_makes_no_sense) {
  struct {
    std::string_view list;
    ec code;
    std::string_view where;
  } rows[]{
      {"81 A1 18 34 02", ec::missing, "acl-name"},
      {"81 A0", ec::missing, "acl-name"},
      {"81 A2 17 60 18 34 02", ec::malformed, "acl-name"},
      {"81 A2 17 05 18 34 02", ec::malformed, "acl-name"},
      {"81 A2 17 61 09 18 34 02", ec::malformed, "acl-name"},
      {"81 A2 17 61 61 18 34 00", ec::out_of_range, "activation-type"},
      {"81 A2 17 61 61 18 34 04", ec::out_of_range, "activation-type"},
      {"81 A2 17 61 61 18 34 20", ec::out_of_range, "activation-type"},
      {"81 A2 17 61 61 18 34 61 32", ec::malformed, "activation-type"},
      {"80", ec::malformed, "ietf-dots-signal-control:acl-list"},
      {"A0", ec::malformed, "ietf-dots-signal-control:acl-list"},
      {"81 61 61", ec::malformed, "ietf-dots-signal-control:acl-list"},
      {"81 A2 17 61 61 17 61 62", ec::malformed, "acl-name"},
      {"82 A1 17 61 61 A2 17 61 61 18 34 03", ec::malformed, "acl-name"},
      {"81 A2 17 61 61 18 18 61 62", ec::malformed, "acl-type"},
  };
  for (const auto& row : rows) {
    auto r = judge(row.list);
    ASSERT_FALSE(r) << row.list;
    EXPECT_EQ(r.error().code, row.code) << to_string(r.error());
    EXPECT_EQ(r.error().where, row.where) << to_string(r.error());
    EXPECT_EQ(code_of(r.error().code), response_code::bad_request);
  }
  EXPECT_TRUE(judge("82 A1 17 61 61 A2 17 61 62 18 34 03"));
  EXPECT_NE(diagnostic(judge("82 A1 17 61 61 A1 17 61 61").error())
                .find("'a' is in the list more than once"),
            std::string::npos);
}

TEST(filter_control, names_a_limited_number_of_acls) {
  std::vector<filter_control> many;
  for (std::size_t i = 0; i <= max_filter_controls; ++i)
    many.push_back({"acl-" + std::to_string(i), activation::deactivate});
  EXPECT_EQ(validate_filters(many).error().code, ec::too_large);
  many.pop_back();
  EXPECT_TRUE(validate_filters(many));
}

// FILT-014, FILT-056
TEST(filter_control, is_not_the_acl_list_of_a_conflict) {
  // Key 22 in a request, and key 53 in a conflict-scope.
  auto r = decode(unhex("A1 01 A1 02 81 A1 16 81 A1 17 61 61"), request);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().where, "acl-list");
  r = decode(unhex("A1 01 A1 02 81 A1 11 A1 15 A1 18 35 81 A1 17 61 61"),
             response);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().where, "ietf-dots-signal-control:acl-list");
  r = decode(unhex("A1 01 A1 02 81 A1 11 A2 13 02 15 A1 16 81 A2 17 61 61"
                   "18 18 6D"
                   + hex(std::string_view{"ipv4-acl-type"})),
             response);
  ASSERT_TRUE(r) << to_string(r.error());
  const auto& x = std::get<mitigation_scope>(*r).scope.at(0);
  EXPECT_TRUE(x.acls.empty());
  EXPECT_EQ(x.conflict->cause, conflict_cause::acceptlist);
  EXPECT_EQ(x.conflict->scope->acls,
            (std::vector<conflict_scope::acl>{{"a", "ipv4-acl-type"}}));
}

// FILT-012
TEST(filter_control, has_the_names_of_its_module_in_json) {
  auto x = wanted({{"an-accept-list", activation::deactivate}, {"b", {}}});
  auto text = to_json(mitigation_scope{{x}});
  EXPECT_NE(text.find(R"("ietf-dots-signal-control:acl-list":[{)"
                      R"("acl-name":"an-accept-list",)"
                      R"("activation-type":"deactivate"},{"acl-name":"b"}])"),
            std::string::npos)
      << text;
  // go-dots puts the prefix before the children, too.
  for (auto list :
       {R"([{"acl-name":"an-accept-list","activation-type":"deactivate"},
            {"acl-name":"b"}])",
        R"([{"ietf-dots-signal-control:acl-name":"an-accept-list",
             "ietf-dots-signal-control:activation-type":"deactivate"},
            {"ietf-dots-signal-control:acl-name":"b"}])"}) {
    auto r = from_json(in_json(list), request);
    ASSERT_TRUE(r) << to_string(r.error());
    EXPECT_TRUE(*r == body{mitigation_scope{{x}}});
  }
  for (auto list : {R"([{"acl-name":"a","activation-type":"now"}])",
                    R"([{"ietf-dots-signal-control:lifetime":1}])",
                    R"([{"acl-name":"a","activation-type":2}])"})
    EXPECT_FALSE(from_json(in_json(list), request)) << list;
}

// FILT-047
TEST(filter_control, that_failed_is_told_with_its_mid) {
  EXPECT_EQ(hex(encode(filters_failed(
                125, {{"an-accept-list", activation::deactivate}}))),
            hex(unhex("A1 01 A1 02 81 A2 05 18 7D 18 35 81 A2 17"
                      + text_item("an-accept-list") + "18 34 03")));
}

// FILT-052, FILT-053
TEST(filter_control, is_told_with_any_content) {
  auto x = wanted({{"a", activation::immediate}});
  x.mid = 7;
  for (auto filter : {content_filter::all, content_filter::configuration,
                      content_filter::non_configuration}) {
    auto r = decode(encode(mitigation_list({x}, filter)), response);
    ASSERT_TRUE(r) << to_string(r.error());
    EXPECT_EQ(std::get<mitigation_scope>(*r).scope.at(0).acls, x.acls);
  }
}

// FILT-024, FILT-031, FILT-032, FILT-033
TEST(filter_control, is_repeated_by_a_refresh_or_left_out) {
  auto original = wanted({{"a", {}}, {"b", activation::deactivate}});
  EXPECT_TRUE(equal_request(original, original));
  auto refresh = wanted({{"b", activation::deactivate},
                         {"a", activation::activate_when_mitigating}});
  EXPECT_TRUE(equal_request(original, refresh));
  auto efficacy = wanted({});
  efficacy.attack = attack_status::under_attack;
  EXPECT_TRUE(equal_request(original, efficacy));
  EXPECT_FALSE(equal_request(efficacy, original)) << "added to a known mid";
  refresh.acls[0].when = activation::immediate;
  EXPECT_FALSE(equal_request(original, refresh));
  refresh = original;
  refresh.acls.pop_back();
  EXPECT_FALSE(equal_request(original, refresh));
}

} // namespace tocsin::protocol::signal
