#include "protocol/signal/config_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::protocol::signal {
namespace {

using namespace std::chrono_literals;

constexpr time_point t0{1h};

/// idle-config with one parameter.
signal_config idle_with(std::optional<setting> config_set::*which,
                        std::uint32_t value) {
  signal_config out;
  (out.idle.emplace().*which).emplace().current = value;
  return out;
}

const auto interval_20 = idle_with(&config_set::heartbeat_interval, 20);

struct limit_row {
  const char* id;
  std::optional<setting> config_set::*which;
  std::uint32_t value;
  bool good;
};

class config_limits : public testing::TestWithParam<limit_row> {};

// SIG-237, SIG-242, SIG-255, ARCH-121, ARCH-161
TEST_P(config_limits, decide_what_is_accepted) {
  config_server server;
  auto before = server.values();
  auto answer = server.put(1, idle_with(GetParam().which, GetParam().value));
  EXPECT_EQ(bool{answer}, GetParam().good);
  if (!answer) {
    EXPECT_EQ(code_of(answer.error().code), response_code::unprocessable);
    EXPECT_EQ(server.values(), before);
    EXPECT_THAT(answer.error().detail, testing::HasSubstr(" to "));
  }
}

INSTANTIATE_TEST_SUITE_P(
    rows, config_limits,
    testing::Values(
        limit_row{"interval_off", &config_set::heartbeat_interval, 0, true},
        limit_row{"interval_low", &config_set::heartbeat_interval, 14, false},
        limit_row{"interval_min", &config_set::heartbeat_interval, 15, true},
        limit_row{"interval_max", &config_set::heartbeat_interval, 240, true},
        limit_row{"interval_high", &config_set::heartbeat_interval, 241, false},
        limit_row{"missing_zero", &config_set::missing_hb_allowed, 0, false},
        limit_row{"retransmit_high", &config_set::max_retransmit, 6, false},
        limit_row{"timeout_low", &config_set::ack_timeout, 99, false},
        limit_row{"factor_high", &config_set::ack_random_factor, 201, false},
        limit_row{"probing_min", &config_set::probing_rate, 5, true}),
    [](const auto& row) { return row.param.id; });

// SIG-250, SIG-251, SIG-253, SIG-254, SIG-243, SIG-249, SIG-259, SIG-353
TEST(config_server, lets_a_higher_sid_start_from_the_defaults) {
  config_server server;
  EXPECT_EQ(*server.put(5, interval_20), config_outcome::created);
  EXPECT_EQ(*server.put(5, interval_20), config_outcome::changed);
  EXPECT_EQ(server.values().idle.heartbeat_interval, 20s);
  EXPECT_EQ(server.values().mitigating, session_values{});
  EXPECT_EQ(*server.put(6, idle_with(&config_set::probing_rate, 9)),
            config_outcome::created);
  EXPECT_EQ(server.values().idle.heartbeat_interval, 30s);
  EXPECT_EQ(server.values().idle.probing_rate, 9u);
  EXPECT_FALSE(server.describe(5));
  auto lower = server.put(5, interval_20);
  ASSERT_FALSE(lower);
  EXPECT_EQ(code_of(lower.error().code), response_code::bad_request);
}

// SIG-248, SIG-252
TEST(config_server, refuses_a_body_without_parameters) {
  config_server server;
  for (const auto& x : {signal_config{}, signal_config{config_set{}, {}}}) {
    auto answer = server.put(1, x);
    ASSERT_FALSE(answer);
    EXPECT_EQ(code_of(answer.error().code), response_code::bad_request);
  }
  EXPECT_FALSE(server.stored());
}

// SIG-227, SIG-229, SIG-258, SIG-271, SIG-272
TEST(config_server, tells_ranges_without_sid_and_values_with_it) {
  config_server server;
  (void)server.put(5, interval_20);
  EXPECT_EQ(*server.describe({})->idle->heartbeat_interval,
            (setting{240, 15, 20}));
  EXPECT_EQ(*server.describe(5)->idle->heartbeat_interval,
            (setting{{}, {}, 20}));
  EXPECT_FALSE(server.remove(4));
  EXPECT_TRUE(server.remove(5));
  EXPECT_FALSE(server.describe(5));
  EXPECT_FALSE(server.put(4, interval_20)); // deleted, yet not forgotten
  server.remove({});
  EXPECT_TRUE(server.put(4, interval_20));
}

// SIG-219
TEST(config_server, ignores_loss_parameters_over_a_reliable_transport) {
  config_server server{{}, true};
  EXPECT_TRUE(server.put(1, idle_with(&config_set::max_retransmit, 99)));
  EXPECT_EQ(server.values(), session_sets{});
  EXPECT_FALSE(server.describe({})->idle->ack_timeout);
  EXPECT_TRUE(server.describe({})->idle->probing_rate);
}

TEST(config_server, comes_back_from_storage) {
  config_server server, after;
  (void)server.put(5, interval_20);
  after.restore(*server.stored());
  EXPECT_EQ(after.values(), server.values());
  EXPECT_FALSE(after.put(4, interval_20));
}

config_client_settings wishing(std::chrono::seconds interval) {
  config_client_settings out;
  out.wish.emplace().idle.heartbeat_interval = interval;
  return out;
}

// SIG-272, SIG-247, SIG-255, SIG-256, SIG-257
TEST(config_client, moves_its_wish_into_the_ranges_after_a_refusal) {
  config_client client{wishing(100s), 7};
  config_policy narrow;
  narrow.heartbeat_interval = {15, 60};
  config_server server{narrow};
  EXPECT_EQ(*client.start(true, t0).send, config_send{config_request::reset{}});
  auto put = client.on_answer({response_code::deleted, {}, {}}, t0);
  auto first = std::get<config_request::put>(*put.send);
  EXPECT_EQ(first.sid, 7u);
  EXPECT_FALSE(server.put(first.sid, first.body));
  auto ask = client.on_answer({response_code::unprocessable, {}, {}}, t0);
  EXPECT_EQ(*ask.send, config_send{config_request::get{}});
  auto again =
      client.on_answer({response_code::content, server.describe({}), {}}, t0);
  auto second = std::get<config_request::put>(*again.send);
  EXPECT_EQ(second.sid, 8u);
  EXPECT_TRUE(server.put(second.sid, second.body));
  EXPECT_TRUE(client.on_answer({response_code::created, {}, {}}, t0).changed);
  EXPECT_EQ(client.effective(), server.values());
  EXPECT_EQ(client.effective().idle.heartbeat_interval, 60s);
}

TEST(config_client, gives_up_after_the_second_refusal) {
  config_client client{wishing(100s)};
  (void)client.start(false, t0);
  (void)client.on_answer({response_code::unprocessable, {}, {}}, t0);
  (void)client.on_answer({response_code::content, signal_config{}, {}}, t0);
  auto end = client.on_answer({response_code::unprocessable, {}, {}}, t0);
  EXPECT_FALSE(end.send);
  EXPECT_FALSE(end.alert.empty());
  EXPECT_FALSE(client.next_deadline());
}

struct age_row {
  const char* id;
  std::optional<std::uint32_t> max_age;
  std::optional<std::chrono::seconds> refresh;
};
class config_refresh : public testing::TestWithParam<age_row> {};

// SIG-262, SIG-263, SIG-264, SIG-266
TEST_P(config_refresh, follows_max_age_but_not_under_attack) {
  config_client client{wishing(20s), 3};
  (void)client.start(false, t0);
  (void)client.on_answer({response_code::created, {}, GetParam().max_age}, t0);
  auto due = client.next_deadline();
  if (!GetParam().refresh) {
    EXPECT_FALSE(due);
    return;
  }
  EXPECT_EQ(due, t0 + *GetParam().refresh);
  client.set_under_attack(true);
  EXPECT_FALSE(client.on_time(*due + 1h).send);
  client.set_under_attack(false);
  EXPECT_FALSE(client.on_time(*due - 1ns).send);
  EXPECT_EQ(*client.on_time(*due + 1h).send,
            config_send{config_request::get{3}});
}

INSTANTIATE_TEST_SUITE_P(rows, config_refresh,
                         testing::Values(age_row{"absent", {}, 60s},
                                         age_row{"hour", 3600, 3540s},
                                         age_row{"short_one", 8, 6s},
                                         age_row{"endless", never_expires, {}}),
                         [](const auto& row) { return row.param.id; });

TEST(config_client, repeats_with_growing_pauses_and_a_higher_sid) {
  config_client client{wishing(20s)};
  (void)client.start(false, t0);
  (void)client.on_silence(t0);
  EXPECT_EQ(client.next_deadline(), t0 + 30s);
  auto again = client.on_time(t0 + 30s);
  EXPECT_EQ(std::get<config_request::put>(*again.send).sid, 1u);
  (void)client.on_answer({response_code::internal_error, {}, {}}, t0 + 30s);
  EXPECT_EQ(client.next_deadline(), t0 + 90s);
}

} // namespace
} // namespace tocsin::protocol::signal
