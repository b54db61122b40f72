#include "tests/unit/transports/tcp_fixture.hpp"

namespace tocsin::transports {
namespace {

using namespace std::chrono_literals;

using tcp_stream_test = tcp_fixture;

std::string long_text(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<char>('a' + i * 7 % 23);
  return out;
}

TEST_F(tcp_stream_test, a_client_and_a_server_talk_over_ipv4) {
  auto to = listen("127.0.0.1:0");
  auto x = connect(at("127.0.0.2:0"), to);
  ASSERT_TRUE(turn_until([&] { return x->connected == 1; }));
  x->say("hello");
  ASSERT_TRUE(turn_until([&] { return x->heard == "hello"; }));
  ASSERT_EQ(accepted.size(), 1u);
  EXPECT_EQ(accepted[0]->local, to);
  EXPECT_EQ(accepted[0]->peer.host(), "127.0.0.2");
  EXPECT_EQ(accepted[0]->connected, 0);
  auto stats = server->stats();
  EXPECT_EQ(stats.streams_accepted, 1u);
  EXPECT_EQ(stats.streams, 1u);
  EXPECT_EQ(stats.stream_handshakes, 1u);
  EXPECT_EQ(stats.stream_octets_received, 5u);
  EXPECT_EQ(stats.stream_octets_sent, 5u);
  EXPECT_EQ(stats.streams_refused, 0u);
  server->handshake_done(accepted[0]->id);
  one_turn();
  EXPECT_EQ(server->stats().stream_handshakes, 0u);
}

TEST_F(tcp_stream_test, ipv6_leaves_the_ipv4_port_of_the_same_number_alone) {
  if (!client->open(at("[::1]:0")))
    GTEST_SKIP() << "no IPv6 here";
  auto any = listen("[::]:0");
  auto to = *socket_address::parse_host("::1", any.port());
  auto x = connect(at("[::]:0"), to);
  x->say("hello"); // before it is connected
  ASSERT_TRUE(turn_until([&] { return x->heard == "hello"; }));
  EXPECT_EQ(accepted.at(0)->local, to);
  EXPECT_EQ(accepted.at(0)->peer.host(), "::1");
  // As the IPv6 socket is V6ONLY, no one hears this.
  auto y = connect(socket_address::v4({127, 0, 0, 1}, any.port()));
  ASSERT_TRUE(turn_until([&] { return y->closed.has_value(); }));
  EXPECT_EQ(y->connected, 0);
}

TEST_F(tcp_stream_test, a_stream_arrives_whole_and_in_order_however_it_is_cut) {
  auto to = listen("127.0.0.1:0");
  auto x = connect(to);
  auto text = long_text(200000);
  for (std::size_t i = 0; i < 300; ++i)
    x->say(std::string_view{text}.substr(i, 1));
  x->say(std::string_view{text}.substr(300));
  ASSERT_TRUE(turn_until([&] { return x->heard.size() >= text.size(); }));
  EXPECT_EQ(x->heard, text);
  EXPECT_EQ(accepted.at(0)->heard, text);
}

TEST_F(tcp_stream_test, single_octets_are_delivered_as_they_come) {
  auto to = listen("127.0.0.1:0");
  auto x = join(to);
  for (auto part : {"o", "n", "e"}) {
    auto pieces = accepted[0]->pieces;
    x->say(part);
    ASSERT_TRUE(turn_until([&] { return accepted[0]->pieces > pieces; }));
  }
  EXPECT_EQ(accepted[0]->heard, "one");
  EXPECT_EQ(accepted[0]->pieces, 3);
}

TEST_F(tcp_stream_test, who_has_sent_all_still_gets_the_answer) {
  auto to = listen("127.0.0.1:0");
  auto x = join(to);
  x->say("question");
  x->finish_sending();
  ASSERT_TRUE(turn_until([&] { return x->hear(), x->ended; }));
  EXPECT_EQ(x->heard, "question");
  ASSERT_TRUE(accepted[0]->closed);
  EXPECT_EQ(*accepted[0]->closed, "the peer closed the connection");
  EXPECT_EQ(server->stats().streams, 0u);
}

TEST_F(tcp_stream_test, an_answer_of_the_turn_hook_still_reaches_who_left) {
  echo = false;
  auto to = listen("127.0.0.1:0");
  auto x = join(to);
  server->set_turn_hook([this] {
    if (accepted[0]->closed)
      accepted[0]->say("late answer");
  });
  x->finish_sending();
  ASSERT_TRUE(turn_until([&] { return x->hear(), x->ended; }));
  EXPECT_EQ(x->heard, "late answer");
  server->set_turn_hook(nullptr);
}

TEST_F(tcp_stream_test, a_long_answer_to_who_has_sent_all_arrives_whole) {
  reactor_limits limits;
  limits.max_stream_output = 16u << 20;
  open_reactors(limits);
  auto to = listen("127.0.0.1:0");
  auto x = join(to);
  auto text = long_text(8u << 20); // more than the kernel's buffers
  accepted[0]->say(text);
  x->finish_sending();
  turn_a_little();
  ASSERT_EQ(server->stats().streams, 1u);
  // Its FIN stays readable, which must not keep the reactor awake.
  auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i)
    server->turn(20ms);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 60ms);
  ASSERT_TRUE(turn_until([&] { return x->hear(65536), x->ended; }));
  EXPECT_EQ(x->error, 0);
  EXPECT_EQ(x->heard == text, true);
  turn_a_little();
  EXPECT_EQ(server->stats().streams, 0u);
}

