#include "tests/sim/federation_plan.hpp"

#include "protocol/signal/happy_eyeballs.hpp"
#include "protocol/signal/scope.hpp"
#include "tests/sim/draw.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace tocsin::sim {

namespace sig = protocol::signal;
using namespace std::chrono_literals;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr double share_of_loops = 15; // percent

service draw_service(dice& d, moment length) {
  service x;
  auto& heart = x.policy.defaults;
  heart.heartbeat_interval = seconds{d.pick(std::vector<int>{15, 20, 30})};
  heart.missing_hb_allowed = static_cast<std::uint32_t>(d.between(3, 15));
  using policy = sig::conflict_policy;
  x.conflicts = {d.pick(std::vector<policy>{
                     policy::accept_all, policy::first_wins, policy::first_wins,
                     policy::most_specific_wins, policy::newest_wins}),
                 d.chance(60)};
  x.terminating = seconds{d.pick(std::vector<int>{0, 60, 120})};
  for (auto n = d.between(0, 5); n > 0; --n)
    x.driver_deaths.push_back(between(d, 10s, length));
  x.device_failures = draw_downtimes(d, length, 2, minutes{10});
  return x;
}

/// What a gateway does itself, and when it asks its server.
void draw_relay(dice& d, service& x, moment length) {
  x.relay_lifetime = seconds{d.pick(std::vector<int>{600, 1800, 3600})};
  auto kind = d.between(1, 100);
  x.device = kind > 50;
  if (kind > 50 && kind <= 85) {
    x.when.emplace();
    x.when->when_overloaded = true;
    x.when->hold = seconds{d.pick(std::vector<int>{60, 300})};
    if (d.chance(30))
      x.when->ineffective_after = seconds{300};
    x.overloads = draw_downtimes(d, length, 3, minutes{40});
  }
}

uplink draw_uplink(dice& d, std::size_t to, const service& there,
                   moment length) {
  uplink x;
  x.to = to;
  x.path = draw_path(d);
  x.partitions = draw_outages(d, length);
  x.udp_probe = d.chance(50) ? sig::least_udp_probe : sig::default_udp_probe;
  if (d.chance(25)) {
    x.udp_dies = d.chance(50) ? moment{} : between(d, 1s, length);
    if (d.chance(50))
      x.udp_returns = between(d, *x.udp_dies, length);
    else
      x.udp_probe = sig::default_udp_probe; // in vain
  }
  if (d.chance(30)) {
    sig::session_values values = there.policy.defaults;
    values.probing_rate = 10;
    values.ack_timeout = 300;
    x.wishes = sig::session_sets{values, values};
  }
  return x;
}

/// A client's own addresses, some that it may ask for as its neighbours may,
/// and some that nobody behind its server may.
sig::target draw_target(dice& d, std::size_t client, std::size_t index) {
  auto kind = d.between(1, 100);
  auto common = static_cast<std::size_t>(d.between(0, 3));
  auto customer = kind <= 20 ? std::size_t{99} : client + 1;
  auto third = kind <= 40 ? std::size_t{0} : std::size_t{16};
  auto net = kind <= 40 ? common : index;
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

order_plan draw_order(dice& d, moment length, std::size_t client,
                      std::size_t index) {
  order_plan order;
  order.when = between(d, 1s, length);
  order.foreign = d.chance(5);
  order.what = draw_target(d, client, index);
  if (order.foreign)
    order.what.prefixes = {must_parse(fmt::format("198.18.{}.0/24", index))};
  order.lifetime =
      d.pick(std::vector<std::int64_t>{120, 300, 600, 1800, 3600, 7200, -1});
  order.renew = d.chance(60);
  order.immediate = d.chance(80);
  if (d.chance(60))
    order.withdrawn = order.when + between(d, 0s, minutes{40});
  if (d.chance(40))
    for (auto n = d.between(1, 3); n > 0; --n)
      order.judged.push_back(order.when + between(d, 1s, minutes{20}));
  return order;
}

void draw_client(dice& d, federation_plan& x, std::size_t node,
                 std::size_t client) {
  auto& who = x.members[node];
  who.prefixes = {must_parse(fmt::format("10.{}.0.0/16", client + 1)),
                  must_parse(fmt::format("2001:db8:{}::/48", client + 1)),
                  must_parse("10.99.0.0/16"), must_parse("2001:db8:99::/48")};
  auto n = static_cast<std::size_t>(d.between(2, 8));
  for (std::size_t i = 0; i < n; ++i)
    who.orders.push_back(draw_order(d, x.length, client, i));
  std::ranges::sort(who.orders, {}, &order_plan::when);
}

/// Gateways in chains rather than side by side, and a client behind each that
/// is the last of its chain.
std::vector<std::size_t> draw_servers(dice& d, std::size_t gateways,
                                      std::size_t clients) {
  std::vector<std::size_t> out{0};
  std::vector<std::size_t> last; // gateways that nobody calls yet
  for (std::size_t i = 1; i <= gateways; ++i) {
    bool chain = d.chance(60) || last.size() == clients;
    auto to = chain ? i - 1
                    : static_cast<std::size_t>(
                        d.between(0, static_cast<std::int64_t>(i) - 1));
    std::erase(last, to);
    last.push_back(i);
    out.push_back(to);
  }
  for (std::size_t i = 0; i < clients; ++i)
    out.push_back(i < last.size() ? last[i]
                                  : static_cast<std::size_t>(d.between(
                                      0, static_cast<std::int64_t>(gateways))));
  return out;
}

void gather_prefixes(federation_plan& x) {
  for (auto i = x.members.size() - 1; i > 0; --i) {
    auto& to = x.members[x.members[i].up->to].prefixes;
    const auto& mine = x.members[i].prefixes;
    to.insert(to.end(), mine.begin(), mine.end());
  }
  for (auto& who : x.members)
    if (who.serves)
      who.prefixes = sig::canonical(std::move(who.prefixes));
}

/// What is not there does not fail.
void draw_deaths(dice& d, federation_plan& x) {
  for (auto& who : x.members)
    for (auto n = d.chance(50) ? d.between(1, 3) : 0; n > 0; --n)
      who.deaths.push_back(
          {between(d, 10s, x.length),
           d.pick(std::vector<std::string>{"upstream", "relay", "mitigator"})});
}

} // namespace

