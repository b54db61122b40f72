// Requests of ours.
#include "harness.hpp"

#include <set>

namespace tocsin::protocol::coap {

using namespace std::chrono_literals;

// COAP-011, COAP-012, SIG-234
TEST(coap_client, a_con_is_sent_four_times_in_doubling_gaps_then_fails) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    harness x{{}, {}, seed};
    const auto begin = x.now;
    const auto id = x.uut.send_request(own_request(type::con), x.now);
    x.advance(300s);
    const auto copies = x.sent();
    ASSERT_EQ(copies.size(), 4u);
    const auto first = copies[1].when - copies[0].when;
    EXPECT_GE(first, 2s);
    EXPECT_LE(first, 3s);
    EXPECT_EQ(copies[2].when - copies[1].when, 2 * first);
    EXPECT_EQ(copies[3].when - copies[2].when, 4 * first);
    EXPECT_LE(copies[3].when - begin, parameters{}.max_transmit_span());
    for (const auto& each : copies)
      EXPECT_EQ(each.what, copies[0].what);
    const auto failed = x.event_of<request_failed>();
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->id, id);
    EXPECT_EQ(failed->reason, failure_reason::timeout);
    EXPECT_TRUE(x.no_event());
    EXPECT_EQ(x.uut.counters().retransmissions, 3u);
  }
}

// COAP-012
TEST(coap_client, a_timer_that_comes_late_sends_no_copy_beyond_the_span) {
  harness x;
  x.uut.send_request(own_request(type::con), x.now);
  EXPECT_EQ(x.sent().size(), 1u);
  x.now += 22s;
  x.uut.on_time(x.now);
  x.advance(300s);
  EXPECT_TRUE(x.silent());
  EXPECT_EQ(x.failure(), failure_reason::timeout);
}

// COAP-031
TEST(coap_client, a_piggybacked_response_ends_the_exchange) {
  harness x;
  const auto id = x.uut.send_request(own_request(type::con), x.now);
  const auto sent = x.sent_one();
  x.advance(70ms);
  auto reply = answer_to(sent, type::ack, sent.mid);
  reply.payload = octets_of("ok");
  x.give(reply);
  const auto got = x.event_of<response_received>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->id, id);
  EXPECT_EQ(got->code, code::changed);
  EXPECT_EQ(got->payload, octets_of("ok"));
  EXPECT_EQ(got->rtt, 70ms);
  EXPECT_TRUE(x.silent());
  EXPECT_EQ(x.uut.next_deadline(), std::nullopt);
  EXPECT_EQ(x.uut.open_exchanges(), 0u);
}

// COAP-014, COAP-031, COAP-033
TEST(coap_client, a_separate_response_is_acknowledged_in_any_order) {
  for (const bool ack_first : {true, false}) {
    harness x;
    x.uut.send_request(own_request(type::con), x.now);
    const auto sent = x.sent_one();
    if (ack_first) {
      x.give(empty(type::ack, sent.mid));
      x.advance(60s);
      EXPECT_TRUE(x.silent());
    }
    x.give(answer_to(sent, type::con, 0x7777));
    EXPECT_EQ(x.sent_one(), empty(type::ack, 0x7777));
    EXPECT_TRUE(x.event_of<response_received>());
    if (!ack_first)
      x.give(empty(type::ack, sent.mid));
    x.advance(100s);
    EXPECT_TRUE(x.silent());
    EXPECT_TRUE(x.no_event());
  }
}

// COAP-022, COAP-033
TEST(coap_client, a_duplicate_of_a_separate_response_is_acknowledged_again) {
  harness x;
  x.uut.send_request(own_request(type::con), x.now);
  const auto reply = answer_to(x.sent_one(), type::con, 0x7777);
  x.give(reply);
  x.give(reply);
  const auto acks = x.sent();
  ASSERT_EQ(acks.size(), 2u);
  EXPECT_EQ(acks[0].what, acks[1].what);
  EXPECT_TRUE(x.event_of<response_received>());
  EXPECT_TRUE(x.no_event());
}

