// Block-wise transfer: bodies of requests that a client sends, and fetching of
// responses.
#include "agent_harness.hpp"

namespace tocsin::protocol::coap {

using namespace std::chrono_literals;

namespace {

/// A request that PROBING_RATE does not hold back.
outgoing_request urgent_put(std::string_view path, bytes body) {
  auto x = put_of(path, std::move(body), type::non);
  x.urgent = true;
  return x;
}

/// An agent that fetched the first block.
struct fetching : agent_harness {
  explicit fetching(const option_list& first_options = block2({0, true, 2},
                                                              "a"),
                    code method = code::get) {
    auto x = get_of("mitigate");
    x.code = method;
    id = uut.send_request(x, now);
    answers(sent_one(), code::content, block_of(body, 0, 64), first_options);
  }

  exchange_id id = 0;
  bytes body = body_of(150);
};

} // namespace

// COAP-090, COAP-094, COAP-095, COAP-098
TEST(coap_agent_blocks, a_large_request_leaves_block_by_block) {
  agent_harness x;
  const auto body = body_of(2500);
  const auto id = x.uut.send_request(put_of("mitigate", body), x.now);
  std::vector<std::uint16_t> mids;
  for (std::uint32_t num = 0; num < 3; ++num) {
    const auto y = x.sent_one();
    mids.push_back(y.mid);
    EXPECT_EQ(find_block(y.options, option::block1), (block{num, num < 2, 6}));
    EXPECT_EQ(y.payload, block_of(body, num, 1024));
    EXPECT_EQ(y.options.find_uint(option::content_format), dots_cbor);
    EXPECT_EQ(y.options.find_uint(option::size1).value_or(0),
              num == 0 ? 2500u : 0u);
    option_list echo;
    set_block(echo, option::block1, {num, num < 2, 6});
    x.answers(y, num < 2 ? code::continue_ : code::created, {}, echo);
  }
  EXPECT_NE(mids[0], mids[1]);
  const auto got = x.event_of<response_received>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->id, id);
  EXPECT_EQ(got->code, code::created);
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
}

// COAP-092, COAP-094
TEST(coap_agent_blocks, a_smaller_size_of_the_server_is_heeded) {
  for (const auto result : {code::continue_, code::too_large}) {
    agent_harness x;
    const auto body = body_of(2500);
    x.uut.send_request(put_of("mitigate", body), x.now);
    option_list echo;
    set_block(echo, option::block1, {0, true, 2});
    x.answers(x.sent_one(), result, {}, echo);
    const auto next = x.sent_one();
    const auto num = result == code::continue_ ? 16u : 0u;
    EXPECT_EQ(find_block(next.options, option::block1), (block{num, true, 2}));
    EXPECT_EQ(next.payload, block_of(body, num, 64));
  }
}

// COAP-094
TEST(coap_agent_blocks, large_requests_for_one_resource_leave_one_by_one) {
  agent_harness x;
  const auto first = body_of(1500);
  const auto second = body_of(1500, 2);
  x.uut.send_request(urgent_put("mitigate", first), x.now);
  const auto block_0 = x.sent_one();
  const auto id = x.uut.send_request(urgent_put("mitigate", second), x.now);
  EXPECT_TRUE(x.sent().empty());
  x.uut.send_request(urgent_put("elsewhere", second), x.now);
  EXPECT_EQ(x.sent_one().payload, block_of(second, 0, 1024));
  x.answers(block_0, code::continue_);
  const auto block_1 = x.sent_one();
  EXPECT_EQ(block_1.payload, block_of(first, 1, 1024));
  x.answers(block_1, code::created);
  EXPECT_TRUE(x.event_of<response_received>());
  const auto next = x.sent_one();
  EXPECT_EQ(next.payload, block_of(second, 0, 1024));
  EXPECT_NE(next.options.find_uint(option::request_tag),
            block_0.options.find_uint(option::request_tag));
  EXPECT_EQ(block_1.options.find_uint(option::request_tag),
            block_0.options.find_uint(option::request_tag));
  x.answers(next, code::continue_);
  x.answers(x.sent_one(), code::changed);
  const auto got = x.event_of<response_received>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->id, id);
}

