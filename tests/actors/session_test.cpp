#include "tests/actors/session_fixture.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {

namespace coap = protocol::coap;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

class server_session_test : public session_fixture {
protected:
  void SetUp() override { connect(true); }

  std::string text(const coap::message& x) {
    return std::string{as_text(x.payload)};
  }
};

class client_session_test : public session_fixture {
protected:
  void SetUp() override { connect(false); }
};

TEST_F(server_session_test, a_handshake_names_the_customer) {
  ASSERT_THAT(seen->opened, SizeIs(1));
  EXPECT_EQ(seen->opened[0].peer.customer, "acme");
  EXPECT_EQ(seen->opened[0].peer.identity, "client.example");
}

// SIG-287, COAP-035: byte by byte, answered by NON 2.04 without a payload.
TEST_F(server_session_test, a_heartbeat_is_answered) {
  auto answer = send(message(coap::code::put, dots({"hb"}), beat));
  EXPECT_EQ(answer.code, coap::code::changed);
  EXPECT_EQ(answer.type, coap::type::non);
  EXPECT_TRUE(answer.payload.empty());
}

// SIG-318, SIG-119
TEST_F(server_session_test, a_heartbeat_without_status_is_a_bad_request) {
  auto answer = send(
      message(coap::code::put, dots({"hb"}), bytes{0xA1, 0x18, 0x31, 0xA0}));
  EXPECT_EQ(answer.code, coap::code::bad_request);
  EXPECT_THAT(text(answer), HasSubstr("peer-hb-status"));
}

// SIG-371
TEST_F(server_session_test, other_methods_on_a_resource_are_not_allowed) {
  EXPECT_EQ(send(message(coap::code::get, dots({"hb"}))).code,
            coap::code::method_not_allowed);
  EXPECT_EQ(send(message(coap::code::post, dots({"mitigate", "cuid=a"}))).code,
            coap::code::method_not_allowed);
}

// SIG-026, SIG-025
TEST_F(server_session_test, unknown_paths_are_not_found) {
  EXPECT_EQ(send(message(coap::code::get, dots({"other"}))).code,
            coap::code::not_found);
  EXPECT_EQ(send(message(coap::code::get, {"x"})).code, coap::code::not_found);
}

// SIG-375
TEST_F(server_session_test, another_content_format_is_refused) {
  auto x = message(coap::code::put, dots({"hb"}));
  x.options.add_uint(coap::option::content_format, 60);
  x.payload = beat;
  EXPECT_EQ(send(x).code, coap::code::unsupported_format);
}

// COAP-049
TEST_F(server_session_test, a_format_that_cannot_be_given_is_not_acceptable) {
  auto x = message(coap::code::get, dots({"mitigate", "cuid=a"}));
  x.options.add_uint(coap::option::accept, 60);
  EXPECT_EQ(send(x).code, coap::code::not_acceptable);
}

// SIG-051, SIG-150, SIG-207, SIG-075
TEST_F(server_session_test, a_path_without_its_parameters_is_a_bad_request) {
  EXPECT_EQ(send(message(coap::code::get, dots({"mitigate"}))).code,
            coap::code::bad_request);
  EXPECT_EQ(send(message(coap::code::del, dots({"mitigate", "cuid=a"}))).code,
            coap::code::bad_request);
  EXPECT_EQ(send(message(coap::code::get, dots({"mitigate", "cuid="}))).code,
            coap::code::bad_request);
  EXPECT_TRUE(seen->requests.empty());
}

// SIG-016, COAP-036
TEST_F(server_session_test, a_request_reaches_its_client_and_is_answered) {
  seen->answer = {0x41, true, {0xA0}, {}, false};
  auto answer = send(message(coap::code::put,
                             dots({"mitigate", "cuid=abc", "mid=5"}), {0xA0}));
  EXPECT_EQ(answer.code, coap::code::created);
  EXPECT_EQ(answer.options.find_uint(coap::option::content_format), 271u);
  ASSERT_THAT(seen->requests, SizeIs(1));
  EXPECT_EQ(seen->requests[0].cuid, "abc");
  EXPECT_EQ(seen->requests[0].mid, 5u);
  EXPECT_EQ(seen->requests[0].from.customer, "acme");
}

// SIG-105
// SIG-104: a cdid of a client is as good as absent.
TEST_F(server_session_test, a_cdid_from_a_client_is_ignored) {
  seen->answer = {0x45, true, {0xA0}, {}, false};
  send(message(coap::code::get, dots({"mitigate", "cdid=evil", "cuid=abc"})));
  ASSERT_THAT(seen->requests, SizeIs(1));
  EXPECT_EQ(seen->requests[0].from.customer, "acme");
  EXPECT_NE(seen->requests[0].from.cdid, "evil") << "a gateway passes it on";
}

