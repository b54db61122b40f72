#include "roles/relays.hpp"

#include <algorithm>

namespace tocsin::roles {

namespace {

namespace sig = protocol::signal;

/// At one time, of the operator of a multihomed client.
constexpr std::uint32_t max_own_orders = 10'000;

actors::relay_manner manner_of(relay_choice x) {
  switch (x) {
  case relay_choice::serial:
    return actors::relay_manner::serial;
  case relay_choice::by_prefix:
    return actors::relay_manner::by_prefix;
  case relay_choice::all:
    break;
  }
  return actors::relay_manner::all;
}

actors::relay_manner manner_of(const relay_config& x) {
  return x.aggregate ? manner_of(x.choice) : actors::relay_manner::per_client;
}

} // namespace

const relay_config* relay_per_client(const config& x, const std::string& name) {
  if (!x.server)
    return nullptr;
  auto i = std::ranges::find_if(x.server->relays, [&](const auto& one) {
    return !one.aggregate && std::ranges::count(one.upstreams, name) > 0;
  });
  return i == x.server->relays.end() ? nullptr : &*i;
}

void add_relays(actors::supervisor_setup& setup, const server_config& x) {
  for (const auto& one : x.relays) {
    actors::mitigator_setup relay;
    relay.name = one.name;
    relay.upstreams = one.upstreams;
    relay.manner = manner_of(one);
    relay.relay_lifetime = one.lifetime;
    relay.end_to_end = one.end_to_end;
    relay.takes = one.takes;
    if (one.for_help_only()) {
      relay.when = {one.when_failed, one.when_overloaded, one.above / 8,
                    one.ineffective_after, one.hold};
      relay.when->above_packets = one.above_packets;
    }
    setup.mitigators.push_back(std::move(relay));
  }
}

result<void> add_own_orders(actors::supervisor_setup& setup,
                            const client_config& x) {
  actors::mitigator_setup relay;
  relay.name = actors::own_relay;
  for (const auto& up : x.upstreams)
    relay.upstreams.push_back(up.name);
  relay.manner = manner_of(*x.choice);
  relay.end_to_end = true;
  setup.mitigators.push_back(std::move(relay));
  sig::customer who;
  who.name = actors::own_orders;
  who.prefixes = {*prefix::parse("0.0.0.0/0"), *prefix::parse("::/0")};
  who.domains = {"*"};
  who.limits.max_mitigations = max_own_orders;
  who.limits.lifetime.allow_indefinite = true;
  setup.mitigators_of[who.name] = {std::string{actors::own_relay}};
  auto all = setup.customers.all();
  all.push_back(std::move(who));
  auto table = sig::customer_table::make(std::move(all));
  if (!table)
    return table.error();
  setup.customers = *table;
  return {};
}

} // namespace tocsin::roles
