#include "protocol/data/entry_totals.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::data {
namespace {

using counters = match_counters;

// DATA-110
TEST(entry_totals, of_mitigators_side_by_side_add_up) {
  entry_totals x;
  x.tell("west", 1, {10, 1000});
  x.tell("east", 1, {5, 500});
  EXPECT_EQ(x.sum(false), (counters{15, 1500}));
}

// DATA-110
TEST(entry_totals, of_mitigators_behind_each_other_count_a_packet_once) {
  entry_totals x;
  x.tell("edge", 1, {10, 1000});
  x.tell("core", 2, {10, 1000});
  EXPECT_EQ(x.sum(false), (counters{10, 1000}));
  x.tell("core", 2, {12, 1200});
  EXPECT_EQ(x.sum(false), (counters{12, 1200})) << "the edge was passed by";
}

TEST(entry_totals, of_a_stage_add_up_before_stages_are_compared) {
  entry_totals x;
  x.tell("west", 1, {10, 1000});
  x.tell("east", 1, {5, 500});
  x.tell("core", 2, {13, 1300});
  EXPECT_EQ(x.sum(false), (counters{15, 1500}));
}

TEST(entry_totals, of_what_is_dropped_add_up_anyway) {
  entry_totals x;
  x.tell("edge", 1, {10, 1000});
  x.tell("core", 2, {3, 300});
  EXPECT_EQ(x.sum(true), (counters{13, 1300}));
}

TEST(entry_totals, of_a_driver_that_begins_anew_go_on_for_it_alone) {
  entry_totals x;
  x.tell("west", 1, {10, 1000});
  x.tell("east", 1, {100, 10000});
  x.tell("west", 1, {2, 200});
  EXPECT_EQ(x.sum(false), (counters{112, 11200}));
  x.tell("west", 1, {3, 300});
  EXPECT_EQ(x.sum(false), (counters{113, 11300}));
}

} // namespace
} // namespace tocsin::protocol::data
