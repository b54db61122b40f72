#include "tests/sim/plan.hpp"

#include "tests/sim/draw.hpp"

#include "protocol/signal/happy_eyeballs.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace tocsin::sim {

namespace sig = protocol::signal;
using namespace std::chrono_literals;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

std::vector<sig::customer> draw_customers(dice& d, plan& x) {
  std::vector<sig::customer> out;
  for (auto& client : x.clients) {
    bool shares = !out.empty() && d.chance(50);
    client.customer = shares ? static_cast<std::size_t>(d.between(
                          0, static_cast<std::int64_t>(out.size()) - 1))
                             : out.size();
    if (!shares) {
      auto n = out.size() + 1;
      auto& who = out.emplace_back();
      who.name = fmt::format("customer-{}", n);
      who.prefixes = {must_parse(fmt::format("10.{}.0.0/16", n)),
                      must_parse(fmt::format("2001:db8:{}::/48", n))};
      // What a provider lets several customers share.
      who.prefixes.push_back(must_parse("10.99.0.0/16"));
      who.prefixes.push_back(must_parse("2001:db8:99::/48"));
      who.limits.lifetime.allow_indefinite = d.chance(50);
    }
    out[client.customer].identities.dns_names.push_back(client.identity);
  }
  return out;
}

/// Whose addresses an order is about.
struct block {
  std::size_t customer; ///< 99: what all customers share
  std::size_t third;    ///< octet
  std::size_t net;      ///< of sixteen addresses
};

/// Some nobody else asks for, some the client itself asks for again, some other
/// clients of the customer want, and some another customer, too.
block draw_block(dice& d, const plan& x, std::size_t client,
                 std::size_t index) {
  constexpr std::int64_t few = 3; // so that they meet
  auto customer = x.clients[client].customer + 1;
  auto kind = d.between(1, 100);
  auto common = static_cast<std::size_t>(d.between(0, few));
  if (kind <= 20)
    return {99, 0, common};
  if (kind <= 40)
    return {customer, 0, common};
  auto own = (1 + client) * 16;
  return kind <= 60 ? block{customer, own + 15, common}
                    : block{customer, own, index};
}

sig::target draw_target(dice& d, const plan& x, std::size_t client,
                        std::size_t index) {
  auto [customer, third, net] = draw_block(d, x, client, index);
  sig::target out;
  out.prefixes.push_back(
      must_parse(fmt::format("10.{}.{}.{}/{}", customer, third, net * 16,
                             d.pick(std::vector<int>{28, 30, 32}))));
  if (d.chance(30))
    out.prefixes.push_back(must_parse(
        fmt::format("2001:db8:{}:{:x}::/64", customer, third * 256 + net)));
  if (d.chance(30))
    out.ports.push_back({80, 443});
  if (d.chance(20))
    out.protocols.push_back(17);
  return out;
}

order_plan draw_order(dice& d, const plan& x, std::size_t client,
                      std::size_t i) {
  order_plan order;
  order.when = between(d, 1s, x.length);
  order.foreign = d.chance(8);
  order.what = draw_target(d, x, client, i);
  if (order.foreign)
    order.what.prefixes = {must_parse(fmt::format("198.18.{}.0/24", i))};
  order.lifetime =
      d.pick(std::vector<std::int64_t>{120, 300, 600, 1800, 3600, 7200, -1});
  order.renew = d.chance(60);
  order.immediate = d.chance(70);
  if (d.chance(50))
    order.withdrawn = order.when + between(d, 0s, minutes{40});
  if (d.chance(40))
    for (auto n = d.between(1, 3); n > 0; --n)
      order.judged.push_back(order.when + between(d, 1s, minutes{20}));
  return order;
}

std::vector<order_plan> draw_orders(dice& d, const plan& x,
                                    std::size_t client) {
  std::vector<order_plan> out;
  auto n = static_cast<std::size_t>(d.between(2, 12));
  for (std::size_t i = 0; i < n; ++i)
    out.push_back(draw_order(d, x, client, i));
  std::ranges::sort(out, {}, &order_plan::when);
  return out;
}

