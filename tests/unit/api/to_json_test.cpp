#include "actors/api.hpp"

#include <gtest/gtest.h>

namespace tocsin::actors {
namespace {

using protocol::signal::counters;
using protocol::signal::prefix;
using protocol::signal::status;

mitigation_view full_mitigation() {
  mitigation_view x;
  x.peer = "shop";
  x.cuid = "dz6pHjaADkaFTbjr0JGBpw";
  x.mid = 7;
  x.what.prefixes = {*prefix::parse("203.0.113.7"),
                     *prefix::parse("2001:db8::/32")};
  x.what.ports = {{80, 80}, {8000, 8100}};
  x.what.protocols = {6, 17};
  x.what.fqdns = {"www.example.com"};
  x.what.uris = {"https://example.com/\"x\""};
  x.what.aliases = {"web"};
  x.lifetime = -1;
  x.status = status::mitigated;
  x.progress = "active";
  x.start = 1700000000;
  x.dropped = counters{18446744073709551615u, 2, 3, 4};
  x.enforcement = {{"edge", "failed", "no route"}, {"scrub", "active", ""}};
  x.renew = true;
  x.age_ms = 12;
  x.answer_ms = 34;
  x.relayed = "r1";
  x.approval = "waiting";
  x.enforcement[0].answer = 0x83;
  x.note = "line\nbreak";
  return x;
}

TEST(to_json, a_mitigation_bears_yang_leaves_and_field_names) {
  EXPECT_EQ(
      to_json(full_mitigation()),
      R"({"peer":"shop","cuid":"dz6pHjaADkaFTbjr0JGBpw","mid":7,)"
      R"("target-prefix":["203.0.113.7/32","2001:db8::/32"],)"
      R"("target-port-range":[{"lower-port":80,"upper-port":80},)"
      R"({"lower-port":8000,"upper-port":8100}],"target-protocol":[6,17],)"
      R"("target-fqdn":["www.example.com"],)"
      R"("target-uri":["https://example.com/\"x\""],"alias-name":["web"],)"
      R"("lifetime":-1,"status":"attack-successfully-mitigated",)"
      R"("progress":"active","start":1700000000,)"
      R"("dropped":{"bytes_dropped":18446744073709551615,"pkts_dropped":2,)"
      R"("bps_dropped":3,"pps_dropped":4},)"
      R"("enforcement":[{"mitigator":"edge","state":"failed",)"
      R"("detail":"no route","answer":"4.03"},{"mitigator":"scrub","state":"active",)"
      R"("detail":""}],"trigger-mitigation":true,"origin":"","renew":true,"age_ms":12,"answer_ms":34,"relayed":"r1","approval":"waiting",)"
      R"("note":"line\nbreak"})");
}

constexpr const char* bare_mitigation =
    R"({"peer":"","cuid":"","mid":0,"lifetime":0,)"
    R"("status":"attack-mitigation-in-progress","progress":"",)"
    R"("enforcement":[],"trigger-mitigation":true,"origin":"","renew":false,"age_ms":0,"answer_ms":0,"relayed":"","approval":"","note":""})";

TEST(to_json, what_a_mitigation_lacks_is_left_out) {
  EXPECT_EQ(to_json(mitigation_view{}), bare_mitigation);
}

TEST(to_json, lists_are_members_of_an_object) {
  std::string bare{bare_mitigation};
  EXPECT_EQ(to_json(std::vector<mitigation_view>{}), R"({"mitigations":[]})");
  EXPECT_EQ(to_json(std::vector<mitigation_view>(2)),
            R"({"mitigations":[)" + bare + "," + bare + "]}");
  EXPECT_EQ(to_json(std::vector<session_view>{}, 12),
            R"({"sessions":[],"total":12})");
  EXPECT_EQ(to_json(std::vector<storage::audit_event>{}), R"({"events":[]})");
}

TEST(to_json, a_session_bears_its_field_names) {
  session_view x;
  x.id = 5;
  x.side = "server";
  x.peer = "shop";
  x.address = "192.0.2.1:4646";
  x.identity = "sha256:00";
  x.transport = "dtls";
  x.state = "up";
  x.age_s = 60;
  x.idle_ms = 1500;
  x.missed_heartbeats = 1;
  x.peer_hears_us = true;
  x.requests_in = 8;
  x.requests_out = 9;
  EXPECT_EQ(to_json(std::vector{x}, 1),
            R"({"sessions":[{"id":5,"side":"server","peer":"shop",)"
            R"("address":"192.0.2.1:4646","identity":"sha256:00",)"
            R"("transport":"dtls","state":"up","age_s":60,"idle_ms":1500,)"
            R"("missed_heartbeats":1,"peer_hears_us":true,"mitigating":false,)"
            R"("resumed":false,"redirected":false,"heartbeat_s":0,)"
            R"("missing_hb_allowed":0,"observations":0,"requests_in":8,)"
            R"("requests_out":9}],"total":1})");
}

TEST(to_json, a_node_bears_its_parts) {
  node_view x;
  x.name = "edge-1";
  x.version = "0.1.0";
  x.roles = {"server", "client"};
  x.uptime_s = 3600;
  x.sessions = 2;
  x.clients = 1;
  x.mitigations = 3;
  x.listening = {"udp 0.0.0.0:4646"};
  x.mitigators = {{"edge", "nftables", "up", "", 4, 0, 1}};
  auto& up = x.upstreams.emplace_back();
  up.name = "provider";
  up.server = "dots.example:4646";
  up.state = "down";
  up.detail = "timed out";
  up.cuid = "cu";
  EXPECT_EQ(
      to_json(x),
      R"({"name":"edge-1","version":"0.1.0","roles":["server","client"],)"
      R"("uptime_s":3600,"sessions":2,"data_sessions":0,"clients":1,"mitigations":3,)"
      R"("listening":["udp 0.0.0.0:4646"],"redirect":"",)"
      R"("mitigators":[{"name":"edge","driver":"nftables","state":"up",)"
      R"("detail":"","rules":4,"filter_sets":0,"pending":0,"restarts":1}],)"
      R"("upstreams":[{"name":"provider","server":"dots.example:4646",)"
      R"("state":"down","detail":"timed out","cuid":"cu","via":"",)"
      R"("redirect":"","under_attack":false,"data":""}],"siblings":[]})");
}

TEST(to_json, an_audit_event_bears_its_field_names) {
  EXPECT_EQ(to_json(std::vector<storage::audit_event>{
                {1700000000, "operator", "withdraw", "c/mid 7", "ok"}}),
            R"({"events":[{"when":1700000000,"actor":"operator",)"
            R"("action":"withdraw","subject":"c/mid 7","outcome":"ok"}]})");
}

TEST(to_json, a_failure_says_code_place_and_advice) {
  EXPECT_EQ(to_json(fail(ec::not_found, "mid", "no \"7\"")),
            R"({"error":{"code":"not-found","where":"mid",)"
            R"("detail":"no \"7\""}})");
}

TEST(to_json, an_order_says_only_what_was_asked) {
  order_body x;
  x.what.aliases = {"web"};
  EXPECT_EQ(to_json(x), R"({"alias-name":["web"]})");
  x.upstream = "provider";
  x.lifetime = 60;
  x.renew = false;
  EXPECT_EQ(to_json(x), R"({"upstream":"provider","alias-name":["web"],)"
                        R"("lifetime":60,"renew":false})");
}

TEST(to_json, an_order_reads_back_as_it_was) {
  order_body x{"provider", full_mitigation().what, 86400, true, false};
  x.what.uris = {"https://example.com/"};
  auto call = parse_request("POST", "/v1/mitigations", to_json(x));
  ASSERT_TRUE(call) << to_string(call.error());
  const auto& order = std::get<create_mitigation>(*call).order;
  EXPECT_EQ(order.what, x.what);
  EXPECT_EQ(order.upstream, "provider");
  EXPECT_EQ(order.lifetime, 86400);
  EXPECT_TRUE(order.renew);
}

} // namespace
} // namespace tocsin::actors
