#include "protocol/signal/validate.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {

namespace {

prefix net(std::string_view text) {
  return *prefix::parse(text);
}

mitigation good_entry() {
  mitigation x;
  x.what.prefixes = {net("198.51.100.0/24")};
  x.lifetime = 3600;
  return x;
}

/// The failure of a request after `change`, or one with ec::none.
template <class Change>
failure after(Change change) {
  auto x = good_entry();
  change(x);
  auto r = validate_request({{x}});
  return r ? failure{ec::none, "", ""} : r.error();
}

template <class Change>
void expect_failure(ec code, std::string_view where, Change change) {
  auto why = after(change);
  EXPECT_EQ(why.code, code) << to_string(why);
  EXPECT_EQ(why.where, where) << to_string(why);
  EXPECT_FALSE(why.detail.empty());
}

} // namespace

TEST(validate, accepts_a_request_with_all_a_client_may_say) {
  EXPECT_EQ(after([](auto& x) {
              x.what.prefixes = {net("2001:db8:6401::/48"), net("10.0.0.0/8")};
              x.what.ports = {{80, 80}, {443, 8443}};
              x.what.protocols = {0, 6, 17, 255};
              x.what.fqdns = {"www.example.net"};
              x.what.uris = {"https://www.example.net/"};
              x.what.aliases = {"web servers"};
              x.trigger_mitigation = false;
              x.attack = attack_status::under_attack;
            }),
            (failure{ec::none, "", ""}));
}

// SIG-073, SIG-119
TEST(validate, wants_exactly_one_scope_entry) {
  EXPECT_EQ(validate_request({}).error().code, ec::missing);
  auto two = validate_request({{good_entry(), good_entry()}});
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().code, ec::malformed);
  EXPECT_EQ(two.error().where, "scope");
}

// SIG-074
TEST(validate, wants_a_prefix_name_uri_or_alias) {
  expect_failure(ec::missing, "target-prefix", [](auto& x) {
    x.what = {};
    x.what.protocols = {6};
    x.what.ports = {{80, 80}};
  });
  EXPECT_EQ(after([](auto& x) {
              x.what = {};
              x.what.fqdns = {"a.example"};
            }).code,
            ec::none);
  EXPECT_EQ(after([](auto& x) {
              x.what = {};
              x.what.uris = {"http://a.example"};
            }).code,
            ec::none);
  EXPECT_EQ(after([](auto& x) {
              x.what = {};
              x.what.aliases = {"a"};
            }).code,
            ec::none);
}

// SIG-088, SIG-119, SIG-197
TEST(validate, wants_a_lifetime_except_in_an_efficacy_update) {
  expect_failure(ec::missing, "lifetime", [](auto& x) { x.lifetime.reset(); });
  EXPECT_EQ(after([](auto& x) {
              x.lifetime.reset();
              x.attack = attack_status::successfully_mitigated;
            }).code,
            ec::none);
  expect_failure(ec::out_of_range, "lifetime", [](auto& x) {
    x.lifetime = 0;
    x.attack = attack_status::under_attack;
  });
}

// SIG-121, SIG-090, SIG-317
TEST(validate, knows_which_lifetimes_there_are) {
  for (std::int64_t good : {std::int64_t{-1}, std::int64_t{1},
                            std::int64_t{3600}, std::int64_t{4294967295}})
    EXPECT_TRUE(validate_lifetime(good)) << good;
  for (std::int64_t bad : {std::int64_t{0}, std::int64_t{-2},
                           std::int64_t{4294967296}, INT64_MIN, INT64_MAX})
    EXPECT_EQ(validate_lifetime(bad).error().code, ec::out_of_range) << bad;
}

// SIG-077
TEST(validate, refuses_special_addresses) {
  for (auto text :
       {"127.0.0.1/32", "127.0.0.0/8", "::1/128", "224.0.0.0/4", "239.1.2.3",
        "ff00::/8", "ff02::1/128", "255.255.255.255/32", "0.0.0.0/0",
        "0.0.0.0/32", "::/0", "::/128", "126.0.0.0/7", "192.0.0.0/2",
        "fe00::/7", "240.0.0.0/4"}) {
    auto r = validate_prefix(net(text));
    ASSERT_FALSE(r) << text;
    EXPECT_EQ(r.error().code, ec::out_of_range);
    EXPECT_EQ(r.error().where, "target-prefix");
    expect_failure(ec::out_of_range, "target-prefix",
                   [&](auto& x) { x.what.prefixes.push_back(net(text)); });
  }
  for (auto text : {"126.0.0.0/8", "128.0.0.0/2", "192.0.2.1", "223.0.0.0/8",
                    "2001:db8::/32", "fe80::/10", "::2/128"})
    EXPECT_TRUE(validate_prefix(net(text))) << text;
}

// SIG-082: the same check for what a name resolved to.
TEST(validate, blames_the_name_for_its_addresses) {
  auto r = validate_prefix(net("127.0.0.1"), "target-fqdn");
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().where, "target-fqdn");
}

