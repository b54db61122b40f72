#include "tests/support/test_pki.hpp"
#include "transports/credentials.hpp"

#include <gtest/gtest.h>

namespace tocsin::transports {
namespace {

class dtls_credentials_test : public ::testing::Test {
protected:
  credential_files files() {
    auto x = test::write_files(directory, "own", own, pki);
    return {x.certificate, x.key, x.trust, std::nullopt};
  }
  failure refusal(const credential_files& x) {
    auto loaded = credentials::load(x);
    EXPECT_FALSE(loaded);
    return loaded ? failure{} : loaded.error();
  }
  test::test_pki pki;
  test::issued_certificate own = pki.server("dots.example");
  test::temporary_directory directory;
};

TEST_F(dtls_credentials_test, good_files_load_and_name_their_owner) {
  auto x = credentials::load(files());
  ASSERT_TRUE(x) << to_string(x.error());
  EXPECT_EQ((*x)->own().common_name, "dots.example");
  EXPECT_EQ((*x)->own(), *identify(own.der));
}

TEST_F(dtls_credentials_test, a_key_that_others_may_read_is_refused) {
  for (auto mode : {0640, 0604, 0660}) {
    auto x = files();
    directory.write("own.key", own.key_pem, static_cast<mode_t>(mode));
    auto why = refusal(x);
    EXPECT_EQ(why.code, ec::unauthorized);
    EXPECT_EQ(why.where, x.key);
    EXPECT_NE(why.detail.find("chmod 600"), std::string::npos);
  }
}

TEST_F(dtls_credentials_test, a_missing_file_is_named) {
  for (auto member : {&credential_files::certificate, &credential_files::key,
                      &credential_files::trust}) {
    auto x = files();
    x.*member = directory.path() / "absent.pem";
    auto why = refusal(x);
    EXPECT_EQ(why.code, ec::io);
    EXPECT_EQ(why.where, x.*member);
  }
  auto x = files();
  x.revocation = directory.path() / "absent.pem";
  EXPECT_EQ(refusal(x).where, *x.revocation);
}

TEST_F(dtls_credentials_test, a_file_without_pem_is_refused) {
  auto junk = directory.write("junk.pem", "hello", 0600);
  for (auto member : {&credential_files::certificate, &credential_files::key,
                      &credential_files::trust}) {
    auto x = files();
    x.*member = junk;
    auto why = refusal(x);
    EXPECT_EQ(why.code, ec::malformed) << to_string(why);
    EXPECT_NE(why.detail, "");
  }
}

TEST_F(dtls_credentials_test, the_key_of_another_certificate_is_refused) {
  auto x = files();
  directory.write("own.key", pki.server("dots.example").key_pem, 0600);
  EXPECT_EQ(refusal(x).code, ec::conflict);
}

TEST_F(dtls_credentials_test, a_directory_is_not_a_file) {
  auto x = files();
  x.trust = directory.path();
  EXPECT_EQ(refusal(x).code, ec::io);
}

TEST(identify, junk_is_no_certificate) {
  EXPECT_EQ(identify({}).error().code, ec::malformed);
  EXPECT_EQ(identify(as_octets("junk")).error().code, ec::malformed);
}

} // namespace
} // namespace tocsin::transports
