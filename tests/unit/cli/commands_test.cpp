#include "tests/unit/cli/fake_node.hpp"

namespace tocsin::roles::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using commands_test = fake_node;

const std::string list = "GET /v1/mitigations";

actors::node_view node() {
  actors::node_view x;
  x.name = "edge-1";
  x.version = "0.1.0";
  x.roles = {"server"};
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
  return x;
}

actors::mitigation_view served() {
  actors::mitigation_view x;
  x.peer = "shop";
  x.cuid = "dz6p";
  x.mid = 7;
  x.what.prefixes = {*protocol::signal::prefix::parse("203.0.113.7")};
  x.what.protocols = {17};
  x.lifetime = 3543;
  x.status = protocol::signal::status::mitigated;
  x.start = 1'700'000'000;
  x.dropped = {1'234'567'890, 1'234'567, 4'000'000, 4'115};
  x.enforcement = {{"edge", "active", ""}, {"scrub", "failed", "no route"}};
  return x;
}

TEST_F(commands_test, status_shows_the_node_and_its_mitigations) {
  on("GET /v1/node", 200, to_json(node()));
  on(list, 200, to_json(std::vector{served()}));
  EXPECT_EQ(run({"status"}), exit_code::ok);
  EXPECT_EQ(
      out.str(),
      "edge-1: server, tocsin 0.1.0, up 1 h\n"
      "  listening   udp 0.0.0.0:4646\n"
      "  sessions    2\n"
      "  clients     1\n"
      "  mitigations 3\n"
      "\n"
      "UPSTREAM  STATE  SERVER             VIA  CUID  DETAIL\n"
      "provider  down   dots.example:4646  -    cu    timed out\n"
      "\n"
      "MITIGATOR  STATE  DRIVER    RULES  FILTER SETS  PENDING  "
      "RESTARTS  DETAIL\n"
      "edge       up     nftables  4      0            0        1         "
      "-\n"
      "\n"
      "MID  CUSTOMER  CUID  STATUS     LEFT        DROPPED         "
      "ENFORCED BY                PROTECTS\n"
      "7    shop      dz6p  mitigated  59 min 3 s  1.23 M packets  "
      "edge active, scrub failed  203.0.113.7/32, udp\n");
}

TEST_F(commands_test, status_of_one_mitigation_shows_all_of_it) {
  on(list, 200, to_json(std::vector{served()}));
  on("GET /v1/mitigations/7?peer=shop&cuid=dz6p", 200, to_json(served()));
  EXPECT_EQ(run({"status", "7"}), exit_code::ok);
  EXPECT_EQ(out.str(), "mitigation 7\n"
                       "  customer    shop\n"
                       "  cuid        dz6p\n"
                       "  protects    203.0.113.7/32, udp\n"
                       "  status      mitigated\n"
                       "  left        59 min 3 s\n"
                       "  started     2023-11-14 22:13:20 UTC, 5 min ago\n"
                       "  dropped     1,234,567 packets, 1.23 GB\n"
                       "              on average 4.12 k packets/s, 4.00 MB/s\n"
                       "  enforced by edge: active\n"
                       "              scrub: failed (no route)\n");
}

TEST_F(commands_test, list_of_a_client_node_shows_progress) {
  on(list, 200, to_json(std::vector{view("requested")}));
  EXPECT_EQ(run({"list"}), exit_code::ok);
  EXPECT_EQ(out.str(),
            "MID  UPSTREAM  PROGRESS   STATUS       LEFT  DROPPED  PROTECTS\n"
            "7    provider  requested  in progress  1 h   -        "
            "203.0.113.7/32\n");
  on(list, 200, R"({"mitigations":[]})");
  EXPECT_EQ(run({"list"}), exit_code::ok);
  EXPECT_EQ(run({"list"}), exit_code::ok);
  EXPECT_EQ(out.str(), "no mitigations\n");
}

