#include "actors/api.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {
namespace {

using testing::HasSubstr;

handover_wish read(const handover_wish& wish) {
  auto call = parse_request("PUT", "/v1/handover", to_json(wish));
  if (!call) {
    ADD_FAILURE() << to_string(call.error());
    return {};
  }
  return std::get<hand_over>(*call).wish;
}

TEST(handover_api, reads_what_it_writes) {
  auto one = read({"b", false, "acme", "a/b"});
  EXPECT_EQ(one.to, "b");
  EXPECT_FALSE(one.all);
  EXPECT_EQ(one.customer, "acme");
  EXPECT_EQ(one.cuid, "a/b");
  EXPECT_TRUE(read({"b", true, "", ""}).all);
}

TEST(handover_api, refuses_what_makes_no_sense) {
  for (const auto* bad :
       {"", "{}", R"({"to":""})", R"({"to":1})", R"({"to":"b","all":1})",
        R"({"to":"b","to":"c"})", R"({"to":"b","who":"x"})",
        R"({"to":"b","all":true,"cuid":"x"})"})
    EXPECT_FALSE(parse_request("PUT", "/v1/handover", bad)) << bad;
  EXPECT_FALSE(parse_request("GET", "/v1/handover", ""));
}

TEST(handover_api, tells_what_came_of_each) {
  EXPECT_EQ(to_json(std::vector<handover_result>{
                {"acme", "c", true, 2, ""}, {"acme", "d", false, 0, "why"}}),
            R"({"clients":[{"customer":"acme","cuid":"c","moved":true,)"
            R"("mitigations":2,"detail":""},{"customer":"acme","cuid":"d",)"
            R"("moved":false,"mitigations":0,"detail":"why"}]})");
}

TEST(node_api, shows_siblings) {
  node_view x;
  auto& one = x.siblings.emplace_back();
  one.name = "b";
  one.address = "127.0.0.1:4650";
  one.state = "late";
  one.detail = "it does not answer in time";
  one.since_s = 5;
  one.program = "tocsin 1";
  one.clients = 2;
  one.mitigations = 3;
  one.missed = 1;
  EXPECT_THAT(
      to_json(x),
      HasSubstr(R"("siblings":[{"name":"b","address":"127.0.0.1:4650",)"
                R"("state":"late","detail":"it does not answer in time",)"
                R"("since_s":5,"program":"tocsin 1","sessions":0,)"
                R"("clients":2,"mitigations":3,"missed":1}])"));
}

} // namespace
} // namespace tocsin::actors
