#include "tests/unit/transports/dtls_fixture.hpp"

namespace tocsin::transports {
namespace {

using namespace std::chrono_literals;

class dtls_resumption_test : public dtls_fixture {
protected:
  dtls_resumption_test() {
    options.resumption = {ticket_keys::random(),
                          std::make_shared<resumption_cache>(), "upstream"};
  }

  void again(credentials_ptr server_side, credentials_ptr client_side,
             const std::string& name = "dots.example") {
    server.reset();
    flights.clear();
    shake(std::move(server_side), std::move(client_side), name, 700s);
  }
  void expect(bool resumed) {
    ASSERT_EQ(client->current(), established) << client->failure_reason();
    ASSERT_TRUE(server);
    ASSERT_EQ(server->current(), established) << server->failure_reason();
    EXPECT_EQ(client->resumed(), resumed);
    EXPECT_EQ(server->resumed(), resumed);
    ASSERT_TRUE(client->send(as_octets("question")));
    ASSERT_TRUE(server->send(as_octets("answer")));
    drain();
    settle();
    EXPECT_EQ(received_by(*server), std::vector<std::string>{"question"});
    EXPECT_EQ(received_by(*client), std::vector<std::string>{"answer"});
  }
};

// A server without state looks at one datagram only.
TEST_F(dtls_resumption_test, the_hello_with_a_ticket_is_one_datagram) {
  auto server_side = server_credentials();
  auto client_side = client_credentials();
  again(server_side, client_side);
  std::vector<std::size_t> hellos;
  tap = [&](bool to_server, const bytes& x) {
    if (to_server && is_client_hello(x))
      hellos.push_back(x.size());
  };
  again(server_side, client_side);
  expect(true);
  ASSERT_EQ(hellos.size(), 2u);
  EXPECT_GT(hellos[1], 700u);
  EXPECT_LE(hellos[1], options.mtu);
}

TEST_F(dtls_resumption_test, a_ticket_too_large_for_the_hello_is_dropped) {
  test::certificate_recipe recipe;
  recipe.common_name = "client.example";
  recipe.for_client = true;
  for (int i = 0; i < 40; ++i)
    recipe.dns_names.push_back("name" + std::to_string(i) + ".client.example");
  auto server_side = server_credentials();
  auto client_side = load(pki().issue(recipe));
  for (int i = 0; i < 2; ++i) {
    std::size_t largest = 0;
    tap = [&](bool to_server, const bytes& x) {
      if (to_server && is_client_hello(x))
        largest = std::max(largest, x.size());
    };
    again(server_side, client_side);
    expect(false);
    EXPECT_LT(largest, 500u);
  }
}

// Not ours: those of peers with large tickets or many extensions.
TEST_F(dtls_resumption_test, a_hello_in_fragments_gets_through) {
  options.mtu = 130;
  int fragments = 0;
  tap = [&](bool to_server, const bytes& x) {
    EXPECT_LE(x.size(), 130u);
    fragments += to_server && x.size() > 25 && x[13] == 1 && x[13 + 8] != 0;
  };
  again(server_credentials(), client_credentials());
  expect(false);
  EXPECT_GE(fragments, 2);
}

TEST_F(dtls_resumption_test, a_resumption_survives_loss_and_disorder) {
  options.handshake_limit = 600s;
  auto server_side = server_credentials();
  auto client_side = client_credentials();
  for (unsigned seed = 1; seed <= 60; ++seed) {
    degrade({seed, 0, 0, 10ms});
    again(server_side, client_side); // makes sure that there is a ticket
    degrade({seed, seed % 2 ? 0.3 : 0.0, 0.3, 10ms, 80ms});
    again(server_side, client_side);
    ASSERT_EQ(client->current(), established)
        << seed << ": " << client->failure_reason();
    ASSERT_TRUE(server);
    ASSERT_EQ(server->current(), established)
        << seed << ": " << server->failure_reason();
    EXPECT_TRUE(server->resumed()) << seed;
  }
}

TEST_F(dtls_resumption_test, a_full_handshake_with_a_ticket_survives_disorder) {
  options.mtu = 300;
  auto server_side = server_credentials();
  auto client_side = client_credentials();
  for (unsigned seed = 1; seed <= 40; ++seed) {
    options.resumption.cache = std::make_shared<resumption_cache>();
    degrade({seed, 0, 0, 10ms, 80ms});
    auto begin = now;
    again(server_side, client_side);
    ASSERT_EQ(server->current(), established) << seed;
    ASSERT_EQ(client->current(), established) << seed;
    ASSERT_LT(now - begin, 1s) << seed;
  }
}

// SIG-339, SIG-364
TEST_F(dtls_resumption_test, a_pre_shared_key_is_enough) {
  options.resumption = {};
  const std::string line = "client7:000102030405060708090a0b0c0d0e0f\n";
  std::uint16_t suite = 0;
  tap = [&](bool to_server, const bytes& x) {
    if (!to_server && x.size() > 59 && x[13] == 2) {
      auto at = 60u + x[59];
      suite = static_cast<std::uint16_t>(x.at(at) << 8 | x.at(at + 1));
    }
  };
  again(load_psk("other:ffffffffffffffffffffffffffffffff\n" + line),
        load_psk(line));
  expect(false);
  EXPECT_EQ(suite, 0xccac); // ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256
  EXPECT_EQ(server->peer().psk_identity, "client7");
  EXPECT_EQ(server->peer().spki, bytes{});
  EXPECT_EQ(client->peer().psk_identity, "client7");
}

TEST_F(dtls_resumption_test, a_server_with_both_takes_either) {
  options.resumption = {};
  const std::string line = "client7:000102030405060708090a0b0c0d0e0f\n";
  auto files = write(pki().server("dots.example"));
  files.psk = directory.write("keys", line, 0600);
  auto both = load(files);
  again(both, load_psk(line));
  expect(false);
  EXPECT_EQ(server->peer().psk_identity, "client7");
  again(both, client_credentials());
  expect(false);
  EXPECT_EQ(server->peer().common_name, "client.example");
  EXPECT_EQ(server->peer().psk_identity, "");
}

TEST_F(dtls_resumption_test, unknown_identities_and_wrong_keys_are_refused) {
  options.resumption = {};
  auto server_side = load_psk("a:000102030405060708090a0b0c0d0e0f");
  again(server_side, load_psk("b:000102030405060708090a0b0c0d0e0f"));
  EXPECT_EQ(server->failure_reason(),
            "the peer's pre-shared key is not known here");
  EXPECT_EQ(client->current(), closed);
  again(server_side, load_psk("a:ff0102030405060708090a0b0c0d0e0f"));
  run(200s, [&] { return false; });
  EXPECT_EQ(server->current(), closed);
  EXPECT_EQ(client->failure_reason(),
            "the handshake did not end in time; do both sides have the same "
            "pre-shared key?");
}

TEST_F(dtls_resumption_test, a_pre_shared_key_survives_loss_and_disorder) {
  options.handshake_limit = 600s;
  options.resumption = {};
  auto server_side = load_psk("a:000102030405060708090a0b0c0d0e0f");
  for (unsigned seed = 1; seed <= 40; ++seed) {
    degrade({seed, seed % 2 ? 0.3 : 0.0, 0.3, 10ms, 80ms});
    again(server_side, server_side);
    ASSERT_EQ(client->current(), established)
        << seed << ": " << client->failure_reason();
    ASSERT_TRUE(server);
    ASSERT_EQ(server->current(), established)
        << seed << ": " << server->failure_reason();
  }
}

} // namespace
} // namespace tocsin::transports
