#pragma once
#include "actors/data_session.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/test_pki.hpp"
#include "transports/tls.hpp"

#include <deque>

namespace tocsin::actors {

/// As much of a DATASTORE as a DATA SESSION knows; its answer can be held back
/// until it is told one.
using patient_store =
    caf::typed_actor<caf::replies_to<atom::serve, http_call>::with<http_answer>,
                     caf::reacts_to<atom::release, http_answer>>;

/// What the actors around a DATA SESSION saw, and how they answer.
struct data_journal {
  std::vector<http_call> calls; ///< that reached the DATASTORE
  http_answer answer{200, {}, "{}"};
  bool silent = false;              ///< the DATASTORE does not answer
  std::optional<failure> refusal;   ///< it fails instead
  std::optional<failure> no_store;  ///< why the DATASTORE is not found
  std::vector<std::string> lookups; ///< customers whose DATASTORE was asked for
  std::vector<patient_store> stores;
  std::vector<caf::typed_response_promise<http_answer>> waiting;
  std::vector<data_opened> opened;
  std::vector<data_ended> ended;
};

inline patient_store::behavior_type
fake_datastore(patient_store::pointer self,
               std::shared_ptr<data_journal> seen) {
  return {
      [self, seen](atom::serve,
                   const http_call& x) -> caf::result<http_answer> {
        seen->calls.push_back(x);
        if (seen->refusal)
          return to_error(*seen->refusal);
        if (!seen->silent)
          return seen->answer;
        seen->waiting.push_back(self->make_response_promise<http_answer>());
        return seen->waiting.back();
      },
      [seen](atom::release, const http_answer& x) {
        auto first = std::move(seen->waiting.front());
        seen->waiting.erase(seen->waiting.begin());
        first.deliver(x);
      },
  };
}

inline data_owner_actor::behavior_type
fake_data_owner(data_owner_actor::pointer self,
                std::shared_ptr<data_journal> seen) {
  using pointer = caf::strong_actor_ptr;
  return {
      [self, seen](atom::store,
                   const std::string& customer) -> caf::result<pointer> {
        seen->lookups.push_back(customer);
        if (seen->no_store)
          return to_error(*seen->no_store);
        seen->stores.push_back(self->spawn(fake_datastore, seen));
        return caf::actor_cast<pointer>(seen->stores.back());
      },
      [seen](atom::opened, const data_opened& x, const pointer&) {
        seen->opened.push_back(x);
      },
      [seen](atom::gone, const data_ended& x) { seen->ended.push_back(x); },
  };
}

/// A DATA SESSION under virtual time, and a client played by the test.
class data_session_fixture : public test::actor_fixture {
protected:
  using association = transports::tls_association;

  data_session_fixture() {
    options.alpn = transports::http_alpn;
    options.require_alpn = false;
  }

  /// The journal holds DATASTOREs that hold the journal.
  ~data_session_fixture() override {
    for (auto& handle : seen->stores)
      self->send_exit(handle, caf::exit_reason::kill);
    seen->stores.clear();
    seen->waiting.clear();
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

  /// Starts a DATA SESSION and shakes hands.
  void connect() {
    auto mine = association::client(credentials("client.example"),
                                    "server.example", options, now());
    auto its =
        association::server(credentials("server.example"), options, now());
    ASSERT_TRUE(mine && its);
    client = *std::move(mine);
    auto setup = std::make_shared<data_session_setup>();
    setup->id = 7;
    setup->address = "127.0.0.1:50000";
    setup->security = *std::move(its);
    setup->send = [this](byte_view x) {
      wire.emplace_back(x.begin(), x.end());
    };
    setup->established = [this] { ++established; };
    setup->forget = [this] { ++forgotten; };
    setup->owner = spawn(fake_data_owner, seen);
    protocol::signal::customer acme;
    acme.name = "acme";
    acme.identities.dns_names = {customer_name};
    setup->customers = *protocol::signal::customer_table::make({acme});
    setup->limits = limits;
    if (!admission)
      admission = std::make_shared<data_admission>(limits);
    setup->admission = admission;
    setup->clock = {now(), 784111777};
    uut = sys.spawn<data_session, caf::lazy_init>(setup);
    spawned.push_back(caf::actor_cast<caf::actor>(uut));
    exchange();
  }

  /// Carries octets to and fro until nothing moves.
  void exchange() {
    for (bool moved = true; moved;) {
      moved = false;
      sched.run();
      for (; !wire.empty() && !deaf; wire.pop_front(), moved = true) {
        client->receive(wire.front(), now());
        self->send(uut, atom::drained_v);
      }
      for (bytes x; client->next_plaintext(x);)
        heard += as_text(x);
      for (bytes x; client->next_datagram(x); moved = true)
        self->send(uut, atom::packet_v, x);
    }
  }

  /// Sends it and returns what came back.
  std::string say(std::string_view text) {
    for (; !text.empty(); text.remove_prefix(
             std::min<std::size_t>(text.size(), association::max_message))) {
      EXPECT_TRUE(
          client->send(as_octets(text.substr(0, association::max_message))));
      exchange();
    }
    return std::exchange(heard, {});
  }

  std::string get(std::string_view target = "/") {
    return say("GET " + std::string{target} + " HTTP/1.1\r\nHost: h\r\n\r\n");
  }

  /// The DATASTORE gives its answer at last.
  void release(std::string body) {
    ASSERT_FALSE(seen->waiting.empty());
    self->send(seen->stores.at(0), atom::release_v,
               http_answer{200, {}, std::move(body)});
    exchange();
  }

  /// Time passes; what was sent arrives.
  std::string pass(std::chrono::milliseconds time) {
    advance(time);
    exchange();
    return std::exchange(heard, {});
  }

  bool over() const { return seen->ended.size() == 1 && forgotten == 1; }

  test::temporary_directory directory;
  test::test_pki pki;
  transports::tls_options options;
  data_limits limits;
  std::string customer_name = "client.example";
  std::shared_ptr<data_admission> admission;
  std::shared_ptr<data_journal> seen = std::make_shared<data_journal>();
  std::unique_ptr<association> client;
  data_session_actor uut;
  std::deque<bytes> wire;
  std::string heard;
  bool deaf = false; ///< the client does not read
  int established = 0;
  int forgotten = 0;
};

} // namespace tocsin::actors
