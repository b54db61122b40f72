// Block-wise transfer: bodies of requests that a server gets.
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

} // namespace

// COAP-090, COAP-095
TEST(coap_agent_uploads, a_body_in_blocks_is_delivered_once_and_whole) {
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
TEST(coap_agent_uploads, a_block_left_out_is_noticed) {
  uploading x;
  EXPECT_EQ(x.answered(x.part(1)).code, code::request_incomplete);
  EXPECT_EQ(x.answered(x.part(2)).code, code::request_incomplete);
  x.answered(x.part(0));
  EXPECT_EQ(x.answered(x.part(2)).code, code::request_incomplete);
}

// COAP-091
TEST(coap_agent_uploads, another_content_format_is_refused) {
  uploading x;
  x.answered(x.part(0));
  auto y = x.part(1);
  set_uint(y.options, option::content_format, 50);
  EXPECT_EQ(x.answered(y).code, code::request_incomplete);
}

// COAP-085
TEST(coap_agent_uploads, a_block_with_more_must_be_full) {
  uploading x;
  EXPECT_EQ(x.answered(x.part({0, true, 2}, bytes(63))).code,
            code::bad_request);
  EXPECT_EQ(x.answered(x.part({0, true, 2}, bytes(65))).code,
            code::bad_request);
}

// COAP-092, COAP-098
TEST(coap_agent_uploads, a_body_beyond_the_limit_is_refused_with_the_limit) {
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
TEST(coap_agent_uploads, block_zero_begins_anew) {
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
TEST(coap_agent_uploads, of_two_bodies_at_once_the_first_comes_through_whole) {
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
TEST(coap_agent_uploads, bodies_that_differ_only_later_do_not_mix) {
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

TEST(coap_agent_uploads, the_same_body_sent_anew_goes_on) {
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

TEST(coap_agent_uploads, bodies_with_request_tags_come_through_side_by_side) {
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
TEST(coap_agent_uploads, a_partial_body_is_forgotten_after_its_lifetime) {
  uploading x;
  x.answered(x.part(0));
  const auto life = x.uut.current_parameters().exchange_lifetime();
  x.advance(life - 1s);
  EXPECT_EQ(x.answered(x.part(1)).code, code::continue_);
  x.advance(life + 1s);
  EXPECT_EQ(x.answered(x.part(2)).code, code::request_incomplete);
}

// COAP-093
TEST(coap_agent_uploads, only_so_many_partial_bodies_are_kept) {
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

TEST(coap_agent_uploads, a_copy_of_a_block_is_answered_as_the_first_was) {
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

// COAP-097
TEST(coap_agent_uploads, both_ways_in_blocks_come_one_after_the_other) {
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
