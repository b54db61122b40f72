#include "tests/unit/transports/reactor_fixture.hpp"

#include <algorithm>
#include <thread>

namespace tocsin::transports {
namespace {

using namespace std::chrono_literals;

class reactor_test : public reactor_fixture {
protected:
  void expect_echo(dtls_endpoint& x, const std::string& text) {
    x.heard.clear();
    ASSERT_TRUE(x.say(text));
    ASSERT_TRUE(turn_until([&] { return !x.heard.empty(); }));
    EXPECT_EQ(x.heard.at(0), text);
  }
  endpoint_ptr connected(socket_id from, const socket_address& to) {
    auto x = connect(from, to);
    EXPECT_TRUE(turn_until([&] { return x->ready(); }))
        << x->dtls->failure_reason();
    return x;
  }
};

TEST_F(reactor_test, a_client_and_a_server_talk_over_ipv4) {
  auto to = listen("127.0.0.1:0");
  auto x = connected(open_client("127.0.0.1:0"), to);
  expect_echo(*x, "hello");
  auto stats = server->stats();
  EXPECT_EQ(stats.cookies_sent, 1u);
  EXPECT_EQ(stats.accepted, 1u);
  EXPECT_EQ(stats.associations, 1u);
  EXPECT_EQ(stats.handshakes, 0u);
  EXPECT_GT(stats.received, 0u);
  EXPECT_GT(stats.sent, 0u);
}

TEST_F(reactor_test, a_client_and_a_server_talk_over_ipv6) {
  auto at = *socket_address::parse("[::1]:0");
  if (!client->open(at))
    GTEST_SKIP() << "no IPv6 here";
  auto to = listen("[::1]:0");
  auto x = connected(open_client("[::]:0"), to);
  expect_echo(*x, "hello");
}

TEST_F(reactor_test, answers_leave_from_the_address_that_was_addressed) {
  auto any = listen("0.0.0.0:0");
  auto to = socket_address::v4({127, 0, 0, 2}, any.port());
  auto x = connected(open_client("127.0.0.1:0"), to);
  expect_echo(*x, "hello"); // the client knows no other peer
  EXPECT_EQ(locals.at(0), to);
  // The same client port may also use another address of the server.
  auto other = socket_address::v4({127, 0, 0, 3}, any.port());
  auto y = connected(open_client("127.0.0.1:0"), other);
  expect_echo(*y, "hello");
  EXPECT_EQ(locals.at(1), other);
}

TEST_F(reactor_test, ipv6_answers_leave_from_a_wildcard_socket) {
  if (!client->open(*socket_address::parse("[::1]:0")))
    GTEST_SKIP() << "no IPv6 here";
  auto any = listen("[::]:0");
  auto to = *socket_address::parse_host("::1", any.port());
  auto x = connected(open_client("[::1]:0"), to);
  expect_echo(*x, "hello");
  EXPECT_EQ(locals.at(0), to);
}

TEST_F(reactor_test, strangers_are_dropped_and_counted) {
  auto to = listen("127.0.0.1:0");
  auto raw = std::make_shared<dtls_endpoint>(*client);
  auto id = client->add(open_client("127.0.0.1:0"), to, raw);
  ASSERT_TRUE(id);
  client->send(*id, as_octets("not a hello"));
  client->send(*id, as_octets(""));
  ASSERT_TRUE(turn_until([&] { return server->stats().unknown_dropped == 2; }));
  EXPECT_EQ(server->stats().associations, 0u);
  EXPECT_EQ(server->stats().sent, 0u);
  EXPECT_TRUE(accepted.empty());
}

TEST_F(reactor_test, a_restarted_client_takes_the_place_of_its_old_self) {
  auto to = listen("127.0.0.1:0");
  auto from = open_client("127.0.0.1:0");
  auto old = connected(from, to);
  expect_echo(*old, "old");
  auto fresh = connected(from, to); // add() evicts the old one here
  EXPECT_TRUE(old->evicted);
  expect_echo(*fresh, "fresh");
  ASSERT_EQ(accepted.size(), 2u);
  EXPECT_TRUE(accepted[0]->evicted);
  EXPECT_FALSE(accepted[1]->evicted);
  EXPECT_EQ(server->stats().replaced, 1u);
  EXPECT_EQ(server->stats().associations, 1u);
}

TEST_F(reactor_test, a_hello_without_a_good_cookie_replaces_nobody) {
  auto to = listen("127.0.0.1:0");
  auto from = open_client("127.0.0.1:0");
  auto x = connected(from, to);
  // A hello in the name of that client, as a spoofer would send it.
  auto other = dtls_association::client(client_credentials(), "dots.example",
                                        options, client->now());
  ASSERT_TRUE(other);
  bytes hello;
  ASSERT_TRUE((*other)->next_datagram(hello));
  auto before = accepted[0]->datagrams;
  for (int i = 0; i < 3; ++i) {
    client->send(x->id, hello);
    turn_a_little();
  }
  EXPECT_EQ(server->stats().cookies_sent, 1u + 3);
  EXPECT_EQ(accepted[0]->datagrams, before);
  EXPECT_FALSE(accepted[0]->evicted);
  expect_echo(*x, "still here");
}

TEST_F(reactor_test, a_repeated_hello_is_not_a_new_peer) {
  auto to = listen("127.0.0.1:0");
  auto from = open_client("127.0.0.1:0");
  auto x = connect(from, to);
  ASSERT_TRUE(turn_until([&] { return accepted.size() == 1; }));
  // Nothing the server says arrives, so the client repeats its hello.
  x->dtls->on_time(client->now() + 2s);
  x->pump();
  ASSERT_TRUE(turn_until([&] { return x->ready(); }));
  EXPECT_EQ(server->stats().accepted, 1u);
  EXPECT_EQ(server->stats().replaced, 0u);
}

TEST_F(reactor_test, handshakes_in_progress_are_limited) {
  reactor_limits limits;
  limits.max_handshakes = 1;
  open_reactors(limits);
  options.retransmit_after = 30ms;
  auto to = listen("127.0.0.1:0");
  auto from = open_client("127.0.0.1:0");
  // The first newcomer stops in the middle of its handshake.
  auto first = connect(from, to);
  ASSERT_TRUE(turn_until([&] { return accepted.size() == 1; }));
  client->remove(first->id);
  auto second = connect(open_client("127.0.0.1:0"), to);
  ASSERT_TRUE(turn_until([&] { return server->stats().refused > 0; }));
  EXPECT_EQ(accepted.size(), 1u);
  server->remove(accepted[0]->id); // gave up
  EXPECT_TRUE(turn_until([&] { return second->ready(); }));
  EXPECT_EQ(server->stats().handshakes, 0u);
}

TEST_F(reactor_test, associations_are_limited) {
  reactor_limits limits;
  limits.max_associations = 1;
  open_reactors(limits);
  auto to = listen("127.0.0.1:0");
  connected(open_client("127.0.0.1:0"), to);
  connect(open_client("127.0.0.1:0"), to);
  ASSERT_TRUE(turn_until([&] { return server->stats().refused > 0; }));
  EXPECT_EQ(server->stats().associations, 1u);
  auto more = server->add(server_socket, to, accepted[0]);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ec::too_large);
}

TEST_F(reactor_test, a_refused_peer_leaves_nothing_behind) {
  auto opened = server->listen(*socket_address::parse("127.0.0.1:0"),
                               [](const new_peer&) { return nullptr; });
  ASSERT_TRUE(opened);
  connect(open_client("127.0.0.1:0"), server->local_address(*opened));
  ASSERT_TRUE(turn_until([&] { return server->stats().refused == 1; }));
  EXPECT_EQ(server->stats().associations, 0u);
  EXPECT_EQ(server->stats().handshakes, 0u);
}

struct leaver final : association_handler {
  explicit leaver(reactor& where) : home{where} {}
  void on_datagram(byte_view) override { home.remove(id); }
  void on_evicted() override { evicted = true; }
  reactor& home;
  association id;
  bool evicted = false;
};

TEST_F(reactor_test, a_handler_may_remove_itself) {
  auto from = open_client("127.0.0.1:0");
  auto to = listen("127.0.0.1:0");
  auto x = std::make_shared<leaver>(*server);
  auto id = server->add(server_socket, client->local_address(from), x);
  ASSERT_TRUE(id);
  x->id = *id;
  std::weak_ptr<leaver> watch = x;
  x.reset();
  auto raw = client->add(from, to, std::make_shared<dtls_endpoint>(*client));
  client->send(*raw, as_octets("go"));
  ASSERT_TRUE(turn_until([&] { return watch.expired(); }));
  EXPECT_EQ(server->stats().associations, 0u);
  server->remove(*id); // stale, harmless
  server->send(*id, as_octets("x"));
}

TEST_F(reactor_test, closing_a_socket_evicts_its_associations) {
  auto to = listen("127.0.0.1:0");
  auto x = connected(open_client("127.0.0.1:0"), to);
  server->close(server_socket);
  EXPECT_TRUE(accepted.at(0)->evicted);
  turn_a_little();
  EXPECT_EQ(server->stats().associations, 0u);
  EXPECT_EQ(server->add(server_socket, to, x).error().code, ec::not_found);
}

TEST_F(reactor_test, the_end_of_a_reactor_evicts_its_associations) {
  auto uut = std::make_unique<reactor>();
  auto socket = uut->open(*socket_address::parse("127.0.0.1:0"));
  ASSERT_TRUE(socket);
  auto x = std::make_shared<leaver>(*uut);
  ASSERT_TRUE(uut->add(*socket, *socket_address::parse("127.0.0.1:9"), x));
  uut.reset();
  EXPECT_TRUE(x->evicted);
}

TEST_F(reactor_test, the_turn_hook_runs_after_all_events_and_before_sending) {
  std::vector<std::string> order;
  struct note final : timer_client {
    explicit note(std::vector<std::string>& list) : out{list} {}
    void on_timer(time_point) override { out.push_back("timer"); }
    std::vector<std::string>& out;
  } timer{order};
  auto to = listen("127.0.0.1:0");
  auto raw = client->add(open_client("127.0.0.1:0"), to,
                         std::make_shared<dtls_endpoint>(*client));
  ASSERT_TRUE(raw);
  client->timers().arm(client->now() - 1s, &timer);
  client->post([&] { order.push_back("task"); });
  auto both = [&] { // in whichever turn they came
    return std::ranges::count(order, "timer")
           && std::ranges::count(order, "task");
  };
  client->set_turn_hook([&] {
    if (both())
      client->send(*raw, as_octets("from the hook"));
    order.push_back("hook");
  });
  while (!both()) {
    EXPECT_EQ(client->stats().sent, 0u);
    client->turn(20ms);
    EXPECT_EQ(order.back(), "hook");
  }
  EXPECT_EQ(client->stats().sent, 1u);
  client->set_turn_hook(nullptr);
}

TEST_F(reactor_test, any_thread_may_post_and_stop) {
  std::vector<int> order;
  bool inside = false;
  std::thread runner{[&] { server->run(); }};
  for (int i = 0; i < 1000; ++i)
    server->post([&order, i] { order.push_back(i); });
  server->post([&] { inside = server->in_thread(); });
  server->post([&] { server->stop(); });
  runner.join();
  ASSERT_EQ(order.size(), 1000u);
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_TRUE(inside);
  EXPECT_FALSE(server->in_thread());
}

TEST_F(reactor_test, a_taken_address_is_a_clear_failure) {
  auto to = listen("127.0.0.1:0");
  auto refused = client->open(to); // without SO_REUSEPORT
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ec::io);
  EXPECT_EQ(refused.error().where, to.to_string());
}

