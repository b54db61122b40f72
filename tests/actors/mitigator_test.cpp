#include "actors/mitigator.hpp"

#include "tests/support/actor_fixture.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {

using namespace std::chrono_literals;
namespace to_driver = mitigators::to_driver;
namespace to_node = mitigators::to_node;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

/// A driver program as the MITIGATOR sees it.
struct fake_driver {
  std::vector<mitigators::order> orders;
  std::function<void(std::string)> on_line;
  std::function<void(int)> on_exit;
  int starts = 0;
  int ends = 0;
  bool missing = false;

  void say(const mitigators::report& x) {
    auto line = mitigators::encode(x);
    line.pop_back();
    on_line(line);
  }
};

class fake_link final : public driver_link {
public:
  explicit fake_link(std::shared_ptr<fake_driver> to) : to_{std::move(to)} {}
  ~fake_link() override { ++to_->ends; }
  result<void> write(std::string lines) override {
    lines.pop_back();
    to_->orders.push_back(*mitigators::decode_order(lines));
    return {};
  }

private:
  std::shared_ptr<fake_driver> to_;
};

/// Collects what a MITIGATION would hear.
using reports = std::shared_ptr<std::vector<enforcement_report>>;

mitigation_actor::behavior_type listener(mitigation_actor::pointer,
                                         reports heard) {
  return {
      [](atom::begin) {},
      [](atom::refresh, std::int64_t) {},
      [](atom::withdraw) {},
      [](atom::revoke, const std::string&) {},
      [](atom::lost) {},
      [](atom::report) {},
      [](atom::report, protocol::signal::attack_status) {},
      [](atom::hops, std::uint8_t) {},
      [](atom::decide, const operator_order&) {},
      [](atom::adopt, const mitigator_table&) {},
      [heard](atom::report, const enforcement_report& x) {
        heard->push_back(x);
      },
      [heard](atom::counters, const std::string& rule, std::uint64_t packets,
              std::uint64_t) {
        heard->push_back(
            {"counters", rule, {}, false, std::to_string(packets)});
      },
      [heard](atom::traffic, const std::string& rule, bool goes_on) {
        heard->push_back(
            {"attack", rule, {}, false, goes_on ? "ongoing" : "stopped"});
      },
      [](atom::status) { return mitigation_view{}; },
      [](atom::tick, std::uint64_t) {},
  };
}

/// The owner of filter sets: counters are noted as reports, "PACKETS" each.
filter_owner_actor::behavior_type filter_listener(filter_owner_actor::pointer,
                                                  reports heard) {
  return {
      [heard](atom::report, const enforcement_report& x) {
        heard->push_back(x);
      },
      [heard](atom::counters,
              const std::vector<mitigators::entry_counters>& xs) {
        for (const auto& x : xs)
          heard->push_back({"counters",
                            x.set + "/" + x.entry,
                            {},
                            false,
                            std::to_string(x.packets)});
      },
  };
}

class mitigator_test : public test::actor_fixture {
protected:
  using state = enforcement_report::state;

  mitigator_test() {
    mitigator_setup setup;
    setup.name = "edge";
    setup.driver = "fake";
    setup.node = "n1";
    setup.start = [driver = driver](
                      auto on_line,
                      auto on_exit) -> result<std::unique_ptr<driver_link>> {
      ++driver->starts;
      if (driver->missing)
        return fail(ec::not_found, "driver", "no such program");
      driver->on_line = on_line;
      driver->on_exit = on_exit;
      return std::unique_ptr<driver_link>{std::make_unique<fake_link>(driver)};
    };
    setup.on_abilities = [this](const protocol::data::filter_abilities& x) {
      abilities.push_back(x);
    };
    uut = spawn(mitigator, setup);
    owner = spawn(listener, heard);
    filter_owner = spawn(filter_listener, heard);
  }

  static mitigators::filter_set filters(const std::string& id,
                                        std::uint64_t rate = 9) {
    mitigators::filter_entry entry;
    entry.id = "1";
    entry.destinations = {*protocol::signal::prefix::parse("192.0.2.1/32")};
    entry.what = mitigators::filter_action::rate;
    entry.rate = rate;
    return {id, {entry}, "customer", "cuid"};
  }

  void install_filters(mitigators::filter_set x) {
    self->send(uut, atom::install_v, std::move(x),
               caf::actor_cast<caf::strong_actor_ptr>(filter_owner));
    sched.run();
  }

  static to_node::hello able() {
    to_node::hello x;
    x.filters = true;
    return x;
  }

  static mitigators::rule rule(const std::string& id) {
    mitigators::rule x;
    x.id = id;
    x.prefixes = {*protocol::signal::prefix::parse("192.0.2.1/32")};
    return x;
  }

  void install(const std::string& id, std::uint32_t value = 0) {
    auto wanted = rule(id);
    wanted.value = value;
    self->send(uut, atom::install_v, std::move(wanted),
               caf::actor_cast<caf::strong_actor_ptr>(owner));
    sched.run();
  }

  void withdraw(const std::string& id) {
    self->send(uut, atom::withdraw_v, id);
    sched.run();
  }

  void say(const mitigators::report& x) {
    driver->say(x);
    sched.run();
  }

  template <class T>
  T last() {
    EXPECT_FALSE(driver->orders.empty());
    auto* x = std::get_if<T>(&driver->orders.back());
    EXPECT_NE(x, nullptr);
    return x ? *x : T{};
  }

