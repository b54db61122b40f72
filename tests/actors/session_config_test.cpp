#include "protocol/signal/session_config.hpp"

#include "tests/actors/session_fixture.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {

namespace coap = protocol::coap;
namespace sig = protocol::signal;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

sig::signal_config only_heartbeats(std::uint32_t mitigating,
                                   std::uint32_t idle) {
  sig::signal_config x;
  x.mitigating.emplace().heartbeat_interval = sig::setting{{}, {}, mitigating};
  x.idle.emplace().heartbeat_interval = sig::setting{{}, {}, idle};
  return x;
}

class config_server_test : public session_fixture {
protected:
  void SetUp() override { connect(true); }

  coap::message ask(coap::code method, const std::string& sid, bytes body = {},
                    std::optional<std::uint32_t> observe = {}) {
    auto x = message(method, {}, body);
    x.type = coap::type::con;
    if (observe)
      x.options.add_uint(coap::option::observe, *observe);
    for (const auto& segment : dots({"config"}))
      x.options.add(coap::option::uri_path, segment);
    if (!sid.empty())
      x.options.add(coap::option::uri_path, "sid=" + sid);
    return send(x);
  }

  coap::message put(const std::string& sid, const sig::signal_config& x) {
    return ask(coap::code::put, sid, sig::encode(x));
  }

  static sig::signal_config read(const coap::message& x) {
    auto body = sig::decode(x.payload, sig::direction::response);
    EXPECT_TRUE(body) << to_string(body.error());
    return std::get<sig::signal_config>(*body);
  }
};

// SIG-223, SIG-224, SIG-227, SIG-229, SIG-235, SIG-236, SIG-241, SIG-260,
// SIG-261, SIG-267
TEST_F(config_server_test, get_tells_ranges_values_and_how_long_they_hold) {
  auto answer = ask(coap::code::get, "");
  ASSERT_EQ(answer.code, coap::code::content);
  EXPECT_EQ(answer.type, coap::type::ack);
  EXPECT_EQ(answer.options.find_uint(coap::option::content_format), 271u);
  EXPECT_GT(answer.options.find_uint(coap::option::max_age).value_or(0), 0u);
  auto x = read(answer);
  ASSERT_TRUE(x.idle && x.mitigating);
  EXPECT_EQ(x.idle->heartbeat_interval->min, 15u);
  EXPECT_EQ(x.idle->heartbeat_interval->max, 240u);
  EXPECT_EQ(x.idle->heartbeat_interval->current, 30u);
  EXPECT_EQ(x.idle->missing_hb_allowed->current, 15u);
  EXPECT_EQ(x.idle->probing_rate->current, 5u);
  EXPECT_EQ(x.mitigating->ack_timeout->current, 200u);
}

// SIG-252, SIG-244, SIG-248
TEST_F(config_server_test, malformed_requests_are_refused) {
  EXPECT_EQ(put("", only_heartbeats(30, 30)).code, coap::code::bad_request);
  EXPECT_EQ(put("x", only_heartbeats(30, 30)).code, coap::code::bad_request);
  EXPECT_EQ(put("5", {}).code, coap::code::bad_request);
  EXPECT_EQ(ask(coap::code::put, "5", beat).code, coap::code::bad_request);
  auto x = message(coap::code::put, dots({"config", "cuid=a", "sid=5"}), beat);
  EXPECT_EQ(send(x).code, coap::code::bad_request);
  EXPECT_EQ(ask(coap::code::post, "5").code, coap::code::method_not_allowed);
  EXPECT_TRUE(seen->configs.empty());
}

// SIG-253, SIG-254, SIG-255, SIG-250, SIG-251, SIG-259, SIG-376
TEST_F(config_server_test, a_put_is_judged_by_its_sid_and_its_values) {
  EXPECT_EQ(put("5", only_heartbeats(20, 60)).code, coap::code::created);
  EXPECT_EQ(put("5", only_heartbeats(20, 90)).code, coap::code::changed);
  auto answer = put("6", only_heartbeats(14, 60));
  EXPECT_EQ(answer.code, coap::code::unprocessable);
  EXPECT_THAT(std::string{as_text(answer.payload)},
              HasSubstr("heartbeat-interval"));
  EXPECT_EQ(read(ask(coap::code::get, "5")).idle->heartbeat_interval->current,
            90u);
  EXPECT_EQ(put("6", only_heartbeats(30, 30)).code, coap::code::created);
  EXPECT_EQ(ask(coap::code::get, "5").code, coap::code::not_found);
  EXPECT_EQ(put("4", only_heartbeats(30, 30)).code, coap::code::bad_request);
}

