#include "tests/unit/transports/gnutls_peer.hpp"
#include "tests/unit/transports/tls_fixture.hpp"

namespace tocsin::transports {
namespace {

/// What the data channel asks of TLS.
class tls_alpn_test : public tls_fixture {
protected:
  void SetUp() override {
    for (auto* x : {&server_options, &client_options}) {
      x->alpn = http_alpn;
      x->require_alpn = false;
    }
  }

  /// A client of another library, up to the end of the handshake.
  void serve(const gnutls_recipe& recipe) {
    peer = std::make_unique<gnutls_peer>(recipe);
    auto x = tls_association::server(server_credentials(), server_options, now);
    ASSERT_TRUE(x);
    server = *std::move(x);
    for (int i = 0; i < 20; ++i) {
      peer->step();
      if (auto octets = peer->take(); !octets.empty())
        server->receive(octets, now);
      for (bytes octets; server->next_datagram(octets);)
        peer->receive(octets);
    }
  }

  test::issued_certificate own = pki().client("client.example");
  std::unique_ptr<gnutls_peer> peer;
};

TEST_F(tls_alpn_test, both_sides_agree_on_http) {
  client_options.require_alpn = server_options.require_alpn = true;
  shake();
  expect_talk();
}

// REST-001, DATA-234: TLS 1.2 and 1.3, and nothing older.
TEST_F(tls_alpn_test, a_client_need_not_offer_http) {
  for (auto [priority, version] :
       {std::pair{"NORMAL:-VERS-ALL:+VERS-TLS1.2", "TLS 1.2"},
        std::pair{"NORMAL:-VERS-ALL:+VERS-TLS1.3", "TLS 1.3"}})
    for (const std::string offered : {"", "http/1.1"}) {
      gnutls_recipe recipe{false, priority, &own, &pki()};
      recipe.alpn = offered;
      serve(recipe);
      EXPECT_EQ(server->current(), established) << server->failure_reason();
      EXPECT_EQ(server->protocol(), version);
      EXPECT_EQ(peer->agreed_protocol(), offered);
    }
  serve({false, "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT", &own, &pki()});
  EXPECT_EQ(server->current(), closed);
}

TEST_F(tls_alpn_test, a_client_of_another_protocol_is_refused) {
  for (const std::string offered : {"h2", "coap"}) {
    gnutls_recipe recipe{false, "NORMAL", &own, &pki()};
    recipe.alpn = offered;
    serve(recipe);
    EXPECT_EQ(server->current(), closed);
    EXPECT_EQ(server->failure_reason(),
              "the peer offers other protocols than http/1.1");
  }
}

// DATA-232, REST-012, ARCH-042, ARCH-223
TEST_F(tls_alpn_test, a_client_without_certificate_is_refused) {
  for (const std::string priority :
       {"NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3"}) {
    gnutls_recipe recipe{false, priority, nullptr, &pki()};
    recipe.alpn = "http/1.1";
    serve(recipe);
    EXPECT_EQ(server->current(), closed);
    EXPECT_EQ(server->failure_reason(), "the peer presented no certificate");
  }
}

// DATA-233
TEST_F(tls_alpn_test, a_client_without_authenticated_encryption_is_refused) {
  gnutls_recipe recipe{
      false, "NORMAL:-VERS-ALL:+VERS-TLS1.2:-AEAD:-CIPHER-ALL:+AES-128-CBC",
      &own, &pki()};
  recipe.alpn = "http/1.1";
  serve(recipe);
  EXPECT_EQ(server->current(), closed);
}

} // namespace
} // namespace tocsin::transports
