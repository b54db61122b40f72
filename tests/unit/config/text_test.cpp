#include "roles/config/text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tocsin::roles {
namespace {

TEST(duration, every_text_form_is_read_and_written_back) {
  struct row {
    const char* text;
    std::int64_t seconds;
    const char* shortest;
  };
  for (const auto& x : {row{"0s", 0, "0s"}, row{"90s", 90, "1m30s"},
                        row{"2m", 120, "2m"}, row{"1h30m", 5400, "1h30m"},
                        row{"24h", 86400, "1d"}, row{"1d1s", 86401, "1d1s"}}) {
    auto seconds = parse_duration(x.text);
    ASSERT_TRUE(seconds) << x.text;
    EXPECT_EQ(*seconds, x.seconds) << x.text;
    EXPECT_EQ(duration_text(x.seconds), x.shortest);
  }
  EXPECT_EQ(duration_text(-1), "indefinite");
}

TEST(duration, what_is_none_is_refused) {
  for (const char* text :
       {"", "s", "5", "5x", "-5s", "+5s", "5 s", "5s ", "1.5h", "1m1h", "1s1s",
        "9223372036854775807d", "9223372036854775808s", "5S"})
    EXPECT_FALSE(parse_duration(text)) << text;
  EXPECT_TRUE(parse_duration("9223372036854775807s"));
}

TEST(address, host_and_port_are_taken_apart) {
  struct row {
    const char* text;
    endpoint expected;
    const char* written;
  };
  for (const auto& x :
       {row{"192.0.2.1", {"192.0.2.1", 4646}, "192.0.2.1:4646"},
        row{"192.0.2.1:5", {"192.0.2.1", 5}, "192.0.2.1:5"},
        row{"[2001:DB8::1]", {"2001:db8::1", 4646}, "[2001:db8::1]:4646"},
        row{"[::]:65535", {"::", 65535}, "[::]:65535"},
        row{"Dots.Example.NET:1",
            {"dots.example.net", 1},
            "dots.example.net:1"}}) {
    auto parsed = parse_endpoint(x.text);
    ASSERT_TRUE(parsed) << x.text;
    EXPECT_EQ(*parsed, x.expected) << x.text;
    EXPECT_EQ(parsed->to_string(), x.written);
  }
}

TEST(address, what_is_none_is_refused) {
  for (const char* text : {"",
                           ":",
                           ":80",
                           "host:",
                           "host:x",
                           "host:80x",
                           "host:65536",
                           "host:-1",
                           "2001:db8::1",
                           "[2001:db8::1",
                           "[2001:db8::1]x",
                           "[2001:db8::1]x80",
                           "[192.0.2.1]:80",
                           "[host]:80",
                           "192.0.2.0/24",
                           "[2001:db8::/32]",
                           "two words",
                           "a..b",
                           "[]",
                           "[",
                           "]"})
    EXPECT_FALSE(parse_endpoint(text)) << text;
}

TEST(closest, finds_the_likely_word_and_nothing_else) {
  constexpr std::array<std::string_view, 4> words{"listen", "reactors", "key",
                                                  "max_sessions"};
  EXPECT_EQ(closest("lisen", words), "listen");
  EXPECT_EQ(closest("listne", words), "listen");
  EXPECT_EQ(closest("reactor", words), "reactors");
  EXPECT_EQ(closest("max_session", words), "max_sessions");
  EXPECT_EQ(closest("kye", words), "key");
  EXPECT_EQ(closest("yek", words), "");
  EXPECT_EQ(closest("zebra", words), "");
  EXPECT_EQ(closest("", words), "");
}

} // namespace
} // namespace tocsin::roles
