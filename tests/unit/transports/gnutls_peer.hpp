#pragma once
#include "protocol/bytes.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <gnutls/gnutls.h>

namespace tocsin::transports {

/// What the independent peer is to be like.
struct gnutls_recipe {
  bool server = false;
  std::string priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
  const test::issued_certificate* own = nullptr; ///< null: none
  const test::test_pki* trusted = nullptr;       ///< null: believes anyone
  std::string psk_identity{};                    ///< empty: none
  std::string alpn = "coap";                     ///< empty: not offered
};

/// A TLS peer made of GnuTLS alone, with memory for a network: shares no code
/// with what it is to test.
class gnutls_peer {
public:
  explicit gnutls_peer(const gnutls_recipe& x) {
    gnutls_session_t raw = nullptr;
    check(gnutls_init(&raw, (x.server ? GNUTLS_SERVER : GNUTLS_CLIENT)
                                | GNUTLS_NONBLOCK));
    session_.reset(raw);
    check(gnutls_priority_set_direct(raw, x.priority.c_str(), nullptr));
    set_certificate(x);
    if (!x.psk_identity.empty())
      set_psk(x);
    if (!x.alpn.empty()) {
      auto name = datum(x.alpn);
      check(gnutls_alpn_set_protocols(raw, &name, 1, 0));
    }
    if (x.server)
      gnutls_certificate_server_set_request(raw, GNUTLS_CERT_REQUIRE);
    else
      check(gnutls_server_name_set(raw, GNUTLS_NAME_DNS, "dots.example", 12));
    gnutls_transport_set_ptr(raw, this);
    gnutls_transport_set_push_function(raw, push);
    gnutls_transport_set_pull_function(raw, pull);
  }
  gnutls_peer(const gnutls_peer&) = delete;
  gnutls_peer& operator=(const gnutls_peer&) = delete;

  /// Takes octets and goes on with the handshake, or with reading.
  void receive(byte_view x) {
    input_.insert(input_.end(), x.begin(), x.end());
    step();
  }

  void step() {
    if (!done_ && !failed_) {
      auto status = gnutls_handshake(session_.get());
      done_ = status == 0;
      failed_ = status < 0 && gnutls_error_is_fatal(status) != 0;
      if (failed_)
        gnutls_alert_send_appropriate(session_.get(), status);
    }
    char text[4096];
    for (ssize_t size = 1; done_ && size > 0;) {
      size = gnutls_record_recv(session_.get(), text, sizeof text);
      if (size > 0)
        heard_.append(text, static_cast<std::size_t>(size));
      goodbye_ = goodbye_ || size == 0;
      failed_ =
          failed_
          || (size < 0 && gnutls_error_is_fatal(static_cast<int>(size)) != 0);
      if (failed_)
        break;
    }
  }

