#include "tests/unit/transports/tls_fixture.hpp"

#include <algorithm>
#include <random>

namespace tocsin::transports {
namespace {

using namespace std::chrono_literals;

using tls_test = tls_fixture;

bool contains(byte_view haystack, std::string_view needle) {
  return as_text(haystack).find(needle) != std::string_view::npos;
}

// SIG-330, SIG-362, SIG-363
TEST_F(tls_test, both_sides_learn_who_the_other_is) {
  auto server_side = server_credentials();
  auto client_side = client_credentials();
  shake(server_side, client_side);
  ASSERT_EQ(client->current(), established) << client->failure_reason();
  ASSERT_EQ(server->current(), established) << server->failure_reason();
  EXPECT_EQ(client->peer(), server_side->own());
  EXPECT_EQ(server->peer(), client_side->own());
  EXPECT_EQ(server->peer().common_name, "client.example");
  EXPECT_EQ(client->protocol(), "TLS 1.3");
  EXPECT_EQ(server->protocol(), "TLS 1.3");
  EXPECT_TRUE(client->reliable());
  EXPECT_FALSE(client->resumed());
  EXPECT_EQ(client->next_deadline(), std::nullopt);
  EXPECT_EQ(server->next_deadline(), std::nullopt);
  expect_talk();
}

// SIG-336, COAP-111
TEST_F(tls_test, the_client_hello_names_the_server_and_the_protocol) {
  start(server_credentials(), client_credentials());
  bytes hello;
  ASSERT_TRUE(client->next_datagram(hello));
  EXPECT_TRUE(contains(hello, "dots.example"));
  EXPECT_TRUE(contains(hello, std::string_view{"\0\x10\0\x07\0\x05\x04"
                                               "coap",
                                               11}));
}

// SIG-336: RFC 6066, Section 3 allows names only.
TEST_F(tls_test, an_address_is_not_sent_as_a_name) {
  start(server_credentials(), client_credentials(), "192.0.2.9");
  bytes hello;
  ASSERT_TRUE(client->next_datagram(hello));
  EXPECT_FALSE(contains(hello, "192.0.2.9"));
}

// SIG-328, SIG-388, SIG-389: what the client offers is all AEAD with ephemeral
// keys, and nothing is compressed.
TEST_F(tls_test, only_good_suites_are_offered) {
  start(server_credentials(), client_credentials());
  bytes x;
  ASSERT_TRUE(client->next_datagram(x));
  std::size_t at = 5u + 4 + 2 + 32;
  at += 1u + x.at(at); // session id
  std::size_t size = x.at(at) << 8 | x.at(at + 1);
  const std::vector<int> good{0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f,
                              0xcca9, 0xcca8, 0xc02c, 0xc030};
  ASSERT_GT(size, 0u);
  for (std::size_t i = 0; i < size; i += 2) {
    auto suite = x.at(at + 2 + i) << 8 | x.at(at + 3 + i);
    EXPECT_TRUE(std::ranges::count(good, suite)) << std::hex << suite;
  }
  at += 2 + size;
  EXPECT_EQ(x.at(at), 1);     // one compression method:
  EXPECT_EQ(x.at(at + 1), 0); // none
}

TEST_F(tls_test, octets_may_come_one_by_one) {
  start(server_credentials(), client_credentials());
  exchange(1);
  expect_talk();
}

TEST_F(tls_test, long_messages_are_split_and_put_together) {
  shake();
  std::string text(tls_association::max_message, 'x');
  text.back() = 'y';
  ASSERT_TRUE(client->send(as_octets(text)));
  bytes wire;
  ASSERT_TRUE(client->next_datagram(wire));
  EXPECT_GT(wire.size(), text.size());
  std::string got;
  for (byte_view rest{wire}; !rest.empty();) {
    auto size = std::min<std::size_t>(1000, rest.size());
    server->receive(rest.first(size), now);
    rest = rest.subspan(size);
    got += received_by(*server);
  }
  EXPECT_EQ(got, text);
  text += 'z';
  EXPECT_EQ(client->send(as_octets(text)).error().code, ec::too_large);
  EXPECT_EQ(client->send({}).error().code, ec::out_of_range);
}

TEST_F(tls_test, undrained_plaintext_stops_decryption) {
  shake();
  const std::string text(tls_association::max_message, 'x');
  bytes wire, all;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client->send(as_octets(text)));
    ASSERT_TRUE(client->next_datagram(wire));
    all.insert(all.end(), wire.begin(), wire.end());
  }
  EXPECT_TRUE(server->wants_input());
  server->receive(all, now);
  EXPECT_FALSE(server->wants_input());
  bytes first;
  ASSERT_TRUE(server->next_plaintext(first));
  EXPECT_LE(first.size(), tls_association::max_waiting_plaintext + 16384);
  std::size_t sum = first.size();
  for (bytes x; server->next_plaintext(x);)
    sum += x.size();
  EXPECT_EQ(sum, 3 * text.size());
  EXPECT_TRUE(server->wants_input());
}

TEST_F(tls_test, input_that_nobody_drains_ends_the_association) {
  shake();
  const std::string text(tls_association::max_message, 'x');
  for (int i = 0; i < 8 && server->current() == established; ++i) {
    bytes wire;
    ASSERT_TRUE(client->send(as_octets(text)));
    ASSERT_TRUE(client->next_datagram(wire));
    server->receive(wire, now);
  }
  EXPECT_EQ(server->current(), closed);
  EXPECT_EQ(server->failure_reason(), "what was received is not read");
}

