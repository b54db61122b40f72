#include "tests/unit/transports/dtls_fixture.hpp"

#include <algorithm>
#include <random>

namespace tocsin::transports {
namespace {

using namespace std::chrono_literals;

using dtls_test = dtls_fixture;

bool contains(byte_view haystack, std::string_view needle) {
  return as_text(haystack).find(needle) != std::string_view::npos;
}

TEST_F(dtls_test, both_sides_learn_who_the_other_is) {
  auto server_side = server_credentials();
  auto client_side = client_credentials();
  shake(server_side, client_side);
  ASSERT_EQ(client->current(), established) << client->failure_reason();
  ASSERT_EQ(server->current(), established) << server->failure_reason();
  EXPECT_EQ(client->peer(), server_side->own());
  EXPECT_EQ(server->peer(), client_side->own());
  EXPECT_EQ(server->peer().common_name, "client.example");
  EXPECT_EQ(server->peer().subject, "CN=client.example");
  EXPECT_EQ(server->peer().dns_names,
            std::vector<std::string>{"client.example"});
  EXPECT_TRUE(server->peer().fingerprint.starts_with("sha256:"));
  EXPECT_EQ(server->peer().fingerprint.size(), 7u + 64);
  EXPECT_FALSE(server->peer().spki.empty());
  EXPECT_GT(server->peer().not_after, 0);
  EXPECT_EQ(client->next_deadline(), std::nullopt);
  EXPECT_EQ(server->next_deadline(), std::nullopt);
}

TEST_F(dtls_test, messages_arrive_in_both_directions) {
  shake();
  ASSERT_TRUE(client->send(as_octets("one")));
  ASSERT_TRUE(client->send(as_octets("two")));
  ASSERT_TRUE(server->send(as_octets("three")));
  drain();
  settle();
  EXPECT_EQ(received_by(*server), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(received_by(*client), (std::vector<std::string>{"three"}));
}

// SIG-336
TEST_F(dtls_test, the_server_name_is_sent_in_the_client_hello) {
  bool seen = false;
  tap = [&](bool to_server, const bytes& x) {
    seen = seen || (to_server && contains(x, "dots.example"));
  };
  shake();
  EXPECT_TRUE(seen);
}

// ARCH-203, ARCH-221
// SIG-328, SIG-388, SIG-389: the ServerHello names an ECDHE AEAD suite.
TEST_F(dtls_test, the_suite_is_ephemeral_and_authenticated) {
  std::uint16_t suite = 0;
  tap = [&](bool to_server, const bytes& x) {
    constexpr auto session_id = 13u + 12 + 2 + 32;
    if (!to_server && x.size() > session_id && x[13] == 2) {
      auto at = session_id + 1 + x[session_id];
      suite = static_cast<std::uint16_t>(x.at(at) << 8 | x.at(at + 1));
    }
  };
  shake();
  EXPECT_EQ(suite, 0xc02b); // ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
}

// ARCH-203, ARCH-221
// SIG-328, SIG-388: what the client offers is all AEAD with ECDHE.
TEST_F(dtls_test, only_good_suites_are_offered) {
  std::vector<unsigned> offered;
  tap = [&](bool to_server, const bytes& x) {
    if (!to_server || !offered.empty())
      return;
    auto at = 13u + 12 + 2 + 32 + 2; // neither session id nor cookie
    for (auto end = at + 2 + x.at(at + 1); at + 2 < end; at += 2)
      offered.push_back(x.at(at + 2) << 8 | x.at(at + 3));
  };
  shake();
  const std::vector<unsigned> good{0xc02b, 0xc02f, 0xcca9, 0xcca8,
                                   0xc02c, 0xc030, 0x00ff /* RFC 5746 */};
  EXPECT_FALSE(offered.empty());
  for (auto x : offered)
    EXPECT_TRUE(std::ranges::count(good, x)) << std::hex << x;
}

// SIG-329
TEST_F(dtls_test, dtls_1_0_is_refused) {
  server_credentials_ = server_credentials();
  start_client(client_credentials());
  ASSERT_EQ(flights.size(), 1u);
  auto old = flights[0].data;
  to_server(old); // asks for a cookie
  client->receive(flights.at(1).data, now);
  bytes hello;
  ASSERT_TRUE(client->next_datagram(hello));
  hello.at(13 + 12 + 1) = 0xff; // client_version
  to_server(hello);
  ASSERT_TRUE(server);
  EXPECT_EQ(server->current(), closed);
  EXPECT_NE(server->failure_reason(), "");
}

// SIG-361, SIG-362, USE-079, ARCH-042, ARCH-201, ARCH-223
TEST_F(dtls_test, a_client_of_another_ca_is_refused) {
  test::test_pki other{"Other CA"};
  shake(server_credentials(), load(other.client("client.example"), pki()));
  EXPECT_EQ(server->current(), closed);
  EXPECT_EQ(client->current(), closed);
  EXPECT_EQ(server->failure_reason(),
            "the peer's certificate was not issued by a trusted CA");
  EXPECT_TRUE(client->failure_reason().starts_with("the peer refused: "));
}

// SIG-330, USE-079, ARCH-042, ARCH-201, ARCH-223
TEST_F(dtls_test, a_server_of_another_ca_is_refused) {
  test::test_pki other{"Other CA"};
  shake(load(other.server("dots.example")), client_credentials());
  EXPECT_EQ(client->current(), closed);
  EXPECT_EQ(client->failure_reason(),
            "the peer's certificate was not issued by a trusted CA");
}

// SIG-330, SIG-363
TEST_F(dtls_test, certificates_out_of_their_time_are_refused) {
  test::certificate_recipe recipe{"x", {"dots.example"}, {}, true, true};
  recipe.valid_from = -48h;
  recipe.valid_to = -24h;
  shake(load(pki().issue(recipe)), client_credentials());
  EXPECT_EQ(client->failure_reason(), "the peer's certificate has expired");
  server.reset();
  flights.clear();
  shake(server_credentials(), load(pki().issue(recipe)));
  EXPECT_EQ(server->failure_reason(), "the peer's certificate has expired");
  server.reset();
  flights.clear();
  recipe.valid_from = 24h;
  recipe.valid_to = 48h;
  shake(server_credentials(), load(pki().issue(recipe)));
  EXPECT_EQ(server->failure_reason(),
            "the peer's certificate is not valid yet");
}

TEST_F(dtls_test, a_certificate_for_another_purpose_is_refused) {
  shake(server_credentials(), load(pki().server("client.example")));
  EXPECT_EQ(server->failure_reason(),
            "the peer's certificate is not meant for this role");
  server.reset();
  flights.clear();
  shake(load(pki().client("dots.example")), client_credentials());
  EXPECT_EQ(client->failure_reason(),
            "the peer's certificate is not meant for this role");
}

TEST_F(dtls_test, a_revoked_client_is_refused) {
  auto own = pki().server("dots.example");
  auto lost = pki().client("lost.example");
  auto files = test::write_files(directory, "server", own, pki());
  auto crl = directory.write("crl.pem", pki().revoke({lost.der}), 0644);
  auto loaded =
      credentials::load({files.certificate, files.key, files.trust, crl});
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  shake(*loaded, load(lost));
  EXPECT_EQ(server->failure_reason(), "the peer's certificate is revoked");
  server.reset();
  flights.clear();
  shake(*loaded, client_credentials());
  EXPECT_EQ(server->current(), established) << server->failure_reason();
}

// SIG-331, ARCH-206
TEST_F(dtls_test, a_server_of_another_name_is_refused) {
  shake(load(pki().server("other.example")), client_credentials());
  EXPECT_EQ(client->current(), closed);
  EXPECT_EQ(client->failure_reason(),
            "the server's certificate is not for dots.example");
  EXPECT_TRUE(server->current() == closed);
}

// SIG-334
TEST_F(dtls_test, a_wildcard_matches_nothing) {
  shake(load(pki().server("*.example")), client_credentials());
  EXPECT_EQ(client->current(), closed);
}

// SIG-331, SIG-335: RFC 6125, Section 6.4.4; a URI-ID names no server.
TEST_F(dtls_test, the_common_name_counts_only_without_alternative_names) {
  test::certificate_recipe recipe;
  recipe.common_name = "dots.example";
  recipe.for_server = true;
  shake(load(pki().issue(recipe)), client_credentials());
  EXPECT_EQ(client->current(), established) << client->failure_reason();
  for (auto with_dns : {false, true}) {
    server.reset();
    flights.clear();
    recipe.dns_names.clear();
    recipe.uris.clear();
    (with_dns ? recipe.dns_names : recipe.uris) = {
        with_dns ? "other.example" : "coaps://dots.example"};
    shake(load(pki().issue(recipe)), client_credentials());
    EXPECT_EQ(client->current(), closed) << with_dns;
  }
}

TEST_F(dtls_test, a_client_needs_the_name_of_its_server) {
  EXPECT_FALSE(
      dtls_association::client(client_credentials(), "", options, now));
}

// SIG-337, ARCH-202, ARCH-221
TEST_F(dtls_test, a_replayed_record_is_dropped) {
  shake();
  ASSERT_TRUE(client->send(as_octets("once")));
  bytes record;
  ASSERT_TRUE(client->next_datagram(record));
  for (int i = 0; i < 3; ++i)
    server->receive(record, now);
  EXPECT_EQ(received_by(*server), std::vector<std::string>{"once"});
  EXPECT_EQ(server->discarded(), 2u);
}

// USE-079, ARCH-201, ARCH-202
TEST_F(dtls_test, garbage_does_not_hurt_an_established_association) {
  shake();
  std::mt19937 seeded{5};
  for (int i = 0; i < 20000; ++i) {
    bytes x(seeded() % 90);
    std::ranges::generate(x,
                          [&] { return static_cast<std::uint8_t>(seeded()); });
    if (x.size() > 13 && i % 4 != 0) { // a record by its looks
      x[0] = static_cast<std::uint8_t>(19 + seeded() % 6);
      x[1] = 0xfe, x[2] = 0xfd, x[3] = 0;
      x[4] = static_cast<std::uint8_t>(seeded() % 3);
      x[11] = 0, x[12] = static_cast<std::uint8_t>(x.size() - 13);
    }
    (i % 2 ? server : client)->receive(x, now);
    bytes answer;
    ASSERT_FALSE(server->next_datagram(answer)) << "garbage is not answered";
    ASSERT_FALSE(client->next_datagram(answer));
  }
  EXPECT_GE(server->discarded(), 9000u);
  ASSERT_TRUE(client->send(as_octets("still here")));
  ASSERT_TRUE(server->send(as_octets("me too")));
  drain();
  settle();
  EXPECT_EQ(received_by(*server), std::vector<std::string>{"still here"});
  EXPECT_EQ(received_by(*client), std::vector<std::string>{"me too"});
}

// ARCH-202
// RFC 6347, Section 4.1.2.7.
TEST_F(dtls_test, a_forged_alert_does_not_end_an_established_association) {
  shake();
  for (std::uint8_t epoch : {0, 1, 2})
    for (std::uint8_t code : {0, 10, 40, 80}) {
      bytes forged{21, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 1, 0, 0, 2, 2, code};
      server->receive(forged, now);
      client->receive(forged, now);
    }
  EXPECT_EQ(server->current(), established);
  EXPECT_EQ(client->current(), established);
}

TEST_F(dtls_test, a_cut_record_takes_nothing_of_the_next_datagram) {
  shake();
  bytes first, second;
  ASSERT_TRUE(client->send(as_octets("first")));
  ASSERT_TRUE(client->next_datagram(first));
  ASSERT_TRUE(client->send(as_octets("second")));
  ASSERT_TRUE(client->next_datagram(second));
  for (std::size_t size = 0; size < first.size(); ++size)
    server->receive(byte_view{first}.first(size), now);
  server->receive(second, now);
  server->receive(first, now);
  EXPECT_EQ(received_by(*server),
            (std::vector<std::string>{"second", "first"}));
}

TEST_F(dtls_test, several_records_may_share_a_datagram) {
  shake();
  bytes both, one;
  for (auto text : {"one", "two"}) {
    ASSERT_TRUE(client->send(as_octets(text)));
    ASSERT_TRUE(client->next_datagram(one));
    both.insert(both.end(), one.begin(), one.end());
  }
  server->receive(both, now);
  EXPECT_EQ(received_by(*server), (std::vector<std::string>{"one", "two"}));
}

// SIG-014, SIG-355, SIG-356, SIG-358, SIG-359
TEST_F(dtls_test, no_datagram_exceeds_the_mtu) {
  EXPECT_EQ(options.mtu, 1232u);
  std::size_t largest = 0;
  tap = [&](bool, const bytes& x) { largest = std::max(largest, x.size()); };
  shake();
  EXPECT_LE(largest, options.mtu);
  ASSERT_EQ(client->max_plaintext(), options.mtu - 13 - 8 - 16);
  EXPECT_TRUE(client->send(bytes(client->max_plaintext())));
  auto refused = client->send(bytes(client->max_plaintext() + 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ec::too_large);
  drain();
  settle();
  EXPECT_EQ(largest, options.mtu);
  EXPECT_EQ(received_by(*server).at(0).size(), client->max_plaintext());
}

TEST_F(dtls_test, a_small_mtu_splits_the_handshake) {
  options.mtu = 300;
  std::size_t largest = 0;
  tap = [&](bool, const bytes& x) { largest = std::max(largest, x.size()); };
  shake();
  EXPECT_EQ(server->current(), established) << server->failure_reason();
  EXPECT_LE(largest, 300u);
}

// SIG-270
TEST_F(dtls_test, goodbye_closes_both_sides_without_a_failure) {
  shake();
  client->close();
  EXPECT_EQ(client->current(), closed);
  drain();
  settle();
  EXPECT_EQ(server->current(), closed);
  EXPECT_EQ(server->failure_reason(), "");
  EXPECT_EQ(server->send(as_octets("x")).error().code, ec::closed);
}

TEST_F(dtls_test, nothing_is_sent_before_the_peer_is_known) {
  start_client(client_credentials());
  EXPECT_EQ(client->send(as_octets("x")).error().code, ec::closed);
  EXPECT_EQ(client->peer(), peer_identity{});
}

} // namespace
} // namespace tocsin::transports
