// Two endpoints on a link that loses, duplicates, delays and reorders.
#include "harness.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace tocsin::protocol::coap {

using namespace std::chrono_literals;

namespace {

/// Both peers ask and answer; time is virtual and all chance has a seed.
class link_run {
public:
  struct quality {
    unsigned loss_percent = 0;
    unsigned copy_percent = 0;
    duration jitter = 0ms;
  };

  link_run(std::uint64_t seed, quality link)
      : random_{seed}, link_{link}, peers_{peer{seed * 2}, peer{seed * 2 + 1}} {
  }

  void run(int requests) {
    for (auto next = now_; requests > 0 || busy();) {
      if (requests > 0 && next <= now_) {
        ask(peers_[random_() % 2], requests--);
        next = now_ + std::chrono::milliseconds{random_() % 5000};
      }
      flush();
      step(requests > 0 ? next : now_ + 1h);
    }
  }

  /// Every request ended; a CON was handled once at most, a NON once for each
  /// of its four copies at most; and where there was a response, the other
  /// side did handle the request.
  void check() const {
    for (int side = 0; side < 2; ++side) {
      const auto& x = peers_[side];
      const auto& handled = peers_[1 - side].handled;
      EXPECT_EQ(x.ended.size(), x.asked.size());
      EXPECT_EQ(x.uut.open_exchanges(), 0u);
      for (const auto& [number, good] : x.results) {
        const auto i = handled.find(number);
        const auto times = i == handled.end() ? 0u : i->second;
        EXPECT_LE(times, x.confirmable.contains(number) ? 1u : 4u) << number;
        EXPECT_GE(times, good ? 1u : 0u) << number;
      }
    }
  }

  struct peer {
    explicit peer(std::uint64_t seed) : uut{{}, std::mt19937_64{seed}} {}

    endpoint uut;
    std::map<exchange_id, int> asked; ///< to the number of the request
    std::set<exchange_id> ended;
    std::map<int, bool> results;     ///< by number: was there a response
    std::map<int, unsigned> handled; ///< the other side's, by number
    std::multimap<time_point, request_id> work; ///< to be answered then
    std::set<int> confirmable;                  ///< numbers of CON requests
  };

  const peer& operator[](int side) const { return peers_[side]; }

private:
  struct flight {
    int to;
    bytes datagram;
  };

  bool busy() const {
    return !air_.empty() || std::ranges::any_of(peers_, [](const peer& x) {
      return x.uut.open_exchanges() > 0 || !x.work.empty();
    });
  }

  void ask(peer& x, int number) {
    outgoing_request y;
    y.type = random_() % 2 == 0 ? type::con : type::non;
    y.code = code::put;
    y.urgent = random_() % 2 == 0;
    y.repeat = {4, 3s};
    y.payload = octets_of(std::to_string(number));
    if (y.type == type::con)
      x.confirmable.insert(number);
    x.asked[x.uut.send_request(y, now_)] = number;
  }

  void flush() {
    bytes datagram;
    for (int side = 0; side < 2; ++side)
      while (peers_[side].uut.next_datagram(datagram))
        carry(1 - side, datagram);
  }

  void carry(int to, const bytes& datagram) {
    const auto copies = random_() % 100 < link_.copy_percent ? 3 : 1;
    for (int i = 0; i < copies; ++i) {
      if (random_() % 100 < link_.loss_percent)
        continue;
      const auto spread =
          link_.jitter.count() > 0 ? duration(static_cast<std::int64_t>(
              random_() % static_cast<std::uint64_t>(link_.jitter.count())))
                                   : duration{};
      air_.emplace(now_ + 20ms + spread, flight{to, datagram});
    }
  }

  /// To the next thing that happens, at `latest`.
  void step(time_point latest) {
    auto then = latest;
    if (!air_.empty())
      then = std::min(then, air_.begin()->first);
    for (const auto& x : peers_) {
      then = std::min(then, x.uut.next_deadline().value_or(latest));
      if (!x.work.empty())
        then = std::min(then, x.work.begin()->first);
    }
    now_ = std::max(now_, then);
    while (!air_.empty() && air_.begin()->first <= now_) {
      const auto x = air_.extract(air_.begin());
      peers_[x.mapped().to].uut.receive(x.mapped().datagram, now_);
    }
    for (auto& x : peers_) {
      x.uut.on_time(now_);
      serve(x);
    }
  }

