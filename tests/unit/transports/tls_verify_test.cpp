#include "tests/unit/transports/tls_fixture.hpp"

namespace tocsin::transports {
namespace {

using namespace std::chrono_literals;

class tls_verify_test : public tls_fixture {
protected:
  void expect_refused_by_client(const test::issued_certificate& x,
                                const std::string& why) {
    shake(load(x), client_credentials());
    EXPECT_EQ(client->current(), closed);
    EXPECT_EQ(client->failure_reason(), why);
    EXPECT_EQ(server->current(), closed);
    EXPECT_TRUE(server->failure_reason().starts_with("the peer refused: "))
        << server->failure_reason();
  }
  void expect_refused_by_server(const credentials_ptr& x,
                                const std::string& why) {
    shake(server_credentials(), x);
    EXPECT_EQ(server->current(), closed);
    EXPECT_EQ(server->failure_reason(), why);
    EXPECT_EQ(client->current(), closed);
    EXPECT_TRUE(client->failure_reason().starts_with("the peer refused: "))
        << client->failure_reason();
  }
};

// SIG-330, ARCH-223
TEST_F(tls_verify_test, a_server_of_another_ca_is_refused) {
  test::test_pki other{"Other CA"};
  expect_refused_by_client(
      other.server("dots.example"),
      "the peer's certificate was not issued by a trusted CA");
}

// SIG-362
TEST_F(tls_verify_test, a_client_of_another_ca_is_refused) {
  test::test_pki other{"Other CA"};
  expect_refused_by_server(
      load(other.client("client.example")),
      "the peer's certificate was not issued by a trusted CA");
}

// SIG-330, SIG-363
TEST_F(tls_verify_test, certificates_out_of_their_time_are_refused) {
  test::certificate_recipe recipe{"x", {"dots.example"}, {}, true, true};
  recipe.valid_from = -48h;
  recipe.valid_to = -24h;
  auto expired = pki().issue(recipe);
  expect_refused_by_client(expired, "the peer's certificate has expired");
  expect_refused_by_server(load(expired), "the peer's certificate has expired");
  recipe.valid_from = 24h;
  recipe.valid_to = 48h;
  expect_refused_by_server(load(pki().issue(recipe)),
                           "the peer's certificate is not valid yet");
}

TEST_F(tls_verify_test, a_certificate_for_another_purpose_is_refused) {
  expect_refused_by_client(pki().client("dots.example"),
                           "the peer's certificate is not meant for this role");
  expect_refused_by_server(load(pki().server("client.example")),
                           "the peer's certificate is not meant for this role");
}

// SIG-331, ARCH-206
TEST_F(tls_verify_test, a_server_of_another_name_is_refused) {
  expect_refused_by_client(pki().server("other.example"),
                           "the server's certificate is not for dots.example");
}

// SIG-334
TEST_F(tls_verify_test, a_wildcard_matches_nothing) {
  expect_refused_by_client(pki().server("*.example"),
                           "the server's certificate is not for dots.example");
}

// SIG-331: RFC 6125, Section 6.4.4.
TEST_F(tls_verify_test, the_common_name_counts_only_without_other_names) {
  test::certificate_recipe recipe;
  recipe.common_name = "dots.example";
  recipe.for_server = true;
  shake(load(pki().issue(recipe)), client_credentials());
  EXPECT_EQ(client->current(), established) << client->failure_reason();
  recipe.uris = {"coaps://dots.example"};
  expect_refused_by_client(pki().issue(recipe),
                           "the server's certificate is not for dots.example");
}

TEST_F(tls_verify_test, a_revoked_client_is_refused) {
  auto lost = pki().client("lost.example");
  auto files = write(pki().server("dots.example"));
  files.revocation = directory.write("crl.pem", pki().revoke({lost.der}), 0644);
  auto server_side = load(files);
  shake(server_side, load(lost));
  EXPECT_EQ(server->failure_reason(), "the peer's certificate is revoked");
  EXPECT_EQ(client->current(), closed);
  shake(server_side, client_credentials());
  expect_talk();
}

// SIG-339, SIG-364
TEST_F(tls_verify_test, a_pre_shared_key_is_enough) {
  const std::string line = "client7:000102030405060708090a0b0c0d0e0f\n";
  shake(load_psk("other:ffffffffffffffffffffffffffffffff\n" + line),
        load_psk(line));
  ASSERT_EQ(server->current(), established) << server->failure_reason();
  EXPECT_EQ(server->peer().psk_identity, "client7");
  EXPECT_EQ(server->peer().fingerprint, "");
  EXPECT_EQ(client->peer().psk_identity, "client7");
  EXPECT_EQ(client->protocol(), "TLS 1.2");
  expect_talk();
}

TEST_F(tls_verify_test, a_server_with_both_takes_either) {
  const std::string line = "client7:000102030405060708090a0b0c0d0e0f\n";
  auto files = write(pki().server("dots.example"));
  files.psk = directory.write("keys", line, 0600);
  auto both = load(files);
  shake(both, load_psk(line));
  ASSERT_EQ(server->current(), established) << server->failure_reason();
  EXPECT_EQ(server->peer().psk_identity, "client7");
  shake(both, client_credentials());
  ASSERT_EQ(server->current(), established) << server->failure_reason();
  EXPECT_EQ(server->peer().common_name, "client.example");
  EXPECT_EQ(server->peer().psk_identity, "");
}

TEST_F(tls_verify_test, unknown_identities_and_wrong_keys_are_refused) {
  auto server_side = load_psk("a:000102030405060708090a0b0c0d0e0f");
  shake(server_side, load_psk("b:000102030405060708090a0b0c0d0e0f"));
  EXPECT_EQ(server->failure_reason(),
            "the peer's pre-shared key is not known here");
  EXPECT_EQ(client->current(), closed);
  shake(server_side, load_psk("a:ff0102030405060708090a0b0c0d0e0f"));
  EXPECT_EQ(server->current(), closed);
  EXPECT_EQ(client->current(), closed);
}

TEST_F(tls_verify_test, a_client_has_one_pre_shared_key_only) {
  auto two = load_psk("a:000102030405060708090a0b0c0d0e0f\n"
                      "b:000102030405060708090a0b0c0d0e0f\n");
  auto x = tls_association::client(two, "dots.example", {}, now);
  ASSERT_FALSE(x);
  EXPECT_EQ(x.error().code, ec::conflict);
}

} // namespace
} // namespace tocsin::transports
