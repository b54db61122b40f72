#pragma once
#include "tests/support/test_pki.hpp"
#include "transports/credentials.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tocsin::transports {

/// Credentials for the two ends of an association.
class security_fixture : public ::testing::Test {
protected:
  using credentials_ptr = std::shared_ptr<const credentials>;

  static test::test_pki& pki() {
    static test::test_pki x;
    return x;
  }

  credential_files write(const test::issued_certificate& own,
                         const test::test_pki& trusted = pki()) {
    auto files = test::write_files(
        directory, "n" + std::to_string(++files_written), own, trusted);
    return {files.certificate, files.key, files.trust, {}, {}};
  }
  static credentials_ptr load(const credential_files& files) {
    auto x = credentials::load(files);
    EXPECT_TRUE(x) << to_string(x.error());
    return x ? *x : nullptr;
  }
  credentials_ptr load(const test::issued_certificate& own,
                       const test::test_pki& trusted = pki()) {
    return load(write(own, trusted));
  }
  credentials_ptr load_psk(const std::string& lines) {
    auto name = "psk" + std::to_string(++files_written);
    return load({{}, {}, {}, {}, directory.write(name, lines, 0600)});
  }

  credentials_ptr server_credentials() {
    return load(pki().server("dots.example"));
  }
  credentials_ptr client_credentials() {
    return load(pki().client("client.example"));
  }

  test::temporary_directory directory;
  int files_written = 0;
};

} // namespace tocsin::transports
