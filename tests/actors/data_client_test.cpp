#include "actors/data_client.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/fake_actors.hpp"
#include "tests/support/test_pki.hpp"
#include "transports/tls.hpp"

#include <gmock/gmock.h>

#include <deque>

namespace tocsin::actors {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

using transports::tls_association;

/// A DATA CLIENT under virtual time, and servers played by the test.
class data_client_test : public test::actor_fixture {
protected:
  struct outcome {
    bool done = false;
    http_answer answer;
    failure why;
  };

  /// One connection as its server sees it.
  struct server_end {
    std::string address;
    std::uint64_t number = 0;
    std::unique_ptr<tls_association> tls;
    std::deque<bytes> wire; ///< from the client
    std::string heard;
    bool closed = false; ///< by the client
  };

  void SetUp() override {
    options.alpn = transports::http_alpn;
    client_credentials = credentials("client.example");
    server_credentials = credentials("server.example");
    auto names = std::make_shared<test::known_names>();
    (*names)["server.example"] = {
        *protocol::signal::prefix::parse("192.0.2.1"),
        *protocol::signal::prefix::parse("2001:db8::1")};
    auto setup = std::make_shared<data_client_setup>();
    setup->name = "provider";
    setup->servers = {{"server.example", 4443}};
    setup->host = "server.example:4443";
    setup->limits = limits;
    setup->resolver = spawn(test::fake_resolver, names);
    setup->secure = [this](time_point at)
        -> result<std::unique_ptr<transports::secure_association>> {
      auto x = tls_association::client(client_credentials, "server.example",
                                       options, at);
      if (!x)
        return x.error();
      return std::unique_ptr<transports::secure_association>{*std::move(x)};
    };
    setup->connect = [this](const std::string& address, std::uint64_t number,
                            const data_client_actor&) {
      return connect(address, number);
    };
    uut = sys.spawn<data_client, caf::lazy_init>(setup);
    spawned.push_back(caf::actor_cast<caf::actor>(uut));
  }

  ~data_client_test() override {
    self->send_exit(uut, caf::exit_reason::kill);
    sched.run();
  }

  std::shared_ptr<const transports::credentials>
  credentials(const std::string& name) {
    auto certificate = pki.issue({name, {name}, {}, true, true});
    auto files = test::write_files(directory, name, certificate, pki);
    auto loaded = transports::credentials::load(
        {files.certificate, files.key, files.trust, {}});
    EXPECT_TRUE(loaded) << to_string(loaded.error());
    return *loaded;
  }

  result<data_link> connect(const std::string& address, std::uint64_t number) {
    auto x = std::make_shared<server_end>();
    x->address = address;
    x->number = number;
    x->tls = *tls_association::server(server_credentials, options, now());
    ends.push_back(x);
    if (reachable)
      self->send(uut, atom::opened_v, number);
    else if (!mute)
      self->send(uut, atom::gone_v, number, std::string{"connection refused"});
    return data_link{[x](byte_view octets) {
                       x->wire.emplace_back(octets.begin(), octets.end());
                     },
                     [x] { x->closed = true; }};
  }

  /// Carries octets until nothing moves.
  void exchange() {
    for (bool moved = true; moved;) {
      moved = false;
      sched.run();
      for (auto& x : ends) {
        for (; !x->wire.empty(); x->wire.pop_front(), moved = true) {
          x->tls->receive(x->wire.front(), now());
          self->send(uut, atom::drained_v, x->number);
        }
        for (bytes octets; x->tls->next_plaintext(octets);)
          x->heard += as_text(octets);
        for (bytes octets; x->tls->next_datagram(octets); moved = true)
          self->send(uut, atom::packet_v, x->number, octets);
      }
    }
  }

  std::shared_ptr<outcome> ask_for(const std::string& method,
                                   const std::string& target,
                                   duration patience = 30s) {
    auto x = std::make_shared<outcome>();
    auto asker = sys.spawn(
        [this, x, method, target, patience](caf::event_based_actor* it) {
          it->request(uut, caf::infinite, atom::request_v,
                      http_order{{method, target, {}, ""}, patience})
              .then(
                  [x](const http_answer& answer) {
                    x->done = true;
                    x->answer = answer;
                  },
                  [x](const caf::error& why) {
                    x->done = true;
                    x->why = to_failure(why);
                  });
        });
    spawned.push_back(asker);
    exchange();
    return x;
  }

  server_end& last() { return *ends.back(); }

