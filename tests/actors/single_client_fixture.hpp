#pragma once
#include "actors/client.hpp"
#include "actors/registry.hpp"
#include "protocol/signal/codec.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/fake_actors.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {

namespace sig = protocol::signal;

/// One CLIENT of the customer "acme", its site, and a test in place of its
/// SESSION.
class single_client_fixture : public test::actor_fixture {
protected:
  static sig::prefix prefix_of(std::string_view text) {
    return *sig::prefix::parse(text);
  }

  single_client_fixture() {
    sig::customer who;
    who.name = "acme";
    who.prefixes = {prefix_of("192.0.2.0/24"), prefix_of("2001:db8::/32")};
    who.domains = {"www.example.com"};
    who.limits.max_mitigations = 3;
    customer = std::make_shared<const sig::customer>(who);
    start();
  }

  /// Starts a CLIENT, as after a (re)start of the node.
  void start() {
    auto setup = std::make_shared<client_setup>();
    setup->who = customer;
    setup->cuid = "cuid-1";
    setup->usage = usage = std::make_shared<account>(customer->limits);
    setup->keeper = spawn(test::fake_keeper, store);
    setup->registry = spawn(registry, sig::conflict_rules{});
    setup->resolver = spawn(test::fake_resolver, names);
    setup->mitigators.entries = {{"edge", caf::actor_cast<caf::actor>(spawn(
                                              test::fake_mitigator, site))}};
    setup->clock = clock();
    uut = spawn(client, setup);
  }

  static bytes body(const sig::mitigation& x) {
    return sig::encode(sig::mitigation_scope{{x}});
  }

  static sig::mitigation wanted(std::string_view prefix = "192.0.2.1/32",
                                std::int64_t lifetime = 3600) {
    sig::mitigation x;
    x.what.prefixes = {prefix_of(prefix)};
    x.lifetime = lifetime;
    return x;
  }

  dots_request request(dots_request::method what,
                       std::optional<std::uint32_t> mid) {
    dots_request x;
    x.what = what;
    x.cuid = "cuid-1";
    x.mid = mid;
    x.from = {"acme", agent, "sha256:00", "198.51.100.1:4646", 1};
    return x;
  }

  dots_response send(dots_request x) {
    auto answer = ask<dots_response>(uut, atom::serve_v, std::move(x));
    EXPECT_TRUE(answer) << to_string(answer.error());
    return answer ? *answer : dots_response{};
  }

  dots_response put(std::uint32_t mid, const sig::mitigation& x) {
    auto r = request(dots_request::method::put, mid);
    r.body = body(x);
    return send(std::move(r));
  }

  dots_response get(std::optional<std::uint32_t> mid = {}) {
    return send(request(dots_request::method::get, mid));
  }

  dots_response remove(std::uint32_t mid) {
    return send(request(dots_request::method::remove, mid));
  }

  static std::vector<sig::mitigation> entries(const dots_response& x) {
    auto decoded = sig::decode(x.payload, sig::direction::response);
    auto* scope =
        decoded ? std::get_if<sig::mitigation_scope>(&*decoded) : nullptr;
    return scope ? scope->scope : std::vector<sig::mitigation>{};
  }

  static std::string text(const dots_response& x) {
    return std::string{as_text(x.payload)};
  }

  std::shared_ptr<const sig::customer> customer;
  std::shared_ptr<account> usage;
  std::shared_ptr<test::fake_store> store =
      std::make_shared<test::fake_store>();
  std::shared_ptr<test::fake_site> site = std::make_shared<test::fake_site>();
  std::shared_ptr<test::known_names> names =
      std::make_shared<test::known_names>();
  std::string agent = "client.example.com";
  client_actor uut;
};

} // namespace tocsin::actors
