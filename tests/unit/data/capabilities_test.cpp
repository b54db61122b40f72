#include "protocol/data/capabilities.hpp"

#include "protocol/data/module.hpp"
#include "protocol/yang/encode.hpp"

#include <gtest/gtest.h>

using namespace tocsin::protocol;
using namespace tocsin::protocol::data;

namespace {

std::string printed(const filter_abilities& can) {
  return yang::encode_value(capabilities_node(can), module_name);
}

std::string_view said(const yang::data_node& x, std::string_view container,
                      std::string_view leaf) {
  auto below = x.find(container);
  return below ? below->value(leaf).value_or("absent") : "absent";
}

} // namespace

// DATA-178, DATA-179, DATA-183
TEST(capabilities, have_the_shape_of_rfc_8783) {
  filter_abilities can = all_abilities;
  can.ecn = false;
  EXPECT_EQ(
      printed(can),
      R"({"address-family":["ipv4","ipv6"],)"
      R"("forwarding-actions":["accept","drop"],"rate-limit":true,)"
      R"("transport-protocols":[1,6,17,58],)"
      R"("ipv4":{"dscp":true,"ecn":false,"length":true,"ttl":true,)"
      R"("protocol":true,"ihl":false,"flags":false,"offset":false,)"
      R"("identification":false,"source-prefix":true,)"
      R"("destination-prefix":true,"fragment":true},)"
      R"("ipv6":{"dscp":true,"ecn":false,"length":true,"hoplimit":true,)"
      R"("protocol":true,"destination-prefix":true,"source-prefix":true,)"
      R"("flow-label":false,"fragment":true},)"
      R"("tcp":{"sequence-number":false,"acknowledgement-number":false,)"
      R"("data-offset":false,"reserved":false,"flags":false,)"
      R"("window-size":false,"urgent-pointer":false,"options":false,)"
      R"("flags-bitmask":true,"source-port":true,"destination-port":true,)"
      R"("port-range":true},)"
      R"("udp":{"length":true,"source-port":true,"destination-port":true,)"
      R"("port-range":true},)"
      R"("icmp":{"type":true,"code":true,"rest-of-header":false}})");
}

// DATA-181, DATA-180
TEST(capabilities, mandatory_fields_are_there_even_with_poor_drivers) {
  filter_abilities poor;
  poor.filters = poor.ipv4 = true;
  auto x = capabilities_node(poor);
  for (std::string_view leaf : {"length", "protocol", "source-prefix",
                                "destination-prefix", "fragment"})
    EXPECT_EQ(said(x, "ipv4", leaf), "true") << leaf;
  EXPECT_EQ(said(x, "ipv4", "dscp"), "false");
  EXPECT_EQ(said(x, "ipv6", "length"), "false");
  EXPECT_EQ(said(x, "tcp", "port-range"), "true");
  EXPECT_EQ(x.value("rate-limit"), "false");
  EXPECT_EQ(x.all("address-family").size(), 1u);
}

// DATA-181
TEST(capabilities, are_all_denied_without_filters) {
  auto text = printed({});
  EXPECT_EQ(text.find("true"), std::string::npos) << text;
  EXPECT_EQ(text.find("accept"), std::string::npos) << text;
}

// DATA-073
TEST(capabilities, of_two_drivers_are_what_both_can_do) {
  filter_abilities a = all_abilities, b = all_abilities;
  a.ttl = false;
  b.rate_limit = false;
  auto both = common(a, b);
  EXPECT_FALSE(both.ttl);
  EXPECT_FALSE(both.rate_limit);
  EXPECT_TRUE(both.dscp && both.ipv4 && both.ipv6 && both.filters);
}