// COAP-035: also what go-dots does, a NON with the id of the CON.
TEST(coap_client, every_pair_of_request_and_response_type_is_accepted) {
  for (const auto ours : {type::con, type::non})
    for (const auto theirs : {type::con, type::non}) {
      harness x;
      const auto id = x.uut.send_request(own_request(ours), x.now);
      const auto sent = x.sent_one();
      x.give(answer_to(sent, theirs, sent.mid));
      const auto got = x.event_of<response_received>();
      ASSERT_TRUE(got);
      EXPECT_EQ(got->id, id);
      EXPECT_EQ(x.sent().size(), theirs == type::con ? 1u : 0u);
      x.advance(100s);
      EXPECT_TRUE(x.silent());
    }
}

// COAP-020, COAP-038
TEST(coap_client, a_response_needs_the_token_and_an_ack_also_the_message_id) {
  harness x;
  x.uut.send_request(own_request(type::con), x.now);
  const auto sent = x.sent_one();
  x.give(answer_to(sent, type::ack, static_cast<std::uint16_t>(sent.mid + 1)));
  auto foreign = answer_to(sent, type::ack, sent.mid);
  foreign.token = token{hex("0102030405060708")};
  x.give(foreign);
  foreign.token = token{sent.token.view().first(4)};
  x.give(foreign);
  EXPECT_TRUE(x.silent());
  EXPECT_TRUE(x.no_event());
  x.advance(4s);
  EXPECT_EQ(x.sent_one(), sent);
  x.give(answer_to(sent, type::ack, sent.mid));
  EXPECT_TRUE(x.event_of<response_received>());
}

// COAP-020, COAP-062, COAP-063
TEST(coap_client, what_belongs_to_another_association_has_no_effect) {
  harness a{{}, {}, 1};
  harness b{{}, {}, 2};
  a.uut.send_request(own_request(type::con), a.now);
  b.uut.send_request(own_request(type::con), b.now);
  const auto of_a = a.sent_one();
  b.give(answer_to(of_a, type::ack, of_a.mid));
  b.give(empty(type::ack, of_a.mid));
  EXPECT_TRUE(b.no_event());
  EXPECT_EQ(b.uut.open_exchanges(), 1u);
  b.advance(4s);
  EXPECT_EQ(b.sent().size(), 2u);
}

TEST(coap_client, a_reset_ends_the_exchange_of_either_type) {
  for (const auto kind : {type::con, type::non}) {
    harness x;
    x.uut.send_request(own_request(kind), x.now);
    x.give(empty(type::rst, x.sent_one().mid));
    EXPECT_EQ(x.failure(), failure_reason::reset);
    x.advance(300s);
    EXPECT_TRUE(x.silent());
    EXPECT_TRUE(x.no_event());
  }
}

// COAP-042
TEST(coap_client, a_response_with_an_unknown_critical_option_is_rejected) {
  harness x;
  x.uut.send_request(own_request(type::con), x.now);
  const auto sent = x.sent_one();
  auto separate = answer_to(sent, type::con, 0x55);
  separate.options.add(2001);
  x.give(separate);
  EXPECT_EQ(x.sent_one(), empty(type::rst, 0x55));
  EXPECT_EQ(x.failure(), failure_reason::bad_response);
  x.uut.send_request(own_request(type::con), x.now);
  const auto second = x.sent_one();
  auto piggybacked = answer_to(second, type::ack, second.mid);
  piggybacked.options.add(2001);
  x.give(piggybacked);
  EXPECT_TRUE(x.silent());
  EXPECT_EQ(x.failure(), failure_reason::bad_response);
}

// COAP-026
TEST(coap_client, a_second_con_waits_for_the_first_but_a_non_does_not) {
  harness x;
  x.uut.send_request(own_request(type::con), x.now);
  x.uut.send_request(own_request(type::con), x.now);
  const auto first = x.sent_one();
  auto urgent = own_request(type::non);
  urgent.urgent = true;
  x.uut.send_request(urgent, x.now);
  EXPECT_EQ(x.sent_one().type, type::non);
  x.give(answer_to(first, type::ack, first.mid));
  EXPECT_TRUE(x.event_of<response_received>());
  const auto second = x.sent_one();
  EXPECT_EQ(second.type, type::con);
  EXPECT_NE(second.mid, first.mid);
}

