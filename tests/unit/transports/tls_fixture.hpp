#pragma once
#include "tests/unit/transports/security_fixture.hpp"
#include "transports/tls.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tocsin::transports {

/// A TLS client and a TLS server with nothing but memory between them.
class tls_fixture : public security_fixture {
protected:
  static constexpr auto handshaking = tls_association::state::handshaking;
  static constexpr auto established = tls_association::state::established;
  static constexpr auto closed = tls_association::state::closed;

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
  std::unique_ptr<tls_association> client;
  std::unique_ptr<tls_association> server;
};

} // namespace tocsin::transports