TEST(coap_agent_blocks, a_request_that_fits_a_message_does_not_wait) {
  agent_harness x;
  x.uut.send_request(urgent_put("mitigate", body_of(1500)), x.now);
  x.sent();
  x.uut.send_request(urgent_put("mitigate", body_of(20)), x.now);
  const auto y = x.sent_one();
  EXPECT_EQ(y.payload.size(), 20u);
  EXPECT_FALSE(y.options.contains(option::request_tag));
}

TEST(coap_agent_blocks, what_waits_goes_when_the_one_before_is_given_up) {
  agent_harness x;
  const auto second = body_of(1500, 2);
  const auto given_up =
      x.uut.send_request(urgent_put("mitigate", body_of(1500)), x.now);
  const auto dropped =
      x.uut.send_request(urgent_put("mitigate", body_of(1500, 3)), x.now);
  x.uut.send_request(urgent_put("mitigate", second), x.now);
  x.sent();
  x.uut.cancel(dropped, x.now);
  EXPECT_EQ(x.failure(), failure_reason::cancelled);
  EXPECT_TRUE(x.sent().empty());
  x.uut.cancel(given_up, x.now);
  EXPECT_EQ(x.failure(), failure_reason::cancelled);
  EXPECT_EQ(x.sent_one().payload, block_of(second, 0, 1024));
}

TEST(coap_agent_blocks, waiting_ends_with_the_time_of_the_request) {
  agent_harness x;
  auto patient = urgent_put("mitigate", body_of(1500));
  patient.repeat = {40, 3s};
  patient.deadline = 120s;
  x.uut.send_request(patient, x.now);
  auto hasty = urgent_put("mitigate", body_of(1500, 2));
  hasty.deadline = 10s;
  x.uut.send_request(hasty, x.now);
  x.advance(10s - 1ms);
  EXPECT_TRUE(x.no_event());
  x.advance(1ms);
  EXPECT_EQ(x.failure(), failure_reason::timeout);
  EXPECT_EQ(x.uut.open_exchanges(), 1u);
}

TEST(coap_agent_blocks, only_so_many_wait) {
  agent_harness x{{.waiting = 2}};
  for (int i = 0; i < 3; ++i)
    x.uut.send_request(urgent_put("mitigate", body_of(1500)), x.now);
  EXPECT_TRUE(x.no_event());
  x.uut.send_request(urgent_put("mitigate", body_of(1500)), x.now);
  EXPECT_EQ(x.failure(), failure_reason::overload);
  EXPECT_EQ(x.uut.open_exchanges(), 3u);
}

TEST(coap_agent_blocks, a_server_may_act_on_each_block_by_itself) {
  agent_harness x;
  x.uut.send_request(put_of("mitigate", body_of(1500)), x.now);
  option_list echo;
  set_block(echo, option::block1, {0, false, 6});
  x.answers(x.sent_one(), code::changed, {}, echo);
  EXPECT_TRUE(x.no_event());
  EXPECT_EQ(x.sent_one().payload.size(), 1500u - 1024u);
}

TEST(coap_agent_blocks, an_error_ends_the_sending) {
  agent_harness x;
  x.uut.send_request(put_of("mitigate", body_of(2500)), x.now);
  x.answers(x.sent_one(), code::request_incomplete);
  const auto got = x.event_of<response_received>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->code, code::request_incomplete);
  EXPECT_TRUE(x.sent().empty());
}

TEST(coap_agent_blocks, a_server_that_wants_more_than_there_is_is_wrong) {
  agent_harness x;
  x.uut.send_request(put_of("mitigate", body_of(1500)), x.now);
  x.answers(x.sent_one(), code::continue_);
  x.answers(x.sent_one(), code::continue_);
  EXPECT_EQ(x.failure(), failure_reason::bad_response);
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
}

TEST(coap_agent_blocks, a_body_beyond_our_limit_is_not_sent) {
  agent_harness x{{.body = 2000}};
  x.uut.send_request(put_of("mitigate", body_of(2500)), x.now);
  EXPECT_EQ(x.failure(), failure_reason::too_large);
  EXPECT_TRUE(x.sent().empty());
}

