#include "roles/config/session_terms.hpp"

#include <gtest/gtest.h>

namespace tocsin::roles {
namespace {

using namespace std::chrono_literals;

// SIG-237, SIG-235, SIG-236, ARCH-121
TEST(session_terms, a_server_accepts_what_its_configuration_says) {
  auto usual = terms_of(server_config{});
  EXPECT_EQ(usual, protocol::signal::config_policy{});
  server_config x;
  x.heartbeat_interval = 60s;
  x.missing_hb_allowed = 10;
  x.session.min_heartbeat_interval = 20s;
  x.session.max_heartbeat_interval = 120s;
  x.session.max_missing_hb_allowed = 20;
  x.session.max_age = 120s;
  auto terms = terms_of(x);
  EXPECT_EQ(terms.heartbeat_interval.min, 20u);
  EXPECT_EQ(terms.heartbeat_interval.max, 120u);
  EXPECT_EQ(terms.missing_hb_allowed.max, 20u);
  EXPECT_EQ(terms.max_age, 120u);
  EXPECT_EQ(terms.defaults.heartbeat_interval, 60s);
  EXPECT_EQ(terms.defaults.missing_hb_allowed, 10u);
}

TEST(session_terms, a_reactor_has_its_share_of_what_the_node_takes_on) {
  server_config x;
  EXPECT_EQ(limits_of(x).max_associations, 100'000u);
  EXPECT_EQ(limits_of(x).max_connections, 10'000u);
  x.reactors = 4;
  x.max_sessions = 5000;
  x.max_connections = 700;
  x.max_handshakes = 64;
  x.cookie_rate = 2000;
  EXPECT_EQ(limits_of(x).max_associations, 1250u);
  EXPECT_EQ(limits_of(x).max_connections, 175u);
  EXPECT_EQ(limits_of(x).max_handshakes, 64u);
  EXPECT_EQ(limits_of(x).cookies.answers_per_second, 2000u);
  x.max_sessions = x.max_connections = 3;
  EXPECT_EQ(limits_of(x).max_associations, 1u);
  EXPECT_EQ(limits_of(x).max_connections, 1u);
}

// SIG-243: what is not configured is not negotiated.
TEST(session_terms, a_client_without_wishes_takes_the_server_s_values) {
  EXPECT_FALSE(wishes_of(upstream_config{}));
}

// SIG-220
TEST(session_terms, a_client_asks_for_its_two_intervals) {
  upstream_config x;
  x.heartbeat_interval = 120s;
  x.mitigating_heartbeat_interval = 15s;
  auto wishes = wishes_of(x);
  ASSERT_TRUE(wishes);
  EXPECT_EQ(wishes->idle.heartbeat_interval, 120s);
  EXPECT_EQ(wishes->mitigating.heartbeat_interval, 15s);
  x.mitigating_heartbeat_interval.reset();
  EXPECT_EQ(wishes_of(x)->mitigating.heartbeat_interval, 120s);
}

TEST(session_terms, a_client_accepts_its_own_wishes) {
  upstream_config x;
  x.missing_hb_allowed = 60;
  auto terms = terms_of(x);
  EXPECT_TRUE(terms.missing_hb_allowed.contains(60));
  EXPECT_TRUE(terms.heartbeat_interval.contains(30));
}

// SIG-357
TEST(session_terms, datagrams_fit_the_path_mtu_of_their_family) {
  upstream_config x;
  EXPECT_EQ(datagram_octets(x, true), 1252u);
  EXPECT_EQ(datagram_octets(x, false), 1232u);
  x.ipv4_path_mtu = 576;
  EXPECT_EQ(datagram_octets(x, true), 548u);
  EXPECT_EQ(datagram_octets(x, false), 1232u);
}

// SIG-357
TEST(session_terms, requests_fit_the_smallest_datagram) {
  upstream_config x;
  EXPECT_EQ(request_octets(x), 1024u);
  x.path_mtu = 9000;
  EXPECT_EQ(request_octets(x), 1024u) << "RFC 7252, Section 4.6";
  x.ipv4_path_mtu = 576;
  EXPECT_EQ(request_octets(x), 548u - 37 - 128);
}

} // namespace
} // namespace tocsin::roles
