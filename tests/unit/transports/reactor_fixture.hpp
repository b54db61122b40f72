#pragma once
#include "tests/support/test_pki.hpp"
#include "transports/dtls.hpp"
#include "transports/reactor.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tocsin::transports {

/// A DTLS association at home in a reactor, as a session would be.
class dtls_endpoint final : public association_handler, public timer_client {
public:
  explicit dtls_endpoint(reactor& where) : home{where} {}
  ~dtls_endpoint() override { home.timers().cancel(timer); }

  void begin(association name, std::unique_ptr<dtls_association> x) {
    id = name;
    dtls = std::move(x);
    pump();
  }
  void on_datagram(byte_view x) override {
    ++datagrams;
    dtls->receive(x, home.now());
    pump();
  }
  void on_timer(time_point now) override {
    dtls->on_time(now);
    pump();
  }
  void on_evicted() override { evicted = true; }

  bool say(std::string_view text) {
    auto sent = static_cast<bool>(dtls->send(as_octets(text)));
    pump();
    return sent;
  }
  bool ready() const {
    return dtls->current() == dtls_association::state::established;
  }
  void pump() {
    for (bytes x; dtls->next_datagram(x);)
      home.send(id, x);
    for (bytes x; dtls->next_plaintext(x);) {
      heard.emplace_back(as_text(x));
      if (echo)
        say(heard.back());
    }
    if (ready())
      home.handshake_done(id);
    if (auto next = dtls->next_deadline())
      home.timers().rearm(timer, *next, this);
    else
      home.timers().cancel(timer);
  }

  reactor& home;
  association id;
  std::unique_ptr<dtls_association> dtls;
  std::vector<std::string> heard;
  timer_id timer;
  int datagrams = 0;
  bool echo = false;
  bool evicted = false;
};

/// A server and a client reactor on loopback, turned by the test's thread.
class reactor_fixture : public ::testing::Test {
protected:
  using endpoint_ptr = std::shared_ptr<dtls_endpoint>;

  reactor_fixture() { open_reactors({}); }

  void open_reactors(const reactor_limits& limits) {
    accepted.clear();
    server = std::make_unique<reactor>(limits);
    client = std::make_unique<reactor>();
  }

  socket_address listen(const std::string& at) {
    auto opened =
        server->listen(*socket_address::parse(at),
                       [this](const new_peer& x) { return accept(x); });
    EXPECT_TRUE(opened) << to_string(opened.error());
    server_socket = *opened;
    return server->local_address(*opened);
  }

  virtual std::shared_ptr<association_handler> accept(const new_peer& x) {
    auto made = dtls_association::server(credentials("dots.example"),
                                         x.prestate, options, server->now());
    EXPECT_TRUE(made);
    auto out = std::make_shared<dtls_endpoint>(*server);
    out->echo = true;
    out->begin(x.id, *std::move(made));
    accepted.push_back(out);
    locals.push_back(x.local);
    return out;
  }

  endpoint_ptr connect(socket_id from, const socket_address& to) {
    auto made = dtls_association::client(
        credentials("client.example"), "dots.example", options, client->now());
    EXPECT_TRUE(made);
    auto out = std::make_shared<dtls_endpoint>(*client);
    auto id = client->add(from, to, out);
    EXPECT_TRUE(id);
    out->begin(*id, *std::move(made));
    return out;
  }

  socket_id open_client(const std::string& at) {
    auto opened = client->open(*socket_address::parse(at));
    EXPECT_TRUE(opened);
    return *opened;
  }

  /// Turns both reactors until `done`; false if nothing came of it.
  bool turn_until(const std::function<bool()>& done) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!done()) {
      if (std::chrono::steady_clock::now() > end)
        return false;
      client->turn(std::chrono::milliseconds{0});
      server->turn(std::chrono::milliseconds{1});
    }
    return true;
  }

  /// As often as is enough for what flies on loopback to land.
  void turn_a_little() {
    for (int i = 0; i < 20; ++i) {
      client->turn(std::chrono::milliseconds{0});
      server->turn(std::chrono::milliseconds{0});
    }
  }

  std::shared_ptr<const transports::credentials>
  credentials(const std::string& name) {
    return name == "dots.example" ? server_credentials() : client_credentials();
  }

  static std::shared_ptr<const transports::credentials> server_credentials() {
    static auto x = load("dots.example");
    return x;
  }
  static std::shared_ptr<const transports::credentials> client_credentials() {
    static auto x = load("client.example");
    return x;
  }
  static std::shared_ptr<const transports::credentials>
  load(const std::string& name) {
    static test::test_pki pki;
    test::temporary_directory directory;
    auto own = name == "dots.example" ? pki.server(name) : pki.client(name);
    auto files = test::write_files(directory, name, own, pki);
    auto x = transports::credentials::load(
        {files.certificate, files.key, files.trust, std::nullopt});
    EXPECT_TRUE(x);
    return *x;
  }

  dtls_options options;
  socket_id server_socket;
  // Declared before the reactors, which evict them at their end.
  std::vector<endpoint_ptr> accepted;
  std::vector<socket_address> locals;
  std::unique_ptr<reactor> server;
  std::unique_ptr<reactor> client;

  void TearDown() override {
    accepted.clear();
    client.reset();
    server.reset();
  }
};

} // namespace tocsin::transports
