// What the message layer rejects or ignores by itself.
#include "harness.hpp"

namespace tocsin::protocol::coap {

// COAP-007, COAP-008, COAP-010
TEST(coap_rejection, a_ping_draws_a_reset_with_its_message_id) {
  harness x;
  x.give(empty(type::con, 0x4711));
  EXPECT_EQ(x.sent_one(), empty(type::rst, 0x4711));
  EXPECT_TRUE(x.no_event());
  EXPECT_EQ(x.uut.counters().malformed, 0u);
}

// COAP-002, COAP-003, COAP-004, COAP-006, COAP-007
TEST(coap_rejection, a_malformed_con_draws_a_reset) {
  for (const auto* text : {"49031234 000000000000000000", "40031234FF",
                           "40031234F0", "400312341F", "40001234FF00"}) {
    harness x;
    x.give(hex(text));
    EXPECT_EQ(x.sent_one(), empty(type::rst, 0x1234)) << text;
    EXPECT_TRUE(x.no_event());
    EXPECT_EQ(x.uut.counters().malformed, 1u);
  }
}

// COAP-009, COAP-016, COAP-017
TEST(coap_rejection, other_malformed_messages_are_ignored) {
  for (const auto* text :
       {"50031234FF", "60031234FF", "70031234FF", "500012 34", "50201234",
        "60031234", "70451234", "60E01234", "400312", ""}) {
    harness x;
    x.give(hex(text));
    EXPECT_TRUE(x.silent()) << text;
    EXPECT_TRUE(x.no_event()) << text;
    EXPECT_EQ(x.uut.counters().malformed, 1u) << text;
  }
}

// COAP-001
TEST(coap_rejection, another_version_draws_nothing) {
  harness x;
  x.give(hex("80031234"));
  x.give(hex("C0031234"));
  x.give(hex("00031234"));
  EXPECT_TRUE(x.silent());
  EXPECT_EQ(x.uut.counters().malformed, 3u);
}

// COAP-007
TEST(coap_rejection, reserved_code_classes_in_a_con_draw_a_reset) {
  for (const unsigned cls : {1u, 3u, 6u, 7u}) {
    harness x;
    x.give(message{type::con, make_code(cls, 1), 7, token{hex("01")}, {}, {}});
    EXPECT_EQ(x.sent_one(), empty(type::rst, 7)) << cls;
    EXPECT_TRUE(x.no_event());
  }
}

// COAP-039, SIG-226
TEST(coap_rejection, responses_that_nobody_waits_for_draw_a_reset) {
  for (const auto kind : {type::con, type::non}) {
    harness x;
    x.give(message{
        kind, code::content, 7, token{hex("0102030405060708")}, {}, {}});
    EXPECT_EQ(x.sent_one(), empty(type::rst, 7));
    EXPECT_TRUE(x.no_event());
    EXPECT_EQ(x.uut.counters().unexpected, 1u);
  }
}

// COAP-009
TEST(coap_rejection, acknowledgements_and_resets_are_never_answered) {
  harness x;
  x.give(empty(type::ack, 1));
  x.give(empty(type::rst, 2));
  x.give(message{type::ack, code::content, 3, token{hex("01")}, {}, {}});
  EXPECT_TRUE(x.silent());
  EXPECT_TRUE(x.no_event());
}

// COAP-041, COAP-054
TEST(coap_rejection, an_unknown_critical_option_draws_4_02_in_the_ack) {
  harness x;
  auto bad = request(type::con, 9);
  bad.options.add(2001, "x");
  x.give(bad);
  const auto reply = x.sent_one();
  EXPECT_EQ(reply.type, type::ack);
  EXPECT_EQ(reply.code, code::bad_option);
  EXPECT_EQ(reply.mid, 9);
  EXPECT_EQ(reply.token, bad.token);
  EXPECT_NE(text_of(reply.payload).find("2001"), std::string::npos);
  EXPECT_TRUE(reply.options.empty());
  EXPECT_TRUE(x.no_event());
  x.give(bad);
  EXPECT_EQ(x.sent_one(), reply);
  EXPECT_EQ(x.uut.counters().refused, 1u);
}

// COAP-042: the choice of RFC 9132, Section 9.
TEST(coap_rejection, a_non_with_an_unknown_critical_option_draws_a_non_4_02) {
  harness x;
  auto bad = request(type::non, 9);
  bad.options.add(2001, "x");
  x.give(bad);
  const auto reply = x.sent_one();
  EXPECT_EQ(reply.type, type::non);
  EXPECT_EQ(reply.code, code::bad_option);
  EXPECT_EQ(reply.token, bad.token);
  EXPECT_TRUE(x.no_event());
}

// COAP-047
TEST(coap_rejection, proxy_options_draw_5_05) {
  harness x;
  auto bad = request(type::con, 9);
  bad.options.add(option::proxy_uri, "coap://example/");
  x.give(bad);
  EXPECT_EQ(x.sent_one().code, code::proxying_not_supported);
  EXPECT_TRUE(x.no_event());
}

// COAP-056
TEST(coap_rejection, an_unknown_method_draws_4_05_of_the_fitting_type) {
  harness x;
  x.give(request(type::con, 9, make_code(0, 7)));
  x.give(request(type::non, 10, make_code(0, 7)));
  const auto replies = x.sent();
  ASSERT_EQ(replies.size(), 2u);
  EXPECT_EQ(replies[0].what.type, type::ack);
  EXPECT_EQ(replies[1].what.type, type::non);
  EXPECT_EQ(replies[0].what.code, code::method_not_allowed);
  EXPECT_EQ(replies[1].what.code, code::method_not_allowed);
}

TEST(coap_rejection, requests_beyond_the_limit_draw_5_03_until_one_is_done) {
  harness x{{}, {.pending_requests = 2}};
  for (std::uint16_t mid = 1; mid <= 3; ++mid)
    x.give(request(type::non, mid));
  const auto busy = x.sent_one();
  EXPECT_EQ(busy.code, code::unavailable);
  EXPECT_TRUE(busy.options.contains(option::max_age));
  EXPECT_EQ(x.uut.counters().overloaded, 1u);
  x.uut.respond(x.incoming(), {code::changed, {}, {}}, x.now);
  EXPECT_EQ(x.sent_one().code, code::changed);
  x.give(request(type::non, 4));
  EXPECT_TRUE(x.silent());
  EXPECT_EQ(x.uut.pending_requests(), 2u);
}

} // namespace tocsin::protocol::coap
