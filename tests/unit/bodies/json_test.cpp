#include "protocol/json/reader.hpp"
#include "protocol/signal/json.hpp"
#include "protocol/signal/response.hpp"
#include "tests/unit/bodies/hex.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {

using test::unhex;

namespace {

constexpr auto request = direction::request;
constexpr auto response = direction::response;

/// A message with one scope entry.
std::string in_scope(std::string_view members) {
  return R"({"ietf-dots-signal-channel:mitigation-scope":{"scope":[{)"
         + std::string{members} + "}]}}";
}

mitigation entry_of(const result<body>& x) {
  EXPECT_TRUE(x) << to_string(x.error());
  return x ? std::get<mitigation_scope>(*x).scope.at(0) : mitigation{};
}

} // namespace

TEST(json, reads_the_request_of_the_rfc) {
  auto x = entry_of(from_json(R"({
    "ietf-dots-signal-channel:mitigation-scope": {
      "scope": [{
        "target-prefix": ["2001:db8:6401::1/128", "2001:db8:6401::2/128"],
        "target-port-range": [{"lower-port": 80}, {"lower-port": 443},
                              {"lower-port": 8080}],
        "target-protocol": [6],
        "lifetime": 3600
      }]
    }
  })",
                              request));
  EXPECT_EQ(x.what.prefixes.size(), 2u);
  EXPECT_EQ(x.what.ports.at(2), (port_range{8080, 8080}));
  EXPECT_EQ(x.lifetime, 3600);
}

// R.3: labels and 64-bit numbers are strings, 32-bit numbers are not.
TEST(json, writes_the_types_of_the_yang_module) {
  mitigation x;
  x.mid = 12332;
  x.lifetime = -1;
  x.start = 1507818434;
  x.state = status::mitigated;
  x.trigger_mitigation = false;
  x.dropped = counters{~0ULL, 7, 3, 1};
  EXPECT_EQ(to_json(mitigation_scope{{x}}),
            in_scope(R"("mid":12332,"lifetime":-1,)"
                     R"("mitigation-start":"1507818434",)"
                     R"("status":"attack-successfully-mitigated",)"
                     R"("bytes-dropped":"18446744073709551615",)"
                     R"("bps-dropped":"3","pkts-dropped":"7",)"
                     R"("pps-dropped":"1","trigger-mitigation":false)"));
  signal_config config;
  config.idle.emplace().ack_timeout.emplace().current = 205;
  config.idle->max_retransmit.emplace().current = 3;
  EXPECT_EQ(to_json(config),
            R"({"ietf-dots-signal-channel:signal-config":{"idle-config":{)"
            R"("max-retransmit":{"current-value":3},)"
            R"("ack-timeout":{"current-value-decimal":"2.05"}}}})");
}

TEST(json, reads_numbers_in_strings_and_bare) {
  for (auto text : {R"("mid":"7","mitigation-start":"8","bytes-dropped":"9")",
                    R"("mid":7,"mitigation-start":8,"bytes-dropped":9)"}) {
    auto x = entry_of(from_json(in_scope(text), response));
    EXPECT_EQ(x.mid, 7u);
    EXPECT_EQ(x.start, 8u);
    EXPECT_EQ(x.dropped->bytes_dropped, 9u);
  }
  auto x = entry_of(
      from_json(in_scope(R"("bytes-dropped":18446744073709551615)"), response));
  EXPECT_EQ(x.dropped->bytes_dropped, ~0ULL);
}

TEST(json, reads_decimals_of_at_most_two_digits) {
  auto parse = [](std::string_view value) {
    return from_json(R"({"ietf-dots-signal-channel:signal-config":)"
                     R"({"idle-config":{"ack-timeout":)"
                     R"({"current-value-decimal":)"
                         + std::string{value} + "}}}}",
                     request);
  };
  struct {
    std::string_view text;
    std::uint32_t hundredths;
  } rows[]{{"\"2.00\"", 200}, {"\"2\"", 200},   {"\"1.5\"", 150},
           {"\"0.05\"", 5},   {"1.1", 110},     {"2", 200},
           {"4.35", 435},     {"655.35", 65535}};
  for (const auto& row : rows) {
    auto r = parse(row.text);
    ASSERT_TRUE(r) << row.text << to_string(r.error());
    EXPECT_EQ(std::get<signal_config>(*r).idle->ack_timeout->current,
              row.hundredths);
  }
  for (auto text : {"\"\"", "\"1.\"", "\".5\"", "\"1.005\"", "\"-1\"",
                    "\"1.-5\"", "1.005", "-1", "1e300", "true", "\"1,5\""})
    EXPECT_EQ(parse(text).error().code, ec::malformed) << text;
}

