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

// DATA-121, DATA-185, DATA-198, DATA-220, DATA-223
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

// DATA-213
TEST_F(data_channel, takes_back_what_it_has_given) {
  send("POST", "", R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c"}]})");
  send("POST", "/dots-client=c",
       R"({"ietf-dots-data-channel:acls":{"acl":[{"name":"a"}]}})");
  auto all = send("GET", "/dots-client=c/acls/acl=a?content=all");
  EXPECT_NE(all.body.find("pending-lifetime"), std::string::npos);
  EXPECT_EQ(send("PUT", "/dots-client=c/acls/acl=a", all.body).status, 204u);
}
