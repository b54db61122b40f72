#include "tests/actors/data_session_fixture.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

namespace {

class data_session_test : public data_session_fixture {};

// DATA-127
TEST_F(data_session_test, a_handshake_is_announced_with_its_customer) {
  connect();
  EXPECT_EQ(established, 1);
  ASSERT_THAT(seen->opened, SizeIs(1));
  EXPECT_EQ(seen->opened[0].id, 7u);
  EXPECT_EQ(seen->opened[0].peer.customer, "acme");
  EXPECT_EQ(seen->opened[0].peer.identity, "client.example");
}

// REST-010, REST-014: TLS says who it is.
TEST_F(data_session_test, a_request_reaches_the_store_of_its_customer) {
  connect();
  seen->answer = {201, {{"location", "/x"}}, ""};
  auto answer = say("PUT /restconf/data/a?b HTTP/1.1\r\nHost: h\r\n"
                    "Content-Type: application/yang-data+json\r\n"
                    "Connection: TE, keep-alive\r\nTE: trailers\r\n"
                    "Content-Length: 2\r\n\r\n{}");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 201 Created\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nLocation: /x\r\n"));
  EXPECT_EQ(seen->lookups, std::vector<std::string>{"acme"});
  ASSERT_THAT(seen->calls, SizeIs(1));
  const auto& x = seen->calls[0];
  EXPECT_EQ(x.from.customer, "acme");
  EXPECT_THAT(x.from.fingerprint, StartsWith("sha256:"));
  EXPECT_EQ(x.request.method, "PUT");
  EXPECT_EQ(x.request.target, "/restconf/data/a?b");
  EXPECT_EQ(x.request.body, "{}");
  EXPECT_EQ(
      x.request.fields,
      (transports::http_fields{
          {"host", "h"}, {"content-type", "application/yang-data+json"}}));
}

// DATA-012
TEST_F(data_session_test, one_connection_carries_many_requests) {
  connect();
  for (int i = 0; i < 20; ++i)
    EXPECT_THAT(get(), EndsWith("\r\n\r\n{}"));
  EXPECT_THAT(seen->calls, SizeIs(20));
  EXPECT_THAT(seen->lookups, SizeIs(1));
  EXPECT_EQ(forgotten, 0);
}

// REST-062, REST-063
TEST_F(data_session_test, every_answer_says_whether_it_may_be_cached) {
  connect();
  EXPECT_THAT(get(), HasSubstr("\r\nCache-Control: no-cache\r\n"));
  seen->answer.fields.set("cache-control", "no-store");
  auto own = get();
  EXPECT_THAT(own, HasSubstr("\r\nCache-Control: no-store\r\n"));
  EXPECT_THAT(own, ::testing::Not(HasSubstr("no-cache")));
  EXPECT_THAT(say("nonsense\r\n\r\n"),
              HasSubstr("\r\nCache-Control: no-cache\r\n"));
}

TEST_F(data_session_test, requests_are_asked_one_at_a_time_and_in_order) {
  connect();
  seen->silent = true;
  std::string two = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
                    "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(say(two), "");
  ASSERT_THAT(seen->calls, SizeIs(1));
  release("one");
  ASSERT_THAT(seen->calls, SizeIs(2));
  release("two");
  EXPECT_LT(heard.find("one"), heard.find("two"));
  EXPECT_EQ(seen->calls[1].request.target, "/2");
}

// REST-164, DATA-007
TEST_F(data_session_test, what_is_no_http_gets_an_error_of_restconf) {
  connect();
  auto answer = say("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(answer,
              HasSubstr("\r\nContent-Type: application/yang-data+json\r\n"));
  EXPECT_THAT(answer,
              EndsWith("\r\n\r\n{\"ietf-restconf:errors\":{\"error\":[{"
                       "\"error-type\":\"protocol\","
                       "\"error-tag\":\"malformed-message\","
                       "\"error-message\":\"a request has one Host\"}]}}"));
  EXPECT_TRUE(over());
  EXPECT_EQ(client->failure_reason(), "") << "not a goodbye";
  EXPECT_TRUE(seen->calls.empty());
}

// REST-016
TEST_F(data_session_test, a_body_that_is_too_large_is_refused) {
  limits.http.message.body = 100;
  connect();
  auto answer = say("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(answer, HasSubstr("\"error-tag\":\"too-big\""));
  EXPECT_TRUE(over());
}

// REST-010: whoever issued the certificate.
TEST_F(data_session_test, a_stranger_is_denied_with_an_error_of_restconf) {
  customer_name = "other.example";
  connect();
  auto answer = get();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 Forbidden\r\n"));
  EXPECT_THAT(answer, HasSubstr("\"error-tag\":\"access-denied\""));
  EXPECT_TRUE(seen->lookups.empty());
}

