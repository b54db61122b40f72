#include "protocol/signal/prefix.hpp"

#include "tests/unit/scopes/make.hpp"

#include <gtest/gtest.h>
#include <string>
#include <utility>

namespace tocsin::protocol::signal {
namespace {

using test::pfx;

// Trap: host bits are normalised, RFC 5952 decides on the text.
TEST(prefix, has_one_canonical_text) {
  const std::pair<const char*, const char*> cases[]{
      {"192.0.2.0/24", "192.0.2.0/24"},
      {"192.0.2.77/24", "192.0.2.0/24"},
      {"192.0.2.1", "192.0.2.1/32"},
      {"10.255.255.255/9", "10.128.0.0/9"},
      {"2001:DB8::/32", "2001:db8::/32"},
      {"2001:db8:ffff::1/32", "2001:db8::/32"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1/128"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1/128"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1/128"},
      {"2001:db8::ffff/127", "2001:db8::fffe/127"},
      {"::", "::/128"},
      {"fe80::1", "fe80::1/128"},
      {"1::", "1::/128"},
      {"::1.2.3.4", "::102:304/128"},
  };
  for (auto [in, out] : cases)
    EXPECT_EQ(pfx(in).to_string(), out) << in;
  EXPECT_EQ(pfx("192.0.2.1/32").address_string(), "192.0.2.1");
  EXPECT_EQ(pfx("2001:db8::1").address_string(), "2001:db8::1");
}

TEST(prefix, an_ipv4_mapped_one_is_ipv4) {
  EXPECT_EQ(pfx("::ffff:192.0.2.1"), pfx("192.0.2.1"));
  EXPECT_EQ(pfx("::ffff:192.0.2.0/120"), pfx("192.0.2.0/24"));
  EXPECT_TRUE(pfx("::ffff:127.0.0.1").is_special());
  EXPECT_FALSE(pfx("::ffff:0:0/95").is_ipv4());
}

TEST(prefix, ignores_octets_beyond_ipv4_and_lengths_beyond_the_end) {
  prefix::family v4 = prefix::family::ipv4;
  prefix x{v4, {192, 0, 2, 1, 9, 9, 9}, 99};
  EXPECT_EQ(x, pfx("192.0.2.1/32"));
  EXPECT_EQ(prefix{}, pfx("0.0.0.0/0"));
  std::array<std::uint8_t, 16> ones;
  ones.fill(255);
  EXPECT_EQ((prefix{prefix::family::ipv6, ones, 200}).length(), 128);
}

// SIG-076
TEST(prefix, with_a_length_beyond_the_family_is_refused) {
  for (auto text : {"192.0.2.0/33", "2001:db8::/129", "192.0.2.0/99999999999"})
    EXPECT_EQ(prefix::parse(text).error().code, ec::out_of_range) << text;
}

TEST(prefix, with_broken_text_is_refused) {
  using namespace std::string_literals;
  const std::string broken[]{"",
                             "/",
                             "/24",
                             "192.0.2.0/",
                             "192.0.2.0/-1",
                             "192.0.2.0/+1",
                             "192.0.2/24",
                             "192.0.2.0/024",
                             "192.0.2.0/8/8",
                             "192.0.2.0 /24",
                             "192.0.2.0/2 4",
                             "0300.0.2.0/24",
                             "256.0.0.1",
                             "2001:db8::1::/64",
                             "fe80::1%eth0",
                             "example.com",
                             "192.0.2.1\0"s,
                             "192.0.2.1/2\0"s,
                             std::string(100, '1'),
                             "[2001:db8::1]"};
  for (const auto& text : broken) {
    auto parsed = prefix::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ec::malformed) << text;
  }
}

TEST(prefix, contains_itself_and_what_is_longer_in_its_family) {
  EXPECT_TRUE(pfx("192.0.2.0/24").contains(pfx("192.0.2.0/24")));
  EXPECT_TRUE(pfx("192.0.2.0/23").contains(pfx("192.0.3.128/25")));
  EXPECT_FALSE(pfx("192.0.2.0/23").contains(pfx("192.0.4.0/24")));
  EXPECT_FALSE(pfx("192.0.2.0/24").contains(pfx("192.0.2.0/23")));
  EXPECT_TRUE(pfx("0.0.0.0/0").contains(pfx("255.0.0.1")));
  EXPECT_FALSE(pfx("0.0.0.0/0").contains(pfx("::/0")));
  EXPECT_FALSE(pfx("::/0").contains(pfx("0.0.0.0/0")));
  EXPECT_TRUE(pfx("2001:db8::/33").contains(pfx("2001:db8:7fff::/48")));
  EXPECT_FALSE(pfx("2001:db8::/33").contains(pfx("2001:db8:8000::/48")));
  EXPECT_TRUE(pfx("10.1.0.0/16").overlaps(pfx("10.0.0.0/8")));
  EXPECT_FALSE(pfx("10.1.0.0/16").overlaps(pfx("10.2.0.0/16")));
}

// SIG-077
TEST(prefix, that_is_broadcast_loopback_multicast_or_unspecified_is_special) {
  for (auto text :
       {"127.0.0.1", "127.0.0.0/8", "127.4.0.0/16", "224.0.0.0/4", "224.0.0.1",
        "239.255.255.255", "255.255.255.255", "0.0.0.0", "0.0.0.0/0",
        "::", "::1", "ff00::/8", "ff02::1", "::/0", "224.0.0.0/3"})
    EXPECT_TRUE(pfx(text).is_special()) << text;
  for (auto text : {"126.0.0.0/7", "128.0.0.0/8", "192.0.2.255", "223.255.0.0",
                    "255.255.255.254", "240.0.0.0/4", "2001:db8::/32", "::2",
                    "fe00::/8", "10.0.0.0/8"})
    EXPECT_FALSE(pfx(text).is_special()) << text;
}

} // namespace
} // namespace tocsin::protocol::signal
