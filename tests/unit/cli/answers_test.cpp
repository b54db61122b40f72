#include "actors/api.hpp"
#include "roles/cli/answers.hpp"
#include "roles/cli/data_report.hpp"

#include <gtest/gtest.h>

namespace tocsin::roles::cli {
namespace {

using actors::to_json;
using protocol::signal::status;

/// What is written again must be the same text: nothing was lost in reading.
TEST(answers, every_view_survives_the_way_through_json) {
  actors::mitigation_view mitigation;
  mitigation.peer = "shop";
  mitigation.cuid = "cu";
  mitigation.mid = 4294967295;
  mitigation.what.prefixes = {
      *protocol::signal::prefix::parse("2001:db8::/32")};
  mitigation.what.ports = {{1, 65535}};
  mitigation.what.protocols = {0, 255};
  mitigation.what.fqdns = {"a.example"};
  mitigation.what.uris = {"http://a/"};
  mitigation.what.aliases = {"web"};
  mitigation.external.emplace().prefixes = {
      *protocol::signal::prefix::parse("203.0.113.7")};
  mitigation.external->ports = {{443, 444}};
  mitigation.lifetime = -1;
  mitigation.progress = "active";
  mitigation.start = 1;
  mitigation.dropped = {18446744073709551615u, 2, 3, 4};
  mitigation.enforcement = {{"edge", "failed", "why"}};
  mitigation.renew = true;
  mitigation.age_ms = 5;
  mitigation.answer_ms = 6;
  mitigation.relayed = "r1";
  mitigation.note = "n";
  for (int i = 1; i <= 8; ++i) {
    mitigation.status = static_cast<status>(i);
    auto text = to_json(mitigation);
    auto again = read_mitigation(text);
    ASSERT_TRUE(again);
    EXPECT_EQ(to_json(*again), text);
  }
  auto text = to_json(std::vector{mitigation, actors::mitigation_view{}});
  EXPECT_EQ(to_json(*read_mitigations(text)), text);

  mitigation.immediate = false;
  mitigation.origin = "signal-loss";
  auto& conflict = mitigation.conflict.emplace();
  conflict.status = protocol::signal::conflict_status::active;
  conflict.cause = protocol::signal::conflict_cause::overlapping_targets;
  conflict.retry_timer = 60;
  conflict.scope.emplace().mid = 4;
  conflict.scope->what.fqdns = {"a.example"};
  text = to_json(mitigation);
  EXPECT_EQ(to_json(*read_mitigation(text)), text);

  actors::session_view session;
  session.id = 7;
  session.side = "server";
  session.peer = "shop";
  session.address = "192.0.2.1:4646";
  session.identity = "i";
  session.transport = "DTLS 1.2";
  session.state = "up";
  session.age_s = 1;
  session.idle_ms = 2;
  session.missed_heartbeats = 3;
  session.peer_hears_us = session.mitigating = session.resumed =
      session.redirected = true;
  session.heartbeat_s = 30;
  session.missing_hb_allowed = 15;
  session.observations = 6;
  session.requests_in = 4;
  session.requests_out = 5;
  text = to_json(std::vector{session}, 9);
  auto sessions = read_sessions(text);
  ASSERT_TRUE(sessions);
  EXPECT_EQ(to_json(sessions->sessions, sessions->total), text);

  actors::node_view node;
  node.name = "n";
  node.version = "v";
  node.roles = {"server"};
  node.uptime_s = 1;
  node.sessions = 2;
  node.clients = 3;
  node.mitigations = 4;
  node.listening = {"udp x"};
  node.redirect = "to there";
  node.mitigators = {{"m", "d", "up", "x", 1, 2, 3}};
  node.upstreams.emplace_back().name = "u";
  node.upstreams[0].via = "udp 192.0.2.1:4646";
  node.upstreams[0].redirect = "r";
  node.upstreams[0].under_attack = true;
  node.siblings.emplace_back().name = "b";
  node.siblings[0].state = "late";
  node.siblings[0].missed = 3;
  text = to_json(node);
  EXPECT_EQ(to_json(*read_node(text)), text);

  text = to_json(std::vector<storage::audit_event>{{1, "a", "b", "c", "d"}});
  EXPECT_EQ(to_json(*read_audit(text)), text);
}

TEST(answers, data_clients_survive_the_way_through_json) {
  actors::data_client_details x;
  x.client = {"shop", "cu", "agent", 1, 2, 3, {{"edge", "failed", "why"}}};
  x.mitigating = true;
  auto& alias = x.aliases.emplace_back();
  alias.name = "web";
  alias.left_s = 604800;
  alias.what.prefixes = {*protocol::signal::prefix::parse("192.0.2.80")};
  auto& acl = x.acls.emplace_back();
  acl.name = "keep-out";
  acl.activation = "immediate";
  acl.in_force = true;
  acl.left_s = 60;
  acl.entries = {{"one", "rate-limit", 18446744073709551615u, 7}};
  auto text = to_json(x);
  EXPECT_EQ(to_json(*read_data_client(text)), text);
  auto list = to_json(std::vector{x.client, actors::data_client_view{}});
  EXPECT_EQ(to_json(*read_data_clients(list)), list);
  EXPECT_FALSE(read_data_clients("{}"));
}

TEST(answers, failures_keep_code_place_and_detail) {
  auto why = fail(ec::too_large, "body", "too much");
  EXPECT_EQ(read_error(to_json(why)), why);
  EXPECT_EQ(read_error("nonsense").code, ec::internal);
  EXPECT_EQ(read_error(R"({"error":7})").code, ec::internal);
}

TEST(answers, text_that_is_no_answer_is_a_failure) {
  for (auto text : {"", "[]", "7", "{", "<html>"}) {
    EXPECT_FALSE(read_node(text)) << text;
    EXPECT_FALSE(read_mitigation(text)) << text;
  }
  for (auto text : {"{}", R"({"mitigations":7,"sessions":{},"events":null})"}) {
    EXPECT_FALSE(read_mitigations(text)) << text;
    EXPECT_FALSE(read_sessions(text)) << text;
    EXPECT_FALSE(read_audit(text)) << text;
  }
}

TEST(answers, members_of_another_type_and_unknown_ones_are_skipped) {
  auto x = read_mitigation(
      R"({"mid":"7","peer":7,"dropped":5,"enforcement":[1],"lifetime":1e9,)"
      R"("target-port-range":[8],"target-protocol":[300],"new":{"a":[1]}})");
  ASSERT_TRUE(x);
  EXPECT_EQ(x->mid, 0u);
  EXPECT_EQ(x->peer, "");
  EXPECT_EQ(x->enforcement.size(), 1u);
  EXPECT_TRUE(x->what.protocols.empty());
}

} // namespace
} // namespace tocsin::roles::cli
