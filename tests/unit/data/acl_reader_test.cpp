#include "bodies.hpp"

#include <gtest/gtest.h>

using namespace tocsin::protocol;
using namespace tocsin::protocol::data;
using namespace tocsin::protocol::data::test;
using yang::error_tag;

namespace {

void expect_refused(const std::string& members, error_tag tag,
                    const std::string& path, const acl_policy& policy = {}) {
  auto why = refusal(members, policy);
  EXPECT_EQ(yang::to_string(why.tag), yang::to_string(tag)) << members;
  EXPECT_EQ(why.path, path) << members << "\n" << why.message;
}

void expect_accepted(const std::string& members,
                     const acl_policy& policy = {}) {
  EXPECT_EQ(refusal(members, policy), yang::error{}) << members;
}

} // namespace

// DATA-090, DATA-093, DATA-117
TEST(acl_reader, the_example_of_rfc_8783_is_understood) {
  auto body = acls(
      R"({"name":"sample-ipv4-acl","type":"ipv4-acl-type",
          "activation-type":"activate-when-mitigating",
          "aces":{"ace":[{"name":"rule1",
            "matches":{"ipv4":{"source-ipv4-network":"203.0.113.0/24"}},
            "actions":{"forwarding":"drop"}}]}})");
  expect_accepted(body);
  auto tree = client_tree(body);
  ASSERT_TRUE(tree);
  auto at = entry_path("c", entry_kind::acl, "sample-ipv4-acl");
  auto x = read_acl(*yang::find(*tree, at), at);
  ASSERT_TRUE(x);
  ip_match ip;
  ip.source = net("203.0.113.0/24");
  acl wanted{"sample-ipv4-acl",
             acl_type::ipv4,
             activation::activate_when_mitigating,
             {{"rule1", {ip, {}}, forwarding::drop, {}}}};
  EXPECT_EQ(*x, wanted);
}

// DATA-089, DATA-191
TEST(acl_reader, activation_is_when_mitigating_unless_said) {
  auto tree = client_tree(acls(R"({"name":"a"})"));
  ASSERT_TRUE(tree);
  auto at = entry_path("c", entry_kind::acl, "a");
  auto x = read_acl(*yang::find(*tree, at), at);
  ASSERT_TRUE(x);
  EXPECT_EQ(x->when, activation::activate_when_mitigating);
}

// DATA-117
TEST(acl_reader, identities_may_be_qualified) {
  auto bare = understood("ipv4-acl-type", R"("tcp":{})");
  auto qualified =
      understood("ietf-access-control-list:ipv4-acl-type", R"("tcp":{})",
                 R"("forwarding":"ietf-access-control-list:drop")");
  EXPECT_EQ(bare.name, "e");
  EXPECT_EQ(bare, qualified);
}

// DATA-091, DATA-159
TEST(acl_reader, matches_of_another_family_are_unknown) {
  expect_refused(one_ace("ipv4-acl-type", R"("ipv6":{"length":1})"),
                 error_tag::unknown_element, ace_at("/matches/ipv6"));
  expect_refused(one_ace("ipv6-acl-type", R"("ipv4":{"length":1})"),
                 error_tag::unknown_element, ace_at("/matches/ipv4"));
  expect_refused(one_ace("", R"("ipv4":{"length":1})"),
                 error_tag::unknown_element, ace_at("/matches/ipv4"));
}

// DATA-195
TEST(acl_reader, an_acl_without_type_holds_transport_matches) {
  auto x = understood("", R"("tcp":{"flags-bitmask":{"bitmask":2}})");
  EXPECT_EQ(x.name, "e");
  EXPECT_FALSE(x.match.ip);
}

// DATA-067
TEST(acl_reader, the_type_of_an_acl_says_the_family_of_its_entries) {
  auto x = understood("ipv6-acl-type", R"("icmp":{"type":128,"code":0})");
  ASSERT_TRUE(x.match.ip);
  EXPECT_EQ(x.match.ip->family, prefix::family::ipv6);
  EXPECT_EQ(x.match.l4, (l4_match{icmp_match{128, 0}}));
}

