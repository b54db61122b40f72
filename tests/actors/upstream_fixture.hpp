#pragma once
#include "actors/upstream.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/response.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/fake_actors.hpp"

#include <gmock/gmock.h>

#include <set>

/// An UPSTREAM between a fake server and a fake store.
namespace tocsin::actors {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// A request as a session was given it.
struct seen_call {
  std::uint64_t session;
  coap_call what;
};

/// A server as an UPSTREAM sees it through its sessions.
struct fake_server {
  std::vector<std::string> journal; ///< "PUT mid=1"
  std::vector<bytes> bodies;
  std::vector<std::string> opened;  ///< addresses of sessions
  std::vector<std::string> ways;    ///< "udp 192.0.2.1:4646"
  std::vector<std::string> servers; ///< names to be verified
  std::vector<time_point> when;     ///< of each attempt
  std::vector<seen_call> calls;
  std::vector<std::uint64_t> finished; ///< sessions
  std::map<std::uint64_t, session_owner_actor> owners;
  std::map<std::uint64_t, caf::strong_actor_ptr> sessions;
  std::vector<std::uint64_t> cancelled; ///< observations
  std::vector<std::uint64_t> refreshed; ///< observations registered again
  std::vector<std::uint64_t> abandoned; ///< tags
  std::vector<bool> modes;              ///< mitigating or not
  bool silent = false;
  std::set<std::uint64_t> mute; ///< sessions without answers
  bool observable = false;      ///< grants observations
  bool secretive = false;       ///< leaves GET unanswered
  std::uint64_t observations = 0;
  bool reachable = true;
  std::set<std::string> dead;    ///< ways that fail at once
  std::set<std::string> hanging; ///< ways of which nothing is heard
  coap_reply put{0x41, 271, {}, {}};
  coap_reply get{0x84, {}, {}, {}};
  coap_reply removal{0x42, {}, {}, {}};
  /// Other answers for sessions with these servers, by name.
  std::map<std::string, coap_reply> put_at;
  /// Other answers to a PUT, by the last segment of its path.
  std::map<std::string, coap_reply> put_of;

  /// Sessions are counted from 1 by every UPSTREAM.
  void forget_attempts() {
    opened.clear();
    ways.clear();
    servers.clear();
    when.clear();
    calls.clear();
  }

  coap_reply answer(std::uint64_t session, const coap_call& x) {
    if (x.code == 4)
      return removal;
    if (x.code == 3) {
      if (auto i = put_of.find(x.path.back()); i != put_of.end())
        return i->second;
      auto other = put_at.find(servers.at(session - 1));
      return other == put_at.end() ? put : other->second;
    }
    auto reply = get;
    if (x.observe && observable)
      reply.observation = ++observations;
    return reply;
  }
};

inline session_actor::behavior_type
fake_session(session_actor::pointer self, std::uint64_t id,
             std::shared_ptr<fake_server> server) {
  auto end = [self, id, server](const std::string& why) {
    self->send(server->owners[id], atom::gone_v, id, session_end::lost, why);
    self->quit();
  };
  return {
      [](atom::packet, const bytes&) {},
      [](atom::gone, const std::string&) {},
      [](atom::tick) {},
      [](atom::gone) {},
      [self, id, server](atom::request,
                         const coap_call& x) -> caf::result<coap_reply> {
        static const char* const names[] = {"", "GET", "POST", "PUT", "DELETE"};
        server->calls.push_back({id, x});
        if (x.path.size() == 5) {
          server->journal.push_back(std::string{names[x.code]} + ' '
                                    + x.path.back());
          server->bodies.push_back(x.body);
        }
        auto promise = self->make_response_promise<coap_reply>();
        bool mute = server->silent || server->mute.contains(id)
                    || (server->secretive && x.code == 1);
        if (!mute)
          promise.deliver(server->answer(id, x));
        return promise;
      },
      [](atom::heard, bool) {},
      [end](atom::lost, std::uint32_t) { end("lost"); },
      [](atom::silent, std::uint32_t) {},
      [](atom::notify, std::uint64_t, const dots_response&) {},
      [server](atom::cancel, std::uint64_t observation) {
        server->cancelled.push_back(observation);
      },
      [server](atom::refresh, std::uint64_t observation) {
        server->refreshed.push_back(observation);
      },
      [server](atom::abandon, std::uint64_t tag) {
        server->abandoned.push_back(tag);
      },
      [server](atom::mode, const std::string&, bool mitigating) {
        server->modes.push_back(mitigating);
      },
      [](atom::redirect, const redirect_order&) {},
      [](atom::status) { return session_view{}; },
      [end, id, server](atom::finish, const std::string& why) {
        server->finished.push_back(id);
        end(why);
      },
  };
}

class upstream_test : public test::actor_fixture {
protected:
  upstream_test() {
    (*names)["dots.example"] = {*sig::prefix::parse("198.51.100.1/32")};
    grant(3600);
    start();
  }

