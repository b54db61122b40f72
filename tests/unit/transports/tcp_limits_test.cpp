#include "tests/unit/transports/tcp_fixture.hpp"
#include "transports/tcp_admission.hpp"

#include <fcntl.h>
#include <sys/resource.h>

namespace tocsin::transports {
namespace {

using namespace std::chrono_literals;

class tcp_limits_test : public tcp_fixture {
protected:
  std::string address_of(int i) {
    return "127.0.1." + std::to_string(i) + ":0";
  }
};

/// Lowers the number of descriptors that this process may have, and puts it
/// back in the end.
class descriptor_limit {
public:
  descriptor_limit() { getrlimit(RLIMIT_NOFILE, &before_); }
  ~descriptor_limit() { setrlimit(RLIMIT_NOFILE, &before_); }
  void set(rlim_t value) {
    auto x = before_;
    x.rlim_cur = value;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &x), 0);
  }
  static rlim_t next_number() {
    descriptor probe{open("/dev/null", O_RDONLY | O_CLOEXEC)};
    return static_cast<rlim_t>(probe.get());
  }

private:
  rlimit before_{};
};

TEST_F(tcp_limits_test, a_peer_that_does_not_read_is_cut_off) {
  auto to = listen("127.0.0.1:0");
  auto x = join(to);
  const std::string text(64u << 10, 'x');
  auto said = std::size_t{0};
  while (!accepted[0]->closed && said < (256u << 20)) {
    accepted[0]->say(text);
    said += text.size();
    one_turn();
  }
  ASSERT_TRUE(accepted[0]->closed);
  EXPECT_EQ(*accepted[0]->closed, "the peer does not read what it is sent");
  auto stats = server->stats();
  EXPECT_EQ(stats.streams_overflowed, 1u);
  EXPECT_EQ(stats.streams, 0u);
  // What waited with us, not with the kernel, was never more than the limit.
  EXPECT_LE(said - stats.stream_octets_sent,
            reactor_limits{}.max_stream_output + text.size());
  ASSERT_TRUE(turn_until([&] { return x->hear(), x->error != 0; }));
  EXPECT_EQ(x->error, ECONNRESET);
}

TEST_F(tcp_limits_test, an_answer_beyond_the_limit_reaches_a_peer_that_reads) {
  reactor_limits limits;
  limits.max_stream_output = 1000;
  open_reactors(limits);
  auto to = listen("127.0.0.1:0");
  auto x = join(to);
  for (int i = 0; i < 100; ++i) // in one turn
    accepted[0]->say(std::string(1000, static_cast<char>('a' + i % 26)));
  ASSERT_TRUE(turn_until([&] { return x->hear(), x->heard.size() == 100000; }));
  EXPECT_FALSE(accepted[0]->closed);
  accepted[0]->say(std::string(1001, 'x')); // never fits
  EXPECT_FALSE(accepted[0]->closed);        // not from inside send_stream()
  one_turn();
  EXPECT_TRUE(accepted[0]->closed);
  EXPECT_EQ(server->stats().streams_overflowed, 1u);
}

TEST_F(tcp_limits_test, who_does_not_finish_its_handshake_is_reset) {
  reactor_limits limits;
  limits.stream_handshake_time = 50ms;
  open_reactors(limits);
  auto to = listen("127.0.0.1:0");
  auto good = join(to);
  server->handshake_done(accepted[0]->id);
  auto bad = join(to);
  ASSERT_TRUE(turn_until([&] {
    bad->say("."); // to keep busy does not help
    return accepted[1]->closed.has_value();
  }));
  EXPECT_EQ(*accepted[1]->closed, "the handshake took too long");
  ASSERT_TRUE(
      turn_until([&] { return bad->hear(), bad->ended || bad->error != 0; }));
  EXPECT_FALSE(accepted[0]->closed);
  auto stats = server->stats();
  EXPECT_EQ(stats.streams_timed_out, 1u);
  EXPECT_EQ(stats.streams, 1u);
  EXPECT_EQ(stats.stream_handshakes, 0u);
}

TEST_F(tcp_limits_test, newcomers_wait_while_all_handshakes_are_taken) {
  reactor_limits limits;
  limits.max_stream_handshakes = 2;
  open_reactors(limits);
  auto to = listen("127.0.0.1:0");
  auto a = join(to);
  auto b = join(to);
  raw_peer c{at("127.0.0.1:0"), to};
  c.say("patience");
  turn_a_little();
  EXPECT_EQ(accepted.size(), 2u);
  EXPECT_EQ(server->stats().streams_refused, 0u);
  server->handshake_done(accepted[0]->id);
  ASSERT_TRUE(turn_until([&] { return c.hear(), c.heard == "patience"; }));
  raw_peer d{at("127.0.0.1:0"), to};
  turn_a_little();
  EXPECT_EQ(accepted.size(), 3u);
  b->reset(); // the end of a connection makes room as well
  ASSERT_TRUE(turn_until([&] { return accepted.size() == 4; }));
  EXPECT_EQ(server->stats().streams_refused, 0u);
}

