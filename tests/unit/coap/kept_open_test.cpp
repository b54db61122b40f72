// Exchanges that stay open after their first response, and notifications.
#include "harness.hpp"

namespace tocsin::protocol::coap {

using namespace std::chrono_literals;

namespace {

outgoing_request kept(type kind) {
  auto x = own_request(kind);
  x.code = code::get;
  x.keep_open = true;
  return x;
}

struct open_harness : harness {
  explicit open_harness(type kind = type::con) {
    id = uut.send_request(kept(kind), now);
    first = sent_one();
    give(answer_to(first, kind == type::con ? type::ack : type::non, first.mid,
                   code::content));
    const auto got = event_of<response_received>();
    EXPECT_TRUE(got && got->id == id && !got->further);
  }

  exchange_id id = 0;
  message first;
};

} // namespace

// COAP-078
TEST(coap_kept_open, later_responses_come_under_the_same_id) {
  open_harness x;
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
  EXPECT_EQ(x.uut.next_deadline(), std::nullopt);
  for (std::uint16_t mid = 500; mid < 503; ++mid) {
    x.advance(1000s);
    auto more = answer_to(x.first, type::non, mid, code::content);
    more.payload = {std::uint8_t(mid)};
    x.give(more);
    const auto got = x.event_of<response_received>();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->id, x.id);
    EXPECT_TRUE(got->further);
    EXPECT_EQ(got->payload, more.payload);
    EXPECT_EQ(got->rtt, std::nullopt);
    EXPECT_TRUE(x.silent());
  }
}

// COAP-022, COAP-078
TEST(coap_kept_open, a_con_among_them_is_acknowledged_and_delivered_once) {
  open_harness x;
  const auto more = answer_to(x.first, type::con, 500, code::content);
  x.give(more);
  x.give(more);
  const auto acks = x.sent();
  ASSERT_EQ(acks.size(), 2u);
  EXPECT_EQ(acks[0].what, empty(type::ack, 500));
  EXPECT_EQ(acks[1].what, empty(type::ack, 500));
  EXPECT_TRUE(x.event_of<response_received>());
  EXPECT_TRUE(x.no_event());
}

// COAP-078, SIG-187
TEST(coap_kept_open, after_cancel_the_next_response_draws_a_reset) {
  for (const auto kind : {type::con, type::non}) {
    open_harness x{kind};
    x.uut.cancel(x.id, x.now);
    EXPECT_TRUE(x.no_event());
    x.give(answer_to(x.first, type::non, 500, code::content));
    EXPECT_EQ(x.sent_one(), empty(type::rst, 500));
    EXPECT_TRUE(x.no_event());
  }
}

TEST(coap_kept_open, also_when_the_request_had_been_sent_several_times) {
  harness x;
  auto asked = kept(type::non);
  asked.urgent = true;
  asked.repeat = {3, 3s};
  const auto id = x.uut.send_request(asked, x.now);
  x.advance(4s);
  const auto copies = x.sent();
  ASSERT_EQ(copies.size(), 2u);
  x.give(answer_to(copies[0].what, type::non, 500, code::content));
  x.uut.cancel(id, x.now);
  x.give(answer_to(copies[0].what, type::non, 501, code::content));
  EXPECT_EQ(x.sent_one(), empty(type::rst, 501));
}

TEST(coap_kept_open, without_an_answer_it_fails_like_any_other) {
  harness x;
  x.uut.send_request(kept(type::con), x.now);
  EXPECT_EQ(x.uut.open_exchanges(), 1u);
  x.advance(300s);
  EXPECT_EQ(x.failure(), failure_reason::timeout);
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
  x.uut.cancel(x.uut.send_request(kept(type::con), x.now), x.now);
  EXPECT_EQ(x.failure(), failure_reason::cancelled);
}

