// The kernel decides about packets as protocol/data says that ACLs are meant:
// entries and packets are drawn at random, with few values for each field, so
// that they meet.
#include "tests/mitigators/crafted.hpp"
#include "tests/mitigators/driver.hpp"
#include "tests/mitigators/network.hpp"
#include "tests/unit/mitigators/make.hpp"

#include <algorithm>
#include <map>
#include <random>

namespace tocsin::test {

namespace {

using namespace mitigators;
using protocol::data::bits_match;
using protocol::data::icmp_match;
using protocol::data::ip_match;
using protocol::data::packet_match;
using protocol::data::port_match;
using protocol::data::prefix;
using protocol::data::tcp_match;
using protocol::data::udp_match;

class lottery {
public:
  explicit lottery(std::uint32_t seed) : random_{seed} {}

  unsigned below(unsigned end) {
    return std::uniform_int_distribution<unsigned>{0, end - 1}(random_);
  }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class T>
  T of(std::initializer_list<T> xs) {
    return *(xs.begin() + below(static_cast<unsigned>(xs.size())));
  }

  crafted packet() {
    crafted x;
    x.ipv4 = chance(50);
    auto side = [&](const char* four, const char* six) {
      auto n = std::to_string(below(3)), host = std::to_string(1 + below(2));
      return x.ipv4 ? four + n + "." + host : six + n + "::" + host;
    };
    x.source = side("10.1.", "fd00:1:");
    x.destination = side("10.2.", "fd00:2:");
    x.protocol = of<std::uint8_t>({6, 6, 17, 17, 1, 58, 47});
    x.dscp = number<std::uint8_t>();
    x.ecn = static_cast<std::uint8_t>(below(4));
    x.ttl = of<std::uint8_t>({64, 65});
    x.df = chance(30);
    x.fragment_header = chance(40);
    if (x.ipv4 ? chance(40) : x.fragment_header) {
      x.more_fragments = chance(50);
      x.offset = of<std::uint16_t>({0, 0, 3, 0x1fff});
    }
    x.source_port = port();
    x.destination_port = port();
    x.tcp_flags = of<std::uint16_t>({0, 2, 0x12, 0x10, 0x102, 0xfff, 0x800});
    x.udp_length = of<std::uint16_t>({20, 21});
    x.icmp_type = number<std::uint8_t>();
    x.icmp_code = number<std::uint8_t>();
    x.payload = of<std::uint16_t>({12, 13});
    return x;
  }

  filter_entry entry(std::string id, unsigned customer) {
    filter_entry x;
    x.id = std::move(id);
    auto n = std::to_string(customer);
    if (chance(70))
      x.destinations = {net("10.2." + n + ".0/24"),
                        net("fd00:2:" + n + "::/48")};
    else
      x.destinations = {net("10.2." + n + ".1"), net("fd00:2:" + n + "::1"),
                        net("fd00:2:" + n + "::2")};
    x.what = of({filter_action::accept, filter_action::drop});
    x.match = match();
    return x;
  }

private:
  template <class T>
  T number() {
    return static_cast<T>(8 + below(2));
  }
  std::uint16_t port() {
    return of<std::uint16_t>({0, 53, 54, 80, 1024, 65535});
  }
  template <class F>
  auto maybe(unsigned percent, F draw) -> std::optional<decltype(draw())> {
    if (chance(percent))
      return draw();
    return std::nullopt;
  }
  port_match ports() {
    auto a = port(), b = chance(50) ? a : port();
    return {{std::min(a, b), std::max(a, b)}, chance(30)};
  }
  bits_match bits(std::uint16_t value) {
    return {chance(50), chance(40), value};
  }
  ip_match ip() {
    ip_match x;
    x.family = chance(50) ? prefix::family::ipv4 : prefix::family::ipv6;
    auto four = x.family == prefix::family::ipv4;
    x.source = maybe(20, [&] {
      auto n = std::to_string(below(3));
      return net(four ? "10.1." + n + of({".1", ".0/24"})
                      : "fd00:1:" + n + of({"::1", "::/48"}));
    });
    x.protocol = maybe(15, [&] { return of<std::uint8_t>({6, 17, 1, 58}); });
    x.length = maybe(10, [&] {
      return of<std::uint16_t>({44, 45, 56, 57, 24, 25, 36, 37, 32, 33});
    });
    x.fragment = maybe(40, [&] { //
      return bits(static_cast<std::uint16_t>(below(16)));
    });
    x.dscp = maybe(10, [&] { return number<std::uint8_t>(); });
    x.ecn = maybe(10, [&] { return static_cast<std::uint8_t>(below(4)); });
    x.ttl = maybe(10, [&] { return of<std::uint8_t>({64, 65}); });
    return x;
  }
  packet_match match() {
    packet_match x;
    x.ip = maybe(60, [&] { return ip(); });
    auto port_maybe = [&] { return maybe(40, [&] { return ports(); }); };
    switch (below(4)) {
    case 0:
      x.l4 = tcp_match{
          port_maybe(), port_maybe(), maybe(50, [&] {
            return bits(of<std::uint16_t>({0, 2, 0x12, 0x100, 0xfff, 0x802}));
          })};
      break;
    case 1:
      x.l4 = udp_match{port_maybe(), port_maybe(), maybe(20, [&] {
                         return of<std::uint16_t>({20, 21});
                       })};
      break;
    case 2:
      x.l4 = icmp_match{maybe(60, [&] { return number<std::uint8_t>(); }),
                        maybe(40, [&] { return number<std::uint8_t>(); })};
      break;
    default:
      break;
    }
    return x;
  }

