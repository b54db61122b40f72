#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"
#include "transports/credentials.hpp"

#include <gtest/gtest.h>

namespace tocsin::transports {
namespace {

constexpr const char* key = "000102030405060708090a0b0c0d0e0f";

class psk_file_test : public ::testing::Test {
protected:
  failure refusal(const std::string& text, mode_t mode = 0600) {
    auto x = psk_table::load(directory.write("keys", text, mode));
    EXPECT_FALSE(x) << text;
    return x ? failure{} : x.error();
  }
  test::temporary_directory directory;
};

// SIG-339
TEST_F(psk_file_test, lines_of_psktool_are_read) {
  auto x = psk_table::load(directory.write(
      "keys", std::string{"# comment\n\nbob:"} + key + "\r\nAlice Ä:FFfF" + key,
      0600));
  ASSERT_TRUE(x) << to_string(x.error());
  EXPECT_EQ(x->size(), 2u);
  ASSERT_TRUE(x->find("bob"));
  EXPECT_EQ(x->find("bob")->size(), 16u);
  EXPECT_EQ(x->find("bob")->back(), 15);
  ASSERT_TRUE(x->find("Alice Ä"));
  EXPECT_EQ(x->find("Alice Ä")->front(), 255);
  EXPECT_FALSE(x->find("Bob"));
  EXPECT_FALSE(x->find(""));
}

TEST_F(psk_file_test, what_is_wrong_is_said_with_its_line_and_no_key) {
  const std::string good = std::string{"bob:"} + key + "\n";
  for (const auto& [line, code] : std::vector<std::pair<std::string, ec>>{
           {"bob", ec::malformed},
           {std::string{":"} + key, ec::malformed},
           {"x:0001", ec::malformed},
           {"x:" + std::string(130, '0'), ec::malformed},
           {std::string{"x:"} + key + "0", ec::malformed},
           {std::string{"x:"} + key + "0g", ec::malformed},
           {std::string(128, 'x') + ":" + key, ec::malformed},
           {std::string{"a\tb:"} + key, ec::malformed},
           {std::string{"bob:"} + key, ec::conflict}}) {
    auto why = refusal(good + line);
    EXPECT_EQ(why.code, code) << line;
    EXPECT_EQ(why.where, (directory.path() / "keys").string());
    EXPECT_TRUE(why.detail.starts_with("line 2: ")) << why.detail;
    EXPECT_EQ(why.detail.find("0001"), std::string::npos);
  }
  EXPECT_EQ(refusal("# nothing\n").code, ec::malformed);
}

TEST_F(psk_file_test, a_file_that_others_may_read_is_refused) {
  for (mode_t mode : {0640, 0604, 0660}) {
    auto why = refusal(std::string{"bob:"} + key, mode);
    EXPECT_EQ(why.code, ec::unauthorized);
    EXPECT_NE(why.detail.find("chmod 600"), std::string::npos);
  }
}

TEST_F(psk_file_test, the_digest_changes_with_identities_and_keys) {
  auto digest = [this](const std::string& text) {
    auto x = psk_table::load(directory.write("keys", text, 0600));
    EXPECT_TRUE(x);
    return x->digest();
  };
  auto first = digest(std::string{"bob:"} + key);
  EXPECT_EQ(first, digest(std::string{"#\nbob:"} + key));
  EXPECT_NE(first, digest(std::string{"bo:"} + key));
  EXPECT_NE(first, digest(std::string{"bob:ff"} + key));
}

// SIG-364
TEST_F(psk_file_test, credentials_need_a_certificate_or_a_pre_shared_key) {
  EXPECT_EQ(credentials::load({}).error().code, ec::missing);
  credential_files x;
  x.psk = directory.write("keys", std::string{"bob:"} + key, 0600);
  auto loaded = credentials::load(x);
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_FALSE((*loaded)->has_certificate());
  EXPECT_EQ((*loaded)->own().psk_identity, "bob");
  x.certificate = "own.pem"; // without its key
  EXPECT_EQ(credentials::load(x).error().code, ec::missing);
}

} // namespace
} // namespace tocsin::transports
