#include "transports/http_exchange.hpp"

#include <gmock/gmock.h>

namespace tocsin::transports {
namespace {

class http_client_exchange_test : public ::testing::Test {
protected:
  using outcome = std::optional<result<web_response>>;

  void open() { uut = std::make_unique<http_client_exchange>("h:443", limits); }
  void SetUp() override { open(); }

  std::string ask(web_request x = {"GET", "/", {}, ""}) {
    auto asked = uut->request(x);
    EXPECT_TRUE(asked) << to_string(asked.error());
    std::string text;
    for (bytes piece; uut->next_output(piece);)
      text += as_text(piece);
    return text;
  }
  void hear(std::string_view text) { uut->receive(as_octets(text)); }

  /// The answer to a request on a fresh connection.
  outcome answer(std::string_view text, const char* method = "GET") {
    open();
    ask({method, "/", {}, ""});
    hear(text);
    return uut->next_response();
  }
  std::optional<ec> refusal(std::string_view text) {
    auto x = answer(text);
    return x && !*x ? std::optional{x->error().code} : std::nullopt;
  }

  http_client_limits limits;
  std::unique_ptr<http_client_exchange> uut;
};

TEST_F(http_client_exchange_test, a_request_is_written_with_its_length) {
  EXPECT_EQ(
      ask({"PUT", "/a?b", {{"if-match", "\"1\""}, {"host", "x"}}, "body"}),
      "PUT /a?b HTTP/1.1\r\nHost: h:443\r\nUser-Agent: tocsin\r\n"
      "If-Match: \"1\"\r\nContent-Length: 4\r\n\r\nbody");
  open();
  EXPECT_EQ(ask(), "GET / HTTP/1.1\r\nHost: h:443\r\n"
                   "User-Agent: tocsin\r\n\r\n");
  open();
  EXPECT_THAT(ask({"POST", "/", {}, ""}),
              ::testing::HasSubstr("Content-Length: 0\r\n"));
}

TEST_F(http_client_exchange_test, what_would_be_two_requests_is_not_sent) {
  for (const web_request& x : {web_request{"G T", "/", {}, ""},
                               {"GET", "/ HTTP/1.1\r\n", {}, ""},
                               {"GET", "", {}, ""},
                               {"GET", "/", {{"a", "b\r\nc: d"}}, ""}}) {
    auto asked = uut->request(x);
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().code, ec::malformed);
  }
}

// DATA-013
TEST_F(http_client_exchange_test, one_connection_serves_many_requests) {
  for (int i = 0; i < 10; ++i) {
    ask();
    EXPECT_FALSE(uut->request({"GET", "/", {}, ""})) << "one at a time";
    EXPECT_FALSE(uut->next_response());
    hear("HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 2\r\n\r\n{}");
    auto x = uut->next_response();
    ASSERT_TRUE(x && *x);
    EXPECT_EQ((*x)->status, 200u);
    EXPECT_EQ((*x)->body, "{}");
    EXPECT_EQ((*x)->fields.list("etag"), "\"x\"");
    EXPECT_TRUE(uut->usable());
  }
}

TEST_F(http_client_exchange_test, answers_may_be_cut_anywhere) {
  std::string text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n"
                     "0\r\n\r\n";
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    open();
    ask();
    hear(text.substr(0, cut));
    EXPECT_TRUE(uut->answer_begun());
    hear(text.substr(cut));
    auto x = uut->next_response();
    ASSERT_TRUE(x && *x) << cut;
    EXPECT_EQ((*x)->body, "abc");
    EXPECT_TRUE(uut->usable());
  }
}

TEST_F(http_client_exchange_test, answers_without_a_body_are_complete) {
  auto bare = answer("HTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_TRUE(bare && *bare);
  EXPECT_EQ((*bare)->status, 204u);
  EXPECT_TRUE(uut->usable());
  auto head = answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD");
  ASSERT_TRUE(head && *head);
  EXPECT_TRUE(uut->usable());
}

TEST_F(http_client_exchange_test, a_body_may_last_until_the_end) {
  EXPECT_FALSE(answer("HTTP/1.0 200 OK\r\n\r\nall of "));
  hear("it");
  uut->end_of_stream(true);
  auto x = uut->next_response();
  ASSERT_TRUE(x && *x);
  EXPECT_EQ((*x)->body, "all of it");
  EXPECT_FALSE(uut->usable());
}

TEST_F(http_client_exchange_test, a_body_that_was_cut_off_is_no_answer) {
  for (auto text : {"HTTP/1.0 200 OK\r\n\r\nall of ",
                    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1",
                    "HTTP/1.1 200", ""}) {
    EXPECT_FALSE(answer(text));
    uut->end_of_stream(false);
    auto x = uut->next_response();
    ASSERT_TRUE(x && !*x) << text;
    EXPECT_EQ(x->error().code, ec::closed);
    EXPECT_FALSE(uut->usable());
  }
}

TEST_F(http_client_exchange_test, a_server_that_closes_is_not_asked_again) {
  auto x = answer("HTTP/1.1 200 OK\r\nConnection: close\r\n"
                  "Content-Length: 0\r\n\r\n");
  ASSERT_TRUE(x && *x);
  EXPECT_FALSE(uut->usable());
  EXPECT_EQ(uut->request({"GET", "/", {}, ""}).error().code, ec::closed);
}

TEST_F(http_client_exchange_test, what_nobody_asked_for_ends_the_connection) {
  hear("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_FALSE(uut->usable());
  auto x = answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200");
  ASSERT_TRUE(x && *x);
  EXPECT_FALSE(uut->usable());
}

TEST_F(http_client_exchange_test, answers_in_doubt_are_refused) {
  for (auto text :
       {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
        "Transfer-Encoding: chunked\r\n\r\na",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 600 OK\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "H\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
    EXPECT_EQ(refusal(text), ec::malformed) << text;
    EXPECT_FALSE(uut->usable());
  }
}

TEST_F(http_client_exchange_test, answers_are_bounded) {
  limits.message.body = 10;
  limits.message.header = 200;
  EXPECT_EQ(refusal("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"),
            ec::too_large);
  EXPECT_EQ(refusal("HTTP/1.0 200 OK\r\n\r\n01234567890"), ec::too_large);
  EXPECT_EQ(refusal("HTTP/1.1 200 OK\r\nA: " + std::string(300, 'x')),
            ec::too_large);
  auto fine = answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789");
  EXPECT_TRUE(fine && *fine);
}

TEST_F(http_client_exchange_test, interim_answers_do_not_go_on_forever) {
  std::string text;
  for (unsigned i = 0; i < limits.interim; ++i)
    text += "HTTP/1.1 102 Processing\r\n\r\n";
  EXPECT_FALSE(answer(text));
  EXPECT_EQ(refusal(text + "HTTP/1.1 102 Processing\r\n\r\n"), ec::malformed);
}

} // namespace
} // namespace tocsin::transports
