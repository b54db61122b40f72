// Requests of the peer.
#include "harness.hpp"

namespace tocsin::protocol::coap {

using namespace std::chrono_literals;

// COAP-008, COAP-036, COAP-065
TEST(coap_server, an_answer_in_time_travels_in_the_ack) {
  harness x;
  const auto put = request(type::con, 0x0102);
  x.give(put);
  EXPECT_TRUE(x.silent());
  const auto came = x.event_of<incoming_request>();
  ASSERT_TRUE(came);
  EXPECT_EQ(came->code, code::put);
  EXPECT_EQ(came->type, type::con);
  EXPECT_EQ(came->token, put.token);
  EXPECT_EQ(came->options, put.options);
  response answer{code::changed, {}, octets_of("ok")};
  answer.options.add_uint(option::content_format, dots_cbor);
  x.uut.respond(came->id, answer, x.now);
  const auto reply = x.sent_one();
  EXPECT_EQ(reply.type, type::ack);
  EXPECT_EQ(reply.mid, 0x0102);
  EXPECT_EQ(reply.code, code::changed);
  EXPECT_EQ(reply.token, put.token);
  EXPECT_EQ(reply.options, answer.options);
  EXPECT_EQ(reply.payload, answer.payload);
  EXPECT_EQ(x.uut.next_deadline(), std::nullopt);
}

// COAP-016, COAP-035, COAP-036
TEST(coap_server, a_non_is_answered_by_a_non_and_never_acknowledged) {
  harness x;
  const auto put = request(type::non, 5);
  x.give(put);
  const auto id = x.incoming();
  x.advance(10s);
  EXPECT_TRUE(x.silent());
  x.uut.respond(id, {code::changed, {}, {}}, x.now);
  const auto reply = x.sent_one();
  EXPECT_EQ(reply.type, type::non);
  EXPECT_EQ(reply.token, put.token);
}

// COAP-031, COAP-032
TEST(coap_server, a_late_answer_is_a_con_of_its_own_after_an_empty_ack) {
  harness x;
  const auto put = request(type::con, 5);
  x.give(put);
  const auto id = x.incoming();
  x.advance(parameters{}.separate_after);
  EXPECT_EQ(x.sent_one(), empty(type::ack, 5));
  x.give(put);
  EXPECT_EQ(x.sent_one(), empty(type::ack, 5));
  x.uut.respond(id, {code::content, {}, {}}, x.now);
  const auto reply = x.sent_one();
  EXPECT_EQ(reply.type, type::con);
  EXPECT_EQ(reply.token, put.token);
  EXPECT_EQ(reply.code, code::content);
}

// COAP-034
TEST(coap_server, any_ack_or_reset_ends_the_retransmission_of_a_response) {
  for (const auto kind : {type::ack, type::rst}) {
    harness x;
    x.give(request(type::con, 5));
    const auto id = x.incoming();
    x.advance(1s);
    (void)x.sent();
    x.uut.respond(id, {code::content, {}, {}}, x.now);
    const auto reply = x.sent_one();
    x.advance(4s);
    EXPECT_EQ(x.sent_one(), reply);
    x.give(empty(kind, reply.mid));
    x.advance(100s);
    EXPECT_TRUE(x.silent());
    EXPECT_TRUE(x.no_event());
  }
}

// COAP-013
TEST(coap_server, a_late_duplicate_gets_its_ack_after_all_is_done) {
  harness x;
  const auto put = request(type::con, 5);
  x.give(put);
  const auto id = x.incoming();
  x.advance(1s);
  x.uut.respond(id, {code::content, {}, {}}, x.now);
  x.give(empty(type::ack, x.sent().back().what.mid));
  x.give(put);
  EXPECT_EQ(x.sent_one(), empty(type::ack, 5));
  EXPECT_TRUE(x.no_event());
}

// COAP-022, COAP-064
TEST(coap_server, a_duplicate_con_is_handled_once_and_answered_alike) {
  harness x;
  const auto put = request(type::con, 5);
  x.give(put);
  x.give(put);
  EXPECT_TRUE(x.silent());
  x.uut.respond(x.incoming(), {code::changed, {}, octets_of("x")}, x.now);
  const auto reply = x.sent_one();
  EXPECT_TRUE(x.no_event());
  x.advance(parameters{}.exchange_lifetime() - 1s);
  x.give(put);
  EXPECT_EQ(x.sent_one(), reply);
  EXPECT_TRUE(x.no_event());
  EXPECT_EQ(x.uut.counters().duplicates, 2u);
  x.advance(1s);
  x.give(put);
  EXPECT_TRUE(x.event_of<incoming_request>());
}

// COAP-018, COAP-023, COAP-024
TEST(coap_server, a_duplicate_non_is_ignored_and_a_new_id_is_a_new_request) {
  harness x;
  const auto put = request(type::non, 5);
  x.give(put);
  x.uut.respond(x.incoming(), {code::changed, {}, {}}, x.now);
  EXPECT_EQ(x.sent().size(), 1u);
  x.advance(parameters{}.non_lifetime() - 1s);
  x.give(put);
  EXPECT_TRUE(x.silent());
  EXPECT_TRUE(x.no_event());
  auto again = put;
  again.mid = 6;
  x.give(again);
  EXPECT_TRUE(x.event_of<incoming_request>());
  x.advance(1s);
  x.give(put);
  EXPECT_TRUE(x.event_of<incoming_request>());
}

// COAP-030
TEST(coap_server, the_window_for_duplicates_follows_new_parameters) {
  harness x;
  parameters values;
  values.max_retransmit = 4;
  x.uut.set_parameters(values);
  x.give(request(type::non, 5));
  EXPECT_TRUE(x.event_of<incoming_request>());
  x.advance(144s);
  x.give(request(type::non, 5));
  EXPECT_TRUE(x.no_event());
}

// COAP-052: silence on an unmet If-Match.
TEST(coap_server, a_dropped_request_gets_no_response) {
  harness x;
  x.give(request(type::non, 5));
  x.uut.drop(x.incoming(), x.now);
  EXPECT_TRUE(x.silent());
  const auto con = request(type::con, 6);
  x.give(con);
  x.uut.drop(x.incoming(), x.now);
  EXPECT_EQ(x.sent_one(), empty(type::ack, 6));
  x.give(con);
  EXPECT_EQ(x.sent_one(), empty(type::ack, 6));
  x.advance(300s);
  EXPECT_TRUE(x.silent());
  EXPECT_EQ(x.uut.pending_requests(), 0u);
}

TEST(coap_server, a_request_is_answered_only_once) {
  harness x;
  x.give(request(type::con, 5));
  const auto id = x.incoming();
  x.uut.respond(id, {code::changed, {}, {}}, x.now);
  (void)x.sent();
  x.uut.respond(id, {code::changed, {}, {}}, x.now);
  x.uut.drop(id, x.now);
  x.uut.respond(id + 1, {code::changed, {}, {}}, x.now);
  x.uut.respond(~request_id{0}, {code::changed, {}, {}}, x.now);
  EXPECT_TRUE(x.silent());
  x.give(request(type::con, 6));
  EXPECT_NE(x.incoming(), id);
}

// COAP-025
TEST(coap_server, an_answer_that_does_not_fit_becomes_an_internal_error) {
  harness x;
  x.give(request(type::con, 5));
  x.uut.respond(x.incoming(), {code::content, {}, bytes(1200, 1)}, x.now);
  const auto reply = x.sent_one();
  EXPECT_EQ(reply.code, code::internal);
  EXPECT_FALSE(reply.payload.empty());
  x.give(request(type::con, 6));
  x.uut.respond(x.incoming(), {code::content, {}, bytes(1024, 1)}, x.now);
  EXPECT_EQ(x.sent_one().code, code::content);
}

// COAP-059, COAP-060
TEST(coap_server, options_of_an_error_reach_the_peer) {
  harness x;
  x.give(request(type::non, 5));
  auto answer = diagnostic(code::too_large, "at most 1024 octets");
  answer.options.add_uint(option::size1, 1024);
  answer.options.add_uint(option::max_age, 30);
  x.uut.respond(x.incoming(), answer, x.now);
  const auto reply = x.sent_one();
  EXPECT_EQ(reply.options.find_uint(option::size1), 1024u);
  EXPECT_EQ(reply.options.find_uint(option::max_age), 30u);
  EXPECT_EQ(text_of(reply.payload), "at most 1024 octets");
}

TEST(coap_server, the_greeting_of_go_dots_reaches_the_application) {
  harness x;
  message greeting{type::con, code::get, 1, token{hex("01")}, {}, {}};
  greeting.options.add(option::q_block2);
  x.give(greeting);
  const auto came = x.event_of<incoming_request>();
  ASSERT_TRUE(came);
  EXPECT_TRUE(came->options.empty());
}

} // namespace tocsin::protocol::coap