// ARCH-075, ARCH-120
// SIG-286, SIG-221, SIG-222, SIG-220: the values really drive the heartbeats.
// SIG-218
TEST_F(config_server_test, heartbeats_follow_the_set_in_use) {
  ASSERT_EQ(put("5", only_heartbeats(15, 120)).code, coap::code::created);
  advance_both(100s);
  EXPECT_TRUE(requests().empty());
  advance_both(21s);
  EXPECT_THAT(requests(), SizeIs(1));
  self->send(uut, atom::mode_v, std::string{"abc"}, true);
  exchange();
  advance_both(16s);
  EXPECT_THAT(requests(), SizeIs(1));
  self->send(uut, atom::mode_v, std::string{"abc"}, false);
  exchange();
  advance_both(100s);
  EXPECT_TRUE(requests().empty());
}

// SIG-231
TEST_F(config_server_test, interval_zero_ends_heartbeats_and_their_verdict) {
  ASSERT_EQ(put("5", only_heartbeats(0, 0)).code, coap::code::created);
  advance_both(1000s);
  EXPECT_TRUE(requests().empty());
  EXPECT_TRUE(seen->gone.empty());
}

// SIG-265
TEST_F(config_server_test, values_that_were_not_refreshed_end_no_session) {
  ASSERT_EQ(put("5", only_heartbeats(60, 60)).code, coap::code::created);
  self->send(uut, atom::mode_v, std::string{"abc"}, true);
  for (int i = 0; i < 100; ++i) { // far beyond Max-Age
    advance_both(60s);
    say(message(coap::code::put, dots({"hb"}), beat));
    inbox.clear();
  }
  EXPECT_TRUE(seen->gone.empty());
  EXPECT_EQ(read(ask(coap::code::get, "5")).idle->heartbeat_interval->current,
            60u);
}

/// A server that ends sessions of clients which do not ask again.
class strict_config_server_test : public config_server_test {
protected:
  void SetUp() override {
    policy.end_when_stale = true;
    policy.max_age = 120;
    connect(true);
  }

  /// The client's heartbeats go on, so that silence is no reason.
  void live(std::chrono::seconds total) {
    for (auto t = 0s; t < total; t += 15s) {
      advance_both(15s);
      if (seen->gone.empty())
        say(message(coap::code::put, dots({"hb"}), beat));
      inbox.clear();
    }
  }
};

// SIG-269
TEST_F(strict_config_server_test, who_does_not_ask_again_loses_its_session) {
  ask(coap::code::get, "");
  live(165s);
  EXPECT_TRUE(seen->gone.empty());
  live(30s);
  ASSERT_THAT(seen->gone, SizeIs(1));
  EXPECT_THAT(seen->gone[0], HasSubstr("did not ask"));
  EXPECT_EQ(seen->ends[0], session_end::failed)
      << "what was left for its loss is not given up";
  EXPECT_EQ(peer->current(), transports::secure_association::state::closed);
}

// SIG-269
TEST_F(strict_config_server_test, who_asks_again_keeps_it) {
  ask(coap::code::get, "");
  for (int i = 0; i < 3; ++i) {
    live(150s);
    ask(coap::code::get, "");
  }
  live(150s);
  ASSERT_EQ(put("5", only_heartbeats(30, 30)).code, coap::code::created);
  live(150s);
  EXPECT_TRUE(seen->gone.empty());
}

TEST_F(strict_config_server_test, who_never_asked_was_told_of_no_limit) {
  live(1000s);
  EXPECT_TRUE(seen->gone.empty());
}

// SIG-271, SIG-272
TEST_F(config_server_test, delete_brings_back_the_defaults) {
  ASSERT_EQ(put("5", only_heartbeats(15, 120)).code, coap::code::created);
  EXPECT_EQ(ask(coap::code::del, "").code, coap::code::deleted);
  EXPECT_EQ(read(ask(coap::code::get, "")).idle->heartbeat_interval->current,
            30u);
  EXPECT_EQ(ask(coap::code::get, "5").code, coap::code::not_found);
  ASSERT_EQ(put("6", only_heartbeats(15, 120)).code, coap::code::created);
  EXPECT_EQ(ask(coap::code::del, "6").code, coap::code::deleted);
  EXPECT_EQ(read(ask(coap::code::get, "")).idle->heartbeat_interval->current,
            30u);
}

