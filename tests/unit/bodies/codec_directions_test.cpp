#include "protocol/schema/fields.hpp"
#include "protocol/signal/codec.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {

namespace {

/// A body that both sides may send comes out as it went in, whoever sends it.
void expect_both_ways(const body& value) {
  for (auto way : {direction::request, direction::response}) {
    auto r = decode(encode(value), way);
    ASSERT_TRUE(r) << to_string(r.error());
    EXPECT_TRUE(*r == value);
  }
}

setting current(std::uint32_t x) {
  return {{}, {}, x};
}

constexpr std::optional<setting> config_set::*parameters[]{
    &config_set::heartbeat_interval, &config_set::missing_hb_allowed,
    &config_set::probing_rate,       &config_set::max_retransmit,
    &config_set::ack_timeout,        &config_set::ack_random_factor};

} // namespace

// SIG-314
TEST(codec_directions, targets_lifetime_and_trigger_go_both_ways) {
  mitigation x;
  x.what.prefixes = {*prefix::parse("192.0.2.0/24")};
  x.what.ports = {{80, 90}};
  x.what.protocols = {6, 17};
  x.what.fqdns = {"www.example.net"};
  x.what.uris = {"https://www.example.net/"};
  x.what.aliases = {"web"};
  x.lifetime = 3600;
  x.trigger_mitigation = false;
  expect_both_ways(mitigation_scope{{x}});
}

// SIG-314
TEST(codec_directions, heartbeats_go_both_ways) {
  expect_both_ways(heartbeat_body{true});
  expect_both_ways(heartbeat_body{false});
}

// SIG-230, SIG-314
TEST(codec_directions, any_one_parameter_of_a_configuration_goes_both_ways) {
  for (auto parameter : parameters) {
    config_set set;
    set.*parameter = current(200);
    expect_both_ways(signal_config{set, {}});
    expect_both_ways(signal_config{{}, set});
  }
}

// SIG-230
TEST(codec_directions, any_one_parameter_of_a_configuration_may_be_absent) {
  for (auto parameter : parameters) {
    config_set set;
    for (auto other : parameters)
      set.*other = current(200);
    set.*parameter = std::nullopt;
    expect_both_ways(signal_config{set, set});
  }
}

// SIG-023: those keys belong to extensions; nobody gets them unasked.
TEST(codec_directions, no_element_has_a_key_of_an_extension) {
  for (std::uint64_t key = 128; key <= 255; ++key)
    EXPECT_EQ(schema::find_field(key), nullptr) << key;
}

} // namespace tocsin::protocol::signal