// DATA-088, DATA-062
TEST(acl_reader, other_types_and_reject_are_invalid_values) {
  for (std::string type : {"eth-acl-type", "mixed-eth-ipv4-acl-type"})
    expect_refused(one_ace(type, ""), error_tag::invalid_value,
                   acl_at("/type"));
  expect_refused(one_ace("", "", R"("forwarding":"reject")"),
                 error_tag::invalid_value, ace_at("/actions/forwarding"));
}

// DATA-092
TEST(acl_reader, one_network_header_and_one_transport_header_each) {
  expect_refused(one_ace("ipv4-acl-type", R"("ipv4":{},"ipv6":{})"),
                 error_tag::bad_element, ace_at("/matches/ipv6"));
  expect_refused(one_ace("", R"("tcp":{},"udp":{})"), error_tag::bad_element,
                 ace_at("/matches/udp"));
}

// DATA-093, DATA-094
TEST(acl_reader, operands_are_mandatory_where_their_container_stands) {
  expect_accepted(
      one_ace("ipv4-acl-type", R"("ipv4":{"protocol":6},"tcp":{})"));
  expect_refused(
      one_ace("ipv4-acl-type", R"("ipv4":{"fragment":{"operator":"match"}})"),
      error_tag::missing_attribute, ace_at("/matches/ipv4/fragment/type"));
  expect_refused(one_ace("", R"("tcp":{"flags-bitmask":{}})"),
                 error_tag::missing_attribute,
                 ace_at("/matches/tcp/flags-bitmask/bitmask"));
}

// DATA-095, DATA-097, DATA-100
TEST(acl_reader, operators_are_match_any_and_their_negation) {
  auto flags = [](const std::string& op) {
    auto x =
        understood("", R"("tcp":{"flags-bitmask":{"bitmask":4095)" + op + "}}");
    return std::get<tcp_match>(x.match.l4).flags.value();
  };
  EXPECT_EQ(flags(""), (bits_match{false, false, 4095}));
  EXPECT_EQ(flags(R"(,"operator":"match")"), (bits_match{false, false, 4095}));
  EXPECT_EQ(flags(R"(,"operator":"any")"), (bits_match{true, false, 4095}));
  EXPECT_EQ(flags(R"(,"operator":"not any")"), (bits_match{true, true, 4095}));
  EXPECT_EQ(flags(R"(,"operator":"not match")"),
            (bits_match{false, true, 4095}));
  EXPECT_EQ(flags(R"(,"operator":"not")"), (bits_match{false, true, 4095}));
  EXPECT_EQ(flags(R"(,"operator":"")"), (bits_match{false, false, 4095}));
}

// DATA-096
TEST(acl_reader, match_and_any_exclude_each_other) {
  expect_refused(
      one_ace(
          "",
          R"("tcp":{"flags-bitmask":{"operator":"match any","bitmask":2}})"),
      error_tag::invalid_value, ace_at("/matches/tcp/flags-bitmask/operator"));
  expect_refused(
      one_ace("ipv4-acl-type",
              R"("ipv4":{"fragment":{"operator":"match any","type":"isf"}})"),
      error_tag::invalid_value, ace_at("/matches/ipv4/fragment/operator"));
}

// DATA-076, DATA-100
TEST(acl_reader, the_data_offset_takes_no_part_in_a_bitmask) {
  auto x = understood("", R"("tcp":{"flags-bitmask":{"bitmask":61442}})");
  EXPECT_EQ(std::get<tcp_match>(x.match.l4).flags,
            (bits_match{false, false, 2}));
}

// DATA-098, DATA-099, DATA-075
TEST(acl_reader, fragments_are_bits_and_df_is_for_ipv4_only) {
  auto x = understood(
      "ipv4-acl-type",
      R"("ipv4":{"fragment":{"operator":"any","type":"df isf ff lf"}})");
  ASSERT_TRUE(x.match.ip);
  EXPECT_EQ(x.match.ip->fragment, (bits_match{true, false, 15}));
  expect_refused(
      one_ace("ipv6-acl-type", R"("ipv6":{"fragment":{"type":"df isf"}})"),
      error_tag::invalid_value, ace_at("/matches/ipv6/fragment/type"));
  expect_accepted(
      one_ace("ipv6-acl-type", R"("ipv6":{"fragment":{"type":"isf"}})"));
}