TEST_F(tcp_limits_test, waiting_newcomers_do_not_keep_the_reactor_busy) {
  reactor_limits limits;
  limits.max_stream_handshakes = 1;
  open_reactors(limits);
  auto to = listen("127.0.0.1:0");
  auto a = join(to);
  raw_peer b{at("127.0.0.1:0"), to};
  turn_a_little();
  ASSERT_EQ(accepted.size(), 1u);
  auto begin = std::chrono::steady_clock::now();
  server->turn(20ms); // nothing is ready, so it waits
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 19ms);
}

TEST_F(tcp_limits_test, one_source_cannot_take_all_handshakes) {
  auto to = listen("127.0.0.1:0");
  std::vector<std::unique_ptr<raw_peer>> many;
  for (std::uint32_t i = 0; i < tcp_admission::max_per_source; ++i)
    many.push_back(join(to, "127.0.0.2:0"));
  raw_peer excess{at("127.0.0.2:0"), to};
  ASSERT_TRUE(turn_until([&] { return excess.hear(), excess.error != 0; }));
  EXPECT_EQ(excess.error, ECONNRESET);
  EXPECT_EQ(server->stats().streams_refused, 1u);
  auto other = join(to, "127.0.0.3:0"); // is welcome
  // Nor are connections limited whose handshake is over.
  server->handshake_done(accepted[0]->id);
  auto again = join(to, "127.0.0.2:0");
  EXPECT_EQ(server->stats().streams_refused, 1u);
}

TEST_F(tcp_limits_test, one_that_we_send_off_keeps_its_place_till_it_is_gone) {
  reactor_limits limits;
  limits.max_stream_handshakes = 1;
  open_reactors(limits);
  auto to = listen("127.0.0.1:0");
  auto x = join(to);
  server->close_stream(accepted[0]->id, true);
  ASSERT_TRUE(turn_until([&] { return x->hear(), x->ended; }));
  EXPECT_EQ(server->stats().stream_handshakes, 1u);
  x->leave();
  ASSERT_TRUE(turn_until([&] { return server->stats().streams == 0; }));
  EXPECT_EQ(server->stats().stream_handshakes, 0u);
}

TEST_F(tcp_limits_test, connections_beyond_the_limit_are_reset_at_once) {
  trusting = true;
  reactor_limits limits;
  limits.max_connections = 2;
  open_reactors(limits);
  auto to = listen("127.0.0.1:0");
  auto a = join(to);
  auto b = join(to);
  raw_peer c{at("127.0.0.1:0"), to};
  ASSERT_TRUE(turn_until([&] { return c.hear(), c.error != 0; }));
  EXPECT_EQ(server->stats().streams_refused, 1u);
  EXPECT_EQ(accepted.size(), 2u);
  auto mine = server->connect_stream(
      at("127.0.0.1:0"), to, std::make_shared<stream_endpoint>(*server));
  ASSERT_FALSE(mine);
  EXPECT_EQ(mine.error().code, ec::too_large);
  a->leave();
  ASSERT_TRUE(turn_until([&] { return server->stats().streams == 1; }));
  auto d = join(to);
}

TEST_F(tcp_limits_test, a_refused_peer_leaves_nothing_behind) {
  refusing = true;
  auto to = listen("127.0.0.1:0");
  raw_peer x{at("127.0.0.1:0"), to};
  ASSERT_TRUE(turn_until([&] { return x.hear(), x.error != 0; }));
  EXPECT_EQ(x.error, ECONNRESET);
  auto stats = server->stats();
  EXPECT_EQ(stats.streams_refused, 1u);
  EXPECT_EQ(stats.streams_accepted, 0u);
  EXPECT_EQ(stats.streams, 0u);
  EXPECT_EQ(stats.stream_handshakes, 0u);
}

TEST_F(tcp_limits_test, the_decision_may_close_the_listener_itself) {
  socket_id self;
  auto opened = server->listen_stream(
      at("127.0.0.1:0"),
      [&](const new_stream&) -> std::shared_ptr<stream_handler> {
        server->close(self);
        return std::make_shared<stream_endpoint>(*server);
      });
  ASSERT_TRUE(opened);
  self = *opened;
  raw_peer x{at("127.0.0.1:0"), server->local_address(self)};
  ASSERT_TRUE(turn_until([&] { return x.hear(), x.ended || x.error != 0; }));
  EXPECT_EQ(server->stats().streams, 0u);
  EXPECT_EQ(server->stats().streams_refused, 1u);
}

