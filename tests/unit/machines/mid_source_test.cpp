#include "protocol/signal/mid_source.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {
namespace {

struct row {
  const char* id;
  std::optional<std::uint32_t> last;
  bool attack;
  std::optional<mid_grant> expected;
};
class next_mid : public testing::TestWithParam<row> {};

// SIG-067, SIG-068
TEST_P(next_mid, ascends_and_begins_anew_in_peace_only) {
  mid_source source{{GetParam().last, {}}};
  auto mid = source.next(GetParam().attack);
  ASSERT_EQ(bool{mid}, GetParam().expected.has_value());
  if (mid) {
    EXPECT_EQ(*mid, *GetParam().expected);
    EXPECT_EQ(source.state().last, mid->mid);
  }
}

INSTANTIATE_TEST_SUITE_P(
    rows, next_mid,
    testing::Values(
        row{"first", {}, false, mid_grant{0, false}},
        row{"second", 0, false, mid_grant{1, false}},
        row{"up_to", mid_roll_over - 1, false, mid_grant{mid_roll_over, false}},
        row{"over", mid_roll_over, false, mid_grant{0, true}},
        row{"attack", mid_roll_over, true, mid_grant{mid_roll_over + 1, false}},
        row{"used_up", 0xFFFFFFFF, true, {}}),
    [](const auto& x) { return x.param.id; });

// SIG-066, SIG-069
TEST(mid_source, passes_over_live_mids_and_names_what_to_make_again) {
  mid_source source{{mid_roll_over, {}}};
  std::vector<std::uint32_t> live{0, 1};
  EXPECT_EQ(*source.next(false, live), (mid_grant{2, true}));
  std::vector<live_request> requests{{9, false}, {4, true}, {3, false}};
  EXPECT_EQ(work_at_roll_over(requests), (roll_over_work{{3, 9}, {4}}));
  source.learn(mid_roll_over); // of before
  EXPECT_EQ(source.next(false)->mid, 3u);
  source.retired_gone();
  source.learn(50);
  source.learn(40);
  EXPECT_EQ(source.next(false)->mid, 51u);
}

} // namespace
} // namespace tocsin::protocol::signal
