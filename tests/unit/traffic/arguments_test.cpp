#include "tools/traffic/arguments.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

namespace tocsin::tools::traffic {

namespace {

result<command> parse_line(const std::string& line) {
  std::istringstream in{line};
  std::vector<std::string> words;
  for (std::string word; in >> word;)
    words.push_back(word);
  return parse(words);
}

const std::string flood = "flood --to 127.0.0.1:53 ";

} // namespace

TEST(arguments, of_a_flood_are_read) {
  auto x = parse_line(flood
                      + "--rate 5000 --seconds 7 --size 9 --sources 3 "
                        "--log f");
  ASSERT_TRUE(x);
  auto& with = std::get<flood_options>(*x);
  EXPECT_EQ(with.to.host.to_string(), "127.0.0.1");
  EXPECT_EQ(with.to.port, 53);
  EXPECT_EQ(with.rate, 5000u);
  EXPECT_EQ(with.duration, std::chrono::seconds{7});
  EXPECT_EQ(with.size, 9u);
  EXPECT_EQ(with.sources, 3u);
  EXPECT_EQ(with.log, "f");
}

TEST(arguments, of_a_flood_have_hard_bounds) {
  EXPECT_TRUE(parse_line(flood + "--rate 200000 --seconds 600"));
  for (auto bad :
       {"--rate 200001 --seconds 1", "--rate 1 --seconds 601",
        "--rate 0 --seconds 1", "--rate 1 --seconds 0", "--rate -1 --seconds 1",
        "--rate 18446744073709551617 --seconds 1", "--rate 1e3 --seconds 1",
        "--rate 1 --seconds 1 --size 1401", "--rate 1 --seconds 1 --size 0",
        "--rate 1 --seconds 1 --sources 65"}) {
    auto refused = parse_line(flood + bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, ec::out_of_range) << bad;
  }
}

TEST(arguments, of_visits_and_of_a_victim_are_read) {
  auto visits = parse_line("visit --to [::1]:80 --rate 1000 --seconds 600");
  ASSERT_TRUE(visits);
  EXPECT_EQ(std::get<visit_options>(*visits).to.host.to_string(), "::1");
  EXPECT_FALSE(parse_line("visit --to [::1]:80 --rate 1001 --seconds 1"));
  auto victim = parse_line("victim --tcp 0 --udp 65535 --log f");
  ASSERT_TRUE(victim);
  EXPECT_EQ(std::get<victim_options>(*victim).host.to_string(), "127.0.0.1");
  EXPECT_EQ(std::get<victim_options>(*victim).udp, 65535);
}

TEST(arguments, that_are_missing_unknown_or_given_twice_are_refused) {
  for (auto bad :
       {"", "flod", "flood", "flood --to", "flood --rate 1 --seconds 1",
        "flood --to 127.0.0.1:53 --rate 1", "visit --to 127.0.0.1:1 --rate 1",
        "flood --to 127.0.0.1:53 --rate 1 --seconds 1 --size",
        "flood --to 127.0.0.1:53 --rate 1 --seconds 1 --force yes",
        "flood --to 127.0.0.1:53 --rate 1 --rate 2 --seconds 1",
        "victim --tcp 1 --udp 2"})
    EXPECT_FALSE(parse_line(bad)) << bad;
}

TEST(arguments, name_a_target_by_number_and_port) {
  for (auto bad : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
                   "127.0.0.1:5x", "localhost:53", "::1:53", "[127.0.0.1]:53",
                   "[]:53", ":53"})
    EXPECT_FALSE(endpoint::parse(bad)) << bad;
  EXPECT_TRUE(endpoint::parse("[2001:db8::2]:53"));
}

TEST(arguments, can_ask_for_help) {
  for (auto line : {"--help", "-h"}) {
    auto x = parse_line(line);
    ASSERT_TRUE(x);
    EXPECT_TRUE(std::holds_alternative<help>(*x));
  }
  EXPECT_NE(usage().find("200000"), std::string::npos);
}

} // namespace tocsin::tools::traffic
