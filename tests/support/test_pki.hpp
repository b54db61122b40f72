#pragma once
#include "protocol/bytes.hpp"
#include "tests/support/temporary_directory.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tocsin::test {

/// What a certificate shall say.
struct certificate_recipe {
  std::string common_name;
  std::vector<std::string> dns_names;
  std::vector<std::string> uris;
  bool for_server = false;           ///< extended key usage serverAuth
  bool for_client = false;           ///< extended key usage clientAuth
  std::chrono::hours valid_from{-1}; ///< relative to now
  std::chrono::hours valid_to{24};   ///< relative to now
};

struct issued_certificate {
  std::string certificate_pem;
  std::string key_pem;
  bytes der;
};

/// A certification authority that lives as long as a test: ECDSA P-256, fast.
class test_pki {
public:
  explicit test_pki(const std::string& name = "Test CA");
  ~test_pki();

  issued_certificate issue(const certificate_recipe& recipe) const;

  /// A server certificate with one DNS-ID, also usable by clients if `both`.
  issued_certificate server(const std::string& dns_name,
                            bool both = false) const;

  /// A client certificate with that common name and DNS-ID.
  issued_certificate client(const std::string& name) const;

  const std::string& ca_pem() const noexcept { return ca_pem_; }

  /// Revokes certificates: a PEM CRL that names them.
  std::string revoke(const std::vector<bytes>& certificates_der) const;

private:
  struct native;
  std::unique_ptr<native> native_;
  std::string ca_pem_;
};

/// Paths of the three PEM files which a node needs.
struct pki_files {
  std::filesystem::path certificate;
  std::filesystem::path key; ///< mode 0600
  std::filesystem::path trust;
};

/// Writes NAME.pem, NAME.key and, from the CA of `trusted`, NAME-ca.pem.
pki_files write_files(const temporary_directory& directory,
                      const std::string& name,
                      const issued_certificate& certificate,
                      const test_pki& trusted);

} // namespace tocsin::test
