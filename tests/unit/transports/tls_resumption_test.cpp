#include "tests/unit/transports/tls_fixture.hpp"

namespace tocsin::transports {
namespace {

using namespace std::chrono_literals;

class tls_resumption_test : public tls_fixture {
protected:
  tls_resumption_test() {
    server_options.resumption.tickets = tickets;
    client_options.resumption.cache = cache;
    client_options.resumption.key = "upstream tcp";
  }
  void expect(bool resumed) {
    expect_talk();
    EXPECT_EQ(client->resumed(), resumed);
    EXPECT_EQ(server->resumed(), resumed);
  }

  std::shared_ptr<const ticket_keys> tickets = ticket_keys::random();
  std::shared_ptr<resumption_cache> cache =
      std::make_shared<resumption_cache>();
};

// SIG-338, SIG-343: each association brings the ticket for the next.
TEST_F(tls_resumption_test, the_peer_is_known_again) {
  auto server_side = server_credentials();
  auto client_side = client_credentials();
  for (auto resumed : {false, true, true}) {
    shake(server_side, client_side);
    expect(resumed);
    EXPECT_EQ(server->peer(), client_side->own());
    EXPECT_EQ(client->peer(), server_side->own());
    EXPECT_EQ(cache->size(), 1u);
  }
}

// SIG-338
TEST_F(tls_resumption_test, a_restarted_server_resumes_with_the_same_secret) {
  auto file = directory.path() / "tickets";
  auto own = pki().server("dots.example");
  auto client_side = client_credentials();
  for (auto resumed : {false, true}) {
    auto keys = ticket_keys::load_or_create(file);
    ASSERT_TRUE(keys) << to_string(keys.error());
    server_options.resumption.tickets = *keys;
    shake(load(own), client_side);
    expect(resumed);
  }
  server_options.resumption.tickets = ticket_keys::random();
  shake(load(own), client_side);
  expect(false);
}

TEST_F(tls_resumption_test, a_client_revoked_since_is_told_so) {
  auto lost = pki().client("lost.example");
  auto files = write(pki().server("dots.example"));
  auto client_side = load(lost);
  shake(load(files), client_side);
  expect(false);
  files.revocation = directory.write("crl.pem", pki().revoke({lost.der}), 0644);
  shake(load(files), client_side);
  EXPECT_EQ(server->current(), closed);
  EXPECT_EQ(server->failure_reason(), "the peer's certificate is revoked");
}

TEST_F(tls_resumption_test, a_server_revoked_since_is_not_resumed) {
  auto own = pki().server("dots.example");
  auto server_side = load(own);
  auto files = write(pki().client("client.example"));
  shake(server_side, load(files));
  expect(false);
  files.revocation = directory.write("crl.pem", pki().revoke({own.der}), 0644);
  shake(server_side, load(files));
  EXPECT_EQ(client->failure_reason(), "the peer's certificate is revoked");
}

TEST_F(tls_resumption_test, another_name_or_identity_begins_anew) {
  auto both = load(
      pki().issue({"x", {"dots.example", "other.example"}, {}, true, false}));
  auto client_side = client_credentials();
  shake(both, client_side);
  expect(false);
  shake(both, client_side, "other.example");
  expect(false);
  shake(both, load(pki().client("another.example")), "other.example");
  expect(false);
  EXPECT_EQ(server->peer().common_name, "another.example");
}

TEST_F(tls_resumption_test, a_pre_shared_key_is_resumed_until_keys_change) {
  const std::string line = "client7:000102030405060708090a0b0c0d0e0f\n";
  auto client_side = load_psk(line);
  for (auto resumed : {false, true, true}) {
    shake(load_psk(line), client_side);
    expect(resumed);
    EXPECT_EQ(server->peer().psk_identity, "client7");
  }
  shake(load_psk(line + "b:ff0102030405060708090a0b0c0d0e0f\n"), client_side);
  expect(false);
  shake(load_psk("b:ff0102030405060708090a0b0c0d0e0f\n"), client_side);
  EXPECT_EQ(server->failure_reason(),
            "the peer's pre-shared key is not known here");
}

TEST_F(tls_resumption_test, nothing_is_kept_without_a_cache_or_tickets) {
  client_options.resumption = {};
  auto server_side = server_credentials();
  auto client_side = client_credentials();
  for (int i = 0; i < 2; ++i) {
    shake(server_side, client_side);
    expect(false);
  }
  client_options.resumption = {nullptr, cache, "upstream tcp"};
  server_options.resumption = {};
  shake(server_side, client_side);
  expect(false);
  EXPECT_EQ(cache->size(), 0u);
}

class ticket_keys_test : public ::testing::Test {
protected:
  test::temporary_directory directory;
  std::shared_ptr<const ticket_keys> keys = ticket_keys::random();
  static constexpr unix_seconds begin = 1000 * ticket_period.count();
};

TEST_F(ticket_keys_test, tickets_live_for_one_to_two_periods) {
  auto period = ticket_period.count();
  auto ticket = keys->seal(as_octets("session"), {}, begin);
  EXPECT_EQ(ticket.size(), 7 + ticket_keys::overhead);
  for (auto later : {unix_seconds{0}, period, 2 * period - 1}) {
    auto text = keys->open(ticket, {}, begin + later);
    ASSERT_TRUE(text) << later;
    EXPECT_EQ(as_text(*text), "session");
  }
  EXPECT_FALSE(keys->open(ticket, {}, begin + 2 * period));
  EXPECT_FALSE(keys->open(ticket, {}, begin - 1));
}

TEST_F(ticket_keys_test, other_secrets_contexts_and_octets_open_nothing) {
  auto ticket = keys->seal(as_octets("session"), as_octets("a"), begin);
  EXPECT_FALSE(keys->open(ticket, as_octets("b"), begin));
  EXPECT_FALSE(ticket_keys::random()->open(ticket, as_octets("a"), begin));
  for (std::size_t i = 0; i < ticket.size(); ++i) {
    auto changed = ticket;
    changed[i] ^= 1;
    EXPECT_FALSE(keys->open(changed, as_octets("a"), begin)) << i;
    EXPECT_FALSE(keys->open(byte_view{ticket}.first(i), as_octets("a"), begin));
  }
  EXPECT_NE(keys->dtls_key(as_octets("a")), keys->dtls_key(as_octets("b")));
  EXPECT_EQ(keys->dtls_key({}).size(), 64u);
}

TEST_F(ticket_keys_test, the_file_is_made_once_and_for_its_owner_only) {
  auto file = directory.path() / "tickets";
  auto first = ticket_keys::load_or_create(file);
  ASSERT_TRUE(first) << to_string(first.error());
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms{0600});
  auto second = ticket_keys::load_or_create(file);
  ASSERT_TRUE(second);
  EXPECT_EQ((*first)->dtls_key({}), (*second)->dtls_key({}));
  EXPECT_NE((*first)->dtls_key({}), keys->dtls_key({}));
}

TEST_F(ticket_keys_test, a_bad_file_is_refused) {
  auto small = directory.write("small", std::string(63, 'x'), 0600);
  EXPECT_EQ(ticket_keys::load_or_create(small).error().code, ec::malformed);
  auto open = directory.write("open", std::string(64, 'x'), 0640);
  EXPECT_EQ(ticket_keys::load_or_create(open).error().code, ec::unauthorized);
  auto nowhere = directory.path() / "absent" / "tickets";
  EXPECT_EQ(ticket_keys::load_or_create(nowhere).error().code, ec::io);
}

TEST(resumption_cache, sessions_are_handed_out_once_and_are_bounded) {
  resumption_cache cache{2};
  cache.put("a", {{1}, {}, {}});
  cache.put("b", {{2}, {}, {}});
  cache.put("a", {{3}, {}, {}}); // replaces, and is the youngest
  cache.put("c", {{4}, {}, {}});
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_FALSE(cache.take("b"));
  EXPECT_EQ(cache.take("a")->state, bytes{3});
  EXPECT_FALSE(cache.take("a"));
  EXPECT_EQ(cache.take("c")->state, bytes{4});
}

} // namespace
} // namespace tocsin::transports
