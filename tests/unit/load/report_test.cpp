#include "tools/load/report.hpp"

#include <gmock/gmock.h>

namespace tocsin::tools::load {

namespace {

using testing::HasSubstr;

load_report example() {
  load_report out;
  auto& x = out.measured.operations["get"];
  for (int i = 0; i < 3; ++i)
    x.latency.add(std::chrono::milliseconds{2});
  x.lost = 1;
  x.outcomes["2.05"] = 3;
  out.counted.emplace_back("unsent", 7);
  return out;
}

} // namespace

TEST(report, says_the_same_to_programs_and_to_people) {
  const auto json = to_json(example());
  EXPECT_THAT(json, HasSubstr(R"("done":3,"lost":1)"));
  EXPECT_THAT(json, HasSubstr(R"("unsent":7)"));
  EXPECT_THAT(json, HasSubstr(R"("max_us":2000)"));
  EXPECT_THAT(json, HasSubstr(R"("outcomes":{"2.05":3})"));
  const auto text = to_text(example());
  EXPECT_THAT(text, HasSubstr("get: 3 done, 1 lost"));
  EXPECT_THAT(text, HasSubstr("max 2.000 ms"));
  EXPECT_THAT(text, HasSubstr("3 times 2.05"));
  EXPECT_THAT(text, HasSubstr("unsent: 7"));
}

} // namespace tocsin::tools::load