std::vector<std::size_t> federation_plan::callers_of(std::size_t node) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < members.size(); ++i)
    if (members[i].up && members[i].up->to == node)
      out.push_back(i);
  return out;
}

std::vector<std::size_t> federation_plan::behind(std::size_t node) const {
  auto out = callers_of(node);
  for (std::size_t i = 0; i < out.size(); ++i)
    for (auto next : callers_of(out[i]))
      if (next != node && std::ranges::count(out, next) == 0)
        out.push_back(next);
  return out;
}

federation_plan draw_federation(std::uint64_t seed, bool loops) {
  dice d{seed * 0x9E3779B97F4A7C15u + 2};
  federation_plan x;
  x.length = between(d, minutes{60}, minutes{180});
  auto nodes = static_cast<std::size_t>(d.between(3, 7));
  auto gateways = static_cast<std::size_t>(d.between(
      1, static_cast<std::int64_t>(std::min<std::size_t>(4, nodes - 2))));
  auto clients = nodes - 1 - gateways;
  auto to = draw_servers(d, gateways, clients);
  x.members.resize(nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    auto& who = x.members[i];
    who.name = i == 0          ? "server"
               : i <= gateways ? fmt::format("gateway-{}", i)
                               : fmt::format("client-{}", i - gateways);
    who.indefinite = d.chance(50);
    who.crashes =
        draw_downtimes(d, x.length, 3, minutes{d.chance(15) ? 40 : 5});
    if (i <= gateways)
      who.serves = draw_service(d, x.length);
    if (i > 0 && i <= gateways)
      draw_relay(d, *who.serves, x.length);
    if (i > 0)
      who.up = draw_uplink(d, to[i], *x.members[to[i]].serves, x.length);
    if (i > gateways)
      draw_client(d, x, i, i - gateways - 1);
    who.unknown_prefix = i > 0 && i <= gateways && d.chance(10);
  }
  x.lulls = draw_downtimes(d, x.length, 3, minutes{40});
  x.ends_in_peace = d.chance(50);
  gather_prefixes(x);
  draw_deaths(d, x);
  if (loops && d.chance(share_of_loops)) {
    x.loop = true;
    auto& first = x.members[0];
    draw_relay(d, *first.serves, x.length);
    auto last = static_cast<std::size_t>(
        d.between(1, static_cast<std::int64_t>(gateways)));
    first.up = draw_uplink(d, last, *x.members[last].serves, x.length);
  }
  return x;
}

std::vector<std::string> describe(const federation_plan& x) {
  std::vector<std::string> out;
  out.push_back(fmt::format("plan: {} s, {} nodes{}{}", x.length.count() / 1000,
                            x.members.size(), x.loop ? ", with a loop" : "",
                            x.ends_in_peace ? ", ends in peace" : ""));
  for (const auto& who : x.members) {
    std::string line = "plan: " + who.name;
    if (who.up)
      line += fmt::format(" calls {}: loss {}/{} %, {} partitions;",
                          x.members[who.up->to].name, who.up->path.loss[0],
                          who.up->path.loss[1], who.up->partitions.size());
    if (who.serves)
      line +=
          fmt::format(" {}, heartbeats {} s x {}, terminating {} s, conflicts "
                      "by policy {};",
                      !who.up               ? "device"
                      : !who.serves->device ? "relay"
                      : !who.serves->when   ? "device and relay"
                                            : "device, relay for help",
                      who.serves->policy.defaults.heartbeat_interval.count(),
                      who.serves->policy.defaults.missing_hb_allowed,
                      who.serves->terminating.count(),
                      static_cast<int>(who.serves->conflicts.policy));
    out.push_back(line
                  + fmt::format(" {} crashes, {} orders", who.crashes.size(),
                                who.orders.size()));
  }
  return out;
}

} // namespace tocsin::sim
