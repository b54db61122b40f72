#include "transports/tls_native.hpp"

#include <openssl/bytestring.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pool.h>

#include <algorithm>
#include <chrono>
#include <cstring>

namespace tocsin::transports {

namespace {

// With those of TLS 1.3, which need no naming, all AEAD with ephemeral keys
// (RFC 9132, Section 7.1; RFC 7525, Section 4.2).
constexpr const char* certificate_suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
    ":ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
    ":ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr const char* psk_suites = "ECDHE-PSK-CHACHA20-POLY1305";

std::string suites(bool certificate, bool psk) {
  std::string x = certificate ? certificate_suites : "";
  if (psk)
    x += (certificate ? ":" : "") + std::string{psk_suites};
  return x;
}

// All chains in use are shorter; bounds what a peer can make us store.
constexpr std::size_t max_chain_octets = 32768;

tls_session_context& context_of(const SSL* ssl) {
  return *static_cast<tls_session_context*>(SSL_get_app_data(ssl));
}

unix_seconds wall_clock() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int select_protocol(SSL* ssl, const std::uint8_t** out, std::uint8_t* out_size,
                    const std::uint8_t* in, unsigned in_size, void*) {
  auto& x = context_of(ssl);
  auto name = as_octets(x.alpn);
  for (byte_view rest{in, in_size}; !rest.empty();) {
    auto size = std::size_t{rest[0]};
    if (rest.size() - 1 < size)
      break;
    if (std::ranges::equal(rest.subspan(1, size), name)) {
      *out = name.data();
      *out_size = static_cast<std::uint8_t>(name.size());
      return SSL_TLSEXT_ERR_OK;
    }
    rest = rest.subspan(1 + size);
  }
  if (!x.require_alpn && x.alpn == coap_alpn)
    return SSL_TLSEXT_ERR_NOACK;
  x.verdict.reason =
      "the peer offers other protocols than " + std::string{x.alpn};
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Called before anything is done for the client.
ssl_select_cert_result_t look_at_hello(const SSL_CLIENT_HELLO* hello) {
  auto& x = context_of(hello->ssl);
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  if (!x.require_alpn
      || SSL_early_callback_ctx_extension_get(
          hello, TLSEXT_TYPE_application_layer_protocol_negotiation, &data,
          &size))
    return ssl_select_cert_success;
  x.verdict.reason = "the peer does not offer the protocol "
                     + std::string{x.alpn} + " by ALPN";
  return ssl_select_cert_error;
}

unsigned find_psk(SSL* ssl, const char* identity, std::uint8_t* out,
                  unsigned room) {
  auto& x = context_of(ssl);
  const auto* key = x.own->psks().find(identity);
  if (key && key->size() <= room) {
    std::ranges::copy(*key, out);
    return static_cast<unsigned>(key->size());
  }
  x.verdict.reason = "the peer's pre-shared key is not known here";
  return 0;
}

unsigned name_psk(SSL* ssl, const char*, char* identity, unsigned identity_room,
                  std::uint8_t* out, unsigned room) {
  const auto& psks = context_of(ssl).own->psks();
  if (psks.size() != 1)
    return 0;
  const auto& name = psks.first();
  const auto& key = *psks.find(name);
  if (name.size() > identity_room || key.size() > room)
    return 0;
  std::memcpy(identity, name.c_str(), name.size() + 1);
  std::ranges::copy(key, out);
  return static_cast<unsigned>(key.size());
}

// Tickets are worthless once the file of pre-shared keys has changed: a key
// may be gone from it, or be another one.
bytes ticket_context(const tls_session_context& x) {
  auto digest = x.own->psks().digest();
  return {digest.begin(), digest.end()};
}

int seal_ticket(SSL* ssl, std::uint8_t* out, std::size_t* out_size,
                std::size_t room, const std::uint8_t* in, std::size_t size) {
  const auto& x = context_of(ssl);
  if (!x.resumption.tickets)
    return 0;
  auto ticket =
      x.resumption.tickets->seal({in, size}, ticket_context(x), wall_clock());
  if (ticket.empty() || ticket.size() > room)
    return 0;
  std::ranges::copy(ticket, out);
  *out_size = ticket.size();
  return 1;
}

// A peer which is not welcome any more, say because its certificate was
// revoked, gets a full handshake, in which it is told so.
ssl_ticket_aead_result_t open_ticket(SSL* ssl, std::uint8_t* out,
                                     std::size_t* out_size, std::size_t room,
                                     const std::uint8_t* in, std::size_t size) {
  auto& x = context_of(ssl);
  if (!x.resumption.tickets)
    return ssl_ticket_aead_ignore_ticket;
  auto text =
      x.resumption.tickets->open({in, size}, ticket_context(x), wall_clock());
  if (!text || text->size() > room)
    return ssl_ticket_aead_ignore_ticket;
  bssl::UniquePtr<SSL_SESSION> session{
      SSL_SESSION_from_bytes(text->data(), text->size(), SSL_get_SSL_CTX(ssl))};
  if (!session) {
    ERR_clear_error();
    return ssl_ticket_aead_ignore_ticket;
  }
  auto chain = chain_of(SSL_SESSION_get0_peer_certificates(session.get()));
  if (!chain.empty() && !verify_chain(*x.own, chain, {}).good)
    return ssl_ticket_aead_ignore_ticket;
  std::ranges::copy(*text, out);
  *out_size = text->size();
  return ssl_ticket_aead_success;
}

constexpr SSL_TICKET_AEAD_METHOD ticket_method{
    [](SSL*) { return ticket_keys::overhead; }, seal_ticket, open_ticket};

int keep_session(SSL* ssl, SSL_SESSION* session) {
  auto& x = context_of(ssl);
  if (!x.resumption.cache || !SSL_SESSION_is_resumable(session))
    return 0;
  std::uint8_t* data = nullptr;
  std::size_t size = 0;
  if (!SSL_SESSION_to_bytes(session, &data, &size))
    return 0;
  x.resumption.cache->put(
      x.resumption.key, {bytes(data, data + size),
                         chain_of(SSL_SESSION_get0_peer_certificates(session)),
                         resumption_binding(*x.own, x.server_name, "TLS")});
  OPENSSL_free(data);
  x.got_ticket = true;
  return 0; // we did not keep the object
}

bssl::UniquePtr<BIO> view(byte_view x) {
  return bssl::UniquePtr<BIO>{
      BIO_new_mem_buf(x.data(), static_cast<int>(x.size()))};
}

bool use_key_pair(SSL_CTX* ctx, byte_view chain_pem, byte_view key_pem) {
  auto in = view(chain_pem);
  bssl::UniquePtr<X509> own{
      PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)};
  if (!own || !SSL_CTX_use_certificate(ctx, own.get()))
    return false;
  for (;;) {
    bssl::UniquePtr<X509> next{
        PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)};
    if (!next)
      break;
    if (!SSL_CTX_add1_chain_cert(ctx, next.get()))
      return false;
  }
  ERR_clear_error(); // that the file ends
  auto refuse = [](char*, int, int, void*) { return 0; };
  auto key_in = view(key_pem);
  bssl::UniquePtr<EVP_PKEY> key{
      PEM_read_bio_PrivateKey(key_in.get(), nullptr, refuse, nullptr)};
  return key && SSL_CTX_use_PrivateKey(ctx, key.get());
}

void set_resumption(SSL_CTX* ctx) {
  constexpr std::string_view id = "tocsin";
  SSL_CTX_set_session_id_context(ctx, as_octets(id).data(), id.size());
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT
                                          | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, keep_session);
  SSL_CTX_set_ticket_aead_method(ctx, &ticket_method);
  auto lifetime = static_cast<std::uint32_t>(ticket_period.count());
  SSL_CTX_set_timeout(ctx, lifetime);
  SSL_CTX_set_session_psk_dhe_timeout(ctx, lifetime);
  SSL_CTX_set_num_tickets(ctx, 1);
  // Early data could be replayed (RFC 9132, Section 7.2 and 11); a server may
  // do without it.
  SSL_CTX_set_early_data_enabled(ctx, 0);
}

} // namespace

