#include "protocol/signal/heartbeat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::protocol::signal {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr time_point t0{1h};
constexpr auto client = heartbeat_role::client;
constexpr auto server = heartbeat_role::server;

using actions = std::vector<heartbeat_action>;

/// What happened, and when in seconds after t0.
struct record {
  std::vector<int> sent;
  std::vector<int> warned;
  std::optional<int> lost;
  std::uint32_t missed = 0;
};

/// Runs a machine by its own deadlines until `end`; `at_send(now)` plays the
/// peer after each heartbeat.
template <class Peer>
record run(heartbeat_machine& uut, seconds end, Peer at_send) {
  record out;
  while (auto due = uut.next_deadline()) {
    if (*due > t0 + end)
      break;
    auto now = static_cast<int>((*due - t0) / 1s);
    for (const auto& x : uut.on_time(*due)) {
      if (std::holds_alternative<send_heartbeat>(x)) {
        out.sent.push_back(now);
        at_send(*due);
      } else if (auto* lost = std::get_if<declare_lost>(&x)) {
        out.lost = now;
        out.missed = lost->missed;
      } else {
        out.warned.push_back(now);
      }
    }
  }
  return out;
}

const auto silence = [](time_point) {};

// SIG-286, ARCH-045
TEST(heartbeat, is_sent_every_interval) {
  heartbeat_machine uut{client, {30s, 15}, t0};
  EXPECT_EQ(uut.next_deadline(), t0 + 30s);
  EXPECT_THAT(uut.on_time(t0 + 29s), IsEmpty());
  auto seen = run(uut, 120s, [&](time_point now) { uut.on_response(now); });
  EXPECT_THAT(seen.sent, ElementsAre(30, 60, 90, 120));
  EXPECT_EQ(seen.lost, std::nullopt);
}

TEST(heartbeat, defaults_are_those_of_the_rfc) {
  EXPECT_EQ(heartbeat_settings{}, (heartbeat_settings{30s, 15}));
}

// ARCH-076
// SIG-290: requests received count, responses do not.
TEST(heartbeat, tells_whether_the_peers_heartbeats_arrive) {
  heartbeat_machine uut{server, {30s, 15}, t0};
  auto sent = [&](seconds at) {
    uut.on_response(t0 + at);
    auto out = uut.on_time(t0 + at);
    EXPECT_EQ(out.size(), 1u);
    return out.empty()
               ? std::nullopt
               : std::optional{std::get<send_heartbeat>(out[0]).peer_hb_status};
  };
  EXPECT_EQ(sent(30s), true); // a young session
  EXPECT_EQ(sent(60s), true);
  EXPECT_EQ(sent(90s), false);
  EXPECT_THAT(uut.on_request_received(true, t0 + 91s), IsEmpty());
  EXPECT_EQ(sent(120s), true);
  EXPECT_EQ(sent(150s), true); // 59 s after it
  EXPECT_EQ(sent(180s), false);
}

// ARCH-060, ARCH-122
// SIG-294: the 15th heartbeat in a row got no response within an interval.
TEST(heartbeat, a_client_in_peace_is_lost_after_the_allowed_misses) {
  heartbeat_machine uut{client, {30s, 15}, t0};
  auto seen = run(uut, 10000s, silence);
  EXPECT_EQ(seen.sent.size(), 15u);
  EXPECT_EQ(seen.lost, 480);
  EXPECT_EQ(seen.missed, 15u);
  EXPECT_TRUE(uut.lost());
  EXPECT_EQ(uut.next_deadline(), std::nullopt);
  EXPECT_THAT(uut.on_time(t0 + 20000s), IsEmpty());
}

// SIG-294: consecutive.
TEST(heartbeat, one_response_starts_the_count_anew) {
  heartbeat_machine uut{client, {10s, 3}, t0};
  int n = 0;
  auto seen = run(uut, 10000s, [&](time_point now) {
    if (++n == 3) // the first two were missed
      uut.on_response(now + 1s);
  });
  EXPECT_THAT(seen.sent, ElementsAre(10, 20, 30, 40, 50, 60));
  EXPECT_EQ(seen.lost, 70);
}

// SIG-294: traffic that answers no heartbeat does not keep a client's session.
TEST(heartbeat, other_traffic_is_no_response_to_a_client) {
  heartbeat_machine uut{client, {10s, 2}, t0};
  auto seen = run(uut, 1000s, [&](time_point now) {
    uut.on_traffic(now);
    uut.on_request_received(false, now);
  });
  EXPECT_EQ(seen.lost, 30);
}

// SIG-300, SIG-301, SIG-302
TEST(heartbeat, a_client_under_attack_keeps_its_session_and_keeps_sending) {
  heartbeat_machine uut{client, {10s, 3}, t0};
  uut.set_under_attack(true);
  auto seen = run(uut, 100s, silence);
  EXPECT_THAT(seen.sent, ElementsAre(10, 20, 30, 40, 50, 60, 70, 80, 90, 100));
  EXPECT_THAT(seen.warned, ElementsAre(40));
  EXPECT_EQ(seen.lost, std::nullopt);
  uut.set_under_attack(false);
  EXPECT_EQ(run(uut, 200s, silence).lost, 110);
}