// SIG-159, SIG-160, SIG-162, COAP-086, COAP-087
TEST(coap_agent_blocks, a_response_is_fetched_in_blocks_of_its_size) {
  fetching x;
  for (std::uint32_t num = 1; num < 3; ++num) {
    const auto y = x.sent_one();
    EXPECT_EQ(find_block(y.options, option::block2), (block{num, false, 2}));
    EXPECT_EQ(as_text(y.options.find(option::etag).value_or(byte_view{})), "a");
    x.answers(y, code::content, block_of(x.body, num, 64),
              block2({num, num < 2, 2}, "a"));
  }
  const auto got = x.event_of<response_received>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->id, x.id);
  EXPECT_EQ(got->payload, x.body);
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
}

// SIG-156
TEST(coap_agent_blocks, a_block_size_wished_for_is_in_the_first_request) {
  agent_harness x;
  const auto body = body_of(100);
  auto ask = get_of("mitigate");
  set_block(ask.options, option::block2, {0, false, 2});
  x.uut.send_request(ask, x.now);
  const auto first = x.sent_one();
  EXPECT_EQ(find_block(first.options, option::block2), (block{0, false, 2}));
  x.answers(first, code::content, block_of(body, 0, 64),
            block2({0, true, 2}, "a"));
  x.answers(x.sent_one(), code::content, block_of(body, 1, 64),
            block2({1, false, 2}, "a"));
  const auto got = x.event_of<response_received>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->payload, body);
}

// SIG-160, COAP-087
TEST(coap_agent_blocks, a_size_lowered_on_the_way_is_followed) {
  fetching x;
  x.answers(x.sent_one(), code::content, block_of(x.body, 2, 32),
            block2({2, true, 1}, "a"));
  EXPECT_EQ(find_block(x.sent_one().options, option::block2),
            (block{3, false, 1}));
}

// COAP-088
TEST(coap_agent_blocks, another_etag_restarts_the_fetch) {
  fetching x;
  x.answers(x.sent_one(), code::content, bytes(64), block2({1, true, 2}, "b"));
  const auto again = x.sent_one();
  EXPECT_FALSE(again.options.contains(option::block2));
  EXPECT_FALSE(again.options.contains(option::etag));
  x.answers(again, code::content, {1, 2});
  const auto got = x.event_of<response_received>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->payload, (bytes{1, 2}));
}

// COAP-088
TEST(coap_agent_blocks, a_resource_that_never_rests_is_given_up) {
  fetching x;
  for (int i = 0; i < 10 && x.uut.open_exchanges() > 0; ++i) {
    x.answers(x.sent_one(), code::content, bytes(64),
              block2({1, true, 2}, std::to_string(i)));
    for (const auto& y : x.sent())
      x.answers(y.what, code::content, bytes(64), block2({0, true, 2}, "x"));
  }
  EXPECT_EQ(x.failure(), failure_reason::bad_response);
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
}

// COAP-097
TEST(coap_agent_blocks, what_is_no_get_is_not_sent_again_without_body) {
  fetching x{block2({0, true, 2}, "a"), code::put};
  x.answers(x.sent_one(), code::content, bytes(64), block2({1, true, 2}, "b"));
  EXPECT_TRUE(x.sent().empty());
  EXPECT_EQ(x.failure(), failure_reason::bad_response);
}

// COAP-084, COAP-085
TEST(coap_agent_blocks, a_response_that_breaks_the_rules_is_not_delivered) {
  for (const auto& wrong :
       {block{0, true, 7}, {0, false, 7}, {0, true, 3}, {2, false, 2}}) {
    fetching x{block2(wrong, "a")};
    EXPECT_EQ(x.failure(), failure_reason::bad_response);
    EXPECT_TRUE(x.sent().empty());
  }
  for (const auto& wrong :
       {block{1, true, 7}, {1, true, 3}, {2, true, 2}, {0, false, 2}}) {
    fetching x;
    x.answers(x.sent_one(), code::content, bytes(64), block2(wrong, "a"));
    EXPECT_EQ(x.failure(), failure_reason::bad_response);
    EXPECT_TRUE(x.sent().empty());
  }
}

} // namespace tocsin::protocol::coap
