#include "tests/unit/http/exchange_fixture.hpp"

namespace tocsin::transports {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class http_exchange_limits_test : public exchange_fixture {
protected:
  std::string put(std::size_t size) {
    return "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: "
           + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x');
  }

  void pass(std::chrono::milliseconds time) {
    now += time;
    uut->on_time(now);
  }
};

constexpr std::string_view get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

// REST-016
TEST_F(http_exchange_limits_test, a_body_is_as_large_as_allowed) {
  limits.message.body = 100;
  EXPECT_EQ(verdict(put(100)), 0u);
  EXPECT_EQ(verdict(put(101)), 413u);
  std::string head = "PUT / HTTP/1.1\r\nHost: h\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n";
  std::string chunk = "32\r\n" + std::string(50, 'x') + "\r\n";
  EXPECT_EQ(verdict(head + chunk + chunk + "0\r\n\r\n"), 0u);
  EXPECT_EQ(verdict(head + chunk + chunk + "1\r\nx\r\n0\r\n\r\n"), 413u);
}

TEST_F(http_exchange_limits_test, a_header_is_as_large_as_allowed) {
  std::string start = "GET / HTTP/1.1\r\nHost: h\r\nA: ";
  auto make = [&](std::size_t size) {
    return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
  };
  limits.message.header = 300;
  EXPECT_EQ(verdict(make(300)), 0u);
  EXPECT_EQ(verdict(make(301)), 431u);
  EXPECT_EQ(verdict(make(301).substr(0, 301)), 431u) << "it has no end yet";
}

TEST_F(http_exchange_limits_test, a_target_is_as_long_as_allowed) {
  limits.message.target = 100;
  auto make = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'x')
           + " HTTP/1.1\r\nHost: h\r\n\r\n";
  };
  EXPECT_EQ(verdict(make(100)), 0u);
  EXPECT_EQ(verdict(make(101)), 414u);
  EXPECT_EQ(verdict("GET /" + std::string(200, 'x')), 414u) << "without end";
}

TEST_F(http_exchange_limits_test, there_are_as_many_fields_as_allowed) {
  limits.message.fields = 10;
  std::string some = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 1; i < 10; ++i)
    some += "A: b\r\n";
  EXPECT_EQ(verdict(some + "\r\n"), 0u);
  EXPECT_EQ(verdict(some + "A: b\r\n\r\n"), 431u);
}

TEST_F(http_exchange_limits_test, the_frame_of_a_chunk_is_bounded) {
  std::string head = "PUT / HTTP/1.1\r\nHost: h\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(verdict(head + "1;" + std::string(5000, 'x')), 400u);
  EXPECT_EQ(verdict(head + "0\r\nA: " + std::string(5000, 'x')), 400u);
}

TEST_F(http_exchange_limits_test, waiting_requests_are_bounded) {
  limits.waiting = 2;
  open();
  for (int i = 0; i < 3; ++i)
    say(get);
  EXPECT_FALSE(uut->wants_input());
  for (int i = 0; i < 3; ++i)
    answer(take().id);
  EXPECT_FALSE(uut->next_request());
  EXPECT_TRUE(uut->wants_input());
}

TEST_F(http_exchange_limits_test, waiting_bodies_are_bounded) {
  limits.message.body = 1000;
  open();
  say(put(600));
  EXPECT_TRUE(uut->wants_input());
  say(put(600));
  EXPECT_FALSE(uut->wants_input());
}

TEST_F(http_exchange_limits_test, who_does_not_wait_for_answers_is_cut_off) {
  limits.waiting = 1;
  open();
  for (std::size_t said = 0; said <= http_server_exchange::max_unread;
       said += get.size())
    say(get);
  say(get);
  EXPECT_EQ(refused, std::vector{503u});
  answer(take().id);
  EXPECT_THAT(heard(), HasSubstr("HTTP/1.1 503 "));
  EXPECT_TRUE(uut->finished());
}

TEST_F(http_exchange_limits_test, empty_lines_do_not_pile_up) {
  for (int i = 0; i < 100'000; ++i)
    say("\r\n\r\n");
  EXPECT_TRUE(uut->idle());
  say(get);
  EXPECT_EQ(take().message.target, "/a");
}

TEST_F(http_exchange_limits_test, a_silent_client_is_left_without_a_word) {
  EXPECT_EQ(uut->next_deadline(), now + limits.idle);
  say("\r\n"); // is no request
  pass(limits.idle - 1ms);
  EXPECT_FALSE(uut->finished());
  pass(1ms);
  EXPECT_TRUE(uut->finished());
  EXPECT_EQ(heard(), "");
}

TEST_F(http_exchange_limits_test, silence_begins_with_the_last_answer) {
  pass(100s);
  say(get);
  auto x = take();
  EXPECT_FALSE(uut->next_deadline()) << "it is for us to answer";
  pass(1000s);
  answer(x.id);
  EXPECT_EQ(uut->next_deadline(), now + limits.idle);
}

TEST_F(http_exchange_limits_test, a_header_that_drips_is_refused) {
  for (char c : std::string_view{"GET / HTTP/1.1"}) {
    say({&c, 1});
    pass(limits.header / 10);
  }
  EXPECT_THAT(heard(), ::testing::StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(uut->finished());
}

TEST_F(http_exchange_limits_test, a_body_that_drips_is_refused) {
  say("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
  EXPECT_EQ(uut->next_deadline(), now + limits.request);
  for (int i = 0; i < 59; ++i) {
    pass(1s);
    say("x");
  }
  EXPECT_TRUE(refused.empty());
  pass(1s);
  EXPECT_EQ(refused, std::vector{408u});
}

TEST_F(http_exchange_limits_test, a_next_request_has_its_own_time) {
  say(get);
  answer(take().id);
  pass(100s);
  say("GET");
  EXPECT_EQ(uut->next_deadline(), now + limits.header);
}

} // namespace
} // namespace tocsin::transports
