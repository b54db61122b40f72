#include "protocol/signal/codec.hpp"
#include "protocol/signal/response.hpp"
#include "tests/unit/bodies/hex.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {

using test::hex;
using test::text_item;
using test::unhex;

namespace {

prefix net(std::string_view text) {
  return *prefix::parse(text);
}

/// Octets and value must be each other's image.
void expect_pair(std::string_view octets, const body& value, direction way) {
  EXPECT_EQ(hex(encode(value)), hex(unhex(octets)));
  auto r = decode(unhex(octets), way);
  ASSERT_TRUE(r) << to_string(r.error());
  EXPECT_TRUE(*r == value);
}

mitigation only_entry(std::string_view octets, direction way) {
  auto r = decode(unhex(octets), way);
  EXPECT_TRUE(r) << to_string(r.error());
  return r ? std::get<mitigation_scope>(*r).scope.at(0) : mitigation{};
}

setting current(std::uint32_t x) {
  return {{}, {}, x};
}

constexpr auto request = direction::request;
constexpr auto response = direction::response;

} // namespace

// SIG-012, SIG-072, SIG-319, SIG-326
TEST(codec, reads_and_writes_the_request_of_the_rfc) {
  mitigation x;
  x.what.prefixes = {net("2001:db8:6401::1/128"), net("2001:db8:6401::2/128")};
  x.what.ports = {{80, 80}, {443, 443}, {8080, 8080}};
  x.what.protocols = {6};
  x.lifetime = 3600;
  expect_pair("A1 01 A1 02 81 A4"
              "06 82 74 323030313A6462383A363430313A3A312F313238"
              "   74 323030313A6462383A363430313A3A322F313238"
              "07 83 A1 08 18 50 A1 08 19 01BB A1 08 19 1F90"
              "0A 81 06 0E 19 0E10",
              mitigation_scope{{x}}, request);
}

// SIG-118, SIG-093, SIG-117
TEST(codec, reads_and_writes_the_answer_to_a_request) {
  expect_pair("A1 01 A1 02 81 A2 05 18 7B 0E 19 0E 10", accepted(123, 3600),
              response);
}

// SIG-090, SIG-326
TEST(codec, writes_a_lifetime_without_end_as_minus_one) {
  expect_pair("A1 01 A1 02 81 A2 05 18 7B 0E 20",
              accepted(123, indefinite_lifetime), response);
}

// SIG-140, SIG-139
TEST(codec, reports_a_cuid_collision_by_its_cause_alone) {
  expect_pair("A1 01 A1 02 81 A1 11 A1 13 03", cuid_collision(), response);
}

// SIG-128, SIG-129
TEST(codec, reports_an_overlap_with_cause_and_mid) {
  expect_pair("A1 01 A1 02 81 A1 11 A2 13 01 15 A1 05 18 7C",
              overlap_conflict(124), response);
}

// SIG-287, SIG-325
TEST(codec, reads_and_writes_heartbeats) {
  for (auto way : {request, response}) {
    expect_pair("A1 18 31 A1 18 33 F5", heartbeat_body{true}, way);
    expect_pair("A1 18 31 A1 18 33 F4", heartbeat_body{false}, way);
  }
}

// SIG-274
TEST(codec, reads_and_writes_a_redirect) {
  expect_pair("A1 18 2E A2 18 2F 72 616C742D7365727665722E6578616D706C65"
              "18 30 82 70 323030313A6462383A363430313A3A31"
              "70 323030313A6462383A363430313A3A32",
              redirected_signal{"alt-server.example",
                                {"2001:db8:6401::1", "2001:db8:6401::2"}},
              response);
}

// SIG-324, SIG-249
TEST(codec, reads_and_writes_a_session_configuration) {
  config_set mitigating{current(30), current(15),  current(15),
                        current(3),  current(200), current(150)};
  config_set idle{current(0), {}, {}, current(3), current(200), current(150)};
  expect_pair("A1 18 1E A2 18 20 A6 18 21 A1 18 24 18 1E"
              "18 25 A1 18 24 0F 18 32 A1 18 24 0F 18 26 A1 18 24 03"
              "18 27 A1 18 2B C4 82 21 18 C8 18 28 A1 18 2B C4 82 21 18 96"
              "18 2C A4 18 21 A1 18 24 00 18 26 A1 18 24 03"
              "18 27 A1 18 2B C4 82 21 18 C8 18 28 A1 18 2B C4 82 21 18 96",
              signal_config{mitigating, idle}, request);
}

// SIG-168, SIG-170, SIG-171, SIG-320
TEST(codec, reads_and_writes_a_status_report) {
  mitigation x;
  x.mid = 12332;
  x.what.prefixes = {net("192.0.2.0/24")};
  x.lifetime = 1756;
  x.start = 1507818434;
  x.state = status::mitigated;
  x.dropped = counters{~0ULL, 7, 3, 1};
  expect_pair("A1 01 A1 02 81 A9 05 19 302C 06 81" + text_item("192.0.2.0/24")
                  + "0E 19 06DC 0F 1A 59DF7BC2 10 02 18 19 1B FFFFFFFFFFFFFFFF"
                    "18 1A 03 18 1B 07 18 1C 01",
              mitigation_scope{{x}}, response);
}

