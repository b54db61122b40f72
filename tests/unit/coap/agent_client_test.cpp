// The client half of the agent: observing, and its requests in blocks.
#include "agent_harness.hpp"

namespace tocsin::protocol::coap {

using namespace std::chrono_literals;

namespace {

/// An agent that observes; the peer is the test.
struct observing : agent_harness {
  explicit observing(std::uint32_t number = 10) {
    auto ask = observe_of("mitigate");
    ask.options.add(option::uri_query, "c=a");
    id = uut.send_request(ask, now);
    first = sent_one();
    option_list options;
    options.add_uint(option::observe, number);
    answers(first, code::content, {0}, options);
    const auto got = event_of<response_received>();
    EXPECT_TRUE(got && got->id == id && !got->further);
  }

  /// A notification; what the application sees of it.
  std::optional<bytes> notified(std::uint32_t number, const bytes& payload) {
    notify(payload, number);
    const auto got = event_of<response_received>();
    if (!got)
      return std::nullopt;
    EXPECT_EQ(got->id, id);
    EXPECT_TRUE(got->further);
    return got->payload;
  }

  void notify(const bytes& payload, std::optional<std::uint32_t> number,
              code result = code::content) {
    option_list options;
    if (number)
      options.add_uint(option::observe, *number);
    notify(payload, options, result);
  }

  void notify(const bytes& payload, const option_list& options,
              code result = code::content) {
    message x{type::non, result, next_mid++, first.token, options, payload};
    give(x);
  }

  exchange_id id = 0;
  message first;
};

} // namespace

// SIG-177, COAP-066
TEST(coap_agent_client, a_registration_is_a_get_with_an_empty_observe) {
  observing x;
  const auto value = x.first.options.find(option::observe);
  ASSERT_TRUE(value);
  EXPECT_TRUE(value->empty());
  EXPECT_EQ(x.uut.open_exchanges(), 1u);
  EXPECT_EQ(x.uut.next_deadline(), std::nullopt);
}

// COAP-068
TEST(coap_agent_client, without_observe_in_the_answer_it_ends_there) {
  agent_harness x;
  x.uut.send_request(observe_of("mitigate"), x.now);
  const auto first = x.sent_one();
  x.answers(first, code::content, {1});
  EXPECT_TRUE(x.event_of<response_received>());
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
  auto late = answer_to(first, type::non, 900, code::content);
  x.give(late);
  EXPECT_EQ(x.sent_one(), empty(type::rst, 900));
}

// COAP-074
TEST(coap_agent_client, older_notifications_are_dropped) {
  observing x{10};
  EXPECT_EQ(x.notified(12, {12}), bytes{12});
  EXPECT_EQ(x.notified(11, {11}), std::nullopt);
  EXPECT_EQ(x.notified(12, {12}), std::nullopt);
  EXPECT_EQ(x.notified(13, {13}), bytes{13});
}

// COAP-074
TEST(coap_agent_client, numbers_wrap_around) {
  observing x{0xfffffe};
  EXPECT_EQ(x.notified(1, {1}), bytes{1});
  EXPECT_EQ(x.notified(0xffffff, {2}), std::nullopt);
  EXPECT_EQ(x.notified(0x800000, {3}), bytes{3});
  EXPECT_EQ(x.notified(1, {4}), std::nullopt) << "less than half a circle";
  EXPECT_EQ(x.notified(0xffffff, {5}), bytes{5});
  EXPECT_EQ(x.notified(1, {6}), bytes{6});
}

// COAP-074
TEST(coap_agent_client, after_128_seconds_any_number_is_newer) {
  observing x{10};
  x.advance(128s);
  EXPECT_EQ(x.notified(5, {5}), std::nullopt);
  x.advance(1ms);
  EXPECT_EQ(x.notified(5, {6}), bytes{6});
}

// COAP-070, COAP-071
TEST(coap_agent_client, a_notification_that_is_no_success_ends_it) {
  observing x;
  x.notify({}, std::nullopt, code::not_found);
  const auto got = x.event_of<response_received>();
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->further);
  EXPECT_EQ(got->code, code::not_found);
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
  x.notify({1}, 20);
  EXPECT_EQ(x.sent_one().type, type::rst) << "the token is given up";
}

// SIG-188, COAP-079
TEST(coap_agent_client, cancel_deregisters_with_token_and_options) {
  observing x;
  x.uut.cancel(x.id, x.now);
  x.uut.cancel(x.id, x.now); // no second one
  const auto last = x.sent_one();
  EXPECT_EQ(last.code, code::get);
  EXPECT_EQ(last.token, x.first.token);
  auto wanted = x.first.options;
  set_uint(wanted, option::observe, 1);
  EXPECT_EQ(last.options, wanted);
  EXPECT_EQ(x.uut.open_exchanges(), 1u);
  x.answers(last, code::content, {1});
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
  EXPECT_TRUE(x.no_event());
  x.notify({2}, 12);
  EXPECT_EQ(x.sent_one().type, type::rst);
}

