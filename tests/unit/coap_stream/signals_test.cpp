// CSM, Ping, Pong, Release, Abort, and what breaks the format.
#include "harness.hpp"

namespace tocsin::protocol::coap {

using namespace std::chrono_literals;

// COAP-100, COAP-101
TEST(stream_signals, first_octets_are_our_csm) {
  harness x{{}, {.message_size = 0x12345}};
  EXPECT_EQ(x.octets(), hex("50 e1 23 012345 20"));
}

// COAP-101
TEST(stream_signals, announced_size_is_never_below_the_base_value) {
  harness x{{}, {.message_size = 10}};
  EXPECT_EQ(x.sent_one().options.find_uint(2), base_message_size);
}

// COAP-100
TEST(stream_signals, first_message_that_is_no_csm_aborts) {
  for (const auto& first :
       {heartbeat, wire(signal_of(ping)), wire(signal_of(release)),
        hex("01 43 7f"), wire(signal_of(make_code(7, 9)))}) {
    harness x;
    x.give(first);
    EXPECT_TRUE(x.aborted());
    EXPECT_TRUE(x.no_event());
  }
}

// COAP-100
TEST(stream_signals, connection_without_csm_ends_after_the_timeout) {
  harness x;
  x.sent();
  x.give(hex("f0")); // dribbles
  x.advance(csm_timeout - 1ms);
  EXPECT_TRUE(x.silent() && x.no_event());
  x.advance(1ms);
  EXPECT_TRUE(x.aborted());
  EXPECT_FALSE(x.uut.next_deadline());
}

TEST(stream_signals, csm_in_time_leaves_no_deadline) {
  auto x = harness::open();
  EXPECT_FALSE(x.uut.next_deadline());
  x.advance(1h);
  EXPECT_TRUE(x.silent() && x.no_event());
}

// COAP-101
TEST(stream_signals, settings_of_the_peer_accumulate) {
  harness x;
  EXPECT_EQ(x.uut.max_message(), base_message_size);
  x.give(hex("00 e1"));
  EXPECT_EQ(x.uut.max_message(), base_message_size);
  x.give(csm_of(5000, false));
  EXPECT_EQ(x.uut.max_message(), 5000u);
  EXPECT_FALSE(x.uut.bert());
  auto blocks = signal_of(csm);
  blocks.options.add(4);
  x.give(blocks);
  EXPECT_EQ(x.uut.max_message(), 5000u);
  EXPECT_TRUE(x.uut.bert());
  x.give(csm_of(900, false));
  EXPECT_EQ(x.uut.max_message(), 900u);
  x.give(csm_of(0xffffffff));
  EXPECT_EQ(x.uut.max_message(), stream_limits{}.message_size);
  EXPECT_TRUE(x.no_event());
}

// COAP-109
TEST(stream_signals, bert_needs_blocks_and_more_than_the_base_size) {
  const struct {
    std::uint32_t size;
    bool block_wise;
    bool bert;
  } rows[]{{1152, true, false}, {1153, true, true}, {1153, false, false}};
  for (const auto& row : rows) {
    harness x;
    x.give(csm_of(row.size, row.block_wise));
    EXPECT_EQ(x.uut.bert(), row.bert) << row.size;
  }
}

// COAP-101, COAP-102
TEST(stream_signals, odd_elective_options_of_a_csm_are_ignored) {
  auto odd = signal_of(csm);
  odd.options.add(2, hex("0102030405")); // too long
  odd.options.add(4, hex("00"));         // not empty
  odd.options.add(1000, hex("00"));
  harness x;
  x.give(odd);
  EXPECT_EQ(x.uut.max_message(), base_message_size);
  x.give(csm_of(2000, false));
  EXPECT_FALSE(x.uut.bert());
  auto twice = signal_of(csm);
  twice.options.add_uint(2, 3000);
  twice.options.add_uint(2, 4000);
  x.give(twice);
  EXPECT_EQ(x.uut.max_message(), 3000u);
  EXPECT_TRUE(x.no_event());
}

// COAP-102
TEST(stream_signals, critical_option_of_a_csm_is_named_in_the_abort) {
  harness x;
  x.sent();
  auto bad = signal_of(csm);
  bad.options.add(0x123);
  x.give(bad);
  const auto sent = x.sent_one();
  EXPECT_EQ(sent.code, abortion);
  EXPECT_EQ(sent.options.find_uint(2), 0x123u);
  EXPECT_NE(text_of(sent.payload).find("291"), std::string::npos);
  EXPECT_TRUE(x.event_of<stream_ended>());
}

// COAP-102
TEST(stream_signals, critical_option_of_another_signal_aborts) {
  for (const auto what : {ping, pong, release, make_code(7, 30)}) {
    auto x = harness::open();
    auto bad = signal_of(what);
    bad.options.add(3); // Uri-Host elsewhere
    x.give(bad);
    const auto sent = x.sent_one();
    EXPECT_EQ(sent.code, abortion);
    EXPECT_TRUE(sent.options.empty());
    EXPECT_TRUE(x.event_of<stream_ended>());
  }
}

TEST(stream_signals, unknown_signal_and_unasked_pong_are_ignored) {
  auto x = harness::open();
  x.give(signal_of(make_code(7, 0)));
  x.give(signal_of(make_code(7, 31)));
  x.give(signal_of(pong, "01"));
  EXPECT_TRUE(x.silent() && x.no_event());
}

// COAP-103
TEST(stream_signals, ping_draws_a_pong_with_its_token) {
  auto x = harness::open();
  for (const char* id : {"", "0102030405060708"}) {
    x.give(signal_of(ping, id));
    EXPECT_EQ(x.sent_one(), signal_of(pong, id));
  }
}

namespace {

message custody_ping(std::string_view id) {
  auto x = signal_of(ping, id);
  x.options.add(2);
  return x;
}

bool is_pong(const message& x, std::string_view id, bool custody) {
  return x.code == pong && x.token == token{hex(id)}
         && x.options.contains(2) == custody;
}

} // namespace

// COAP-103
TEST(stream_signals, custody_waits_for_the_requests_before_the_ping) {
  auto x = harness::open();
  x.give(custody_ping("aa"));
  EXPECT_TRUE(is_pong(x.sent_one(), "aa", true));
  x.give(request("01"));
  x.give(request("02"));
  const auto first = x.incoming();
  const auto second = x.incoming();
  x.give(custody_ping("bb"));
  x.give(request("03"));
  const auto third = x.incoming();
  x.give(custody_ping("cc"));
  x.give(signal_of(ping, "dd"));
  EXPECT_TRUE(is_pong(x.sent_one(), "dd", false)); // asked for no custody
  x.uut.respond(third, {}, x.now);
  x.uut.respond(second, {}, x.now);
  EXPECT_EQ(x.sent().size(), 2u);
  x.uut.drop(first, x.now);
  const auto sent = x.sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_TRUE(is_pong(sent[0], "bb", true));
  EXPECT_TRUE(is_pong(sent[1], "cc", true));
}

TEST(stream_signals, flood_of_custody_pings_is_answered_without_promise) {
  auto x = harness::open();
  x.give(request("01"));
  const auto id = x.incoming();
  for (int i = 0; i < 16; ++i)
    x.give(custody_ping("aa"));
  EXPECT_TRUE(x.silent());
  x.give(custody_ping("bb"));
  EXPECT_TRUE(is_pong(x.sent_one(), "bb", false));
  x.uut.respond(id, {}, x.now);
  EXPECT_EQ(x.sent().size(), 17u);
}

// COAP-104
TEST(stream_signals, empty_messages_are_ignored_at_any_time) {
  harness x;
  x.sent();
  x.give(hex("00 00"));
  x.give(csm_of(2000));
  x.give(hex("00 00 00 00 01 00 aa 10 00 f0"));
  EXPECT_TRUE(x.silent() && x.no_event());
  x.give(request("01"));
  EXPECT_TRUE(x.event_of<incoming_request>());
}

// COAP-105
TEST(stream_signals, release_of_the_peer_lets_pending_requests_be_answered) {
  auto x = harness::open();
  const auto own = x.uut.send_request(own_request(), x.now);
  const auto sent = x.sent_one();
  x.give(request("01"));
  const auto id = x.incoming();
  auto goodbye = signal_of(release);
  goodbye.options.add(2, "other.example");
  goodbye.options.add_uint(4, 30);
  goodbye.payload = hex("62 79 65 0a");
  x.give(goodbye);
  const auto ended = x.event_of<stream_ended>();
  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->orderly);
  EXPECT_EQ(ended->reason,
            "the peer releases the connection: bye? (hold off for 30 s)");
  x.give(goodbye);
  EXPECT_TRUE(x.no_event());
  x.uut.respond(id, {}, x.now);
  EXPECT_EQ(x.sent_one().token, token{hex("01")});
  x.give(answer_to(sent));
  const auto answer = x.event_of<response_received>();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id, own);
  x.uut.send_request(own_request(), x.now);
  EXPECT_EQ(x.failure(), failure_reason::reset);
  EXPECT_TRUE(x.silent());
}

