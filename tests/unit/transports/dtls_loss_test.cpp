#include "tests/unit/transports/dtls_fixture.hpp"

namespace tocsin::transports {
namespace {

using namespace std::chrono_literals;

class dtls_loss_test : public dtls_fixture {
protected:
  void expect_handshakes(link_quality x, unsigned seeds) {
    auto server_side = server_credentials();
    auto client_side = client_credentials();
    for (x.seed = 1; x.seed <= seeds; ++x.seed) {
      server.reset();
      flights.clear();
      degrade(x);
      shake(server_side, client_side, "dots.example", 700s);
      ASSERT_EQ(client->current(), established)
          << "seed " << x.seed << ": " << client->failure_reason();
      ASSERT_TRUE(server);
      ASSERT_EQ(server->current(), established)
          << "seed " << x.seed << ": " << server->failure_reason();
    }
  }
  time_point blackout_end;
};

TEST_F(dtls_loss_test, the_handshake_survives_loss) {
  options.handshake_limit = 600s;
  expect_handshakes({0, 0.3}, 60);
}

TEST_F(dtls_loss_test, the_handshake_survives_loss_of_small_datagrams) {
  options.mtu = 300; // many datagrams a flight
  options.handshake_limit = 600s;
  expect_handshakes({0, 0.2}, 30);
}

TEST_F(dtls_loss_test, the_handshake_survives_duplicates_and_reordering) {
  options.mtu = 300;
  expect_handshakes({0, 0, 0.3, 10ms, 80ms}, 60);
}

TEST_F(dtls_loss_test, reordering_alone_costs_no_retransmission) {
  options.mtu = 300;
  auto server_side = server_credentials();
  auto client_side = client_credentials();
  for (unsigned seed = 1; seed <= 40; ++seed) {
    server.reset();
    flights.clear();
    degrade({seed, 0, 0, 10ms, 80ms});
    auto begin = now;
    shake(server_side, client_side);
    ASSERT_EQ(server->current(), established) << seed;
    ASSERT_EQ(client->current(), established) << seed;
    ASSERT_LT(now - begin, 1s) << seed;
  }
}

// RFC 6347, Section 4.2.4.1: one second, doubled each time.
TEST_F(dtls_loss_test, an_unanswered_client_backs_off_and_gives_up) {
  degrade({1, 1.0});
  std::vector<std::chrono::seconds> sent;
  auto begin = now;
  tap = [&](bool, const bytes&) {
    sent.push_back(
        std::chrono::duration_cast<std::chrono::seconds>(now - begin));
  };
  start_client(client_credentials());
  run(200s, [&] { return client->current() == closed; });
  EXPECT_EQ(sent, (std::vector{0s, 1s, 3s, 7s, 15s, 31s}));
  EXPECT_EQ(now - begin, 60s);
  EXPECT_EQ(client->failure_reason(), "the handshake did not end in time");
  EXPECT_EQ(client->next_deadline(), std::nullopt);
}

TEST_F(dtls_loss_test, a_server_whose_client_vanished_gives_up) {
  server_credentials_ = server_credentials();
  start_client(client_credentials());
  run(1s, [&] { return server != nullptr; });
  ASSERT_TRUE(server);
  auto begin = now;
  degrade({1, 1.0});
  flights.clear();
  run(200s, [&] { return server->current() == closed; });
  EXPECT_EQ(server->failure_reason(), "the handshake did not end in time");
  EXPECT_LE(now - begin, 61s);
}

TEST_F(dtls_loss_test, a_lost_last_flight_is_sent_again) {
  // Nothing of the server arrives once it is established.
  tap = [this](bool, const bytes&) {
    if (server && server->current() == established)
      quality.loss = now < blackout_end ? 1.0 : 0.0;
  };
  blackout_end = now + 900ms;
  shake();
  EXPECT_EQ(client->current(), established) << client->failure_reason();
}

TEST_F(dtls_loss_test, spoofed_repeats_are_not_amplified) {
  server_credentials_ = server_credentials();
  bytes hello;
  tap = [&](bool to_server_side, const bytes& x) {
    if (to_server_side && !server)
      hello = x;
  };
  start_client(client_credentials());
  run(1s, [&] { return server != nullptr; });
  ASSERT_TRUE(server);
  std::size_t answered = 0;
  for (int i = 0; i < 1000; ++i) {
    now += 1ms;
    server->receive(hello, now);
    for (bytes x; server->next_datagram(x);)
      ++answered;
  }
  EXPECT_LE(answered, 5u);
}

} // namespace
} // namespace tocsin::transports