TEST_F(data_session_test, too_many_requests_are_put_off) {
  limits.burst = 3;
  limits.rate = 1;
  connect();
  for (int i = 0; i < 3; ++i)
    EXPECT_THAT(get(), StartsWith("HTTP/1.1 200 "));
  auto answer = get();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 1\r\n"));
  EXPECT_THAT(seen->calls, SizeIs(3));
  pass(1s);
  EXPECT_THAT(get(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(data_session_test, too_many_connections_are_turned_away) {
  admission = std::make_shared<data_admission>(limits);
  for (std::size_t i = 0; i < limits.sessions; ++i)
    EXPECT_TRUE(admission->enter("acme"));
  connect();
  auto answer = get();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 1\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(over());
  admission->leave("acme");
  EXPECT_TRUE(admission->enter("acme")) << "a place that it never had";
  EXPECT_FALSE(admission->enter("acme"));
}

TEST_F(data_session_test, a_connection_that_ends_gives_its_place_back) {
  limits.sessions = 1;
  connect();
  EXPECT_FALSE(admission->enter("acme"));
  client->close();
  exchange();
  EXPECT_TRUE(over());
  EXPECT_EQ(seen->ended[0].why, "closed by the peer");
  EXPECT_TRUE(admission->enter("acme"));
}

TEST_F(data_session_test, a_store_that_ended_meanwhile_is_found_anew) {
  connect();
  get();
  self->send_exit(seen->stores.at(0), caf::exit_reason::user_shutdown);
  sched.run();
  EXPECT_THAT(get(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(seen->lookups, SizeIs(2));
}

// REST-161
TEST_F(data_session_test, a_store_that_cannot_be_had_is_an_error) {
  connect();
  seen->no_store = fail(ec::unavailable, "store");
  auto answer = get();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 1\r\n"));
  seen->no_store.reset();
  EXPECT_THAT(get(), StartsWith("HTTP/1.1 200 "));
  seen->refusal = fail(ec::internal, "store");
  answer = get();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer, HasSubstr(R"("error-tag":"operation-failed")"));
}

TEST_F(data_session_test, a_store_that_is_silent_is_not_waited_for_forever) {
  connect();
  seen->silent = true;
  EXPECT_EQ(get(), "");
  EXPECT_EQ(pass(limits.answer - 1s), "");
  EXPECT_THAT(pass(2s), StartsWith("HTTP/1.1 504 "));
  release("late");
  seen->silent = false;
  EXPECT_THAT(get(), EndsWith("{}")) << "not the late one";
}

TEST_F(data_session_test, a_silent_client_is_closed) {
  connect();
  pass(limits.http.idle - 1s);
  EXPECT_FALSE(over());
  EXPECT_THAT(get(), StartsWith("HTTP/1.1 200 "));
  pass(limits.http.idle - 1s);
  EXPECT_FALSE(over());
  EXPECT_EQ(pass(2s), "");
  EXPECT_TRUE(over());
  EXPECT_EQ(client->current(), association::state::closed);
  EXPECT_EQ(client->failure_reason(), "");
}

TEST_F(data_session_test, a_client_that_drips_is_closed) {
  connect();
  std::string heard_so_far;
  for (int i = 0; i < 15 && !over(); ++i) {
    heard_so_far += say("G");
    heard_so_far += pass(1s);
  }
  EXPECT_TRUE(over());
  EXPECT_THAT(heard_so_far, StartsWith("HTTP/1.1 408 "));
}

TEST_F(data_session_test, a_handshake_that_does_not_end_is_given_up) {
  deaf = true;
  connect();
  pass(options.handshake_limit - 1s);
  EXPECT_EQ(forgotten, 0);
  pass(2s);
  EXPECT_TRUE(over());
  EXPECT_TRUE(seen->opened.empty());
}

TEST_F(data_session_test, a_long_answer_waits_for_the_client) {
  connect();
  seen->answer.body = std::string(1'000'000, 'x');
  deaf = true;
  get();
  std::size_t sent = 0;
  for (const auto& x : wire)
    sent += x.size();
  EXPECT_LT(sent, 70'000u) << "one piece at a time";
  deaf = false;
  exchange();
  EXPECT_THAT(heard, EndsWith(seen->answer.body));
}

TEST_F(data_session_test, a_client_that_does_not_read_is_closed) {
  connect();
  seen->answer.body = std::string(1'000'000, 'x');
  deaf = true;
  get();
  pass(limits.write - 1s);
  EXPECT_FALSE(over());
  pass(2s);
  EXPECT_TRUE(over());
  EXPECT_EQ(seen->ended[0].why, "the client does not take its answer");
}

TEST_F(data_session_test, a_shutdown_waits_for_the_answer) {
  connect();
  seen->silent = true;
  get();
  self->send(uut, atom::finish_v, std::string{"maintenance"});
  exchange();
  EXPECT_FALSE(over());
  release("done");
  EXPECT_THAT(heard, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(heard, EndsWith("done"));
  EXPECT_TRUE(over());
}

TEST_F(data_session_test, a_shutdown_ends_an_idle_connection_at_once) {
  connect();
  self->send(uut, atom::finish_v, std::string{"maintenance"});
  exchange();
  EXPECT_TRUE(over());
  EXPECT_EQ(seen->ended[0].why, "maintenance");
}

TEST_F(data_session_test, the_operator_sees_it) {
  connect();
  get();
  pass(5s);
  auto view = ask<session_view>(uut, atom::status_v);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->peer, "acme");
  EXPECT_EQ(view->transport, "HTTPS, TLS 1.3");
  EXPECT_EQ(view->state, "up");
  EXPECT_EQ(view->requests_in, 1u);
  EXPECT_EQ(view->idle_ms, 5000u);
}

} // namespace
} // namespace tocsin::actors
