#include "tests/unit/http/exchange_fixture.hpp"

namespace tocsin::transports {
namespace {

class http_smuggling_test : public exchange_fixture {};

struct row {
  const char* name;
  std::string text;
  unsigned status; // 0: taken
};

const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";

// REST-164: whatever is wrong is answered by who knows how RESTCONF does it.
TEST_F(http_smuggling_test, what_could_be_read_in_two_ways_is_refused) {
  const row rows[]{
      {"both lengths",
       post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
       400},
      {"both lengths, other way round",
       post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
       400},
      {"two lengths", post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\na",
       400},
      {"the same length twice",
       post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400},
      {"a list of lengths", post + "Content-Length: 1, 1\r\n\r\na", 400},
      {"a signed length", post + "Content-Length: +1\r\n\r\na", 400},
      {"a negative length", post + "Content-Length: -1\r\n\r\na", 400},
      {"no number", post + "Content-Length: x\r\n\r\na", 400},
      {"an empty length", post + "Content-Length: \r\n\r\na", 400},
      {"a huge length", post + "Content-Length: 99999999999999999999\r\n\r\n",
       400},
      {"another coding", post + "Transfer-Encoding: gzip\r\n\r\na", 501},
      {"two codings", post + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"chunked is not last", post + "Transfer-Encoding: chunked, x\r\n\r\n",
       501},
      {"coding twice",
       post
           + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"odd coding",
       post
           + "Transfer-Encoding: \x0b"
             "chunked\r\n\r\n",
       400},
      {"coding in 1.0",
       "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"space before the colon", post + "Content-Length : 1\r\n\r\na", 400},
      {"a folded field", post + "A: b\r\n c\r\n\r\n", 400},
      {"a field folded by a tab", post + "A: b\r\n\tc\r\n\r\n", 400},
      {"a folded request line", "POST / HTTP/1.1\r\n Host: h\r\n\r\n", 400},
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n",
       400},
      {"bare LF after a field", "GET / HTTP/1.1\r\nHost: h\nA: b\r\n\r\n", 400},
      {"bare LF at the end", "GET / HTTP/1.1\r\nHost: h\r\n\n", 400},
      {"bare CR in a field", post + "A: b\rc\r\n\r\n", 400},
      {"CR CR LF", post + "A: b\r\r\n\r\n", 400},
      {"NUL", post + "A: b" + std::string(1, '\0') + "\r\n\r\n", 400},
      {"a field without colon", post + "A\r\n\r\n", 400},
      {"a field without name", post + ": a\r\n\r\n", 400},
      {"no host", "GET / HTTP/1.1\r\nA: b\r\n\r\n", 400},
      {"two hosts", post + "Host: i\r\n\r\n", 400},
      {"no version", "GET /\r\nHost: h\r\n\r\n", 400},
      {"another version", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505},
      {"the next version", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"a version of nothing", "GET / HTTP/x.1\r\nHost: h\r\n\r\n", 400},
      {"another protocol", "GET / ICY/1.1\r\nHost: h\r\n\r\n", 400},
      {"TLS", "\x16\x03\x01\x02\r\n\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a tab", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a method that is none", "G(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"no path", "GET a HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a star", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"an authority", "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"plain HTTP", "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"unknown expectation", post + "Expect: money\r\n\r\n", 417},
      {"a chunk without size", chunked + "\r\nabc\r\n0\r\n\r\n", 400},
      {"a chunk with a signed size", chunked + "-1\r\nabc\r\n0\r\n\r\n", 400},
      {"a chunk with 0x", chunked + "0x1\r\na\r\n0\r\n\r\n", 400},
      {"a chunk with bare LF", chunked + "1\na\r\n0\r\n\r\n", 400},
      {"a chunk that does not end", chunked + "1\r\nab\r\n0\r\n\r\n", 400},
      {"LF in a chunk extension", chunked + "1;a=\"\n\"\r\na\r\n0\r\n\r\n",
       400},
      {"a huge chunk", chunked + "ffffffffffffffff\r\na\r\n0\r\n\r\n", 413},
      {"a chunk size that overflows", chunked + "1ffffffffffffffff\r\na\r\n",
       400},
      {"a trailer that is none", chunked + "0\r\nA b\r\n\r\n", 400},
      {"fine", post + "\r\n", 0},
      {"a fine body", post + "Content-Length: 1\r\n\r\na", 0},
      {"fine chunks", chunked + "1;a;b=\"c\"\r\na\r\n0\r\n\r\n", 0},
      {"lines before", "\r\n\r\n" + post + "\r\n", 0},
  };
  for (const auto& x : rows) {
    EXPECT_EQ(verdict(x.text), x.status) << x.name;
    EXPECT_EQ(refused.size(), x.status == 0 ? 0u : 1u) << x.name;
  }
}

TEST_F(http_smuggling_test, a_refusal_does_not_depend_on_how_octets_come) {
  for (std::string_view text :
       {"POST / HTTP/1.1\r\nHost: h\r\nA: b\rc\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\n\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\na\r\n0\r\n\r\n"}) {
    open();
    for (char c : text)
      say({&c, 1});
    EXPECT_EQ(refused, std::vector{400u}) << text;
  }
}

TEST_F(http_smuggling_test, nothing_is_read_after_a_refusal) {
  say("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n"
      "GET /evil HTTP/1.1\r\nHost: h\r\n\r\n");
  say("GET /evil HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_FALSE(uut->next_request());
  EXPECT_TRUE(uut->wants_input()) << "to drop it";
  EXPECT_EQ(refused.size(), 1u);
  EXPECT_THAT(heard(), ::testing::HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(uut->finished());
}

TEST_F(http_smuggling_test, a_refusal_waits_for_its_turn) {
  say("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/3.0\r\n\r\n");
  EXPECT_EQ(heard(), "");
  answer(take().id);
  auto text = heard();
  auto first = text.find("HTTP/1.1 200"), second = text.find("HTTP/1.1 505");
  EXPECT_NE(first, text.npos);
  EXPECT_NE(second, text.npos);
  EXPECT_LT(first, second);
  EXPECT_TRUE(uut->finished());
}

TEST_F(http_smuggling_test, a_refused_head_gets_no_body) {
  say("HEAD / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(heard(), ::testing::EndsWith("\r\n\r\n"));
  EXPECT_EQ(refused, std::vector{400u});
}

} // namespace
} // namespace tocsin::transports