// COAP-015: nobody listens, so the kernel hears of an unreachable port.
TEST_F(reactor_test, icmp_errors_change_nothing) {
  auto socket = open_client("127.0.0.1:0");
  auto gone = client->open(*socket_address::parse("127.0.0.1:0"));
  auto nobody = client->local_address(*gone);
  client->close(*gone);
  client->turn(0ms);
  auto x = connect(socket, nobody);
  turn_a_little();
  EXPECT_EQ(x->dtls->current(), dtls_association::state::handshaking);
  EXPECT_FALSE(x->evicted);
  EXPECT_EQ(client->stats().associations, 1u);
}

// SIG-338: the hello with the ticket passes the cookie exchange.
TEST_F(reactor_test, a_client_resumes_from_another_port) {
  options.resumption = {ticket_keys::random(),
                        std::make_shared<resumption_cache>(), "server udp"};
  auto to = listen("127.0.0.1:0");
  for (auto resumed : {false, true, true}) {
    auto x = connected(open_client("127.0.0.1:0"), to);
    expect_echo(*x, "hello");
    EXPECT_EQ(x->dtls->resumed(), resumed);
    EXPECT_EQ(accepted.back()->dtls->resumed(), resumed);
    EXPECT_EQ(accepted.back()->dtls->peer().common_name, "client.example");
  }
  auto stats = server->stats();
  EXPECT_EQ(stats.cookies_sent, 3u);
  EXPECT_EQ(stats.accepted, 3u);
  EXPECT_EQ(stats.handshakes, 0u);
}

// The server replaces the association of a peer that starts anew.
TEST_F(reactor_test, a_client_resumes_from_the_same_port) {
  options.resumption = {ticket_keys::random(),
                        std::make_shared<resumption_cache>(), "server udp"};
  auto to = listen("127.0.0.1:0");
  std::uint16_t port = 0;
  for (auto resumed : {false, true}) {
    auto socket = open_client("127.0.0.1:" + std::to_string(port));
    port = client->local_address(socket).port();
    auto x = connected(socket, to);
    expect_echo(*x, "hello");
    EXPECT_EQ(x->dtls->resumed(), resumed);
    x.reset();
    client = std::make_unique<reactor>(); // gone without a goodbye
  }
}

} // namespace
} // namespace tocsin::transports
