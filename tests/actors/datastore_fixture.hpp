#pragma once
#include "actors/datastore.hpp"
#include "tests/actors/single_client_fixture.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {

inline constexpr std::string_view base =
    "/restconf/data/ietf-dots-data-channel:dots-data";
inline constexpr std::string_view our_client =
    "/restconf/data/ietf-dots-data-channel:dots-data/dots-client=cuid-1";

/// The DATASTORE of customer "acme" beside the CLIENT of its cuid "cuid-1".
class datastore_fixture : public single_client_fixture {
protected:
  datastore_fixture() {
    agent = "agent";
    open();
  }

  void open() {
    auto setup = std::make_shared<datastore_setup>();
    setup->who = customer;
    setup->settings.acls.can = protocol::data::all_abilities;
    setup->keeper = spawn(test::fake_keeper, store);
    edge = spawn(test::fake_mitigator, site);
    core = spawn(test::fake_mitigator, far_site);
    setup->mitigators.entries = {
        {"edge", caf::actor_cast<caf::actor>(edge), 1},
        {"core", caf::actor_cast<caf::actor>(core), 2}};
    setup->clock = clock();
    data = spawn(datastore, setup);
    self->send(uut, atom::store_v,
               caf::actor_cast<caf::strong_actor_ptr>(data));
    sched.run();
  }

  http_answer say(std::string method, std::string target, std::string body = {},
                  std::string identity = "agent") {
    http_call call;
    call.from.customer = "acme";
    call.from.identity = std::move(identity);
    call.request.method = std::move(method);
    call.request.target = std::move(target);
    call.request.body = std::move(body);
    call.request.fields.set("host", "data.example.net");
    if (!call.request.body.empty())
      call.request.fields.set("content-type", "application/yang-data+json");
    auto answer = ask<http_answer>(data, atom::serve_v, std::move(call));
    EXPECT_TRUE(answer);
    return answer ? *answer : http_answer{};
  }

  void enrol() {
    EXPECT_EQ(
        say("POST", std::string{base},
            R"({"ietf-dots-data-channel:dots-client":[{"cuid":"cuid-1"}]})")
            .status,
        201u);
  }

  unsigned add_alias() {
    return say("POST", std::string{our_client},
               R"({"ietf-dots-data-channel:aliases":{"alias":[{"name":"web",
               "target-prefix":["192.0.2.80/32"],"target-protocol":[6]}]}})")
        .status;
  }

  unsigned add_filter(const std::string& activation,
                      const std::string& name = "keep-out",
                      const std::string& actions = R"("forwarding":"drop")") {
    return say("POST", std::string{our_client},
               R"({"ietf-dots-data-channel:acls":{"acl":[{"name":")" + name
                   + R"(","type":"ipv4-acl-type","activation-type":")"
                   + activation + R"(","aces":{"ace":[{"name":"one","matches":
               {"ipv4":{"destination-ipv4-network":"192.0.2.0/24",
               "source-ipv4-network":"198.51.100.0/24"}},
               "actions":{)"
                   + actions + R"(}}]}}]}})")
        .status;
  }

  /// The DATASTORE's part of the store.
  storage::data_snapshot stored() const {
    storage::data_snapshot out{"acme", {}, {}};
    for (const auto& x : store->data)
      if (auto* client = std::get_if<protocol::data::put_registration>(&x.what))
        out.registrations = {client->record};
      else if (auto* put = std::get_if<protocol::data::put_entry>(&x.what)) {
        std::erase_if(out.entries, [&](const auto& old) {
          return old.name == put->record.name;
        });
        out.entries.push_back(put->record);
      }
    return out;
  }

  dots_request put_alias(std::uint32_t mid, std::string name) {
    sig::mitigation x;
    x.what.aliases = {std::move(name)};
    x.lifetime = 3600;
    auto out = request(dots_request::method::put, mid);
    out.body = body(x);
    return out;
  }

  /// A MITIGATOR tells what its driver has counted.
  void tell(const mitigator_actor& from,
            std::vector<mitigators::entry_counters> totals) {
    caf::send_as(from, data, atom::counters_v, std::move(totals));
    sched.run();
  }

  datastore_actor data;
  mitigator_actor edge, core; ///< the second one behind the first
  std::shared_ptr<test::fake_site> far_site =
      std::make_shared<test::fake_site>();
};

} // namespace tocsin::actors
