#include "tests/sim/simulation.hpp"

#include <gmock/gmock.h>
#include <spdlog/spdlog.h>

namespace tocsin::sim {

using ::testing::Contains;
using ::testing::HasSubstr;

namespace {

class simulation_test : public ::testing::Test {
protected:
  simulation_test() { spdlog::set_level(spdlog::level::off); }
  ~simulation_test() override { spdlog::set_level(spdlog::level::info); }

  /// What the judge says of some seeds with this defect.
  static std::vector<std::string> judge(sabotage defect) {
    options with;
    with.defect = defect;
    std::vector<std::string> all;
    for (std::uint64_t seed = 1; seed <= 3; ++seed)
      for (auto& x : run(seed, with).violations)
        all.push_back(std::move(x));
    return all;
  }
};

} // namespace

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

} // namespace tocsin::sim
