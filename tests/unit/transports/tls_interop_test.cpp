#include "tests/unit/transports/gnutls_peer.hpp"
#include "tests/unit/transports/tls_fixture.hpp"

namespace tocsin::transports {
namespace {

/// BoringSSL on our side, GnuTLS on the other.
class tls_interop_test : public tls_fixture {
protected:
  static constexpr const char* only_1_2 = "NORMAL:-VERS-ALL:+VERS-TLS1.2";

  static void carry_all(tls_association& ours, gnutls_peer& theirs,
                        time_point when) {
    for (int i = 0; i < 20; ++i) {
      theirs.step();
      auto x = theirs.take();
      if (!x.empty())
        ours.receive(x, when);
      for (bytes y; ours.next_datagram(y);)
        theirs.receive(y);
    }
  }

  tls_association& serve(gnutls_peer& client_peer, credentials_ptr own) {
    auto x = tls_association::server(std::move(own), server_options, now);
    EXPECT_TRUE(x);
    server = *std::move(x);
    carry_all(*server, client_peer, now);
    return *server;
  }
  tls_association& call(gnutls_peer& server_peer, credentials_ptr own) {
    auto x = tls_association::client(std::move(own), "dots.example",
                                     client_options, now);
    EXPECT_TRUE(x);
    client = *std::move(x);
    carry_all(*client, server_peer, now);
    return *client;
  }

  void expect_conversation(tls_association& ours, gnutls_peer& theirs) {
    ASSERT_EQ(ours.current(), established) << ours.failure_reason();
    ASSERT_TRUE(theirs.done());
    ASSERT_TRUE(ours.send(as_octets("from us")));
    theirs.say("from them");
    carry_all(ours, theirs, now);
    EXPECT_EQ(theirs.heard(), "from us");
    EXPECT_EQ(received_by(ours), "from them");
    theirs.goodbye();
    carry_all(ours, theirs, now);
    EXPECT_EQ(ours.current(), closed);
    EXPECT_EQ(ours.failure_reason(), "");
    EXPECT_TRUE(theirs.said_goodbye());
  }

