#include "actors/rules.hpp"
#include "tests/actors/session_fixture.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {

namespace coap = protocol::coap;
namespace sig = protocol::signal;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::SizeIs;

namespace {

class observed_session_test : public session_fixture {
protected:
  void SetUp() override { connect(true); }

  coap::message get(std::uint32_t observe) {
    auto x = message(coap::code::get, {});
    x.options.add_uint(coap::option::observe, observe);
    for (const auto& segment : dots({"mitigate", "cuid=a"}))
      x.options.add(coap::option::uri_path, segment);
    return x;
  }

  /// Registers, and returns the token.
  coap::token observe() {
    seen->answer = {0x45, true, {0xA0}, {}, false, true};
    auto x = get(0);
    auto answer = send(x);
    EXPECT_EQ(answer.code, coap::code::content);
    EXPECT_TRUE(answer.options.contains(coap::option::observe));
    return x.token;
  }

  std::uint64_t observation() {
    return seen->requests.at(0).observe.value().request;
  }

  void notify(dots_response x) {
    self->send(uut, atom::notify_v, observation(), std::move(x));
    exchange();
    advance_both(4s);
  }

  std::vector<coap::message> notifications(const coap::token& to) {
    std::vector<coap::message> found;
    for (const auto& x : inbox)
      if (x.token == to && coap::is_response(x.code))
        found.push_back(x);
    inbox.clear();
    return found;
  }
};

// SIG-176, SIG-178, SIG-180, COAP-070, COAP-072, SIG-179
TEST_F(observed_session_test, news_of_the_client_reach_the_observer) {
  auto token = observe();
  notify({0x45, true, {0xA1}, {}});
  auto news = notifications(token);
  ASSERT_THAT(news, SizeIs(1));
  EXPECT_EQ(news[0].type, coap::type::non);
  EXPECT_TRUE(news[0].options.contains(coap::option::observe));
  EXPECT_EQ(news[0].options.find_uint(coap::option::content_format), 271u);
  EXPECT_EQ(news[0].payload, bytes{0xA1});
}

// SIG-187, COAP-077
TEST_F(observed_session_test, a_reset_ends_the_observation) {
  auto token = observe();
  notify({0x45, true, {0xA1}, {}});
  auto news = notifications(token);
  ASSERT_THAT(news, SizeIs(1));
  coap::message reset;
  reset.type = coap::type::rst;
  reset.mid = news[0].mid;
  say(reset);
  EXPECT_THAT(seen->forgotten, ElementsAre(observation()));
  notify({0x45, true, {0xA2}, {}});
  EXPECT_TRUE(notifications(token).empty());
}

// SIG-188, COAP-069
TEST_F(observed_session_test, deregistration_ends_the_observation) {
  auto token = observe();
  seen->answer = {0x45, true, {0xA0}, {}, false};
  auto x = get(1);
  x.token = token;
  auto answer = send(x);
  EXPECT_EQ(answer.code, coap::code::content);
  EXPECT_FALSE(answer.options.contains(coap::option::observe));
  EXPECT_THAT(seen->forgotten, ElementsAre(observation()));
}

// COAP-071
TEST_F(observed_session_test, an_error_is_the_last_notification) {
  auto token = observe();
  notify({0x84, false, {'g', 'o', 'n', 'e'}, {}});
  auto news = notifications(token);
  ASSERT_THAT(news, SizeIs(1));
  EXPECT_EQ(news[0].code, coap::code::not_found);
  EXPECT_FALSE(news[0].options.contains(coap::option::observe));
  EXPECT_THAT(seen->forgotten, ElementsAre(observation()));
}

redirect_order away() {
  redirect_order x;
  x.active = true;
  x.where = {"alt.example", {"192.0.2.7"}};
  x.max_age = 600;
  x.reason = "maintenance";
  return x;
}

// SIG-273, SIG-274, SIG-275, SIG-377, ARCH-124, ARCH-132
TEST_F(observed_session_test, a_redirected_peer_learns_where_to_go) {
  auto token = observe();
  self->send(uut, atom::redirect_v, away());
  exchange();
  advance_both(4s);
  auto news = notifications(token);
  ASSERT_THAT(news, SizeIs(1));
  EXPECT_EQ(news[0].code, coap::code::unavailable);
  EXPECT_EQ(news[0].options.find_uint(coap::option::max_age), 600u);
  auto answer = send(
      message(coap::code::put, dots({"mitigate", "cuid=a", "mid=1"}), {0xA0}));
  EXPECT_EQ(answer.code, coap::code::unavailable);
  EXPECT_EQ(answer.options.find_uint(coap::option::content_format), 271u);
  auto body = sig::decode(answer.payload, sig::direction::response);
  ASSERT_TRUE(body);
  EXPECT_EQ(std::get<sig::redirected_signal>(*body).alt_server, "alt.example");
}

// What a client left behind may be taken back where it was left.
TEST_F(observed_session_test, withdrawals_are_served_in_spite_of_a_redirect) {
  self->send(uut, atom::redirect_v, away());
  exchange();
  seen->answer = {0x42, false, {}, {}};
  EXPECT_EQ(
      send(message(coap::code::del, dots({"mitigate", "cuid=a", "mid=1"})))
          .code,
      coap::code::deleted);
  self->send(uut, atom::redirect_v, redirect_order{});
  exchange();
  seen->answer = {0x41, true, {0xA0}, {}};
  EXPECT_EQ(send(message(coap::code::put, dots({"mitigate", "cuid=a", "mid=2"}),
                         {0xA0}))
                .code,
            coap::code::created);
}

// SIG-279
TEST_F(observed_session_test, who_disregards_a_redirect_is_refused_at_last) {
  auto order = away();
  order.tolerance = 2;
  order.max_age = 60;
  self->send(uut, atom::redirect_v, order);
  exchange();
  auto put = [&] {
    return send(message(coap::code::put, dots({"mitigate", "cuid=a", "mid=2"}),
                        {0xA0}))
        .code;
  };
  for (int i = 0; i < 3; ++i) // told once, tolerated twice
    EXPECT_EQ(put(), coap::code::unavailable);
  EXPECT_EQ(put(), coap::code::forbidden);
  EXPECT_EQ(put(), coap::code::forbidden);
  seen->answer = {0x42, false, {}, {}};
  EXPECT_EQ(
      send(message(coap::code::del, dots({"mitigate", "cuid=a", "mid=1"})))
          .code,
      coap::code::deleted)
      << "what is here may still be withdrawn";
  advance(std::chrono::seconds{order.max_age});
  EXPECT_EQ(put(), coap::code::unavailable) << "Max-Age is over";
}

// SIG-279
TEST_F(observed_session_test, only_redirected_requests_count_as_disregard) {
  auto order = away();
  order.tolerance = 1;
  order.everything = false;
  self->send(uut, atom::redirect_v, order);
  exchange();
  auto put = [&](dots_response answer) {
    seen->answer = std::move(answer);
    return send(message(coap::code::put, dots({"mitigate", "cuid=a", "mid=2"}),
                        {0xA0}))
        .code;
  };
  dots_response refreshed{0x44, true, {0xA0}, {}};
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(put(refreshed), coap::code::changed);
  EXPECT_EQ(put(redirection_to(order)), coap::code::unavailable);
  EXPECT_EQ(put(redirection_to(order)), coap::code::unavailable);
  EXPECT_EQ(put(redirection_to(order)), coap::code::forbidden);
  EXPECT_EQ(put(refreshed), coap::code::changed);
}

TEST_F(observed_session_test, by_default_every_request_is_redirected) {
  self->send(uut, atom::redirect_v, away());
  exchange();
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(send(message(coap::code::put,
                           dots({"mitigate", "cuid=a", "mid=2"}), {0xA0}))
                  .code,
              coap::code::unavailable);
}

// The first request of a session overtakes what the session is to be told.
TEST_F(observed_session_test, the_first_request_is_redirected_too) {
  seen->on_look_up = [this] { caf::anon_send(uut, atom::redirect_v, away()); };
  auto answer = send(
      message(coap::code::put, dots({"mitigate", "cuid=a", "mid=1"}), {0xA0}));
  EXPECT_EQ(answer.code, coap::code::unavailable);
  EXPECT_TRUE(seen->requests.empty());
}

// Only new mitigations are sent away then, and the CLIENT knows which are new.
TEST_F(observed_session_test, the_client_learns_of_a_redirect_in_time) {
  auto order = away();
  order.everything = false;
  seen->answer = {0x44, true, {0xA0}, {}};
  seen->on_look_up = [&] { caf::anon_send(uut, atom::redirect_v, order); };
  send(message(coap::code::put, dots({"mitigate", "cuid=a", "mid=1"}), {0xA0}));
  ASSERT_THAT(seen->requests, SizeIs(1));
  EXPECT_TRUE(seen->requests[0].redirect);
}

class observing_session_test : public session_fixture {
protected:
  void SetUp() override {
    connect(false);
    requests();
  }
};

// SIG-177, SIG-188, COAP-079
TEST_F(observing_session_test, notifications_reach_the_owner_until_cancelled) {
  coap_call get;
  get.code = 1;
  get.path = dots({"mitigate", "cuid=a"});
  get.patience = 60s;
  get.observe = true;
  auto pending =
      self->request(uut, std::chrono::seconds{600}, atom::request_v, get);
  exchange();
  auto sent = requests();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].options.find_uint(coap::option::observe), 0u);
  auto state = [&](std::uint32_t number, std::uint8_t octet) {
    auto x = message(coap::code::content, {}, {octet});
    x.token = sent[0].token;
    x.options.add_uint(coap::option::observe, number);
    say(x);
  };
  state(1, 0xA0);
  std::uint64_t observation = 0;
  pending.receive(
      [&](const coap_reply& x) { observation = x.observation.value_or(0); },
      [](const caf::error&) { FAIL(); });
  EXPECT_NE(observation, 0u);
  state(3, 0xA1);
  state(2, 0xA2); // overtaken
  ASSERT_THAT(seen->notified, SizeIs(1));
  EXPECT_EQ(seen->notified[0].first, observation);
  EXPECT_EQ(seen->notified[0].second.body, bytes{0xA1});
  inbox.clear();
  self->send(uut, atom::cancel_v, observation);
  exchange();
  auto cancelled = requests();
  ASSERT_THAT(cancelled, SizeIs(1));
  EXPECT_EQ(cancelled[0].token, sent[0].token);
  EXPECT_EQ(cancelled[0].options.find_uint(coap::option::observe), 1u);
}

