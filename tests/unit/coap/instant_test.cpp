// Requests that the application answers on the spot.
#include "harness.hpp"

namespace tocsin::protocol::coap {

using namespace std::chrono_literals;

namespace {

/// Answers PUTs with one content.
struct one_content final : instant_answers {
  bool recognises(coap::code method, byte_view content) override {
    return method == code::put && std::ranges::equal(content, expected);
  }

  coap::code answer(byte_view) override {
    ++answers;
    return code::changed;
  }

  bytes expected;
  int answers = 0;
};

class coap_instant : public testing::Test {
protected:
  coap_instant() {
    auto octets = wire(request(type::non, 1));
    by.expected.assign(octets.begin() + 4 + 4, octets.end()); // header, token
    x.uut.set_instant_answers(&by);
  }

  one_content by;
  harness x;
};

} // namespace

// COAP-035, COAP-065
TEST_F(coap_instant, a_non_is_answered_by_a_non_and_is_no_event) {
  const auto put = request(type::non, 0x0102);
  x.give(put);
  const auto reply = x.sent_one();
  EXPECT_EQ(reply.type, type::non);
  EXPECT_EQ(reply.code, code::changed);
  EXPECT_EQ(reply.token, put.token);
  EXPECT_TRUE(reply.options.empty());
  EXPECT_TRUE(reply.payload.empty());
  EXPECT_TRUE(x.no_event());
  EXPECT_EQ(x.uut.next_deadline(), std::nullopt);
  EXPECT_EQ(x.uut.counters().requests, 1u);
}

// COAP-036
TEST_F(coap_instant, a_con_is_answered_in_the_ack) {
  x.give(request(type::con, 0x0102));
  const auto reply = x.sent_one();
  EXPECT_EQ(reply.type, type::ack);
  EXPECT_EQ(reply.mid, 0x0102);
  EXPECT_EQ(reply.code, code::changed);
  EXPECT_EQ(x.uut.next_deadline(), std::nullopt);
}

// COAP-022, COAP-023
TEST_F(coap_instant, a_duplicate_is_not_answered_a_second_time) {
  x.give(request(type::con, 7));
  const auto first = x.sent_one();
  x.give(request(type::con, 7));
  EXPECT_EQ(x.sent_one(), first);
  x.give(request(type::non, 8));
  x.sent_one();
  x.give(request(type::non, 8));
  EXPECT_TRUE(x.silent());
  EXPECT_EQ(by.answers, 2);
  EXPECT_EQ(x.uut.counters().duplicates, 2u);
}

TEST_F(coap_instant, the_long_way_knows_its_duplicates_too) {
  x.give(request(type::non, 7));
  x.sent_one();
  x.uut.set_instant_answers(nullptr);
  x.give(request(type::non, 7));
  EXPECT_TRUE(x.no_event());
}

TEST_F(coap_instant, anything_else_is_an_event) {
  auto longer = request(type::non, 1);
  longer.payload = {1};
  x.give(longer);
  EXPECT_TRUE(x.event_of<incoming_request>());
  x.give(request(type::non, 2, code::del));
  EXPECT_TRUE(x.event_of<incoming_request>());
  EXPECT_TRUE(x.silent());
  EXPECT_EQ(by.answers, 0);
}

// COAP-002
TEST_F(coap_instant, a_token_that_is_too_long_is_refused_as_ever) {
  auto octets = wire(request(type::con, 7));
  octets[0] = (octets[0] & 0xf0) | 9;
  x.give(octets);
  EXPECT_EQ(x.sent_one(), empty(type::rst, 7));
  octets.resize(6); // the token ends after the datagram
  x.give(octets);
  EXPECT_EQ(x.sent_one(), empty(type::rst, 7));
  EXPECT_EQ(by.answers, 0);
}

TEST_F(coap_instant, types_that_are_no_request_are_not_asked_about) {
  x.give(request(type::ack, 7));
  x.give(request(type::rst, 8));
  EXPECT_TRUE(x.silent());
  EXPECT_EQ(by.answers, 0);
}

// COAP-027: the heartbeat is the sign of life that held requests wait for.
TEST_F(coap_instant, a_sign_of_life_lets_held_requests_go) {
  x.uut.send_request(own_request(type::non), x.now);
  x.uut.send_request(own_request(type::non), x.now);
  EXPECT_EQ(x.sent().size(), 1u);
  x.give(request(type::non, 7));
  EXPECT_TRUE(x.event_of<incoming_request>());
  EXPECT_EQ(x.sent().size(), 1u);
}

} // namespace tocsin::protocol::coap