// SIG-201
TEST_F(server_session_test, silence_is_kept_on_the_wire) {
  seen->answer.silent = true;
  auto x =
      message(coap::code::put, dots({"mitigate", "cuid=a", "mid=1"}), beat);
  x.options = {};
  x.options.add(coap::option::if_match);
  for (const auto& segment : dots({"mitigate", "cuid=a", "mid=1"}))
    x.options.add(coap::option::uri_path, segment);
  EXPECT_EQ(send(x).code, coap::code::empty);
  ASSERT_THAT(seen->requests, SizeIs(1));
  EXPECT_TRUE(seen->requests[0].if_match);
}

// SIG-209: for a client without any state.
TEST_F(server_session_test, withdrawing_from_nowhere_is_confirmed) {
  seen->no_client = fail(ec::not_found, "mitigate");
  EXPECT_EQ(
      send(message(coap::code::del, dots({"mitigate", "cuid=a", "mid=1"})))
          .code,
      coap::code::deleted);
}

// SIG-060, SIG-140
TEST_F(server_session_test, a_cuid_of_another_customer_is_a_collision) {
  seen->no_client = fail(ec::conflict, "cuid");
  auto answer = send(
      message(coap::code::put, dots({"mitigate", "cuid=a", "mid=1"}), {0xA0}));
  EXPECT_EQ(answer.code, coap::code::conflict);
  EXPECT_EQ(answer.payload, (bytes{0xA1, 0x01, 0xA1, 0x02, 0x81, 0xA1, 0x11,
                                   0xA1, 0x13, 0x03}));
}

TEST_F(server_session_test, a_client_that_ended_meanwhile_is_found_anew) {
  seen->answer = {0x45, true, {0xA0}, {}, false};
  auto get = dots({"mitigate", "cuid=a"});
  EXPECT_EQ(send(message(coap::code::get, get)).code, coap::code::content);
  self->send_exit(seen->clients.at(0), caf::exit_reason::user_shutdown);
  sched.run();
  EXPECT_EQ(send(message(coap::code::get, get)).code, coap::code::content);
  EXPECT_THAT(seen->clients, SizeIs(2));
}

// SIG-305, SIG-306, SIG-308, ARCH-064, ARCH-076
TEST_F(server_session_test, it_is_lost_after_all_missed_heartbeats_only) {
  advance_both(449s);
  EXPECT_TRUE(seen->gone.empty());
  send(message(coap::code::put, dots({"hb"}), beat));
  advance_both(440s);
  EXPECT_TRUE(seen->gone.empty()) << "something was heard in between";
  advance_both(60s);
  ASSERT_THAT(seen->gone, SizeIs(1));
  EXPECT_THAT(seen->gone[0], HasSubstr("lost"));
  EXPECT_EQ(forgotten, 1);
}

TEST_F(server_session_test, a_goodbye_ends_it) {
  peer->close();
  exchange();
  ASSERT_THAT(seen->gone, SizeIs(1));
  EXPECT_THAT(seen->gone[0], HasSubstr("closed by the peer"));
}

class stranger_test : public session_fixture {};

// SIG-365, SIG-368, ARCH-005, ARCH-043, ARCH-049, ARCH-062, ARCH-107
TEST_F(stranger_test, a_certificate_without_customer_is_unauthorized) {
  customer_name = "somebody.else.example";
  connect(true);
  auto answer = send(
      message(coap::code::put, dots({"mitigate", "cuid=a", "mid=1"}), {0xA0}));
  EXPECT_EQ(answer.code, coap::code::unauthorized);
  EXPECT_FALSE(answer.payload.empty());
  EXPECT_TRUE(seen->requests.empty());
}

// SIG-286, SIG-002, SIG-287, SIG-289, SIG-240, ARCH-028, ARCH-059, ARCH-120
TEST_F(client_session_test, it_sends_a_heartbeat_each_interval) {
  advance_both(29s);
  EXPECT_TRUE(requests().empty());
  advance_both(2s);
  auto sent = requests();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].code, coap::code::put);
  EXPECT_EQ(sent[0].type, coap::type::non);
  EXPECT_EQ(sent[0].payload, beat);
  EXPECT_EQ(sent[0].options.count(coap::option::uri_path), 3u);
  bytes octets;
  ASSERT_TRUE(coap::serialise(sent[0], octets));
  auto record = octets.size() + coap::parameters{}.record_overhead;
  EXPECT_LE(record, 30u * 5u) << "interval times probing-rate";
  EXPECT_EQ(sent[0].options.find_uint(coap::option::content_format), 271u);
}

// ARCH-117
TEST_F(client_session_test, it_tells_once_that_the_server_was_heard) {
  EXPECT_TRUE(seen->heard.empty()) << "a handshake proves one way only";
  for (int i = 0; i < 2; ++i) {
    advance_both(31s);
    for (const auto& x : requests())
      answer(x, coap::code::changed);
    EXPECT_THAT(seen->heard, SizeIs(1));
  }
}

