#pragma once
#include "actors/session.hpp"
#include "protocol/coap/codec.hpp"
#include "protocol/signal/codec.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/test_pki.hpp"
#include "transports/cookie_guard.hpp"
#include "transports/dtls.hpp"

#include <deque>

namespace tocsin::actors {

/// What a SESSION told its owner.
struct owner_journal {
  std::vector<session_opened> opened;
  std::vector<std::string> gone;
  std::vector<session_end> ends;
  std::vector<std::uint32_t> silent;
  std::vector<std::uint64_t> heard; ///< sessions
  std::vector<std::pair<std::uint64_t, coap_reply>> notified;
  std::vector<std::uint64_t> forgotten; ///< observations
  std::map<std::string, storage::session_record> configs;
  std::vector<dots_request> requests; ///< that reached the CLIENT
  dots_response answer;               ///< of the CLIENT
  std::optional<failure> no_client;   ///< why the CLIENT is not found
  std::vector<std::string> looked_up; ///< "customer cuid"
  std::vector<client_actor> clients;  ///< started so far
  std::function<void()> on_look_up;   ///< before a CLIENT is named
};

/// A CLIENT that answers as told.
inline client_actor::behavior_type
fake_client(client_actor::pointer, std::shared_ptr<owner_journal> seen) {
  return {
      [seen](atom::serve, const dots_request& x) {
        seen->requests.push_back(x);
        return seen->answer;
      },
      [](atom::restore, const storage::snapshot&) { return ack::done; },
      [](atom::list) { return std::vector<mitigation_view>{}; },
      [](atom::status, std::uint32_t) { return mitigation_view{}; },
      [](atom::revoke, std::uint32_t, const std::string&) {
        return mitigation_view{};
      },
      [](atom::decide, std::uint32_t, const operator_order&) {
        return mitigation_view{};
      },
      [seen](atom::forget, std::uint64_t, std::uint64_t request) {
        seen->forgotten.push_back(request);
      },
      [](atom::opened, const session_opened&, const caf::strong_actor_ptr&) {},
      [](atom::gone, std::uint64_t, session_end) {},
      [](atom::adopt, const mitigator_table&) {},
      [](atom::store, const caf::strong_actor_ptr&) {},
      [](atom::changed, const mitigation_view&) {},
      [](atom::gone, std::uint32_t) {},
      [](atom::withdraw, std::uint32_t,
         const protocol::signal::conflict_information&) {},
      [](atom::notify, std::uint32_t,
         const protocol::signal::conflict_information&) {},
      [](atom::begin, std::uint32_t) {},
      [](atom::release) {},
      [](atom::claim, std::uint32_t, std::uint32_t) {},
      [](atom::control, const std::string&,
         const std::vector<protocol::data::activation_change>&) {},
      [](atom::handover) { return storage::snapshot{}; },
      [](atom::keep) {},
      [](atom::leave, const redirect_order&) {},
      [](atom::adopt, const storage::snapshot&) { return ack::done; },
      [](atom::leave, std::uint32_t) {},
      [](atom::ask, const caf::strong_actor_ptr&) {},
      [](atom::serve) {},
      [](atom::tick) {},
      [](atom::tick, std::uint64_t) {},
  };
}

/// A SUPERVISOR that knows one CLIENT.
inline supervisor_actor::behavior_type
fake_supervisor(supervisor_actor::pointer self,
                std::shared_ptr<owner_journal> seen) {
  using pointer = caf::strong_actor_ptr;
  return {
      [seen](atom::opened, const session_opened& x, const pointer&) {
        seen->opened.push_back(x);
      },
      [seen](atom::gone, std::uint64_t, session_end how,
             const std::string& why) {
        seen->gone.push_back(why);
        seen->ends.push_back(how);
      },
      [seen](atom::silent, std::uint64_t, std::uint32_t missed) {
        seen->silent.push_back(missed);
      },
      [seen](atom::heard, std::uint64_t id) { seen->heard.push_back(id); },
      [seen](atom::notify, std::uint64_t, std::uint64_t observation,
             const coap_reply& x) {
        seen->notified.emplace_back(observation, x);
      },
      [seen](atom::config, const std::string& customer,
             const std::string& identity) {
        auto i = seen->configs.find(identity);
        return i == seen->configs.end()
                   ? storage::session_record{customer, identity, 0, {}, 0}
                   : i->second;
      },
      [seen](atom::config, const storage::session_record& x) {
        seen->configs[x.identity] = x;
        return ack::done;
      },
      [](atom::redirect, const redirect_wish&) { return node_view{}; },
      [self, seen](atom::client, const std::string& customer,
                   const std::string& cuid, bool) -> caf::result<pointer> {
        seen->looked_up.push_back(customer + " " + cuid);
        if (seen->on_look_up)
          seen->on_look_up();
        if (seen->no_client)
          return to_error(*seen->no_client);
        seen->clients.push_back(self->spawn(fake_client, seen));
        return caf::actor_cast<pointer>(seen->clients.back());
      },
      [](atom::adopt, const std::string&, const std::string&,
         const std::string&) {},
      [](atom::changed, std::uint64_t, bool) {},
      [](atom::changed, std::uint64_t,
         const protocol::data::filter_abilities&) {},
      [](atom::order, const std::string&) { return caf::strong_actor_ptr{}; },
      [](atom::store, const std::string&) { return caf::strong_actor_ptr{}; },
      [](atom::opened, const data_opened&, const caf::strong_actor_ptr&) {},
      [](atom::gone, const data_ended&) {},
      [](atom::store) { return std::vector<data_client_view>{}; },
      [](atom::abandon, const std::string&, const std::string&) {},
      [](atom::begin) { return ack::done; },
      [](atom::node) { return node_view{}; },
      [](atom::list) { return std::vector<mitigation_view>{}; },
      [](atom::status, const mitigation_name&) { return mitigation_view{}; },
      [](atom::store, const data_client_name&) {
        return data_client_details{};
      },
      [](atom::revoke, const mitigation_name&, const std::string&) {
        return mitigation_view{};
      },
      [](atom::decide, const mitigation_name&, const operator_order&) {
        return mitigation_view{};
      },
      [](atom::order, const mitigate_order&) { return mitigation_view{}; },
      [](atom::report, const mitigation_name&,
         protocol::signal::attack_status) { return mitigation_view{}; },
      [](atom::opened, const std::string&, const std::string&) {},
      [](atom::gone, const std::string&) {},
      [](atom::sessions, std::uint64_t) { return std::vector<session_view>{}; },
      [](atom::audit, std::uint64_t) {
        return std::vector<storage::audit_event>{};
      },
      [](atom::client, const std::string&) -> caf::result<pointer> {
        return to_error(fail(ec::not_found, "upstream"));
      },
      [](atom::handover, const handover_wish&) {
        return std::vector<handover_result>{};
      },
      [](atom::hello, const sibling_greeting& x) { return x; },
      [](atom::heard) { return sibling_holdings{}; },
      [](atom::changed, const std::string&, bool) {},
      [](atom::adopt, const std::string&, const sibling_parcel&) {
        return ack::done;
      },
      [](atom::settle, const std::string&, const sibling_client&, bool) {
        return ack::done;
      },
      [](atom::leave, const std::string&, const std::string&) {},
      [](atom::handover, const handover_result&) {},
      [](atom::begin, std::uint64_t) {},
      [](atom::finish) { return ack::done; },
      [](atom::tick) {},
      [](atom::tick, std::uint64_t) {},
  };
}

/// A SESSION under virtual time, and a peer played by the test: a DTLS
/// association whose messages the test writes and reads itself.
class session_fixture : public test::actor_fixture {
protected:
  using association = transports::dtls_association;