TEST_F(config_server_test, what_was_negotiated_is_durable) {
  ASSERT_EQ(put("5", only_heartbeats(15, 120)).code, coap::code::created);
  ASSERT_TRUE(seen->configs.contains("client.example"));
  EXPECT_EQ(seen->configs["client.example"].sid, 5u);
  connect(true); // another session of the same peer
  EXPECT_EQ(read(ask(coap::code::get, "5")).idle->heartbeat_interval->current,
            120u);
  EXPECT_EQ(put("4", only_heartbeats(30, 30)).code, coap::code::bad_request);
}

// SIG-268, SIG-176
TEST_F(config_server_test, observers_learn_of_each_change) {
  auto answer = ask(coap::code::get, "", {}, 0);
  ASSERT_TRUE(answer.options.contains(coap::option::observe));
  auto changed = message(coap::code::put, dots({"config", "sid=9"}),
                         sig::encode(only_heartbeats(15, 75)));
  say(changed);
  advance_both(4s);
  bool told = false;
  for (const auto& x : inbox)
    if (x.token == answer.token && x.code == coap::code::content) {
      told = true;
      EXPECT_EQ(read(x).idle->heartbeat_interval->current, 75u);
    }
  EXPECT_TRUE(told);
}

class config_client_session_test : public session_fixture {
protected:
  static sig::signal_config offer(const coap::message& x) {
    auto body = sig::decode(x.payload, sig::direction::request);
    EXPECT_TRUE(body);
    return std::get<sig::signal_config>(*body);
  }
};

// SIG-245, SIG-246, SIG-223, COAP-033, ARCH-115
TEST_F(config_client_session_test, it_asks_for_what_was_configured) {
  wishes.emplace().idle.heartbeat_interval = 60s;
  connect(false);
  auto sent = requests(true);
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].code, coap::code::put);
  EXPECT_EQ(sent[0].type, coap::type::con);
  EXPECT_EQ(sent[0].options.find_uint(coap::option::content_format), 271u);
  EXPECT_EQ(offer(sent[0]).idle->heartbeat_interval->current, 60u);
  answer(sent[0], coap::code::created);
  advance_both(50s);
  EXPECT_TRUE(requests().empty()) << "the interval is now 60 s";
  advance_both(11s);
  EXPECT_THAT(requests(), SizeIs(1));
}

// SIG-256, SIG-257, SIG-247
TEST_F(config_client_session_test, a_refusal_is_met_by_what_is_acceptable) {
  wishes.emplace().idle.heartbeat_interval = 20s;
  connect(false);
  auto first = requests(true);
  ASSERT_THAT(first, SizeIs(1));
  answer(first[0], coap::code::unprocessable);
  auto ask = requests(true);
  ASSERT_THAT(ask, SizeIs(1));
  EXPECT_EQ(ask[0].code, coap::code::get);
  sig::signal_config ranges;
  ranges.idle.emplace().heartbeat_interval = sig::setting{240, 45, 45};
  ranges.mitigating.emplace().heartbeat_interval = sig::setting{240, 45, 45};
  answer(ask[0], coap::code::content, sig::encode(ranges), 3600);
  auto second = requests(true);
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].code, coap::code::put);
  EXPECT_EQ(offer(second[0]).idle->heartbeat_interval->current, 45u);
}

// SIG-263, SIG-264, SIG-299: refreshed in time, never under attack.
TEST_F(config_client_session_test, it_refreshes_before_max_age_in_peace_only) {
  connect(false);
  auto ask = requests(true);
  ASSERT_THAT(ask, SizeIs(1));
  answer(ask[0], coap::code::content, sig::encode(only_heartbeats(30, 30)),
         300);
  self->send(uut, atom::mode_v, std::string{"abc"}, true);
  exchange();
  for (int i = 0; i < 12; ++i) {
    advance_both(30s);
    for (const auto& x : requests())
      answer(x, coap::code::changed);
  }
  EXPECT_TRUE(requests(true).empty());
  self->send(uut, atom::mode_v, std::string{"abc"}, false);
  exchange();
  advance_both(31s);
  bool refreshed = false;
  for (const auto& x : requests(true))
    refreshed |= x.code == coap::code::get;
  EXPECT_TRUE(refreshed);
}

} // namespace
} // namespace tocsin::actors
