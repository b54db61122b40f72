#include "protocol/signal/conflict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::protocol::signal {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

target prefixes(std::initializer_list<const char*> list) {
  target out;
  for (const auto* x : list)
    out.prefixes.push_back(*prefix::parse(x));
  return out;
}

struct row {
  const char* id;
  conflict_policy policy;
  const char* newcomer; ///< prefix; the other has 192.0.2.0/24 for 900 s
  newcomer_verdict verdict;
  conflict_status status, other_status;
  std::optional<std::uint32_t> retry, other_retry;
};
class conflict_policies : public testing::TestWithParam<row> {};

constexpr auto won = conflict_status::active;
constexpr auto lost = conflict_status::inactive_other_active;
constexpr auto none = conflict_status::all_inactive;

// SIG-136, SIG-137, SIG-138, SIG-139, SIG-143, SIG-144, SIG-183
TEST_P(conflict_policies, decide_who_yields_and_what_is_told) {
  const auto& x = GetParam();
  contender newcomer{1, prefixes({x.newcomer}), 600};
  contender other{2, prefixes({"192.0.2.0/24"}), 900};
  auto got = decide_conflict({x.policy}, newcomer, std::vector{other});
  EXPECT_EQ(got.newcomer, x.verdict);
  ASSERT_TRUE(got.information);
  EXPECT_EQ(got.information->cause, conflict_cause::overlapping_targets);
  EXPECT_EQ(got.information->status, x.status);
  EXPECT_EQ(got.information->retry_timer, x.retry);
  ASSERT_EQ(got.notices.size(), 1u);
  EXPECT_EQ(got.notices[0].id, 2u);
  EXPECT_EQ(got.notices[0].what.status, x.other_status);
  EXPECT_EQ(got.notices[0].what.retry_timer, x.other_retry);
  EXPECT_EQ(got.deactivate.size(), x.other_retry ? 1u : 0u);
}

TEST(ongoing_conflict, tells_of_all_that_is_shared) {
  contender mine{1, prefixes({"192.0.2.0/24"}), 600};
  std::vector<contender> others{{2, prefixes({"192.0.2.7"})},
                                {3, prefixes({"192.0.2.128/25"})}};
  auto got = ongoing_conflict(mine, others, won, {});
  EXPECT_EQ(got.status, won);
  EXPECT_EQ(got.cause, conflict_cause::overlapping_targets);
  EXPECT_FALSE(got.retry_timer);
  ASSERT_TRUE(got.scope);
  EXPECT_EQ(got.scope->what, prefixes({"192.0.2.7", "192.0.2.128/25"}));
  EXPECT_EQ(ongoing_conflict(mine, others, lost, 90).retry_timer, 90u);
}

INSTANTIATE_TEST_SUITE_P(
    rows, conflict_policies,
    testing::Values(row{"first",
                        conflict_policy::first_wins,
                        "192.0.2.1",
                        newcomer_verdict::refuse,
                        lost,
                        won,
                        900,
                        {}},
                    row{"newest",
                        conflict_policy::newest_wins,
                        "192.0.2.1",
                        newcomer_verdict::accept,
                        won,
                        lost,
                        {},
                        600},
                    row{"narrower",
                        conflict_policy::most_specific_wins,
                        "192.0.2.1",
                        newcomer_verdict::accept,
                        won,
                        lost,
                        {},
                        600},
                    row{"wider",
                        conflict_policy::most_specific_wins,
                        "192.0.0.0/16",
                        newcomer_verdict::refuse,
                        lost,
                        won,
                        900,
                        {}},
                    row{"equal",
                        conflict_policy::most_specific_wins,
                        "192.0.2.0/24",
                        newcomer_verdict::refuse,
                        lost,
                        won,
                        900,
                        {}},
                    row{"all",
                        conflict_policy::accept_all,
                        "192.0.2.1",
                        newcomer_verdict::accept,
                        won,
                        won,
                        {},
                        {}},
                    row{"nobody", conflict_policy::reject_all, "192.0.2.1",
                        newcomer_verdict::refuse, none, none, 900, 600}),
    [](const auto& x) { return x.param.id; });