// COAP-026
TEST(coap_client, a_con_that_fails_makes_room_for_the_next) {
  harness x;
  x.uut.send_request(own_request(type::con), x.now);
  const auto second = x.uut.send_request(own_request(type::con), x.now);
  x.advance(46s);
  EXPECT_EQ(x.failure(), failure_reason::timeout);
  EXPECT_GE(x.sent().size(), 5u);
  x.uut.cancel(second, x.now);
  EXPECT_EQ(x.failure(), failure_reason::cancelled);
  x.advance(300s);
  EXPECT_TRUE(x.silent());
}

// COAP-024, SIG-041, SIG-042
TEST(coap_client, a_non_is_repeated_with_new_ids_until_the_response) {
  harness x;
  auto put = own_request(type::non);
  put.urgent = true;
  put.repeat = {10, 1s};
  const auto id = x.uut.send_request(put, x.now);
  x.advance(7s);
  const auto copies = x.sent();
  ASSERT_EQ(copies.size(), 3u);
  EXPECT_EQ(copies[1].when - copies[0].when, 3s);
  EXPECT_EQ(copies[2].when - copies[1].when, 3s);
  std::set<std::uint16_t> mids;
  for (const auto& each : copies) {
    mids.insert(each.what.mid);
    EXPECT_EQ(each.what.token, copies[0].what.token);
    EXPECT_EQ(each.what.payload, copies[0].what.payload);
  }
  EXPECT_EQ(mids.size(), 3u);
  x.give(answer_to(copies[0].what, type::non, 1));
  const auto got = x.event_of<response_received>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->id, id);
  EXPECT_EQ(got->rtt, std::nullopt);
  x.give(answer_to(copies[0].what, type::non, 2));
  x.advance(100s);
  EXPECT_TRUE(x.silent()) << "a late answer to another copy is no surprise";
  EXPECT_TRUE(x.no_event());
}

TEST(coap_client, repeats_of_a_non_end_with_their_number_or_the_deadline) {
  harness x;
  auto put = own_request(type::non);
  put.urgent = true;
  put.repeat = {3, 3s};
  x.uut.send_request(put, x.now);
  x.advance(8999ms);
  EXPECT_EQ(x.sent().size(), 3u);
  EXPECT_TRUE(x.no_event());
  x.advance(1ms);
  EXPECT_EQ(x.failure(), failure_reason::timeout);
  put.repeat = {100, 3s};
  put.deadline = 10s;
  x.uut.send_request(put, x.now);
  x.advance(10s);
  EXPECT_EQ(x.sent().size(), 4u);
  EXPECT_EQ(x.failure(), failure_reason::timeout);
  EXPECT_EQ(x.uut.counters().timeouts, 2u);
}

// COAP-027, SIG-233, SIG-043
TEST(coap_client, heartbeats_to_a_silent_peer_stay_below_the_probing_rate) {
  harness x;
  const auto begin = x.now;
  std::size_t octets = 0;
  auto heartbeat = own_request(type::non);
  heartbeat.payload.assign(100, 0);
  heartbeat.deadline = 5s;
  for (int i = 0; i < 200; ++i) {
    x.uut.send_request(heartbeat, x.now);
    x.advance(5s);
    for (const auto& each : x.sent())
      octets += wire(each.what).size() + parameters{}.record_overhead;
  }
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(x.now - begin).count();
  EXPECT_LE(octets, 5u * static_cast<std::size_t>(seconds) + 160);
  EXPECT_GT(octets, 2000u);
  EXPECT_GT(x.uut.counters().held, 0u);
}

// COAP-027, SIG-044
TEST(coap_client, an_urgent_request_is_never_held_by_the_probing_rate) {
  harness x;
  x.uut.send_request(own_request(type::non), x.now);
  x.uut.send_request(own_request(type::non), x.now);
  EXPECT_EQ(x.sent().size(), 1u);
  auto urgent = own_request(type::non);
  urgent.urgent = true;
  x.uut.send_request(urgent, x.now);
  x.uut.send_request(urgent, x.now);
  EXPECT_EQ(x.sent().size(), 2u);
}

