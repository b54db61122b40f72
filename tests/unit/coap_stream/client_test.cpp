// Our requests over a stream.
#include "harness.hpp"

#include <set>

namespace tocsin::protocol::coap {

using namespace std::chrono_literals;

namespace {

outgoing_request observation() {
  auto x = own_request(code::get);
  x.options.add_uint(option::observe, 0);
  x.keep_open = true;
  return x;
}

} // namespace

// COAP-107
TEST(stream_client, responses_are_matched_by_token_in_any_order) {
  auto x = harness::open();
  std::vector<exchange_id> ids;
  for (int i = 0; i < 3; ++i)
    ids.push_back(x.uut.send_request(own_request(), x.now));
  const auto sent = x.sent();
  ASSERT_EQ(sent.size(), 3u);
  x.advance(20ms);
  for (const auto i : {2u, 0u, 1u}) {
    x.give(answer_to(sent[i]));
    const auto got = x.event_of<response_received>();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->id, ids[i]);
    EXPECT_EQ(got->rtt, duration{20ms});
    EXPECT_FALSE(got->further);
  }
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
  EXPECT_FALSE(x.uut.next_deadline());
}

TEST(stream_client, tokens_are_eight_octets_and_differ_even_if_chance_repeats) {
  time_point now{1h};
  stream_endpoint uut{{}, [] { return 7u; }, now};
  std::set<exchange_id> ids;
  for (int i = 0; i < 10; ++i)
    ids.insert(uut.send_request(own_request(), now));
  EXPECT_EQ(ids.size(), 10u);
  auto x = harness::open();
  x.uut.send_request(own_request(), x.now);
  EXPECT_EQ(x.sent_one().token.size(), 8u);
}

TEST(stream_client, unknown_token_is_ignored) {
  auto x = harness::open();
  x.give(hex("01 43 7f"));
  x.give(hex("00 44"));
  x.give(hex("08 45 0102030405060708"));
  EXPECT_TRUE(x.silent() && x.no_event());
  EXPECT_EQ(x.uut.counters().unexpected, 3u);
}

// COAP-112
TEST(stream_client, request_goes_out_once_and_fails_at_its_deadline) {
  auto x = harness::open();
  auto asked = own_request();
  asked.repeat = {5, 1s};
  asked.deadline = 30s;
  x.uut.send_request(asked, x.now);
  EXPECT_EQ(x.sent().size(), 1u);
  x.advance(30s - 1ms);
  EXPECT_TRUE(x.silent() && x.no_event());
  x.advance(1ms);
  EXPECT_EQ(x.failure(), failure_reason::timeout);
  EXPECT_TRUE(x.silent());
  EXPECT_EQ(x.uut.counters().timeouts, 1u);
}

TEST(stream_client, request_without_deadline_fails_after_the_default) {
  auto x = harness::open();
  x.uut.send_request(own_request(), x.now);
  x.advance(stream_deadline - 1ms);
  EXPECT_TRUE(x.no_event());
  x.advance(1ms);
  EXPECT_EQ(x.failure(), failure_reason::timeout);
}

TEST(stream_client, late_response_is_ignored) {
  auto x = harness::open();
  const auto id = x.uut.send_request(own_request(), x.now);
  const auto sent = x.sent_one();
  x.uut.cancel(id, x.now);
  x.uut.cancel(id, x.now);
  EXPECT_EQ(x.failure(), failure_reason::cancelled);
  x.give(answer_to(sent));
  EXPECT_TRUE(x.no_event() && x.silent());
}

// COAP-100
TEST(stream_client, requests_before_the_csm_of_the_peer_keep_to_the_base_size) {
  harness x;
  auto asked = own_request();
  asked.payload.resize(base_message_size);
  x.uut.send_request(asked, x.now);
  EXPECT_EQ(x.failure(), failure_reason::too_large);
  asked.payload.resize(1000);
  x.uut.send_request(asked, x.now);
  EXPECT_EQ(x.sent().size(), 2u); // behind our CSM
  x.give(csm_of(5000));
  asked.payload.resize(4900);
  x.uut.send_request(asked, x.now);
  EXPECT_EQ(x.sent_one().payload.size(), 4900u);
  asked.payload.resize(5000);
  x.uut.send_request(asked, x.now);
  EXPECT_EQ(x.failure(), failure_reason::too_large);
  EXPECT_TRUE(x.no_event());
}