// SIG-382, SIG-383
TEST(codec, tolerates_the_tag_of_dots_objects_in_front) {
  auto r = decode(unhex("D9 010F A1 18 31 A1 18 33 F5"), request);
  ASSERT_TRUE(r);
  EXPECT_TRUE(*r == body{heartbeat_body{true}});
  EXPECT_FALSE(decode(unhex("A1 18 31 D9 010F A1 18 33 F5"), request));
}

// SIG-120, SIG-022, SIG-321, SIG-385
TEST(codec, skips_optional_keys_which_it_does_not_know_at_any_depth) {
  auto x = only_entry("A2 01 A2 02 81 A4 18 80 A1 00 F7"
                      "07 81 A3 08 18 50 19 9C40 9F 01 FF 09 18 51"
                      "0E 01 06 81"
                          + text_item("192.0.2.0/24")
                          + "18 FF 5F 41 00 FF 19 FFFF 61 61",
                      request);
  EXPECT_EQ(x.what.ports, (std::vector<port_range>{{80, 81}}));
  EXPECT_EQ(x.lifetime, 1);
  auto telemetry = only_entry(
      "A1 01 A1 02 81 A2 05 07 18 C8 A2 20 01 61 61 F9 3C00", response);
  EXPECT_EQ(telemetry.mid, 7u);
}

// SIG-321, SIG-322
TEST(codec, lists_all_required_keys_which_it_does_not_know) {
  auto r = decode(unhex("A2 01 A2 02 81 A3 18 36 01 0E 01 07 81 A2 08 01"
                        "19 0100 02 18 7F 00 19 3FFF F6"),
                  request);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ec::unknown);
  EXPECT_NE(r.error().detail.find(": 54, 256, 127, 16383"), std::string::npos)
      << r.error().detail;
}

// SIG-079
TEST(codec, takes_a_lower_port_alone_for_one_port) {
  auto x =
      only_entry("A1 01 A1 02 81 A1 07 82 A1 08 18 50 A2 09 03 08 02", request);
  EXPECT_EQ(x.what.ports, (std::vector<port_range>{{80, 80}, {2, 3}}));
}

// SIG-096, SIG-325
TEST(codec, keeps_an_absent_trigger_apart_from_a_stated_one) {
  EXPECT_EQ(only_entry("A1 01 A1 02 81 A1 0E 01", request).trigger_mitigation,
            std::nullopt);
  EXPECT_EQ(
      only_entry("A1 01 A1 02 81 A1 18 2D F4", request).trigger_mitigation,
      false);
}

// SIG-197
TEST(codec, reads_the_attack_status_of_an_efficacy_update) {
  EXPECT_EQ(only_entry("A1 01 A1 02 81 A1 18 1D 01", request).attack,
            attack_status::under_attack);
}

// SIG-076: host bits do not matter.
TEST(codec, clears_the_host_bits_of_prefixes) {
  auto x = only_entry("A1 01 A1 02 81 A1 06 81" + text_item("192.0.2.77/24"),
                      request);
  EXPECT_EQ(x.what.prefixes.at(0).to_string(), "192.0.2.0/24");
}

// SIG-163
TEST(codec, keeps_the_order_of_lists) {
  mitigation x;
  x.what.fqdns = {"z.example", "a.example", "m.example"};
  x.what.protocols = {17, 6};
  x.what.ports = {{443, 443}, {80, 90}};
  auto r = decode(encode(mitigation_scope{{x}}), request);
  ASSERT_TRUE(r);
  EXPECT_EQ(std::get<mitigation_scope>(*r).scope.at(0), x);
}

// SIG-317: borders of the types.
TEST(codec, accepts_values_at_their_borders) {
  for (auto text : {"A1 0E 1A FFFFFFFF", "A1 0E 20", "A1 0E 00",
                    "A1 0A 82 00 18FF", "A1 07 81 A2 08 00 09 19FFFF"})
    EXPECT_TRUE(decode(unhex("A1 01 A1 02 81" + std::string{text}), request))
        << text;
  for (auto text : {"A1 05 1A FFFFFFFF", "A1 0F 1B FFFFFFFFFFFFFFFF",
                    "A1 10 08", "A1 11 A1 14 1A FFFFFFFF"})
    EXPECT_TRUE(decode(unhex("A1 01 A1 02 81" + std::string{text}), response))
        << text;
}

TEST(codec, reads_indefinite_lengths_and_long_forms) {
  auto x = only_entry("BF 18 01 BF 19 0002 9F BF 1A 0000000E 1B "
                      "0000000000000E10 06 9F 7F 68"
                          + hex("192.0.2.") + "64" + hex("0/24")
                          + "FF FF FF FF FF FF",
                      request);
  EXPECT_EQ(x.lifetime, 3600);
  EXPECT_EQ(x.what.prefixes.at(0).to_string(), "192.0.2.0/24");
}

// A peer of lesser care sends empty lists in answers; no harm is done.
TEST(codec, tolerates_empty_lists_in_responses_only) {
  auto octets = unhex("A1 01 A1 02 81 A2 05 01 06 80");
  EXPECT_TRUE(decode(octets, response));
  EXPECT_FALSE(decode(unhex("A1 01 A1 02 81 A2 0E 01 06 80"), request));
}

TEST(codec, refuses_bodies_beyond_the_limit_before_reading_them) {
  bytes large(max_body_size + 1, 0x80);
  EXPECT_EQ(decode(large, request).error().code, ec::too_large);
}

} // namespace tocsin::protocol::signal