TEST_F(tcp_stream_test, a_reset_by_the_peer_is_told_once) {
  auto to = listen("127.0.0.1:0");
  auto x = join(to);
  x->reset();
  ASSERT_TRUE(turn_until([&] { return accepted[0]->closed.has_value(); }));
  EXPECT_EQ(*accepted[0]->closed, describe_error(ECONNRESET));
  EXPECT_FALSE(accepted[0]->evicted);
  accepted[0]->closed.reset();
  accepted[0]->say("nobody hears this");
  turn_a_little();
  EXPECT_FALSE(accepted[0]->closed);
  EXPECT_EQ(server->stats().streams, 0u);
  EXPECT_EQ(server->stats().stream_handshakes, 0u);
}

TEST_F(tcp_stream_test, nobody_listening_is_told_as_closed_not_as_connected) {
  auto to = listen("127.0.0.1:0");
  server->close(listener);
  auto x = connect(to);
  EXPECT_FALSE(x->closed); // not from inside connect_stream()
  client->turn(1h);        // does not wait for long
  ASSERT_TRUE(turn_until([&] { return x->closed.has_value(); }));
  EXPECT_EQ(*x->closed, describe_error(ECONNREFUSED));
  EXPECT_EQ(x->connected, 0);
  EXPECT_EQ(client->stats().streams, 0u);
}

TEST_F(tcp_stream_test, stale_ids_do_not_touch_who_took_the_place) {
  auto to = listen("127.0.0.1:0");
  auto old = connect(to);
  ASSERT_TRUE(turn_until([&] { return old->connected == 1; }));
  client->close_stream(old->id, false);
  ASSERT_TRUE(turn_until([&] { return accepted.at(0)->closed.has_value(); }));
  auto fresh = connect(to);
  ASSERT_TRUE(turn_until([&] { return accepted.size() == 2; }));
  ASSERT_EQ(fresh->id.slot, old->id.slot);
  ASSERT_EQ(accepted[0]->id.slot, accepted[1]->id.slot);
  old->say("stale");
  client->close_stream(old->id, true);
  client->close_stream(old->id, false);
  client->close_stream({}, true);
  client->send_stream({}, as_octets("nobody"));
  server->handshake_done(accepted[0]->id);
  turn_a_little();
  EXPECT_EQ(server->stats().stream_handshakes, 1u);
  fresh->say("fresh");
  ASSERT_TRUE(turn_until([&] { return fresh->heard == "fresh"; }));
  EXPECT_EQ(accepted[1]->heard, "fresh");
  EXPECT_FALSE(old->closed);
}

TEST_F(tcp_stream_test, a_handler_may_close_its_own_connection) {
  auto to = listen("127.0.0.1:0");
  auto x = join(to);
  accepted[0]->when_heard = [](stream_endpoint& self) {
    self.home.close_stream(self.id, true);
    self.say("too late");
  };
  x->say("go");
  std::weak_ptr<stream_endpoint> watched = accepted[0];
  accepted.clear();
  ASSERT_TRUE(turn_until([&] { return x->hear(), x->ended; }));
  EXPECT_EQ(x->heard, "go");
  EXPECT_TRUE(watched.expired());
  auto y = connect(to);
  y->when_connected = [](stream_endpoint& self) {
    self.home.close_stream(self.id, false);
  };
  ASSERT_TRUE(turn_until(
      [&] { return !accepted.empty() && accepted[0]->closed.has_value(); }));
  EXPECT_EQ(y->connected, 1);
  EXPECT_FALSE(y->closed);
}

TEST_F(tcp_stream_test, closing_with_flush_sends_all_and_then_fin) {
  reactor_limits limits;
  limits.max_stream_output = 16u << 20;
  open_reactors(limits);
  auto to = listen("127.0.0.1:0");
  auto x = join(to);
  auto text = long_text(8u << 20);
  accepted[0]->say(text);
  server->close_stream(accepted[0]->id, true);
  x->say("ignored from now on");
  turn_a_little();
  EXPECT_EQ(server->stats().streams, 1u); // waits for the peer to read
  ASSERT_TRUE(turn_until([&] { return x->hear(65536), x->ended; }));
  EXPECT_EQ(x->error, 0);
  EXPECT_EQ(x->heard == text, true);
  EXPECT_EQ(accepted[0]->heard, "");
  x->leave();
  ASSERT_TRUE(turn_until([&] { return server->stats().streams == 0; }));
  EXPECT_FALSE(accepted[0]->closed);
}

