#include "roles/cli/table.hpp"
#include "roles/cli/words.hpp"

#include <gtest/gtest.h>
#include <sstream>

namespace tocsin::roles::cli {
namespace {

using protocol::signal::port_range;

TEST(words, durations_are_read_with_and_without_units) {
  const std::vector<std::pair<std::string_view, std::int64_t>> good{
      {"0", 0},       {"90", 90},   {"90s", 90},
      {"15m", 900},   {"1h", 3600}, {"1h30m", 5400},
      {"2d", 172800}, {"1m1", 61},  {"4294967295", 4294967295}};
  for (auto [text, seconds] : good) {
    auto value = parse_duration(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(value->count(), seconds) << text;
  }
  for (auto text : {"", "h", "1x", "-1", "1.5h", "1h ", " 1h", "1hh", "one"}) {
    auto value = parse_duration(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().code, ec::malformed) << text;
  }
  for (auto text : {"4294967296", "49711d", "4294967295s1s"})
    EXPECT_EQ(parse_duration(text).error().code, ec::out_of_range) << text;
  EXPECT_FALSE(parse_duration("99999999999999999999"));
}

// SIG-090
TEST(words, lifetime_is_positive_or_forever) {
  EXPECT_EQ(*parse_lifetime("forever"), -1);
  EXPECT_EQ(*parse_lifetime("1h"), 3600);
  EXPECT_EQ(parse_lifetime("0").error().code, ec::out_of_range);
  EXPECT_EQ(parse_lifetime("-1").error().code, ec::malformed);
}

TEST(words, ports_are_single_or_a_range) {
  EXPECT_EQ(*parse_ports("80"), (port_range{80, 80}));
  EXPECT_EQ(*parse_ports("0-65535"), (port_range{0, 65535}));
  for (auto text : {"", "http", "80-", "-80", "80,81", "80 ", "0x50"})
    EXPECT_EQ(parse_ports(text).error().code, ec::malformed) << text;
  for (auto text : {"65536", "2-1", "1-65536"})
    EXPECT_EQ(parse_ports(text).error().code, ec::out_of_range) << text;
}

TEST(words, protocols_have_names_and_numbers) {
  EXPECT_EQ(*parse_protocol("udp"), 17);
  EXPECT_EQ(*parse_protocol("tcp"), 6);
  EXPECT_EQ(*parse_protocol("icmpv6"), 58);
  EXPECT_EQ(*parse_protocol("0"), 0);
  EXPECT_EQ(*parse_protocol("255"), 255);
  for (auto text : {"", "256", "UDP", "17 ", "-1", "quic"})
    EXPECT_FALSE(parse_protocol(text)) << text;
  EXPECT_EQ(protocol_name(17), "udp");
  EXPECT_EQ(protocol_name(200), "protocol 200");
}

TEST(words, durations_are_said_with_two_units) {
  EXPECT_EQ(say_duration(0), "0 s");
  EXPECT_EQ(say_duration(59), "59 s");
  EXPECT_EQ(say_duration(60), "1 min");
  EXPECT_EQ(say_duration(3543), "59 min 3 s");
  EXPECT_EQ(say_duration(3600), "1 h");
  EXPECT_EQ(say_duration(3659), "1 h");
  EXPECT_EQ(say_duration(93600), "1 d 2 h");
  EXPECT_EQ(say_lifetime(-1), "forever");
  EXPECT_EQ(say_milliseconds(34), "34 ms");
  EXPECT_EQ(say_milliseconds(61'000), "1 min 1 s");
}

TEST(words, numbers_are_said_in_three_digits) {
  EXPECT_EQ(say_count(0), "0");
  EXPECT_EQ(say_count(999), "999");
  EXPECT_EQ(say_count(1000), "1.00 k");
  EXPECT_EQ(say_count(12'345), "12.3 k");
  EXPECT_EQ(say_count(999'499), "999 k");
  EXPECT_EQ(say_count(999'500), "1.00 M");
  EXPECT_EQ(say_count(18446744073709551615u), "18.4 E");
  EXPECT_EQ(say_bytes(0), "0 B");
  EXPECT_EQ(say_bytes(1'234'567), "1.23 MB");
  EXPECT_EQ(say_exactly(0), "0");
  EXPECT_EQ(say_exactly(999), "999");
  EXPECT_EQ(say_exactly(1000), "1,000");
  EXPECT_EQ(say_exactly(1'234'567), "1,234,567");
  EXPECT_EQ(say_time(1700000000), "2023-11-14 22:13:20 UTC");
}

TEST(words, target_is_one_line) {
  protocol::signal::target what;
  what.prefixes = {*protocol::signal::prefix::parse("203.0.113.7")};
  what.fqdns = {"a.example"};
  what.aliases = {"web"};
  what.protocols = {17};
  what.ports = {{80, 80}};
  EXPECT_EQ(say_target(what),
            "203.0.113.7/32, a.example, alias web, udp, port 80");
  what.ports = {{80, 80}, {8000, 8100}};
  EXPECT_TRUE(say_target(what).ends_with("ports 80, 8000-8100"));
}

TEST(words, what_a_peer_said_cannot_steer_the_terminal) {
  EXPECT_EQ(printable("a\x1b[2Jb\nc\x7f"), "a?[2Jb c?");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m größe"),
            "?31m größe");
}

TEST(words, percent_encoding_spares_only_unreserved_characters) {
  EXPECT_EQ(percent_encode("aZ0-._~"), "aZ0-._~");
  EXPECT_EQ(percent_encode("a b&=+/\xff"), "a%20b%26%3D%2B%2F%FF");
}

TEST(table, columns_align_by_characters) {
  table rows{{"NAME", "STATE", "X"}};
  rows.add({{"größe"}, {"up", tone::good}, {"1"}});
  rows.add({{"a"}, {}, {"22"}});
  std::ostringstream plain, painted;
  rows.write(plain, false);
  EXPECT_EQ(plain.str(), "NAME   STATE  X\n"
                         "größe  up     1\n"
                         "a      -      22\n");
  rows.write(painted, true);
  EXPECT_NE(painted.str().find("\x1b[32mup\x1b[0m     1\n"), std::string::npos);
}

} // namespace
} // namespace tocsin::roles::cli
