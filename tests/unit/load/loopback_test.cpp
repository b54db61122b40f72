#include "tools/load/loopback.hpp"

#include <gtest/gtest.h>

namespace tocsin::tools::load {

TEST(loopback, takes_every_address_of_127) {
  for (auto text : {"127.0.0.1:4646", "127.255.255.254:1"})
    EXPECT_TRUE(parse_loopback(text)) << text;
}

TEST(loopback, refuses_all_others_and_says_why) {
  for (auto text : {"0.0.0.0:4646", "10.0.0.1:4646", "126.255.255.255:4646",
                    "128.0.0.1:4646", "192.0.2.1:4646", "198.51.100.7:4646",
                    "224.0.0.1:4646", "[::1]:4646", "[2001:db8::1]:4646",
                    "[::ffff:192.0.2.1]:4646"}) {
    auto x = parse_loopback(text);
    ASSERT_FALSE(x) << text;
    EXPECT_EQ(x.error().code, ec::unauthorized) << text;
    EXPECT_NE(x.error().detail.find("127.0.0.0/8"), std::string::npos) << text;
  }
}

TEST(loopback, refuses_names_and_what_is_no_address) {
  for (auto text : {"localhost:4646", "127.0.0.1", "127.0.0.1:70000", ""})
    EXPECT_FALSE(parse_loopback(text)) << text;
}

} // namespace tocsin::tools::load
