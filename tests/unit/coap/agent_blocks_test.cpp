// Block-wise transfer: bodies of requests, and fetching of responses.
#include "agent_harness.hpp"

namespace tocsin::protocol::coap {

using namespace std::chrono_literals;

namespace {

/// A peer that sends a body in blocks of 64 octets.
struct uploading : agent_harness {
  using agent_harness::agent_harness;

  message part(const block& which, const bytes& payload,
               std::uint64_t token_number = 7) {
    auto x = asks(code::put, token_number);
    x.options.add_uint(option::content_format, dots_cbor);
    set_block(x.options, option::block1, which);
    x.payload = payload;
    return x;
  }

  message part(std::uint32_t num, std::uint64_t token_number = 7) {
    return part({num, num < 2, 2}, block_of(body, num, 64), token_number);
  }

  bytes body = body_of(150);
};

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

// COAP-090, COAP-095
TEST(coap_agent_blocks, a_body_in_blocks_is_delivered_once_and_whole) {
  uploading x;
  for (std::uint32_t num = 0; num < 2; ++num) {
    const auto reply = x.answered(x.part(num, 7 + num));
    EXPECT_EQ(reply.code, code::continue_);
    EXPECT_EQ(find_block(reply.options, option::block1), (block{num, true, 2}));
    EXPECT_TRUE(reply.payload.empty());
  }
  x.give(x.part(2, 9));
  const auto got = x.event_of<incoming_request>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->payload, x.body);
  EXPECT_EQ(got->options.find_uint(option::content_format), dots_cbor);
  x.uut.respond(got->id, {code::changed, {}, {}}, x.now);
  const auto last = x.sent_one();
  EXPECT_EQ(last.code, code::changed);
  EXPECT_EQ(find_block(last.options, option::block1), (block{2, false, 2}));
}

// COAP-091, SIG-372
TEST(coap_agent_blocks, a_block_left_out_is_noticed) {
  uploading x;
  EXPECT_EQ(x.answered(x.part(1)).code, code::request_incomplete);
  EXPECT_EQ(x.answered(x.part(2)).code, code::request_incomplete);
  x.answered(x.part(0));
  EXPECT_EQ(x.answered(x.part(2)).code, code::request_incomplete);
}

// COAP-091
TEST(coap_agent_blocks, another_content_format_is_refused) {
  uploading x;
  x.answered(x.part(0));
  auto y = x.part(1);
  set_uint(y.options, option::content_format, 50);
  EXPECT_EQ(x.answered(y).code, code::request_incomplete);
}

// COAP-085
TEST(coap_agent_blocks, a_block_with_more_must_be_full) {
  uploading x;
  EXPECT_EQ(x.answered(x.part({0, true, 2}, bytes(63))).code,
            code::bad_request);
  EXPECT_EQ(x.answered(x.part({0, true, 2}, bytes(65))).code,
            code::bad_request);
}

// COAP-092, COAP-098
TEST(coap_agent_blocks, a_body_beyond_the_limit_is_refused_with_the_limit) {
  uploading x{{.body = 100}};
  auto announced = x.part(0);
  announced.options.add_uint(option::size1, 150);
  const auto early = x.answered(announced);
  EXPECT_EQ(early.code, code::too_large);
  EXPECT_EQ(early.options.find_uint(option::size1), 100u);
  EXPECT_EQ(x.answered(x.part(0)).code, code::continue_);
  EXPECT_EQ(x.answered(x.part(1)).code, code::too_large);
  EXPECT_EQ(x.uut.next_deadline() < x.now + 200s, true);
}

// COAP-093
TEST(coap_agent_blocks, block_zero_begins_anew) {
  uploading x;
  x.answered(x.part(0, 1));
  x.answered(x.part(1, 2));
  x.body = body_of(150, 2);
  x.advance(x.uut.current_parameters().max_transmit_wait());
  x.answered(x.part(0, 3));
  EXPECT_EQ(x.answered(x.part(2, 4)).code, code::request_incomplete);
  x.answered(x.part(1, 5));
  x.give(x.part(2, 6));
  const auto got = x.event_of<incoming_request>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->payload, x.body);
}

// COAP-091, COAP-093
TEST(coap_agent_blocks, of_two_bodies_at_once_the_first_comes_through_whole) {
  uploading x;
  uploading other;
  other.body = body_of(150, 2);
  other.next_mid = 500;
  EXPECT_EQ(x.answered(x.part(0, 1)).code, code::continue_);
  EXPECT_EQ(x.answered(other.part(0, 11)).code, code::request_incomplete);
  EXPECT_EQ(x.answered(x.part(1, 2)).code, code::continue_);
  x.advance(x.uut.current_parameters().max_transmit_wait() - 1ms);
  EXPECT_EQ(x.answered(other.part(0, 12)).code, code::request_incomplete);
  x.give(x.part(2, 3));
  const auto got = x.event_of<incoming_request>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->payload, x.body);
  EXPECT_EQ(x.answered(other.part(0, 13)).code, code::continue_)
      << "what is whole is in nobody's way";
}

