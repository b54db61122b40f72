#pragma once
#include "protocol/signal/codec.hpp"

#include <random>
#include <string>

/// Bodies made from a seed: the same seed gives the same body.
namespace tocsin::test {

class body_maker {
public:
  explicit body_maker(unsigned seed) : engine_{seed} {}

private:
  using u64 = std::uint64_t;

  u64 below(u64 n) { return engine_() % n; }
  bool coin() { return below(2) == 0; }

  /// Values of all magnitudes, borders among them.
  u64 number(u64 max) {
    switch (below(4)) {
    case 0:
      return max;
    case 1:
      return 0;
    case 2:
      return below(30) % (max < 30 ? max + 1 : 30);
    default:
      return max == ~u64{0} ? engine_() : engine_() % (max + 1);
    }
  }

  std::string text() {
    static constexpr std::string_view pieces[]{
        "a", "-", ".", "\xC3\xA4", "\xE2\x82\xAC", " ", "\"", "7"};
    std::string out = "x";
    for (auto n = below(40); n > 0; --n)
      out += pieces[below(std::size(pieces))];
    return out;
  }

  template <class Make>
  auto some(Make make) {
    std::vector<decltype(make())> out;
    for (auto n = below(4); n > 0; --n)
      out.push_back(make());
    return out;
  }

  template <class Make>
  auto maybe(Make make) {
    return coin() ? std::optional{make()} : std::nullopt;
  }

  protocol::signal::prefix net() {
    using protocol::signal::prefix;
    std::array<std::uint8_t, 16> octets{};
    for (auto& x : octets)
      x = static_cast<std::uint8_t>(below(256));
    auto family = coin() ? prefix::family::ipv4 : prefix::family::ipv6;
    return {family, octets, static_cast<std::uint8_t>(below(129))};
  }

  protocol::signal::target target() {
    protocol::signal::target x;
    x.prefixes = some([&] { return net(); });
    x.ports = some([&] {
      return protocol::signal::port_range{
          static_cast<std::uint16_t>(number(65535)),
          static_cast<std::uint16_t>(number(65535))};
    });
    x.protocols = some([&] { return static_cast<std::uint8_t>(number(255)); });
    x.fqdns = some([&] { return text(); });
    x.uris = some([&] { return text(); });
    x.aliases = some([&] { return text(); });
    return x;
  }

  std::uint32_t number32() {
    return static_cast<std::uint32_t>(number(0xFFFFFFFF));
  }

  protocol::signal::setting setting(bool answer, u64 max) {
    auto value = [&] { return static_cast<std::uint32_t>(number(max)); };
    protocol::signal::setting x;
    x.current = maybe(value);
    if (answer) {
      x.max = maybe(value);
      x.min = maybe(value);
    }
    return x;
  }

  protocol::signal::config_set config_set(bool answer) {
    auto whole = [&] { return setting(answer, 65535); };
    auto decimal = [&] { return setting(answer, 6553500); };
    protocol::signal::config_set x;
    x.heartbeat_interval = maybe(whole);
    x.missing_hb_allowed = maybe(whole);
    x.probing_rate = maybe(whole);
    x.max_retransmit = maybe(whole);
    x.ack_timeout = maybe(decimal);
    x.ack_random_factor = maybe(decimal);
    return x;
  }

  protocol::signal::signal_config config(bool answer) {
    protocol::signal::signal_config x;
    x.mitigating = maybe([&] { return config_set(answer); });
    x.idle = maybe([&] { return config_set(answer); });
    return x;
  }

  protocol::signal::conflict_information conflict() {
    using namespace protocol::signal;
    conflict_information x;
    x.status = maybe([&] { return conflict_status(1 + below(3)); });
    x.cause = maybe([&] { return conflict_cause(1 + below(3)); });
    x.retry_timer = maybe([&] { return number32(); });
    x.scope = maybe([&] {
      conflict_scope y;
      y.what = target();
      y.mid = maybe([&] { return number32(); });
      y.acls = some([&] {
        return conflict_scope::acl{text(), coin() ? text() : std::string{}};
      });
      return y;
    });
    return x;
  }

  protocol::signal::mitigation mitigation(bool answer) {
    using namespace protocol::signal;
    protocol::signal::mitigation x;
    x.what = target();
    x.lifetime = maybe(
        [&] { return static_cast<std::int64_t>(number(0x100000000)) - 1; });
    x.trigger_mitigation = maybe([&] { return coin(); });
    x.acls = some([&] {
      return filter_control{text(),
                            maybe([&] { return activation(1 + below(3)); })};
    });
    if (!answer) {
      x.attack = maybe([&] { return attack_status(1 + below(2)); });
      return x;
    }
    x.mid = maybe([&] { return number32(); });
    x.start = maybe([&] { return number(~u64{0}); });
    x.state = maybe([&] { return status(1 + below(8)); });
    x.conflict = maybe([&] { return conflict(); });
    x.dropped = maybe([&] {
      return counters{number(~u64{0}), number(~u64{0}), number(~u64{0}),
                      number(~u64{0})};
    });
    return x;
  }

  protocol::signal::mitigation_scope mitigations(bool answer) {
    return {some([&] { return mitigation(answer); })};
  }

  std::mt19937_64 engine_;

public:
  protocol::signal::body make(protocol::signal::direction way) {
    using namespace protocol::signal;
    bool answer = way == direction::response;
    switch (below(answer ? 4 : 3)) {
    case 0:
      return heartbeat_body{coin()};
    case 1:
      return config(answer);
    case 2:
      return mitigations(answer);
    default:
      return redirected_signal{text(),
                               some([&] { return net().address_string(); })};
    }
  }
};

} // namespace tocsin::test
