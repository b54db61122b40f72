// Federations: chains and trees of gateways, on a simulated network.
#include "tests/sim/federation.hpp"

#include <gmock/gmock.h>
#include <spdlog/spdlog.h>

namespace tocsin::sim {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

constexpr std::uint64_t seeds_per_test = 25;

class federation_test : public ::testing::Test {
protected:
  federation_test() { spdlog::set_level(spdlog::level::off); }
  ~federation_test() override { spdlog::set_level(spdlog::level::info); }

  /// What the judge says of some seeds with this defect.
  static std::vector<std::string> judge(sabotage defect,
                                        std::uint64_t seeds = 20) {
    options with;
    with.defect = defect;
    std::vector<std::string> all;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed)
      for (auto& x : run_federation(seed, with).violations)
        all.push_back(std::move(x));
    return all;
  }
};

class federation_seeds : public federation_test,
                         public ::testing::WithParamInterface<std::uint64_t> {};

} // namespace

TEST_P(federation_seeds, keep_every_promise) {
  outcome sum;
  for (std::uint64_t i = 0; i < seeds_per_test; ++i) {
    auto x = run_federation(GetParam() + i);
    sum.grants += x.grants;
    sum.relayed += x.relayed;
    sum.helped += x.helped;
    sum.triggered += x.triggered;
    EXPECT_THAT(x.violations, IsEmpty())
        << "repeat: tools/sim --world federation --seed " << x.seed
        << " --trace";
  }
  // Something was going on, of every kind.
  EXPECT_GT(sum.grants, 4 * seeds_per_test);
  EXPECT_GT(sum.relayed, 2 * seeds_per_test);
  EXPECT_GT(sum.helped, 0u);
  EXPECT_GT(sum.triggered, 0u);
}

INSTANTIATE_TEST_SUITE_P(first_hundred, federation_seeds,
                         ::testing::Range<std::uint64_t>(1, 101,
                                                         seeds_per_test));

TEST_F(federation_test, a_seed_repeats_exactly) {
  auto first = run_federation(11);
  EXPECT_EQ(first.hash, run_federation(11).hash);
  EXPECT_NE(first.hash, run_federation(12).hash);
}

// SIG-397: docs/testing.md has the seeds beyond, and what they show.
TEST_F(federation_test, loops_end_by_hop_limit) {
  options with;
  with.loops = true;
  int loops = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    loops += draw_federation(seed, true).loop ? 1 : 0;
    EXPECT_THAT(run_federation(seed, with).violations, IsEmpty())
        << "repeat: tools/sim --world federation --loops --seed " << seed
        << " --trace";
  }
  EXPECT_GT(loops, 3);
}

/// What a flag adds must not change what there was.
TEST_F(federation_test, loops_are_extra) {
  int same = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    auto plan = draw_federation(seed, true);
    auto tree = draw_federation(seed, false);
    EXPECT_EQ(plan.members.size(), tree.members.size());
    EXPECT_EQ(plan.members[0].up.has_value(), plan.loop);
    EXPECT_FALSE(tree.loop);
    same += plan.loop ? 0 : 1;
  }
  EXPECT_GT(same, 0);
}

TEST_F(federation_test, servers_that_forget_are_caught) {
  EXPECT_THAT(judge(sabotage::server_forgets), Not(IsEmpty()));
}

TEST_F(federation_test, gateways_that_do_not_ask_are_caught) {
  EXPECT_THAT(judge(sabotage::no_relay), Contains(HasSubstr("does not ask")));
}

TEST_F(federation_test, help_that_is_not_let_go_is_caught) {
  EXPECT_THAT(judge(sabotage::clinging, 60),
              Contains(HasSubstr("which nobody needs")));
}

TEST_F(federation_test, rules_that_stay_are_caught) {
  EXPECT_THAT(judge(sabotage::rules_stay),
              Contains(HasSubstr("which has lost its cause")));
}

TEST_F(federation_test, neighbours_that_do_not_find_each_other_are_caught) {
  EXPECT_THAT(judge(sabotage::link_stays_dead),
              Contains(HasSubstr("sessions with")));
}

} // namespace tocsin::sim
