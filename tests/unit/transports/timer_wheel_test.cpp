#include "transports/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <random>

namespace tocsin::transports {
namespace {

using namespace std::chrono_literals;

struct recorder final : timer_client {
  void on_timer(time_point now) override {
    ++calls;
    last = now;
    if (then)
      then(now);
  }
  int calls = 0;
  time_point last{};
  std::function<void(time_point)> then;
};

const time_point start = time_point{} + 1000h;

TEST(timer_wheel, a_timer_fires_once_and_never_early) {
  timer_wheel uut{start};
  recorder client;
  uut.arm(start + 100ms, &client);
  uut.advance(start + 99ms);
  EXPECT_EQ(client.calls, 0);
  uut.advance(start + 100ms + timer_wheel::resolution);
  EXPECT_EQ(client.calls, 1);
  uut.advance(start + 10s);
  EXPECT_EQ(client.calls, 1);
  EXPECT_EQ(uut.size(), 0u);
}

TEST(timer_wheel, a_stale_id_is_harmless) {
  timer_wheel uut{start};
  recorder one, two;
  auto old = uut.arm(start + 10ms, &one);
  uut.advance(start + 1s);
  auto fresh = uut.arm(start + 2s, &two); // takes the same slot
  EXPECT_EQ(old.slot, fresh.slot);
  EXPECT_FALSE(uut.armed(old));
  EXPECT_FALSE(uut.move(old, start + 5s));
  uut.cancel(old);
  EXPECT_TRUE(uut.armed(fresh));
  timer_id none;
  uut.cancel(none);
  uut.advance(start + 3s);
  EXPECT_EQ(two.calls, 1);
}

TEST(timer_wheel, the_past_fires_at_the_next_advance_and_each_call_ends) {
  timer_wheel uut{start};
  recorder client;
  client.then = [&](time_point now) { uut.arm(now - 1s, &client); };
  uut.arm(start - 1h, &client);
  for (int i = 1; i <= 5; ++i) {
    uut.advance(start + i * 24h); // far: a naive wheel would fire per tick
    EXPECT_EQ(client.calls, i);
  }
}

TEST(timer_wheel, a_callback_may_cancel_another_timer_that_is_due) {
  timer_wheel uut{start};
  recorder first, second;
  timer_id id;
  first.then = [&](time_point) { uut.cancel(id); };
  uut.arm(start + 10ms, &first);
  id = uut.arm(start + 20ms, &second);
  uut.advance(start + 1s);
  EXPECT_EQ(first.calls, 1);
  EXPECT_EQ(second.calls, 0);
  EXPECT_EQ(uut.size(), 0u);
}

TEST(timer_wheel, a_callback_may_put_off_another_timer_that_is_due) {
  timer_wheel uut{start};
  recorder first, second;
  timer_id id;
  first.then = [&](time_point now) { uut.rearm(id, now + 1s, &second); };
  uut.arm(start + 10ms, &first);
  id = uut.arm(start + 20ms, &second);
  uut.advance(start + 100ms);
  EXPECT_EQ(second.calls, 0);
  uut.advance(start + 1s + 100ms + timer_wheel::resolution);
  EXPECT_EQ(second.calls, 1);
}

TEST(timer_wheel, timers_of_years_ahead_are_kept) {
  timer_wheel uut{start};
  recorder client;
  uut.arm(start + 24h * 900, &client);
  for (int day = 1; day < 900; day += 7)
    uut.advance(start + day * 24h);
  EXPECT_EQ(client.calls, 0);
  uut.advance(start + 24h * 900 + 1s);
  EXPECT_EQ(client.calls, 1);
}

TEST(timer_wheel, timers_fire_in_the_order_of_their_ticks) {
  timer_wheel uut{start};
  std::vector<int> order;
  std::array<recorder, 5> clients;
  std::array<std::chrono::milliseconds, 5> after{900s, 20ms, 3s, 40ms, 70h};
  for (std::size_t i = 0; i < 5; ++i) {
    clients[i].then = [&order, i](time_point) {
      order.push_back(static_cast<int>(i));
    };
    uut.arm(start + after[i], &clients[i]);
  }
  uut.advance(start + 100h);
  EXPECT_EQ(order, (std::vector{1, 3, 2, 0, 4}));
}

// Random operations against a model that knows the time of every timer.
class model_run {
public:
  explicit model_run(unsigned seed) : random_{seed}, now_{start} {}

  void run() {
    for (int i = 0; i < 3000; ++i)
      step();
  }

private:
  struct timer {
    recorder client;
    timer_id id;
    time_point when;
    bool armed = false;
  };

  // From milliseconds to months, so that every level is used.
  duration draw() {
    auto exponent = std::uniform_real_distribution<>{0, 23}(random_);
    return std::chrono::milliseconds{
        static_cast<std::int64_t>(std::exp(exponent))};
  }

  void step() {
    auto& x = timers_[random_() % timers_.size()];
    switch (random_() % 8) {
    case 0:
      wheel_.cancel(x.id);
      x.armed = false;
      break;
    case 1:
      advance();
      break;
    default:
      x.when = now_ + draw() - 3ms;
      wheel_.rearm(x.id, x.when, &x.client);
      x.armed = true;
    }
    check();
  }

  void advance() {
    now_ += draw() / 8;
    wheel_.advance(now_);
    for (auto& x : timers_) {
      if (x.client.calls > 0) {
        ASSERT_TRUE(x.armed);
        ASSERT_LE(x.when, now_);
        ASSERT_EQ(x.client.calls, 1);
        x.client.calls = 0;
        x.armed = false;
      }
      // A tick is the time armed for, rounded up; one armed in the past
      // waits for the tick after the one in which it was armed.
      ASSERT_TRUE(!x.armed || x.when + 2 * timer_wheel::resolution > now_);
    }
  }

  void check() {
    std::size_t armed = 0;
    std::optional<time_point> first;
    for (auto& x : timers_) {
      ASSERT_EQ(wheel_.armed(x.id), x.armed);
      armed += x.armed;
      if (x.armed && (!first || x.when < *first))
        first = x.when;
    }
    ASSERT_EQ(wheel_.size(), armed);
    ASSERT_EQ(wheel_.next_deadline().has_value(), first.has_value());
    if (first) {
      auto latest = std::max(*first, now_) + 2 * timer_wheel::resolution;
      ASSERT_LE(*wheel_.next_deadline(), latest);
    }
  }

  std::mt19937 random_;
  time_point now_;
  timer_wheel wheel_{start};
  std::array<timer, 60> timers_;
};

TEST(timer_wheel, agrees_with_a_plain_model_under_random_operations) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    model_run uut{seed};
    uut.run();
    ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "seed " << seed;
  }
}

TEST(timer_wheel, sleeping_until_each_deadline_fires_everything_in_time) {
  timer_wheel uut{start};
  std::mt19937 random{7};
  std::vector<std::unique_ptr<recorder>> clients;
  std::vector<time_point> times;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<recorder>());
    times.push_back(start + std::chrono::milliseconds{random() % 100000000});
    uut.arm(times.back(), clients.back().get());
  }
  int wakes = 0;
  while (auto next = uut.next_deadline()) {
    uut.advance(*next);
    ASSERT_LT(++wakes, 200 * 8);
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    EXPECT_EQ(clients[i]->calls, 1);
    EXPECT_GE(clients[i]->last, times[i]);
    EXPECT_LE(clients[i]->last, times[i] + timer_wheel::resolution);
  }
}

} // namespace
} // namespace tocsin::transports
