#include "tests/unit/http/exchange_fixture.hpp"

namespace tocsin::transports {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class http_exchange_test : public exchange_fixture {};

constexpr std::string_view get = "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n";

// REST-004
TEST_F(http_exchange_test, a_request_comes_out_as_it_was_sent) {
  say("PUT /x%20y?z HTTP/1.1\r\nHost: h:1\r\nContent-Type:  a/b \r\n"
      "Content-Length: 5\r\n\r\nhello");
  auto x = take().message;
  EXPECT_EQ(x.method, "PUT");
  EXPECT_EQ(x.target, "/x%20y?z");
  EXPECT_EQ(x.body, "hello");
  EXPECT_EQ(x.fields, (http_fields{{"host", "h:1"},
                                   {"content-type", "a/b"},
                                   {"content-length", "5"}}));
}

TEST_F(http_exchange_test, requests_may_be_cut_anywhere) {
  std::string text{get};
  text += "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
          "3;x=y\r\nabc\r\n0a\r\n0123456789\r\n0\r\nX: y\r\n\r\n";
  text += "PUT /c HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok";
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    open();
    say(text.substr(0, cut));
    say(text.substr(cut));
    std::string seen;
    while (auto x = uut->next_request()) {
      seen += x->message.target + '=' + x->message.body + ' ';
      answer(x->id);
    }
    EXPECT_EQ(seen, "/a?b=c= /b=abc0123456789 /c=ok ") << cut;
  }
}

