#include "transports/crypto/x509_build.hpp"

#include "transports/crypto/digest.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>

namespace tocsin::transports::crypto {

namespace {

/// 127 random bits, positive: more than the 64 which predictability asks for,
/// less than the 20 octets that RFC 5280, Section 4.1.2.2 allows.
bool set_serial(X509* cert) {
  auto octets = random_bytes(16);
  octets[0] = static_cast<std::uint8_t>((octets[0] & 0x7F) | 0x40);
  bssl::UniquePtr<BIGNUM> number{
      BN_bin2bn(octets.data(), octets.size(), nullptr)};
  return number
         && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(cert));
}

bool add_extension(X509* cert, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  bssl::UniquePtr<X509_EXTENSION> extension{
      X509V3_EXT_nconf_nid(nullptr, &context, nid, value)};
  return extension && X509_add_ext(cert, extension.get(), -1);
}

bool add_ia5(GENERAL_NAMES* names, int type, const std::string& text) {
  bssl::UniquePtr<GENERAL_NAME> name{GENERAL_NAME_new()};
  bssl::UniquePtr<ASN1_IA5STRING> value{ASN1_IA5STRING_new()};
  if (!name || !value
      || !ASN1_STRING_set(value.get(), text.data(),
                          static_cast<int>(text.size())))
    return false;
  GENERAL_NAME_set0_value(name.get(), type, value.release());
  return bssl::PushToStack(names, std::move(name));
}

bool add_address(GENERAL_NAMES* names, const std::string& text) {
  bssl::UniquePtr<GENERAL_NAME> name{GENERAL_NAME_new()};
  bssl::UniquePtr<ASN1_OCTET_STRING> value{a2i_IPADDRESS(text.c_str())};
  if (!name || !value)
    return false;
  GENERAL_NAME_set0_value(name.get(), GEN_IPADD, value.release());
  return bssl::PushToStack(names, std::move(name));
}

/// An SRV-ID (RFC 4985, Section 2): the service that the name may offer.
bool add_service(GENERAL_NAMES* names, const std::string& domain) {
  static constexpr const char* on_dns_srv = "1.3.6.1.5.5.7.8.7";
  std::string text = "_dots-signal." + domain;
  bssl::UniquePtr<GENERAL_NAME> name{GENERAL_NAME_new()};
  bssl::UniquePtr<ASN1_OBJECT> type{OBJ_txt2obj(on_dns_srv, 1)};
  bssl::UniquePtr<ASN1_TYPE> value{ASN1_TYPE_new()};
  bssl::UniquePtr<ASN1_IA5STRING> string{ASN1_IA5STRING_new()};
  if (!name || !type || !value || !string
      || !ASN1_STRING_set(string.get(), text.data(),
                          static_cast<int>(text.size())))
    return false;
  ASN1_TYPE_set(value.get(), V_ASN1_IA5STRING, string.release());
  if (!GENERAL_NAME_set0_othername(name.get(), type.get(), value.get()))
    return false;
  (void)type.release();
  (void)value.release();
  return bssl::PushToStack(names, std::move(name));
}

bool add_alternative_names(X509* cert, const pki_issue_options& options) {
  names_ptr names{sk_GENERAL_NAME_new_null()};
  auto domains = options.dns_names;
  domains.insert(domains.begin(), options.name);
  bool good = names != nullptr;
  for (const auto& domain : domains)
    good = good && add_ia5(names.get(), GEN_DNS, domain);
  if (options.type != agent_type::client)
    for (const auto& domain : domains)
      good = good && add_service(names.get(), domain);
  for (const auto& address : options.addresses)
    good = good && add_address(names.get(), address);
  return good
         && X509_add1_ext_i2d(cert, NID_subject_alt_name, names.get(), 0, 0);
}

const char* usage_of(agent_type type) {
  switch (type) {
  case agent_type::server:
    return "serverAuth";
  case agent_type::client:
    return "clientAuth";
  case agent_type::both:
    return "serverAuth,clientAuth";
  }
  return "clientAuth";
}

/// Version, serial number, names, validity and key.
x509_ptr make_body(EVP_PKEY* key, const std::string& common_name, X509* issuer,
                   validity period) {
  x509_ptr cert{X509_new()};
  bool good = cert && X509_set_version(cert.get(), X509_VERSION_3)
              && set_serial(cert.get())
              && ASN1_TIME_set(X509_getm_notBefore(cert.get()), period.from)
              && ASN1_TIME_set(X509_getm_notAfter(cert.get()), period.to)
              && X509_set_pubkey(cert.get(), key);
  auto* subject = good ? X509_get_subject_name(cert.get()) : nullptr;
  good = subject
         && X509_NAME_add_entry_by_NID(
             subject, NID_commonName, MBSTRING_UTF8,
             reinterpret_cast<const std::uint8_t*>(common_name.data()),
             static_cast<int>(common_name.size()), -1, 0)
         && X509_set_issuer_name(
             cert.get(), issuer ? X509_get_subject_name(issuer) : subject);
  return good ? std::move(cert) : nullptr;
}

result<std::string> collected(BIO* out, int good, const char* what) {
  if (!good)
    return library_failure(ec::internal, what);
  return text_of(out);
}

} // namespace