TEST(coap_agent_client, a_notification_that_crosses_it_does_not_undo_it) {
  observing x;
  x.uut.cancel(x.id, x.now);
  x.sent(); // lost
  x.notify({1}, 11);
  EXPECT_TRUE(x.no_event());
  const auto again = x.sent_one();
  EXPECT_EQ(again.token, x.first.token);
  EXPECT_EQ(again.options.find_uint(option::observe), 1u);
  x.answers(again, code::content, {1});
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
}

// SIG-187
TEST(coap_agent_client, after_a_lost_deregistration_a_reset_does_it) {
  observing x;
  x.uut.cancel(x.id, x.now);
  x.advance(31s);
  x.sent();
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
  EXPECT_EQ(x.uut.next_deadline(), std::nullopt);
  EXPECT_TRUE(x.no_event());
  x.notify({1}, 11);
  EXPECT_EQ(x.sent_one().type, type::rst);
}

// COAP-076
TEST(coap_agent_client, reregistering_uses_token_and_options_again) {
  observing x;
  x.advance(75s);
  x.uut.reregister(x.id, x.now);
  const auto again = x.sent_one();
  EXPECT_EQ(again.token, x.first.token);
  EXPECT_EQ(again.options, x.first.options);
  option_list options;
  options.add_uint(option::observe, 30);
  x.answers(again, code::content, {3}, options);
  const auto got = x.event_of<response_received>();
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->further);
  EXPECT_EQ(x.notified(31, {4}), bytes{4});
}

// COAP-076
TEST(coap_agent_client, reregistering_in_vain_ends_the_observation) {
  observing x;
  x.uut.reregister(x.id, x.now);
  x.advance(300s);
  EXPECT_EQ(x.failure(), failure_reason::timeout);
  EXPECT_TRUE(x.no_event());
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
}

TEST(coap_agent_client, also_while_a_notification_is_being_fetched) {
  observing x;
  x.notify(body_of(1024), block2({0, true, 6}, "a", 11));
  const auto fetch = x.sent_one();
  x.answers(fetch, code::content, body_of(1024), block2({1, true, 6}, "a"));
  const auto second = x.sent_one();
  x.uut.reregister(x.id, x.now);
  x.give(empty(type::ack, second.mid)); // NSTART: lets the next one go
  const auto again = x.sent_one();
  ASSERT_EQ(again.token, x.first.token);
  x.give(empty(type::rst, again.mid));
  EXPECT_EQ(x.failure(), failure_reason::reset);
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
}

// COAP-096, SIG-162
TEST(coap_agent_client, the_rest_of_a_notification_is_fetched_beside_it) {
  observing x;
  const auto body = body_of(100);
  x.notify(block_of(body, 0, 64), block2({0, true, 2}, "a", 11));
  const auto fetch = x.sent_one();
  EXPECT_NE(fetch.token, x.first.token);
  EXPECT_FALSE(fetch.options.contains(option::observe));
  EXPECT_EQ(find_block(fetch.options, option::block2), (block{1, false, 2}));
  EXPECT_EQ(as_text(*fetch.options.find(option::etag)), "a");
  x.answers(fetch, code::content, block_of(body, 1, 64),
            block2({1, false, 2}, "a"));
  const auto got = x.event_of<response_received>();
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->further);
  EXPECT_EQ(got->payload, body);
  EXPECT_EQ(x.notified(12, {1}), bytes{1});
}

// COAP-074, COAP-096
TEST(coap_agent_client, a_newer_state_ends_the_fetching_of_an_older) {
  observing x;
  const auto body = body_of(100);
  x.notify(block_of(body, 0, 64), block2({0, true, 2}, "a", 11));
  const auto fetch = x.sent_one();
  EXPECT_EQ(x.notified(12, {12}), bytes{12});
  x.answers(fetch, code::content, block_of(body, 1, 64),
            block2({1, false, 2}, "a"));
  EXPECT_TRUE(x.no_event()) << "the older state came after the newer";
}

TEST(coap_agent_client, the_answer_to_a_fetch_does_not_end_the_leaving) {
  observing x;
  x.notify(body_of(64), block2({0, true, 2}, "a", 11));
  const auto fetch = x.sent_one();
  x.uut.cancel(x.id, x.now);
  x.answers(fetch, code::content, {1}, block2({1, false, 2}, "a"));
  x.advance(20s); // nobody answers: the deregistration is repeated
  std::size_t copies = 0;
  for (const auto& y : x.sent())
    copies += y.what.token == x.first.token ? 1 : 0;
  EXPECT_GT(copies, 1u);
}

TEST(coap_agent_client, a_notification_that_cannot_be_fetched_is_let_go) {
  observing x;
  x.notify(body_of(64), block2({0, true, 2}, "a", 11));
  x.answers(x.sent_one(), code::not_found);
  EXPECT_TRUE(x.no_event());
  EXPECT_EQ(x.notified(12, {12}), bytes{12});
}

TEST(coap_agent_client, cancelling_before_the_answer_fails_once) {
  agent_harness x;
  const auto id = x.uut.send_request(observe_of("mitigate"), x.now);
  const auto first = x.sent_one();
  x.uut.cancel(id, x.now);
  EXPECT_EQ(x.failure(), failure_reason::cancelled);
  EXPECT_TRUE(x.no_event());
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
}

} // namespace tocsin::protocol::coap
