#include "transports/dtls_credentials.hpp"

#include "transports/dtls_native.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <sys/stat.h>

namespace tocsin::transports {

namespace {

// DTLS 1.2 with ephemeral keys and authenticated encryption only
// (RFC 9132, Sections 7.1 and 11; RFC 7525, Section 4.2).
constexpr const char* suites =
    "NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+ECDHE-RSA:+AES-128-GCM"
    ":+CHACHA20-POLY1305:+AES-256-GCM:+AEAD:+COMP-NULL:+CTYPE-X509"
    ":+GROUP-SECP256R1:+GROUP-X25519:+GROUP-SECP384R1"
    ":+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SHA384:+SIGN-ECDSA-SHA512"
    ":+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-SHA256:+SIGN-RSA-SHA384"
    ":+SIGN-RSA-SHA512:%SERVER_PRECEDENCE:%PROFILE_MEDIUM";

constexpr std::uintmax_t max_file = 4u << 20;

std::string hex(byte_view octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (auto x : octets) {
    text += digits[x >> 4];
    text += digits[x & 15];
  }
  return text;
}

std::string sha256_of(byte_view data) {
  std::array<std::uint8_t, 32> digest{};
  std::size_t size = digest.size();
  auto input = as_datum(data);
  if (gnutls_fingerprint(GNUTLS_DIG_SHA256, &input, digest.data(), &size) < 0)
    return {};
  return "sha256:" + hex(digest);
}

// Fetches a text whose length GnuTLS tells in a first call.
template <class Get>
std::string text_of(Get get) {
  std::size_t size = 0;
  if (get(nullptr, &size) != GNUTLS_E_SHORT_MEMORY_BUFFER)
    return {};
  std::string text(size, '\0');
  if (get(text.data(), &size) < 0)
    return {};
  text.resize(size);
  while (text.ends_with('\0'))
    text.pop_back();
  return text;
}

bytes spki_of(gnutls_x509_crt_t certificate) {
  gnutls_pubkey_t raw = nullptr;
  if (gnutls_pubkey_init(&raw) < 0)
    return {};
  owned<gnutls_pubkey_t, gnutls_pubkey_deinit> key{raw};
  gnutls_datum_t der{};
  if (gnutls_pubkey_import_x509(raw, certificate, 0) < 0
      || gnutls_pubkey_export2(raw, GNUTLS_X509_FMT_DER, &der) < 0)
    return {};
  bytes out(der.data, der.data + der.size);
  gnutls_free(der.data);
  return out;
}

std::vector<std::string> dns_names_of(gnutls_x509_crt_t certificate) {
  std::vector<std::string> names;
  for (unsigned i = 0;; ++i) {
    std::array<char, 256> name;
    std::size_t size = name.size();
    auto type = gnutls_x509_crt_get_subject_alt_name(
        certificate, i, name.data(), &size, nullptr);
    if (type == GNUTLS_SAN_DNSNAME)
      names.emplace_back(name.data(), size);
    else if (type < 0 && type != GNUTLS_E_SHORT_MEMORY_BUFFER)
      return names; // the end
  }
}

result<bytes> read_file(const std::filesystem::path& path, const char* what) {
  std::error_code error;
  auto size = std::filesystem::file_size(path, error);
  if (error)
    return fail(ec::io, path.string(),
                std::string{"cannot read the "} + what + ": "
                    + error.message());
  if (size > max_file)
    return fail(ec::too_large, path.string(),
                std::string{"too large for a "} + what);
  std::ifstream file{path, std::ios::binary};
  bytes content{std::istreambuf_iterator<char>{file}, {}};
  if (!file)
    return fail(ec::io, path.string(),
                std::string{"cannot read the "} + what + ": "
                    + std::strerror(errno));
  return content;
}

result<void> check_secrecy(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0)
    return fail(ec::unauthorized, path.string(),
                "others may access this private key; run chmod 600 on it");
  return {};
}

failure rejected(const std::filesystem::path& path, int error,
                 const char* advice) {
  return fail(ec::malformed, path.string(),
              std::string{gnutls_strerror(error)} + "; " + advice);
}

result<void> add_key_pair(gnutls_certificate_credentials_t out,
                          const credential_files& files) {
  auto chain = read_file(files.certificate, "certificate chain");
  if (!chain)
    return chain.error();
  auto key = read_file(files.key, "private key");
  if (!key)
    return key.error();
  if (auto secret = check_secrecy(files.key); !secret)
    return secret;
  auto chain_pem = as_datum(*chain);
  auto key_pem = as_datum(*key);
  auto status = gnutls_certificate_set_x509_key_mem2(
      out, &chain_pem, &key_pem, GNUTLS_X509_FMT_PEM, nullptr, 0);
  gnutls_memset(key->data(), 0, key->size());
  if (status == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
    return fail(ec::conflict, files.key.string(),
                "this key does not belong to the first certificate of "
                    + files.certificate.string());
  if (status < 0)
    return rejected(files.certificate, status,
                    "expected a PEM chain, own certificate first, and its "
                    "unencrypted PEM key");
  return {};
}

result<void> add_trust(gnutls_certificate_credentials_t out,
                       const credential_files& files) {
  auto trust = read_file(files.trust, "file of trusted CAs");
  if (!trust)
    return trust.error();
  auto pem = as_datum(*trust);
  auto count =
      gnutls_certificate_set_x509_trust_mem(out, &pem, GNUTLS_X509_FMT_PEM);
  if (count <= 0)
    return rejected(files.trust, count, "expected PEM certificates of CAs");
  if (!files.revocation)
    return {};
  auto crl = read_file(*files.revocation, "revocation list");
  if (!crl)
    return crl.error();
  pem = as_datum(*crl);
  count = gnutls_certificate_set_x509_crl_mem(out, &pem, GNUTLS_X509_FMT_PEM);
  if (count < 0)
    return rejected(*files.revocation, count, "expected PEM CRLs");
  return {};
}

result<peer_identity> identify_own(gnutls_certificate_credentials_t x) {
  gnutls_datum_t der{};
  if (gnutls_certificate_get_crt_raw(x, 0, 0, &der) < 0)
    return fail(ec::internal, "certificate");
  return identify({der.data, der.size});
}

} // namespace

result<peer_identity> identify(byte_view certificate_der) {
  gnutls_x509_crt_t raw = nullptr;
  if (gnutls_x509_crt_init(&raw) < 0)
    return fail(ec::internal, "certificate");
  owned_certificate certificate{raw};
  auto der = as_datum(certificate_der);
  if (auto error = gnutls_x509_crt_import(raw, &der, GNUTLS_X509_FMT_DER);
      error < 0)
    return fail(ec::malformed, "certificate", gnutls_strerror(error));
  peer_identity x;
  x.fingerprint = sha256_of(certificate_der);
  x.spki = spki_of(raw);
  x.spki_fingerprint = sha256_of(x.spki);
  x.subject = text_of([raw](char* out, std::size_t* size) {
    return gnutls_x509_crt_get_dn(raw, out, size);
  });
  x.common_name = text_of([raw](char* out, std::size_t* size) {
    return gnutls_x509_crt_get_dn_by_oid(raw, GNUTLS_OID_X520_COMMON_NAME, 0, 0,
                                         out, size);
  });
  x.dns_names = dns_names_of(raw);
  x.not_after = gnutls_x509_crt_get_expiration_time(raw);
  return x;
}

dtls_credentials::dtls_credentials() : native_{std::make_unique<native>()} {}

dtls_credentials::~dtls_credentials() = default;

result<std::shared_ptr<const dtls_credentials>>
dtls_credentials::load(const credential_files& files) {
  std::shared_ptr<dtls_credentials> x{new dtls_credentials};
  gnutls_certificate_credentials_t certificates = nullptr;
  gnutls_priority_t priority = nullptr;
  if (gnutls_certificate_allocate_credentials(&certificates) < 0)
    return fail(ec::internal, "credentials");
  x->native_->certificates.reset(certificates);
  if (auto error = gnutls_priority_init(&priority, suites, nullptr); error < 0)
    return fail(ec::unsupported, "cipher suites", gnutls_strerror(error));
  x->native_->priority.reset(priority);
  if (auto added = add_key_pair(certificates, files); !added)
    return added.error();
  if (auto added = add_trust(certificates, files); !added)
    return added.error();
  auto own = identify_own(certificates);
  if (!own)
    return own.error();
  x->own_ = *std::move(own);
  return std::shared_ptr<const dtls_credentials>{std::move(x)};
}

} // namespace tocsin::transports
