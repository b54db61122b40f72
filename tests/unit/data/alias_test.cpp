#include "bodies.hpp"

#include <gtest/gtest.h>

using namespace tocsin::protocol;
using namespace tocsin::protocol::data;
using namespace tocsin::protocol::data::test;
using yang::error_tag;

namespace {

std::string alias_x(const std::string& members) {
  return aliases(R"({"name":"x",)" + members + "}");
}

void expect_refused(const std::string& members, error_tag tag,
                    const std::string& path) {
  auto why = refusal(alias_x(members));
  EXPECT_EQ(yang::to_string(why.tag), yang::to_string(tag)) << members;
  EXPECT_EQ(why.path, path) << members << "\n" << why.message;
}

void expect_accepted(const std::string& members) {
  EXPECT_EQ(refusal(alias_x(members)), yang::error{}) << members;
}

} // namespace

// DATA-083, DATA-151, DATA-158, ARCH-033
TEST(alias_reader, everything_of_an_alias_becomes_a_target) {
  auto tree = client_tree(alias_x(
      R"("target-prefix":["192.0.2.7/28","2001:DB8::1/128"],
         "target-port-range":[{"lower-port":443},
                              {"lower-port":8000,"upper-port":8080}],
         "target-protocol":[6,17],"target-fqdn":["www.example.com"],
         "target-uri":["https://example.com/"])"));
  ASSERT_TRUE(tree);
  auto at = entry_path("c", entry_kind::alias, "x");
  auto x = read_alias(*yang::find(*tree, at), at);
  ASSERT_TRUE(x) << x.error().message;
  signal::target wanted{{net("192.0.2.0/28"), net("2001:db8::1")},
                        {{443, 443}, {8000, 8080}},
                        {6, 17},
                        {"www.example.com"},
                        {"https://example.com/"},
                        {}};
  EXPECT_EQ(x->name, "x");
  EXPECT_EQ(to_target(*x), wanted);
}

// DATA-156
TEST(alias_reader, ports_and_protocols_alone_are_no_target) {
  expect_refused(R"("target-protocol":[6])", error_tag::missing_attribute,
                 alias_at());
  expect_accepted(R"("target-fqdn":["example.com"])");
  expect_accepted(R"("target-uri":["https://example.com"])");
  expect_accepted(R"("target-prefix":["192.0.2.1/32"])");
}

// DATA-085, DATA-084, DATA-086
TEST(alias_reader, ranges_of_ports_are_in_order_and_begin_differently) {
  auto ports = [](const std::string& list) {
    return R"("target-prefix":["192.0.2.1/32"],"target-port-range":[)" + list
           + "]";
  };
  auto why = refusal(alias_x(ports(R"({"lower-port":80,"upper-port":20})")));
  EXPECT_EQ(why.tag, error_tag::invalid_value);
  EXPECT_EQ(why.path,
            alias_at("/target-port-range[lower-port='80']/upper-port"));
  EXPECT_EQ(why.message, "The upper-port number must be greater than or equal "
                         "to the lower-port number.");
  EXPECT_EQ(
      refusal(alias_x(ports(R"({"lower-port":80},{"lower-port":80})"))).tag,
      error_tag::invalid_value);
  EXPECT_EQ(refusal(alias_x(ports(R"({"lower-port":65536})"))).tag,
            error_tag::invalid_value);
  expect_accepted(ports(R"({"lower-port":80,"upper-port":80})"));
}

// DATA-148, DATA-147
TEST(alias_reader, special_addresses_are_invalid_values) {
  for (std::string x : {"127.0.0.0/8", "::1/128", "224.0.0.0/4", "ff00::/8",
                        "255.255.255.255/32"})
    expect_refused(R"("target-prefix":[")" + x + "\"]",
                   error_tag::invalid_value,
                   alias_at("/target-prefix[.='" + x + "']"));
  EXPECT_EQ(refusal(alias_x(R"("target-prefix":["192.0.2.0/33"])")).tag,
            error_tag::invalid_value);
}

// DATA-149, DATA-241, ARCH-210, ARCH-211
TEST(alias_reader, foreign_prefixes_are_denied) {
  expect_refused(R"("target-prefix":["192.0.2.0/24","198.51.100.0/24"])",
                 error_tag::access_denied,
                 alias_at("/target-prefix[.='198.51.100.0/24']"));
  expect_refused(R"("target-prefix":["192.0.0.0/16"])",
                 error_tag::access_denied,
                 alias_at("/target-prefix[.='192.0.0.0/16']"));
}

// DATA-155, DATA-241
TEST(alias_reader, foreign_names_and_hosts_of_uris_are_denied) {
  expect_refused(R"("target-fqdn":["www.example.net"])",
                 error_tag::access_denied,
                 alias_at("/target-fqdn[.='www.example.net']"));
  for (std::string x : {"https://www.example.net/", "https://198.51.100.1/"})
    expect_refused(R"("target-uri":[")" + x + "\"]", error_tag::access_denied,
                   alias_at("/target-uri[.='" + x + "']"));
  EXPECT_EQ(refusal(alias_x(R"("target-uri":["https://127.0.0.1/"])")).tag,
            error_tag::invalid_value);
  expect_accepted(
      R"("target-uri":["https://192.0.2.1/","coap://[2001:db8::1]"])");
}

// DATA-087
TEST(alias_reader, values_are_unique) {
  EXPECT_EQ(refusal(alias_x(R"("target-prefix":["192.0.2.0/24",
                                                "192.0.2.7/24"])"))
                .tag,
            error_tag::invalid_value);
}

// DATA-146, DATA-157, DATA-047
TEST(alias_reader, unknown_members_are_refused_and_foreign_ones_are_not) {
  EXPECT_EQ(refusal(aliases(R"({"target-prefix":["192.0.2.1/32"]})")).tag,
            error_tag::missing_attribute);
  EXPECT_EQ(refusal(alias_x(R"("target-prefix":["192.0.2.1/32"],"foo":1)")).tag,
            error_tag::unknown_element);
  EXPECT_EQ(
      refusal(alias_x(R"("target-prefix":["192.0.2.1/32"],"lifetime":1)")).tag,
      error_tag::unknown_element);
  expect_accepted(R"("target-prefix":["192.0.2.1/32"],"acme:x":1)");
}

// DATA-174
TEST(alias_reader, names_are_such_that_a_mitigation_request_can_use_them) {
  auto named = [](const std::string& name) {
    return refusal(aliases(R"({"name":")" + name
                           + R"(","target-prefix":["192.0.2.1/32"]})"));
  };
  EXPECT_EQ(named(R"(a/b,c \"d\" é)"), yang::error{});
  EXPECT_EQ(named("").tag, error_tag::invalid_value);
  EXPECT_EQ(named(R"(a\u0007)").tag, error_tag::invalid_value);
  EXPECT_EQ(named(std::string(256, 'x')).tag, error_tag::invalid_value);
}

// DATA-124
TEST(client_rules, a_cuid_is_as_on_the_signal_channel) {
  auto named = [](const std::string& cuid) {
    auto tree = client_tree("", cuid);
    if (!tree)
      return tree.error().tag;
    auto who = example_customer();
    acl_policy policy;
    dots_rules rules{who, policy};
    auto bad = yang::validate(*tree, client_path(cuid), &rules);
    return bad.value_or(yang::error{}).tag;
  };
  EXPECT_EQ(named("dz6pHjaADkaFTbjr0JGBpw"), error_tag::operation_failed);
  EXPECT_EQ(named("a b"), error_tag::invalid_value);
  EXPECT_EQ(named(""), error_tag::invalid_value);
  EXPECT_EQ(named(std::string(251, 'x')), error_tag::invalid_value);
}