// ARCH-028
// SIG-290: 60 s without a heartbeat of the peer, with defaults.
TEST_F(client_session_test, its_heartbeats_tell_whether_it_hears_the_peer) {
  bytes last;
  for (int i = 0; i < 4; ++i) {
    advance_both(30s);
    for (const auto& x : requests()) {
      last = x.payload;
      answer(x, coap::code::changed);
    }
  }
  EXPECT_EQ(last.back(), 0xF4);
  send(message(coap::code::put, dots({"hb"}), beat));
  advance_both(30s);
  for (const auto& x : requests())
    last = x.payload;
  EXPECT_EQ(last.back(), 0xF5);
}

// ARCH-052
// COAP-108: both ends serve requests.
TEST_F(client_session_test, it_answers_heartbeats_and_nothing_else) {
  EXPECT_EQ(send(message(coap::code::put, dots({"hb"}), beat)).code,
            coap::code::changed);
  EXPECT_EQ(send(message(coap::code::get, dots({"mitigate", "cuid=a"}))).code,
            coap::code::not_found);
}

// SIG-294, SIG-232, ARCH-060, ARCH-122
TEST_F(client_session_test, unanswered_heartbeats_end_it) {
  advance_both(470s);
  EXPECT_TRUE(seen->gone.empty());
  advance_both(20s);
  ASSERT_THAT(seen->gone, SizeIs(1));
  EXPECT_THAT(seen->gone[0], HasSubstr("lost: 15"));
}

// SIG-041, SIG-042, COAP-024, SIG-040
TEST_F(client_session_test, a_request_is_repeated_until_it_is_answered) {
  coap_call put;
  put.code = 3;
  put.path = dots({"mitigate", "cuid=a", "mid=1"});
  put.body = {0xA0};
  put.urgent = true;
  put.patience = 60s;
  auto pending =
      self->request(uut, std::chrono::seconds{600}, atom::request_v, put);
  exchange();
  cut = true;
  auto first = requests();
  ASSERT_THAT(first, SizeIs(1));
  cut = false;
  advance_both(2900ms);
  EXPECT_TRUE(requests().empty());
  advance_both(200ms);
  auto second = requests();
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_NE(second[0].mid, first[0].mid);
  EXPECT_EQ(second[0].token, first[0].token);
  answer(second[0], coap::code::created, {0xA0});
  coap_reply reply;
  pending.receive([&](const coap_reply& x) { reply = x; },
                  [](const caf::error&) { FAIL(); });
  EXPECT_EQ(reply.code, 0x41);
  advance_both(10s);
  EXPECT_TRUE(requests().empty());
}

/// A SESSION born on a path whose round-trip time an earlier one has learnt.
class client_on_known_path_test : public client_session_test {
protected:
  void SetUp() override {
    estimate->rtt = duration{20ms}.count();
    client_session_test::SetUp();
  }
};

// SIG-041, SIG-042: faster than every 3 s with an estimate alone
TEST_F(client_on_known_path_test, a_request_is_repeated_as_the_path_allows) {
  coap_call get;
  get.code = 1;
  get.path = dots({"mitigate", "cuid=a"});
  get.urgent = true;
  get.patience = 60s;
  auto pending =
      self->request(uut, std::chrono::seconds{600}, atom::request_v, get);
  exchange();
  EXPECT_THAT(requests(), SizeIs(1));
  advance_both(900ms);
  EXPECT_TRUE(requests().empty());
  advance_both(200ms);
  auto second = requests();
  ASSERT_THAT(second, SizeIs(1));
  answer(second[0], coap::code::content, {0xA0});
  pending.receive([](const coap_reply&) {}, [](const caf::error&) { FAIL(); });
}

TEST_F(client_session_test, what_it_learns_of_the_path_outlives_it) {
  coap_call get;
  get.code = 1;
  get.path = dots({"mitigate", "cuid=a"});
  get.patience = 60s;
  auto pending =
      self->request(uut, std::chrono::seconds{600}, atom::request_v, get);
  exchange();
  auto asked = requests();
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(estimate->rtt.load(), 0);
  advance_both(50ms);
  answer(asked[0], coap::code::content, {0xA0});
  pending.receive([](const coap_reply&) {}, [](const caf::error&) { FAIL(); });
  EXPECT_GE(estimate->rtt.load(), duration{50ms}.count());
}

TEST_F(client_session_test, a_request_on_a_dead_path_fails_in_time) {
  cut = true;
  coap_call put;
  put.code = 3;
  put.path = dots({"mitigate", "cuid=a", "mid=1"});
  put.body = {0xA0};
  put.urgent = true;
  put.patience = 30s;
  auto pending =
      self->request(uut, std::chrono::seconds{600}, atom::request_v, put);
  advance_both(31s);
  ec code = ec::none;
  pending.receive([](const coap_reply&) { FAIL(); },
                  [&](const caf::error& why) { code = to_failure(why).code; });
  EXPECT_EQ(code, ec::timeout);
}

} // namespace

} // namespace tocsin::actors
