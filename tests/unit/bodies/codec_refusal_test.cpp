#include "protocol/signal/codec.hpp"
#include "tests/unit/bodies/hex.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {

using test::text_item;
using test::unhex;

namespace {

constexpr auto request = direction::request;
constexpr auto response = direction::response;

struct refusal {
  std::string octets;
  direction way;
  ec code;
  std::string_view where;
};

/// A request or response whose only scope entry is `map`.
std::string in_scope(std::string_view map) {
  return "A1 01 A1 02 81" + std::string{map};
}

/// A scope entry with one prefix.
std::string with_prefix(std::string_view text) {
  return in_scope("A1 06 81" + text_item(text));
}

std::string in_config(std::string_view map) {
  return "A1 18 1E A1 18 20" + std::string{map};
}

std::string repeat(std::string_view text, std::size_t n) {
  std::string out;
  while (n-- > 0)
    out += text;
  return out;
}

void expect_refused(const std::vector<refusal>& rows) {
  for (const auto& row : rows) {
    auto r = decode(unhex(row.octets), row.way);
    auto shown = row.octets.substr(0, 80);
    ASSERT_FALSE(r) << shown;
    EXPECT_EQ(r.error().code, row.code)
        << shown << ": " << to_string(r.error());
    EXPECT_EQ(r.error().where, row.where)
        << shown << ": " << to_string(r.error());
  }
}

} // namespace

// SIG-399
TEST(codec_refusal, of_what_is_no_cbor_or_no_message) {
  expect_refused({
      {"", request, ec::truncated, "dots-signal"},
      {"00", request, ec::malformed, "dots-signal"},
      {"60", request, ec::malformed, "dots-signal"},
      {"80", request, ec::malformed, "dots-signal"},
      {"F6", request, ec::malformed, "dots-signal"},
      {"FF", request, ec::malformed, "dots-signal"},
      {"1C", request, ec::malformed, "dots-signal"},
      {"C1 A1 18 31 A1 18 33 F5", request, ec::malformed, "dots-signal"},
      {"D9010F D9010F A1 18 31 A1 18 33 F5", request, ec::malformed,
       "dots-signal"},
      {"D9010F", request, ec::truncated, "dots-signal"},
      {"A1", request, ec::truncated, "dots-signal"},
      {"A1 01", request, ec::truncated,
       "ietf-dots-signal-channel:mitigation-scope"},
      {"A1 01 A1 02 81 A1 0E", request, ec::truncated, "lifetime"},
      {"A1 01 A1 02 81 A1 0E 19 0E", request, ec::truncated, "lifetime"},
      {"A1 18 31 A1 18 33 F5 00", request, ec::malformed, "dots-signal"},
      {"A1 18 31 A1 18 33 F5 A0", request, ec::malformed, "dots-signal"},
      {"BF 18 31 A1 18 33 F5", request, ec::truncated, "dots-signal"},
      {"BF 18 31 FF", request, ec::malformed,
       "ietf-dots-signal-channel:heartbeat"},
      {"A1 01 A1 02 9F A1 0E 01", request, ec::truncated, "scope"},
      {"A1 01 A1 02 9B FFFFFFFFFFFFFFFF A1 0E 01", request, ec::truncated,
       "scope"},
  });
}

// SIG-311
TEST(codec_refusal, of_anything_but_one_message) {
  expect_refused({
      {"A0", request, ec::missing, "dots-signal"},
      {"A1 18 80 01", request, ec::missing, "dots-signal"},
      {"A2 18 31 A1 18 33 F5 01 A1 02 81 A1 0E 01", request, ec::malformed,
       "dots-signal"},
      {"A2 18 31 A1 18 33 F5 18 1E A0", response, ec::malformed, "dots-signal"},
      {"A2 18 31 A1 18 33 F5 18 31 A1 18 33 F5", request, ec::malformed,
       "ietf-dots-signal-channel:heartbeat"},
  });
}