// COAP-091
TEST(coap_agent_blocks, bodies_that_differ_only_later_do_not_mix) {
  uploading x;
  uploading other;
  other.next_mid = 500;
  const auto first_half = x.body.begin() + 64;
  other.body = body_of(150, 2);
  std::copy(x.body.begin(), first_half, other.body.begin());
  x.answered(x.part(0, 1));
  EXPECT_EQ(x.answered(other.part(0, 11)).code, code::continue_);
  EXPECT_EQ(x.answered(other.part(1, 12)).code, code::continue_);
  EXPECT_EQ(x.answered(x.part(1, 2)).code, code::request_incomplete);
  EXPECT_EQ(x.answered(other.part(2, 13)).code, code::request_incomplete);
}

TEST(coap_agent_blocks, the_same_body_sent_anew_goes_on) {
  uploading x;
  x.answered(x.part(0, 1));
  x.answered(x.part(1, 2));
  EXPECT_EQ(x.answered(x.part(0, 11)).code, code::continue_);
  EXPECT_EQ(x.answered(x.part(1, 12)).code, code::continue_);
  x.give(x.part(2, 13));
  const auto got = x.event_of<incoming_request>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->payload, x.body);
}

TEST(coap_agent_blocks, bodies_with_request_tags_come_through_side_by_side) {
  uploading all[2];
  all[1].body = body_of(150, 2);
  auto& x = all[0];
  const auto tagged = [&all](std::uint32_t num, std::size_t which) {
    auto y = all[which].part(num, 1 + 10 * which + num);
    y.mid = static_cast<std::uint16_t>(200 + 10 * which + num);
    y.options.add_uint(option::request_tag, which);
    return y;
  };
  for (std::uint32_t num = 0; num < 2; ++num)
    for (std::size_t which = 0; which < 2; ++which)
      EXPECT_EQ(x.answered(tagged(num, which)).code, code::continue_);
  for (std::size_t which = 0; which < 2; ++which) {
    x.give(tagged(2, which));
    const auto got = x.event_of<incoming_request>();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->payload, all[which].body);
  }
}

// COAP-093
TEST(coap_agent_blocks, a_partial_body_is_forgotten_after_its_lifetime) {
  uploading x;
  x.answered(x.part(0));
  const auto life = x.uut.current_parameters().exchange_lifetime();
  x.advance(life - 1s);
  EXPECT_EQ(x.answered(x.part(1)).code, code::continue_);
  x.advance(life + 1s);
  EXPECT_EQ(x.answered(x.part(2)).code, code::request_incomplete);
}

// COAP-093
TEST(coap_agent_blocks, only_so_many_partial_bodies_are_kept) {
  uploading x{{.uploads = 2}};
  const auto to = [&](int resource, std::uint32_t num) {
    auto y = x.part(num);
    y.options.add(option::uri_query, std::to_string(resource));
    return y;
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(x.answered(to(i, 0)).code, code::continue_);
    x.advance(1s);
  }
  EXPECT_EQ(x.answered(to(0, 1)).code, code::request_incomplete);
  EXPECT_EQ(x.answered(to(1, 1)).code, code::continue_);
  EXPECT_EQ(x.answered(to(2, 1)).code, code::continue_);
}

TEST(coap_agent_blocks, a_copy_of_a_block_is_answered_as_the_first_was) {
  uploading x;
  x.answered(x.part(0, 1));
  x.answered(x.part(1, 2));
  EXPECT_EQ(x.answered(x.part(0, 1)).code, code::continue_);
  EXPECT_EQ(x.answered(x.part(1, 2)).code, code::continue_);
  x.give(x.part(2, 3));
  const auto got = x.event_of<incoming_request>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->payload, x.body);
}

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

// COAP-097
TEST(coap_agent_blocks, both_ways_in_blocks_come_one_after_the_other) {
  uploading x;
  x.answered(x.part(0));
  x.answered(x.part(1));
  const auto body = body_of(3000, 5);
  const auto last = x.exchange(x.part(2), state_of(body));
  EXPECT_EQ(find_block(last.options, option::block1), (block{2, false, 2}));
  EXPECT_EQ(find_block(last.options, option::block2), (block{0, true, 6}));
  auto y = x.asks(code::put);
  set_block(y.options, option::block2, {1, false, 6});
  const auto next = x.answered(y);
  EXPECT_FALSE(next.options.contains(option::block1));
  EXPECT_EQ(next.payload, block_of(body, 1, 1024));
}

} // namespace tocsin::protocol::coap