  /// The driver has no room for what it was last told to install.
  void refuse_all() {
    auto order = last<to_driver::install>();
    to_node::done answer{order.seq, {}};
    for (const auto& x : order.rules)
      answer.failures.push_back({x.id, ec::too_large, "full"});
    say(answer);
  }

  template <class Order>
  static std::vector<std::string> ids(const Order& x) {
    std::vector<std::string> out;
    for (const auto& one : x.rules)
      out.push_back(one.id);
    return out;
  }

  void bring_up() {
    self->send(uut, atom::begin_v);
    sched.run();
    say(able());
    say(to_node::done{last<to_driver::sync>().seq, {}});
  }

  mitigator_view view() { return *ask<mitigator_view>(uut, atom::status_v); }

  std::shared_ptr<fake_driver> driver = std::make_shared<fake_driver>();
  std::vector<protocol::data::filter_abilities> abilities; ///< as it was told
  reports heard = std::make_shared<std::vector<enforcement_report>>();
  mitigator_actor uut;
  mitigation_actor owner;
  filter_owner_actor filter_owner;
};

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

// USE-054, USE-056
TEST_F(mitigator_test, what_is_worth_less_gives_way_when_a_driver_is_full) {
  bring_up();
  install("shop", 90);
  say(to_node::done{last<to_driver::install>().seq, {}});
  install("blog", 10);
  say(to_node::done{last<to_driver::install>().seq, {}});
  heard->clear();
  install("bank", 50);
  refuse_all();
  EXPECT_THAT(last<to_driver::withdraw>().ids, ElementsAre("blog"));
  ASSERT_THAT(*heard, SizeIs(1));
  EXPECT_EQ(heard->back().rule, "blog");
  EXPECT_EQ(heard->back().what, state::failed);
  EXPECT_TRUE(heard->back().overloaded) << "so that others are called for it";
  EXPECT_THAT(heard->back().detail, HasSubstr("a target of value 50"));
  say(to_node::done{last<to_driver::withdraw>().seq, {}});
  EXPECT_THAT(ids(last<to_driver::install>()), ElementsAre("bank"))
      << "once there is room";
  say(to_node::done{last<to_driver::install>().seq, {}});
  EXPECT_EQ(heard->back().rule, "bank");
  EXPECT_EQ(heard->back().what, state::active);
}

TEST_F(mitigator_test, equals_do_not_displace_each_other) {
  bring_up();
  install("a", 50);
  say(to_node::done{last<to_driver::install>().seq, {}});
  install("b", 50);
  auto orders = driver->orders.size();
  refuse_all();
  EXPECT_EQ(heard->back().rule, "b");
  EXPECT_EQ(heard->back().what, state::failed);
  EXPECT_TRUE(heard->back().overloaded);
  EXPECT_EQ(driver->orders.size(), orders);
  EXPECT_EQ(view().rules, 1u);
}

TEST_F(mitigator_test, who_has_given_way_comes_back_when_there_is_room) {
  bring_up();
  install("blog", 10);
  say(to_node::done{last<to_driver::install>().seq, {}});
  install("bank", 50);
  refuse_all();
  say(to_node::done{last<to_driver::withdraw>().seq, {}});
  say(to_node::done{last<to_driver::install>().seq, {}});
  install("blog", 10); // as its MITIGATION tries again
  refuse_all();
  EXPECT_EQ(heard->back().rule, "blog");
  EXPECT_EQ(heard->back().what, state::failed) << "nothing is worth less";
  withdraw("bank");
  say(to_node::done{last<to_driver::withdraw>().seq, {}});
  install("blog", 10);
  say(to_node::done{last<to_driver::install>().seq, {}});
  EXPECT_EQ(heard->back().rule, "blog");
  EXPECT_EQ(heard->back().what, state::active);
}

TEST_F(mitigator_test, nothing_is_displaced_for_other_failures) {
  bring_up();
  install("blog", 10);
  say(to_node::done{last<to_driver::install>().seq, {}});
  install("bank", 50);
  auto order = last<to_driver::install>();
  say(to_node::done{order.seq, {{"bank", ec::io, "no memory"}}});
  EXPECT_EQ(heard->back().rule, "bank");
  EXPECT_EQ(heard->back().what, state::failed);
  EXPECT_EQ(view().rules, 1u);
}

TEST_F(mitigator_test, who_displaces_may_be_withdrawn_before_there_is_room) {
  bring_up();
  install("blog", 10);
  say(to_node::done{last<to_driver::install>().seq, {}});
  install("bank", 50);
  refuse_all();
  withdraw("bank");
  say(to_node::done{last<to_driver::withdraw>().seq, {}});
  EXPECT_THAT(last<to_driver::withdraw>().ids, ElementsAre("bank"));
  install("blog", 10);
  say(to_node::done{last<to_driver::withdraw>().seq, {}});
  EXPECT_THAT(ids(last<to_driver::install>()), ElementsAre("blog"));
}

TEST_F(mitigator_test, a_driver_that_starts_is_filled_with_the_valuable_first) {
  install("blog", 10);
  install("shop", 90);
  install("bank", 50);
  self->send(uut, atom::begin_v);
  sched.run();
  say(to_node::hello{});
  EXPECT_THAT(ids(last<to_driver::sync>()),
              ElementsAre("shop", "bank", "blog"));
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
