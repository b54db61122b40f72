#pragma once
#include "actors/data_link.hpp"
#include "tests/support/test_pki.hpp"
#include "transports/credentials.hpp"
#include "transports/tls.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <thread>

namespace tocsin::actors {

/// As much of a DATASTORE as a DATA SESSION knows.
using serving_actor = caf::typed_actor<
    caf::replies_to<atom::serve, http_call>::with<http_answer>>;

/// A DATASTORE that says what it was asked; "/long/N" has N octets.
inline serving_actor::behavior_type echo_store(serving_actor::pointer) {
  return {[](atom::serve, const http_call& x) -> http_answer {
    const auto& what = x.request;
    constexpr std::string_view prefix = "/long/";
    if (what.target.starts_with(prefix))
      return {200, {}, std::string(std::stoul(what.target.substr(6)), 'x')};
    if (what.method == "DELETE")
      return {204, {}, ""};
    return {200,
            {{"content-type", "text/plain"}},
            x.from.customer + ' ' + what.method + ' ' + what.target + ' '
                + std::to_string(what.body.size())};
  }};
}

inline data_owner_actor::behavior_type echo_owner(data_owner_actor::pointer,
                                                  serving_actor store) {
  return {
      [store](atom::store, const std::string&) {
        return caf::actor_cast<caf::strong_actor_ptr>(store);
      },
      [](atom::opened, const data_opened&, const caf::strong_actor_ptr&) {},
      [](atom::gone, const data_ended&) {},
  };
}

/// A server of the data channel on loopback, as a node has it: a reactor with
/// its thread, the actors that live there, and a DATASTORE on the scheduler.
class https_fixture : public ::testing::Test {
protected:
  ~https_fixture() override { stop(); }

  void start() {
    server_files = files("server.example", pki.server("localhost"));
    client_files = files("client.example", pki.client("client.example"));
    credentials = load(server_files);
    reactor.set_turn_hook([this] {
      if (!room.run(1000))
        reactor.post([] {});
    });
    store = make_store();
    owner = system.spawn(echo_owner, store);
    admission = std::make_shared<data_admission>(limits);
    auto listener = reactor.listen_stream(
        *transports::socket_address::parse("127.0.0.1:0"),
        [this](const transports::new_stream& x) { return accept(x); });
    ASSERT_TRUE(listener) << to_string(listener.error());
    auto where = reactor.local_address(*listener).to_string();
    port = where.substr(where.rfind(':') + 1);
    thread = std::thread{[this] { reactor.run(); }};
  }

  virtual serving_actor make_store() { return system.spawn(echo_store); }

  void stop() {
    if (!thread.joinable())
      return;
    reactor.stop();
    thread.join();
    reactor.close_all();
    while (!room.run(1000)) {
    }
    caf::anon_send_exit(owner, caf::exit_reason::kill);
    caf::anon_send_exit(store, caf::exit_reason::kill);
    owner = data_owner_actor{};
    store = serving_actor{};
  }

  std::shared_ptr<transports::stream_handler>
  accept(const transports::new_stream& peer) {
    transports::tls_options options;
    options.alpn = transports::http_alpn;
    options.require_alpn = false;
    auto tls = transports::tls_association::server(credentials, options,
                                                   reactor.now());
    if (!tls)
      return nullptr;
    ++accepted;
    auto setup = std::make_shared<data_session_setup>();
    setup->id = accepted;
    setup->address = peer.peer.to_string();
    setup->where = &room;
    setup->security = *std::move(tls);
    setup->owner = owner;
    setup->customers = customers();
    setup->limits = limits;
    setup->admission = admission;
    setup->clock = {std::chrono::steady_clock::now(), 784111777};
    attach(*setup, reactor, peer.id);
    data_session_actor session =
        system.spawn<data_session, caf::lazy_init>(setup);
    caf::anon_send(session, atom::tick_v); // its time limit begins
    return make_port(std::move(session));
  }

  static protocol::signal::customer_table customers() {
    protocol::signal::customer acme;
    acme.name = "acme";
    acme.identities.dns_names = {"client.example"};
    return *protocol::signal::customer_table::make({acme});
  }

  test::pki_files files(const std::string& name,
                        const test::issued_certificate& x) {
    return test::write_files(directory, name, x, pki);
  }

  static std::shared_ptr<const transports::credentials>
  load(const test::pki_files& x) {
    auto loaded =
        transports::credentials::load({x.certificate, x.key, x.trust, {}});
    EXPECT_TRUE(loaded) << to_string(loaded.error());
    return *loaded;
  }

  test::temporary_directory directory;
  test::test_pki pki;
  test::pki_files server_files, client_files;
  data_limits limits;
  system_config config;
  caf::actor_system system{config};
  transports::reactor reactor;
  home room{system, [this] { reactor.post([] {}); }};
  std::shared_ptr<const transports::credentials> credentials;
  std::shared_ptr<data_admission> admission;
  serving_actor store;
  data_owner_actor owner;
  std::thread thread;
  std::string port;
  std::atomic<std::uint64_t> accepted{0};
};

} // namespace tocsin::actors
