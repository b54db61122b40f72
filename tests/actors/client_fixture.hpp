#pragma once
#include "actors/client.hpp"
#include "actors/registry.hpp"
#include "protocol/signal/codec.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/fake_actors.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {

/// What a SESSION was told.
struct session_journal {
  std::vector<std::pair<std::uint64_t, dots_response>> notified;
  std::vector<bool> modes;
  std::vector<redirect_order> redirects;
};

inline session_actor::behavior_type
fake_session(session_actor::pointer, std::shared_ptr<session_journal> seen) {
  return {
      [](atom::packet, const bytes&) {},
      [](atom::gone, const std::string&) {},
      [](atom::tick) {},
      [](atom::gone) {},
      [](atom::request, const coap_call&) { return coap_reply{}; },
      [](atom::heard, bool) {},
      [](atom::lost, std::uint32_t) {},
      [](atom::silent, std::uint32_t) {},
      [seen](atom::notify, std::uint64_t request, const dots_response& x) {
        seen->notified.emplace_back(request, x);
      },
      [](atom::cancel, std::uint64_t) {},
      [](atom::refresh, std::uint64_t) {},
      [](atom::abandon, std::uint64_t) {},
      [seen](atom::mode, const std::string&, bool on) {
        seen->modes.push_back(on);
      },
      [seen](atom::redirect, const redirect_order& x) {
        seen->redirects.push_back(x);
      },
      [](atom::status) { return session_view{}; },
      [](atom::finish, const std::string&) {},
  };
}

/// CLIENTs of several customers over one REGISTRY, store and site.
class client_fixture : public test::actor_fixture {
protected:
  using status = protocol::signal::status;
  using target = protocol::signal::target;

  struct party {
    std::string customer, cuid, agent;
    client_actor handle;
  };

  void start_registry(protocol::signal::conflict_rules rules = {}) {
    keeper = spawn(test::fake_keeper, store);
    scopes = spawn(registry, rules);
    edge = caf::actor_cast<caf::actor>(spawn(test::fake_mitigator, site));
  }

  static protocol::signal::prefix prefix_of(std::string_view text) {
    return *protocol::signal::prefix::parse(text);
  }

  party start(const std::string& customer, const std::string& cuid) {
    protocol::signal::customer who;
    who.name = customer;
    who.prefixes = {prefix_of(space)};
    auto setup = std::make_shared<client_setup>();
    setup->who = std::make_shared<const protocol::signal::customer>(who);
    setup->cuid = cuid;
    setup->usage = std::make_shared<account>(who.limits);
    setup->keeper = keeper;
    setup->registry = scopes;
    setup->resolver =
        spawn(test::fake_resolver, std::make_shared<test::known_names>());
    setup->mitigators.entries = {{"edge", edge}};
    setup->clock = epoch_;
    setup->loss = loss;
    return {customer, cuid, cuid + ".example", spawn(client, setup)};
  }

  static protocol::signal::mitigation wanted(std::string_view prefix,
                                             bool immediate = true,
                                             std::int64_t lifetime = 3600) {
    protocol::signal::mitigation x;
    x.what.prefixes = {prefix_of(prefix)};
    x.lifetime = lifetime;
    if (!immediate)
      x.trigger_mitigation = false;
    return x;
  }

  dots_request request(const party& p, dots_request::method what,
                       std::optional<std::uint32_t> mid) {
    dots_request x;
    x.what = what;
    x.cuid = p.cuid;
    x.mid = mid;
    x.from = {p.customer, p.agent, "sha256:00", "198.51.100.1:4646", 1};
    return x;
  }

  dots_response send(const party& p, dots_request x) {
    auto answer = ask<dots_response>(p.handle, atom::serve_v, std::move(x));
    EXPECT_TRUE(answer) << to_string(answer.error());
    return answer ? *answer : dots_response{};
  }

  dots_response put(const party& p, std::uint32_t mid,
                    const protocol::signal::mitigation& x,
                    bool if_match = false) {
    auto r = request(p, dots_request::method::put, mid);
    r.body = protocol::signal::encode(protocol::signal::mitigation_scope{{x}});
    r.if_match = if_match;
    return send(p, std::move(r));
  }

  dots_response get(const party& p, std::optional<std::uint32_t> mid = {}) {
    return send(p, request(p, dots_request::method::get, mid));
  }

  dots_response remove(const party& p, std::uint32_t mid) {
    return send(p, request(p, dots_request::method::remove, mid));
  }

  /// Observes as request `number` of a session of its own.
  dots_response observe(const party& p, std::optional<std::uint32_t> mid,
                        std::uint64_t number,
                        const std::shared_ptr<session_journal>& journal) {
    auto r = request(p, dots_request::method::get, mid);
    r.observe = observer{
        1, number,
        caf::actor_cast<caf::strong_actor_ptr>(spawn(fake_session, journal))};
    return send(p, std::move(r));
  }

  void session_up(const party& p, std::uint64_t id,
                  const std::shared_ptr<session_journal>& journal) {
    session_opened x{id, {p.customer, p.agent, "sha256:00", "", id}};
    self->send(
        p.handle, atom::opened_v, x,
        caf::actor_cast<caf::strong_actor_ptr>(spawn(fake_session, journal)));
    sched.run();
  }

  void session_down(const party& p, std::uint64_t id, session_end how) {
    self->send(p.handle, atom::gone_v, id, how);
    sched.run();
  }

  static protocol::signal::mitigation entry(const dots_response& x) {
    auto decoded = protocol::signal::decode(
        x.payload, protocol::signal::direction::response);
    auto* scope =
        decoded ? std::get_if<protocol::signal::mitigation_scope>(&*decoded)
                : nullptr;
    return scope && !scope->scope.empty() ? scope->scope[0]
                                          : protocol::signal::mitigation{};
  }

  std::optional<status> state(const party& p, std::uint32_t mid) {
    return entry(get(p, mid)).state;
  }

  /// Statuses that were notified, in order.
  static std::vector<status> told(const session_journal& seen) {
    std::vector<status> out;
    for (const auto& [_, x] : seen.notified)
      if (auto y = entry(x).state)
        out.push_back(*y);
    return out;
  }

  std::shared_ptr<test::fake_store> store =
      std::make_shared<test::fake_store>();
  std::shared_ptr<test::fake_site> site = std::make_shared<test::fake_site>();
  std::shared_ptr<session_journal> seen = std::make_shared<session_journal>();
  loss_of_signal loss;
  std::string space = "192.0.2.0/24"; ///< of every customer
  epoch epoch_ = clock();
  keeper_actor keeper;
  registry_actor scopes;
  caf::actor edge;
};

} // namespace tocsin::actors
