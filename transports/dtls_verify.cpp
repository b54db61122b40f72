#include "transports/dtls_native.hpp"
#include "transports/socket_address.hpp"

#include <array>

namespace tocsin::transports {

namespace {

struct alternative_names {
  bool any = false;
  bool dns = false;
};

alternative_names inspect_names(gnutls_x509_crt_t certificate) {
  alternative_names out;
  for (unsigned i = 0;; ++i) {
    std::size_t size = 0;
    unsigned type = 0;
    auto status = gnutls_x509_crt_get_subject_alt_name2(certificate, i, nullptr,
                                                        &size, &type, nullptr);
    if (status < 0 && status != GNUTLS_E_SHORT_MEMORY_BUFFER)
      return out;
    out.any = true;
    out.dns = out.dns || type == GNUTLS_SAN_DNSNAME;
  }
}

verification refuse(std::string reason, gnutls_alert_description_t alert) {
  return {false, std::move(reason), alert};
}

verification refuse_chain(unsigned status) {
  if (status & GNUTLS_CERT_REVOKED)
    return refuse("the peer's certificate is revoked",
                  GNUTLS_A_CERTIFICATE_REVOKED);
  if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
    return refuse("the peer's certificate was not issued by a trusted CA",
                  GNUTLS_A_UNKNOWN_CA);
  if (status & GNUTLS_CERT_EXPIRED)
    return refuse("the peer's certificate has expired",
                  GNUTLS_A_CERTIFICATE_EXPIRED);
  if (status & GNUTLS_CERT_NOT_ACTIVATED)
    return refuse("the peer's certificate is not valid yet",
                  GNUTLS_A_BAD_CERTIFICATE);
  if (status & GNUTLS_CERT_PURPOSE_MISMATCH)
    return refuse("the peer's certificate is not meant for this role",
                  GNUTLS_A_UNSUPPORTED_CERTIFICATE);
  gnutls_datum_t text{};
  std::string reason = "the peer's certificate is not acceptable";
  if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509,
                                                   &text, 0)
      == GNUTLS_E_SUCCESS) {
    reason = reinterpret_cast<const char*>(text.data);
    gnutls_free(text.data);
  }
  return refuse(std::move(reason), GNUTLS_A_BAD_CERTIFICATE);
}

owned_certificate peer_certificate(gnutls_session_t session) {
  unsigned count = 0;
  auto chain = gnutls_certificate_get_peers(session, &count);
  gnutls_x509_crt_t raw = nullptr;
  if (!chain || count == 0 || gnutls_x509_crt_init(&raw) < 0)
    return {};
  owned_certificate certificate{raw};
  if (gnutls_x509_crt_import(raw, &chain[0], GNUTLS_X509_FMT_DER) < 0)
    return {};
  return certificate;
}

} // namespace

bool is_address_literal(const std::string& name) {
  return static_cast<bool>(socket_address::parse_host(name, 0));
}

bool matches_server(gnutls_x509_crt_t certificate, const std::string& name) {
  // RFC 9132, Section 7.1 advises against wildcards: accept none.
  if (!gnutls_x509_crt_check_hostname2(certificate, name.c_str(),
                                       GNUTLS_VERIFY_DO_NOT_ALLOW_WILDCARDS))
    return false;
  if (is_address_literal(name))
    return true;
  // GnuTLS falls back to the common name unless there is a DNS-ID; RFC 6125,
  // Section 6.4.4 wants no other identifier there either.
  auto names = inspect_names(certificate);
  return names.dns || !names.any;
}

verification verify_peer(gnutls_session_t session,
                         const std::string& server_name) {
  auto client_side = !server_name.empty();
  auto purpose =
      client_side ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;
  gnutls_typed_vdata_st check{};
  check.type = GNUTLS_DT_KEY_PURPOSE_OID;
  check.data = reinterpret_cast<unsigned char*>(const_cast<char*>(purpose));
  unsigned status = 0;
  if (gnutls_certificate_verify_peers(session, &check, 1, &status) < 0)
    return refuse("the peer presented no usable certificate",
                  GNUTLS_A_BAD_CERTIFICATE);
  if (status != 0)
    return refuse_chain(status);
  auto certificate = peer_certificate(session);
  if (!certificate)
    return refuse("the peer's certificate cannot be read",
                  GNUTLS_A_BAD_CERTIFICATE);
  if (client_side && !matches_server(certificate.get(), server_name))
    return refuse("the server's certificate is not for " + server_name,
                  GNUTLS_A_BAD_CERTIFICATE);
  return {true, {}, GNUTLS_A_BAD_CERTIFICATE};
}

} // namespace tocsin::transports
