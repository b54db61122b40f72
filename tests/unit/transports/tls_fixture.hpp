#pragma once
#include "tests/support/test_pki.hpp"
#include "transports/tls.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tocsin::transports {

/// A TLS client and a TLS server with nothing but memory between them.
class tls_fixture : public ::testing::Test {
protected:
  using credentials_ptr = std::shared_ptr<const credentials>;
  static constexpr auto handshaking = tls_association::state::handshaking;
  static constexpr auto established = tls_association::state::established;
  static constexpr auto closed = tls_association::state::closed;

  static test::test_pki& pki() {
    static test::test_pki x;
    return x;
  }

  credential_files write(const test::issued_certificate& own,
                         const test::test_pki& trusted = pki()) {
    auto files = test::write_files(
        directory, "n" + std::to_string(++files_written), own, trusted);
    return {files.certificate, files.key, files.trust, {}, {}};
  }
  static credentials_ptr load(const credential_files& files) {
    auto x = credentials::load(files);
    EXPECT_TRUE(x) << to_string(x.error());
    return x ? *x : nullptr;
  }
  credentials_ptr load(const test::issued_certificate& own,
                       const test::test_pki& trusted = pki()) {
    return load(write(own, trusted));
  }
  credentials_ptr load_psk(const std::string& lines) {
    auto name = "psk" + std::to_string(++files_written);
    return load({{}, {}, {}, {}, directory.write(name, lines, 0600)});
  }

  credentials_ptr server_credentials() {
    return load(pki().server("dots.example"));
  }
  credentials_ptr client_credentials() {
    return load(pki().client("client.example"));
  }

  void start(credentials_ptr server_side, credentials_ptr client_side,
             const std::string& name = "dots.example") {
    auto b =
        tls_association::server(std::move(server_side), server_options, now);
    ASSERT_TRUE(b) << to_string(b.error());
    server = *std::move(b);
    auto a = tls_association::client(std::move(client_side), name,
                                     client_options, now);
    ASSERT_TRUE(a) << to_string(a.error());
    client = *std::move(a);
  }

  void shake(credentials_ptr server_side, credentials_ptr client_side,
             const std::string& name = "dots.example") {
    start(std::move(server_side), std::move(client_side), name);
    exchange();
  }
  void shake() { shake(server_credentials(), client_credentials()); }

  /// Carries octets, `piece` at a time, until neither has any.
  void exchange(std::size_t piece = 65536) {
    for (int rounds = 0; rounds < 1000; ++rounds) {
      auto moved = carry(*client, *server, piece);
      moved = carry(*server, *client, piece) || moved;
      if (!moved)
        return;
    }
    FAIL() << "they never stop talking";
  }

  bool carry(tls_association& from, tls_association& to, std::size_t piece) {
    bytes x;
    auto any = false;
    while (from.next_datagram(x)) {
      any = true;
      for (byte_view rest{x}; !rest.empty();) {
        auto size = std::min(piece, rest.size());
        to.receive(rest.first(size), now);
        rest = rest.subspan(size);
      }
    }
    return any;
  }

  static std::string received_by(tls_association& x) {
    std::string out;
    for (bytes text; x.next_plaintext(text);)
      out += as_text(text);
    return out;
  }

  void expect_talk() {
    ASSERT_EQ(client->current(), established) << client->failure_reason();
    ASSERT_EQ(server->current(), established) << server->failure_reason();
    ASSERT_TRUE(client->send(as_octets("question")));
    ASSERT_TRUE(server->send(as_octets("answer")));
    exchange();
    EXPECT_EQ(received_by(*server), "question");
    EXPECT_EQ(received_by(*client), "answer");
  }

  time_point now = time_point{} + std::chrono::hours{1000};
  tls_options server_options;
  tls_options client_options;
  test::temporary_directory directory;
  std::unique_ptr<tls_association> client;
  std::unique_ptr<tls_association> server;
  int files_written = 0;
};

} // namespace tocsin::transports
