#include "bodies.hpp"
#include "protocol/data/agent_view.hpp"
#include "protocol/restconf/handler.hpp"

#include <gtest/gtest.h>

using namespace tocsin::protocol;
using namespace tocsin::protocol::data;
using namespace tocsin::protocol::data::test;

namespace {

/// The figures of RFC 8783 as requests to a server.
class data_channel : public ::testing::Test {
protected:
  restconf::response send(std::string method, std::string path,
                          std::string body = {}) {
    restconf::request x;
    x.method = std::move(method);
    x.target = "/restconf/data/ietf-dots-data-channel:dots-data" + path;
    x.host = "example.com";
    if (!body.empty())
      x.content_type = "application/yang-data+json";
    x.body = std::move(body);
    agent_view view{store, {"alice", false}, now};
    auto out = server.handle(x, view);
    if (view.staged())
      store.confirm(view.staged()->ticket);
    return out;
  }

  datastore store{example_customer(), {}};
  signal::instant now{tocsin::time_point{} + std::chrono::hours{1},
                      1'700'000'000};
  restconf::handler server{rows::datastore, restconf::data_channel_modules()};
};

} // namespace

// DATA-118, DATA-121, DATA-185, DATA-198, DATA-220, DATA-223
TEST_F(data_channel, registers_installs_reads_and_removes) {
  EXPECT_EQ(send("POST", "",
                 R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c"}]})")
                .status,
            201u);
  auto body = R"({"ietf-dots-data-channel:acls":{"acl":[{"name":"a",)"
              R"("type":"ipv4-acl-type","activation-type":"immediate",)"
              R"("aces":{"ace":[{"name":"r","matches":{"ipv4":{)"
              R"("destination-ipv4-network":"192.0.2.0/24",)"
              R"("source-ipv4-network":"203.0.113.0/24"}},)"
              R"("actions":{"forwarding":"drop"}}]}}]}})";
  auto made = send("POST", "/dots-client=c", body);
  EXPECT_EQ(made.status, 201u) << made.body;
  auto seen = send("GET", "/dots-client=c/acls/acl=a?content=config");
  EXPECT_EQ(seen.status, 200u);
  EXPECT_EQ(seen.body, body);
  EXPECT_TRUE(seen.find("ETag"));
  EXPECT_EQ(send("DELETE", "/dots-client=c/acls/acl=a").status, 204u);
  EXPECT_EQ(send("GET", "/dots-client=c/acls/acl=a").status, 404u);
}

// DATA-205
TEST_F(data_channel, places_an_acl_where_it_is_told) {
  send("POST", "", R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c"}]})");
  for (auto name : {"b", "a"})
    EXPECT_EQ(send("POST", "/dots-client=c/acls?insert=first",
                   R"({"ietf-dots-data-channel:acl":[{"name":")"
                       + std::string{name} + "\"}]}")
                  .status,
              201u);
  auto x = store.find({"alice", false}, "c");
  ASSERT_EQ(x->acls.size(), 2u);
  EXPECT_EQ(x->acls[0]->name, "a");
  EXPECT_EQ(x->acls[1]->name, "b");
}

// DATA-111, DATA-176, DATA-177
TEST_F(data_channel, tells_its_capabilities_and_lets_nobody_change_them) {
  auto x = send("GET", "/capabilities");
  EXPECT_EQ(x.status, 200u);
  EXPECT_EQ(x.body.find(R"({"ietf-dots-data-channel:capabilities":{)"), 0u)
      << x.body;
  EXPECT_EQ(send("DELETE", "/capabilities").status, 405u);
}

// DATA-182
TEST_F(data_channel, answers_501_where_nothing_can_filter) {
  datastore_settings none;
  none.acls.can = {};
  store.configure(example_customer(), none);
  send("POST", "", R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c"}]})");
  EXPECT_EQ(send("POST", "/dots-client=c",
                 R"({"ietf-dots-data-channel:acls":{"acl":[{"name":"a"}]}})")
                .status,
            501u);
}

