#include "tests/actors/mitigator_fixture.hpp"

namespace tocsin::actors {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

class mitigator_test : public mitigator_fixture {};

TEST_F(mitigator_test, no_driver_runs_before_the_desired_state_is_complete) {
  install("a");
  EXPECT_EQ(driver->starts, 0);
  bring_up();
  EXPECT_EQ(driver->starts, 1);
}

TEST_F(mitigator_test, a_driver_is_first_brought_to_all_that_is_wanted) {
  install("a");
  install("b");
  self->send(uut, atom::begin_v);
  sched.run();
  EXPECT_EQ(last<to_driver::hello>().version, mitigators::protocol_version);
  say(to_node::hello{});
  auto sync = last<to_driver::sync>();
  EXPECT_THAT(sync.rules, SizeIs(2));
  EXPECT_TRUE(heard->empty()) << "nothing is in force yet";
  say(to_node::done{sync.seq, {{"b", ec::io, "no memory"}}});
  ASSERT_THAT(*heard, SizeIs(2));
  for (const auto& x : *heard)
    EXPECT_EQ(x.what, x.rule == "a" ? state::active : state::failed);
}

TEST_F(mitigator_test, wishes_during_an_order_share_the_next_one) {
  bring_up();
  install("a");
  install("b");
  install("c");
  auto first = last<to_driver::install>();
  EXPECT_THAT(first.rules, SizeIs(1));
  say(to_node::done{first.seq, {}});
  auto second = last<to_driver::install>();
  EXPECT_THAT(second.rules, SizeIs(2));
}

TEST_F(mitigator_test, new_rules_go_before_old_ones_leave) {
  bring_up();
  install("a");
  withdraw("a");
  install("b");
  say(to_node::done{last<to_driver::install>().seq, {}});
  EXPECT_EQ(last<to_driver::install>().rules.at(0).id, "b");
  say(to_node::done{last<to_driver::install>().seq, {}});
  EXPECT_THAT(last<to_driver::withdraw>().ids, ElementsAre("a"));
}

// ARCH-070
TEST_F(mitigator_test, a_dead_driver_is_restarted_with_growing_pauses) {
  bring_up();
  install("a");
  say(to_node::done{last<to_driver::install>().seq, {}});
  EXPECT_EQ(heard->back().what, state::active);
  driver->on_exit(9);
  sched.run();
  EXPECT_EQ(heard->back().what, state::failed);
  EXPECT_EQ(view().state, "down");
  EXPECT_EQ(driver->ends, 1);
  advance(1100ms);
  EXPECT_EQ(driver->starts, 2);
  driver->on_exit(9);
  sched.run();
  advance(1100ms);
  EXPECT_EQ(driver->starts, 2);
  advance(1s);
  EXPECT_EQ(driver->starts, 3);
  say(to_node::hello{});
  EXPECT_THAT(last<to_driver::sync>().rules, SizeIs(1));
  say(to_node::done{last<to_driver::sync>().seq, {}});
  EXPECT_EQ(heard->back().what, state::active);
  EXPECT_EQ(view().state, "up");
}

// ARCH-070
TEST_F(mitigator_test, a_driver_that_hangs_is_replaced) {
  bring_up();
  install("a");
  advance(31s);
  EXPECT_EQ(driver->ends, 1);
  EXPECT_EQ(heard->back().what, state::failed);
  EXPECT_THAT(heard->back().detail, HasSubstr("did not answer"));
  advance(2s);
  EXPECT_EQ(driver->starts, 2);
}

TEST_F(mitigator_test, an_idle_driver_is_left_alone) {
  bring_up();
  advance(120s);
  EXPECT_EQ(driver->starts, 1);
  EXPECT_EQ(view().state, "up");
}

TEST_F(mitigator_test, a_program_that_cannot_be_started_is_tried_again) {
  driver->missing = true;
  install("a");
  self->send(uut, atom::begin_v);
  sched.run();
  EXPECT_EQ(view().state, "down");
  EXPECT_THAT(view().detail, HasSubstr("no such program"));
  driver->missing = false;
  advance(2s);
  EXPECT_EQ(driver->starts, 2);
}

TEST_F(mitigator_test, what_an_old_driver_says_does_not_count) {
  bring_up();
  install("a");
  auto order = last<to_driver::install>();
  auto old_line = driver->on_line;
  driver->on_exit(1);
  sched.run();
  heard->clear();
  auto line =
      mitigators::encode(mitigators::report{to_node::done{order.seq, {}}});
  line.pop_back();
  old_line(line);
  sched.run();
  EXPECT_TRUE(heard->empty());
}

TEST_F(mitigator_test, a_driver_of_another_version_is_not_used) {
  self->send(uut, atom::begin_v);
  sched.run();
  to_node::hello other;
  other.version = 99;
  say(other);
  EXPECT_EQ(view().state, "down");
  EXPECT_THAT(view().detail, HasSubstr("99"));
}

// ARCH-073
TEST_F(mitigator_test, counters_reach_the_owner_of_the_rule) {
  bring_up();
  install("a");
  say(to_node::done{last<to_driver::install>().seq, {}});
  say(to_node::counters{{{"a", 10, 640}, {"unknown", 1, 1}}});
  EXPECT_EQ(heard->back().mitigator, "counters");
  EXPECT_EQ(heard->back().detail, "10");
}

// SIG-113
TEST_F(mitigator_test, what_a_driver_says_of_an_attack_reaches_the_owner) {
  bring_up();
  install("a");
  say(to_node::done{last<to_driver::install>().seq, {}});
  say(to_node::counters{{{"a", 10, 640, mitigators::attack::stopped}}});
  EXPECT_EQ(heard->back().mitigator, "attack");
  EXPECT_EQ(heard->back().detail, "stopped");
  say(to_node::counters{{{"a", 11, 700, mitigators::attack::ongoing}}});
  EXPECT_EQ(heard->back().detail, "ongoing");
  heard->clear();
  say(to_node::counters{{{"a", 12, 760}}});
  EXPECT_THAT(*heard, SizeIs(1)) << "totals alone say nothing of it";
}

TEST_F(mitigator_test, owners_hear_when_the_counters_mean_nothing) {
  bring_up();
  install("a");
  say(to_node::done{last<to_driver::install>().seq, {}});
  heard->clear();
  say(to_node::status{to_node::health::degraded, 1, 0, "cannot count"});
  say(to_node::status{to_node::health::degraded, 1, 0, "still cannot"});
  ASSERT_THAT(*heard, SizeIs(1));
  EXPECT_EQ(heard->back().what, state::active);
  EXPECT_TRUE(heard->back().blind);
  say(to_node::status{to_node::health::ok, 1, 0, ""});
  ASSERT_THAT(*heard, SizeIs(2));
  EXPECT_FALSE(heard->back().blind);
}

TEST_F(mitigator_test, filter_sets_share_orders_with_rules) {
  bring_up();
  install("a");
  install("b");
  install_filters(filters("f"));
  install_filters(filters("g"));
  say(to_node::done{last<to_driver::install>().seq, {}});
  auto batch = last<to_driver::install>();
  EXPECT_THAT(batch.rules, SizeIs(1));
  EXPECT_THAT(batch.filters, ElementsAre(filters("f"), filters("g")));
  heard->clear();
  say(to_node::done{batch.seq, {{"g", ec::io, "no memory"}}});
  ASSERT_THAT(*heard, SizeIs(3));
  for (const auto& x : *heard)
    EXPECT_EQ(x.what, x.rule == "g" ? state::failed : state::active);
  EXPECT_EQ(view().filter_sets, 1u);
  EXPECT_EQ(view().pending, 1u);
  withdraw("f");
  EXPECT_THAT(last<to_driver::withdraw>().ids, ElementsAre("f"));
  EXPECT_EQ(view().rules, 2u) << "of rules only";
}

TEST_F(mitigator_test, the_latest_form_of_a_filter_set_is_what_counts) {
  bring_up();
  install_filters(filters("f", 1));
  auto first = last<to_driver::install>();
  install_filters(filters("f", 2));
  install_filters(filters("f", 3));
  heard->clear();
  say(to_node::done{first.seq, {}});
  EXPECT_TRUE(heard->empty()) << "it was replaced meanwhile";
  EXPECT_THAT(last<to_driver::install>().filters, ElementsAre(filters("f", 3)));
  say(to_node::done{last<to_driver::install>().seq, {}});
  EXPECT_EQ(heard->back().what, state::active);
}

TEST_F(mitigator_test, a_restarted_driver_is_told_of_filter_sets_again) {
  bring_up();
  install_filters(filters("f"));
  install_filters(filters("g"));
  say(to_node::done{last<to_driver::install>().seq, {}});
  say(to_node::done{last<to_driver::install>().seq, {}});
  driver->on_exit(9);
  sched.run();
  EXPECT_EQ(heard->back().what, state::failed);
  withdraw("g");
  advance(1100ms);
  say(able());
  EXPECT_THAT(last<to_driver::sync>().filters, ElementsAre(filters("f")));
  say(to_node::done{last<to_driver::sync>().seq, {}});
  EXPECT_EQ(heard->back().what, state::active);
}

TEST_F(mitigator_test, what_a_driver_does_with_filters_is_told_at_each_start) {
  self->send(uut, atom::begin_v);
  sched.run();
  auto hello = able();
  hello.ipv4 = hello.rate_limit = true;
  say(hello);
  ASSERT_EQ(abilities.size(), 1u);
  auto wanted = protocol::data::all_abilities;
  wanted.ipv6 = false;
  EXPECT_EQ(abilities[0], wanted);
  driver->on_exit(9);
  advance(std::chrono::seconds{2});
  say(to_node::hello{});
  ASSERT_EQ(abilities.size(), 2u);
  EXPECT_EQ(abilities[1], protocol::data::filter_abilities{});
}

TEST_F(mitigator_test, a_driver_without_filters_never_sees_one) {
  install("a");
  install_filters(filters("f"));
  self->send(uut, atom::begin_v);
  sched.run();
  say(to_node::hello{});
  auto sync = last<to_driver::sync>();
  EXPECT_THAT(sync.rules, SizeIs(1));
  EXPECT_THAT(sync.filters, SizeIs(0));
  ASSERT_THAT(*heard, SizeIs(1));
  EXPECT_EQ(heard->back().rule, "f");
  EXPECT_EQ(heard->back().what, state::failed);
  EXPECT_THAT(heard->back().detail, HasSubstr("no filters"));
  say(to_node::done{sync.seq, {}});
  auto orders = driver->orders.size();
  install_filters(filters("g"));
  EXPECT_EQ(heard->back().rule, "g");
  EXPECT_EQ(heard->back().what, state::failed);
  EXPECT_EQ(driver->orders.size(), orders);
}

TEST_F(mitigator_test, a_filter_set_that_may_not_be_sent_fails_at_once) {
  bring_up();
  auto orders = driver->orders.size();
  install_filters({"f", {}, "", ""});
  EXPECT_EQ(heard->back().what, state::failed);
  EXPECT_EQ(driver->orders.size(), orders);
}

TEST_F(mitigator_test, room_for_entries_is_not_room_for_rules) {
  bring_up();
  install_filters(filters("f"));
  say(to_node::done{last<to_driver::install>().seq,
                    {{"f", ec::too_large, "no room for its entries"}}});
  EXPECT_EQ(heard->back().what, state::failed);
  EXPECT_EQ(view().state, "up") << "there may be room for rules";
}

TEST_F(mitigator_test, counters_reach_the_owner_of_the_filter_set) {
  bring_up();
  install("a");
  install_filters(filters("f"));
  say(to_node::done{last<to_driver::install>().seq, {}});
  say(to_node::done{last<to_driver::install>().seq, {}});
  heard->clear();
  say(to_node::counters{
      {{"f", 1, 1}},
      {{"f", "1", 10, 640}, {"unknown", "1", 1, 1}, {"a", "1", 1, 1}}});
  ASSERT_THAT(*heard, SizeIs(1)) << "names of the other kind do not count";
  EXPECT_EQ(heard->back().rule, "f/1");
  EXPECT_EQ(heard->back().detail, "10");
}

} // namespace

} // namespace tocsin::actors
