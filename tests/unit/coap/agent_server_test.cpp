// The server half of the agent: answers in blocks, and who observes.
#include "agent_harness.hpp"

namespace tocsin::protocol::coap {

using namespace std::chrono_literals;

namespace {

std::optional<block> block2_of(const message& x) {
  return find_block(x.options, option::block2);
}

bytes etag_of(const message& x) {
  const auto value = x.options.find(option::etag).value_or(byte_view{});
  return {value.begin(), value.end()};
}

/// An agent whose peer observes.
struct observed : agent_harness {
  explicit observed(agent_limits bounds = {}) : agent_harness{bounds} {
    first = enter(7);
  }

  request_id enter(std::uint64_t number) {
    auto x = asks(code::get, number);
    x.options.add_uint(option::observe, 0);
    give(x);
    const auto got = event_of<incoming_request>();
    EXPECT_TRUE(got);
    uut.respond(got->id, state_of({1}), now, true);
    latest = sent_one();
    return got->id;
  }

  request_id first = 0;
  message latest;
};

} // namespace

// SIG-157, SIG-158, SIG-161, COAP-087, COAP-089, COAP-098
TEST(coap_agent_server, a_large_answer_leaves_in_blocks_with_etag_and_size) {
  agent_harness x;
  const auto body = body_of(2500);
  const auto first = x.exchange(x.asks(code::get), state_of(body));
  EXPECT_EQ(first.code, code::content);
  EXPECT_EQ(block2_of(first), (block{0, true, 6}));
  EXPECT_EQ(first.options.find_uint(option::size2), 2500u);
  EXPECT_FALSE(etag_of(first).empty());
  EXPECT_EQ(first.payload, block_of(body, 0, 1024));
  for (std::uint32_t num = 1; num < 3; ++num) {
    auto more = x.asks(code::get, 8);
    set_block(more.options, option::block2, {num, true, 6}); // M is ignored
    more.options.add(option::etag, etag_of(first));
    const auto next = x.answered(more);
    EXPECT_EQ(block2_of(next), (block{num, num < 2, 6}));
    EXPECT_EQ(etag_of(next), etag_of(first));
    EXPECT_EQ(next.options.find_uint(option::content_format), dots_cbor);
    EXPECT_EQ(next.payload, block_of(body, num, 1024));
  }
  auto beyond = x.asks(code::get, 8);
  set_block(beyond.options, option::block2, {3, false, 6});
  EXPECT_EQ(x.answered(beyond).code, code::bad_request);
}

// SIG-156, COAP-087
TEST(coap_agent_server, the_wished_for_block_size_is_not_exceeded) {
  agent_harness x;
  const auto body = body_of(100);
  auto y = x.asks(code::get);
  set_block(y.options, option::block2, {0, false, 2});
  const auto first = x.exchange(y, state_of(body));
  EXPECT_EQ(block2_of(first), (block{0, true, 2}));
  EXPECT_EQ(first.payload, block_of(body, 0, 64));
}

// COAP-087
TEST(coap_agent_server, a_smaller_size_of_ours_is_used_instead) {
  agent_harness x{{.block = 256}};
  const auto body = body_of(3000);
  auto y = x.asks(code::get);
  set_block(y.options, option::block2, {0, false, 6});
  EXPECT_EQ(block2_of(x.exchange(y, state_of(body))), (block{0, true, 4}));
  y = x.asks(code::get);
  set_block(y.options, option::block2, {1, false, 6});
  const auto next = x.answered(y);
  EXPECT_EQ(block2_of(next), (block{4, true, 4}));
  EXPECT_EQ(next.payload, block_of(body, 4, 256));
}

// COAP-088
TEST(coap_agent_server, each_version_can_be_fetched_to_its_end) {
  agent_harness x;
  const auto old_body = body_of(2000, 1);
  const auto new_body = body_of(2000, 2);
  const auto older = x.exchange(x.asks(code::get), state_of(old_body));
  const auto newer = x.exchange(x.asks(code::get), state_of(new_body));
  ASSERT_NE(etag_of(older), etag_of(newer));
  for (const auto& [etag, body] :
       {std::pair{etag_of(older), old_body}, {etag_of(newer), new_body}}) {
    auto y = x.asks(code::get);
    y.options.add(option::etag, etag);
    set_block(y.options, option::block2, {1, false, 6});
    EXPECT_EQ(x.answered(y).payload, block_of(body, 1, 1024));
  }
}

// COAP-093
TEST(coap_agent_server, an_answer_is_forgotten_after_exchange_lifetime) {
  agent_harness x;
  const auto body = body_of(2000);
  x.exchange(x.asks(code::get), state_of(body));
  x.advance(x.uut.current_parameters().exchange_lifetime() - 1s);
  auto y = x.asks(code::get);
  set_block(y.options, option::block2, {1, false, 6});
  EXPECT_EQ(x.answered(y).payload, block_of(body, 1, 1024));
  x.advance(2s);
  EXPECT_EQ(x.uut.next_deadline(), std::nullopt);
  // The application is asked anew, and its answer cut where asked for.
  y.mid = x.next_mid++;
  const auto next = x.exchange(y, state_of(body));
  EXPECT_EQ(block2_of(next), (block{1, false, 6}));
  EXPECT_EQ(next.payload, block_of(body, 1, 1024));
}

TEST(coap_agent_server, a_forgotten_answer_of_a_put_is_not_made_again) {
  agent_harness x;
  for (const auto method : {code::put, code::post, code::del}) {
    auto y = x.asks(method);
    set_block(y.options, option::block2, {1, false, 6});
    EXPECT_EQ(x.answered(y).code, code::request_incomplete);
  }
}

TEST(coap_agent_server, only_so_many_answers_are_kept) {
  agent_harness x{{.downloads = 2}};
  for (int i = 0; i < 3; ++i) {
    auto y = x.asks(code::get);
    y.options.add(option::uri_query, std::to_string(i));
    x.exchange(y, state_of(body_of(2000)));
  }
  for (int i = 0; i < 3; ++i) {
    auto y = x.asks(code::get);
    y.options.add(option::uri_query, std::to_string(i));
    set_block(y.options, option::block2, {1, false, 6});
    x.give(y);
    EXPECT_EQ(x.event_of<incoming_request>().has_value(), i == 0) << i;
  }
}

// COAP-084
TEST(coap_agent_server, block_size_seven_is_refused_over_datagrams) {
  agent_harness x;
  auto y = x.asks(code::get);
  set_block(y.options, option::block2, {0, false, 7});
  EXPECT_EQ(x.answered(y).code, code::bad_request);
  y = x.asks(code::put);
  set_block(y.options, option::block1, {0, false, 7});
  EXPECT_EQ(x.answered(y).code, code::bad_request);
}

// SIG-177, COAP-066, COAP-070, COAP-072, COAP-073
TEST(coap_agent_server, who_observes_is_notified_with_rising_numbers) {
  observed x;
  EXPECT_TRUE(x.uut.observes(x.first));
  auto last = x.latest.options.find_uint(option::observe);
  ASSERT_TRUE(last);
  for (int i = 0; i < 5; ++i) {
    x.advance(3s);
    x.uut.notify(x.first, state_of({std::uint8_t(i)}), x.now);
    const auto y = x.sent_one();
    EXPECT_EQ(y.type, type::non);
    EXPECT_EQ(y.token, token{7});
    EXPECT_EQ(y.options.find_uint(option::content_format), dots_cbor);
    const auto number = y.options.find_uint(option::observe);
    ASSERT_TRUE(number);
    EXPECT_GT(*number, *last);
    last = number;
  }
}

// SIG-181, COAP-080, COAP-081
TEST(coap_agent_server, notifications_are_spaced_and_the_newest_wins) {
  observed x;
  const auto other = x.enter(8);
  const auto start = x.now;
  for (std::uint8_t i = 1; i <= 3; ++i) {
    x.uut.notify(x.first, state_of({i}), x.now);
    x.uut.notify(other, state_of({std::uint8_t(i + 10)}), x.now);
  }
  x.advance(60s);
  const auto sent = x.sent();
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent[0].what.payload, bytes{1});
  EXPECT_EQ(sent[1].when - start, 3s);
  EXPECT_EQ(sent[2].when - start, 6s);
  // Each in turn: the other one has waited longer.
  EXPECT_EQ(sent[1].what.payload, bytes{13});
  EXPECT_EQ(sent[2].what.payload, bytes{3});
}