// COAP-105
TEST(stream_signals, own_release_is_sent_once_and_stops_new_requests_only) {
  auto x = harness::open();
  x.give(request("01"));
  const auto id = x.incoming();
  x.uut.release(x.now);
  x.uut.release(x.now);
  EXPECT_EQ(x.sent_one(), signal_of(release));
  x.uut.send_request(own_request(), x.now);
  EXPECT_EQ(x.failure(), failure_reason::reset);
  x.uut.respond(id, {}, x.now);
  EXPECT_EQ(x.sent_one().code, code::content);
  EXPECT_TRUE(x.no_event());
}

// COAP-106
TEST(stream_signals, abort_of_the_peer_ends_everything) {
  auto x = harness::open();
  const auto own = x.uut.send_request(own_request(), x.now);
  x.give(request("01"));
  const auto id = x.incoming();
  x.sent();
  auto bad = signal_of(abortion);
  bad.payload = bytes(500, 'x');
  x.give(bad);
  x.give(request("02"));
  const auto ended = x.event_of<stream_ended>();
  ASSERT_TRUE(ended);
  EXPECT_FALSE(ended->orderly);
  EXPECT_EQ(ended->reason,
            "the peer aborts the connection: " + std::string(120, 'x'));
  const auto failed = x.event_of<request_failed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->id, own);
  EXPECT_EQ(failed->reason, failure_reason::reset);
  x.uut.respond(id, {}, x.now);
  x.uut.notify(token{hex("07")}, {}, x.now);
  x.uut.release(x.now);
  EXPECT_TRUE(x.silent() && x.no_event());
  EXPECT_EQ(x.uut.pending_requests() + x.uut.open_exchanges(), 0u);
  EXPECT_FALSE(x.uut.next_deadline());
}

