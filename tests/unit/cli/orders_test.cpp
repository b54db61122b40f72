#include "tests/unit/cli/fake_node.hpp"

namespace tocsin::roles::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using orders = fake_node;

const std::string list = "GET /v1/mitigations";

std::string list_of(const actors::mitigation_view& x) {
  return to_json(std::vector{x});
}

TEST_F(orders, prompt_answer_is_summed_up_with_what_to_do_next) {
  on("POST /v1/mitigations?wait=1", 201, to_json(view("active")));
  EXPECT_EQ(run({"mitigate", "203.0.113.7"}), exit_code::ok);
  EXPECT_EQ(out.str(), "mitigation 7 at provider: in progress\n"
                       "  protects  203.0.113.7/32\n"
                       "  granted   1 h\n"
                       "  answered  in 34 ms\n"
                       "  follow    tocsin status 7 --socket "
                           + socket
                           + "\n"
                             "  end       tocsin withdraw 7 --socket "
                           + socket + "\n");
  EXPECT_EQ(err.str(), "");
}

// ARCH-179, ARCH-180
TEST_F(orders, every_option_reaches_the_node) {
  on("POST /v1/mitigations?wait=0", 202, to_json(view("requested")));
  EXPECT_EQ(
      run({"mitigate",   "203.0.113.7", "--prefix",  "2001:db8::/32", "--port",
           "80",         "--port",      "8000-8100", "--protocol",    "udp",
           "--protocol", "6",           "--fqdn",    "a.example",     "--uri",
           "http://a/",  "--alias",     "web",       "--lifetime",    "forever",
           "--renew",    "--upstream",  "provider",  "--no-wait"}),
      exit_code::ok);
  EXPECT_THAT(
      asked(),
      ElementsAre(
          R"(POST /v1/mitigations?wait=0 {"upstream":"provider",)"
          R"("target-prefix":["203.0.113.7/32","2001:db8::/32"],)"
          R"("target-port-range":[{"lower-port":80,"upper-port":80},)"
          R"({"lower-port":8000,"upper-port":8100}],"target-protocol":[17,6],)"
          R"("target-fqdn":["a.example"],"target-uri":["http://a/"],)"
          R"("alias-name":["web"],"lifetime":-1,"renew":true})"));
  EXPECT_THAT(err.str(), HasSubstr("not confirmed yet; follow it with `tocsin "
                                   "status 7 --socket "));
}

TEST_F(orders, what_is_not_said_is_left_to_the_node) {
  on("POST /v1/mitigations?wait=1", 201, to_json(view("active")));
  EXPECT_EQ(run({"mitigate", "--port", "53", "203.0.113.7", "198.51.100.0/24",
                 "--no-renew"}),
            exit_code::ok);
  EXPECT_THAT(
      asked(),
      ElementsAre(R"(POST /v1/mitigations?wait=1 {"target-prefix":)"
                  R"(["203.0.113.7/32","198.51.100.0/24"],"target-port-range":)"
                  R"([{"lower-port":53,"upper-port":53}],"renew":false})"));
}

TEST_F(orders, waiting_tells_how_long_and_ends_with_the_answer) {
  on("POST /v1/mitigations?wait=1", 202, to_json(view("requested")));
  for (int i = 0; i < 30; ++i)
    on(list, 200, list_of(view("requested")));
  on(list, 200, list_of(view("active")));
  EXPECT_EQ(run({"mitigate", "203.0.113.7"}), exit_code::ok);
  EXPECT_EQ(err.str(),
            "asked provider (mid 7), waiting for the answer... 0 s\n"
            "asked provider (mid 7), waiting for the answer... 10 s\n");
  EXPECT_THAT(out.str(), HasSubstr("mitigation 7 at provider: in progress"));
}

TEST_F(orders, waiting_counts_in_place_on_a_terminal) {
  err_is_terminal = true;
  on("POST /v1/mitigations?wait=1", 202, to_json(view("requested")));
  for (int i = 0; i < 3; ++i)
    on(list, 200, list_of(view("requested")));
  on(list, 200, list_of(view("active")));
  EXPECT_EQ(run({"mitigate", "203.0.113.7"}), exit_code::ok);
  EXPECT_EQ(err.str(),
            "\rasked provider (mid 7), waiting for the answer... 0 s"
            "\rasked provider (mid 7), waiting for the answer... 1 s\n");
}

TEST_F(orders, missing_answer_is_a_timeout_that_tells_how_to_follow) {
  on("POST /v1/mitigations?wait=1", 202, to_json(view("requested")));
  on(list, 200, list_of(view("requested")));
  EXPECT_EQ(run({"mitigate", "203.0.113.7", "--timeout", "30s"}),
            exit_code::timeout);
  EXPECT_EQ(now, time_point{} + std::chrono::seconds{30});
  EXPECT_THAT(err.str(), HasSubstr("asked provider (mid 7), not confirmed yet; "
                                   "follow it with `tocsin status 7"));
  EXPECT_EQ(out.str(), "");
}