// COAP-067
TEST(coap_agent_server, the_same_token_registers_anew_and_not_twice) {
  observed x;
  const auto again = x.enter(7);
  const auto over = x.event_of<observation_ended>();
  ASSERT_TRUE(over);
  EXPECT_EQ(over->id, x.first);
  EXPECT_EQ(x.uut.observations(), 1u);
  EXPECT_TRUE(x.uut.observes(again));
  x.uut.notify(x.first, state_of({9}), x.now);
  EXPECT_TRUE(x.sent().empty());
}

// COAP-067, COAP-070
TEST(coap_agent_server, a_registration_that_fails_ends_the_one_before) {
  observed x;
  auto y = x.asks(code::get);
  y.options.add_uint(option::observe, 0);
  x.give(y);
  x.uut.respond(x.incoming(), {code::not_found, {}, {}}, x.now, true);
  EXPECT_FALSE(x.sent_one().options.contains(option::observe));
  EXPECT_TRUE(x.event_of<observation_ended>());
  EXPECT_EQ(x.uut.observations(), 0u);
}

// COAP-068
TEST(coap_agent_server, beyond_the_bound_a_registration_is_a_plain_get) {
  observed x{{.observations = 2}};
  x.enter(8);
  const auto third = x.enter(9);
  EXPECT_EQ(x.latest.code, code::content);
  EXPECT_FALSE(x.latest.options.contains(option::observe));
  EXPECT_FALSE(x.uut.observes(third));
  EXPECT_EQ(x.uut.observations(), 2u);
}