  std::mt19937 random_;
};

const filter_entry* first_match(const filter_set& set, const crafted& x) {
  auto summary = x.summary();
  for (const auto& entry : set.entries) {
    auto to_us = std::ranges::any_of(entry.destinations, [&](const auto& p) {
      return p.contains(summary.destination);
    });
    protocol::data::ace meant{entry.id, entry.match, {}, {}};
    if (to_us && protocol::data::matches(meant, summary))
      return &entry;
  }
  return nullptr;
}

} // namespace

// DATA-057, DATA-059, DATA-066, DATA-068, DATA-069, DATA-070, DATA-071,
// DATA-072, DATA-095, DATA-098, DATA-100, DATA-102
TEST(filter_oracle, packets_fare_as_the_data_channel_means) {
  enter_fresh_network();
  router net;
  driver uut{{TOCSIN_DRIVER, "--counters-interval", "20"}};
  // Of the three customers, the first one's traffic is dropped by a mitigation.
  uut.start({make_rule("m", {"10.2.0.0/24", "fd00:2:0::/48"})});
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    lottery draw{seed};
    std::vector<filter_set> sets;
    for (unsigned customer = 0; customer < 2; ++customer) {
      filter_set x{"s" + std::to_string(customer), {}, {}, {}};
      for (unsigned i = 0; i < 8; ++i)
        x.entries.push_back(draw.entry(
            std::to_string(seed) + "-" + std::to_string(i), customer));
      sets.push_back(std::move(x));
    }
    ASSERT_TRUE(uut.install({}, sets).failures.empty()) << seed;
    std::vector<crafted> packets;
    std::vector<std::uint32_t> expected;
    std::map<std::pair<std::string, std::string>, std::uint64_t> counts;
    for (std::uint32_t i = 0; i < 300; ++i) {
      auto x = draw.packet();
      x.mark = i;
      const filter_entry* decides = nullptr;
      for (const auto& set : sets)
        if (auto found = first_match(set, x)) {
          decides = found;
          ++counts[{set.id, found->id}];
        }
      auto mitigated = x.destination.starts_with("10.2.0.")
                       || x.destination.starts_with("fd00:2:0:");
      if (decides ? decides->what == filter_action::accept : !mitigated)
        expected.push_back(i);
      packets.push_back(std::move(x));
    }
    auto passed = net.pass(packets);
    std::vector<std::uint32_t> wrong;
    std::ranges::set_symmetric_difference(expected, passed,
                                          std::back_inserter(wrong));
    for (auto i : wrong)
      ADD_FAILURE() << "seed " << seed << ": " << packets[i].describe();
    for (const auto& [name, count] : counts)
      EXPECT_EQ(uut.counted(name.first, name.second, count).packets, count)
          << "seed " << seed << ": " << name.second;
    if (HasFailure())
      FAIL() << encode(sets[0]) << "\n" << encode(sets[1]);
  }
}

} // namespace tocsin::test
