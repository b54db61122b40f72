#include "tests/unit/transports/boringssl_peer.hpp"
#include "tests/unit/transports/tls_fixture.hpp"

namespace tocsin::transports {
namespace {

using namespace std::string_literals;

// RFC 8323: a Ping, which RFC 9132, Section 7.2 forbids in early data, and a
// PUT.
const std::string ping = "\x00\xE2"s;
const std::string put = "\x00\x03"s;

/// BoringSSL on both sides: on ours as we use it, on the other with early data
/// wherever it can be had.
class tls_early_data_test : public tls_fixture {
protected:
  tls_early_data_test() {
    server_options.resumption.tickets = ticket_keys::random();
    client_options.resumption.cache = std::make_shared<resumption_cache>();
    client_options.resumption.key = "upstream tcp";
  }

  static void carry_all(tls_association& ours, boringssl_peer& theirs,
                        time_point when) {
    for (int i = 0; i < 20; ++i) {
      theirs.step();
      if (auto x = theirs.take(); !x.empty())
        ours.receive(x, when);
      for (bytes y; ours.next_datagram(y);)
        theirs.receive(y);
    }
  }

  void open_server() {
    auto x = tls_association::server(own_server_, server_options, now);
    ASSERT_TRUE(x);
    server = *std::move(x);
  }
  void open_client() {
    auto x = tls_association::client(own_client_side_, "dots.example",
                                     client_options, now);
    ASSERT_TRUE(x);
    client = *std::move(x);
  }

  /// What our server gives to a client at the end of a handshake.
  boringssl_peer::ticket get_ticket() {
    boringssl_peer peer{false, own_client_};
    open_server();
    carry_all(*server, peer, now);
    EXPECT_EQ(server->current(), established) << server->failure_reason();
    EXPECT_EQ(server->peer().common_name, "client.example");
    EXPECT_TRUE(server->send(as_octets("brings the ticket along")));
    carry_all(*server, peer, now);
    return peer.take_ticket();
  }

  /// The first flight of a client that was never permitted early data: its
  /// ClientHello, and in the same breath a Ping and a PUT.
  bytes first_flight(boringssl_peer& peer, const SSL_SESSION& ticket) {
    auto forged = permit_early_data(ticket);
    EXPECT_TRUE(forged && SSL_SESSION_early_data_capable(forged.get()));
    peer.resume_with(*forged);
    peer.step();
    EXPECT_TRUE(peer.in_early_data());
    peer.say(ping);
    peer.say(put);
    return peer.take();
  }

  /// The handshake goes on as if there had been no early data.
  void expect_conversation(boringssl_peer& peer) {
    ASSERT_EQ(server->current(), established) << server->failure_reason();
    EXPECT_TRUE(peer.done());
    EXPECT_EQ(received_by(*server), "");
    peer.say("afterwards");
    ASSERT_TRUE(server->send(as_octets("from us")));
    carry_all(*server, peer, now);
    EXPECT_EQ(received_by(*server), "afterwards");
    EXPECT_EQ(peer.heard(), "from us");
  }