// RFC 7301: the length of the name, then the name.
bool offer_protocol(SSL* ssl, std::string_view name) {
  auto list = static_cast<char>(name.size()) + std::string{name};
  return SSL_set_alpn_protos(ssl, as_octets(list).data(), list.size()) == 0;
}

std::vector<bytes> chain_of(const STACK_OF(CRYPTO_BUFFER) * chain) {
  std::vector<bytes> out;
  for (std::size_t i = 0; chain && i < sk_CRYPTO_BUFFER_num(chain); ++i) {
    const auto* item = sk_CRYPTO_BUFFER_value(chain, i);
    const auto* data = CRYPTO_BUFFER_data(item);
    out.emplace_back(data, data + CRYPTO_BUFFER_len(item));
  }
  return out;
}

std::string take_tls_error() {
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  std::string out = reason ? reason : "unknown error";
  ERR_clear_error();
  std::ranges::transform(out, out.begin(), [](char c) {
    return c == '_'               ? ' '
           : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a')
                                  : c;
  });
  return out;
}

result<std::shared_ptr<const tls_context>>
make_tls_context(byte_view chain_pem, byte_view key_pem, bool psk) {
  auto out = std::make_shared<tls_context>();
  out->ctx.reset(SSL_CTX_new(TLS_method()));
  auto* ctx = out->ctx.get();
  if (!ctx)
    return fail(ec::internal, "TLS", take_tls_error());
  // Pre-shared keys of TLS 1.3 are out of BoringSSL's reach: without a
  // certificate 1.2 it is.
  auto newest = chain_pem.empty() ? TLS1_2_VERSION : TLS1_3_VERSION;
  if (!SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION)
      || !SSL_CTX_set_max_proto_version(ctx, newest)
      || !SSL_CTX_set_strict_cipher_list(
          ctx, suites(!chain_pem.empty(), psk).c_str())
      || !SSL_CTX_set1_curves_list(ctx, "X25519:P-256:P-384"))
    return fail(ec::unsupported, "TLS", take_tls_error());
  if (!chain_pem.empty() && !use_key_pair(ctx, chain_pem, key_pem))
    return fail(ec::malformed, "TLS",
                take_tls_error()
                    + "; expected a PEM chain, own certificate first, and its "
                      "unencrypted PEM key");
  if (psk) {
    SSL_CTX_set_psk_server_callback(ctx, find_psk);
    SSL_CTX_set_psk_client_callback(ctx, name_psk);
  }
  SSL_CTX_set_max_cert_list(ctx, max_chain_octets);
  SSL_CTX_set_alpn_select_cb(ctx, select_protocol, nullptr);
  SSL_CTX_set_select_certificate_cb(ctx, look_at_hello);
  SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
  // RFC 7918: we offer nothing but what it asks for.
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_FALSE_START);
  set_resumption(ctx);
  return std::shared_ptr<const tls_context>{std::move(out)};
}

} // namespace tocsin::transports