TEST_F(tcp_limits_test, a_flood_leaves_descriptors_for_the_rest_of_the_node) {
  trusting = true;
  auto to = listen("127.0.0.1:0");
  auto first = join(to);
  std::vector<std::unique_ptr<raw_peer>> flood;
  for (int i = 0; i < 40; ++i)
    flood.push_back(std::make_unique<raw_peer>(at("127.0.0.1:0"), to));
  descriptor_limit limit;
  limit.set(descriptor_limit::next_number() + 64 + 10);
  ASSERT_TRUE(turn_until([&] { return server->stats().streams_refused > 0; }));
  turn_a_little();
  auto stats = server->stats();
  EXPECT_EQ(stats.streams_accepted, 1u + 10);
  EXPECT_EQ(stats.streams_refused, 30u);
  EXPECT_EQ(stats.accept_errors, 0u);
  std::vector<descriptor> spare;
  for (int i = 0; i < 64; ++i) {
    spare.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
    EXPECT_TRUE(spare.back());
  }
  first->say("still here");
  ASSERT_TRUE(
      turn_until([&] { return first->hear(), first->heard == "still here"; }));
}

TEST_F(tcp_limits_test, without_descriptors_newcomers_wait_and_nothing_spins) {
  auto to = listen("127.0.0.1:0");
  auto known = join(to);
  raw_peer x{at("127.0.0.1:0"), to};
  x.say("hello");
  {
    descriptor_limit limit;
    limit.set(descriptor_limit::next_number());
    ASSERT_TRUE(turn_until([&] { return server->stats().accept_errors > 0; }));
    for (int i = 0; i < 50; ++i)
      one_turn();
    EXPECT_EQ(server->stats().accept_errors, 1u);
    known->say("still here");
    ASSERT_TRUE(
        turn_until([&] { return known->hear(), !known->heard.empty(); }));
    // It tries again after a while, and again pauses.
    ASSERT_TRUE(turn_until([&] { return server->stats().accept_errors > 1; }));
    EXPECT_EQ(accepted.size(), 1u);
  }
  ASSERT_TRUE(turn_until([&] { return x.hear(), x.heard == "hello"; }));
  EXPECT_EQ(server->stats().streams_refused, 0u);
}

TEST_F(tcp_limits_test, one_connection_has_one_piece_of_each_turn) {
  trusting = true;
  echo = false;
  auto to = listen("127.0.0.1:0");
  auto loud = join(to);
  auto quiet = join(to);
  ASSERT_GT(loud->say(std::string(200000, 'x')), 100000u);
  quiet->say("me too");
  one_turn();
  EXPECT_EQ(accepted[0]->pieces, 1);
  EXPECT_LE(accepted[0]->largest, 16896u);
  EXPECT_EQ(accepted[1]->heard, "me too");
  one_turn(); // the rest was not forgotten
  EXPECT_EQ(accepted[0]->pieces, 2);
}

TEST_F(tcp_limits_test, the_established_come_first_and_newcomers_in_portions) {
  echo = false;
  auto to = listen("127.0.0.1:0");
  std::vector<std::unique_ptr<raw_peer>> peers;
  for (int i = 1; i <= 20; ++i)
    peers.push_back(join(to, address_of(i)));
  peers.push_back(join(to, address_of(21)));
  server->handshake_done(accepted.back()->id);
  std::vector<stream_endpoint*> order;
  for (auto& each : accepted)
    each->when_heard = [&](stream_endpoint& x) { order.push_back(&x); };
  for (auto& each : peers) // the established one last
    each->say("x");
  raw_peer late{at(address_of(22)), to};
  one_turn();
  ASSERT_EQ(order.size(), 1u + 16);
  EXPECT_EQ(order.front(), accepted[20].get());
  EXPECT_EQ(accepted.size(), 22u); // and yet newcomers are let in
  one_turn();
  EXPECT_EQ(order.size(), 21u);
}

struct datagram_counter final : association_handler {
  void on_datagram(byte_view) override { ++count; }
  int count = 0;
};

TEST_F(tcp_limits_test, datagrams_are_served_however_many_streams_are_busy) {
  trusting = true;
  echo = false;
  auto to = listen("127.0.0.1:0");
  std::vector<std::unique_ptr<raw_peer>> busy;
  for (int i = 0; i < 200; ++i)
    busy.push_back(join(to));
  auto udp = server->open(at("127.0.0.1:0"));
  auto from = client->open(at("127.0.0.1:0"));
  ASSERT_TRUE(udp && from);
  auto counter = std::make_shared<datagram_counter>();
  ASSERT_TRUE(server->add(*udp, client->local_address(*from), counter));
  auto sender = client->add(*from, server->local_address(*udp),
                            std::make_shared<datagram_counter>());
  ASSERT_TRUE(sender);
  for (auto& each : busy)
    each->say(std::string(100000, 'x'));
  for (int i = 1; i <= 5; ++i) {
    client->send(*sender, as_octets("datagram"));
    client->turn(0ms);
    one_turn();
    EXPECT_EQ(counter->count, i);
  }
  auto served = std::ranges::count_if(
      accepted, [](const endpoint_ptr& x) { return x->pieces > 0; });
  EXPECT_EQ(served, 200); // 64 a turn, and each in its turn
  EXPECT_LE(std::ranges::max(accepted, {},
                             [](const endpoint_ptr& x) { return x->pieces; })
                ->pieces,
            2);
}

} // namespace
} // namespace tocsin::transports
