#include "protocol/signal/hop_limit.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {

namespace {

// COAP-115, COAP-116
TEST(hop_limit, goes_down_by_one_and_begins_at_16) {
  EXPECT_EQ(next_hop(0), 16);
  EXPECT_EQ(next_hop(255), 254);
  EXPECT_EQ(next_hop(2), 1);
  EXPECT_FALSE(next_hop(1));
}

// COAP-119
TEST(hop_limit, a_report_lists_the_nodes_on_the_way) {
  EXPECT_EQ(hop_report("a", ""), "a");
  EXPECT_EQ(hop_report("a", "b c"), "a b c");
  EXPECT_EQ(hop_report("a", "ab ca"), "a ab ca");
  EXPECT_EQ(hop_report("a", std::string(199, 'x')), "a") << "beyond the MTU";
}

// COAP-120
TEST(hop_limit, a_report_that_names_us_is_not_passed_on) {
  EXPECT_EQ(hop_report("a", "b a c"), "a");
  EXPECT_EQ(hop_report("a", "b a"), "a");
}

} // namespace

} // namespace tocsin::protocol::signal
