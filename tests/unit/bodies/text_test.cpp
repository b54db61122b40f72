#include "protocol/json/writer.hpp"
#include "protocol/signal/body.hpp"
#include "protocol/signal/cuid.hpp"
#include "protocol/utf8.hpp"
#include "tests/unit/bodies/hex.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol {

using test::unhex;

// RFC 4648, Section 10, in the URL alphabet without padding.
TEST(base64url, encodes_the_vectors_of_the_rfc) {
  struct {
    std::string_view in, out;
  } rows[]{{"", ""},
           {"f", "Zg"},
           {"fo", "Zm8"},
           {"foo", "Zm9v"},
           {"foob", "Zm9vYg"},
           {"fooba", "Zm9vYmE"},
           {"foobar", "Zm9vYmFy"}};
  for (const auto& row : rows)
    EXPECT_EQ(signal::base64url(as_octets(row.in)), row.out);
  EXPECT_EQ(signal::base64url(unhex("FBEFFF")), "--__");
}

// SIG-052, SIG-053, SIG-058: SHA-256 of "abc" (FIPS 180-2, B.1).
TEST(cuid, is_made_of_the_first_half_of_a_digest) {
  auto digest =
      unhex("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
  auto cuid = signal::cuid_from_digest(digest);
  EXPECT_EQ(cuid, "ungWv48Bz-pBQUDeXa4iIw");
  EXPECT_EQ(cuid.size(), 22u);
  EXPECT_TRUE(signal::valid_cuid(cuid));
  digest.back() ^= 1;
  EXPECT_EQ(signal::cuid_from_digest(digest), cuid);
  digest[15] ^= 1;
  EXPECT_NE(signal::cuid_from_digest(digest), cuid);
  EXPECT_EQ(signal::cuid_from_digest(unhex("BA78")), "ung");
}

// SIG-061: a UUID serves as well.
TEST(cuid, may_be_any_short_printable_text) {
  EXPECT_TRUE(signal::valid_cuid("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
  EXPECT_TRUE(signal::valid_cuid(std::string(250, 'a')));
  for (std::string_view bad : {"", " ", "a b", "a/b", "a\x7F", "\xC3\xA4"})
    EXPECT_FALSE(signal::valid_cuid(bad)) << bad;
  EXPECT_FALSE(signal::valid_cuid(std::string(251, 'a')));
}

TEST(utf8, knows_valid_sequences) {
  for (auto good :
       {"", "61", "C3A4", "E282AC", "F09F9880", "F48FBFBF", "EFBFBF", "ED9FBF"})
    EXPECT_TRUE(is_clean_text(as_text(unhex(good)))) << good;
  for (auto bad : {"00", "80", "C3", "C0AF", "E08080", "EDA080", "F08080AF",
                   "F4908080", "F5808080", "E282", "FF", "61C3"})
    EXPECT_FALSE(is_clean_text(as_text(unhex(bad)))) << bad;
}

TEST(utf8, cuts_between_characters) {
  auto octets = unhex("61 C3A4 E282AC");
  auto text = as_text(octets);
  std::size_t sizes[]{0, 1, 1, 3, 3, 3, 6, 6};
  for (std::size_t limit = 0; limit < std::size(sizes); ++limit)
    EXPECT_EQ(utf8_prefix(text, limit).size(), sizes[limit]) << limit;
}

TEST(utf8, quotes_for_one_line) {
  EXPECT_EQ(quoted("a\nb"), "'a?b'");
  EXPECT_EQ(quoted("abcdef", 3), "'abc...'");
}

TEST(json_writer, escapes_and_repairs_text) {
  json::writer w;
  w.value(std::string_view{"a\"\\\n\x01\xFF\xC3\xA4", 8});
  EXPECT_EQ(w.str(), "\"a\\\"\\\\\\n\\u0001\xEF\xBF\xBD\xC3\xA4\"");
}

// SIG-386
TEST(body, names_its_enumerators) {
  using namespace signal;
  EXPECT_EQ(to_string(status::client_withdrawn),
            "dots-client-withdrawn-mitigation");
  EXPECT_EQ(to_string(conflict_status::active), "request-active");
  EXPECT_EQ(to_string(conflict_cause::acceptlist), "conflict-with-acceptlist");
  EXPECT_EQ(to_string(attack_status::under_attack), "under-attack");
  EXPECT_EQ(to_string(status{77}), "unassigned");
}

} // namespace tocsin::protocol
