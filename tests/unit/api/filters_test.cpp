#include "actors/api.hpp"

#include <gmock/gmock.h>

/// Filter control in the operator API.
namespace tocsin::actors {
namespace {

using protocol::signal::activation;
using protocol::signal::filter_control;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<filter_control> two{
    {"friends", activation::deactivate},
    {"slow", activation::activate_when_mitigating}};

} // namespace

TEST(api_filters, of_a_running_mitigation_are_read_as_they_are_written) {
  auto call = parse_request("PUT", "/v1/mitigations/7?peer=provider&wait=5",
                            to_json(two));
  ASSERT_TRUE(call) << to_string(call.error());
  const auto& x = std::get<control_filters>(*call);
  EXPECT_EQ(x.name.mid, 7u);
  EXPECT_EQ(x.name.peer, "provider");
  EXPECT_EQ(x.wait, std::chrono::seconds{5});
  EXPECT_EQ(x.acls, two);
}

TEST(api_filters, of_an_order_are_read_as_they_are_written) {
  order_body order;
  order.what.fqdns = {"www.example.com"};
  order.filters = two;
  auto call = parse_request("POST", "/v1/mitigations", to_json(order));
  ASSERT_TRUE(call) << to_string(call.error());
  EXPECT_EQ(std::get<create_mitigation>(*call).order.filters, two);
}

TEST(api_filters, that_make_no_sense_are_refused) {
  struct {
    const char* list;
    ec code;
    const char* where;
  } rows[]{
      {"[]", ec::missing, "acl-list"},
      {"{}", ec::malformed, "acl-list"},
      {R"(["friends"])", ec::malformed, "acl-list"},
      {R"([{"acl-name":"friends"}])", ec::missing, "activation-type"},
      {R"([{"activation-type":"immediate"}])", ec::missing, "acl-name"},
      {R"([{"acl-name":"a","activation-type":"off"}])", ec::out_of_range,
       "activation-type"},
      {R"([{"acl-name":"","activation-type":"immediate"}])", ec::out_of_range,
       "acl-name"},
      {R"([{"acl-name":"a","acl-type":"b"}])", ec::unknown, "acl-type"},
      {R"([{"acl-name":"a","activation-type":"immediate"},
           {"acl-name":"a","activation-type":"deactivate"}])",
       ec::malformed, "acl-name"},
  };
  for (const auto& row : rows) {
    auto call = parse_request("PUT", "/v1/mitigations/7",
                              R"({"acl-list":)" + std::string{row.list} + "}");
    ASSERT_FALSE(call) << row.list;
    EXPECT_EQ(call.error().code, row.code) << row.list;
    EXPECT_EQ(call.error().where, row.where) << row.list;
  }
  EXPECT_FALSE(parse_request(
      "PUT", "/v1/mitigations/7",
      R"({"attack-status":"under-attack","acl-list":[{"acl-name":"a",
          "activation-type":"immediate"}]})"))
      << "two orders in one";
}

// FILT-053
TEST(api_filters, are_shown_with_their_mitigation_and_its_conflict) {
  mitigation_view x;
  EXPECT_THAT(to_json(x), testing::Not(HasSubstr("acl-")));
  x.filters = two;
  x.switched = {{"friends", activation::immediate}};
  x.conflict = protocol::signal::acceptlist_conflict({{"friends", "t"}});
  auto text = to_json(x);
  EXPECT_THAT(
      text,
      HasSubstr(
          R"("acl-list":[{"acl-name":"friends","activation-type":"deactivate"},)"
          R"({"acl-name":"slow",)"
          R"("activation-type":"activate-when-mitigating"}])"));
  EXPECT_THAT(text, HasSubstr(R"("acl-switched":[{"acl-name":"friends",)"
                              R"("activation-type":"immediate"}])"));
  EXPECT_THAT(text, HasSubstr(R"("conflict":{"conflict-cause":)"
                              R"("conflict-with-acceptlist","acl-list":[{)"
                              R"("acl-name":"friends","acl-type":"t"}]})"));
}

} // namespace tocsin::actors
