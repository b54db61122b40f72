#include "store_fixture.hpp"

using namespace tocsin::protocol;
using namespace tocsin::protocol::data;
using namespace tocsin::protocol::data::test;
using yang::error_tag;

using registration = store_test;

// DATA-079, DATA-120, DATA-121, DATA-125, DATA-131
TEST_F(registration, makes_a_client_of_the_agent) {
  EXPECT_EQ(register_client("c"), 201u);
  EXPECT_EQ(get("/dots-client=c"),
            R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c"}]})");
  EXPECT_EQ(last.cuid, "c");
  EXPECT_TRUE(last.created);
  ASSERT_EQ(last.changes.size(), 1u);
  auto x = std::get<put_registration>(last.changes[0]).record;
  EXPECT_EQ(x.cuid, "c");
  EXPECT_EQ(x.identity, "alice");
  EXPECT_EQ(x.cdid, "");
  EXPECT_EQ(post("", R"({"ietf-dots-data-channel:dots-client":[{}]})"), 400u);
  EXPECT_EQ(refused.errors[0].tag, error_tag::missing_attribute);
}

// DATA-128, DATA-129
TEST_F(registration, is_for_one_client_at_a_time) {
  EXPECT_EQ(post("", R"({"ietf-dots-data-channel:dots-client":[
                         {"cuid":"c"},{"cuid":"d"}]})"),
            400u);
  EXPECT_EQ(get("/dots-client=c"), "404");
  EXPECT_EQ(get("/dots-client=d"), "404");
}

// DATA-132, DATA-130
TEST_F(registration, of_a_cuid_that_is_taken_is_denied) {
  register_client("c");
  EXPECT_EQ(register_client("c"), 409u);
  EXPECT_EQ(refused.errors[0].tag, error_tag::resource_denied);
  EXPECT_EQ(register_client("c", "bob"), 409u);
  EXPECT_EQ(refused.errors[0].tag, error_tag::resource_denied);
  EXPECT_EQ(put("/dots-client=c",
                R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c"}]})",
                "bob"),
            409u);
}

// DATA-122, DATA-139
TEST_F(registration, again_keeps_aliases_and_filters) {
  register_client("c");
  post("/dots-client=c", acls_body(acl_entry("a")));
  post("/dots-client=c", aliases_body(alias_entry("x")));
  auto before = get("/dots-client=c");
  EXPECT_EQ(put("/dots-client=c",
                R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c"}]})"),
            204u);
  EXPECT_EQ(get("/dots-client=c"), before);
  EXPECT_EQ(put("/dots-client=d",
                R"({"ietf-dots-data-channel:dots-client":[{"cuid":"d"}]})"),
            201u);
}

// DATA-139, DATA-051
TEST_F(registration, again_is_a_refresh_of_all_entries) {
  register_client("c");
  post("/dots-client=c", aliases_body(alias_entry("x")));
  pass(std::chrono::minutes{10'000});
  put("/dots-client=c",
      R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c"}]})");
  pass(std::chrono::minutes{10'000});
  EXPECT_EQ(store.on_time(now), std::nullopt);
}

// DATA-139
TEST_F(registration, with_a_list_replaces_what_was_there) {
  register_client("c");
  post("/dots-client=c", acls_body(acl_entry("a")));
  post("/dots-client=c", aliases_body(alias_entry("x")));
  EXPECT_EQ(put("/dots-client=c",
                R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c",)"
                R"("aliases":{"alias":[)"
                    + alias_entry("y") + "]}}]}"),
            204u);
  EXPECT_EQ(get("/dots-client=c/acls/acl=a"), "404");
  EXPECT_EQ(get("/dots-client=c/aliases/alias=x"), "404");
  EXPECT_NE(get("/dots-client=c/aliases/alias=y"), "404");
}

// DATA-140, DATA-141
TEST_F(registration, ends_with_all_there_is) {
  register_client("c");
  post("/dots-client=c", acls_body(acl_entry("a")));
  post("/dots-client=c", aliases_body(alias_entry("x")));
  EXPECT_EQ(active("c", false), "a/e");
  EXPECT_EQ(erase("/dots-client=c"), 204u);
  EXPECT_TRUE(last.filters_changed);
  ASSERT_EQ(last.changes.size(), 1u);
  EXPECT_EQ(std::get<erase_registration>(last.changes[0]).cuid, "c");
  EXPECT_EQ(active("c", false), "");
  EXPECT_EQ(get("/dots-client=c"), "404");
  std::vector<std::string> names{"x"};
  EXPECT_FALSE(store.resolve({"alice", false}, "c", names));
  EXPECT_EQ(erase("/dots-client=c"), 404u);
}

// DATA-024
TEST_F(registration, ignores_a_cdid_that_a_client_gives) {
  auto body = R"({"ietf-dots-data-channel:dots-client":[
                  {"cuid":"c","cdid":"domain"}]})";
  EXPECT_EQ(post("", body), 201u);
  EXPECT_EQ(get("/dots-client=c"),
            R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c"}]})");
}

// DATA-026, DATA-031, DATA-032
TEST_F(registration, keeps_the_cdid_of_a_trusted_gateway) {
  gateways = {"gate"};
  auto body = R"({"ietf-dots-data-channel:dots-client":[
                  {"cuid":"c","cdid":"domain"}]})";
  EXPECT_EQ(post("", body, "gate"), 201u);
  EXPECT_EQ(std::get<put_registration>(last.changes[0]).record.cdid, "domain");
  EXPECT_EQ(post("/dots-client=c", aliases_body(alias_entry("x")), "gate"),
            201u);
}

