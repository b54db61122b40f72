#include "transports/credentials.hpp"

#include "transports/credential_io.hpp"
#include "transports/dtls_native.hpp"
#include "transports/tls_native.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace tocsin::transports {

namespace {

// DTLS 1.2 with ephemeral keys and authenticated encryption only
// (RFC 9132, Sections 7.1 and 11; RFC 7525, Section 4.2). ChaCha20-Poly1305 is
// the one such suite which GnuTLS has for ECDHE-PSK.
std::string suites(bool certificate, bool psk) {
  std::string x = "NONE:+VERS-DTLS1.2";
  if (certificate)
    x += ":+ECDHE-ECDSA:+ECDHE-RSA";
  if (psk)
    x += ":+ECDHE-PSK";
  return x
         + ":+AES-128-GCM:+CHACHA20-POLY1305:+AES-256-GCM:+AEAD:+COMP-NULL"
           ":+CTYPE-X509:+GROUP-SECP256R1:+GROUP-X25519:+GROUP-SECP384R1"
           ":+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SHA384:+SIGN-ECDSA-SHA512"
           ":+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-SHA256:+SIGN-RSA-SHA384"
           ":+SIGN-RSA-SHA512:%SERVER_PRECEDENCE:%PROFILE_MEDIUM";
}

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

failure rejected(const std::filesystem::path& path, int error,
                 const char* advice) {
  return fail(ec::malformed, path.string(),
              std::string{gnutls_strerror(error)} + "; " + advice);
}

struct pem_pair {
  bytes chain;
  bytes key;
  ~pem_pair() { wipe(key); }
};

result<void> read_pair(const credential_files& files, pem_pair& out) {
  auto chain = read_credential_file(files.certificate, "certificate chain");
  if (!chain)
    return chain.error();
  auto key = read_credential_file(files.key, "private key");
  if (!key)
    return key.error();
  out.chain = *std::move(chain);
  out.key = *std::move(key);
  return check_secrecy(files.key, "private key");
}

result<void> add_key_pair(gnutls_certificate_credentials_t out,
                          const credential_files& files, byte_view chain,
                          byte_view key) {
  auto chain_pem = as_datum(chain);
  auto key_pem = as_datum(key);
  auto status = gnutls_certificate_set_x509_key_mem2(
      out, &chain_pem, &key_pem, GNUTLS_X509_FMT_PEM, nullptr, 0);
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
  auto trust = read_credential_file(files.trust, "file of trusted CAs");
  if (!trust)
    return trust.error();
  auto pem = as_datum(*trust);
  auto count =
      gnutls_certificate_set_x509_trust_mem(out, &pem, GNUTLS_X509_FMT_PEM);
  if (count <= 0)
    return rejected(files.trust, count, "expected PEM certificates of CAs");
  if (!files.revocation)
    return {};
  auto crl = read_credential_file(*files.revocation, "revocation list");
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

// Server: the key of the identity that the peer claims.
int find_psk(gnutls_session_t session, const gnutls_datum_t* identity,
             gnutls_datum_t* out) {
  auto& context =
      *static_cast<dtls_session_context*>(gnutls_session_get_ptr(session));
  const auto* key = context.own->psks().find(
      as_text(byte_view{identity->data, identity->size}));
  if (!key) {
    context.verdict = {false, "the peer's pre-shared key is not known here",
                       GNUTLS_A_UNKNOWN_PSK_IDENTITY};
    return -1;
  }
  out->data = static_cast<unsigned char*>(gnutls_malloc(key->size()));
  if (!out->data)
    return -1;
  std::ranges::copy(*key, out->data);
  out->size = static_cast<unsigned>(key->size());
  return 0;
}

// Names must come together: a part of them is a mistake.
result<void> check_named(const credential_files& files) {
  for (const auto& [path, name] : {std::pair{&files.certificate, "certificate"},
                                   std::pair{&files.key, "private key"},
                                   std::pair{&files.trust, "trusted CAs"}})
    if (path->empty())
      return fail(ec::missing, name,
                  "name the files of certificate, private key and trusted "
                  "CAs, or none of them and one of pre-shared keys");
  return {};
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

credentials::credentials() : native_{std::make_unique<native>()} {}

credentials::~credentials() = default;

result<std::shared_ptr<const credentials>>
credentials::load(const credential_files& files) {
  std::shared_ptr<credentials> x{new credentials};
  if (files.psk)
    if (auto loaded = x->load_psks(*files.psk); !loaded)
      return loaded.error();
  auto none =
      files.certificate.empty() && files.key.empty() && files.trust.empty();
  if (!none || !files.psk)
    if (auto named = check_named(files); !named)
      return named.error();
  pem_pair pair;
  if (!none) {
    if (auto read = read_pair(files, pair); !read)
      return read.error();
    if (auto loaded = x->load_certificate(files, pair.chain, pair.key); !loaded)
      return loaded.error();
  }
  const auto text = suites(!none, files.psk.has_value());
  gnutls_priority_t priority = nullptr;
  if (auto error = gnutls_priority_init(&priority, text.c_str(), nullptr);
      error < 0)
    return fail(ec::unsupported, "cipher suites", gnutls_strerror(error));
  x->native_->priority.reset(priority);
  auto tls = make_tls_context(pair.chain, pair.key, files.psk.has_value());
  if (!tls)
    return fail(tls.error().code, files.certificate.string(),
                tls.error().detail);
  x->native_->tls = *std::move(tls);
  return std::shared_ptr<const credentials>{std::move(x)};
}

result<void> credentials::load_certificate(const credential_files& files,
                                           byte_view chain, byte_view key) {
  gnutls_certificate_credentials_t certificates = nullptr;
  if (gnutls_certificate_allocate_credentials(&certificates) < 0)
    return fail(ec::internal, "credentials");
  native_->certificates.reset(certificates);
  if (auto added = add_key_pair(certificates, files, chain, key); !added)
    return added.error();
  if (auto added = add_trust(certificates, files); !added)
    return added.error();
  auto own = identify_own(certificates);
  if (!own)
    return own.error();
  own_ = *std::move(own);
  has_certificate_ = true;
  return {};
}

result<void> credentials::load_psks(const std::filesystem::path& file) {
  auto psks = psk_table::load(file);
  if (!psks)
    return psks.error();
  psks_ = *std::move(psks);
  gnutls_psk_server_credentials_t server = nullptr;
  if (gnutls_psk_allocate_server_credentials(&server) < 0)
    return fail(ec::internal, "credentials");
  native_->psk_server.reset(server);
  gnutls_psk_set_server_credentials_function2(server, find_psk);
  if (psks_.size() != 1)
    return {};
  gnutls_psk_client_credentials_t client = nullptr;
  if (gnutls_psk_allocate_client_credentials(&client) < 0)
    return fail(ec::internal, "credentials");
  native_->psk_client.reset(client);
  auto identity = as_datum(as_octets(psks_.first()));
  auto key = as_datum(*psks_.find(psks_.first()));
  if (gnutls_psk_set_client_credentials2(client, &identity, &key,
                                         GNUTLS_PSK_KEY_RAW)
      < 0)
    return fail(ec::internal, "credentials");
  own_.psk_identity = psks_.first();
  return {};
}

const tls_context& tls_of(const credentials& own) noexcept {
  return *own.get().tls;
}

result<void> check_client(const credentials& x) {
  if (x.psks().size() > 1)
    return fail(ec::conflict, "pre-shared keys",
                "a client's file must hold exactly one identity");
  return {};
}

} // namespace tocsin::transports