TEST(json, is_as_strict_as_cbor) {
  struct {
    std::string text;
    direction way;
    ec code;
    std::string_view where;
  } rows[]{
      {"", request, ec::malformed, "json"},
      {"{", request, ec::malformed, "json"},
      {"[]", request, ec::malformed, "json"},
      {"7", request, ec::malformed, "json"},
      {"{} {}", request, ec::malformed, "json"},
      {"{}", request, ec::missing, "dots-signal"},
      {R"({"x":1})", request, ec::unknown, "json"},
      {R"({"mitigation-scope":{"scope":[{"lifetime":1}]}})", request,
       ec::unknown, "json"},
      {in_scope(R"("lifetim":1)"), request, ec::unknown, "json"},
      {in_scope(R"("lifetime":1,"lifetime":1)"), request, ec::malformed,
       "lifetime"},
      {in_scope(R"("lifetime":-2)"), request, ec::out_of_range, "lifetime"},
      {in_scope(R"("lifetime":1.5)"), request, ec::malformed, "lifetime"},
      {in_scope(R"("lifetime":"+1")"), request, ec::malformed, "lifetime"},
      {in_scope(R"("lifetime":"1 ")"), request, ec::malformed, "lifetime"},
      {in_scope(R"("lifetime":null)"), request, ec::malformed, "lifetime"},
      {in_scope(R"("lifetime":true)"), request, ec::malformed, "lifetime"},
      {in_scope(R"("lifetime":99999999999999999999)"), request, ec::malformed,
       "json"},
      {in_scope(R"("target-protocol":[256])"), request, ec::out_of_range,
       "target-protocol"},
      {in_scope(R"("target-protocol":6)"), request, ec::malformed,
       "target-protocol"},
      {in_scope(R"("target-prefix":[])"), request, ec::malformed,
       "target-prefix"},
      {in_scope(R"("target-prefix":["x"])"), request, ec::malformed,
       "target-prefix"},
      {in_scope(R"("target-prefix":[7])"), request, ec::malformed,
       "target-prefix"},
      {in_scope(R"("alias-name":["a\u0000b"])"), request, ec::malformed,
       "alias-name"},
      {in_scope(R"("target-port-range":[{"upper-port":1}])"), request,
       ec::missing, "lower-port"},
      {in_scope(R"("trigger-mitigation":"true")"), request, ec::malformed,
       "trigger-mitigation"},
      {in_scope(R"("attack-status":"under-fire")"), request, ec::malformed,
       "attack-status"},
      {in_scope(R"("attack-status":1)"), request, ec::malformed,
       "attack-status"},
      {in_scope(R"("status":"attack-stopped")"), request, ec::malformed,
       "status"},
      {in_scope(R"("cuid":"x")"), request, ec::malformed, "cuid"},
      {in_scope(R"("mid":1)"), request, ec::malformed, "mid"},
      {R"({"ietf-dots-signal-channel:heartbeat":[]})", request, ec::malformed,
       "ietf-dots-signal-channel:heartbeat"},
      {std::string(200, '[') + std::string(200, ']'), request, ec::too_large,
       "json"},
      {std::string(4 * max_body_size + 1, ' '), request, ec::too_large, "json"},
  };
  for (const auto& row : rows) {
    auto r = from_json(row.text, row.way);
    ASSERT_FALSE(r) << row.text.substr(0, 120);
    EXPECT_EQ(r.error().code, row.code)
        << row.text.substr(0, 120) << to_string(r.error());
    EXPECT_EQ(r.error().where, row.where)
        << row.text.substr(0, 120) << to_string(r.error());
  }
}

TEST(json, names_the_labels_when_one_is_wrong) {
  auto r = from_json(in_scope(R"("attack-status":"x")"), request);
  EXPECT_EQ(r.error().detail,
            "one of under-attack, attack-successfully-mitigated expected");
}

TEST(json, shows_any_message_even_one_that_breaks_rules) {
  auto shown = [](std::string_view text) {
    auto r = cbor_to_json(unhex(text));
    return r ? *r : to_string(r.error());
  };
  EXPECT_EQ(
      shown("A1 18 31 A1 18 33 F5"),
      R"({"ietf-dots-signal-channel:heartbeat":{"peer-hb-status":true}})");
  EXPECT_EQ(shown("D9010F BF 18 80 83 42 01FF F6 3A 00000063 10 18 2A"
                  "19 C000 7F 61 61 61 62 FF 61 78 F9 3C00 20 C1 00 FF"),
            R"({"128":["01ff",null,-100],"status":42,"49152":"ab","x":null,)"
            R"("-1":0})");
  EXPECT_EQ(shown("A1 18 27 A1 18 2B C4 82 21 18 69"),
            R"({"ack-timeout":{"current-value-decimal":"1.05"}})");
  EXPECT_EQ(shown("A1 18 C8 1B FFFFFFFFFFFFFFFF"),
            R"({"200":"18446744073709551615"})");
  EXPECT_EQ(shown("A1 18 2B C4 82 20 01"),
            R"({"current-value-decimal":[-1,1]})");
  EXPECT_EQ(shown("A1 18 2B C4 81 21"), R"({"current-value-decimal":[-2]})");
  for (auto text : {"", "00", "A1", "A1 01", "A1 01 FF", "A0 00", "A1 F5 00"})
    EXPECT_FALSE(cbor_to_json(unhex(text))) << text;
}

TEST(json_reader, gives_nothing_for_the_wrong_type) {
  auto doc = json::document::parse(
      R"({"a":1,"b":"x","c":[true,null],"d":-2,"e":1.5,"a":2})");
  ASSERT_TRUE(doc);
  auto root = doc->root();
  EXPECT_EQ(root.members().size(), 6u);
  EXPECT_EQ(root.find("a")->unsigned_integer(), 1u);
  EXPECT_EQ(root.find("d")->unsigned_integer(), std::nullopt);
  EXPECT_EQ(root.find("d")->integer(), -2);
  EXPECT_EQ(root.find("e")->integer(), std::nullopt);
  EXPECT_EQ(root.find("e")->number(), 1.5);
  EXPECT_EQ(root.find("b")->text(), "x");
  EXPECT_EQ(root.find("b")->boolean(), std::nullopt);
  EXPECT_EQ(root.find("c")->elements().at(0).boolean(), true);
  EXPECT_TRUE(root.find("c")->members().empty());
  EXPECT_FALSE(root.find("z"));
  EXPECT_FALSE(root.find("b")->find("z"));
}

} // namespace tocsin::protocol::signal