// SIG-188, COAP-069
TEST(coap_agent_server, observe_one_ends_it_and_is_answered_without) {
  observed x;
  auto y = x.asks(code::get);
  y.options.add_uint(option::observe, 1);
  x.give(y);
  EXPECT_TRUE(x.event_of<observation_ended>());
  x.uut.respond(x.incoming(), state_of({2}), x.now, true);
  EXPECT_FALSE(x.sent_one().options.contains(option::observe));
  x.uut.notify(x.first, state_of({3}), x.now);
  EXPECT_TRUE(x.sent().empty());
}

// SIG-187, COAP-077
TEST(coap_agent_server, a_reset_ends_the_observation) {
  observed x;
  x.uut.notify(x.first, state_of({2}), x.now);
  x.give(empty(type::rst, x.sent_one().mid));
  const auto over = x.event_of<observation_ended>();
  ASSERT_TRUE(over);
  EXPECT_EQ(over->id, x.first);
  EXPECT_EQ(x.uut.observations(), 0u);
}

// COAP-070, COAP-071
TEST(coap_agent_server, a_notification_that_is_no_success_is_the_last) {
  observed x;
  x.uut.notify(x.first, state_of({2}), x.now);
  x.sent();
  x.uut.notify(x.first, {code::not_found, {}, {}}, x.now);
  x.uut.notify(x.first, state_of({3}), x.now);
  x.advance(60s);
  const auto last = x.sent_one();
  EXPECT_EQ(last.code, code::not_found);
  EXPECT_FALSE(last.options.contains(option::observe));
  EXPECT_TRUE(x.event_of<observation_ended>());
  EXPECT_EQ(x.uut.observations(), 0u);
}

// SIG-157, COAP-096
TEST(coap_agent_server, of_a_large_notification_only_the_first_block_goes) {
  observed x;
  const auto body = body_of(3000);
  x.uut.notify(x.first, state_of(body), x.now);
  const auto first = x.sent_one();
  EXPECT_EQ(block2_of(first), (block{0, true, 6}));
  EXPECT_TRUE(first.options.contains(option::observe));
  auto y = x.asks(code::get, 99);
  y.options.add(option::etag, etag_of(first));
  set_block(y.options, option::block2, {1, false, 6});
  const auto next = x.answered(y);
  EXPECT_FALSE(next.options.contains(option::observe));
  EXPECT_EQ(next.payload, block_of(body, 1, 1024));
  x.advance(60s);
  EXPECT_TRUE(x.sent().empty());
}

TEST(coap_agent_server, a_state_that_cannot_be_sent_ends_with_an_error) {
  observed x{{.download_octets = 2000}};
  x.uut.notify(x.first, state_of(body_of(3000)), x.now);
  EXPECT_EQ(x.sent_one().code, code::internal);
  EXPECT_TRUE(x.event_of<observation_ended>());
}

} // namespace tocsin::protocol::coap