TEST_F(commands_test, sessions_and_audit_are_tables) {
  actors::session_view session;
  session.id = 5;
  session.side = "server";
  session.peer = "shop";
  session.address = "192.0.2.1:4646";
  session.identity = "sha256:0123456789abcdef0123456789abcdef";
  session.transport = "DTLS 1.2";
  session.state = "up";
  session.age_s = 60;
  session.idle_ms = 1500;
  session.peer_hears_us = true;
  session.heartbeat_s = 30;
  session.requests_in = 1234;
  session.requests_out = 9;
  on("GET /v1/sessions?limit=1", 200, to_json(std::vector{session}, 5000));
  EXPECT_EQ(run({"sessions", "--limit", "1"}), exit_code::ok);
  EXPECT_EQ(out.str(), "ID  SIDE    PEER  STATE  ADDRESS                  AGE  "
                       "  HEARD        BEATS  MISSED  "
                       "HEARS US  IN      OUT  IDENTITY\n"
                       "5   server  shop  up     DTLS 1.2 192.0.2.1:4646  1 min"
                       "  1500 ms ago  30 s   0       "
                       "yes       1.23 k  9    sha256:0123456789ab\n"
                       "1 of 5,000 sessions; --limit shows more\n");
  on("GET /v1/audit?limit=100", 200,
     to_json(std::vector<storage::audit_event>{
         {1'700'000'000, "operator", "withdraw", "dz6p/mid 7", "ok"}}));
  EXPECT_EQ(run({"audit"}), exit_code::ok);
  EXPECT_EQ(out.str(),
            "WHEN                     ACTOR     ACTION    SUBJECT     OUTCOME\n"
            "2023-11-14 22:13:20 UTC  operator  withdraw  dz6p/mid 7  ok\n");
}

TEST_F(commands_test, json_passes_the_answer_through) {
  // Of a newer node: members that this program does not know stay.
  on("GET /v1/node", 200, R"({"name":"x","new":[1.50]})");
  on(list, 200, R"({"mitigations":[{"mid":7,"new":true}]})");
  on("GET /v1/mitigations/7", 200, R"({"mid":7,"new":true})");
  on("GET /v1/sessions?limit=1000", 200, R"({"sessions":[],"total":0})");
  on("GET /v1/audit?limit=100", 200, R"({"events":[]})");
  EXPECT_EQ(run({"node", "--json"}), exit_code::ok);
  EXPECT_EQ(out.str(), "{\"name\":\"x\",\"new\":[1.50]}\n");
  EXPECT_EQ(run({"list", "--json"}), exit_code::ok);
  EXPECT_EQ(out.str(), "{\"mitigations\":[{\"mid\":7,\"new\":true}]}\n");
  EXPECT_EQ(run({"status", "7", "--json"}), exit_code::ok);
  EXPECT_EQ(out.str(), "{\"mid\":7,\"new\":true}\n");
  EXPECT_EQ(run({"sessions", "--json"}), exit_code::ok);
  EXPECT_EQ(out.str(), "{\"sessions\":[],\"total\":0}\n");
  EXPECT_EQ(run({"audit", "--json"}), exit_code::ok);
  EXPECT_EQ(out.str(), "{\"events\":[]}\n");
  EXPECT_EQ(run({"status", "--json"}), exit_code::ok);
  EXPECT_EQ(out.str(), "{\"node\":{\"name\":\"x\",\"new\":[1.50]},"
                       "\"mitigations\":[{\"mid\":7,\"new\":true}]}\n");
}

TEST_F(commands_test, colour_is_for_terminals_only) {
  on("GET /v1/node", 200, to_json(node()));
  run({"node"});
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1b")));
  colour = true;
  run({"node"});
  EXPECT_THAT(out.str(), HasSubstr("\x1b[32mup\x1b[0m"));
  EXPECT_THAT(out.str(), HasSubstr("\x1b[31mdown\x1b[0m"));
}

TEST_F(commands_test, watching_repeats_until_it_is_interrupted) {
  on(list, 200, to_json(std::vector{view("active")}));
  on("GET /v1/mitigations/7?peer=provider&cuid=cu", 200,
     to_json(view("active")));
  pauses = 2;
  EXPECT_EQ(run({"status", "7", "--watch", "--json"}), exit_code::ok);
  auto once = to_json(view("active")) + "\n";
  EXPECT_EQ(out.str(), once + once + once);
  EXPECT_EQ(now, time_point{} + std::chrono::seconds{6});
  out_is_terminal = true;
  pauses = 0;
  EXPECT_EQ(run({"status", "7", "-w"}), exit_code::ok);
  EXPECT_THAT(out.str(), StartsWith("\x1b[H\x1b[2Jmitigation 7\n"));
}

TEST_F(commands_test, watching_ends_with_the_node) {
  on("GET /v1/node", 200, to_json(node()));
  on(list, 200, R"({"mitigations":[]})");
  on(list, 500, to_json(fail(ec::internal, "x")));
  EXPECT_EQ(run({"status", "--watch"}), exit_code::failed);
}

TEST_F(commands_test, without_a_node_the_exit_code_is_three) {
  auto path = (directory.path() / "none").string();
  for (auto command : {"status", "list", "node", "sessions", "audit"}) {
    EXPECT_EQ(run({command, "--socket", path}, false), exit_code::no_node);
    EXPECT_EQ(err.str(), "tocsin: no node answers at " + path
                             + ": is `tocsin run` running? use --socket or -c "
                               "FILE\n");
  }
  EXPECT_EQ(run({"mitigate", "203.0.113.7", "--socket", path}, false),
            exit_code::no_node);
}

TEST_F(commands_test, answer_that_is_not_understood_is_a_failure) {
  on("GET /v1/node", 200, "<html>");
  EXPECT_EQ(run({"node"}), exit_code::failed);
  EXPECT_THAT(err.str(), HasSubstr("another version"));
}

TEST_F(commands_test, socket_comes_from_the_configuration) {
  on(list, 200, R"({"mitigations":[]})");
  EXPECT_EQ(run({"list", "-c", "node.toml"}, false), exit_code::ok);
  EXPECT_EQ(run({"list", "-c", "other.toml"}, false), exit_code::config);
  EXPECT_THAT(err.str(), HasSubstr("other.toml: there is no such file"));
  EXPECT_THAT(err.str(), HasSubstr("-c FILE or its socket with --socket"));
}

TEST_F(commands_test, hints_repeat_how_the_node_was_found) {
  on("POST /v1/mitigations?wait=1", 201, to_json(view("active")));
  EXPECT_EQ(run({"mitigate", "203.0.113.7", "-c", "node.toml"}, false),
            exit_code::ok);
  EXPECT_THAT(out.str(), HasSubstr("tocsin withdraw 7 -c node.toml\n"));
}

TEST_F(commands_test, run_and_check_get_their_options_and_give_the_exit_code) {
  hooks.run = [](const std::string& config, const run_options& options) {
    EXPECT_EQ(config, "a.toml");
    EXPECT_EQ(options.log_level, "debug");
    return 1;
  };
  hooks.check = [](const std::string& config, const check_options& options) {
    EXPECT_EQ(config, default_config);
    EXPECT_TRUE(options.explain);
    EXPECT_FALSE(options.quiet);
    return 5;
  };
  EXPECT_EQ(run({"run", "-c", "a.toml", "--log-level", "debug"}, false),
            exit_code::failed);
  EXPECT_EQ(run({"check", "--explain"}, false), exit_code::config);
  EXPECT_EQ(run({"run", "--log-level", "loud"}, false), exit_code::usage);
}

TEST_F(commands_test, certificates_are_made_by_the_hooks) {
  namespace crypto = transports::crypto;
  hooks.pki_init = [](const crypto::pki_init_options& x) {
    EXPECT_EQ(x.directory, "/d");
    EXPECT_EQ(x.name, "My CA");
    EXPECT_EQ(x.days, 30u);
    return result<crypto::issued>{
        crypto::issued{"/d/ca.pem", "/d/ca-key.pem", "sha256:00", "cu", 0}};
  };
  hooks.pki_issue = [](const crypto::pki_issue_options& x) {
    EXPECT_EQ(x.directory, "/d");
    EXPECT_EQ(x.name, "dots.example");
    EXPECT_EQ(x.type, crypto::agent_type::server);
    EXPECT_THAT(x.dns_names, ElementsAre("a.example", "b.example"));
    EXPECT_THAT(x.addresses, ElementsAre("192.0.2.1"));
    return result<crypto::issued>{fail(ec::conflict, "/d/x.pem", "exists")};
  };
  EXPECT_EQ(run({"pki", "init", "--dir", "/d", "--name", "My CA", "--days",
                 "30", "--json"},
                false),
            exit_code::ok);
  EXPECT_EQ(out.str(), R"({"certificate":"/d/ca.pem","key":"/d/ca-key.pem",)"
                       R"("fingerprint":"sha256:00","cuid":"cu","not_after":0})"
                       "\n");
  EXPECT_EQ(run({"pki", "issue", "dots.example", "--for", "server", "--dns",
                 "a.example", "--dns", "b.example", "--address", "192.0.2.1",
                 "--dir", "/d"},
                false),
            exit_code::failed);
  EXPECT_EQ(err.str(), "tocsin: /d/x.pem: exists (conflict)\n");
  EXPECT_EQ(run({"pki"}, false), exit_code::usage);
  EXPECT_EQ(run({"pki", "issue", "x", "--for", "queen"}, false),
            exit_code::usage);
}

TEST_F(commands_test, version_is_printed) {
  EXPECT_EQ(run({"version"}, false), exit_code::ok);
  EXPECT_EQ(out.str(), "tocsin 1.2.3\n");
}

TEST_F(commands_test, senseless_command_lines_are_usage_errors) {
  const std::vector<std::vector<std::string>> bad{
      {},
      {"ring"},
      {"status", "seven"},
      {"status", "7", "8"},
      {"list", "--colour"},
      {"sessions", "--limit", "100001"},
      {"audit", "--limit", "-1"}};
  for (const auto& words : bad) {
    EXPECT_EQ(run(words, false), exit_code::usage);
    EXPECT_NE(err.str(), "");
    EXPECT_EQ(out.str(), "");
  }
}

TEST_F(commands_test, every_help_teaches_with_an_example) {
  const std::vector<std::vector<std::string>> pages{
      {},       {"run"},      {"check"},       {"mitigate"},    {"status"},
      {"list"}, {"withdraw"}, {"sessions"},    {"audit"},       {"node"},
      {"pki"},  {"version"},  {"pki", "init"}, {"pki", "issue"}};
  for (auto words : pages) {
    auto command = words.empty() ? "check" : words.back();
    words.push_back("--help");
    EXPECT_EQ(run(words, false), exit_code::ok) << command;
    auto example = out.str().find("Example");
    ASSERT_NE(example, std::string::npos) << command;
    EXPECT_NE(out.str().find("  tocsin ", example), std::string::npos);
    EXPECT_NE(out.str().find(command, example), std::string::npos) << command;
    EXPECT_THAT(out.str(), HasSubstr("Exit codes: 0 done; 1 refused"))
        << command;
  }
}

} // namespace
} // namespace tocsin::roles::cli
