#include "protocol/cbor/reader.hpp"
#include "protocol/cbor/writer.hpp"
#include "tests/unit/bodies/hex.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace tocsin::protocol::cbor {

using test::hex;
using test::unhex;

namespace {

result<void> skip_all(std::string_view text) {
  auto octets = unhex(text);
  reader in{octets};
  if (auto r = in.skip(); !r)
    return r;
  return in.finish();
}

std::string repeat(std::string_view text, int n) {
  std::string out;
  while (n-- > 0)
    out += text;
  return out;
}

} // namespace

// RFC 8949, Appendix A: shortest forms.
TEST(cbor_writer, uses_the_shortest_forms) {
  struct {
    std::int64_t value;
    std::string_view octets;
  } rows[]{{0, "00"},
           {23, "17"},
           {24, "1818"},
           {255, "18FF"},
           {256, "190100"},
           {65535, "19FFFF"},
           {65536, "1A00010000"},
           {4294967295, "1AFFFFFFFF"},
           {4294967296, "1B0000000100000000"},
           {-1, "20"},
           {-24, "37"},
           {-25, "3818"},
           {std::numeric_limits<std::int64_t>::min(), "3B7FFFFFFFFFFFFFFF"}};
  for (const auto& row : rows)
    EXPECT_EQ(hex(writer{}.integer(row.value).get()), row.octets);
  EXPECT_EQ(hex(writer{}.unsigned_integer(~0ULL).get()), "1BFFFFFFFFFFFFFFFF");
  EXPECT_EQ(hex(writer{}.text(std::string(24, 'a')).get()).substr(0, 4),
            "7818");
  EXPECT_EQ(hex(writer{}.tag(271).map(0).get()), "D9010FA0");
  EXPECT_EQ(hex(writer{}.octets(unhex("0102")).null().get()), "420102F6");
}

// SIG-324
TEST(cbor_writer, writes_decimals_as_hundredths_under_tag_4) {
  struct {
    std::int64_t value;
    std::string_view octets;
  } rows[]{{100, "C482211864"}, {110, "C48221186E"},   {150, "C482211896"},
           {200, "C4822118C8"}, {400, "C48221190190"}, {3000, "C48221190BB8"}};
  for (const auto& row : rows)
    EXPECT_EQ(hex(writer{}.hundredths(row.value).get()), row.octets);
}

TEST(cbor_reader, reads_integers_up_to_63_bits) {
  for (std::int64_t x : {std::int64_t{0}, std::int64_t{-1},
                         std::numeric_limits<std::int64_t>::max(),
                         std::numeric_limits<std::int64_t>::min()}) {
    auto octets = writer{}.integer(x).get();
    auto r = reader{octets}.read_integer();
    ASSERT_TRUE(r);
    EXPECT_EQ(*r, x);
  }
  auto large = unhex("3B8000000000000000");
  EXPECT_EQ(reader{large}.read_integer().error().code, ec::out_of_range);
}

TEST(cbor_reader, reads_text_in_pieces) {
  auto octets = unhex("7F 62 6162 60 61 63 FF");
  auto r = reader{octets}.read_text();
  ASSERT_TRUE(r);
  EXPECT_EQ(*r, "abc");
}

TEST(cbor_reader, refuses_text_in_pieces_of_another_type) {
  for (auto text : {"7F 42 6162 FF", "7F 7F 61 61 FF FF", "7F 01 FF"}) {
    auto octets = unhex(text);
    EXPECT_EQ(reader{octets}.read_text().error().code, ec::malformed) << text;
  }
}

TEST(cbor_reader, refuses_text_that_is_not_utf8_or_has_a_nul) {
  for (auto text : {"61 FF", "62 C080", "63 EDA080", "64 F4908080", "61 00",
                    "61 C3", "7F 61 C3 61 A4 FF"}) {
    auto octets = unhex(text);
    EXPECT_EQ(reader{octets}.read_text().error().code, ec::malformed) << text;
  }
}