// COAP-076, COAP-079
TEST(coap_kept_open, a_request_with_the_same_token_is_answered_under_its_id) {
  open_harness x;
  auto again = own_request(type::con);
  again.same_token = x.id;
  EXPECT_EQ(x.uut.send_request(again, x.now), x.id);
  EXPECT_EQ(x.uut.open_exchanges(), 1u);
  const auto sent = x.sent_one();
  EXPECT_EQ(sent.token, x.first.token);
  EXPECT_NE(sent.mid, x.first.mid);
  x.give(answer_to(sent, type::ack, sent.mid, code::content));
  const auto got = x.event_of<response_received>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->id, x.id);
  EXPECT_TRUE(got->further);
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
  x.advance(300s);
  EXPECT_TRUE(x.silent());
  x.give(answer_to(sent, type::non, 500, code::content));
  EXPECT_TRUE(x.event_of<response_received>());
}

TEST(coap_kept_open, if_that_request_fails_the_exchange_has_ended) {
  open_harness x;
  auto again = own_request(type::non);
  again.same_token = x.id;
  x.uut.send_request(again, x.now);
  x.advance(300s);
  x.sent();
  EXPECT_EQ(x.failure(), failure_reason::timeout);
  x.uut.send_request(again, x.now);
  EXPECT_EQ(x.failure(), failure_reason::cancelled);
  EXPECT_TRUE(x.silent());
}

TEST(coap_kept_open, a_response_with_an_unknown_critical_option_ends_it) {
  open_harness x;
  auto bad = answer_to(x.first, type::con, 500, code::content);
  bad.options.add(2001);
  x.give(bad);
  EXPECT_EQ(x.sent_one(), empty(type::rst, 500));
  EXPECT_EQ(x.failure(), failure_reason::bad_response);
  x.give(answer_to(x.first, type::non, 501, code::content));
  EXPECT_EQ(x.sent_one(), empty(type::rst, 501));
}

// SIG-178, COAP-077, SIG-187
TEST(coap_notify, a_notification_is_a_non_and_its_reset_is_reported_once) {
  harness x;
  const token to{hex("cafe")};
  const auto one = x.uut.notify(to, {code::content, {}, {1}}, x.now);
  const auto two = x.uut.notify(to, {code::content, {}, {2}}, x.now);
  const auto all = x.sent();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].what.type, type::non);
  EXPECT_EQ(all[0].what.token, to);
  EXPECT_EQ(all[0].what.payload, bytes{1});
  EXPECT_NE(all[0].what.mid, all[1].what.mid);
  EXPECT_NE(one, two);
  x.give(empty(type::rst, all[1].what.mid));
  x.give(empty(type::rst, all[1].what.mid));
  const auto rejected = x.event_of<notification_rejected>();
  ASSERT_TRUE(rejected);
  EXPECT_EQ(rejected->id, two);
  EXPECT_EQ(rejected->token, to);
  EXPECT_TRUE(x.no_event());
  EXPECT_EQ(x.uut.counters().notifications, 2u);
}

TEST(coap_notify, only_the_latest_notifications_are_remembered) {
  harness x{{}, {.notifications = 4}};
  for (int i = 0; i < 6; ++i)
    x.uut.notify(token{hex("01")}, {}, x.now);
  const auto all = x.sent();
  ASSERT_EQ(all.size(), 6u);
  for (const auto& each : all)
    x.give(empty(type::rst, each.what.mid));
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(x.event_of<notification_rejected>()) << i;
  EXPECT_TRUE(x.no_event());
}

TEST(coap_notify, what_does_not_fit_goes_out_as_5_00) {
  harness x;
  x.uut.notify(token{hex("01")}, {code::content, {}, bytes(2000)}, x.now);
  EXPECT_EQ(x.sent_one().code, code::internal);
  EXPECT_EQ(x.uut.max_message(), limits{}.message_size);
  EXPECT_FALSE(x.uut.reliable());
}

} // namespace tocsin::protocol::coap
