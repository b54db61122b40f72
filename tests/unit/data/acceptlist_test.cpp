#include "protocol/data/acceptlist_watch.hpp"

#include <gtest/gtest.h>

/// Accept-lists in the way of a mitigation.
namespace tocsin::protocol::data {
namespace {

prefix net(std::string_view text) {
  return *prefix::parse(text);
}

signal::target target_of(std::string_view text) {
  signal::target x;
  x.prefixes = {net(text)};
  return x;
}

active_entry entry_for(std::string_view destination, l4_match l4 = {}) {
  active_entry x;
  x.acl = "friends";
  x.ace = "one";
  x.destinations = {net(destination)};
  x.match.l4 = std::move(l4);
  return x;
}

/// One accept-list before the target, and what is counted from look to look.
class acceptlist : public testing::Test {
protected:
  bool conflict(std::uint64_t passed, std::uint64_t dropped,
                bool attacked = false) {
    accepted_traffic x{
        entry_for("192.0.2.0/24"), acl_type::ipv4, {passed, passed * 100}};
    auto found = watch_.look({&x, 1}, {what_, dropped, attacked});
    if (!found.empty()) {
      EXPECT_EQ(found, (std::vector<signal::conflict_scope::acl>{
                           {"friends", "ipv4-acl-type"}}));
    }
    return !found.empty();
  }

  signal::target what_ = target_of("192.0.2.1/32");
  acceptlist_watch watch_;
};

} // namespace

// FILT-055
TEST_F(acceptlist, is_judged_by_what_came_since_the_last_look) {
  EXPECT_FALSE(conflict(1'000'000, 0)) << "nobody knows when that was";
  EXPECT_FALSE(conflict(1'000'000 + least_accepted - 1, 0));
  EXPECT_TRUE(conflict(1'000'000 + 2 * least_accepted - 1, 0));
  EXPECT_FALSE(conflict(1'000'000 + 2 * least_accepted - 1, 0));
}

// FILT-055
TEST_F(acceptlist, is_no_conflict_while_the_mitigation_drops_more) {
  conflict(0, 0);
  EXPECT_FALSE(conflict(999, 1000));
  EXPECT_TRUE(conflict(1999, 2000));
  EXPECT_FALSE(conflict(9999, 2000)) << "the attack seems to be over";
  EXPECT_TRUE(conflict(19'999, 2000, true))
      << "the client knows that it is not";
}

TEST_F(acceptlist, whose_counters_begin_anew_is_judged_by_the_new_ones) {
  conflict(1'000'000, 500'000);
  EXPECT_TRUE(conflict(1000, 10));
  EXPECT_FALSE(conflict(1050, 20));
}

TEST_F(acceptlist, that_is_new_waits_for_the_next_look) {
  EXPECT_TRUE(watch_.look({}, {what_, 0, false}).empty());
  EXPECT_FALSE(conflict(50'000, 0));
  EXPECT_TRUE(conflict(60'000, 0));
}

TEST_F(acceptlist, concerns_what_its_packets_may_go_to) {
  auto web = target_of("192.0.2.1/32");
  web.protocols = {6};
  web.ports = {{80, 80}, {443, 443}};
  tcp_match to_80{{}, port_match{{80, 80}, false}, {}};
  tcp_match not_80{{}, port_match{{80, 80}, true}, {}};
  tcp_match to_25{{}, port_match{{25, 25}, false}, {}};
  udp_match any_udp;
  struct {
    l4_match l4;
    bool concerned;
  } rows[]{{{}, true},     {to_80, true},    {not_80, true},
           {to_25, false}, {any_udp, false}, {tcp_match{}, true}};
  for (const auto& row : rows)
    EXPECT_EQ(concerns(entry_for("192.0.2.0/24", row.l4), web), row.concerned)
        << row.l4.index();
  web.ports = {{80, 80}};
  EXPECT_FALSE(concerns(entry_for("192.0.2.0/24", not_80), web));
  EXPECT_FALSE(concerns(entry_for("198.51.100.0/24"), web));
  auto icmp = entry_for("192.0.2.0/24");
  icmp.match.ip = ip_match{};
  icmp.match.ip->protocol = 1;
  EXPECT_FALSE(concerns(icmp, web));
  EXPECT_TRUE(concerns(icmp, target_of("192.0.2.1/32")));
}

} // namespace tocsin::protocol::data
