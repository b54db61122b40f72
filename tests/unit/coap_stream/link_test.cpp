// Two endpoints whose octets arrive in pieces of any size.
#include "harness.hpp"

#include <algorithm>
#include <deque>
#include <map>

namespace tocsin::protocol::coap {

using namespace std::chrono_literals;

namespace {

class link_run {
public:
  explicit link_run(std::uint64_t seed)
      : random_{seed}, peers_{peer{seed * 2, now_}, peer{seed * 2 + 1, now_}} {}

  void run(int requests) {
    while (requests > 0 || busy()) {
      if (requests > 0 && random_() % 4 == 0)
        ask(peers_[random_() % 2], requests--);
      for (int side = 0; side < 2; ++side) {
        carry(side);
        answer(peers_[side]);
      }
      now_ += std::chrono::milliseconds{random_() % 10};
    }
  }

  /// Every request was handled once by the other side, and got the answer to
  /// itself.
  void check() const {
    std::size_t asked = 0;
    for (int side = 0; side < 2; ++side) {
      const auto& x = peers_[side];
      asked += x.asked.size();
      EXPECT_EQ(x.answered.size(), x.asked.size());
      EXPECT_EQ(peers_[1 - side].handled, x.asked.size());
      for (const auto& [id, content] : x.asked) {
        const auto i = x.answered.find(id);
        EXPECT_TRUE(i != x.answered.end() && i->second == content);
      }
      EXPECT_EQ(x.uut->counters().malformed, 0u);
      EXPECT_TRUE(x.uut->bert());
    }
    EXPECT_GT(asked, 0u);
  }

  const bytes& trace() const { return trace_; }

private:
  struct peer {
    peer(std::uint64_t seed, time_point now)
        : uut{std::make_unique<stream_endpoint>(parameters{},
                                                std::mt19937_64{seed}, now)} {}

    std::unique_ptr<stream_endpoint> uut;
    std::deque<std::uint8_t> inbound; ///< on their way to this side
    std::map<exchange_id, bytes> asked;
    std::map<exchange_id, bytes> answered;
    std::vector<incoming_request> work;
    std::size_t handled = 0;
  };

  bool busy() const {
    return std::ranges::any_of(peers_, [](const peer& x) {
      return !x.inbound.empty() || !x.work.empty()
             || x.uut->open_exchanges() > 0;
    });
  }

  void ask(peer& x, int number) {
    outgoing_request what;
    what.code = code::put;
    what.payload.assign(1 + random_() % 900, static_cast<std::uint8_t>(number));
    auto content = what.payload;
    x.asked[x.uut->send_request(std::move(what), now_)] = std::move(content);
  }

  /// Moves what one side has sent, and lets a random piece arrive.
  void carry(int side) {
    auto& from = peers_[side];
    auto& to = peers_[1 - side];
    for (bytes piece; from.uut->next_datagram(piece);) {
      to.inbound.insert(to.inbound.end(), piece.begin(), piece.end());
      trace_.insert(trace_.end(), piece.begin(), piece.end());
    }
    const auto most = random_() % 3 == 0 ? 3u : 1500u;
    const auto size = static_cast<std::ptrdiff_t>(
        std::min<std::size_t>(random_() % most, to.inbound.size()));
    const bytes piece(to.inbound.begin(), to.inbound.begin() + size);
    to.inbound.erase(to.inbound.begin(), to.inbound.begin() + size);
    to.uut->receive(piece, now_);
    while (auto happened = to.uut->next_event())
      note(to, *happened);
  }

  static void note(peer& x, event& happened) {
    if (auto* in = std::get_if<incoming_request>(&happened))
      x.work.push_back(std::move(*in));
    else if (auto* out = std::get_if<response_received>(&happened))
      EXPECT_TRUE(x.answered.emplace(out->id, std::move(out->payload)).second);
    else
      ADD_FAILURE() << "a request failed or the stream ended";
  }

  /// Some request, not the oldest one.
  void answer(peer& x) {
    if (x.work.empty() || random_() % 2 == 0)
      return;
    const auto i =
        x.work.begin() + static_cast<std::ptrdiff_t>(random_() % x.work.size());
    ++x.handled;
    x.uut->respond(i->id, {code::changed, {}, i->payload}, now_);
    x.work.erase(i);
  }

  std::mt19937_64 random_;
  time_point now_{1000h};
  peer peers_[2];
  bytes trace_;
};

} // namespace

// COAP-100, COAP-107, COAP-108
TEST(stream_link, both_sides_ask_and_answer_over_any_fragmentation) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    link_run x{seed};
    x.run(60);
    x.check();
  }
}

TEST(stream_link, same_seed_gives_the_same_octets) {
  link_run x{7};
  link_run y{7};
  link_run z{8};
  x.run(40);
  y.run(40);
  z.run(40);
  EXPECT_EQ(x.trace(), y.trace());
  EXPECT_NE(x.trace(), z.trace());
}

// Every octet costs the same however slowly a large message dribbles in.
TEST(stream_link, message_of_full_size_may_dribble_in) {
  auto x = harness::open();
  auto large = request("01");
  large.payload.assign(65000, 0);
  for (const auto octet : wire(large))
    x.give(byte_view{&octet, 1});
  const auto got = x.event_of<incoming_request>();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->payload.size(), 65000u);
}

} // namespace tocsin::protocol::coap