  void answer(server_end& from, std::string_view text) {
    from.heard.clear();
    ASSERT_TRUE(from.tls->send(as_octets(text)));
    exchange();
  }

  void pass(std::chrono::milliseconds time) {
    advance(time);
    exchange();
  }

  static constexpr std::string_view yes =
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes";

  test::temporary_directory directory;
  test::test_pki pki;
  transports::tls_options options;
  data_client_limits limits;
  std::shared_ptr<const transports::credentials> client_credentials,
      server_credentials;
  std::vector<std::shared_ptr<server_end>> ends;
  data_client_actor uut;
  bool reachable = true;
  bool mute = false; ///< an attempt to connect meets silence
};

TEST_F(data_client_test, nothing_is_connected_before_it_is_needed) {
  exchange();
  EXPECT_TRUE(ends.empty());
}

TEST_F(data_client_test, a_request_is_answered) {
  auto x = ask_for("GET", "/restconf/data?depth=1");
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_EQ(last().address, "192.0.2.1:4443");
  EXPECT_EQ(last().heard, "GET /restconf/data?depth=1 HTTP/1.1\r\n"
                          "Host: server.example:4443\r\n"
                          "User-Agent: tocsin\r\n\r\n");
  EXPECT_FALSE(x->done);
  answer(last(), yes);
  ASSERT_TRUE(x->done);
  EXPECT_EQ(x->answer.status, 200u);
  EXPECT_EQ(x->answer.body, "yes");
}

// DATA-013
TEST_F(data_client_test, one_connection_serves_requests_one_by_one) {
  auto first = ask_for("PUT", "/1");
  auto second = ask_for("PUT", "/2");
  EXPECT_THAT(last().heard, ::testing::Not(HasSubstr("/2")));
  answer(last(), yes);
  EXPECT_TRUE(first->done);
  EXPECT_FALSE(second->done);
  EXPECT_THAT(last().heard, HasSubstr("/2"));
  answer(last(), yes);
  EXPECT_TRUE(second->done);
  EXPECT_THAT(ends, SizeIs(1));
}

TEST_F(data_client_test, all_addresses_are_tried) {
  reachable = false;
  auto x = ask_for("GET", "/");
  ASSERT_THAT(ends, SizeIs(2));
  EXPECT_EQ(ends[1]->address, "[2001:db8::1]:4443");
  ASSERT_TRUE(x->done);
  EXPECT_EQ(x->why.code, ec::unavailable);
  EXPECT_THAT(x->why.detail, HasSubstr("connection refused"));
}

TEST_F(data_client_test, a_silent_address_is_given_up) {
  reachable = false;
  mute = true;
  auto x = ask_for("GET", "/");
  EXPECT_THAT(ends, SizeIs(1));
  pass(limits.connect);
  ASSERT_THAT(ends, SizeIs(2));
  EXPECT_TRUE(ends[0]->closed);
  pass(limits.connect);
  EXPECT_EQ(x->why.code, ec::unavailable);
}

TEST_F(data_client_test, a_server_that_failed_is_left_alone_for_a_while) {
  reachable = false;
  ask_for("GET", "/");
  auto x = ask_for("GET", "/");
  EXPECT_THAT(ends, SizeIs(2)) << "too early";
  pass(limits.back_off_min);
  EXPECT_THAT(ends, SizeIs(4));
  EXPECT_TRUE(x->done);
  x = ask_for("GET", "/");
  pass(limits.back_off_min);
  EXPECT_THAT(ends, SizeIs(4)) << "twice as long";
  reachable = true;
  pass(limits.back_off_min);
  ASSERT_THAT(ends, SizeIs(5));
  answer(last(), yes);
  EXPECT_EQ(x->answer.status, 200u);
}

// DATA-235, REST-007, REST-008
TEST_F(data_client_test, a_server_of_another_name_is_not_asked) {
  server_credentials = credentials("other.example");
  auto x = ask_for("GET", "/");
  ASSERT_TRUE(x->done);
  EXPECT_EQ(x->why.code, ec::unavailable);
  EXPECT_THAT(x->why.detail, HasSubstr("certificate is not for"));
  for (const auto& end : ends)
    EXPECT_EQ(end->heard, "");
}

TEST_F(data_client_test, an_answer_that_does_not_come_is_a_timeout) {
  auto x = ask_for("GET", "/1", 5s);
  auto y = ask_for("GET", "/2", 5s);
  pass(5s);
  EXPECT_EQ(x->why.code, ec::timeout);
  EXPECT_EQ(y->why.code, ec::timeout);
  EXPECT_TRUE(ends[0]->closed) << "its answer might come later";
  auto z = ask_for("GET", "/3");
  ASSERT_THAT(ends, SizeIs(2));
  answer(last(), yes);
  EXPECT_EQ(z->answer.status, 200u);
}

TEST_F(data_client_test, a_stale_connection_is_replaced_without_a_word) {
  ask_for("GET", "/1");
  answer(last(), yes);
  auto x = ask_for("PUT", "/2");
  last().tls->close();
  exchange();
  EXPECT_FALSE(x->done);
  ASSERT_THAT(ends, SizeIs(2));
  EXPECT_THAT(last().heard, HasSubstr("PUT /2 "));
  last().tls->close(); // now it is no coincidence
  exchange();
  EXPECT_EQ(x->why.code, ec::closed);
  EXPECT_THAT(ends, SizeIs(2));
}

TEST_F(data_client_test, what_must_not_be_done_twice_is_not_repeated) {
  ask_for("GET", "/1");
  answer(last(), yes);
  auto x = ask_for("POST", "/2");
  last().tls->close();
  exchange();
  EXPECT_EQ(x->why.code, ec::closed);
  EXPECT_THAT(ends, SizeIs(1));
}

TEST_F(data_client_test, a_half_answer_is_not_repeated) {
  ask_for("GET", "/1");
  answer(last(), yes);
  auto x = ask_for("PUT", "/2");
  answer(last(), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
  last().tls->close();
  exchange();
  EXPECT_EQ(x->why.code, ec::closed);
}

TEST_F(data_client_test, a_reset_connection_fails_its_request) {
  auto x = ask_for("GET", "/");
  self->send(uut, atom::gone_v, last().number, std::string{"reset"});
  exchange();
  EXPECT_EQ(x->why.code, ec::closed);
  EXPECT_THAT(x->why.detail, HasSubstr("reset"));
}

TEST_F(data_client_test, what_is_no_http_fails_the_request) {
  auto x = ask_for("GET", "/");
  answer(last(), "220 mail.example ESMTP\r\n\r\n");
  EXPECT_EQ(x->why.code, ec::malformed);
  EXPECT_TRUE(last().closed);
}

TEST_F(data_client_test, a_server_that_wants_to_close_is_connected_anew) {
  auto x = ask_for("GET", "/");
  answer(last(), "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(x->answer.status, 204u);
  EXPECT_TRUE(last().closed);
  ask_for("GET", "/");
  EXPECT_THAT(ends, SizeIs(2));
}

// DATA-011
TEST_F(data_client_test, an_idle_connection_is_closed) {
  ask_for("GET", "/");
  answer(last(), yes);
  pass(limits.idle - 1s);
  EXPECT_FALSE(last().closed);
  pass(2s);
  EXPECT_TRUE(last().closed);
  EXPECT_EQ(last().tls->failure_reason(), "") << "with a goodbye";
}

TEST_F(data_client_test, waiting_requests_are_bounded) {
  std::vector<std::shared_ptr<outcome>> all;
  for (std::size_t i = 0; i < limits.waiting + 2; ++i)
    all.push_back(ask_for("GET", "/"));
  EXPECT_FALSE(all[limits.waiting]->done);
  EXPECT_EQ(all.back()->why.code, ec::unavailable);
}

TEST_F(data_client_test, a_request_that_cannot_be_written_fails_alone) {
  auto x = ask_for("GET", "/ HTTP/1.1");
  EXPECT_EQ(x->why.code, ec::malformed);
  auto y = ask_for("GET", "/");
  answer(last(), yes);
  EXPECT_EQ(y->answer.status, 200u);
}

TEST_F(data_client_test, in_the_end_everything_that_waits_fails) {
  auto x = ask_for("GET", "/1");
  auto y = ask_for("GET", "/2");
  self->send(uut, atom::finish_v);
  exchange();
  EXPECT_EQ(x->why.code, ec::closed);
  EXPECT_EQ(y->why.code, ec::closed);
  EXPECT_TRUE(last().closed);
}

TEST_F(data_client_test, the_operator_sees_the_connection) {
  EXPECT_EQ(ask<session_view>(uut, atom::status_v)->state, "closed");
  ask_for("GET", "/");
  auto view = ask<session_view>(uut, atom::status_v);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->state, "up");
  EXPECT_EQ(view->address, "192.0.2.1:4443");
  EXPECT_EQ(view->transport, "HTTPS, TLS 1.3");
  EXPECT_EQ(view->requests_out, 1u);
}

} // namespace
} // namespace tocsin::actors
