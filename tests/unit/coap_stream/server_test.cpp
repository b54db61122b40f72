// The peer's requests over a stream.
#include "harness.hpp"

namespace tocsin::protocol::coap {

namespace {

/// Gives `x` to a fresh endpoint, which must answer it itself.
message refused(const message& x) {
  auto y = harness::open();
  y.give(x);
  EXPECT_TRUE(y.no_event());
  EXPECT_EQ(y.uut.counters().refused, 1u);
  EXPECT_EQ(y.uut.pending_requests(), 0u);
  auto answer = y.sent_one();
  EXPECT_EQ(answer.token, x.token);
  return answer;
}

} // namespace

// COAP-099, COAP-108
TEST(stream_server, heartbeat_fed_octet_by_octet_is_delivered_and_answered) {
  auto x = harness::open();
  for (const auto octet : heartbeat) {
    EXPECT_TRUE(x.no_event());
    x.give(bytes{octet});
  }
  const auto got = x.event_of<incoming_request>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->code, code::put);
  EXPECT_EQ(got->type, type::con);
  EXPECT_EQ(got->token, token{hex("cafebabf")});
  EXPECT_EQ(got->options.count(option::uri_path), 3u);
  EXPECT_EQ(got->payload, hex("A1 18 31 A1 18 33 F5"));
  x.uut.respond(got->id, {code::changed}, x.now);
  EXPECT_EQ(x.octets(), hex("04 44 cafebabf"));
}

// COAP-107
TEST(stream_server, requests_are_answered_in_any_order) {
  auto x = harness::open();
  x.give(request("01"));
  x.give(request("02"));
  const auto first = x.incoming();
  const auto second = x.incoming();
  x.uut.respond(second, {}, x.now);
  x.uut.respond(second, {}, x.now); // has gone
  EXPECT_EQ(x.sent_one().token, token{hex("02")});
  x.uut.respond(first, {}, x.now);
  EXPECT_EQ(x.sent_one().token, token{hex("01")});
  EXPECT_EQ(x.uut.pending_requests(), 0u);
}

// COAP-112
TEST(stream_server, same_request_twice_is_two_requests) {
  auto x = harness::open();
  x.give(request("01"));
  x.give(request("01"));
  EXPECT_NE(x.incoming(), x.incoming());
  EXPECT_EQ(x.uut.counters().duplicates, 0u);
}

// COAP-041
TEST(stream_server, unknown_critical_option_draws_bad_option) {
  auto x = request("01");
  x.options.add(2001);
  const auto answer = refused(x);
  EXPECT_EQ(answer.code, code::bad_option);
  EXPECT_NE(text_of(answer.payload).find("2001"), std::string::npos);
}

// COAP-040
TEST(stream_server, unknown_elective_option_passes) {
  auto x = harness::open();
  auto asked = request("01");
  asked.options.add(2000);
  x.give(asked);
  EXPECT_TRUE(x.event_of<incoming_request>());
}

// COAP-047
TEST(stream_server, proxy_options_draw_proxying_not_supported) {
  for (const auto number : {option::proxy_uri, option::proxy_scheme}) {
    auto x = request("01");
    x.options.add(number, "coaps+tcp");
    EXPECT_EQ(refused(x).code, code::proxying_not_supported);
  }
}

// COAP-043
TEST(stream_server, surplus_accept_draws_bad_option) {
  auto x = request("01", code::get);
  x.options.add_uint(option::accept, 60);
  x.options.add_uint(option::accept, 271);
  EXPECT_EQ(refused(x).code, code::bad_option);
}

// COAP-049
TEST(stream_server, accept_is_left_to_the_application) {
  auto x = harness::open();
  auto asked = request("01", code::get);
  asked.options.add_uint(option::accept, 60);
  x.give(asked);
  const auto got = x.event_of<incoming_request>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->options.find_uint(option::accept), 60u);
  x.uut.respond(got->id, {code::not_acceptable}, x.now);
  EXPECT_EQ(x.octets(), hex("01 86 01"));
}