// SIG-384
TEST(codec_refusal, of_keys_that_are_no_keys) {
  expect_refused({
      {"A1 00 01", request, ec::malformed, "dots-signal"},
      {"A1 20 01", request, ec::malformed, "dots-signal"},
      {"A1 61 61 01", request, ec::malformed, "dots-signal"},
      {"A1 1A 00010000 01", request, ec::malformed, "dots-signal"},
      {"A1 1B FFFFFFFFFFFFFFFF 01", request, ec::malformed, "dots-signal"},
      {"A1 F5 01", request, ec::malformed, "dots-signal"},
      {"A1 80 01", request, ec::malformed, "dots-signal"},
      {"A1 C1 01 01", request, ec::malformed, "dots-signal"},
      {in_scope("A1 00 01"), request, ec::malformed, "scope"},
      {in_scope("A1 68 6C69666574696D65 01"), request, ec::malformed, "scope"},
      {in_scope("A1 19FFFF 00") + "00", request, ec::malformed, "dots-signal"},
  });
}

// SIG-070, SIG-071, SIG-315
TEST(codec_refusal, of_path_parameters_in_a_body) {
  expect_refused({
      {in_scope("A2 0E 01 03") + text_item("x"), request, ec::malformed,
       "cdid"},
      {in_scope("A2 0E 01 04") + text_item("x"), request, ec::malformed,
       "cuid"},
      {in_scope("A2 0E 01 05 18 7B"), request, ec::malformed, "mid"},
      {in_config("A1 18 1F 01"), request, ec::malformed, "sid"},
      {"A1 04" + text_item("x"), request, ec::malformed, "cuid"},
      {in_scope("A1 03") + text_item("x"), response, ec::malformed, "cdid"},
      {in_scope("A1 04") + text_item("x"), response, ec::malformed, "cuid"},
      {in_config("A1 18 1F 01"), response, ec::malformed, "sid"},
  });
}

// SIG-312
TEST(codec_refusal, of_what_only_servers_say_in_a_request) {
  expect_refused({
      {in_scope("A1 0F 1A 59DF7BC2"), request, ec::malformed,
       "mitigation-start"},
      {in_scope("A1 10 01"), request, ec::malformed, "status"},
      {in_scope("A1 11 A1 13 03"), request, ec::malformed,
       "conflict-information"},
      {in_scope("A1 18 19 01"), request, ec::malformed, "bytes-dropped"},
      {in_scope("A1 18 1A 01"), request, ec::malformed, "bps-dropped"},
      {in_scope("A1 18 1B 01"), request, ec::malformed, "pkts-dropped"},
      {in_scope("A1 18 1C 01"), request, ec::malformed, "pps-dropped"},
      {in_config("A1 18 21 A1 18 22 01"), request, ec::malformed, "max-value"},
      {in_config("A1 18 21 A1 18 23 01"), request, ec::malformed, "min-value"},
      {in_config("A1 18 27 A1 18 29 C4 82 21 01"), request, ec::malformed,
       "max-value-decimal"},
      {in_config("A1 18 27 A1 18 2A C4 82 21 01"), request, ec::malformed,
       "min-value-decimal"},
      {"A1 18 2E A1 18 2F 61 61", request, ec::malformed,
       "ietf-dots-signal-channel:redirected-signal"},
  });
}

// SIG-313
TEST(codec_refusal, of_what_only_clients_say_in_a_response) {
  expect_refused({
      {in_scope("A1 18 1D 01"), response, ec::malformed, "attack-status"},
  });
}

TEST(codec_refusal, of_elements_in_the_wrong_place) {
  expect_refused({
      {"A1 0E 01", request, ec::malformed, "lifetime"},
      {"A1 02 81 A1 0E 01", request, ec::malformed, "scope"},
      {"A1 01 A1 0E 01", request, ec::malformed, "lifetime"},
      {in_scope("A1 08 01"), request, ec::malformed, "lower-port"},
      {in_scope("A1 18 24 01"), request, ec::malformed, "current-value"},
      {in_scope("A1 01 A0"), request, ec::malformed,
       "ietf-dots-signal-channel:mitigation-scope"},
      {in_config("A1 18 21 A1 18 2B C4 82 21 01"), request, ec::malformed,
       "current-value-decimal"},
      {in_config("A1 18 27 A1 18 24 01"), request, ec::malformed,
       "current-value"},
      {in_scope("A1 11 A1 10 01"), response, ec::malformed, "status"},
      {in_scope("A1 17 61 61"), response, ec::malformed, "acl-name"},
      {"A1 18 31 A2 18 33 F5 18 2D F5", request, ec::malformed,
       "trigger-mitigation"},
  });
}

