#include "actors/resolver.hpp"
#include "tests/https/https_fixture.hpp"

namespace tocsin::actors {

namespace {

/// Our client with our server, over sockets.
class https_client_test : public https_fixture {
protected:
  ~https_client_test() override {
    caf::anon_send(uut, atom::finish_v);
    uut = data_client_actor{};
    // It is at home on the reactor, which has to let it go.
    caf::scoped_actor self{system};
    self->wait_for(client);
    client = caf::actor{};
    caf::anon_send_exit(names, caf::exit_reason::kill);
  }

  void connect(const std::string& name) {
    auto setup = std::make_shared<data_client_setup>();
    setup->name = "provider";
    setup->servers = {
        {"127.0.0.1", static_cast<std::uint16_t>(std::stoul(port))}};
    setup->host = "localhost:" + port;
    setup->where = &room;
    setup->reactor = &reactor;
    names = system.spawn(resolver, pinned_names{}, transports::name_servers{});
    setup->resolver = names;
    setup->secure = [name, own = load(client_files)](time_point now)
        -> result<std::unique_ptr<transports::secure_association>> {
      transports::tls_options options;
      options.alpn = transports::http_alpn;
      options.require_alpn = false;
      auto x = transports::tls_association::client(own, name, options, now);
      if (!x)
        return x.error();
      return std::unique_ptr<transports::secure_association>{*std::move(x)};
    };
    setup->connect = connect_from(reactor);
    uut = system.spawn<data_client, caf::lazy_init>(setup);
    client = caf::actor_cast<caf::actor>(uut);
  }

  result<http_answer> call(const std::string& method, const std::string& target,
                           std::string body = "") {
    result<http_answer> out = fail(ec::timeout, "test");
    caf::scoped_actor self{system};
    self->request(uut, std::chrono::seconds{20}, atom::request_v,
                  http_order{{method, target, {}, std::move(body)}})
        .receive([&](http_answer& x) { out = std::move(x); },
                 [&](const caf::error& why) { out = to_failure(why); });
    return out;
  }

  resolver_actor names;
  data_client_actor uut;
  caf::actor client;
};

// DATA-013
TEST_F(https_client_test, requests_share_a_connection) {
  start();
  connect("localhost");
  for (int i = 0; i < 10; ++i) {
    auto x = call("GET", "/a");
    ASSERT_TRUE(x) << to_string(x.error());
    EXPECT_EQ(x->body, "acme GET /a 0");
  }
  EXPECT_EQ(accepted, 1u);
}

TEST_F(https_client_test, long_bodies_go_both_ways) {
  start();
  connect("localhost");
  auto there = call("PUT", "/a", std::string(1'000'000, 'x'));
  ASSERT_TRUE(there) << to_string(there.error());
  EXPECT_EQ(there->body, "acme PUT /a 1000000");
  auto back = call("GET", "/long/3000000");
  ASSERT_TRUE(back) << to_string(back.error());
  EXPECT_EQ(back->body.size(), 3'000'000u);
  EXPECT_EQ(accepted, 1u);
}

// REST-009, DATA-235
TEST_F(https_client_test, a_server_of_another_name_is_refused) {
  start();
  connect("other.example");
  auto x = call("GET", "/");
  ASSERT_FALSE(x);
  EXPECT_EQ(x.error().code, ec::unavailable);
}

} // namespace
} // namespace tocsin::actors
