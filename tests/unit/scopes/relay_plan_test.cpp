#include "protocol/signal/relay_plan.hpp"

#include "protocol/signal/scope.hpp"

#include <gmock/gmock.h>

#include <array>
#include <map>
#include <random>

namespace tocsin::protocol::signal {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

target of(std::initializer_list<const char*> prefixes,
          std::vector<port_range> ports = {}) {
  target x;
  for (const auto* text : prefixes)
    x.prefixes.push_back(*prefix::parse(text));
  x.ports = std::move(ports);
  return x;
}

TEST(relay_plan_test, a_wish_alone_is_asked_for_as_it_is) {
  relay_plan plan;
  auto step = plan.want("a", of({"192.0.2.1/32"}));
  ASSERT_THAT(step.order, SizeIs(1));
  EXPECT_EQ(step.order[0].what, of({"192.0.2.1/32"}));
  EXPECT_THAT(step.drop, IsEmpty());
  EXPECT_EQ(*plan.covers("a"), step.order[0].name);
}

TEST(relay_plan_test, what_does_not_overlap_stays_apart) {
  relay_plan plan;
  (void)plan.want("a", of({"192.0.2.1/32"}));
  auto step = plan.want("b", of({"192.0.2.2/32"}));
  EXPECT_THAT(step.order, SizeIs(1));
  EXPECT_THAT(step.drop, IsEmpty());
  EXPECT_THAT(plan.all(), SizeIs(2));
}

TEST(relay_plan_test, what_overlaps_is_one_request) {
  relay_plan plan;
  auto first = plan.want("a", of({"192.0.2.0/30"}, {{80, 80}}));
  auto step =
      plan.want("b", of({"192.0.2.1/32", "192.0.2.9/32"}, {{443, 443}}));
  ASSERT_THAT(step.order, SizeIs(1));
  EXPECT_EQ(step.order[0].what,
            of({"192.0.2.0/30", "192.0.2.9/32"}, {{80, 80}, {443, 443}}));
  EXPECT_THAT(step.drop, ElementsAre(first.order[0].name));
  EXPECT_THAT(plan.wishes(step.order[0].name), ElementsAre("a", "b"));
}

TEST(relay_plan_test, the_same_again_changes_nothing) {
  relay_plan plan;
  (void)plan.want("a", of({"192.0.2.1/32"}));
  EXPECT_EQ(plan.want("a", of({"192.0.2.1/32"})), relay_plan::step{});
  EXPECT_EQ(plan.want("b", of({"192.0.2.1/32"})), relay_plan::step{});
  EXPECT_EQ(plan.forget("a"), relay_plan::step{});
  EXPECT_THAT(plan.all(), SizeIs(1));
}

TEST(relay_plan_test, the_last_one_who_wants_it_ends_it) {
  relay_plan plan;
  auto name = plan.want("a", of({"192.0.2.1/32"})).order[0].name;
  auto step = plan.forget("a");
  EXPECT_THAT(step.order, IsEmpty());
  EXPECT_THAT(step.drop, ElementsAre(name));
  EXPECT_FALSE(plan.wanted(name));
  EXPECT_EQ(plan.covers("a"), nullptr);
  EXPECT_EQ(plan.forget("a"), relay_plan::step{});
}

TEST(relay_plan_test, what_tied_two_together_leaves_them_apart_again) {
  relay_plan plan;
  (void)plan.want("a", of({"192.0.2.1/32"}));
  (void)plan.want("c", of({"192.0.2.9/32"}));
  auto together = plan.want("b", of({"192.0.2.0/24"}));
  EXPECT_THAT(together.drop, SizeIs(2));
  auto step = plan.forget("b");
  EXPECT_THAT(step.order, SizeIs(2));
  EXPECT_THAT(step.drop, ElementsAre(together.order[0].name));
}

TEST(relay_plan_test, a_wish_that_moves_leaves_its_old_request) {
  relay_plan plan;
  auto old = plan.want("a", of({"192.0.2.1/32"})).order[0].name;
  auto step = plan.want("a", of({"198.51.100.1/32"}));
  EXPECT_THAT(step.order, SizeIs(1));
  EXPECT_THAT(step.drop, ElementsAre(old));
}

/// Random wishes come, move and go; a mirror carries out the steps.
class relay_plan_property : public ::testing::TestWithParam<unsigned> {
protected:
  target random_target() {
    target x;
    auto count = 1 + random_() % 3;
    for (unsigned i = 0; i < count; ++i) {
      auto length = 24 + random_() % 9;
      std::array<std::uint8_t, 16> octets{192, 0};
      octets[2] = static_cast<std::uint8_t>(random_() % 2);
      octets[3] = static_cast<std::uint8_t>(random_() % 256);
      x.prefixes.push_back(
          {prefix::family::ipv4, octets, static_cast<std::uint8_t>(length)});
    }
    if (random_() % 2 == 0)
      x.ports.push_back({80, static_cast<std::uint16_t>(80 + random_() % 3)});
    return x;
  }

  void carry_out(const relay_plan::step& step) {
    for (const auto& x : step.order)
      EXPECT_TRUE(asked_.emplace(x.name, x.what).second);
    for (const auto& name : step.drop)
      EXPECT_EQ(asked_.erase(name), 1u);
  }

  void check() {
    EXPECT_EQ(asked_.size(), plan_.all().size());
    for (const auto& [wish, what] : wishes_) {
      auto* name = plan_.covers(wish);
      ASSERT_NE(name, nullptr);
      ASSERT_TRUE(asked_.contains(*name));
      EXPECT_TRUE(contains(asked_.at(*name), what));
    }
    for (auto i = asked_.begin(); i != asked_.end(); ++i) {
      EXPECT_FALSE(plan_.wishes(i->first).empty());
      for (auto j = std::next(i); j != asked_.end(); ++j)
        EXPECT_FALSE(overlaps(i->second, j->second));
    }
  }

  std::mt19937 random_{GetParam()};
  relay_plan plan_;
  std::map<std::string, target> wishes_, asked_;
};

TEST_P(relay_plan_property, requests_cover_all_wishes_and_never_overlap) {
  for (int i = 0; i < 200; ++i) {
    auto wish = "w" + std::to_string(random_() % 12);
    if (random_() % 3 == 0) {
      wishes_.erase(wish);
      carry_out(plan_.forget(wish));
    } else {
      wishes_[wish] = random_target();
      carry_out(plan_.want(wish, wishes_[wish]));
    }
    check();
  }
  // As after a restart: the same wishes, in whatever order, the same requests.
  relay_plan again;
  for (auto i = wishes_.rbegin(); i != wishes_.rend(); ++i)
    (void)again.want(i->first, i->second);
  EXPECT_EQ(again.all(), plan_.all());
}

INSTANTIATE_TEST_SUITE_P(seeds, relay_plan_property, ::testing::Range(1u, 21u));

} // namespace

} // namespace tocsin::protocol::signal
