#include "tests/sim/simulation.hpp"

#include <gmock/gmock.h>
#include <spdlog/spdlog.h>

namespace tocsin::sim {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

constexpr std::uint64_t seeds_per_test = 25;

class simulation_test : public ::testing::Test {
protected:
  simulation_test() { spdlog::set_level(spdlog::level::off); }
  ~simulation_test() override { spdlog::set_level(spdlog::level::info); }

  /// What the judge says of some seeds with this defect.
  static std::vector<std::string> judge(sabotage defect) {
    options with;
    with.defect = defect;
    std::vector<std::string> all;
    for (std::uint64_t seed = 1; seed <= 20; ++seed)
      for (auto& x : run(seed, with).violations)
        all.push_back(std::move(x));
    return all;
  }
};

class seeds : public simulation_test,
              public ::testing::WithParamInterface<std::uint64_t> {};

} // namespace

// SIG-124, SIG-126, SIG-305, SIG-308
TEST_P(seeds, keep_every_promise) {
  std::uint64_t granted = 0;
  outcome sum;
  for (std::uint64_t i = 0; i < seeds_per_test; ++i) {
    auto x = run(GetParam() + i);
    granted += x.grants;
    sum.triggered += x.triggered;
    sum.deactivated += x.deactivated;
    sum.superseded += x.superseded;
    sum.reports += x.reports;
    sum.streams += x.streams;
    EXPECT_THAT(x.violations, IsEmpty())
        << "repeat: tools/sim --seed " << x.seed << " --trace";
  }
  // Something was going on, of every kind.
  EXPECT_GT(granted, seeds_per_test);
  EXPECT_GT(sum.triggered, 0u);
  EXPECT_GT(sum.deactivated, 0u);
  EXPECT_GT(sum.superseded, 0u);
  EXPECT_GT(sum.reports, seeds_per_test);
  EXPECT_GT(sum.streams, seeds_per_test);
}

INSTANTIATE_TEST_SUITE_P(first_two_hundred, seeds,
                         ::testing::Range<std::uint64_t>(1, 201,
                                                         seeds_per_test));

TEST_F(simulation_test, a_seed_repeats_exactly) {
  auto first = run(11);
  auto second = run(11);
  EXPECT_EQ(first.hash, second.hash);
  EXPECT_EQ(first.datagrams, second.datagrams);
  EXPECT_NE(first.hash, run(12).hash);
}

TEST_F(simulation_test, a_server_that_forgets_is_caught) {
  EXPECT_THAT(judge(sabotage::server_forgets),
              Contains(HasSubstr("not in force")));
}

TEST_F(simulation_test, a_client_that_forgets_is_caught) {
  EXPECT_THAT(judge(sabotage::client_forgets), Contains(HasSubstr("is lost")));
}

TEST_F(simulation_test, rules_that_stay_are_caught) {
  EXPECT_THAT(judge(sabotage::rules_stay), Contains(HasSubstr("in force")));
}

TEST_F(simulation_test, rules_that_vanish_are_caught) {
  EXPECT_THAT(judge(sabotage::rules_vanish),
              Contains(HasSubstr("was granted, yet is not in force")));
}

TEST_F(simulation_test, a_server_that_gives_clients_up_early_is_caught) {
  EXPECT_THAT(judge(sabotage::impatience),
              Contains(HasSubstr("was started after")));
}

TEST_F(simulation_test, a_server_that_waits_for_too_long_is_caught) {
  EXPECT_THAT(judge(sabotage::patience),
              Contains(HasSubstr("does not start after")));
}

TEST_F(simulation_test, a_server_that_decides_no_conflicts_is_caught) {
  EXPECT_THAT(judge(sabotage::no_arbiter),
              Contains(HasSubstr("though they are in conflict")));
}

TEST_F(simulation_test, sessions_that_do_not_recover_are_caught) {
  EXPECT_THAT(judge(sabotage::link_stays_dead),
              Contains(HasSubstr("sessions with")));
}

} // namespace tocsin::sim