// SIG-320, SIG-319
TEST(codec_refusal, of_the_wrong_type) {
  expect_refused({
      {"A1 01 81 A0", request, ec::malformed,
       "ietf-dots-signal-channel:mitigation-scope"},
      {"A1 01 A1 02 A1 0E 01", request, ec::malformed, "scope"},
      {"A1 01 A1 02 81 80", request, ec::malformed, "scope"},
      {in_scope("A1 06") + text_item("192.0.2.0/24"), request, ec::malformed,
       "target-prefix"},
      {in_scope("A1 06 81 44 C0000200"), request, ec::malformed,
       "target-prefix"},
      {in_scope("A1 06 81 D8 34 82 18 18 43 C00002"), request, ec::malformed,
       "target-prefix"},
      {in_scope("A1 07 A1 08 01"), request, ec::malformed, "target-port-range"},
      {in_scope("A1 07 81 18 50"), request, ec::malformed, "target-port-range"},
      {in_scope("A1 07 81 A1 08 62 3830"), request, ec::malformed,
       "lower-port"},
      {in_scope("A1 0A 06"), request, ec::malformed, "target-protocol"},
      {in_scope("A1 0A 81 63 746370"), request, ec::malformed,
       "target-protocol"},
      {in_scope("A1 0B 81 01"), request, ec::malformed, "target-fqdn"},
      {in_scope("A1 0E 64 33363030"), request, ec::malformed, "lifetime"},
      {in_scope("A1 0E F9 6F08"), request, ec::malformed, "lifetime"},
      {in_scope("A1 0E F6"), request, ec::malformed, "lifetime"},
      {in_scope("A1 18 2D 01"), request, ec::malformed, "trigger-mitigation"},
      {in_scope("A1 18 2D F6"), request, ec::malformed, "trigger-mitigation"},
      {"A1 18 31 A1 18 33 01", request, ec::malformed, "peer-hb-status"},
      {in_scope("A1 0F C1 1A 59DF7BC2"), response, ec::malformed,
       "mitigation-start"},
      {in_scope("A1 10") + text_item("attack-stopped"), response, ec::malformed,
       "status"},
      {in_scope("A1 18 19 61 37"), response, ec::malformed, "bytes-dropped"},
      {in_config("A1 18 27 A1 18 2B 02"), request, ec::malformed,
       "current-value-decimal"},
      {in_config("A1 18 27 A1 18 2B F9 4000"), request, ec::malformed,
       "current-value-decimal"},
      {in_config("A1 18 27 A1 18 2B C4 82 20 14"), request, ec::malformed,
       "current-value-decimal"},
      {in_config("A1 18 27 A1 18 2B C4 81 21"), request, ec::malformed,
       "current-value-decimal"},
      {in_config("A1 18 27 A1 18 2B C4 83 21 14 00"), request, ec::malformed,
       "current-value-decimal"},
      {in_config("A1 18 27 A1 18 2B C5 82 21 14"), request, ec::malformed,
       "current-value-decimal"},
  });
}

