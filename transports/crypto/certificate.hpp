#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/time.hpp"
#include "transports/crypto/digest.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::transports::crypto {

/// What one certificate says, without its signature being checked.
struct certificate_facts {
  sha256_digest fingerprint{};        ///< of the whole certificate
  sha256_digest spki{};               ///< of its SubjectPublicKeyInfo
  std::string subject;                ///< e.g. "CN=client.example.com"
  std::string common_name;            ///< empty: none
  std::vector<std::string> dns_names; ///< subjectAltName, lower case
  std::vector<std::string> addresses; ///< subjectAltName, as text
  unix_seconds not_before = 0;
  unix_seconds not_after = 0;
  bool is_ca = false; ///< basicConstraints
};

/// "sha256:" and 64 lower-case digits: how configurations name a certificate.
std::string fingerprint_text(const sha256_digest& x);

/// The first certificate of a PEM text or file, or one in DER. Fails with
/// ec::malformed, and for files with ec::not_found or ec::io.
result<certificate_facts> read_certificate_der(byte_view der);
result<certificate_facts> read_certificate_pem(std::string_view pem);
result<certificate_facts>
read_certificate_file(const std::filesystem::path& file);

/// SHA-256 of the SubjectPublicKeyInfo of the file's first certificate.
result<sha256_digest>
spki_digest_of_certificate_pem_file(const std::filesystem::path& file);

/// SHA-256 of the SubjectPublicKeyInfo of a private key's public half. Equal
/// to a certificate's: the two belong together. A key that needs a password is
/// malformed.
result<sha256_digest>
spki_digest_of_key_pem_file(const std::filesystem::path& file);

/// Octets of a file of at most `limit` octets. Fails with ec::not_found,
/// ec::io or ec::too_large and a sentence for the operator.
result<std::string> read_text_file(const std::filesystem::path& file,
                                   std::size_t limit = 1 << 20);

} // namespace tocsin::transports::crypto
