#pragma once
#include "protocol/bytes.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

#include <string>

#include <openssl/bytestring.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace tocsin::transports {

/// A TLS 1.3 peer of BoringSSL that uses early data wherever it is let: what
/// our own association never does. Believes any certificate. Memory is its
/// network.
class boringssl_peer {
public:
  /// Keeps the last ticket, so that the next peer may use it.
  using ticket = bssl::UniquePtr<SSL_SESSION>;

  explicit boringssl_peer(bool server, const test::issued_certificate& own)
      : ctx_{SSL_CTX_new(TLS_method())} {
    auto* ctx = ctx_.get();
    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
    SSL_CTX_set_early_data_enabled(ctx, 1);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_BOTH);
    SSL_CTX_set_app_data(ctx, this);
    SSL_CTX_sess_set_new_cb(ctx, [](SSL* ssl, SSL_SESSION* x) {
      self(ssl).ticket_.reset(x);
      return 1;
    });
    SSL_CTX_set_select_certificate_cb(ctx, [](const SSL_CLIENT_HELLO* x) {
      const std::uint8_t* data = nullptr;
      std::size_t size = 0;
      self(x->ssl).was_offered_ = SSL_early_callback_ctx_extension_get(
                                      x, TLSEXT_TYPE_early_data, &data, &size)
                                  != 0;
      return ssl_select_cert_success;
    });
    SSL_CTX_set_alpn_select_cb(
        ctx,
        [](SSL*, const std::uint8_t** out, std::uint8_t* size,
           const std::uint8_t*, unsigned, void*) {
          *out = as_octets("coap").data();
          *size = 4;
          return SSL_TLSEXT_ERR_OK;
        },
        nullptr);
    use(own);
    begin(server);
  }
  boringssl_peer(const boringssl_peer&) = delete;
  boringssl_peer& operator=(const boringssl_peer&) = delete;

  /// Ends the connection and begins another one; servers keep their keys.
  void begin(bool server) {
    ssl_.reset(SSL_new(ctx_.get()));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(ssl_.get(), in_, out_);
    was_offered_ = false;
    heard_.clear();
    if (server)
      return SSL_set_accept_state(ssl_.get());
    SSL_set_connect_state(ssl_.get());
    const std::string protocols = "\x04"
                                  "coap";
    SSL_set_alpn_protos(ssl_.get(), as_octets(protocols).data(), 5);
    SSL_set_tlsext_host_name(ssl_.get(), "dots.example");
  }

  /// A client: resumes with that ticket.
  void resume_with(SSL_SESSION& x) {
    ASSERT_TRUE(SSL_set_session(ssl_.get(), &x));
  }

  /// Goes on with the handshake, or with reading.
  void receive(byte_view x) {
    BIO_write(in_, x.data(), static_cast<int>(x.size()));
    step();
  }
  void step() {
    auto status = SSL_do_handshake(ssl_.get());
    if (SSL_get_error(ssl_.get(), status) == SSL_ERROR_EARLY_DATA_REJECTED) {
      was_rejected_ = true;
      SSL_reset_early_data_reject(ssl_.get());
      SSL_do_handshake(ssl_.get());
    }
    char text[4096];
    // a server may read early data, a client none before the end
    while (done() || (SSL_is_server(ssl_.get()) && in_early_data())) {
      auto size = SSL_read(ssl_.get(), text, sizeof text);
      if (size <= 0)
        break;
      heard_.append(text, static_cast<std::size_t>(size));
    }
  }

  /// Also before the handshake has ended, if the ticket permits it.
  void say(std::string_view text) {
    EXPECT_EQ(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }

  bytes take() {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;
    BIO_mem_contents(out_, &data, &size);
    bytes x(data, data + size);
    BIO_reset(out_);
    return x;
  }

  SSL* native() const { return ssl_.get(); }
  bool done() const { return !SSL_in_init(ssl_.get()); }
  bool resumed() const { return SSL_session_reused(ssl_.get()) != 0; }
  bool in_early_data() const { return SSL_in_early_data(ssl_.get()) != 0; }
  /// A client: its early data was refused by the server.
  bool was_rejected() const { return was_rejected_; }
  /// A server: the ClientHello announced early data.
  bool was_offered() const { return was_offered_; }
  const std::string& heard() const { return heard_; }
  ticket take_ticket() { return std::move(ticket_); }

private:
  static boringssl_peer& self(SSL* ssl) {
    return *static_cast<boringssl_peer*>(
        SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  }

  void use(const test::issued_certificate& own) {
    auto read = [](const std::string& x) {
      return bssl::UniquePtr<BIO>{
          BIO_new_mem_buf(x.data(), static_cast<int>(x.size()))};
    };
    auto chain = read(own.certificate_pem), secret = read(own.key_pem);
    bssl::UniquePtr<X509> certificate{
        PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)};
    bssl::UniquePtr<EVP_PKEY> key{
        PEM_read_bio_PrivateKey(secret.get(), nullptr, nullptr, nullptr)};
    ASSERT_TRUE(SSL_CTX_use_certificate(ctx_.get(), certificate.get()));
    ASSERT_TRUE(SSL_CTX_use_PrivateKey(ctx_.get(), key.get()));
  }

  bssl::UniquePtr<SSL_CTX> ctx_;
  ticket ticket_;
  bssl::UniquePtr<SSL> ssl_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr; // both belong to ssl_
  std::string heard_;
  bool was_offered_ = false, was_rejected_ = false;
};

/// The same ticket as if its server had permitted early data, for a client
/// that sends it unasked: BoringSSL's own encoding of a session (ssl_asn1.cc),
/// with ticketMaxEarlyData [24] set.
inline boringssl_peer::ticket permit_early_data(const SSL_SESSION& x) {
  constexpr unsigned permission =
      CBS_ASN1_CONSTRUCTED | CBS_ASN1_CONTEXT_SPECIFIC | 24u;
  std::uint8_t* data = nullptr;
  std::size_t size = 0;
  if (!SSL_SESSION_to_bytes(&x, &data, &size))
    return nullptr;
  bssl::UniquePtr<std::uint8_t> owner{data};
  CBS in, fields, field;
  CBS_init(&in, data, size);
  bssl::ScopedCBB out;
  CBB sequence, wrapped;
  unsigned tag = 0;
  std::size_t header = 0;
  bool set = false;
  auto add = [&] {
    set = true;
    return CBB_add_asn1(&sequence, &wrapped, permission)
           && CBB_add_asn1_uint64(&wrapped, 16384);
  };
  if (!CBS_get_asn1(&in, &fields, CBS_ASN1_SEQUENCE)
      || !CBB_init(out.get(), size + 16)
      || !CBB_add_asn1(out.get(), &sequence, CBS_ASN1_SEQUENCE))
    return nullptr;
  while (CBS_len(&fields) > 0) {
    if (!CBS_get_any_asn1_element(&fields, &field, &tag, &header)
        || (!set && (tag & CBS_ASN1_CONTEXT_SPECIFIC) != 0
            && (tag & CBS_ASN1_TAG_NUMBER_MASK) > 24 && !add())
        || !CBB_add_bytes(&sequence, CBS_data(&field), CBS_len(&field)))
      return nullptr;
  }
  if ((!set && !add()) || !CBB_flush(out.get()))
    return nullptr;
  bssl::UniquePtr<SSL_CTX> ctx{SSL_CTX_new(TLS_method())};
  return boringssl_peer::ticket{SSL_SESSION_from_bytes(
      CBB_data(out.get()), CBB_len(out.get()), ctx.get())};
}

} // namespace tocsin::transports