// SIG-317, SIG-080, SIG-079, SIG-386, SIG-076
TEST(codec_refusal, of_values_out_of_bounds) {
  auto range = ec::out_of_range;
  expect_refused({
      {in_scope("A1 0E 21"), request, range, "lifetime"},
      {in_scope("A1 0E 3B FFFFFFFFFFFFFFFF"), request, range, "lifetime"},
      {in_scope("A1 0E 1B 0000000100000000"), request, range, "lifetime"},
      {in_scope("A1 0A 81 19 0100"), request, range, "target-protocol"},
      {in_scope("A1 0A 81 20"), request, range, "target-protocol"},
      {in_scope("A1 07 81 A1 08 1A 00010000"), request, range, "lower-port"},
      {in_scope("A1 07 81 A1 08 20"), request, range, "lower-port"},
      {in_scope("A1 07 81 A2 08 01 09 1A 00010000"), request, range,
       "upper-port"},
      {in_scope("A1 18 1D 00"), request, range, "attack-status"},
      {in_scope("A1 18 1D 03"), request, range, "attack-status"},
      {in_scope("A1 10 00"), response, range, "status"},
      {in_scope("A1 10 09"), response, range, "status"},
      {in_scope("A1 10 1A 7FFFFFFF"), response, range, "status"},
      {in_scope("A1 11 A1 12 00"), response, range, "conflict-status"},
      {in_scope("A1 11 A1 12 04"), response, range, "conflict-status"},
      {in_scope("A1 11 A1 13 00"), response, range, "conflict-cause"},
      {in_scope("A1 11 A1 13 04"), response, range, "conflict-cause"},
      {in_scope("A1 11 A1 14 1B 0000000100000000"), response, range,
       "retry-timer"},
      {in_scope("A1 05 20"), response, range, "mid"},
      {in_scope("A1 05 1B 0000000100000000"), response, range, "mid"},
      {in_scope("A1 0F 20"), response, range, "mitigation-start"},
      {in_config("A1 18 21 A1 18 24 1A 00010000"), request, range,
       "current-value"},
      {in_config("A1 18 27 A1 18 2B C4 82 21 20"), request, range,
       "current-value-decimal"},
      {in_config("A1 18 27 A1 18 2B C4 82 21 1A 0063FF9D"), request, range,
       "current-value-decimal"},
      {with_prefix("192.0.2.0/33"), request, range, "target-prefix"},
      {with_prefix("2001:db8::/129"), request, range, "target-prefix"},
      {in_scope("A1 0B 81") + text_item(std::string(256, 'a')), request, range,
       "target-fqdn"},
      {in_scope("A1 0C 81") + text_item(std::string(2049, 'a')), request, range,
       "target-uri"},
  });
}

// SIG-075
TEST(codec_refusal, of_empty_values_in_a_request) {
  expect_refused({
      {"A1 01 A1 02 80", request, ec::malformed, "scope"},
      {in_scope("A1 06 80"), request, ec::malformed, "target-prefix"},
      {in_scope("A1 06 9F FF"), request, ec::malformed, "target-prefix"},
      {in_scope("A1 07 80"), request, ec::malformed, "target-port-range"},
      {in_scope("A1 0A 80"), request, ec::malformed, "target-protocol"},
      {in_scope("A1 0B 80"), request, ec::malformed, "target-fqdn"},
      {in_scope("A1 0C 80"), request, ec::malformed, "target-uri"},
      {in_scope("A1 0D 80"), request, ec::malformed, "alias-name"},
      {with_prefix(""), request, ec::malformed, "target-prefix"},
      {in_scope("A1 0B 81 60"), request, ec::malformed, "target-fqdn"},
      {in_scope("A1 0C 81 60"), request, ec::malformed, "target-uri"},
      {in_scope("A1 0D 81 60"), request, ec::malformed, "alias-name"},
      {in_scope("A1 0D 81 7F FF"), request, ec::malformed, "alias-name"},
  });
}

TEST(codec_refusal, of_texts_that_are_no_prefixes) {
  expect_refused({
      {with_prefix("example.net"), request, ec::malformed, "target-prefix"},
      {with_prefix("192.0.2.0/"), request, ec::malformed, "target-prefix"},
      {with_prefix("192.0.2/24"), request, ec::malformed, "target-prefix"},
      {with_prefix("192.0.2.0/-1"), request, ec::malformed, "target-prefix"},
      {with_prefix("192.0.2.0/24/8"), request, ec::malformed, "target-prefix"},
      {with_prefix(" 192.0.2.0/24"), request, ec::malformed, "target-prefix"},
      {with_prefix("2001:db8::1::/64"), request, ec::malformed,
       "target-prefix"},
      {in_scope("A1 06 81 62 C080"), request, ec::malformed, "target-prefix"},
      {in_scope("A1 0D 81 63 610062"), request, ec::malformed, "alias-name"},
  });
}

