#include "protocol/siblings/handover.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace tocsin::protocol::siblings {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using stage = handover_stage;

/// Two nodes with one client, one mitigation, and stores that survive them. One
/// action is carried out at a time, so that a node can die between any two, and
/// before or after what it does becomes durable.
class two_nodes {
public:
  two_nodes() { begin(handover{now}); }

  // At the giver.
  stage stored = stage::none;
  bool a_records = true, a_rules = true, a_alive = true;
  bool held_back = false, redirected = false;
  std::optional<bool> concluded;
  // At the taker.
  bool b_records = false, b_rules = false, b_mark = false, b_alive = true;
  bool disk_full = false;

  /// Rules in a driver stay when a node dies.
  bool protected_somewhere() const { return a_rules || b_rules; }

  /// One step; false: nothing is left to be done.
  bool step() {
    if (!machine_ || (machine_->over() && todo_.empty()))
      return false;
    if (todo_.empty()) {
      auto due = machine_->next_deadline();
      if (!due)
        return false;
      now = std::max(now, *due);
      add(machine_->on_time(now));
      return true;
    }
    auto action = todo_.front();
    todo_.pop_front();
    carry_out(action);
    return true;
  }

  /// Kills the giver; `durable`: what it was just storing got through.
  void kill_a(bool durable) {
    if (durable && !todo_.empty())
      if (const auto* x = std::get_if<store_stage>(&todo_.front()))
        store(x->stage);
    machine_.reset();
    todo_.clear();
    a_alive = false;
    held_back = false;
  }

  void restart_a() {
    a_alive = true;
    a_rules = a_records; // drivers are reconciled with what is stored
    redirected = stored == stage::moved;
    begin(handover{stored, now});
  }

  void kill_b() { b_alive = false; }
  void restart_b() {
    b_alive = true;
    b_rules = b_records;
  }

  void run() {
    for (int i = 0; i < 200 && step(); ++i)
      ASSERT_TRUE(protected_somewhere());
  }

  const handover& machine() const { return *machine_; }
  bool over() const { return !machine_ || (machine_->over() && todo_.empty()); }
  time_point now{};

private:
  void begin(handover machine) {
    machine_.emplace(std::move(machine));
    add(machine_->begin(now));
  }

  void add(const std::vector<handover_action>& actions) {
    todo_.insert(todo_.end(), actions.begin(), actions.end());
  }

  void store(stage x) {
    stored = x;
    if (x == stage::moved)
      a_records = false;
    else if (x == stage::revoked)
      a_records = true;
  }

  void carry_out(const handover_action& action) {
    auto& m = *machine_;
    if (std::holds_alternative<pack_client>(action)) {
      held_back = true;
      add(m.on_packed(now));
    } else if (const auto* s = std::get_if<store_stage>(&action)) {
      if (disk_full)
        return add(m.on_store_failed("the disk is full", now));
      store(s->stage);
      add(m.on_stored(now));
    } else if (std::holds_alternative<offer>(action)) {
      if (!b_alive)
        return add(m.on_failed("it is down", now));
      b_records = b_mark = b_rules = true;
      add(m.on_held(now));
    } else if (std::holds_alternative<release_client>(action)) {
      redirected = true;
      a_rules = false;
    } else if (std::holds_alternative<keep_client>(action)) {
      held_back = false;
    } else if (std::holds_alternative<settle>(action)) {
      if (!b_alive)
        return add(m.on_failed("it is down", now));
      b_mark = false;
      add(m.on_confirmed(now));
    } else if (std::holds_alternative<revoke_offer>(action)) {
      if (!b_alive)
        return add(m.on_failed("it is down", now));
      if (std::exchange(b_mark, false))
        b_records = b_rules = false;
      add(m.on_confirmed(now));
    } else if (const auto* c = std::get_if<conclude>(&action)) {
      concluded = c->moved;
    }
  }

  std::optional<handover> machine_;
  std::deque<handover_action> todo_;
};

/// Both are up and all is said: the client is with one node, which protects it.
void expect_settled(const two_nodes& x) {
  EXPECT_TRUE(x.over());
  EXPECT_EQ(x.stored, stage::none);
  EXPECT_FALSE(x.b_mark);
  EXPECT_NE(x.a_records, x.b_records) << "held by both, or by nobody";
  EXPECT_EQ(x.a_records, x.a_rules);
  EXPECT_EQ(x.b_records, x.b_rules);
  EXPECT_FALSE(x.held_back && x.a_records);
}

TEST(handover, moves_the_client) {
  two_nodes x;
  x.run();
  expect_settled(x);
  EXPECT_TRUE(x.b_records);
  EXPECT_TRUE(x.redirected);
  EXPECT_EQ(x.concluded, true);
}

