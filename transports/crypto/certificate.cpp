#include "transports/crypto/certificate.hpp"

#include "transports/crypto/x509_types.hpp"

#include <openssl/mem.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <arpa/inet.h>

namespace tocsin::transports::crypto {

namespace {

/// Seconds since the epoch; times outside what GeneralizedTime can say do not
/// occur, a broken one counts as the epoch: expired.
unix_seconds seconds_of(const ASN1_TIME* when) {
  bssl::UniquePtr<ASN1_TIME> epoch{ASN1_TIME_set(nullptr, 0)};
  int days = 0, seconds = 0;
  if (!epoch || !ASN1_TIME_diff(&days, &seconds, epoch.get(), when))
    return 0;
  return static_cast<unix_seconds>(days) * 86400 + seconds;
}

std::string subject_of(const X509* cert) {
  bio_ptr out{BIO_new(BIO_s_mem())};
  if (!out)
    return {};
  X509_NAME_print_ex(out.get(), X509_get_subject_name(cert), 0,
                     XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  return text_of(out.get());
}

std::string common_name_of(const X509* cert) {
  auto* name = X509_get_subject_name(cert);
  int i = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (i < 0)
    return {};
  std::uint8_t* utf8 = nullptr;
  int size = ASN1_STRING_to_UTF8(
      &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
  if (size < 0)
    return {};
  std::string out{reinterpret_cast<char*>(utf8),
                  static_cast<std::size_t>(size)};
  OPENSSL_free(utf8);
  return out;
}

void read_alternative_names(const X509* cert, certificate_facts& out) {
  names_ptr names{static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(cert, NID_subject_alt_name, nullptr, nullptr))};
  for (std::size_t i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      std::string text{
          reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
          static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))};
      std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      });
      // An embedded zero would let a name look like another one.
      if (text.find('\0') == std::string::npos)
        out.dns_names.push_back(std::move(text));
    } else if (name->type == GEN_IPADD) {
      char text[INET6_ADDRSTRLEN]{};
      int size = ASN1_STRING_length(name->d.iPAddress);
      int family = size == 4 ? AF_INET : AF_INET6;
      if ((size == 4 || size == 16)
          && inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), text,
                       sizeof text))
        out.addresses.emplace_back(text);
    }
  }
}

sha256_digest digest_of_key(EVP_PKEY* key) {
  std::uint8_t* der = nullptr;
  int size = i2d_PUBKEY(key, &der);
  if (size < 0)
    return {};
  auto out = sha256({der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return out;
}

result<certificate_facts> facts_of(X509* cert) {
  std::uint8_t* der = nullptr;
  int size = i2d_X509(cert, &der);
  key_ptr key{X509_get_pubkey(cert)};
  if (size < 0 || !key) {
    OPENSSL_free(der);
    return library_failure(ec::malformed, "certificate");
  }
  certificate_facts out;
  out.fingerprint = sha256({der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  out.spki = digest_of_key(key.get());
  out.subject = subject_of(cert);
  out.common_name = common_name_of(cert);
  out.not_before = seconds_of(X509_get0_notBefore(cert));
  out.not_after = seconds_of(X509_get0_notAfter(cert));
  out.is_ca = X509_check_ca(cert) == 1;
  read_alternative_names(cert, out);
  ERR_clear_error();
  return out;
}

} // namespace

std::string fingerprint_text(const sha256_digest& x) {
  return "sha256:" + to_hex(x);
}

result<certificate_facts> read_certificate_der(byte_view der) {
  const auto* position = der.data();
  x509_ptr cert{d2i_X509(nullptr, &position, static_cast<long>(der.size()))};
  if (!cert || position != der.data() + der.size())
    return library_failure(ec::malformed, "certificate");
  return facts_of(cert.get());
}

result<certificate_facts> read_certificate_pem(std::string_view pem) {
  auto cert = x509_from_pem(pem);
  if (!cert) {
    ERR_clear_error();
    return fail(ec::malformed, "certificate",
                "no certificate in PEM form found");
  }
  return facts_of(cert.get());
}

result<certificate_facts>
read_certificate_file(const std::filesystem::path& file) {
  auto pem = read_text_file(file);
  if (!pem)
    return pem.error();
  auto out = read_certificate_pem(*pem);
  if (!out)
    return fail(out.error().code, file.string(), out.error().detail);
  return out;
}

result<sha256_digest>
spki_digest_of_certificate_pem_file(const std::filesystem::path& file) {
  auto facts = read_certificate_file(file);
  if (!facts)
    return facts.error();
  return facts->spki;
}

result<sha256_digest>
spki_digest_of_key_pem_file(const std::filesystem::path& file) {
  auto pem = read_text_file(file);
  if (!pem)
    return pem.error();
  auto key = key_from_pem(*pem);
  OPENSSL_cleanse(pem->data(), pem->size());
  if (!key) {
    ERR_clear_error();
    return fail(ec::malformed, file.string(),
                "no private key in PEM form without a password found");
  }
  return digest_of_key(key.get());
}

result<std::string> read_text_file(const std::filesystem::path& file,
                                   std::size_t limit) {
  struct closer {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    return fail(ec::io, file.string(), "is a directory");
  std::unique_ptr<std::FILE, closer> in{std::fopen(file.c_str(), "rbe")};
  if (!in) {
    auto code = errno == ENOENT || errno == ENOTDIR ? ec::not_found : ec::io;
    return fail(code, file.string(), std::strerror(errno));
  }
  std::string out(limit + 1, '\0');
  out.resize(std::fread(out.data(), 1, out.size(), in.get()));
  if (std::ferror(in.get()))
    return fail(ec::io, file.string(), "cannot be read");
  if (out.size() > limit)
    return fail(ec::too_large, file.string(),
                "more than " + std::to_string(limit) + " octets");
  return out;
}

} // namespace tocsin::transports::crypto
