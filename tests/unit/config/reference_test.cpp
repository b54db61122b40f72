#include "roles/config/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace tocsin::roles {
namespace {

using ::testing::HasSubstr;

TEST(reference, names_every_kind_of_option_with_default_and_bounds) {
  auto text = write_reference();
  for (const char* row :
       {"## `[[server.customer.accept]]`",
        "| `reactors` | number, 1 to 256 | `1` |",
        "| `heartbeat_interval` | duration, 15s to 4m, or 0s | `\"30s\"` |",
        "| `listen` | list of addresses | `[\"0.0.0.0:4646\", "
        "\"[::]:4646\"]` |",
        "| `log_level` | one of `\"trace\"`, `\"debug\"`, `\"info\"`, "
        "`\"warning\"`, `\"error\"` | `\"info\"` |",
        "| `name` | name | **required** |",
        "| `rate` | number, 1 to 10000000000, packets per second | none |"})
    EXPECT_THAT(text, HasSubstr(row));
}

// To write it anew: TOCSIN_UPDATE_DOCS=1 ctest -R docs_configuration
TEST(reference, docs_configuration_md_is_up_to_date) {
  const auto* file = TOCSIN_SOURCE_DIR "/docs/configuration.md";
  if (std::getenv("TOCSIN_UPDATE_DOCS"))
    std::ofstream{file} << write_reference();
  std::ifstream in{file};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_EQ(text, write_reference()) << "see the comment above this test";
}

} // namespace
} // namespace tocsin::roles
