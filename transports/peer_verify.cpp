#include "transports/peer_verify.hpp"

#include "transports/crypto/digest.hpp"
#include "transports/dtls_native.hpp"
#include "transports/socket_address.hpp"

#include <utility>
#include <vector>

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
  return {false, std::move(reason), static_cast<std::uint8_t>(alert)};
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

// More are no path of any CA in use; each costs a signature to check.
constexpr std::size_t max_chain = 16;

// Certificates as GnuTLS takes them.
struct imported_chain {
  std::vector<gnutls_x509_crt_t> items;

  imported_chain() = default;
  imported_chain(const imported_chain&) = delete;
  imported_chain& operator=(const imported_chain&) = delete;
  ~imported_chain() {
    for (auto x : items)
      gnutls_x509_crt_deinit(x);
  }

  bool add(byte_view der) {
    gnutls_x509_crt_t raw = nullptr;
    if (gnutls_x509_crt_init(&raw) < 0)
      return false;
    items.push_back(raw);
    auto data = as_datum(der);
    return gnutls_x509_crt_import(raw, &data, GNUTLS_X509_FMT_DER) >= 0;
  }
};

// Does the certificate belong to the server of that name or address?
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

unsigned check_path(const credentials& own, imported_chain& chain,
                    bool client_side) {
  gnutls_x509_trust_list_t trusted = nullptr;
  gnutls_certificate_get_trust_list(own.get().certificates.get(), &trusted);
  auto purpose =
      client_side ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;
  gnutls_typed_vdata_st check{};
  check.type = GNUTLS_DT_KEY_PURPOSE_OID;
  check.data = reinterpret_cast<unsigned char*>(const_cast<char*>(purpose));
  unsigned status = 0;
  if (gnutls_x509_trust_list_verify_crt2(
          trusted, chain.items.data(),
          static_cast<unsigned>(chain.items.size()), &check, 1,
          GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM), &status, nullptr)
      < 0)
    return GNUTLS_CERT_INVALID;
  return status;
}

} // namespace

bool is_address_literal(const std::string& name) {
  return static_cast<bool>(socket_address::parse_host(name, 0));
}

verification verify_chain(const credentials& own, std::span<const bytes> chain,
                          const std::string& server_name) {
  if (!own.has_certificate() || chain.empty())
    return refuse("the peer presented no certificate",
                  GNUTLS_A_BAD_CERTIFICATE);
  if (chain.size() > max_chain)
    return refuse("the peer's certificate chain is too long",
                  GNUTLS_A_BAD_CERTIFICATE);
  imported_chain imported;
  for (const auto& der : chain)
    if (!imported.add(der))
      return refuse("the peer's certificate cannot be read",
                    GNUTLS_A_BAD_CERTIFICATE);
  auto client_side = !server_name.empty();
  if (auto status = check_path(own, imported, client_side); status != 0)
    return refuse_chain(status);
  if (client_side && !matches_server(imported.items.front(), server_name))
    return refuse("the server's certificate is not for " + server_name,
                  GNUTLS_A_BAD_CERTIFICATE);
  return {true, {}, GNUTLS_A_BAD_CERTIFICATE};
}

bytes resumption_binding(const credentials& own, const std::string& server_name,
                         std::string_view protocol) {
  auto psks = own.psks().digest();
  bytes all(psks.begin(), psks.end());
  for (std::string_view x : {std::string_view{own.own().fingerprint},
                             std::string_view{server_name}, protocol}) {
    all.insert(all.end(), x.begin(), x.end());
    all.push_back(0);
  }
  auto digest = crypto::sha256(all);
  return {digest.begin(), digest.end()};
}

} // namespace tocsin::transports
