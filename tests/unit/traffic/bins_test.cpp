#include "tools/traffic/bins.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace tocsin::tools::traffic {

namespace {

class bins_in_a_file : public testing::Test {
protected:
  ~bins_in_a_file() override { std::filesystem::remove(path); }
  std::string content() const {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
  }
  std::string path =
      testing::TempDir() + "bins_test_"
      + testing::UnitTest::GetInstance()->current_test_info()->name();
};

} // namespace

TEST_F(bins_in_a_file, begin_at_multiples_of_their_width_and_leave_no_gap) {
  auto uut = bins::open(path, 2, 1'000'010);
  ASSERT_TRUE(uut);
  uut->add(0, 3);
  uut->add(1, 1);
  uut->advance(1'000'019);
  EXPECT_EQ(content(), "") << "it is not over yet";
  uut->advance(1'000'020);
  uut->add(0, 4);
  uut->advance(1'000'065);
  EXPECT_EQ(content(), "1000000 3 1\n1000020 4 0\n1000040 0 0\n");
  EXPECT_EQ(uut->total(0), 7u);
}

TEST_F(bins_in_a_file, are_complete_at_the_end) {
  {
    auto uut = bins::open(path, 1, 40);
    ASSERT_TRUE(uut);
    uut->add(0, 5);
  }
  EXPECT_EQ(content(), "40 5\n");
}

TEST_F(bins_in_a_file, survive_a_clock_that_is_set) {
  auto uut = bins::open(path, 1, 1'000'000);
  ASSERT_TRUE(uut);
  uut->advance(900'000);
  uut->add(0, 1);
  uut->advance(900'020);
  uut->advance(90'000'000'000);
  EXPECT_EQ(content(), "900000 1\n");
}

TEST(bins, cannot_be_opened_where_nothing_can_be_written) {
  EXPECT_FALSE(bins::open("/nonexistent/file", 1, 0));
}

TEST(bins, without_a_file_only_add_up) {
  auto uut = bins::open("", 1, 0);
  ASSERT_TRUE(uut);
  uut->add(0, 2);
  uut->advance(100);
  EXPECT_EQ(uut->total(0), 2u);
}

} // namespace tocsin::tools::traffic