/// Networks that block UDP always, from some moment on, or for some time.
void draw_transport(dice& d, const plan& x, client_plan& client) {
  client.udp_probe =
      d.chance(50) ? sig::least_udp_probe : sig::default_udp_probe;
  if (!d.chance(40))
    return;
  client.udp_dies = d.chance(50) ? moment{} : between(d, 1s, x.length);
  if (d.chance(50))
    client.udp_returns = between(d, *client.udp_dies, x.length);
  else
    client.udp_probe = sig::default_udp_probe; // in vain
}

void draw_client(dice& d, plan& x, std::size_t i) {
  auto& client = x.clients[i];
  client.path = draw_path(d);
  client.outages = draw_outages(d, x.length);
  client.crashes = draw_downtimes(d, x.length, 3, minutes{10});
  client.orders = draw_orders(d, x, i);
  draw_transport(d, x, client);
  if (d.chance(50)) {
    sig::session_values values = x.policy.defaults;
    values.probing_rate = 10;
    values.ack_timeout = 300;
    client.wishes = sig::session_sets{values, values};
  }
}

} // namespace

plan draw(std::uint64_t seed) {
  dice d{seed * 0x9E3779B97F4A7C15u + 1};
  plan x;
  x.length = between(d, minutes{60}, minutes{240});
  auto& heart = x.policy.defaults;
  heart.heartbeat_interval = seconds{d.pick(std::vector<int>{15, 20, 30})};
  heart.missing_hb_allowed = static_cast<std::uint32_t>(d.between(3, 15));
  using policy = sig::conflict_policy;
  x.conflicts = {
      d.pick(std::vector<policy>{
          policy::first_wins, policy::first_wins, policy::most_specific_wins,
          policy::newest_wins, policy::accept_all, policy::reject_all}),
      d.chance(60)};
  x.terminating = seconds{d.pick(std::vector<int>{0, 60, 120})};
  x.clients.resize(static_cast<std::size_t>(d.between(1, 4)));
  for (std::size_t i = 0; i < x.clients.size(); ++i) {
    x.clients[i].cuid = fmt::format("cuid-{}", i);
    x.clients[i].identity = fmt::format("client-{}.example", i);
  }
  x.customers = draw_customers(d, x);
  for (std::size_t i = 0; i < x.clients.size(); ++i)
    draw_client(d, x, i);
  x.crashes = draw_downtimes(d, x.length, 3, minutes{d.chance(20) ? 40 : 5});
  for (auto n = d.between(0, 5); n > 0; --n)
    x.driver_deaths.push_back(between(d, 10s, x.length));
  x.device_failures = draw_downtimes(d, x.length, 2, minutes{10});
  return x;
}

std::vector<std::string> describe(const plan& x) {
  std::vector<std::string> out;
  out.push_back(fmt::format(
      "plan: {} s, {} clients of {} customers, heartbeats {} s x {}, conflicts "
      "by policy {}, losers {}",
      x.length.count() / 1000, x.clients.size(), x.customers.size(),
      x.policy.defaults.heartbeat_interval.count(),
      x.policy.defaults.missing_hb_allowed,
      static_cast<int>(x.conflicts.policy),
      x.conflicts.keep_loser ? "kept" : "refused"));
  for (const auto& c : x.clients)
    out.push_back(fmt::format(
        "plan: {} of {}: loss {}/{} %, duplicates {} %, {} outages, {} "
        "crashes, {} orders{}",
        c.cuid, x.customers[c.customer].name, c.path.loss[0], c.path.loss[1],
        c.path.duplicates, c.outages.size(), c.crashes.size(), c.orders.size(),
        !c.udp_dies     ? ""
        : c.udp_returns ? ", UDP blocked for a while"
                        : ", UDP blocked"));
  return out;
}

} // namespace tocsin::sim