  void serve(peer& x) {
    while (auto happened = x.uut.next_event()) {
      if (const auto* in = std::get_if<incoming_request>(&*happened)) {
        ++x.handled[std::stoi(text_of(in->payload))];
        x.work.emplace(now_ + std::chrono::milliseconds{random_() % 1500},
                       in->id);
      } else if (const auto* out = std::get_if<response_received>(&*happened)) {
        finish(x, out->id, true);
      } else {
        finish(x, std::get<request_failed>(*happened).id, false);
      }
    }
    while (!x.work.empty() && x.work.begin()->first <= now_) {
      const auto id = x.work.extract(x.work.begin()).mapped();
      if (random_() % 20 == 0)
        x.uut.drop(id, now_);
      else
        x.uut.respond(id, {code::changed, {}, {}}, now_);
    }
  }

  static void finish(peer& x, exchange_id id, bool good) {
    EXPECT_TRUE(x.asked.contains(id));
    EXPECT_TRUE(x.ended.insert(id).second) << "an exchange ended twice";
    x.results[x.asked[id]] = good;
  }

  std::mt19937_64 random_;
  quality link_;
  time_point now_{1000h};
  peer peers_[2];
  std::multimap<time_point, flight> air_;
};

} // namespace

TEST(coap_link, on_a_perfect_link_everything_but_drops_is_answered_once) {
  link_run x{1, {}};
  x.run(300);
  x.check();
  for (int side = 0; side < 2; ++side) {
    EXPECT_EQ(x[side].uut.counters().unexpected, 0u);
    EXPECT_EQ(x[side].uut.counters().malformed, 0u);
    EXPECT_EQ(x[side].uut.counters().resets_sent, 0u);
  }
}

// COAP-018, COAP-022, COAP-023, COAP-031, COAP-065
TEST(coap_link, a_con_is_handled_at_most_once_whatever_the_link_does) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    link_run x{seed, {static_cast<unsigned>(seed), 20, 2000ms}};
    x.run(60);
    x.check();
  }
}

// COAP-011
TEST(coap_link, on_a_dead_link_every_request_fails_in_the_end) {
  link_run x{7, {100, 0, 0ms}};
  x.run(30);
  x.check();
  for (int side = 0; side < 2; ++side) {
    EXPECT_TRUE(x[side].handled.empty());
    for (const auto& [number, good] : x[side].results)
      EXPECT_FALSE(good);
  }
}

TEST(coap_link, the_same_seed_ends_in_the_same_state) {
  link_run x{11, {30, 20, 500ms}};
  link_run y{11, {30, 20, 500ms}};
  x.run(80);
  y.run(80);
  for (int side = 0; side < 2; ++side) {
    EXPECT_EQ(x[side].results, y[side].results);
    EXPECT_EQ(x[side].uut.counters().sent, y[side].uut.counters().sent);
  }
}

TEST(coap_link, a_flood_of_requests_stays_within_the_limits) {
  const limits bounds{.remembered = 32,
                      .reply_octets = 512,
                      .pending_requests = 8,
                      .outbox = 16};
  harness x{{}, bounds};
  std::mt19937_64 random{5};
  for (int i = 0; i < 20000; ++i) {
    auto y = request(random() % 2 == 0 ? type::con : type::non,
                     static_cast<std::uint16_t>(random()));
    x.uut.receive(wire(y), x.now);
    ASSERT_LE(x.uut.pending_requests(), 8u);
  }
  EXPECT_LE(x.sent().size(), 16u);
  EXPECT_GT(x.uut.counters().lost, 0u);
  EXPECT_GT(x.uut.counters().overloaded, 0u);
}

} // namespace tocsin::protocol::coap