  void say(const std::string& text) {
    EXPECT_EQ(gnutls_record_send(session_.get(), text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
  }
  void goodbye() { gnutls_bye(session_.get(), GNUTLS_SHUT_WR); }

  bytes take() { return std::exchange(output_, {}); }
  bool done() const { return done_; }
  bool failed() const { return failed_; }
  bool said_goodbye() const { return goodbye_; }
  const std::string& heard() const { return heard_; }
  std::string description() const {
    auto text = gnutls_session_get_desc(session_.get());
    std::string out = text ? text : "";
    gnutls_free(text);
    return out;
  }
  std::string agreed_protocol() const {
    gnutls_datum_t x{};
    if (gnutls_alpn_get_selected_protocol(session_.get(), &x) < 0)
      return {};
    return {reinterpret_cast<char*>(x.data), x.size};
  }

  static constexpr const char* key_hex = "000102030405060708090a0b0c0d0e0f";

private:
  template <auto Free>
  struct freed_by {
    template <class T>
    void operator()(T* x) const {
      Free(x);
    }
  };
  template <class T, auto Free>
  using owned = std::unique_ptr<std::remove_pointer_t<T>, freed_by<Free>>;

  static void check(int status) {
    ASSERT_GE(status, 0) << gnutls_strerror(status);
  }
  static gnutls_datum_t datum(const std::string& x) {
    return {reinterpret_cast<unsigned char*>(const_cast<char*>(x.data())),
            static_cast<unsigned>(x.size())};
  }

  void set_certificate(const gnutls_recipe& x) {
    gnutls_certificate_credentials_t raw = nullptr;
    check(gnutls_certificate_allocate_credentials(&raw));
    certificates_.reset(raw);
    if (x.own) {
      auto chain = datum(x.own->certificate_pem), key = datum(x.own->key_pem);
      check(gnutls_certificate_set_x509_key_mem(raw, &chain, &key,
                                                GNUTLS_X509_FMT_PEM));
    }
    if (x.trusted) {
      auto ca = datum(x.trusted->ca_pem());
      check(
          gnutls_certificate_set_x509_trust_mem(raw, &ca, GNUTLS_X509_FMT_PEM));
      gnutls_session_set_verify_cert(session_.get(),
                                     x.server ? nullptr : "dots.example", 0);
    }
    if (x.own || x.trusted || x.psk_identity.empty())
      check(
          gnutls_credentials_set(session_.get(), GNUTLS_CRD_CERTIFICATE, raw));
  }

  void set_psk(const gnutls_recipe& x) {
    std::string hex = key_hex;
    auto key = datum(hex);
    if (x.server) {
      gnutls_psk_server_credentials_t raw = nullptr;
      check(gnutls_psk_allocate_server_credentials(&raw));
      psk_server_.reset(raw);
      gnutls_psk_set_server_credentials_function(
          raw, [](gnutls_session_t, const char*, gnutls_datum_t* out) {
            out->data = static_cast<unsigned char*>(gnutls_malloc(16));
            out->size = 16;
            for (unsigned char i = 0; i < 16; ++i)
              out->data[i] = i;
            return 0;
          });
      check(gnutls_credentials_set(session_.get(), GNUTLS_CRD_PSK, raw));
    } else {
      gnutls_psk_client_credentials_t raw = nullptr;
      check(gnutls_psk_allocate_client_credentials(&raw));
      psk_client_.reset(raw);
      check(gnutls_psk_set_client_credentials(raw, x.psk_identity.c_str(), &key,
                                              GNUTLS_PSK_KEY_HEX));
      check(gnutls_credentials_set(session_.get(), GNUTLS_CRD_PSK, raw));
    }
  }

  static ssize_t push(gnutls_transport_ptr_t ptr, const void* data,
                      std::size_t size) {
    auto& out = static_cast<gnutls_peer*>(ptr)->output_;
    auto first = static_cast<const std::uint8_t*>(data);
    out.insert(out.end(), first, first + size);
    return static_cast<ssize_t>(size);
  }
  static ssize_t pull(gnutls_transport_ptr_t ptr, void* data,
                      std::size_t size) {
    auto& self = *static_cast<gnutls_peer*>(ptr);
    if (self.input_.empty()) {
      gnutls_transport_set_errno(self.session_.get(), EAGAIN);
      return -1;
    }
    size = std::min(size, self.input_.size());
    std::memcpy(data, self.input_.data(), size);
    self.input_.erase(self.input_.begin(),
                      self.input_.begin() + static_cast<long>(size));
    return static_cast<ssize_t>(size);
  }

  owned<gnutls_certificate_credentials_t, gnutls_certificate_free_credentials>
      certificates_;
  owned<gnutls_psk_server_credentials_t, gnutls_psk_free_server_credentials>
      psk_server_;
  owned<gnutls_psk_client_credentials_t, gnutls_psk_free_client_credentials>
      psk_client_;
  owned<gnutls_session_t, gnutls_deinit> session_;
  bytes input_, output_;
  std::string heard_;
  bool done_ = false, failed_ = false, goodbye_ = false;
};

} // namespace tocsin::transports
