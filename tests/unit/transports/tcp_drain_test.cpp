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

} // namespace
} // namespace tocsin::transports
