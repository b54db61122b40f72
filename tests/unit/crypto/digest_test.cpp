#include "transports/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tocsin::transports::crypto {
namespace {

// Vectors of FIPS 180-4.
TEST(digest, sha256_gives_the_published_vectors) {
  EXPECT_EQ(to_hex(sha256(as_octets("abc"))),
            "ba7816bf8f01cfea414140de5dae2223"
            "b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb924"
                                "27ae41e4649b934ca495991b7852b855");
}

// SIG-053, SIG-058
TEST(digest, a_cuid_is_made_of_the_first_16_octets_in_22_characters) {
  sha256_digest digest{};
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(cuid_of(digest), "AAECAwQFBgcICQoLDA0ODw");
  digest[16] = 0xFF;
  EXPECT_EQ(cuid_of(digest), "AAECAwQFBgcICQoLDA0ODw");
  digest[15] = 0xFF;
  EXPECT_EQ(cuid_of(digest), "AAECAwQFBgcICQoLDA0O_w");
}

TEST(digest, random_octets_differ_from_call_to_call) {
  std::set<bytes> seen;
  for (int i = 0; i < 64; ++i)
    EXPECT_TRUE(seen.insert(random_bytes(16)).second);
  EXPECT_TRUE(random_bytes(0).empty());
}

} // namespace
} // namespace tocsin::transports::crypto