// SIG-079, SIG-318
TEST(codec_refusal, of_missing_mandatory_leaves) {
  expect_refused({
      {in_scope("A1 07 81 A0"), request, ec::missing, "lower-port"},
      {in_scope("A1 07 81 A1 09 18 50"), request, ec::missing, "lower-port"},
      {"A1 18 31 A0", request, ec::missing, "peer-hb-status"},
      {"A1 18 2E A0", response, ec::missing, "alt-server"},
      {in_scope("A1 11 A1 15 A1 16 81 A0"), response, ec::missing, "acl-name"},
      {in_scope("A1 11 A1 15 A1 16 81 A1 18 18 61 61"), response, ec::missing,
       "acl-name"},
  });
}

TEST(codec_refusal, of_keys_that_occur_twice) {
  expect_refused({
      {in_scope("A2 0E 01 0E 01"), request, ec::malformed, "lifetime"},
      {in_scope("A2 0E 01 18 0E 02"), request, ec::malformed, "lifetime"},
      {in_scope("A2 19 FFFF 01 19 FFFF 01"), request, ec::malformed, "scope"},
      {in_scope("A1 07 81 A2 08 01 08 02"), request, ec::malformed,
       "lower-port"},
      {in_scope("A2 18 19 01 18 19 01"), response, ec::malformed,
       "bytes-dropped"},
  });
}

// SIG-321, SIG-323, SIG-385
TEST(codec_refusal, of_required_keys_that_are_not_known) {
  for (auto key : {"18 36", "18 7F", "19 0100", "19 3FFF"})
    expect_refused({
        {in_scope("A2 0E 01" + std::string{key} + "00"), request, ec::unknown,
         "dots-signal"},
        {"A1" + std::string{key} + "00", request, ec::unknown, "dots-signal"},
        {in_scope("A1" + std::string{key} + "00"), response, ec::unknown,
         "dots-signal"},
    });
}

TEST(codec_refusal, of_optional_keys_with_broken_values) {
  expect_refused({
      {in_scope("A1 18 80 FF"), request, ec::malformed, "dots-signal"},
      {in_scope("A1 18 80"), request, ec::truncated, "dots-signal"},
      {in_scope("A1 18 80 62 C080"), request, ec::malformed, "dots-signal"},
      {in_scope("A1 18 80 A1 01 FF"), request, ec::malformed, "dots-signal"},
      {in_scope("A1 18 80") + repeat("81", 1000) + "00", request, ec::too_large,
       "dots-signal"},
  });
}

TEST(codec_refusal, of_more_than_can_be_handled) {
  std::string distinct;
  for (unsigned i = 0; i < 300; ++i)
    distinct += "19"
                + test::hex(bytes{static_cast<std::uint8_t>(0xC0 + (i >> 8)),
                                  static_cast<std::uint8_t>(i & 255)})
                + "00";
  expect_refused({
      {in_scope("B9 012C") + distinct, request, ec::too_large, "dots-signal"},
      {in_scope("A1 0A 99 1001") + repeat("06", 4097), request, ec::too_large,
       "target-protocol"},
      {in_scope("A1 0A 9F") + repeat("06", 5000) + "FF", request, ec::too_large,
       "target-protocol"},
  });
}

// SIG-322: text of a peer must not break the line of a log.
TEST(codec_refusal, keeps_control_characters_out_of_the_detail) {
  auto r = decode(unhex(with_prefix("1.2.3.4\n\x1B[2J")), request);
  ASSERT_FALSE(r);
  for (char c : r.error().detail)
    EXPECT_GE(static_cast<unsigned char>(c), 0x20);
}

} // namespace tocsin::protocol::signal