// DATA-163, DATA-200
TEST_F(registration, through_a_gateway_needs_a_cdid_before_anything_else) {
  gateways = {"gate"};
  for (auto body :
       {aliases_body(alias_entry("x")), acls_body(acl_entry("a"))}) {
    EXPECT_EQ(put("/dots-client=c/aliases", body, "gate"), 403u);
    EXPECT_EQ(refused.errors[0].tag, error_tag::access_denied);
    register_client("d", "gate");
    EXPECT_EQ(put("/dots-client=d/acls", body, "gate"), 403u);
    EXPECT_EQ(refused.errors[0].tag, error_tag::access_denied);
  }
}

// DATA-248, DATA-171, REST-074
TEST_F(registration, hides_clients_of_other_agents) {
  register_client("c");
  post("/dots-client=c", aliases_body(alias_entry("x")));
  register_client("d", "bob");
  EXPECT_EQ(get("/dots-client=c", "bob"), "404");
  EXPECT_EQ(get("/dots-client=c/aliases/alias=x", "bob"), "404");
  EXPECT_EQ(get("", "bob").find("\"c\""), std::string::npos);
  EXPECT_NE(get("", "bob").find("\"d\""), std::string::npos);
  EXPECT_EQ(post("/dots-client=c", aliases_body(alias_entry("y")), "bob"),
            404u);
  EXPECT_EQ(erase("/dots-client=c", "bob"), 404u);
  EXPECT_EQ(erase("/dots-client=c/aliases/alias=x", "bob"), 404u);
  EXPECT_NE(get("/dots-client=c/aliases/alias=x"), "404");
}

// DATA-136
TEST_F(registration, allows_an_agent_several_cuids) {
  EXPECT_EQ(register_client("c"), 201u);
  EXPECT_EQ(register_client("d"), 201u);
  EXPECT_NE(get("/dots-client=c"), "404");
  EXPECT_NE(get("/dots-client=d"), "404");
}

// DATA-242, DATA-243
TEST_F(registration, stops_at_the_quota_of_clients) {
  datastore_settings few;
  few.quotas.clients = 2;
  store.configure(example_customer(), few);
  EXPECT_EQ(register_client("c"), 201u);
  EXPECT_EQ(register_client("d", "bob"), 201u);
  EXPECT_EQ(register_client("e"), 409u);
  EXPECT_EQ(refused.errors[0].tag, error_tag::resource_denied);
  erase("/dots-client=d", "bob");
  EXPECT_EQ(register_client("e"), 201u);
}

// DATA-137
TEST_F(registration, comes_before_aliases_and_filters) {
  EXPECT_EQ(post("/dots-client=c", aliases_body(alias_entry("x"))), 404u);
  EXPECT_EQ(refused.errors[0].tag, error_tag::invalid_value);
  EXPECT_EQ(put("/dots-client=c/acls/acl=a", acl_body(acl_entry("a"))), 404u);
}

// DATA-227, DATA-230
TEST_F(registration, is_closed_while_configuration_is_direct) {
  datastore_settings direct;
  direct.direct_configuration = true;
  store.configure(example_customer(), direct);
  EXPECT_EQ(register_client("c"), 503u);
  EXPECT_TRUE(agent_view(store, agent("alice"), now).forbids(parse(""), false));
}

// DATA-246
TEST_F(registration, cannot_be_edited_for_all_clients_at_once) {
  register_client("c");
  EXPECT_EQ(put("", R"({"ietf-dots-data-channel:dots-data":{}})"), 403u);
  EXPECT_EQ(patch("", R"({"ietf-dots-data-channel:dots-data":{"dots-client":[
                          {"cuid":"e"}]}})"),
            403u);
  EXPECT_EQ(erase(""), 403u);
  EXPECT_NE(get("/dots-client=c"), "404");
  agent_view view{store, agent("alice"), now};
  EXPECT_EQ(view.forbids({}, true)->status, 403u);
  EXPECT_FALSE(view.forbids({}, false));
}