TEST(cbor_reader, walks_containers_with_and_without_a_length) {
  for (auto text : {"A2 01 02 03 04", "BF 01 02 03 04 FF"}) {
    auto octets = unhex(text);
    reader in{octets};
    auto map = in.enter_map();
    ASSERT_TRUE(map);
    std::uint64_t sum = 0;
    while (*in.more(*map)) {
      sum += *in.read_unsigned();
      sum += *in.read_unsigned();
    }
    EXPECT_EQ(sum, 10u);
    EXPECT_TRUE(in.finish());
  }
}

TEST(cbor_reader, names_the_types_when_another_one_is_found) {
  auto octets = unhex("F5");
  auto r = reader{octets}.read_text();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), (failure{ec::malformed, "cbor",
                                "text expected, a boolean found at octet 0"}));
}

TEST(cbor_reader, skips_whatever_is_well_formed) {
  for (auto text : {"00",
                    "3903E7",
                    "420102",
                    "5F 41 01 42 0203 FF",
                    "60",
                    "80",
                    "A0",
                    "83 01 82 02 03 A1 04 05",
                    "9F 01 9F FF FF",
                    "BF 01 9F FF 02 A0 FF",
                    "C1 1A 00000000",
                    "C4 82 21 18C8",
                    "D9010F A0",
                    "F4",
                    "F6",
                    "F7",
                    "E0",
                    "F0",
                    "F8 20",
                    "F8 FF",
                    "F9 3C00",
                    "FA 47C35000",
                    "FB 3FF199999999999A",
                    "A1 61 61 01",
                    "C2 49 010000000000000000"})
    EXPECT_TRUE(skip_all(text)) << text;
}

TEST(cbor_reader, refuses_to_skip_what_is_not_well_formed) {
  for (auto text : {"1C",          "1D",       "1E",    "1F",       "3F",
                    "DF",          "FC",       "FD",    "FE",       "FF",
                    "F8 00",       "F8 1F",    "81 FF", "A1 01 FF", "BF 01 FF",
                    "5F 61 61 FF", "5F 00 FF", "C0 FF", "00 00",    "A0 FF"})
    EXPECT_EQ(skip_all(text).error().code, ec::malformed) << text;
}

TEST(cbor_reader, tells_input_that_ends_early) {
  for (auto text : {"", "18", "19 00", "1B 00000000000000", "61", "42 01", "81",
                    "A1 01", "9F", "BF 01 02", "5F 41 01", "C1", "F8", "F9 00",
                    "9B 7FFFFFFFFFFFFFFF", "BB 8000000000000001 01 02",
                    "7B FFFFFFFFFFFFFFFF 61", "5B FFFFFFFFFFFFFFFF 61"})
    EXPECT_EQ(skip_all(text).error().code, ec::truncated) << text;
}

TEST(cbor_reader, bounds_the_nesting) {
  EXPECT_TRUE(skip_all(repeat("81", reader::max_depth) + "00"));
  for (auto opener : {"81", "A1 00", "C1", "9F", "BF 00"})
    EXPECT_EQ(skip_all(repeat(opener, 100000) + "00").error().code,
              ec::too_large)
        << opener;
  auto octets = unhex(repeat("81", 40) + "00");
  reader in{octets};
  unsigned entered = 0;
  while (in.enter_array())
    ++entered;
  EXPECT_EQ(entered, reader::max_depth);
}

TEST(cbor_reader, stays_within_any_prefix_of_a_message) {
  auto octets = unhex("A1 01 A1 02 81 A2 05 18 7B 0E 19 0E 10");
  for (std::size_t n = 0; n < octets.size(); ++n) {
    bytes part(octets.begin(), octets.begin() + static_cast<long>(n));
    EXPECT_EQ(reader{part}.skip().error().code, ec::truncated) << n;
  }
}

} // namespace tocsin::protocol::cbor