result<key_ptr> make_key() {
  bssl::UniquePtr<EC_KEY> pair{EC_KEY_new_by_curve_name(NID_X9_62_prime256v1)};
  key_ptr key{EVP_PKEY_new()};
  if (!pair || !key || !EC_KEY_generate_key(pair.get())
      || !EVP_PKEY_set1_EC_KEY(key.get(), pair.get()))
    return library_failure(ec::internal, "key");
  return key;
}

result<std::string> key_to_pem(EVP_PKEY* key) {
  bio_ptr out{BIO_new(BIO_s_mem())};
  return collected(out.get(),
                   out
                       && PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr,
                                                        nullptr, 0, nullptr,
                                                        nullptr),
                   "key");
}

result<std::string> certificate_to_pem(X509* cert) {
  bio_ptr out{BIO_new(BIO_s_mem())};
  return collected(out.get(), out && PEM_write_bio_X509(out.get(), cert),
                   "certificate");
}

result<x509_ptr> make_ca_certificate(EVP_PKEY* key, const std::string& name,
                                     validity period) {
  auto cert = make_body(key, name, nullptr, period);
  auto* x = cert.get();
  bool good =
      x
      && add_extension(x, x, NID_basic_constraints,
                       "critical,CA:TRUE,pathlen:0")
      && add_extension(x, x, NID_key_usage, "critical,keyCertSign,cRLSign")
      && add_extension(x, x, NID_subject_key_identifier, "hash")
      && X509_sign(x, key, EVP_sha256());
  if (!good)
    return library_failure(ec::internal, "certificate");
  return cert;
}

result<x509_ptr> make_agent_certificate(EVP_PKEY* key, X509* issuer,
                                        EVP_PKEY* issuer_key,
                                        const pki_issue_options& options,
                                        validity period) {
  auto cert = make_body(key, options.name, issuer, period);
  auto* x = cert.get();
  bool good =
      x && add_extension(x, issuer, NID_basic_constraints, "critical,CA:FALSE")
      && add_extension(x, issuer, NID_key_usage, "critical,digitalSignature")
      && add_extension(x, issuer, NID_ext_key_usage, usage_of(options.type))
      && add_alternative_names(x, options)
      && add_extension(x, issuer, NID_subject_key_identifier, "hash")
      && add_extension(x, issuer, NID_authority_key_identifier, "keyid:always")
      && X509_sign(x, issuer_key, EVP_sha256());
  if (!good)
    return library_failure(ec::internal, "certificate");
  return cert;
}

} // namespace tocsin::transports::crypto