  /// As if the node were started: on an empty store, with what `adjust` says.
  void start(const std::function<void(upstream_setup&)>& adjust = {}) {
    if (uut)
      self->send_exit(uut, caf::exit_reason::kill);
    sched.run();
    server->forget_attempts();
    auto setup = std::make_shared<upstream_setup>();
    setup->name = "provider";
    setup->host = "dots.example";
    setup->cuid = "cuid-1";
    setup->clock = clock();
    setup->keeper = spawn(test::fake_keeper, store);
    setup->resolver = spawn(test::fake_resolver, names);
    setup->aliases["web"].prefixes = {*sig::prefix::parse("192.0.2.80/32")};
    setup->random = [] { return 0u; };
    setup->open = [this](std::uint64_t id, const session_target& where,
                         session_owner_actor owner) {
      return open(id, where, std::move(owner));
    };
    if (adjust)
      adjust(*setup);
    uut = spawn(upstream, setup);
  }

  result<caf::strong_actor_ptr> open(std::uint64_t id,
                                     const session_target& where,
                                     session_owner_actor owner) {
    bool udp = where.way == session_target::transport::udp;
    auto way = (udp ? "udp " : "tcp ") + where.address;
    server->opened.push_back(where.address);
    server->ways.push_back(way);
    server->servers.push_back(where.server_name);
    server->when.push_back(now());
    server->owners[id] = owner;
    auto handle = sys.spawn(fake_session, id, server);
    spawned.push_back(caf::actor_cast<caf::actor>(handle));
    auto pointer = caf::actor_cast<caf::strong_actor_ptr>(handle);
    server->sessions[id] = pointer;
    if (server->hanging.contains(way))
      return pointer;
    if (server->reachable && !server->dead.contains(way))
      caf::anon_send(owner, atom::opened_v, session_opened{id, {}}, pointer);
    else
      caf::anon_send(owner, atom::gone_v, id, session_end::failed,
                     std::string{"no handshake within 60 s"});
    return pointer;
  }

  void grant(std::int64_t lifetime) {
    server->put = {0x41, 271, {}, sig::encode(sig::accepted(1, lifetime))};
  }

  mitigate_order order(bool renew = false) {
    mitigate_order x;
    x.what.prefixes = {*sig::prefix::parse("192.0.2.1/32")};
    x.renew = renew;
    return x;
  }

  result<mitigation_view> mitigate(const mitigate_order& x) {
    return ask<mitigation_view>(uut, atom::order_v, x);
  }

  result<mitigation_view> withdraw(std::uint32_t mid) {
    return ask<mitigation_view>(uut, atom::withdraw_v, mid, duration{10s});
  }

  mitigation_view only() {
    auto all = ask<std::vector<mitigation_view>>(uut, atom::list_v);
    EXPECT_TRUE(all && all->size() == 1);
    return all && !all->empty() ? all->front() : mitigation_view{};
  }

  /// A mitigation as the server lists it.
  sig::mitigation listed(std::uint32_t mid, sig::status state,
                         std::int64_t lifetime = 3600) {
    sig::mitigation x;
    x.what.prefixes = {*sig::prefix::parse("192.0.2.1/32")};
    x.lifetime = lifetime;
    x.mid = mid;
    x.state = state;
    return x;
  }

  static coap_reply list_of(std::vector<sig::mitigation> all) {
    return {0x45, 271, {}, sig::encode(sig::mitigation_list(std::move(all)))};
  }

  /// The newest observation of this session has changed.
  void notify(std::uint64_t session, coap_reply x) {
    caf::anon_send(server->owners.at(session), atom::notify_v, session,
                   server->observations, std::move(x));
    sched.run();
  }

  void lose(std::uint64_t session) {
    caf::anon_send(caf::actor_cast<session_actor>(server->sessions.at(session)),
                   atom::lost_v, std::uint32_t{15});
    sched.run();
  }

  std::size_t count(const std::string& entry) {
    return static_cast<std::size_t>(std::ranges::count(server->journal, entry));
  }

  std::size_t alerts(const std::string& text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(store->audit, [&](const auto& x) {
          return x.outcome.find(text) != std::string::npos;
        }));
  }

  std::shared_ptr<test::fake_store> store =
      std::make_shared<test::fake_store>();
  std::shared_ptr<test::known_names> names =
      std::make_shared<test::known_names>();
  std::shared_ptr<fake_server> server = std::make_shared<fake_server>();
  upstream_actor uut;
};

} // namespace tocsin::actors