// DATA-101, DATA-070, DATA-071
TEST(acl_reader, ports_are_ranges_or_an_operator_with_a_port) {
  auto port = [](const std::string& text) {
    auto x = understood("", R"("udp":{"destination-port-range-or-operator":{)"
                                + text + "}}");
    return std::get<udp_match>(x.match.l4).destination.value();
  };
  EXPECT_EQ(port(R"("lower-port":80,"upper-port":90)"),
            (port_match{{80, 90}, false}));
  EXPECT_EQ(port(R"("port":53)"), (port_match{{53, 53}, false}));
  EXPECT_EQ(port(R"("operator":"eq","port":53)"),
            (port_match{{53, 53}, false}));
  EXPECT_EQ(port(R"("operator":"neq","port":53)"),
            (port_match{{53, 53}, true}));
  EXPECT_EQ(port(R"("operator":"lte","port":53)"),
            (port_match{{0, 53}, false}));
  EXPECT_EQ(port(R"("operator":"gte","port":53)"),
            (port_match{{53, 65535}, false}));
}

// DATA-101
TEST(acl_reader, broken_ports_are_refused_where_they_break) {
  auto with = [](const std::string& text) {
    return one_ace("",
                   R"("tcp":{"source-port-range-or-operator":{)" + text + "}}");
  };
  auto at = ace_at("/matches/tcp/source-port-range-or-operator");
  expect_refused(with(R"("lower-port":90,"upper-port":80)"),
                 error_tag::invalid_value, at + "/upper-port");
  expect_refused(with(R"("lower-port":90)"), error_tag::missing_attribute,
                 at + "/upper-port");
  expect_refused(with(R"("operator":"lte")"), error_tag::missing_attribute,
                 at + "/port");
  expect_refused(with(R"()"), error_tag::missing_attribute, at + "/port");
  EXPECT_EQ(refusal(with(R"("lower-port":1,"upper-port":2,"port":3)")).tag,
            error_tag::bad_element);
}

// DATA-102, DATA-106, DATA-114
TEST(acl_reader, numbers_out_of_range_are_invalid_values) {
  for (std::string field :
       {R"("dscp":64)", R"("ecn":4)", R"("ttl":256)", R"("length":65536)",
        R"("protocol":256)", R"("protocol":"6")"})
    EXPECT_EQ(refusal(one_ace("ipv4-acl-type", "\"ipv4\":{" + field + "}")).tag,
              error_tag::invalid_value)
        << field;
  EXPECT_EQ(refusal(one_ace("", R"("icmp":{"type":256})")).tag,
            error_tag::invalid_value);
}

// DATA-068, DATA-069, DATA-102
TEST(acl_reader, every_field_of_an_ip_header_is_read) {
  auto x = understood("ipv6-acl-type", R"("ipv6":{"dscp":46,"ecn":1,
      "length":1280,"ttl":64,"protocol":17,
      "destination-ipv6-network":"2001:db8:1::/48",
      "source-ipv6-network":"2001:db8:2::/48"})");
  ip_match ip;
  ip.family = prefix::family::ipv6;
  ip.destination = net("2001:db8:1::/48");
  ip.source = net("2001:db8:2::/48");
  ip.protocol = 17;
  ip.length = 1280;
  ip.dscp = 46;
  ip.ecn = 1;
  ip.ttl = 64;
  EXPECT_EQ(x.match.ip, ip);
}