TEST_F(orders, refusal_by_the_peer_fails_with_its_reason) {
  auto refused = view("refused");
  refused.note = "4.00 not your prefix\x1b[2J";
  on("POST /v1/mitigations?wait=1", 202, to_json(view("requested")));
  on(list, 200, list_of(refused));
  EXPECT_EQ(run({"mitigate", "203.0.113.7"}), exit_code::failed);
  EXPECT_THAT(
      err.str(),
      HasSubstr("tocsin: provider refused mid 7: 4.00 not your prefix?[2J\n"));
}

TEST_F(orders, request_that_vanished_is_a_failure) {
  on("POST /v1/mitigations?wait=1", 202, to_json(view("requested")));
  on(list, 200, R"({"mitigations":[]})");
  EXPECT_EQ(run({"mitigate", "203.0.113.7"}), exit_code::failed);
  EXPECT_THAT(err.str(), HasSubstr("given up"));
}

TEST_F(orders, failure_of_the_node_is_said_in_its_words) {
  on("POST /v1/mitigations?wait=1", 503,
     to_json(fail(ec::unavailable, "upstream", "provider is down")));
  EXPECT_EQ(run({"mitigate", "203.0.113.7"}), exit_code::failed);
  EXPECT_EQ(err.str(), "tocsin: provider is down\n");
  on("POST /v1/mitigations?wait=0", 400,
     to_json(fail(ec::unknown, "alias-name", "no alias 'x'")));
  EXPECT_EQ(run({"mitigate", "--alias", "x", "--no-wait"}), exit_code::usage);
  EXPECT_EQ(err.str(), "tocsin: alias-name: no alias 'x' (unknown)\n");
}

// SIG-074
TEST_F(orders, senseless_orders_never_reach_the_node) {
  const std::vector<std::vector<std::string>> bad{
      {"mitigate"},
      {"mitigate", "--port", "80"},
      {"mitigate", "www.example.com"},
      {"mitigate", "203.0.113.7", "--port", "http"},
      {"mitigate", "203.0.113.7", "--protocol", "quic"},
      {"mitigate", "203.0.113.7", "--lifetime", "0"},
      {"mitigate", "203.0.113.7", "--timeout", "soon"},
      {"mitigate", "203.0.113.7", "--renew", "--no-renew"},
      {"mitigate", "203.0.113.7", "--wait"},
      {"withdraw"},
      {"withdraw", "seven"},
      {"withdraw", "-1"},
      {"withdraw", "4294967296"},
  };
  for (const auto& words : bad) {
    EXPECT_EQ(run(words), exit_code::usage) << words.back();
    EXPECT_NE(err.str(), "") << words.back();
  }
  EXPECT_THAT(asked(), ElementsAre());
}

TEST_F(orders, json_is_the_answer_alone) {
  on("POST /v1/mitigations?wait=1", 201, to_json(view("active")));
  EXPECT_EQ(run({"mitigate", "203.0.113.7", "--json"}), exit_code::ok);
  EXPECT_EQ(out.str(), to_json(view("active")) + "\n");
  EXPECT_EQ(err.str(), "");
  auto error = to_json(fail(ec::conflict, "upstream", "which one?"));
  on("POST /v1/mitigations?wait=0", 409, error);
  EXPECT_EQ(run({"mitigate", "203.0.113.7", "--json", "--no-wait"}),
            exit_code::failed);
  EXPECT_EQ(out.str(), error + "\n");
}

TEST_F(orders, unique_mid_is_enough_to_withdraw) {
  on(list, 200, list_of(view("active")));
  on("DELETE /v1/mitigations/7?peer=provider&cuid=cu&wait=60", 200,
     to_json(view("withdrawn")));
  EXPECT_EQ(run({"withdraw", "7"}), exit_code::ok);
  EXPECT_EQ(out.str(), "mitigation 7 of provider is withdrawn\n");
}

TEST_F(orders, ambiguous_mid_is_shown_and_needs_customer_and_cuid) {
  auto first = view("");
  first.peer = "a b";
  auto second = view("");
  second.peer = "bank";
  on(list, 200, to_json(std::vector{first, second}));
  EXPECT_EQ(run({"withdraw", "7"}), exit_code::usage);
  EXPECT_THAT(err.str(), HasSubstr("--customer bank --cuid cu  protects "
                                   "203.0.113.7/32\n"));
  on("DELETE /v1/mitigations/7?peer=a%20b&cuid=cu&wait=5", 200, to_json(first));
  EXPECT_EQ(run({"withdraw", "7", "--customer", "a b", "--timeout", "5s"}),
            exit_code::ok);
  EXPECT_EQ(run({"withdraw", "7", "--customer", "a b", "--cuid", "cu",
                 "--timeout", "5"}),
            exit_code::ok);
}