// COAP-027
TEST(coap_client, a_held_request_leaves_as_soon_as_the_peer_is_heard) {
  harness x;
  x.uut.send_request(own_request(type::non), x.now);
  auto held = own_request(type::non);
  held.deadline = 60s;
  x.uut.send_request(held, x.now);
  const auto first = x.sent_one();
  x.advance(1s);
  EXPECT_TRUE(x.silent());
  x.give(answer_to(first, type::non, 9));
  EXPECT_EQ(x.sent_one().type, type::non);
  EXPECT_TRUE(x.event_of<response_received>());
  x.uut.send_request(held, x.now);
  EXPECT_TRUE(x.silent());
  x.advance(30s);
  EXPECT_EQ(x.sent().size(), 1u) << "and else when the rate permits";
}

TEST(coap_client, a_held_request_can_be_cancelled) {
  harness x;
  x.uut.send_request(own_request(type::non), x.now);
  const auto id = x.uut.send_request(own_request(type::non), x.now);
  (void)x.sent();
  x.uut.cancel(id, x.now);
  x.uut.cancel(id, x.now);
  EXPECT_EQ(x.failure(), failure_reason::cancelled);
  x.give(empty(type::con, 1));
  EXPECT_EQ(x.sent_one().type, type::rst);
}

TEST(coap_client, a_cancelled_con_is_not_sent_again) {
  harness x;
  const auto id = x.uut.send_request(own_request(type::con), x.now);
  const auto sent = x.sent_one();
  x.uut.cancel(id, x.now);
  EXPECT_EQ(x.failure(), failure_reason::cancelled);
  x.advance(100s);
  EXPECT_TRUE(x.silent());
  x.give(answer_to(sent, type::ack, sent.mid));
  EXPECT_TRUE(x.no_event());
}

TEST(coap_client, an_acknowledged_con_fails_when_no_response_follows) {
  harness x;
  x.uut.send_request(own_request(type::con), x.now);
  x.give(empty(type::ack, x.sent_one().mid));
  x.advance(parameters{}.exchange_lifetime() - 1ms);
  EXPECT_TRUE(x.no_event());
  x.advance(1ms);
  EXPECT_EQ(x.failure(), failure_reason::timeout);
}

// COAP-021, COAP-037
TEST(coap_client, message_ids_start_anywhere_and_tokens_are_eight_octets) {
  std::set<std::uint16_t> mids;
  std::set<std::uint64_t> tokens;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    harness x{{}, {}, seed};
    x.uut.send_request(own_request(type::non), x.now);
    const auto sent = x.sent_one();
    EXPECT_EQ(sent.token.size(), 8u);
    mids.insert(sent.mid);
    tokens.insert(sent.token.key());
  }
  EXPECT_GE(mids.size(), 18u);
  EXPECT_EQ(tokens.size(), 20u);
}

// COAP-037
TEST(coap_client, tokens_in_use_differ_even_if_the_random_source_is_stuck) {
  endpoint uut{{}, [] { return std::uint64_t{0}; }};
  const time_point now{1h};
  auto put = own_request(type::non);
  put.urgent = true;
  std::set<exchange_id> ids;
  for (int i = 0; i < 5; ++i)
    ids.insert(uut.send_request(put, now));
  EXPECT_EQ(ids.size(), 5u);
}

// COAP-055
TEST(coap_client, get_and_delete_are_sent_without_body) {
  harness x;
  for (const auto method : {code::get, code::del}) {
    auto y = own_request(type::non);
    y.urgent = true;
    y.code = method;
    x.uut.send_request(y, x.now);
    EXPECT_TRUE(x.sent_one().payload.empty());
  }
}

// COAP-025
TEST(coap_client, what_exceeds_a_limit_fails_at_once) {
  harness x{{}, {.exchanges = 2, .confirmable = 1}};
  auto large = own_request(type::non);
  large.payload.assign(1200, 0);
  x.uut.send_request(large, x.now);
  EXPECT_EQ(x.failure(), failure_reason::too_large);
  x.uut.send_request(own_request(type::con), x.now);
  x.uut.send_request(own_request(type::con), x.now);
  EXPECT_EQ(x.failure(), failure_reason::overload);
  x.uut.send_request(own_request(type::non), x.now);
  x.uut.send_request(own_request(type::non), x.now);
  EXPECT_EQ(x.failure(), failure_reason::overload);
  EXPECT_EQ(x.uut.open_exchanges(), 2u);
}

} // namespace tocsin::protocol::coap
