#include "protocol/coap/parameters.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tocsin::protocol::coap {

using namespace std::chrono_literals;

// COAP-028, COAP-030
TEST(coap_parameters, defaults_of_dots_give_the_derived_times_of_the_table) {
  const parameters x;
  EXPECT_EQ(x.max_transmit_span(), 21s);
  EXPECT_EQ(x.max_transmit_wait(), 45s);
  EXPECT_EQ(x.max_rtt(), 202s);
  EXPECT_EQ(x.exchange_lifetime(), 223s);
  EXPECT_EQ(x.non_lifetime(), 121s);
  EXPECT_EQ(x.probing_rate, 5u);
  EXPECT_EQ(x.nstart, 1u);
}

// COAP-028, COAP-030
TEST(coap_parameters, four_retransmissions_give_the_times_of_plain_coap) {
  parameters x;
  x.max_retransmit = 4;
  EXPECT_EQ(x.max_transmit_span(), 45s);
  EXPECT_EQ(x.max_transmit_wait(), 93s);
  EXPECT_EQ(x.exchange_lifetime(), 247s);
  EXPECT_EQ(x.non_lifetime(), 145s);
}

// COAP-029
TEST(coap_parameters, unsafe_values_are_brought_back_into_their_bounds) {
  parameters x;
  x.ack_random_factor = 0.5;
  x.ack_timeout = 1ms;
  x.max_retransmit = 4000000000u;
  x.nstart = 0;
  x.probing_rate = 0;
  x.separate_after = 1h;
  const auto y = clamped(x);
  EXPECT_EQ(y.ack_random_factor, 1.0);
  EXPECT_EQ(y.ack_timeout, 1s);
  EXPECT_EQ(y.max_retransmit, 15u);
  EXPECT_EQ(y.nstart, 1u);
  EXPECT_EQ(y.probing_rate, 1u);
  EXPECT_LT(y.separate_after, y.ack_timeout);
  x.ack_random_factor = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(clamped(x).ack_random_factor, 1.0);
  EXPECT_EQ(clamped(parameters{}), parameters{});
}

// COAP-030
TEST(coap_parameters, the_longest_permitted_times_stay_finite) {
  parameters x;
  x.ack_timeout = 1h;
  x.max_retransmit = 100;
  x.ack_random_factor = 100;
  const auto y = clamped(x);
  EXPECT_GT(y.exchange_lifetime(), 1h);
  EXPECT_LT(y.exchange_lifetime(), 24h * 365);
}

} // namespace tocsin::protocol::coap