// COAP-106
TEST(stream_signals, format_error_aborts_with_a_diagnostic) {
  for (const char* text : {
           "09", "0f",                         // reserved token length
           "10 01 ff",                         // marker without payload
           "10 01 f0",                         // reserved option delta
           "10 01 05",                         // option without its value
           "00 20", "00 7f", "00 c0", "00 df", // reserved classes 1, 3, 6
           "f0 ffffffff"                       // beyond Max-Message-Size
       }) {
    auto x = harness::open();
    x.give(hex(text));
    EXPECT_TRUE(x.aborted()) << text;
    EXPECT_EQ(x.uut.counters().malformed, 1u) << text;
    x.give(request("01"));
    EXPECT_TRUE(x.silent() && x.no_event());
  }
}

// COAP-101, COAP-106
TEST(stream_signals, message_just_within_our_size_passes) {
  const stream_limits bounds{.message_size = 2000};
  auto fitting = request("01");
  fitting.payload.resize(1);
  fitting.payload.resize(2001 - wire(fitting).size() - 2); // longer length
  ASSERT_EQ(wire(fitting).size(), 2000u);
  auto x = harness::open({}, bounds);
  x.give(fitting);
  EXPECT_TRUE(x.event_of<incoming_request>());
  fitting.payload.push_back(0);
  x.give(fitting);
  EXPECT_TRUE(x.aborted());
}

TEST(stream_signals, abort_fits_into_what_the_peer_takes) {
  auto x = harness::open();
  x.give(csm_of(8));
  x.give(hex("09"));
  EXPECT_EQ(x.sent_one(), signal_of(abortion));
}

TEST(stream_signals, peer_that_does_not_read_loses_the_connection) {
  auto x = harness::open({}, {.outbox_octets = 1000});
  x.uut.send_request(own_request(), x.now);
  for (int i = 0; i < 1000; ++i)
    x.give(signal_of(ping, "0102030405060708"));
  const auto ended = x.event_of<stream_ended>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->reason, "the peer does not read");
  EXPECT_EQ(x.failure(), failure_reason::reset);
  EXPECT_TRUE(x.no_event());
  const auto size = x.octets().size();
  EXPECT_LE(size, 1000u);
  EXPECT_GT(size, 980u);
}

} // namespace tocsin::protocol::coap