// COAP-076
TEST_F(observing_session_test, an_observation_is_registered_again_as_it_was) {
  coap_call get;
  get.code = 1;
  get.path = dots({"mitigate", "cuid=a"});
  get.query = {"c=n"};
  get.patience = 10s;
  get.observe = true;
  auto pending =
      self->request(uut, std::chrono::seconds{600}, atom::request_v, get);
  exchange();
  auto first = requests();
  ASSERT_THAT(first, SizeIs(1));
  auto state = [&](std::uint32_t number, std::uint8_t octet) {
    auto x = message(coap::code::content, {}, {octet});
    x.token = first[0].token;
    x.options.add_uint(coap::option::observe, number);
    say(x);
  };
  state(1, 0xA0);
  std::uint64_t observation = 0;
  pending.receive(
      [&](const coap_reply& x) { observation = x.observation.value_or(0); },
      [](const caf::error&) { FAIL(); });
  inbox.clear();
  self->send(uut, atom::refresh_v, observation);
  exchange();
  auto again = requests();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].token, first[0].token);
  EXPECT_EQ(again[0].options, first[0].options);
  state(2, 0xA1);
  ASSERT_THAT(seen->notified, SizeIs(1));
  EXPECT_EQ(seen->notified[0].first, observation);
  EXPECT_EQ(seen->notified[0].second.observation, observation);
  inbox.clear();
  self->send(uut, atom::refresh_v, observation + 1);
  exchange();
  EXPECT_THAT(requests(), SizeIs(0)) << "there is no such observation";
}

} // namespace
} // namespace tocsin::actors