// DATA-169, DATA-213
TEST_F(data_channel, takes_back_what_it_has_given) {
  send("POST", "", R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c"}]})");
  send("POST", "/dots-client=c",
       R"({"ietf-dots-data-channel:acls":{"acl":[{"name":"a"}]}})");
  auto all = send("GET", "/dots-client=c/acls/acl=a?content=all");
  EXPECT_NE(all.body.find("pending-lifetime"), std::string::npos);
  EXPECT_EQ(send("PUT", "/dots-client=c/acls/acl=a", all.body).status, 204u);
}

// DATA-170, DATA-172, DATA-173
TEST_F(data_channel, removes_an_alias_by_its_name) {
  send("POST", "", R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c"}]})");
  auto none = send("GET", "/dots-client=c/aliases");
  EXPECT_EQ(none.status, 200u);
  EXPECT_EQ(none.body, R"({"ietf-dots-data-channel:aliases":{}})");
  EXPECT_EQ(send("POST", "/dots-client=c",
                 R"({"ietf-dots-data-channel:aliases":{"alias":[{"name":"x",)"
                 R"("target-prefix":["192.0.2.1/32"]}]}})")
                .status,
            201u);
  EXPECT_EQ(send("DELETE", "/dots-client=c/aliases/alias=y").status, 404u);
  EXPECT_EQ(send("DELETE", "/dots-client=c/aliases/alias=x").status, 204u);
  EXPECT_EQ(send("GET", "/dots-client=c/aliases/alias=x").status, 404u);
}

// DATA-010, DATA-162, DATA-199
TEST_F(data_channel, says_what_is_wrong_with_an_entry) {
  send("POST", "", R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c"}]})");
  struct {
    std::string_view list, entry, tag;
  } table[]{
      {"aliases", R"("target-prefix":["192.0.2.1/32"])", "missing-attribute"},
      {"aliases", R"("name":"x","target-prefix":["127.0.0.1/32"])",
       "invalid-value"},
      {"aliases", R"("name":"x","target-colour":"red")", "unknown-element"},
      {"acls", R"("name":"x","aces":{"ace":[{"name":"e"}]})",
       "missing-attribute"},
      {"acls", R"("name":"x","type":"ethernet-acl-type")", "invalid-value"},
      {"acls", R"("name":"x","colour":"red")", "unknown-element"},
  };
  for (const auto& x : table) {
    auto list = std::string{x.list};
    auto one = list == "acls" ? "acl" : "alias";
    auto got = send("POST", "/dots-client=c",
                    R"({"ietf-dots-data-channel:)" + list + R"(":{")" + one
                        + R"(":[{)" + std::string{x.entry} + "}]}}");
    EXPECT_EQ(got.status, 400u) << x.entry;
    EXPECT_NE(got.body.find(R"("error-tag":")" + std::string{x.tag} + '"'),
              std::string::npos)
        << x.entry << got.body;
    ASSERT_TRUE(got.find("Content-Type"));
    EXPECT_EQ(*got.find("Content-Type"), "application/yang-data+json");
  }
}

// REST-072
TEST_F(data_channel, gives_a_list_without_keys_as_an_array) {
  for (auto cuid : {"c", "d"})
    send("POST", "",
         R"({"ietf-dots-data-channel:dots-client":[{"cuid":")"
             + std::string{cuid} + "\"}]}");
  auto all = send("GET", "/dots-client");
  EXPECT_EQ(all.status, 200u);
  EXPECT_EQ(all.body, R"({"ietf-dots-data-channel:dots-client":[)"
                      R"({"cuid":"c"},{"cuid":"d"}]})");
  EXPECT_EQ(send("GET", "/dots-client=c/acls/acl").status, 404u);
}

// REST-041
TEST_F(data_channel, edits_no_list_as_a_whole) {
  send("POST", "", R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c"}]})");
  for (auto method : {"PUT", "PATCH", "DELETE"})
    EXPECT_EQ(send(method, "/dots-client",
                   R"({"ietf-dots-data-channel:dots-client":[]})")
                  .status,
              400u)
        << method;
}
