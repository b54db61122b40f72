// ACLs and their entries.
#include "tests/negative/data/row.hpp"

namespace tocsin::test::negative::data {

namespace {

constexpr std::string_view bad_value = "invalid-value";
constexpr std::string_view missing = "missing-attribute";
constexpr std::string_view unknown = "unknown-element";

struct acl_case {
  std::string_view name;
  std::string_view members; ///< beside the name "bad"
  wanted answer;
};

constexpr acl_case acls[]{
    // DATA-088
    {"a type of Ethernet",
     "'type':'eth-acl-type','aces':{'ace':[{'name':'x',"
     "'actions':{'forwarding':'drop'}}]}",
     {400, bad_value}},
    {"an unknown type", "'type':'best-acl-type'", {400, bad_value}},
    {"a number as type", "'type':4", {400, bad_value}},
    // DATA-089
    {"an unknown activation", "'activation-type':'now'", {400, bad_value}},
    {"an activation by number", "'activation-type':2", {400, bad_value}},
    // DATA-047
    {"a lifetime", "'lifetime':5", {400, unknown}},
    {"an unknown member", "'colour':'red'", {400, unknown}},
    {"a place on an interface", "'attachment-points':{}", {400, unknown}},
    {"entries without their container",
     "'ace':[{'name':'x','actions':{'forwarding':'drop'}}]",
     {400, unknown}},
    {"an array as entries", "'aces':[]", {400}},
    // DATA-082
    {"two entries of one name",
     "'aces':{'ace':[{'name':'x','actions':{'forwarding':'drop'}},"
     "{'name':'x','actions':{'forwarding':'accept'}}]}",
     {400}},
    {"an entry without a name",
     "'aces':{'ace':[{'actions':{'forwarding':'drop'}}]}",
     {400, missing}},
    {"an entry with an empty name",
     "'aces':{'ace':[{'name':'','actions':{'forwarding':'drop'}}]}",
     {400, bad_value}},
    // DATA-187
    {"immediate without a destination",
     "'activation-type':'immediate','aces':{'ace':[{'name':'x',"
     "'actions':{'forwarding':'drop'}}]}",
     {400, missing}},
};

struct action_case {
  std::string_view name, actions;
  wanted answer;
};

constexpr action_case actions[]{
    // DATA-107, DATA-062
    {"no actions", "", {400, missing}},
    {"empty actions", ",'actions':{}", {400, missing}},
    {"reject", ",'actions':{'forwarding':'reject'}", {400, bad_value}},
    {"an unknown action", ",'actions':{'forwarding':'burn'}", {400, bad_value}},
    {"true as action", ",'actions':{'forwarding':true}", {400, bad_value}},
    {"logging",
     ",'actions':{'forwarding':'drop','logging':'log-none'}",
     {400, unknown}},
    // DATA-108, DATA-109, DATA-115
    {"a rate of what is dropped",
     ",'actions':{'forwarding':'drop','rate-limit':'20.00'}",
     {400}},
    {"a rate below zero",
     ",'actions':{'forwarding':'accept','rate-limit':'-1.00'}",
     {400, bad_value}},
    {"a rate in words",
     ",'actions':{'forwarding':'accept','rate-limit':'fast'}",
     {400, bad_value}},
    {"a rate as number",
     ",'actions':{'forwarding':'accept','rate-limit':20}",
     {400, bad_value}},
    {"a rate of three digits",
     ",'actions':{'forwarding':'accept','rate-limit':'1.234'}",
     {400, bad_value}},
    {"a rate over the type",
     ",'actions':{'forwarding':'accept',"
     "'rate-limit':'99999999999999999999.00'}",
     {400, bad_value}},
};

struct match_case {
  std::string_view name, type, matches;
  wanted answer;
};

constexpr std::string_view v4 = "'type':'ipv4-acl-type',";
constexpr std::string_view v6 = "'type':'ipv6-acl-type',";

constexpr match_case matches[]{
    // DATA-091, DATA-092
    {"IPv6 in an ACL of IPv4", v4, "'ipv6':{}", {400}},
    {"IPv4 in an ACL of IPv6", v6, "'ipv4':{}", {400}},
    {"IPv4 without a type", "", "'ipv4':{}", {400}},
    {"both families", v4, "'ipv4':{},'ipv6':{}", {400}},
    {"two transports", v4, "'tcp':{},'udp':{}", {400}},
    {"Ethernet", v4, "'eth':{}", {400, unknown}},
    // DATA-189
    {"a foreign destination",
     v4,
     "'ipv4':{'destination-ipv4-network':'198.51.100.0/24'}",
     {403, "access-denied"}},
    {"a destination wider than the own one",
     v4,
     "'ipv4':{'destination-ipv4-network':'192.0.0.0/8'}",
     {403, "access-denied"}},
    {"a foreign destination of IPv6",
     v6,
     "'ipv6':{'destination-ipv6-network':'2001:db9::/32'}",
     {403, "access-denied"}},
    {"a destination of the other family",
     v4,
     "'ipv4':{'destination-ipv4-network':'2001:db8::/32'}",
     {400, bad_value}},
    {"a source that is none",
     v4,
     "'ipv4':{'source-ipv4-network':'x'}",
     {400, bad_value}},
    // DATA-102, DATA-103
    {"a DSCP of seven bits", v4, "'ipv4':{'dscp':64}", {400}},
    {"an ECN of three bits", v4, "'ipv4':{'ecn':4}", {400}},
    {"a TTL of nine bits", v4, "'ipv4':{'ttl':256}", {400}},
    {"a length of 17 bits", v4, "'ipv4':{'length':65536}", {400, bad_value}},
    {"a protocol of nine bits",
     v4,
     "'ipv4':{'protocol':256}",
     {400, bad_value}},
    {"a protocol as text", v4, "'ipv4':{'protocol':'6'}", {400, bad_value}},
    {"an unknown field", v4, "'ipv4':{'colour':1}", {400, unknown}},
    {"a flow label in IPv4", v4, "'ipv4':{'flow-label':1}", {400, unknown}},
    // DATA-094, DATA-096, DATA-098, DATA-099
    {"a fragment without its type",
     v4,
     "'ipv4':{'fragment':{}}",
     {400, missing}},
    {"an unknown fragment",
     v4,
     "'ipv4':{'fragment':{'type':'xf'}}",
     {400, bad_value}},
    {"any and match",
     v4,
     "'ipv4':{'fragment':{'operator':'match any','type':'isf'}}",
     {400, bad_value}},
    {"DF in IPv6", v6, "'ipv6':{'fragment':{'type':'df'}}", {400, bad_value}},
    // DATA-074, DATA-094, DATA-100
    {"fragment beside flags",
     v4,
     "'ipv4':{'fragment':{'type':'isf'},'flags':'more'}",
     {400}},
    {"a bitmask without value",
     v4,
     "'tcp':{'flags-bitmask':{}}",
     {400, missing}},
    {"a bitmask of 17 bits",
     v4,
     "'tcp':{'flags-bitmask':{'bitmask':65536}}",
     {400, bad_value}},
    {"a bitmask as text",
     v4,
     "'tcp':{'flags-bitmask':{'bitmask':'2'}}",
     {400, bad_value}},
    {"an unknown operator",
     v4,
     "'tcp':{'flags-bitmask':{'operator':'some','bitmask':2}}",
     {400, bad_value}},
    // DATA-101
    {"a port and a range",
     v4,
     "'tcp':{'destination-port-range-or-operator':{'port':80,'lower-port':80,"
     "'upper-port':90}}",
     {400}},
    {"half a range",
     v4,
     "'tcp':{'destination-port-range-or-operator':{'lower-port':80}}",
     {400, missing}},
    {"a range the wrong way round",
     v4,
     "'udp':{'source-port-range-or-operator':{'lower-port':80,"
     "'upper-port':20}}",
     {400, bad_value}},
    {"a port of 17 bits",
     v4,
     "'udp':{'source-port-range-or-operator':{'port':65536}}",
     {400, bad_value}},
    {"an unknown operator of ports",
     v4,
     "'udp':{'source-port-range-or-operator':{'operator':'lt','port':80}}",
     {400, bad_value}},
    {"an operator without a port",
     v4,
     "'udp':{'source-port-range-or-operator':{'operator':'lte'}}",
     {400, missing}},
    // DATA-221
    {"a port by the name of drafts",
     v4,
     "'udp':{'source-port':{'port':80}}",
     {400, unknown}},
    {"a length of UDP of 17 bits",
     v4,
     "'udp':{'length':65536}",
     {400, bad_value}},
    {"a type of ICMP of nine bits",
     v4,
     "'icmp':{'type':256}",
     {400, bad_value}},
    {"a code of ICMP below zero", v4, "'icmp':{'code':-1}", {400, bad_value}},
};

} // namespace

void add_acls(table& to) {
  for (const auto& x : acls)
    to.push_back(
        ask("ACL: " + std::string{x.name}, "PUT", "{me}/acls/acl=bad",
            "{'dots:acl':[{'name':'bad'," + std::string{x.members} + "}]}",
            x.answer));
  // DATA-080
  std::string longest(65, 'a');
  to.push_back(
      ask("ACL: a name of 65 characters", "PUT", "{me}/acls/acl=" + longest,
          "{'dots:acl':[{'name':'" + longest + "'}]}", {400, bad_value}));
}

void add_entries(table& to) {
  auto add = [&](std::string_view name, std::string_view type,
                 std::string_view rest, wanted answer) {
    to.push_back(ask("entry: " + std::string{name}, "PUT", "{me}/acls/acl=bad",
                     "{'dots:acl':[{'name':'bad'," + std::string{type}
                         + "'aces':{'ace':[{'name':'x'" + std::string{rest}
                         + "}]}}]}",
                     answer));
  };
  for (const auto& x : actions)
    add(x.name, "", x.actions, x.answer);
  for (const auto& x : matches)
    add(x.name, x.type,
        ",'matches':{" + std::string{x.matches}
            + "},'actions':{'forwarding':'drop'}",
        x.answer);
}

} // namespace tocsin::test::negative::data