// SIG-302: the owner takes what it hears for the end of the trouble.
TEST(heartbeat, a_client_says_again_that_it_gets_no_answers) {
  heartbeat_machine uut{client, {10s, 3}, t0};
  uut.set_under_attack(true);
  EXPECT_THAT(run(uut, 44s, silence).warned, ElementsAre(40));
  uut.on_traffic(t0 + 45s);
  EXPECT_THAT(run(uut, 75s, silence).warned, ElementsAre(50));
}

TEST(heartbeat, a_threshold_passed_again_is_said_again) {
  heartbeat_machine uut{client, {10s, 2}, t0};
  uut.set_under_attack(true);
  int n = 0;
  auto seen = run(uut, 100s, [&](time_point now) {
    if (++n == 5)
      uut.on_response(now);
  });
  EXPECT_THAT(seen.warned, ElementsAre(30, 80));
}

// SIG-308, SIG-097, ARCH-064, ARCH-077, ARCH-122
TEST(heartbeat, a_server_is_lost_after_total_silence) {
  heartbeat_machine uut{server, {30s, 15}, t0};
  auto seen = run(uut, 10000s, silence);
  EXPECT_EQ(seen.lost, 450);
}

// SIG-308: exactly that long after the last traffic, between two heartbeats.
TEST(heartbeat, a_server_counts_silence_from_the_last_traffic) {
  heartbeat_machine uut{server, {30s, 15}, t0};
  uut.on_traffic(t0 + 17s);
  EXPECT_EQ(run(uut, 10000s, silence).lost, 467);
}

// SIG-305, SIG-306, SIG-307
TEST(heartbeat, any_traffic_keeps_a_servers_session) {
  heartbeat_machine uut{server, {30s, 15}, t0};
  int n = 0;
  auto seen = run(uut, 3000s, [&](time_point now) {
    if (++n % 10 == 0) // rare, and never a response
      uut.on_traffic(now);
  });
  EXPECT_EQ(seen.lost, std::nullopt);
  EXPECT_EQ(seen.sent.size(), 100u);
  EXPECT_EQ(seen.warned.size(), 1u);
  EXPECT_GT(uut.missed(), 15u);
}

TEST(heartbeat, a_server_that_slept_does_not_blame_the_client) {
  heartbeat_machine uut{server, {30s, 15}, t0};
  auto out = uut.on_time(t0 + 5000s);
  EXPECT_THAT(out, ElementsAre(heartbeat_action{send_heartbeat{false}}));
  EXPECT_EQ(uut.missed(), 0u);
  EXPECT_EQ(uut.next_deadline(), t0 + 5030s);
}

TEST(heartbeat, a_late_call_counts_one_miss) {
  heartbeat_machine uut{client, {10s, 3}, t0};
  uut.on_time(t0 + 10s);
  uut.on_time(t0 + 1000s);
  EXPECT_EQ(uut.missed(), 1u);
  EXPECT_EQ(uut.next_deadline(), t0 + 1010s);
}

// An interval of zero switches heartbeats and loss detection off.
// SIG-231
TEST(heartbeat, can_be_off) {
  for (auto role : {client, server}) {
    heartbeat_machine uut{role, {0s, 15}, t0};
    EXPECT_EQ(uut.next_deadline(), std::nullopt);
    EXPECT_THAT(uut.on_time(t0 + 10000s), IsEmpty());
    EXPECT_THAT(uut.on_request_received(false, t0 + 10000s), IsEmpty());
    EXPECT_FALSE(uut.lost());
  }
}

TEST(heartbeat, new_settings_start_the_count_and_the_interval_anew) {
  heartbeat_machine uut{server, {30s, 3}, t0};
  run(uut, 85s, silence);
  EXPECT_EQ(uut.missed(), 1u);
  uut.set_interval({15s, 2}, t0 + 85s);
  EXPECT_EQ(uut.missed(), 0u);
  EXPECT_EQ(uut.next_deadline(), t0 + 100s);
  EXPECT_EQ(run(uut, 1000s, silence).lost, 115);
}

// SIG-291, SIG-292
TEST(heartbeat, a_server_that_is_not_seen_sends_right_after_the_client) {
  heartbeat_machine uut{server, {30s, 15}, t0};
  EXPECT_THAT(uut.on_request_received(true, t0 + 20s), IsEmpty());
  EXPECT_THAT(uut.on_request_received(false, t0 + 21s),
              ElementsAre(heartbeat_action{send_heartbeat{true}}));
  EXPECT_EQ(uut.next_deadline(), t0 + 51s);
  // A hostile client gets no more than two for an interval.
  EXPECT_THAT(uut.on_request_received(false, t0 + 22s), IsEmpty());
  EXPECT_THAT(uut.on_request_received(false, t0 + 35s), IsEmpty());
}

TEST(heartbeat, a_client_does_not_answer_with_a_heartbeat) {
  heartbeat_machine uut{client, {30s, 15}, t0};
  EXPECT_THAT(uut.on_request_received(false, t0 + 29s), IsEmpty());
}

TEST(heartbeat, extreme_settings_stay_within_the_clock) {
  heartbeat_machine uut{server, {seconds::max(), 0xffffffff}, t0};
  EXPECT_EQ(uut.next_deadline(), t0 + 65535s);
  heartbeat_machine none{client, {10s, 0}, t0};
  EXPECT_EQ(run(none, 100s, silence).lost, 20);
}

} // namespace
} // namespace tocsin::protocol::signal
