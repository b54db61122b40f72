#include "tests/unit/transports/tcp_fixture.hpp"

namespace tocsin::transports {
namespace {

/// Sends a next piece whenever the one before is out.
class long_answer final : public stream_handler {
public:
  long_answer(reactor& where, connection id) : home_{where}, id_{id} {}

  void on_octets(byte_view) override { say(); }
  void on_drained() override {
    ++drained;
    if (said < total)
      say();
  }
  void on_closed(const std::string& why) override { closed = why; }

  static constexpr std::size_t piece = 64u << 10;
  static constexpr std::size_t total = 16u << 20;
  std::size_t said = 0;
  std::size_t drained = 0;
  std::string closed;

private:
  void say() {
    home_.send_stream(id_, as_octets(std::string(piece, 'x')));
    said += piece;
  }

  reactor& home_;
  connection id_;
};

class tcp_drain_test : public tcp_fixture {
protected:
  socket_address listen_for_long_answers() {
    auto opened =
        server->listen_stream(at("127.0.0.1:0"), [this](const new_stream& x) {
          answer = std::make_shared<long_answer>(*server, x.id);
          server->handshake_done(x.id);
          return answer;
        });
    EXPECT_TRUE(opened);
    return server->local_address(*opened);
  }

  std::shared_ptr<long_answer> answer;
};

TEST_F(tcp_drain_test, a_long_answer_leaves_piece_by_piece) {
  raw_peer x{at("127.0.0.1:0"), listen_for_long_answers()};
  ASSERT_TRUE(turn_until([&] { return answer != nullptr; }));
  EXPECT_EQ(answer->drained, 0u);
  x.say("go");
  ASSERT_TRUE(turn_until([&] {
    x.hear();
    return x.heard.size() == long_answer::total;
  }));
  EXPECT_EQ(answer->closed, "");
  EXPECT_EQ(answer->drained, long_answer::total / long_answer::piece);
}

TEST_F(tcp_drain_test, nothing_is_drained_while_the_peer_does_not_read) {
  raw_peer x{at("127.0.0.1:0"), listen_for_long_answers()};
  ASSERT_TRUE(turn_until([&] { return answer != nullptr; }));
  x.say("go");
  auto before = SIZE_MAX;
  while (answer->drained != before) {
    before = answer->drained;
    turn_a_little();
  }
  EXPECT_LT(answer->said, long_answer::total);
  // One piece waits, and never a second.
  EXPECT_EQ(answer->said, (answer->drained + 1) * long_answer::piece);
}

/// Says one octet, and counts how often it was out.
class short_answer final : public stream_handler {
public:
  short_answer(reactor& where, connection id) : home_{where}, id_{id} {}

  void on_octets(byte_view) override { home_.send_stream(id_, as_octets("x")); }
  void on_drained() override { ++drained; }
  void on_closed(const std::string&) override {}

  std::size_t drained = 0;

private:
  reactor& home_;
  connection id_;
};

// The turn hook is where actors have their time: who is told something after it
// must not sleep on that until something else wakes the reactor.
TEST_F(tcp_drain_test, who_is_told_at_the_end_of_a_turn_has_another_one) {
  std::shared_ptr<short_answer> teller;
  auto opened =
      server->listen_stream(at("127.0.0.1:0"), [&](const new_stream& x) {
        teller = std::make_shared<short_answer>(*server, x.id);
        server->handshake_done(x.id);
        return teller;
      });
  ASSERT_TRUE(opened);
  std::size_t known_to_hook = 0;
  server->set_turn_hook([&] {
    if (teller)
      known_to_hook = teller->drained;
  });
  raw_peer x{at("127.0.0.1:0"), server->local_address(*opened)};
  ASSERT_TRUE(turn_until([&] { return teller != nullptr; }));
  x.say("go");
  ASSERT_TRUE(turn_until([&] { return teller->drained == 1; }));
  EXPECT_EQ(known_to_hook, 0u);
  server->turn(std::chrono::hours{1}); // does not return without a reason
  EXPECT_EQ(known_to_hook, 1u);
}

} // namespace
} // namespace tocsin::transports