TEST_F(tls_test, output_to_a_peer_that_does_not_read_is_bounded) {
  shake();
  const std::string text(tls_association::max_message, 'x');
  auto sent = result<void>{};
  int count = 0;
  while (count < 100 && (sent = server->send(as_octets(text))))
    ++count;
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ec::unavailable);
  EXPECT_LE(count, 18);
  EXPECT_EQ(server->current(), established);
  bytes wire;
  ASSERT_TRUE(server->next_datagram(wire));
  EXPECT_TRUE(server->send(as_octets(text))); // it reads again
}

TEST_F(tls_test, goodbye_closes_both_sides_without_a_failure) {
  for (auto by_client : {true, false}) {
    shake();
    auto& first = by_client ? client : server;
    auto& other = by_client ? server : client;
    first->close();
    EXPECT_EQ(first->current(), closed);
    exchange();
    EXPECT_EQ(other->current(), closed);
    EXPECT_EQ(other->failure_reason(), "");
    EXPECT_EQ(other->send(as_octets("x")).error().code, ec::closed);
  }
}

TEST_F(tls_test, what_came_before_the_goodbye_is_not_lost) {
  shake();
  ASSERT_TRUE(client->send(as_octets("last words")));
  client->close();
  exchange();
  EXPECT_EQ(received_by(*server), "last words");
  EXPECT_EQ(server->current(), closed);
}

TEST_F(tls_test, an_end_of_the_stream_without_a_goodbye_is_a_failure) {
  shake();
  server->end_of_stream();
  EXPECT_EQ(server->current(), closed);
  EXPECT_NE(server->failure_reason(), "");
}

TEST_F(tls_test, the_handshake_has_a_time_limit) {
  server_options.handshake_limit = 30s;
  start(server_credentials(), client_credentials());
  ASSERT_EQ(server->next_deadline(), now + 30s);
  server->on_time(now + 29s);
  EXPECT_EQ(server->current(), handshaking);
  server->on_time(now + 30s);
  EXPECT_EQ(server->current(), closed);
  EXPECT_EQ(server->failure_reason(), "the handshake did not end in time");
  EXPECT_EQ(server->next_deadline(), std::nullopt);
}

TEST_F(tls_test, nothing_is_sent_before_the_peer_is_known) {
  start(server_credentials(), client_credentials());
  EXPECT_EQ(client->send(as_octets("x")).error().code, ec::closed);
  EXPECT_EQ(client->peer(), peer_identity{});
  EXPECT_FALSE(tls_association::client(client_credentials(), "", {}, now));
}

// SIG-337
TEST_F(tls_test, a_replayed_record_ends_the_association) {
  shake();
  ASSERT_TRUE(client->send(as_octets("once")));
  bytes record;
  ASSERT_TRUE(client->next_datagram(record));
  server->receive(record, now);
  EXPECT_EQ(received_by(*server), "once");
  server->receive(record, now);
  EXPECT_EQ(received_by(*server), "");
  EXPECT_EQ(server->current(), closed);
  EXPECT_NE(server->failure_reason(), "");
}

// Octets that look like a record about every other time.
bytes garbage(std::mt19937& random) {
  bytes x(6 + random() % 600);
  std::ranges::generate(x, [&] { return static_cast<std::uint8_t>(random()); });
  if (random() % 2) {
    x[0] = static_cast<std::uint8_t>(20 + random() % 4);
    x[1] = 3, x[2] = 3;
    x[3] = static_cast<std::uint8_t>((x.size() - 5) >> 8);
    x[4] = static_cast<std::uint8_t>(x.size() - 5);
    x[5] = static_cast<std::uint8_t>(random() % 25);
  }
  return x;
}

TEST_F(tls_test, garbage_never_makes_an_association) {
  auto server_side = server_credentials();
  auto client_side = client_credentials();
  std::mt19937 random{7};
  for (int i = 0; i < 2000; ++i) {
    start(server_side, client_side);
    for (auto* x : {client.get(), server.get()}) {
      for (int pieces = 0; pieces < 3; ++pieces)
        x->receive(garbage(random), now);
      EXPECT_NE(x->current(), established);
      EXPECT_EQ(received_by(*x), "");
      bytes answer;
      std::size_t size = 0;
      while (x->next_datagram(answer))
        size += answer.size();
      EXPECT_LT(size, 2000u);
    }
  }
}

TEST_F(tls_test, garbage_ends_an_established_association) {
  auto server_side = server_credentials();
  auto client_side = client_credentials();
  std::mt19937 random{8};
  for (int i = 0; i < 100; ++i) {
    shake(server_side, client_side);
    for (auto* x : {client.get(), server.get()}) {
      // Records may be longer than one piece of garbage.
      for (int pieces = 0; pieces < 200 && x->current() == established;
           ++pieces)
        x->receive(garbage(random), now);
      EXPECT_EQ(x->current(), closed);
      EXPECT_NE(x->failure_reason(), "");
      EXPECT_EQ(received_by(*x), "");
    }
  }
}

} // namespace
} // namespace tocsin::transports