// DATA-074, DATA-103, DATA-104, DATA-105, DATA-182, DATA-221
TEST(acl_reader, fields_that_are_not_supported_are_unknown) {
  auto ip = [](std::string v, std::string field) {
    return one_ace(v + "-acl-type", "\"" + v + "\":{" + field + "}");
  };
  for (std::string field : {R"("ihl":5)", R"("flags":"more")", R"("offset":20)",
                            R"("identification":1)"})
    EXPECT_EQ(refusal(ip("ipv4", field)).tag, error_tag::unknown_element);
  EXPECT_EQ(refusal(ip("ipv6", R"("flow-label":1)")).tag,
            error_tag::unknown_element);
  for (std::string field :
       {R"("flags":"syn")", R"("window-size":1)", R"("source-port":80)",
        R"("flags-bitmask":{"bitmask":2},"flags":"syn")"})
    EXPECT_EQ(refusal(one_ace("", "\"tcp\":{" + field + "}")).tag,
              error_tag::unknown_element);
  EXPECT_EQ(refusal(one_ace("", R"("icmp":{"rest-of-header":"AAAA"})")).tag,
            error_tag::unknown_element);
}

// DATA-182
TEST(acl_reader, fields_that_the_drivers_lack_are_unknown) {
  acl_policy poor;
  poor.can.dscp = poor.can.ttl = poor.can.rate_limit = poor.can.ipv6 = false;
  expect_refused(one_ace("ipv4-acl-type", R"("ipv4":{"dscp":1})"),
                 error_tag::unknown_element, ace_at("/matches/ipv4/dscp"),
                 poor);
  expect_refused(one_ace("ipv4-acl-type", R"("ipv4":{"ttl":1})"),
                 error_tag::unknown_element, ace_at("/matches/ipv4/ttl"), poor);
  expect_accepted(one_ace("ipv4-acl-type", R"("ipv4":{"ecn":1})"), poor);
  expect_refused(one_ace("", "", R"("forwarding":"accept","rate-limit":"1.0")"),
                 error_tag::unknown_element, ace_at("/actions/rate-limit"),
                 poor);
  expect_refused(one_ace("ipv6-acl-type", ""), error_tag::invalid_value,
                 acl_at("/type"), poor);
}

// DATA-107, DATA-186
TEST(acl_reader, an_entry_needs_an_action) {
  expect_refused(acls(R"({"name":"a","aces":{"ace":[{"name":"e"}]}})"),
                 error_tag::missing_attribute, ace_at("/actions/forwarding"));
}

// DATA-064
TEST(acl_reader, an_entry_without_matches_is_fine) {
  expect_accepted(acls(R"({"name":"a","aces":{"ace":[{"name":"e",
      "actions":{"forwarding":"accept"}}]}})"));
}

// DATA-063, DATA-108, DATA-109, DATA-115
TEST(acl_reader, a_rate_goes_with_accept_and_is_not_negative) {
  auto rate = [](const std::string& text) {
    return understood("", "",
                      R"("forwarding":"accept","rate-limit":")" + text + "\"")
        .rate;
  };
  EXPECT_EQ(rate("20.00"), 2000u);
  EXPECT_EQ(rate("20.0"), 2000u);
  EXPECT_EQ(rate("0.05"), 5u);
  EXPECT_EQ(rate("0.00"), 0u);
  expect_refused(one_ace("", "", R"("forwarding":"drop","rate-limit":"1.0")"),
                 error_tag::unknown_element, ace_at("/actions/rate-limit"));
  expect_refused(
      one_ace("", "", R"("forwarding":"accept","rate-limit":"-1.00")"),
      error_tag::invalid_value, ace_at("/actions/rate-limit"));
}

// DATA-187
TEST(acl_reader, an_immediate_acl_needs_destinations_unless_lenient) {
  auto body = acls(R"({"name":"a","type":"ipv4-acl-type",
      "activation-type":"immediate","aces":{"ace":[{"name":"e",
      "matches":{"ipv4":{"protocol":17}},
      "actions":{"forwarding":"drop"}}]}})");
  expect_refused(body, error_tag::missing_attribute, ace_at("/matches"));
  acl_policy lenient;
  lenient.immediate_needs_destination = false;
  expect_accepted(body, lenient);
  body.replace(body.find("\"protocol\":17"), 13,
               R"("destination-ipv4-network":"192.0.2.0/25")");
  expect_accepted(body);
}

