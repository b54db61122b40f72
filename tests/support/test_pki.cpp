#include "tests/support/test_pki.hpp"

#include <array>
#include <ctime>
#include <stdexcept>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

namespace tocsin::test {

namespace {

// A test cannot go on without its certificates.
void check(int status, const char* what) {
  if (status < 0)
    throw std::runtime_error{std::string{what} + ": "
                             + gnutls_strerror(status)};
}

struct key_handle {
  key_handle() {
    check(gnutls_x509_privkey_init(&value), "key");
    check(gnutls_x509_privkey_generate(
              value, GNUTLS_PK_ECDSA,
              GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
          "key");
  }
  ~key_handle() { gnutls_x509_privkey_deinit(value); }
  key_handle(const key_handle&) = delete;
  key_handle& operator=(const key_handle&) = delete;
  gnutls_x509_privkey_t value = nullptr;
};

struct certificate_handle {
  certificate_handle() { check(gnutls_x509_crt_init(&value), "certificate"); }
  ~certificate_handle() { gnutls_x509_crt_deinit(value); }
  certificate_handle(const certificate_handle&) = delete;
  certificate_handle& operator=(const certificate_handle&) = delete;
  gnutls_x509_crt_t value = nullptr;
};

std::string take(gnutls_datum_t& x) {
  std::string out(reinterpret_cast<const char*>(x.data), x.size);
  gnutls_free(x.data);
  return out;
}

template <class Export, class Object>
std::string exported(Export function, Object object,
                     gnutls_x509_crt_fmt_t format) {
  gnutls_datum_t out{};
  check(function(object, format, &out), "export");
  return take(out);
}

void fill(gnutls_x509_crt_t x, const std::string& name, key_handle& key,
          std::chrono::hours from, std::chrono::hours to) {
  auto now = std::time(nullptr);
  auto seconds = [](std::chrono::hours h) {
    return std::chrono::duration_cast<std::chrono::seconds>(h).count();
  };
  std::array<unsigned char, 16> serial;
  gnutls_rnd(GNUTLS_RND_NONCE, serial.data(), serial.size());
  serial[0] &= 0x7f; // positive
  check(gnutls_x509_crt_set_version(x, 3), "version");
  check(gnutls_x509_crt_set_serial(x, serial.data(), serial.size()), "serial");
  check(gnutls_x509_crt_set_activation_time(x, now + seconds(from)), "time");
  check(gnutls_x509_crt_set_expiration_time(x, now + seconds(to)), "time");
  check(gnutls_x509_crt_set_key(x, key.value), "key");
  if (!name.empty())
    check(gnutls_x509_crt_set_dn_by_oid(x, GNUTLS_OID_X520_COMMON_NAME, 0,
                                        name.data(),
                                        static_cast<unsigned>(name.size())),
          "name");
}

void add_names(gnutls_x509_crt_t x, gnutls_x509_subject_alt_name_t type,
               const std::vector<std::string>& names) {
  for (const auto& name : names)
    check(gnutls_x509_crt_set_subject_alt_name(
              x, type, name.data(), static_cast<unsigned>(name.size()),
              GNUTLS_FSAN_APPEND),
          "alternative name");
}

} // namespace

struct test_pki::native {
  key_handle key;
  certificate_handle certificate;
};

test_pki::test_pki(const std::string& name)
    : native_{std::make_unique<native>()} {
  auto x = native_->certificate.value;
  fill(x, name, native_->key, std::chrono::hours{-48},
       std::chrono::hours{24 * 30});
  check(gnutls_x509_crt_set_basic_constraints(x, 1, -1), "constraints");
  check(gnutls_x509_crt_set_key_usage(x, GNUTLS_KEY_KEY_CERT_SIGN
                                             | GNUTLS_KEY_CRL_SIGN),
        "usage");
  check(gnutls_x509_crt_sign2(x, x, native_->key.value, GNUTLS_DIG_SHA256, 0),
        "signature");
  ca_pem_ = exported(gnutls_x509_crt_export2, x, GNUTLS_X509_FMT_PEM);
}

test_pki::~test_pki() = default;

issued_certificate test_pki::issue(const certificate_recipe& recipe) const {
  key_handle key;
  certificate_handle certificate;
  auto x = certificate.value;
  fill(x, recipe.common_name, key, recipe.valid_from, recipe.valid_to);
  add_names(x, GNUTLS_SAN_DNSNAME, recipe.dns_names);
  add_names(x, GNUTLS_SAN_URI, recipe.uris);
  check(gnutls_x509_crt_set_basic_constraints(x, 0, -1), "constraints");
  check(gnutls_x509_crt_set_key_usage(x, GNUTLS_KEY_DIGITAL_SIGNATURE),
        "usage");
  if (recipe.for_server)
    check(gnutls_x509_crt_set_key_purpose_oid(x, GNUTLS_KP_TLS_WWW_SERVER, 0),
          "purpose");
  if (recipe.for_client)
    check(gnutls_x509_crt_set_key_purpose_oid(x, GNUTLS_KP_TLS_WWW_CLIENT, 0),
          "purpose");
  check(gnutls_x509_crt_sign2(x, native_->certificate.value, native_->key.value,
                              GNUTLS_DIG_SHA256, 0),
        "signature");
  auto der = exported(gnutls_x509_crt_export2, x, GNUTLS_X509_FMT_DER);
  return {exported(gnutls_x509_crt_export2, x, GNUTLS_X509_FMT_PEM),
          exported(gnutls_x509_privkey_export2, key.value, GNUTLS_X509_FMT_PEM),
          bytes(der.begin(), der.end())};
}

issued_certificate test_pki::server(const std::string& dns_name,
                                    bool both) const {
  certificate_recipe recipe;
  recipe.common_name = dns_name;
  recipe.dns_names = {dns_name};
  recipe.for_server = true;
  recipe.for_client = both;
  return issue(recipe);
}

issued_certificate test_pki::client(const std::string& name) const {
  certificate_recipe recipe;
  recipe.common_name = name;
  recipe.dns_names = {name};
  recipe.for_client = true;
  return issue(recipe);
}

std::string test_pki::revoke(const std::vector<bytes>& certificates) const {
  gnutls_x509_crl_t crl = nullptr;
  check(gnutls_x509_crl_init(&crl), "CRL");
  std::unique_ptr<std::remove_pointer_t<gnutls_x509_crl_t>,
                  decltype(&gnutls_x509_crl_deinit)>
      guard{crl, gnutls_x509_crl_deinit};
  auto now = std::time(nullptr);
  for (const auto& der : certificates) {
    certificate_handle certificate;
    gnutls_datum_t in{const_cast<unsigned char*>(der.data()),
                      static_cast<unsigned>(der.size())};
    check(gnutls_x509_crt_import(certificate.value, &in, GNUTLS_X509_FMT_DER),
          "certificate");
    check(gnutls_x509_crl_set_crt(crl, certificate.value, now - 60), "CRL");
  }
  check(gnutls_x509_crl_set_version(crl, 2), "CRL version");
  check(gnutls_x509_crl_set_this_update(crl, now - 60), "CRL time");
  check(gnutls_x509_crl_set_next_update(crl, now + 86400), "CRL time");
  unsigned char number = 1;
  check(gnutls_x509_crl_set_number(crl, &number, 1), "CRL number");
  check(gnutls_x509_crl_sign2(crl, native_->certificate.value,
                              native_->key.value, GNUTLS_DIG_SHA256, 0),
        "CRL signature");
  return exported(gnutls_x509_crl_export2, crl, GNUTLS_X509_FMT_PEM);
}

pki_files write_files(const temporary_directory& directory,
                      const std::string& name,
                      const issued_certificate& certificate,
                      const test_pki& trusted) {
  return {directory.write(name + ".pem", certificate.certificate_pem, 0644),
          directory.write(name + ".key", certificate.key_pem, 0600),
          directory.write(name + "-ca.pem", trusted.ca_pem(), 0644)};
}

} // namespace tocsin::test
