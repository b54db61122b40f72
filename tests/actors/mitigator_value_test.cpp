// Who gives way when a driver is full (RFC 8903, Section 3.3).
#include "tests/actors/mitigator_fixture.hpp"

namespace tocsin::actors {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

class mitigator_value_test : public mitigator_fixture {};

// USE-054, USE-056
TEST_F(mitigator_value_test,
       what_is_worth_less_gives_way_when_a_driver_is_full) {
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

TEST_F(mitigator_value_test, equals_do_not_displace_each_other) {
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

TEST_F(mitigator_value_test, who_has_given_way_comes_back_when_there_is_room) {
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

TEST_F(mitigator_value_test, nothing_is_displaced_for_other_failures) {
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

TEST_F(mitigator_value_test,
       who_displaces_may_be_withdrawn_before_there_is_room) {
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

TEST_F(mitigator_value_test,
       a_driver_that_starts_is_filled_with_the_valuable_first) {
  install("blog", 10);
  install("shop", 90);
  install("bank", 50);
  self->send(uut, atom::begin_v);
  sched.run();
  say(to_node::hello{});
  EXPECT_THAT(ids(last<to_driver::sync>()),
              ElementsAre("shop", "bank", "blog"));
}

} // namespace

} // namespace tocsin::actors