// DATA-189, DATA-241
TEST(acl_reader, destinations_lie_within_the_customer) {
  expect_refused(
      one_ace("ipv4-acl-type",
              R"("ipv4":{"destination-ipv4-network":"198.51.100.0/24"})"),
      error_tag::access_denied,
      ace_at("/matches/ipv4/destination-ipv4-network"));
  expect_refused(one_ace("ipv4-acl-type",
                         R"("ipv4":{"destination-ipv4-network":"0.0.0.0/0"})"),
                 error_tag::access_denied,
                 ace_at("/matches/ipv4/destination-ipv4-network"));
  expect_refused(
      one_ace("ipv6-acl-type",
              R"("ipv6":{"destination-ipv6-network":"2001:db9::/32"})"),
      error_tag::access_denied,
      ace_at("/matches/ipv6/destination-ipv6-network"));
  expect_accepted(
      one_ace("ipv6-acl-type",
              R"("ipv6":{"destination-ipv6-network":"2001:db8:5::/48",
                         "source-ipv6-network":"::/0"})"));
}

// DATA-080
TEST(acl_reader, names_have_1_to_64_characters) {
  expect_accepted(acls("{\"name\":\"" + std::string(64, 'x') + "\"}"));
  EXPECT_EQ(refusal(acls("{\"name\":\"" + std::string(65, 'x') + "\"}")).tag,
            error_tag::invalid_value);
  EXPECT_EQ(refusal(acls(R"({"name":""})")).tag, error_tag::invalid_value);
}

// DATA-082
TEST(acl_reader, names_of_entries_are_unique_in_their_list) {
  EXPECT_EQ(refusal(acls(R"({"name":"a"},{"name":"a"})")).tag,
            error_tag::invalid_value);
  expect_accepted(acls(R"({"name":"a"},{"name":"b"})"));
}

// USE-076: what a client may have filtered is limited in breadth.
TEST(acl_reader, what_is_dropped_may_have_to_come_from_small_networks) {
  acl_policy policy;
  policy.least_ipv4_source = 24;
  policy.least_ipv6_source = 48;
  auto from = [](const std::string& net) {
    return one_ace("ipv4-acl-type",
                   R"("ipv4":{"source-ipv4-network":")" + net + "\"}");
  };
  expect_accepted(from("203.0.113.0/24"), policy);
  expect_refused(from("203.0.112.0/23"), error_tag::access_denied,
                 ace_at("/matches"), policy);
  expect_refused(one_ace("ipv4-acl-type", R"("udp":{})"),
                 error_tag::access_denied, ace_at("/matches"), policy);
  expect_refused(one_ace("ipv6-acl-type",
                         R"("ipv6":{"source-ipv6-network":"2001:db8::/32"})"),
                 error_tag::access_denied, ace_at("/matches"), policy);
  expect_accepted(
      one_ace("ipv4-acl-type", R"("udp":{})", R"("forwarding":"accept")"),
      policy);
  expect_refused(one_ace("ipv4-acl-type", R"("udp":{})",
                         R"("forwarding":"accept","rate-limit":"10.00")"),
                 error_tag::access_denied, ace_at("/matches"), policy);
}

// USE-076: and what is protected is never filtered.
TEST(acl_reader, protected_sources_are_not_filtered) {
  acl_policy policy;
  policy.never_filtered = {net("203.0.113.8/32"), net("2001:db8:9::/48")};
  auto from = [](const std::string& net) {
    return one_ace("ipv4-acl-type",
                   R"("ipv4":{"source-ipv4-network":")" + net + "\"}");
  };
  expect_accepted(from("198.51.100.0/24"), policy);
  expect_refused(from("203.0.113.0/24"), error_tag::access_denied,
                 ace_at("/matches"), policy);
  expect_refused(from("203.0.113.8/32"), error_tag::access_denied,
                 ace_at("/matches"), policy);
  expect_refused(one_ace("ipv6-acl-type", R"("udp":{})"),
                 error_tag::access_denied, ace_at("/matches"), policy);
}