TEST_F(http_exchange_test, requests_may_come_octet_by_octet) {
  for (int rounds = 0; rounds < 3; ++rounds) {
    for (char c : std::string{"\r\nPOST /b HTTP/1.1\r\nHost: h\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"})
      say({&c, 1});
    answer(take().id);
    EXPECT_THAT(heard(), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
}

// DATA-012
TEST_F(http_exchange_test, a_connection_carries_any_number_of_requests) {
  for (int i = 0; i < 100; ++i) {
    say(get);
    answer(take().id);
    EXPECT_THAT(heard(), EndsWith("Content-Length: 3\r\n\r\nyes"));
    EXPECT_FALSE(uut->finished());
  }
}

TEST_F(http_exchange_test, an_answer_says_when_and_by_whom) {
  say(get);
  answer(take().id, {201, {{"location", "/x"}, {"x-own", "1"}}, "{}"});
  EXPECT_EQ(heard(), "HTTP/1.1 201 Created\r\nServer: tocsin\r\n"
                     "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                     "Location: /x\r\nx-own: 1\r\nContent-Length: 2\r\n\r\n{}");
}

TEST_F(http_exchange_test, pipelined_requests_are_answered_in_their_order) {
  say("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  auto first = take();
  EXPECT_FALSE(uut->next_request()) << "before the first is answered";
  EXPECT_EQ(heard(), "");
  answer(first.id, {200, {}, "one"});
  auto second = take();
  EXPECT_EQ(second.message.target, "/2");
  answer(second.id, {200, {}, "two"});
  EXPECT_THAT(heard(), ::testing::ContainsRegex("one(.|\n|\r)*two"));
}

TEST_F(http_exchange_test, an_answer_counts_once_and_for_its_request_only) {
  say(get);
  auto x = take();
  answer(x.id + 1);
  EXPECT_EQ(heard(), "");
  answer(x.id);
  heard();
  answer(x.id);
  EXPECT_EQ(heard(), "");
}

TEST_F(http_exchange_test, a_client_that_wants_to_close_is_closed) {
  say("GET / HTTP/1.1\r\nHost: h\r\nConnection: Foo, Close\r\n\r\nGET /2");
  EXPECT_FALSE(uut->finished());
  answer(take().id);
  EXPECT_FALSE(uut->finished()) << "the answer is not out yet";
  EXPECT_THAT(heard(), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(uut->finished());
}

TEST_F(http_exchange_test, http_1_0_is_closed_unless_it_wants_otherwise) {
  say("GET / HTTP/1.0\r\n\r\n");
  answer(take().id);
  EXPECT_THAT(heard(), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(uut->finished());
  open();
  say("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  answer(take().id);
  EXPECT_THAT(heard(), HasSubstr("\r\nConnection: keep-alive\r\n"));
  EXPECT_FALSE(uut->finished());
}

// DATA-226
TEST_F(http_exchange_test, no_content_has_neither_a_body_nor_its_length) {
  for (unsigned status : {204u, 304u}) {
    say(get);
    answer(take().id, {status, {{"content-length", "3"}}, "yes"});
    auto text = heard();
    EXPECT_THAT(text, Not(HasSubstr("Content-Length")));
    EXPECT_THAT(text, EndsWith("\r\n\r\n"));
  }
}

TEST_F(http_exchange_test, an_empty_body_has_its_length) {
  say(get);
  answer(take().id, {201, {}, ""});
  EXPECT_THAT(heard(), EndsWith("\r\nContent-Length: 0\r\n\r\n"));
}

TEST_F(http_exchange_test, an_answer_to_head_has_the_length_but_no_body) {
  say("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  answer(take().id);
  EXPECT_THAT(heard(), EndsWith("\r\nContent-Length: 3\r\n\r\n"));
}

TEST_F(http_exchange_test, an_answer_cannot_become_two) {
  for (http_field bad : {http_field{"location", "/\r\nX: y"},
                         http_field{"a b", "c"}, http_field{"", "c"}}) {
    open();
    say(get);
    answer(take().id, {200, {bad}, "yes"});
    EXPECT_THAT(heard(), StartsWith("HTTP/1.1 500 "));
    EXPECT_EQ(refused, std::vector{500u});
  }
  open();
  say(get);
  answer(take().id, {100, {}, ""});
  EXPECT_THAT(heard(), StartsWith("HTTP/1.1 500 "));
}

TEST_F(http_exchange_test, who_expects_to_be_told_to_go_on_is_told) {
  say("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\n"
      "Content-Length: 2\r\n\r\n");
  EXPECT_EQ(heard(), "HTTP/1.1 100 Continue\r\n\r\n");
  say("o");
  say("k");
  EXPECT_EQ(heard(), "");
  EXPECT_EQ(take().message.body, "ok");
}

TEST_F(http_exchange_test, nobody_is_told_to_go_on_before_earlier_answers) {
  say(get);
  say("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
      "Content-Length: 2\r\n\r\n");
  EXPECT_EQ(heard(), "");
  answer(take().id);
  EXPECT_THAT(heard(), EndsWith("yesHTTP/1.1 100 Continue\r\n\r\n"));
}

TEST_F(http_exchange_test, who_did_not_wait_is_not_told_to_go_on) {
  for (auto text : {"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                    "Content-Length: 2\r\n\r\no",
                    "GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n",
                    "PUT / HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\n"
                    "Content-Length: 2\r\n\r\n"}) {
    open();
    say(text);
    EXPECT_EQ(heard(), "") << text;
    EXPECT_TRUE(refused.empty());
  }
}

TEST_F(http_exchange_test, too_large_a_body_is_refused_before_it_is_sent) {
  limits.message.body = 10;
  EXPECT_EQ(verdict("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                    "Content-Length: 11\r\n\r\n"),
            413u);
}

TEST_F(http_exchange_test, targets_in_absolute_form_become_paths) {
  for (auto [target, path] : {std::pair{"https://h/a?b", "/a?b"},
                              {"HTTPS://h", "/"},
                              {"https://h?b", "/?b"},
                              {"/", "/"},
                              {"//a", "//a"}}) {
    open();
    say("GET " + std::string{target} + " HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(take().message.target, path);
  }
  EXPECT_EQ(verdict("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), 0u);
}

TEST_F(http_exchange_test, trailers_are_not_taken_for_fields) {
  say("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1\r\na\r\n0\r\nContent-Type: evil\r\n\r\n");
  auto x = take().message;
  EXPECT_EQ(x.body, "a");
  EXPECT_EQ(x.fields.find("content-type"), nullptr);
}

TEST_F(http_exchange_test, after_a_stop_what_was_taken_is_answered) {
  say(get);
  say("GET /half");
  auto x = take();
  uut->stop();
  EXPECT_TRUE(uut->wants_input()) << "to drop it";
  EXPECT_FALSE(uut->finished());
  answer(x.id);
  EXPECT_THAT(heard(), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(uut->finished());
  open();
  uut->stop();
  EXPECT_TRUE(uut->finished());
}

TEST_F(http_exchange_test, long_answers_come_in_pieces) {
  std::string body(200'000, 'x');
  say(get);
  answer(take().id, {200, {}, body});
  std::string all;
  for (bytes piece; uut->next_output(piece);) {
    EXPECT_LE(piece.size(), http_server_exchange::max_piece);
    all += as_text(piece);
  }
  EXPECT_THAT(all, EndsWith("\r\n\r\n" + body));
}

} // namespace
} // namespace tocsin::transports