TEST_F(orders, withdrawal_without_an_answer_is_a_timeout) {
  on(list, 200, list_of(view("active")));
  on("DELETE /v1/mitigations/7?peer=provider&cuid=cu&wait=60", 202,
     to_json(view("withdrawing")));
  EXPECT_EQ(run({"withdraw", "7"}), exit_code::timeout);
  EXPECT_THAT(err.str(), HasSubstr("not confirmed yet"));
}

TEST_F(orders, unknown_mid_is_answered_by_the_node) {
  on(list, 200, R"({"mitigations":[]})");
  on("DELETE /v1/mitigations/8?wait=60", 404,
     to_json(fail(ec::not_found, "mid", "there is no mitigation 8")));
  EXPECT_EQ(run({"withdraw", "8"}), exit_code::failed);
  EXPECT_EQ(err.str(), "tocsin: mid: there is no mitigation 8 (not-found)\n");
}

TEST_F(orders, a_request_may_wait_for_the_loss_of_signal) {
  on("POST /v1/mitigations?wait=0", 202, to_json(view("requested")));
  EXPECT_EQ(run({"mitigate", "203.0.113.7", "--on-signal-loss", "--no-wait"}),
            exit_code::ok);
  EXPECT_THAT(asked(), ElementsAre(R"(POST /v1/mitigations?wait=0 )"
                                   R"({"target-prefix":["203.0.113.7/32"],)"
                                   R"("trigger-mitigation":false})"));
}

TEST_F(orders, a_report_reaches_the_upstream) {
  on(list, 200, list_of(view("active")));
  auto mine = view("active");
  auto target = "PUT /v1/mitigations/7?peer=" + mine.peer
                + (mine.cuid.empty() ? "" : "&cuid=" + mine.cuid) + "&wait=60";
  on(target, 200, to_json(mine));
  EXPECT_EQ(run({"report", "7", "fails"}), exit_code::ok);
  EXPECT_THAT(out.str(), HasSubstr("does not help yet"));
  EXPECT_EQ(asked().back(), target + R"( {"attack-status":"under-attack"})");
  EXPECT_EQ(run({"report", "7", "maybe"}), exit_code::usage);
}

TEST_F(orders, clients_are_sent_away_and_taken_back) {
  actors::node_view node;
  node.redirect = "to alt.example (maintenance)";
  on("PUT /v1/redirect", 200, to_json(node));
  EXPECT_EQ(run({"redirect", "--to", "alt.example", "--address", "192.0.2.7",
                 "--time", "30m"}),
            exit_code::ok);
  EXPECT_EQ(out.str(), "clients are sent away: to alt.example (maintenance)\n");
  EXPECT_EQ(asked().back(), R"(PUT /v1/redirect {"alt-server":"alt.example",)"
                            R"("alt-server-record":["192.0.2.7"],)"
                            R"("max-age":1800})");
  on("DELETE /v1/redirect", 200, to_json(actors::node_view{}));
  out.str({});
  EXPECT_EQ(run({"redirect", "--off"}), exit_code::ok);
  EXPECT_EQ(out.str(), "clients are served here\n");
  EXPECT_EQ(run({"redirect", "--off", "--to", "a"}), exit_code::usage);
}

TEST_F(orders, a_handover_says_who_moved_and_who_stays) {
  using results = std::vector<actors::handover_result>;
  on("PUT /v1/handover", 200,
     to_json(results{{"acme", "c1", true, 1, ""},
                     {"acme", "c2", false, 0, "b: it is down"}}));
  on("PUT /v1/handover", 200, to_json(results{{"acme", "c1", true, 2, ""}}));
  EXPECT_EQ(run({"handover", "--to", "b", "--all"}), exit_code::failed);
  EXPECT_EQ(asked().back(), R"(PUT /v1/handover {"to":"b","all":true})");
  EXPECT_EQ(out.str(), "acme/c1 is handed over to b with 1 mitigation\n"
                       "acme/c2 stays here: b: it is down\n");
  EXPECT_EQ(run({"handover", "--to", "b", "--client", "c1"}), exit_code::ok);
  EXPECT_EQ(asked().back(), R"(PUT /v1/handover {"to":"b","cuid":"c1"})");
  EXPECT_EQ(run({"handover"}), exit_code::usage);
  EXPECT_EQ(run({"handover", "--to", "b", "--all", "--client", "c"}),
            exit_code::usage);
}

} // namespace
} // namespace tocsin::roles::cli
