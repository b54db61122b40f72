#include "protocol/signal/scope_index.hpp"

#include "protocol/signal/scope.hpp"
#include "tests/unit/scopes/make.hpp"

#include <algorithm>
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace tocsin::protocol::signal {
namespace {

using test::at;
using test::named;
using test::with_alias;
using test::with_uri;
using testing::ElementsAre;
using testing::IsEmpty;

using ids = std::vector<scope_index::id_type>;

// SIG-125
TEST(scope_index, finds_what_contains_equals_or_lies_inside) {
  scope_index uut;
  uut.insert(1, at({"10.0.0.0/8"}));
  uut.insert(2, at({"10.1.0.0/16", "2001:db8::/32"}));
  uut.insert(3, at({"10.1.2.0/24"}));
  uut.insert(4, at({"10.1.2.0/24"}));
  uut.insert(5, at({"10.2.0.0/16"}));
  EXPECT_THAT(uut.overlapping(at({"10.1.2.0/24"})), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(uut.overlapping(at({"10.1.0.0/16"})), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(uut.overlapping(at({"10.3.0.1"})), ElementsAre(1));
  EXPECT_THAT(uut.overlapping(at({"0.0.0.0/0"})), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(uut.overlapping(at({"2001:db8:1::1"})), ElementsAre(2));
  EXPECT_THAT(uut.overlapping(at({"11.0.0.0/8", "::1"})), IsEmpty());
}

// SIG-125
TEST(scope_index, finds_names_uris_and_aliases) {
  scope_index uut;
  uut.insert(1, named("www.example.com"));
  uut.insert(2, with_uri("https://www.example.com:8443/x"));
  uut.insert(3, with_alias("web"));
  uut.insert(4, with_uri("https://192.0.2.1/"));
  uut.insert(5, with_uri("urn:example:a"));
  EXPECT_THAT(uut.overlapping(named("WWW.EXAMPLE.COM")), ElementsAre(1, 2));
  EXPECT_THAT(uut.overlapping(with_alias("web")), ElementsAre(3));
  EXPECT_THAT(uut.overlapping(at({"192.0.2.0/24"})), ElementsAre(4));
  EXPECT_THAT(uut.overlapping(with_uri("URN:example:a")), ElementsAre(5));
  EXPECT_THAT(uut.overlapping(named("web")), IsEmpty());
}

TEST(scope_index, insert_replaces_and_erase_leaves_nothing_behind) {
  scope_index uut;
  auto what = at({"192.0.2.0/24", "192.0.3.0/25", "2001:db8::/48"});
  what.fqdns = {"a.example", "b.example"};
  uut.insert(7, what);
  uut.insert(7, at({"198.51.100.0/24"}));
  EXPECT_EQ(uut.size(), 1u);
  EXPECT_THAT(uut.overlapping(what), IsEmpty());
  EXPECT_THAT(uut.overlapping(at({"198.51.100.9"})), ElementsAre(7));
  EXPECT_TRUE(uut.contains(7));
  EXPECT_TRUE(uut.erase(7));
  EXPECT_FALSE(uut.erase(7));
  EXPECT_TRUE(uut.empty());
  EXPECT_EQ(uut.in_use(), scope_index::usage{});
}

/// Random scopes in a small space, so that most of them meet.
class generator {
public:
  explicit generator(unsigned seed) : engine_{seed} {}

  unsigned below(unsigned n) { return static_cast<unsigned>(engine_() % n); }

  prefix any_prefix() {
    std::array<std::uint8_t, 16> octets{};
    bool v4 = below(3) != 0;
    for (auto i : {0u, 1u, 2u, 3u, 14u, 15u})
      octets[i] = static_cast<std::uint8_t>(below(4) * 85);
    return {v4 ? prefix::family::ipv4 : prefix::family::ipv6, octets,
            static_cast<std::uint8_t>(below(v4 ? 33 : 129))};
  }

  target any_target() {
    target out;
    for (auto n = below(4); n > 0; --n)
      out.prefixes.push_back(any_prefix());
    if (below(3) == 0)
      out.fqdns.push_back("h" + std::to_string(below(20)) + ".example");
    if (below(5) == 0)
      out.uris.push_back("https://h" + std::to_string(below(20)) + ".example/");
    if (below(5) == 0)
      out.aliases.push_back("a" + std::to_string(below(20)));
    return out;
  }

private:
  std::mt19937 engine_;
};

TEST(scope_index, agrees_with_comparing_everything) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    generator any{seed};
    scope_index uut;
    std::map<scope_index::id_type, target> all;
    for (int i = 0; i < 400; ++i) {
      auto id = any.below(60);
      if (any.below(3) == 0) {
        EXPECT_EQ(uut.erase(id), all.erase(id) == 1);
      } else {
        all[id] = any.any_target();
        uut.insert(id, all[id]);
      }
      auto query = any.any_target();
      ids expected;
      for (const auto& [key, what] : all)
        if (overlaps(what, query))
          expected.push_back(key);
      ASSERT_EQ(uut.overlapping(query), expected) << "seed " << seed;
    }
    for (scope_index::id_type id = 0; id < 60; ++id)
      uut.erase(id);
    EXPECT_EQ(uut.in_use(), scope_index::usage{}) << "seed " << seed;
  }
}

/// Prefix number `i` of 100,000 disjoint ones, half of them IPv6.
prefix numbered(unsigned i) {
  auto high = static_cast<std::uint8_t>(i >> 16);
  auto mid = static_cast<std::uint8_t>(i >> 8);
  auto low = static_cast<std::uint8_t>(i);
  if (i % 2 == 0)
    return {prefix::family::ipv4, {10, high, mid, low}, 32};
  return {prefix::family::ipv6, {0x20, 1, 0xd, 0xb8, high, mid, low}, 56};
}

template <class F>
auto time_of(F f) {
  auto begin = std::chrono::steady_clock::now();
  f();
  return std::chrono::steady_clock::now() - begin;
}

TEST(scope_index, holds_100000_prefixes_in_two_nodes_each) {
  constexpr unsigned count = 100000;
  scope_index uut;
  for (unsigned i = 0; i < count; ++i) {
    target what;
    what.prefixes = {numbered(i)};
    uut.insert(i, what);
  }
  auto used = uut.in_use();
  EXPECT_LE(used.nodes, 2 * count);
  EXPECT_EQ(used.entries, count);
  for (unsigned i = 0; i < count; i += 97) {
    target what;
    what.prefixes = {numbered(i)};
    ASSERT_THAT(uut.overlapping(what), ElementsAre(i));
  }
  for (unsigned i = 0; i < count; ++i)
    uut.erase(i);
  EXPECT_EQ(uut.in_use(), scope_index::usage{});
}

// Ratio, not time: a walk over all entries would be 100 times slower.
TEST(scope_index, a_query_does_not_cost_more_among_many_others) {
  auto fill = [](scope_index& index, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      target what;
      what.prefixes = {numbered(i)};
      index.insert(i, what);
    }
  };
  scope_index few, many;
  fill(few, 500);
  fill(many, 50000);
  auto query = [](const scope_index& index) {
    auto best = std::chrono::steady_clock::duration::max();
    for (int round = 0; round < 5; ++round)
      best = std::min<std::chrono::steady_clock::duration>(
          best, time_of([&] {
            for (unsigned i = 0; i < 500; ++i)
              (void)index.overlapping(at({"10.0.1.2", "10.0.1.7"}));
          }));
    return best;
  };
  EXPECT_LT(query(many), 10 * query(few));
}

} // namespace
} // namespace tocsin::protocol::signal
