#include "tests/unit/transports/dtls_fixture.hpp"
#include "tests/unit/transports/tls_fixture.hpp"

namespace tocsin::transports {
namespace {

using namespace std::chrono_literals;

/// What is the same over either transport, by the names of one.
class over_dtls : public dtls_fixture {
protected:
  void set(const resumption_options& x) { options.resumption = x; }
  void meet(credentials_ptr server_side, credentials_ptr client_side,
            const std::string& name = "dots.example") {
    server.reset();
    flights.clear();
    shake(std::move(server_side), std::move(client_side), name, 700s);
  }
  void deliver() {
    drain();
    settle();
  }
  template <class Association>
  std::string heard_by(Association& x) {
    std::string all;
    for (const auto& one : received_by(x))
      all += one;
    return all;
  }
};

class over_tls : public tls_fixture {
protected:
  void set(const resumption_options& x) {
    server_options.resumption = client_options.resumption = x;
  }
  void meet(credentials_ptr server_side, credentials_ptr client_side,
            const std::string& name = "dots.example") {
    shake(std::move(server_side), std::move(client_side), name);
  }
  void deliver() { exchange(); }
  template <class Association>
  std::string heard_by(Association& x) {
    return received_by(x);
  }
};

template <class Transport>
class resumption_test : public Transport {
protected:
  using credentials_ptr = typename Transport::credentials_ptr;

  resumption_test() { keep(tickets, cache); }

  void keep(std::shared_ptr<const ticket_keys> keys,
            std::shared_ptr<resumption_cache> sessions) {
    this->set({std::move(keys), std::move(sessions), "upstream"});
  }

  void expect(bool resumed) {
    ASSERT_TRUE(this->server);
    auto& a = *this->client;
    auto& b = *this->server;
    ASSERT_EQ(a.current(), this->established) << a.failure_reason();
    ASSERT_EQ(b.current(), this->established) << b.failure_reason();
    EXPECT_EQ(a.resumed(), resumed);
    EXPECT_EQ(b.resumed(), resumed);
    ASSERT_TRUE(a.send(as_octets("question")));
    ASSERT_TRUE(b.send(as_octets("answer")));
    this->deliver();
    EXPECT_EQ(this->heard_by(b), "question");
    EXPECT_EQ(this->heard_by(a), "answer");
  }

  credential_files with_revoked(credential_files files,
                                const test::issued_certificate& what) {
    files.revocation =
        this->directory.write("crl.pem", this->pki().revoke({what.der}), 0644);
    return files;
  }

  std::shared_ptr<const ticket_keys> tickets = ticket_keys::random();
  std::shared_ptr<resumption_cache> cache =
      std::make_shared<resumption_cache>();
};

struct names {
  template <class T>
  static std::string GetName(int) {
    return std::is_same_v<T, over_dtls> ? "dtls" : "tls";
  }
};

using transports_of_the_signal_channel = ::testing::Types<over_dtls, over_tls>;
TYPED_TEST_SUITE(resumption_test, transports_of_the_signal_channel, names);

// ARCH-219
// SIG-338, SIG-343: each association brings the ticket for the next.
TYPED_TEST(resumption_test, the_peer_is_known_again) {
  auto server_side = this->server_credentials();
  auto client_side = this->client_credentials();
  for (auto resumed : {false, true, true}) {
    this->meet(server_side, client_side);
    this->expect(resumed);
    EXPECT_EQ(this->server->peer(), client_side->own());
    EXPECT_EQ(this->client->peer(), server_side->own());
    EXPECT_EQ(this->cache->size(), 1u);
  }
}

// SIG-338, ARCH-158
TYPED_TEST(resumption_test, a_restarted_server_resumes_with_the_same_secret) {
  auto file = this->directory.path() / "tickets";
  auto own = this->pki().server("dots.example");
  auto client_side = this->client_credentials();
  for (auto resumed : {false, true}) {
    auto keys = ticket_keys::load_or_create(file);
    ASSERT_TRUE(keys) << to_string(keys.error());
    this->keep(*keys, this->cache);
    this->meet(this->load(own), client_side);
    this->expect(resumed);
  }
  this->keep(ticket_keys::random(), this->cache);
  this->meet(this->load(own), client_side);
  this->expect(false);
}

TYPED_TEST(resumption_test, a_client_revoked_since_is_told_so) {
  auto lost = this->pki().client("lost.example");
  auto files = this->write(this->pki().server("dots.example"));
  auto client_side = this->load(lost);
  this->meet(this->load(files), client_side);
  this->expect(false);
  this->meet(this->load(this->with_revoked(files, lost)), client_side);
  EXPECT_EQ(this->server->current(), this->closed);
  EXPECT_EQ(this->server->failure_reason(),
            "the peer's certificate is revoked");
}

// The CA changed, and so did the client's trust; the client's own certificate
// is judged anew and refused, not silently resumed.
TYPED_TEST(resumption_test, a_server_that_changed_its_cas_asks_again) {
  auto own = this->pki().server("dots.example");
  auto client_side = this->client_credentials();
  this->meet(this->load(own), client_side);
  this->expect(false);
  test::test_pki other{"Other CA"};
  this->meet(this->load(own, other), client_side);
  EXPECT_EQ(this->server->failure_reason(),
            "the peer's certificate was not issued by a trusted CA");
}

TYPED_TEST(resumption_test, a_server_revoked_since_is_not_resumed) {
  auto own = this->pki().server("dots.example");
  auto server_side = this->load(own);
  auto files = this->write(this->pki().client("client.example"));
  this->meet(server_side, this->load(files));
  this->expect(false);
  this->meet(server_side, this->load(this->with_revoked(files, own)));
  EXPECT_EQ(this->client->failure_reason(),
            "the peer's certificate is revoked");
}

TYPED_TEST(resumption_test, another_name_or_identity_begins_anew) {
  auto both = this->load(this->pki().issue(
      {"x", {"dots.example", "other.example"}, {}, true, false}));
  auto client_side = this->client_credentials();
  this->meet(both, client_side);
  this->expect(false);
  this->meet(both, client_side, "other.example");
  this->expect(false);
  this->meet(both, this->load(this->pki().client("another.example")),
             "other.example");
  this->expect(false);
  EXPECT_EQ(this->server->peer().common_name, "another.example");
}

TYPED_TEST(resumption_test, a_pre_shared_key_is_resumed_until_keys_change) {
  const std::string line = "client7:000102030405060708090a0b0c0d0e0f\n";
  const std::string other = "b:ff0102030405060708090a0b0c0d0e0f\n";
  auto client_side = this->load_psk(line);
  for (auto resumed : {false, true, true}) {
    this->meet(this->load_psk(line), client_side);
    this->expect(resumed);
    EXPECT_EQ(this->server->peer().psk_identity, "client7");
  }
  this->meet(this->load_psk(line + other), client_side);
  this->expect(false);
  this->meet(this->load_psk(other), client_side);
  EXPECT_EQ(this->server->failure_reason(),
            "the peer's pre-shared key is not known here");
}

TYPED_TEST(resumption_test, nothing_is_kept_without_a_cache_or_tickets) {
  auto server_side = this->server_credentials();
  auto client_side = this->client_credentials();
  this->keep(this->tickets, nullptr);
  for (int i = 0; i < 2; ++i) {
    this->meet(server_side, client_side);
    this->expect(false);
  }
  this->keep(nullptr, this->cache);
  for (int i = 0; i < 2; ++i) {
    this->meet(server_side, client_side);
    this->expect(false);
  }
  EXPECT_EQ(this->cache->size(), 0u);
}

} // namespace
} // namespace tocsin::transports