  test::issued_certificate own_client_ = pki().client("client.example");
  credentials_ptr own_client_side_ = load(own_client_);
  credentials_ptr own_server_ = server_credentials();
};

// SIG-348: what is never permitted cannot be replayed.
TEST_F(tls_early_data_test, tickets_of_our_server_do_not_permit_it) {
  auto ticket = get_ticket();
  ASSERT_TRUE(ticket);
  EXPECT_FALSE(SSL_SESSION_early_data_capable(ticket.get()));
  boringssl_peer peer{false, own_client_};
  open_server();
  peer.resume_with(*ticket);
  peer.step();
  EXPECT_FALSE(peer.in_early_data());
  carry_all(*server, peer, now);
  EXPECT_TRUE(peer.resumed());
  EXPECT_TRUE(server->resumed());
  expect_conversation(peer);
}

// SIG-347: nothing of it reaches the agent, a Ping no more than a request.
TEST_F(tls_early_data_test, our_server_rejects_what_is_sent_unasked) {
  auto ticket = get_ticket();
  ASSERT_TRUE(ticket);
  boringssl_peer peer{false, own_client_};
  open_server();
  server->receive(first_flight(peer, *ticket), now);
  EXPECT_EQ(server->current(), handshaking) << server->failure_reason();
  EXPECT_EQ(received_by(*server), "");
  carry_all(*server, peer, now);
  EXPECT_TRUE(peer.was_rejected());
  EXPECT_FALSE(SSL_early_data_accepted(peer.native()));
  EXPECT_EQ(SSL_get_early_data_reason(peer.native()),
            ssl_early_data_peer_declined);
  EXPECT_TRUE(server->resumed());
  expect_conversation(peer);
}

// SIG-348, SIG-351: accepted zero times, however often it comes, also by a
// server with the same secret that has never seen it.
TEST_F(tls_early_data_test, a_replayed_first_flight_achieves_nothing) {
  auto ticket = get_ticket();
  ASSERT_TRUE(ticket);
  boringssl_peer peer{false, own_client_};
  auto flight = first_flight(peer, *ticket);
  for (int copies = 0; copies < 3; ++copies) {
    open_server();
    server->receive(flight, now);
    EXPECT_EQ(server->current(), handshaking) << server->failure_reason();
    EXPECT_EQ(received_by(*server), "");
    EXPECT_EQ(server->peer(), peer_identity{});
  }
}

// SIG-349
TEST_F(tls_early_data_test, a_retried_hello_declines_it) {
  auto ticket = get_ticket();
  ASSERT_TRUE(ticket);
  boringssl_peer peer{false, own_client_};
  // Its key share is of a group that our server does not have.
  ASSERT_TRUE(SSL_set1_curves_list(peer.native(), "P-521:X25519"));
  open_server();
  server->receive(first_flight(peer, *ticket), now);
  EXPECT_EQ(received_by(*server), "");
  carry_all(*server, peer, now);
  EXPECT_TRUE(SSL_used_hello_retry_request(peer.native()));
  EXPECT_TRUE(peer.was_rejected());
  expect_conversation(peer);
}

// It must be skipped to find the rest of the handshake, but not without end.
TEST_F(tls_early_data_test, a_client_that_does_not_stop_sending_it_is_cut_off) {
  auto ticket = get_ticket();
  ASSERT_TRUE(ticket);
  boringssl_peer peer{false, own_client_};
  open_server();
  server->receive(first_flight(peer, *ticket), now);
  // Records like any other; the server has no key to open them with.
  bytes record(5 + 1024, 'x');
  std::ranges::copy(bytes{0x17, 3, 3, 4, 0}, record.begin());
  for (int i = 0; i < 64 && server->current() != closed; ++i) {
    server->receive(record, now);
    EXPECT_EQ(received_by(*server), "");
  }
  EXPECT_EQ(server->current(), closed);
  EXPECT_EQ(server->failure_reason(), "too much skipped early data");
}

// SIG-346: neither a Ping nor anything else, though the server permits it.
TEST_F(tls_early_data_test, our_client_does_not_offer_it) {
  auto own_server = pki().server("dots.example");
  boringssl_peer peer{true, own_server};
  for (auto resumed : {false, true, true}) {
    peer.begin(true);
    open_client();
    EXPECT_FALSE(client->send(as_octets(ping)));
    bytes flight;
    ASSERT_TRUE(client->next_datagram(flight));
    EXPECT_EQ(client->current(), handshaking);
    peer.receive(flight);
    carry_all(*client, peer, now);
    ASSERT_EQ(client->current(), established) << client->failure_reason();
    EXPECT_EQ(client->resumed(), resumed);
    EXPECT_FALSE(peer.was_offered());
    EXPECT_FALSE(SSL_early_data_accepted(peer.native()));
    peer.say("brings the ticket along");
    carry_all(*client, peer, now);
  }
}

// The test above sees what it is to see: another client does offer it there.
TEST_F(tls_early_data_test, another_client_offers_it_to_the_same_server) {
  auto own_server = pki().server("dots.example");
  boringssl_peer theirs{true, own_server};
  boringssl_peer other{false, own_client_};
  auto meet = [&] {
    for (int i = 0; i < 20; ++i) {
      other.step();
      theirs.receive(other.take());
      other.receive(theirs.take());
    }
  };
  meet();
  theirs.say("brings the ticket along");
  meet();
  auto ticket = other.take_ticket();
  ASSERT_TRUE(ticket);
  theirs.begin(true);
  other.begin(false);
  other.resume_with(*ticket);
  other.step();
  EXPECT_TRUE(other.in_early_data());
  other.say(ping);
  meet();
  EXPECT_TRUE(theirs.was_offered());
  EXPECT_TRUE(SSL_early_data_accepted(other.native()));
  EXPECT_EQ(theirs.heard(), ping);
}

} // namespace
} // namespace tocsin::transports