// SIG-079
TEST(validate, wants_port_ranges_in_order_and_with_distinct_starts) {
  expect_failure(ec::out_of_range, "upper-port", [](auto& x) {
    x.what.ports = {{443, 80}};
  });
  expect_failure(ec::malformed, "lower-port", [](auto& x) {
    x.what.ports = {{80, 90}, {443, 443}, {80, 80}};
  });
  EXPECT_EQ(after([](auto& x) {
              x.what.ports = {{0, 65535}, {80, 90}, {85, 100}};
            }).code,
            ec::none);
}

// SIG-081
TEST(validate, accepts_domain_names) {
  auto label = std::string(63, 'a');
  auto longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  ASSERT_EQ(longest.size(), max_fqdn_length);
  for (std::string_view name :
       {std::string_view{"example.net"}, std::string_view{"www.example.net."},
        std::string_view{"3com.example"}, std::string_view{"xn--4ca.example"},
        std::string_view{"host"}, std::string_view{"_dots.example"},
        std::string_view{longest}, std::string_view{"a.1a"}})
    EXPECT_TRUE(validate_fqdn(name)) << name;
}

TEST(validate, refuses_what_is_no_domain_name) {
  auto label = std::string(64, 'a');
  for (std::string_view name :
       {std::string_view{""}, std::string_view{"."}, std::string_view{".a"},
        std::string_view{"a..b"}, std::string_view{"a.."},
        std::string_view{"-a.example"}, std::string_view{"a-.example"},
        std::string_view{"a b.example"}, std::string_view{"a/b"},
        std::string_view{"*.example"}, std::string_view{"192.0.2.1"},
        std::string_view{"2001:db8::1"}, std::string_view{"192.0.2.0/24"},
        std::string_view{"a.192"},
        std::string_view{"b\xC3\xBC"
                         "cher.example"},
        std::string_view{"a\0b", 3}, std::string_view{label}})
    EXPECT_EQ(validate_fqdn(name).error().code, ec::malformed) << name;
  auto longest = std::string(61, 'c') + "." + std::string(63, 'a') + "."
                 + std::string(63, 'a') + "." + std::string(63, 'b');
  EXPECT_TRUE(validate_fqdn(longest));
  EXPECT_EQ(validate_fqdn("d" + longest).error().code, ec::out_of_range);
  expect_failure(ec::malformed, "target-fqdn", [](auto& x) {
    x.what.fqdns = {"a.example", "b_-.example"};
  });
}

// SIG-084, SIG-085
TEST(validate, refuses_uris_that_cannot_be_mapped) {
  expect_failure(ec::malformed, "target-uri",
                 [](auto& x) { x.what.uris = {"not a uri"}; });
  expect_failure(ec::out_of_range, "target-uri",
                 [](auto& x) { x.what.uris = {"http://127.0.0.1/"}; });
}

// SIG-075
TEST(validate, refuses_empty_and_odd_alias_names) {
  expect_failure(ec::malformed, "alias-name",
                 [](auto& x) { x.what.aliases = {""}; });
  expect_failure(ec::malformed, "alias-name",
                 [](auto& x) { x.what.aliases = {"a\nb"}; });
  expect_failure(ec::out_of_range, "alias-name", [](auto& x) {
    x.what.aliases = {std::string(max_name_length + 1, 'a')};
  });
}

// SIG-312
TEST(validate, refuses_what_only_a_server_may_say) {
  expect_failure(ec::malformed, "mid", [](auto& x) { x.mid = 1; });
  expect_failure(ec::malformed, "mitigation-start",
                 [](auto& x) { x.start = 1; });
  expect_failure(ec::malformed, "status",
                 [](auto& x) { x.state = status::stopped; });
  expect_failure(ec::malformed, "conflict-information",
                 [](auto& x) { x.conflict.emplace(); });
  expect_failure(ec::malformed, "bytes-dropped",
                 [](auto& x) { x.dropped.emplace(); });
}

TEST(validate, bounds_the_number_of_entries) {
  expect_failure(ec::too_large, "target-prefix", [](auto& x) {
    x.what.prefixes.assign(max_prefixes + 1, net("192.0.2.1"));
  });
  expect_failure(ec::too_large, "target-port-range", [](auto& x) {
    x.what.ports.assign(max_port_ranges + 1, {1, 1});
  });
  expect_failure(ec::too_large, "target-protocol", [](auto& x) {
    x.what.protocols.assign(max_protocols + 1, 6);
  });
  expect_failure(ec::too_large, "target-fqdn", [](auto& x) {
    x.what.fqdns.assign(max_fqdns + 1, "a.example");
  });
  expect_failure(ec::too_large, "target-uri", [](auto& x) {
    x.what.uris.assign(max_uris + 1, "http://a.example");
  });
  expect_failure(ec::too_large, "alias-name",
                 [](auto& x) { x.what.aliases.assign(max_aliases + 1, "a"); });
  EXPECT_EQ(after([](auto& x) {
              x.what.prefixes.assign(max_prefixes, net("192.0.2.1"));
            }).code,
            ec::none);
}

} // namespace tocsin::protocol::signal