TEST(handover, redirects_nobody_before_the_sibling_protects) {
  two_nodes x;
  while (x.step()) {
    EXPECT_TRUE(!x.redirected || x.b_rules);
    EXPECT_TRUE(x.a_rules || (x.redirected && x.b_rules));
  }
}

constexpr int longest = 20;

TEST(handover, survives_the_death_of_the_giver_after_each_step) {
  for (int k = 0; k < longest; ++k)
    for (bool durable : {false, true}) {
      SCOPED_TRACE(std::to_string(k) + (durable ? " durable" : ""));
      two_nodes x;
      for (int i = 0; i < k; ++i)
        x.step();
      x.kill_a(durable);
      EXPECT_TRUE(x.protected_somewhere());
      x.restart_a();
      EXPECT_TRUE(x.protected_somewhere());
      x.run();
      expect_settled(x);
      if (x.redirected && !x.a_records) {
        EXPECT_TRUE(x.b_rules);
      }
    }
}

TEST(handover, survives_the_death_of_the_taker_after_each_step) {
  for (int k = 0; k < longest; ++k) {
    SCOPED_TRACE(k);
    two_nodes x;
    for (int i = 0; i < k; ++i)
      x.step();
    x.kill_b();
    for (int i = 0; i < longest; ++i) {
      x.step();
      EXPECT_TRUE(x.protected_somewhere());
      // Nobody is held back while the sibling is away for long.
      if (i > 10 && x.a_records) {
        EXPECT_FALSE(x.held_back);
      }
    }
    x.restart_b();
    x.run();
    expect_settled(x);
  }
}

TEST(handover, survives_the_death_of_both_after_each_step) {
  for (int k = 0; k < longest; ++k)
    for (bool durable : {false, true}) {
      SCOPED_TRACE(std::to_string(k) + (durable ? " durable" : ""));
      two_nodes x;
      for (int i = 0; i < k; ++i)
        x.step();
      x.kill_b();
      x.kill_a(durable);
      x.restart_a();
      for (int i = 0; i < 5; ++i)
        x.step();
      EXPECT_TRUE(x.protected_somewhere());
      x.restart_b();
      x.run();
      expect_settled(x);
    }
}

TEST(handover, survives_the_giver_dying_again_and_again) {
  for (int k = 0; k < longest; ++k) {
    SCOPED_TRACE(k);
    two_nodes x;
    for (int i = 0; i < k; ++i)
      x.step();
    for (int again = 0; again < 4; ++again) {
      x.kill_a(again % 2 == 0);
      x.restart_a();
      x.step();
      EXPECT_TRUE(x.protected_somewhere());
    }
    x.run();
    expect_settled(x);
  }
}

TEST(handover, a_full_disk_at_any_step_lets_the_client_go_on) {
  for (int k = 0; k < longest; ++k) {
    SCOPED_TRACE(k);
    two_nodes x;
    for (int i = 0; i < k; ++i)
      x.step();
    x.disk_full = true;
    for (int i = 0; i < longest; ++i)
      x.step();
    EXPECT_TRUE(x.protected_somewhere());
    if (x.a_records) {
      EXPECT_FALSE(x.held_back);
    }
    x.disk_full = false;
    x.run();
    expect_settled(x);
  }
}

TEST(handover, a_refusal_keeps_the_client_and_says_why) {
  time_point now{};
  handover uut{now};
  uut.begin(now);
  uut.on_packed(now);
  uut.on_stored(now);
  auto actions = uut.on_refused("not the customer's own there", now);
  ASSERT_EQ(actions.size(), 1u);
  EXPECT_EQ(std::get<store_stage>(actions[0]).stage, stage::revoked);
  actions = uut.on_stored(now);
  ASSERT_EQ(actions.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<keep_client>(actions[0]));
  EXPECT_FALSE(std::get<conclude>(actions[1]).moved);
  EXPECT_THAT(std::get<conclude>(actions[1]).why,
              HasSubstr("not the customer"));
  EXPECT_TRUE(std::holds_alternative<revoke_offer>(actions[2]));
}

TEST(handover, waits_for_nobody_for_ever) {
  time_point now{};
  handover uut{now};
  uut.begin(now);
  ASSERT_TRUE(uut.next_deadline());
  EXPECT_EQ(*uut.next_deadline() - now, handover_patience);
  uut.on_packed(now);
  uut.on_stored(now);
  EXPECT_EQ(*uut.next_deadline() - now, offer_patience);
  auto actions = uut.on_time(now + offer_patience);
  ASSERT_EQ(actions.size(), 1u);
  EXPECT_EQ(std::get<store_stage>(actions[0]).stage, stage::revoked);
  // Late, the sibling's answer comes to nothing.
  EXPECT_TRUE(uut.on_held(now + offer_patience).empty());
}

} // namespace
} // namespace tocsin::protocol::siblings