  test::issued_certificate own_client = pki().client("client.example");
  test::issued_certificate own_server = pki().server("dots.example");
};

// SIG-327, SIG-329, SIG-363
TEST_F(tls_interop_test, a_client_of_another_library_is_served) {
  for (auto [priority, version] :
       {std::pair{only_1_2, "TLS 1.2"},
        std::pair{"NORMAL:-VERS-ALL:+VERS-TLS1.3", "TLS 1.3"}}) {
    gnutls_peer peer{{false, priority, &own_client, &pki()}};
    auto& ours = serve(peer, server_credentials());
    EXPECT_EQ(ours.protocol(), version);
    EXPECT_EQ(ours.peer().common_name, "client.example");
    EXPECT_EQ(peer.agreed_protocol(), "coap");
    expect_conversation(ours, peer);
  }
}

// SIG-327, SIG-329, SIG-363
TEST_F(tls_interop_test, a_server_of_another_library_is_used) {
  for (auto [priority, version] :
       {std::pair{only_1_2, "TLS 1.2"},
        std::pair{"NORMAL:-VERS-ALL:+VERS-TLS1.3", "TLS 1.3"}}) {
    gnutls_peer peer{{true, priority, &own_server, &pki()}};
    auto& ours = call(peer, client_credentials());
    EXPECT_EQ(ours.protocol(), version);
    EXPECT_EQ(ours.peer().common_name, "dots.example");
    expect_conversation(ours, peer);
  }
}

// SIG-329
TEST_F(tls_interop_test, tls_1_1_is_refused) {
  const std::string old = "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0:%COMPAT";
  gnutls_peer old_client{{false, old, &own_client, &pki()}};
  EXPECT_EQ(serve(old_client, server_credentials()).current(), closed);
  EXPECT_NE(server->failure_reason(), "");
  EXPECT_FALSE(old_client.done());
  gnutls_peer old_server{{true, old, &own_server, &pki()}};
  EXPECT_EQ(call(old_server, client_credentials()).current(), closed);
  EXPECT_FALSE(old_server.done());
}

// SIG-328, SIG-388, SIG-389, ARCH-203, ARCH-221
TEST_F(tls_interop_test, suites_without_aead_or_ephemeral_keys_are_refused) {
  for (const std::string suites :
       {"NONE:+VERS-TLS1.2:+ECDHE-ECDSA:+AES-128-CBC:+SHA256:+SHA1:"
        "+SIGN-ALL:+GROUP-ALL:+COMP-NULL:+CTYPE-ALL",
        "NONE:+VERS-TLS1.2:+RSA:+AES-128-GCM:+AEAD:+SIGN-ALL:+GROUP-ALL:"
        "+COMP-NULL:+CTYPE-ALL"}) {
    gnutls_peer peer{{false, suites, &own_client, &pki()}};
    EXPECT_EQ(serve(peer, server_credentials()).current(), closed) << suites;
    EXPECT_FALSE(peer.done());
  }
}

// SIG-362, ARCH-042, ARCH-223
TEST_F(tls_interop_test, a_client_without_a_certificate_is_refused) {
  for (auto priority : {only_1_2, "NORMAL:-VERS-ALL:+VERS-TLS1.3"}) {
    gnutls_peer peer{{false, priority, nullptr, &pki()}};
    auto& ours = serve(peer, server_credentials());
    EXPECT_EQ(ours.current(), closed);
    EXPECT_EQ(ours.failure_reason(), "the peer presented no certificate");
    EXPECT_EQ(ours.peer(), peer_identity{});
  }
}

TEST_F(tls_interop_test, a_certificate_that_the_peer_does_not_own_is_refused) {
  test::test_pki other{"Other CA"};
  auto foreign = other.server("dots.example");
  gnutls_peer peer{{true, only_1_2, &foreign, nullptr}};
  auto& ours = call(peer, client_credentials());
  EXPECT_EQ(ours.failure_reason(),
            "the peer's certificate was not issued by a trusted CA");
  EXPECT_TRUE(peer.failed());
}

// COAP-111
TEST_F(tls_interop_test, a_server_wants_coap_to_be_offered) {
  for (const std::string offered : {"", "h2"}) {
    gnutls_recipe recipe{false, only_1_2, &own_client, &pki()};
    recipe.alpn = offered;
    gnutls_peer peer{recipe};
    auto& ours = serve(peer, server_credentials());
    EXPECT_EQ(ours.current(), closed);
    EXPECT_NE(ours.failure_reason().find("coap"), std::string::npos)
        << ours.failure_reason();
    EXPECT_FALSE(peer.done());
  }
}

// COAP-111
TEST_F(tls_interop_test, a_client_closes_unless_coap_is_selected) {
  for (auto priority : {only_1_2, "NORMAL:-VERS-ALL:+VERS-TLS1.3"}) {
    gnutls_recipe recipe{true, priority, &own_server, &pki()};
    recipe.alpn = "";
    gnutls_peer peer{recipe};
    auto& ours = call(peer, client_credentials());
    EXPECT_EQ(ours.current(), closed);
    EXPECT_EQ(ours.failure_reason(),
              "the peer did not agree on the protocol coap by ALPN");
    EXPECT_TRUE(ours.peer() == peer_identity{});
  }
}

// COAP-111: unless the peers agreed otherwise.
TEST_F(tls_interop_test, alpn_can_be_left_out_by_configuration) {
  client_options.require_alpn = server_options.require_alpn = false;
  for (const std::string offered : {"", "h2"}) {
    gnutls_recipe recipe{false, only_1_2, &own_client, &pki()};
    recipe.alpn = offered;
    gnutls_peer peer{recipe};
    expect_conversation(serve(peer, server_credentials()), peer);
  }
  gnutls_recipe recipe{true, only_1_2, &own_server, &pki()};
  recipe.alpn = "";
  gnutls_peer peer{recipe};
  expect_conversation(call(peer, client_credentials()), peer);
}

// SIG-340: data leaves with the client's second flight.
TEST_F(tls_interop_test, a_client_starts_before_the_server_has_finished) {
  gnutls_peer peer{{true, only_1_2, &own_server, &pki()}};
  auto x = tls_association::client(client_credentials(), "dots.example",
                                   client_options, now);
  ASSERT_TRUE(x);
  client = *std::move(x);
  bytes flight;
  ASSERT_TRUE(client->next_datagram(flight));
  peer.receive(flight);
  client->receive(peer.take(), now);
  ASSERT_EQ(client->current(), established) << client->failure_reason();
  EXPECT_EQ(client->peer().common_name, "dots.example");
  EXPECT_EQ(client->next_deadline(), now + client_options.handshake_limit);
  ASSERT_TRUE(client->send(as_octets("early")));
  carry_all(*client, peer, now);
  EXPECT_EQ(peer.heard(), "early");
  EXPECT_EQ(client->next_deadline(), std::nullopt);
}

TEST_F(tls_interop_test, a_false_start_that_never_finishes_ends_in_time) {
  gnutls_peer peer{{true, only_1_2, &own_server, &pki()}};
  auto x = tls_association::client(client_credentials(), "dots.example",
                                   client_options, now);
  ASSERT_TRUE(x);
  client = *std::move(x);
  bytes flight;
  ASSERT_TRUE(client->next_datagram(flight));
  peer.receive(flight);
  client->receive(peer.take(), now);
  ASSERT_EQ(client->current(), established);
  client->on_time(now + client_options.handshake_limit);
  EXPECT_EQ(client->current(), closed);
}

// SIG-339, SIG-364
TEST_F(tls_interop_test, pre_shared_keys_work_with_another_library) {
  auto keys = load_psk(std::string{"client7:"} + gnutls_peer::key_hex);
  const std::string suites = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-PSK";
  gnutls_recipe recipe{false, suites, nullptr, nullptr, "client7"};
  gnutls_peer their_client{recipe};
  auto& ours = serve(their_client, keys);
  EXPECT_EQ(ours.peer().psk_identity, "client7") << ours.failure_reason();
  EXPECT_NE(their_client.description().find("CHACHA20-POLY1305"),
            std::string::npos);
  expect_conversation(ours, their_client);
  recipe.server = true;
  gnutls_peer their_server{recipe};
  expect_conversation(call(their_server, keys), their_server);
}

} // namespace
} // namespace tocsin::transports