// SIG-130
TEST(conflict_scope, is_what_both_share_in_the_words_of_the_one_told) {
  auto mine = prefixes({"192.0.2.0/24", "198.51.100.7"});
  mine.fqdns = {"www.example"};
  mine.aliases = {"web"};
  auto other = prefixes({"192.0.2.8/29", "203.0.113.1"});
  other.uris = {"https://www.example/x"};
  other.aliases = {"web"};
  auto got = common_scope(mine, other, false);
  EXPECT_EQ(got.prefixes, prefixes({"192.0.2.8/29"}).prefixes);
  EXPECT_THAT(got.fqdns, ElementsAre("www.example"));
  EXPECT_THAT(got.aliases, IsEmpty());
  EXPECT_THAT(common_scope(mine, other, true).aliases, ElementsAre("web"));
  EXPECT_THAT(common_scope(other, mine, false).uris,
              ElementsAre("https://www.example/x"));
}

TEST(decide_conflict, meets_only_active_requests_that_overlap) {
  contender newcomer{1, prefixes({"192.0.2.1"})};
  contender idle{2, prefixes({"192.0.2.0/24"}), 900, false};
  contender apart{3, prefixes({"203.0.113.0/24"})};
  EXPECT_EQ(decide_conflict({}, newcomer, std::vector{idle, apart}),
            conflict_decision{});
  idle.active = true;
  newcomer.immediate = false;
  EXPECT_EQ(decide_conflict({}, newcomer, std::vector{idle}),
            conflict_decision{});
}

// SIG-145
TEST(decide_conflict, bounds_the_timer_and_keeps_a_loser_if_told_to) {
  contender newcomer{1, prefixes({"192.0.2.1"})};
  contender endless{2, prefixes({"192.0.2.0/24"}), -1};
  auto got = decide_conflict({conflict_policy::first_wins, true}, newcomer,
                             std::vector{endless});
  EXPECT_EQ(got.newcomer, newcomer_verdict::accept_inactive);
  EXPECT_EQ(got.information->retry_timer, endless_retry);
  EXPECT_EQ(kept_lifetime(endless_retry), 3645);
}

// SIG-142, SIG-316
TEST(acceptlist_conflict, points_to_the_acls) {
  auto got = acceptlist_conflict({{"acl-1", ""}});
  EXPECT_EQ(got.cause, conflict_cause::acceptlist);
  EXPECT_EQ(got.scope->acls.at(0).name, "acl-1");
  EXPECT_FALSE(got.retry_timer);
}

// SIG-124, SIG-126, SIG-127, SIG-131, SIG-132
TEST(decide_own, orders_by_mid_within_one_type_only) {
  auto what = prefixes({"192.0.2.0/24"});
  std::vector<own_request> others{{1, what},
                                  {2, what, false, true},
                                  {3, what, false, false},
                                  {4, prefixes({"203.0.113.1"})},
                                  {5, what}};
  EXPECT_EQ(decide_own({5, what}, others), (own_decision{{}, {1}, {2}}));
  EXPECT_EQ(decide_own({4, what}, others), (own_decision{5, {}, {}}));
  EXPECT_EQ(decide_own({6, what, false, false}, others),
            (own_decision{{}, {2, 3}, {}}));
}

// SIG-133
TEST(withdrawn_by_signal_loss, names_active_requests_under_preconfigured_ones) {
  auto what = prefixes({"192.0.2.0/24"});
  std::vector<own_request> all{{1, what},
                               {2, what, false, false},
                               {3, prefixes({"203.0.113.1"})},
                               {4, what, true, false}};
  EXPECT_THAT(withdrawn_by_signal_loss(all), ElementsAre(1u));
}

} // namespace
} // namespace tocsin::protocol::signal