TEST(stream_server, unknown_method_draws_method_not_allowed) {
  EXPECT_EQ(refused(request("01", make_code(0, 5))).code,
            code::method_not_allowed);
}

// COAP-114
TEST(stream_server, hop_limit_out_of_range_draws_bad_request) {
  for (const auto value : {0u, 256u}) {
    auto x = request("01");
    x.options.add_uint(option::hop_limit, value);
    EXPECT_EQ(refused(x).code, code::bad_request);
  }
}

TEST(stream_server, requests_beyond_the_limit_are_put_off) {
  auto x = harness::open({.pending_requests = 2});
  x.give(request("01"));
  x.give(request("02"));
  const auto first = x.incoming();
  x.incoming();
  x.give(request("03"));
  const auto busy = x.sent_one();
  EXPECT_EQ(busy.code, code::unavailable);
  EXPECT_EQ(busy.token, token{hex("03")});
  EXPECT_GT(busy.options.find_uint(option::max_age).value_or(0), 0u);
  EXPECT_EQ(x.uut.counters().overloaded, 1u);
  EXPECT_TRUE(x.no_event());
  x.uut.drop(first, x.now);
  EXPECT_TRUE(x.silent());
  x.give(request("04"));
  EXPECT_TRUE(x.event_of<incoming_request>());
}

// COAP-101
TEST(stream_server, answer_beyond_the_size_of_the_peer_becomes_an_error) {
  auto x = harness::open();
  x.give(csm_of(200));
  x.give(request("01"));
  x.uut.respond(x.incoming(), {code::content, {}, bytes(200)}, x.now);
  const auto answer = x.sent_one();
  EXPECT_EQ(answer.code, code::internal);
  EXPECT_FALSE(answer.payload.empty());
  x.give(csm_of(3)); // room for a token and nothing else
  x.give(request("02"));
  x.uut.respond(x.incoming(), {code::content, {}, bytes(1)}, x.now);
  EXPECT_EQ(x.octets(), hex("01 a0 02"));
  x.give(csm_of(0));
  x.give(request("03"));
  x.uut.respond(x.incoming(), {}, x.now);
  EXPECT_TRUE(x.silent());
  EXPECT_EQ(x.uut.counters().lost, 1u);
}

TEST(stream_server, answer_with_a_code_that_is_none_becomes_an_error) {
  auto x = harness::open();
  for (const auto what : {code::get, code::empty, make_code(7, 5)}) {
    x.give(request("01"));
    x.uut.respond(x.incoming(), {what}, x.now);
    EXPECT_EQ(x.sent_one().code, code::internal);
  }
}

TEST(stream_server, notification_has_the_token_of_the_observer) {
  auto x = harness::open();
  response what;
  what.options.add_uint(option::observe, 5);
  what.payload = hex("a0");
  const auto first = x.uut.notify(token{hex("cafe")}, what, x.now);
  const auto sent = x.sent_one();
  EXPECT_EQ(sent.token, token{hex("cafe")});
  EXPECT_EQ(sent.code, code::content);
  EXPECT_EQ(sent.options.find_uint(option::observe), 5u);
  EXPECT_NE(x.uut.notify(token{hex("cafe")}, what, x.now), first);
  EXPECT_EQ(x.uut.counters().notifications, 2u);
}

TEST(stream_server, counters_tell_what_happened) {
  auto x = harness::open();
  x.give(request("01"));
  x.uut.respond(x.incoming(), {}, x.now);
  x.uut.send_request(own_request(), x.now);
  x.give(answer_to(x.sent().back()));
  const auto& y = x.uut.counters();
  EXPECT_EQ(y.received, 3u);
  EXPECT_EQ(y.sent, 3u);
  EXPECT_EQ(y.requests, 1u);
  EXPECT_EQ(y.responses, 1u);
}

TEST(stream_server, parameters_are_kept_clamped) {
  auto x = harness::open();
  parameters values;
  values.nstart = 0;
  x.uut.set_parameters(values);
  EXPECT_EQ(x.uut.current_parameters(), clamped(values));
  EXPECT_TRUE(x.uut.reliable());
}

} // namespace tocsin::protocol::coap