TEST_F(tcp_stream_test, closing_with_flush_has_a_time_limit) {
  reactor_limits limits;
  limits.stream_close_time = 30ms;
  limits.max_stream_output = 16u << 20;
  open_reactors(limits);
  auto to = listen("127.0.0.1:0");
  auto deaf = join(to);
  auto idle = join(to);
  accepted[0]->say(long_text(8u << 20));
  auto begin = std::chrono::steady_clock::now();
  for (const auto& each : accepted)
    server->close_stream(each->id, true);
  ASSERT_TRUE(turn_until([&] { return server->stats().streams == 0; }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  ASSERT_TRUE(turn_until([&] { return deaf->hear(), deaf->error != 0; }));
  EXPECT_EQ(deaf->error, ECONNRESET);
  EXPECT_EQ(server->stats().streams_timed_out, 0u); // of handshakes
}

TEST_F(tcp_stream_test, closing_without_flush_resets) {
  auto to = listen("127.0.0.1:0");
  auto x = join(to);
  accepted[0]->say("never sent");
  server->close_stream(accepted[0]->id, false);
  ASSERT_TRUE(turn_until([&] { return x->hear(), x->error != 0; }));
  EXPECT_EQ(x->error, ECONNRESET);
  EXPECT_EQ(x->heard, "");
  one_turn();
  EXPECT_FALSE(accepted[0]->closed);
  EXPECT_EQ(server->stats().streams, 0u);
}

TEST_F(tcp_stream_test, closing_a_listener_evicts_its_connections_only) {
  auto to = listen("127.0.0.1:0");
  auto mine = connect(to);
  auto first = listener;
  auto other = listen("127.0.0.1:0");
  auto yours = connect(other);
  ASSERT_TRUE(turn_until([&] { return accepted.size() == 2; }));
  if (accepted[0]->local != to)
    std::swap(accepted[0], accepted[1]);
  accepted[0]->say("goodbye");
  server->close(first);
  EXPECT_TRUE(accepted[0]->evicted);
  EXPECT_FALSE(accepted[1]->evicted);
  ASSERT_TRUE(turn_until([&] { return mine->closed.has_value(); }));
  EXPECT_EQ(mine->heard, "goodbye");
  EXPECT_EQ(server->local_address(first), socket_address{});
  server->close(first); // harmless
  yours->say("still here");
  ASSERT_TRUE(turn_until([&] { return yours->heard == "still here"; }));
  EXPECT_EQ(server->stats().streams, 1u);
}

TEST_F(tcp_stream_test, closing_all_evicts_our_own_connections_as_well) {
  auto to = listen("127.0.0.1:0");
  auto x = connect(to);
  ASSERT_TRUE(turn_until([&] { return x->connected == 1; }));
  client->close_all();
  EXPECT_TRUE(x->evicted);
  server->close_all();
  ASSERT_EQ(accepted.size(), 1u);
  EXPECT_TRUE(accepted[0]->evicted);
  turn_a_little();
  EXPECT_EQ(client->stats().streams, 0u);
  EXPECT_EQ(server->stats().streams, 0u);
  EXPECT_EQ(server->stats().stream_handshakes, 0u);
}

TEST_F(tcp_stream_test, the_end_of_a_reactor_evicts_and_says_what_was_queued) {
  auto to = listen("127.0.0.1:0");
  auto x = connect(to);
  ASSERT_TRUE(turn_until([&] { return accepted.size() == 1; }));
  accepted[0]->say("goodbye");
  server.reset();
  EXPECT_TRUE(accepted[0]->evicted);
  server = std::make_unique<reactor>();
  ASSERT_TRUE(turn_until([&] { return x->closed.has_value(); }));
  EXPECT_EQ(x->heard, "goodbye");
}

TEST_F(tcp_stream_test, addresses_that_are_not_ours_are_a_clear_failure) {
  auto foreign = at("192.0.2.1:4646");
  auto refused = server->listen_stream(
      foreign, [this](const new_stream& x) { return accept(x); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ec::io);
  EXPECT_EQ(refused.error().where, foreign.to_string());
  auto x = std::make_shared<stream_endpoint>(*client);
  auto from = client->connect_stream(foreign, at("127.0.0.1:9"), x);
  ASSERT_FALSE(from);
  EXPECT_EQ(from.error().code, ec::io);
  EXPECT_EQ(client->connect_stream(foreign, foreign, nullptr).error().code,
            ec::internal);
  turn_a_little();
  EXPECT_FALSE(x->closed);
}

} // namespace
} // namespace tocsin::transports