TEST(stream_client, code_that_is_no_method_is_not_sent) {
  auto x = harness::open();
  for (const auto what : {code::empty, code::content, make_code(7, 1)}) {
    x.uut.send_request(own_request(what), x.now);
    EXPECT_EQ(x.failure(), failure_reason::too_large);
  }
  EXPECT_TRUE(x.silent());
}

TEST(stream_client, get_and_delete_have_no_payload) {
  auto x = harness::open();
  for (const auto what : {code::get, code::del}) {
    x.uut.send_request(own_request(what), x.now);
    EXPECT_TRUE(x.sent_one().payload.empty());
  }
}

TEST(stream_client, exchanges_are_bounded) {
  auto x = harness::open({.exchanges = 2});
  const auto first = x.uut.send_request(own_request(), x.now);
  x.uut.send_request(own_request(), x.now);
  x.uut.send_request(own_request(), x.now);
  EXPECT_EQ(x.failure(), failure_reason::overload);
  EXPECT_EQ(x.uut.open_exchanges(), 2u);
  x.uut.cancel(first, x.now);
  EXPECT_EQ(x.failure(), failure_reason::cancelled);
  x.uut.send_request(own_request(), x.now);
  EXPECT_TRUE(x.no_event());
}

// COAP-042
TEST(stream_client, response_with_unknown_critical_option_is_rejected) {
  auto x = harness::open();
  x.uut.send_request(own_request(), x.now);
  auto answer = answer_to(x.sent_one());
  answer.options.add(2001);
  x.give(answer);
  EXPECT_EQ(x.failure(), failure_reason::bad_response);
  EXPECT_TRUE(x.silent());
}

TEST(stream_client, exchange_kept_open_takes_further_responses_until_cancel) {
  auto x = harness::open();
  const auto id = x.uut.send_request(observation(), x.now);
  const auto sent = x.sent_one();
  for (const bool further : {false, true, true}) {
    x.advance(1h * further); // no deadline once it is answered
    x.give(answer_to(sent, code::content));
    const auto got = x.event_of<response_received>();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->id, id);
    EXPECT_EQ(got->further, further);
    EXPECT_EQ(got->rtt.has_value(), !further);
    EXPECT_EQ(x.uut.open_exchanges(), 0u);
  }
  x.uut.cancel(id, x.now);
  x.give(answer_to(sent, code::content));
  EXPECT_TRUE(x.no_event());
  EXPECT_EQ(x.uut.counters().unexpected, 1u);
}

// COAP-110
TEST(stream_client, cancellation_of_an_observation_has_its_token) {
  auto x = harness::open();
  const auto id = x.uut.send_request(observation(), x.now);
  const auto sent = x.sent_one();
  x.give(answer_to(sent, code::content));
  x.uut.next_event();
  auto again = own_request(code::get);
  again.options.add_uint(option::observe, 1);
  again.same_token = id;
  EXPECT_EQ(x.uut.send_request(again, x.now), id);
  const auto second = x.sent_one();
  EXPECT_EQ(second.token, sent.token);
  EXPECT_EQ(second.options.find_uint(option::observe), 1u);
  x.give(answer_to(second, code::content));
  const auto got = x.event_of<response_received>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->id, id);
  EXPECT_TRUE(got->further);
  x.uut.cancel(id, x.now);
  EXPECT_NE(x.uut.send_request(again, x.now), id);
  EXPECT_EQ(x.failure(), failure_reason::cancelled);
  EXPECT_TRUE(x.silent());
}

TEST(stream_client, token_of_an_exchange_that_is_not_kept_is_not_used_again) {
  auto x = harness::open();
  auto again = own_request();
  again.same_token = x.uut.send_request(own_request(), x.now);
  x.sent();
  EXPECT_NE(x.uut.send_request(again, x.now), *again.same_token);
  EXPECT_EQ(x.failure(), failure_reason::cancelled);
  EXPECT_TRUE(x.silent());
}

// COAP-110
TEST(stream_client, end_of_the_stream_ends_what_is_kept_open) {
  auto x = harness::open();
  const auto id = x.uut.send_request(observation(), x.now);
  x.give(answer_to(x.sent_one(), code::content));
  x.uut.next_event();
  x.give(signal_of(abortion));
  EXPECT_TRUE(x.event_of<stream_ended>());
  const auto failed = x.event_of<request_failed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->id, id);
  EXPECT_EQ(failed->reason, failure_reason::reset);
}

} // namespace tocsin::protocol::coap
