#include "transports/crypto/pki.hpp"

#include "transports/crypto/certificate.hpp"
#include "transports/crypto/new_file.hpp"
#include "transports/crypto/x509_build.hpp"

#include <openssl/mem.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string_view>

#include <arpa/inet.h>
#include <unistd.h>

namespace tocsin::transports::crypto {

namespace {

constexpr unix_seconds day = 86400;

/// Certificates start in the past, so that a peer whose clock is a little
/// behind accepts them at once.
constexpr unix_seconds backdating = 3600;

unix_seconds now() {
  return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return text;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-'
         && label.back() != '-'
         && std::all_of(label.begin(), label.end(), [](char c) {
              return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                     || c == '-';
            });
}

/// Letters, digits, hyphens and dots only: the name also becomes a file name.
bool is_dns_name(std::string_view name) {
  if (name.empty() || name.size() > 253)
    return false;
  while (true) {
    auto dot = name.find('.');
    if (!is_label(name.substr(0, dot)))
      return false;
    if (dot == std::string_view::npos)
      return true;
    name.remove_prefix(dot + 1);
  }
}

bool is_address(const std::string& text) {
  std::uint8_t octets[16];
  return inet_pton(AF_INET, text.c_str(), octets) == 1
         || inet_pton(AF_INET6, text.c_str(), octets) == 1;
}

result<void> check(pki_issue_options& options) {
  options.name = lower(options.name);
  if (!is_dns_name(options.name))
    return fail(ec::out_of_range, "name",
                "\"" + options.name
                    + "\" is not a DNS name such as client.example.com");
  if (options.name.size() > 64)
    return fail(ec::out_of_range, "name",
                "a common name has at most 64 characters");
  for (auto& name : options.dns_names)
    if (!is_dns_name(name = lower(name)))
      return fail(ec::out_of_range, "dns",
                  "\"" + name + "\" is not a DNS name");
  for (const auto& address : options.addresses)
    if (!is_address(address))
      return fail(ec::out_of_range, "ip",
                  "\"" + address + "\" is not an IPv4 or IPv6 address");
  if (options.days < 1 || options.days > 3650)
    return fail(ec::out_of_range, "days", "1 to 3650 are possible");
  return {};
}

/// Both files or none.
result<void> write_pair(const issued& where, X509* cert, EVP_PKEY* key) {
  for (const auto& file : {where.key, where.certificate}) {
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored))
      return fail(ec::conflict, file.string(),
                  "exists already and is never overwritten");
  }
  auto cert_pem = certificate_to_pem(cert);
  auto key_pem = key_to_pem(key);
  if (!cert_pem)
    return cert_pem.error();
  if (!key_pem)
    return key_pem.error();
  auto done = write_new_file(where.key, *key_pem, 0600);
  OPENSSL_cleanse(key_pem->data(), key_pem->size());
  if (!done)
    return done;
  done = write_new_file(where.certificate, *cert_pem, 0644);
  if (!done)
    ::unlink(where.key.c_str());
  return done;
}

/// Stores what was made and tells its names.
result<issued> finish(const std::filesystem::path& directory,
                      const std::string& cert_name, const std::string& key_name,
                      X509* cert, EVP_PKEY* key) {
  issued out;
  out.certificate = directory / cert_name;
  out.key = directory / key_name;
  auto pem = certificate_to_pem(cert);
  if (!pem)
    return pem.error();
  auto facts = read_certificate_pem(*pem);
  if (!facts)
    return facts.error();
  if (auto done = write_pair(out, cert, key); !done)
    return done.error();
  out.fingerprint = fingerprint_text(facts->fingerprint);
  out.cuid = cuid_of(facts->spki);
  out.not_after = facts->not_after;
  return out;
}

struct authority {
  x509_ptr cert;
  key_ptr key;
  unix_seconds not_after = 0;
};

result<authority> open_authority(const std::filesystem::path& directory) {
  auto cert_pem = read_text_file(directory / ca_certificate_name);
  if (!cert_pem && cert_pem.error().code == ec::not_found)
    return fail(ec::not_found, directory.string(),
                "no authority here; make one with `tocsin pki init`");
  if (!cert_pem)
    return cert_pem.error();
  auto facts = read_certificate_pem(*cert_pem);
  if (!facts)
    return facts.error();
  auto key_pem = read_text_file(directory / ca_key_name);
  if (!key_pem)
    return key_pem.error();
  authority out{x509_from_pem(*cert_pem), key_from_pem(*key_pem),
                facts->not_after};
  OPENSSL_cleanse(key_pem->data(), key_pem->size());
  if (!out.cert || !out.key
      || !X509_check_private_key(out.cert.get(), out.key.get()))
    return library_failure(ec::malformed, (directory / ca_key_name).string());
  if (!facts->is_ca)
    return fail(ec::malformed, (directory / ca_certificate_name).string(),
                "is not the certificate of an authority");
  if (out.not_after <= now())
    return fail(ec::out_of_range, (directory / ca_certificate_name).string(),
                "has expired");
  return out;
}

} // namespace

result<issued> pki_init(const pki_init_options& options) {
  if (options.name.empty() || options.name.size() > 64)
    return fail(ec::out_of_range, "name", "1 to 64 characters are possible");
  if (options.days < 1 || options.days > 36500)
    return fail(ec::out_of_range, "days", "1 to 36500 are possible");
  if (auto done = private_directory(options.directory); !done)
    return done.error();
  auto key = make_key();
  if (!key)
    return key.error();
  auto start = now();
  auto cert =
      make_ca_certificate(key->get(), options.name,
                          {start - backdating, start + options.days * day});
  if (!cert)
    return cert.error();
  return finish(options.directory, ca_certificate_name, ca_key_name,
                cert->get(), key->get());
}

result<issued> pki_issue(const pki_issue_options& requested) {
  auto options = requested;
  if (auto good = check(options); !good)
    return good.error();
  auto issuer = open_authority(options.directory);
  if (!issuer)
    return issuer.error();
  auto key = make_key();
  if (!key)
    return key.error();
  auto start = now();
  auto end = std::min(start + options.days * day, issuer->not_after);
  auto cert =
      make_agent_certificate(key->get(), issuer->cert.get(), issuer->key.get(),
                             options, {start - backdating, end});
  if (!cert)
    return cert.error();
  return finish(options.directory, options.name + ".pem",
                options.name + "-key.pem", cert->get(), key->get());
}

} // namespace tocsin::transports::crypto
