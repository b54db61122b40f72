#include "protocol/yang/values.hpp"
#include "tests/unit/yang/toy.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::yang {

namespace {

struct example {
  schema_node row;
  std::string_view text;
  std::string_view canonical; // "-": refused
};

void check(std::initializer_list<example> all) {
  for (const auto& x : all) {
    auto got = canonical(x.row, x.text);
    EXPECT_EQ(got.value_or("-"), x.canonical) << x.text;
  }
}

} // namespace

// DATA-083
TEST(yang_values, prefixes_lose_host_bits_and_get_one_spelling) {
  schema_node any{.name = "p", .type = leaf_type::ip_prefix};
  schema_node four{.name = "p", .type = leaf_type::ipv4_prefix};
  schema_node six{.name = "p", .type = leaf_type::ipv6_prefix};
  check({{any, "192.0.2.7/24", "192.0.2.0/24"},
         {any, "2001:DB8:0:0::1/32", "2001:db8::/32"},
         {any, "192.0.2.7", "-"},
         {any, "192.0.2.7/33", "-"},
         {any, "2001:db8::/129", "-"},
         {any, "", "-"},
         {four, "192.0.2.7/32", "192.0.2.7/32"},
         {four, "2001:db8::/32", "-"},
         {six, "2001:db8::/32", "2001:db8::/32"},
         {six, "192.0.2.0/24", "-"}});
}

// DATA-086, REST-159
TEST(yang_values, integers_stay_within_their_type_and_range) {
  schema_node port{.name = "x", .type = leaf_type::uint16};
  schema_node small{.name = "x", .type = leaf_type::uint8, .min = 5, .max = 15};
  schema_node flow{
      .name = "x", .type = leaf_type::uint32, .min = 0, .max = 1048575};
  schema_node wide{.name = "x", .type = leaf_type::uint64};
  schema_node sign{.name = "x", .type = leaf_type::int32};
  check({{port, "0", "0"},
         {port, "65535", "65535"},
         {port, "65536", "-"},
         {port, "-1", "-"},
         {port, "-0", "0"},
         {port, "007", "7"},
         {port, "1.0", "-"},
         {port, "", "-"},
         {small, "4", "-"},
         {small, "5", "5"},
         {small, "15", "15"},
         {small, "16", "-"},
         {flow, "1048575", "1048575"},
         {flow, "1048576", "-"},
         {wide, "18446744073709551615", "18446744073709551615"},
         {wide, "18446744073709551616", "-"},
         {sign, "-2147483648", "-2147483648"},
         {sign, "2147483648", "-"}});
}

// DATA-115
TEST(yang_values, decimals_lose_needless_zeros) {
  schema_node rate{.name = "x", .type = leaf_type::decimal64, .max = 100000};
  schema_node any{.name = "x", .type = leaf_type::decimal64};
  check({{rate, "20.00", "20.0"},
         {rate, "020.50", "20.5"},
         {rate, "20", "20.0"},
         {rate, "0.05", "0.05"},
         {rate, "1000.00", "1000.0"},
         {rate, "1000.01", "-"},
         {rate, "-0.01", "-"},
         {rate, "1.234", "-"},
         {rate, ".5", "-"},
         {rate, "5.", "-"},
         {rate, "1e3", "-"},
         {any, "-0.5", "-0.5"},
         {any, "-0.00", "0.0"},
         {any, "92233720368547758.07", "92233720368547758.07"},
         {any, "92233720368547758.08", "-"}});
  EXPECT_EQ(hundredths("20.5"), 2050);
  EXPECT_EQ(hundredths("--1"), std::nullopt);
}

// DATA-095, DATA-116
TEST(yang_values, bits_stand_in_the_order_of_their_positions) {
  schema_node row{
      .name = "x", .type = leaf_type::bits, .names = test::toy::flags};
  auto some = row;
  some.min = 1;
  check({{row, "any not", "not any"},
         {row, "  match ", "match"},
         {row, "", ""},
         {row, "any any", "-"},
         {row, "some", "-"},
         {some, "", "-"}});
}

// DATA-117
TEST(yang_values, identities_are_taken_bare_and_qualified) {
  schema_node row{.name = "x",
                  .type = leaf_type::identityref,
                  .names = test::toy::shapes,
                  .names_module = "shapes"};
  check({{row, "circle", "circle"},
         {row, "shapes:circle", "circle"},
         {row, "other:circle", "-"},
         {row, "shapes:", "-"},
         {row, "line", "-"}});
}

TEST(yang_values, length_of_text_counts_characters) {
  schema_node row{.name = "x", .min = 1, .max = 3};
  schema_node any{.name = "x"};
  check({{row, "", "-"},
         {row, "\xC3\xA4\xC3\xB6\xC3\xBC", "\xC3\xA4\xC3\xB6\xC3\xBC"},
         {row, "abcd", "-"},
         {any, "", ""},
         {any, "a/b,c \"d\"", "a/b,c \"d\""},
         {any, std::string_view{"a\0b", 3}, "-"},
         {any, "\x1B", "-"},
         {any, "\xEF\xBF\xBE", "-"},
         {any, "\xEF\xB7\x90", "-"},
         {any, "\xF0\x9F\xBF\xBF", "-"},
         {any, "\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
         {any, "\xC3", "-"}});
}

// DATA-086
TEST(yang_values, names_and_uris_follow_their_patterns) {
  schema_node host{.name = "x", .type = leaf_type::domain_name};
  schema_node link{.name = "x", .type = leaf_type::uri};
  check({{host, "WWW.Example.net", "www.example.net"},
         {host, "example.net.", "example.net."},
         {host, ".", "."},
         {host, "a..b", "-"},
         {host, "-a.net", "-"},
         {host, "a-.net", "-"},
         {host, "a b", "-"},
         {link, "https://example.net/a?b=%20", "https://example.net/a?b=%20"},
         {link, "https://example.net/a b", "-"},
         {link, "https://example.net/%2", "-"},
         {link, "", "-"}});
  EXPECT_FALSE(canonical(host, std::string(64, 'a')));
  EXPECT_TRUE(canonical(host, std::string(63, 'a')));
}

// DATA-116
TEST(yang_values, binary_is_base64_with_a_length_in_octets) {
  schema_node row{.name = "x", .type = leaf_type::binary, .min = 1, .max = 4};
  check({{row, "AQIDBA==", "AQIDBA=="},
         {row, "AQIDBB==", "AQIDBA=="},
         {row, "AQI=", "AQI="},
         {row, "AQJ=", "AQI="},
         {row, "AQIDBAU=", "-"},
         {row, "", "-"},
         {row, "====", "-"},
         {row, "AQ", "-"},
         {row, "A*==", "-"}});
}

} // namespace tocsin::protocol::yang