  /// The journal holds CLIENTs that hold the journal.
  ~session_fixture() override {
    for (auto& handle : seen->clients)
      self->send_exit(handle, caf::exit_reason::kill);
    seen->clients.clear();
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

  /// Starts the SESSION as DOTS server, or as client, and shakes hands.
  void connect(bool server) {
    auto dots_client = credentials("client.example");
    auto dots_server = credentials("server.example");
    auto client = association::client(dots_client, "server.example", {}, now());
    ASSERT_TRUE(client);
    // The cookie exchange that the reactor does before there is a SESSION.
    auto at = *transports::socket_address::parse("127.0.0.1:4646");
    transports::cookie_guard guard{{}, now()};
    bytes hello;
    (*client)->next_datagram(hello);
    auto reply = guard.judge(hello, at, at, now()).reply;
    (*client)->receive(bytes(reply.begin(), reply.end()), now());
    (*client)->next_datagram(hello);
    auto verified = guard.judge(hello, at, at, now());
    ASSERT_EQ(verified.what, transports::cookie_guard::verdict::verified);
    auto there = association::server(dots_server, verified.prestate, {}, now());
    ASSERT_TRUE(there);
    peer = server ? std::move(*client) : std::move(*there);
    spawn_session(server, server ? std::move(*there) : std::move(*client));
    if (server)
      self->send(uut, atom::packet_v, hello);
    else
      peer->receive(hello, now());
    exchange();
  }

  void spawn_session(bool server,
                     std::unique_ptr<transports::secure_association> security) {
    auto setup = std::make_shared<session_setup>();
    setup->id = 7;
    setup->server = server;
    setup->peer = server ? "" : "provider";
    setup->address = "127.0.0.1:4646";
    setup->security = std::move(security);
    setup->send = [this](byte_view x) {
      if (keep_wire)
        wire.emplace_back(x.begin(), x.end());
    };
    setup->established = [] {};
    setup->forget = [this] { ++forgotten; };
    auto root = spawn(fake_supervisor, seen);
    setup->owner = root;
    setup->directory = root;
    protocol::signal::customer acme;
    acme.name = "acme";
    acme.identities.dns_names = {customer_name};
    acme.gateway = trusted_gateway;
    protocol::signal::customer other;
    other.name = "other";
    other.identities.cdids = {"west", "west-by-another-way"};
    setup->customers = *protocol::signal::customer_table::make({acme, other});
    setup->policy = policy;
    setup->wishes = wishes;
    setup->path = estimate;
    setup->clock = {now(), 1'800'000'000};
    setup->random = [this] { return ++random * 0x9E3779B97F4A7C15u; };
    uut = sys.spawn<session, caf::lazy_init>(setup);
    spawned.push_back(caf::actor_cast<caf::actor>(uut));
  }

  /// Carries datagrams to and fro until nothing moves.
  void exchange() {
    for (bool moved = true; moved;) {
      moved = false;
      sched.run();
      for (; !wire.empty(); wire.pop_front(), moved = true)
        if (!cut)
          peer->receive(wire.front(), now());
      for (bytes x; peer->next_plaintext(x); moved = true)
        if (auto message = protocol::coap::parse(x))
          inbox.push_back(*message);
      for (bytes x; peer->next_datagram(x); moved = true)
        if (!cut)
          self->send(uut, atom::packet_v, x);
    }
  }

  void advance_both(std::chrono::milliseconds total) {
    for (constexpr std::chrono::milliseconds step{100}; total.count() > 0;
         total -= step) {
      advance(std::min(step, total));
      peer->on_time(now());
      exchange();
    }
  }

  /// A request of the peer, as on the wire.
  protocol::coap::message message(protocol::coap::code code,
                                  const std::vector<std::string>& path,
                                  bytes payload = {}) {
    protocol::coap::message x;
    x.type = protocol::coap::type::non;
    x.code = code;
    x.mid = ++mid;
    x.token = protocol::coap::token{std::uint64_t{mid}};
    for (const auto& segment : path)
      x.options.add(protocol::coap::option::uri_path, segment);
    if (!payload.empty())
      x.options.add_uint(protocol::coap::option::content_format,
                         protocol::coap::dots_cbor);
    x.payload = std::move(payload);
    return x;
  }

  /// Sends it and returns the answer; an empty message if there is none.
  protocol::coap::message send(const protocol::coap::message& x) {
    say(x);
    for (const auto& answer : inbox)
      if (answer.token == x.token && !protocol::coap::is_request(answer.code)) {
        auto found = answer;
        inbox.clear();
        return found;
      }
    return {};
  }

  /// Requests of the SESSION that arrived at the peer: those about the
  /// configuration, or all others.
  std::vector<protocol::coap::message> requests(bool of_config = false) {
    std::vector<protocol::coap::message> found;
    for (const auto& x : inbox) {
      bool about_config = false;
      for (auto option : x.options)
        about_config |= option.number == protocol::coap::option::uri_path
                        && option.text() == "config";
      if (protocol::coap::is_request(x.code) && about_config == of_config)
        found.push_back(x);
    }
    inbox.clear();
    return found;
  }

  /// Answers a request of the SESSION: in the ACK if it was confirmable.
  void answer(const protocol::coap::message& x, protocol::coap::code code,
              bytes payload = {}, std::optional<std::uint32_t> max_age = {}) {
    auto reply = message(code, {}, std::move(payload));
    reply.token = x.token;
    if (x.type == protocol::coap::type::con) {
      reply.type = protocol::coap::type::ack;
      reply.mid = x.mid;
    }
    if (max_age)
      reply.options.add_uint(protocol::coap::option::max_age, *max_age);
    say(reply);
  }

  void say(const protocol::coap::message& x) {
    bytes octets;
    EXPECT_TRUE(protocol::coap::serialise(x, octets));
    EXPECT_TRUE(peer->send(octets));
    exchange();
  }

  static std::vector<std::string> dots(std::vector<std::string> rest) {
    std::vector<std::string> path{".well-known", "dots"};
    path.insert(path.end(), rest.begin(), rest.end());
    return path;
  }

  static inline const bytes beat{0xA1, 0x18, 0x31, 0xA1, 0x18, 0x33, 0xF5};

  test::temporary_directory directory;
  test::test_pki pki;
  std::string customer_name = "client.example";
  bool trusted_gateway = false; ///< the customer is one
  protocol::signal::config_policy policy;
  std::optional<protocol::signal::session_sets> wishes;
  std::shared_ptr<path_estimate> estimate = std::make_shared<path_estimate>();
  std::shared_ptr<owner_journal> seen = std::make_shared<owner_journal>();
  std::unique_ptr<association> peer;
  session_actor uut;
  std::deque<bytes> wire;
  std::vector<protocol::coap::message> inbox;
  bool cut = false;      ///< the path loses everything
  bool keep_wire = true; ///< false: what SESSION sends is not kept
  int forgotten = 0;
  std::uint64_t random = 1;
  std::uint16_t mid = 100;
};

} // namespace tocsin::actors
