#include "protocol/data/advice.hpp"
#include "protocol/data/capabilities.hpp"
#include "protocol/data/wanted.hpp"

#include <gmock/gmock.h>

namespace tocsin::protocol::data {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

std::string acl(const std::string& ace, const std::string& more = "") {
  return R"({"ietf-dots-data-channel:acls":{"acl":[{"name":"a",)"
         R"("type":"ipv4-acl-type",)"
         + more + R"("aces":{"ace":[)" + ace + "]}}]}}";
}

std::string ace(const std::string& l3,
                const std::string& actions = R"("forwarding":"drop")") {
  return R"({"name":"e","matches":{"ipv4":{)" + l3 + R"(}},"actions":{)"
         + actions + "}}";
}

const std::string there = R"("destination-ipv4-network":"192.0.2.0/24")";

/// The path and message of what is wrong, or "".
std::string wrong(const std::string& text) {
  auto x = read_wanted(text);
  return x ? "" : x.error().path + ": " + x.error().message;
}

TEST(wanted, entries_come_in_their_order) {
  auto x = read_wanted(
      R"({"ietf-dots-data-channel:aliases":{"alias":[{"name":"w",)"
      R"("target-prefix":["192.0.2.1/32"]}]},)"
      R"("ietf-dots-data-channel:acls":{"acl":[{"name":"z"},{"name":"b"}]}})");
  ASSERT_TRUE(x) << x.error().message;
  ASSERT_THAT(*x, SizeIs(3));
  EXPECT_EQ(to_string((*x)[0].key), "alias 'w'");
  EXPECT_EQ(to_string((*x)[1].key), "filter 'z'");
  EXPECT_EQ(to_string((*x)[2].key), "filter 'b'");
}

TEST(wanted, a_list_without_its_container_will_do) {
  auto x = read_wanted(R"({"ietf-dots-data-channel:acl":[{"name":"z"}]})");
  ASSERT_TRUE(x);
  ASSERT_THAT(*x, SizeIs(1));
  EXPECT_EQ(put_body(x->front()),
            R"({"ietf-dots-data-channel:acls":{"acl":[{"name":"z"}]}})");
}

TEST(wanted, errors_name_the_very_place) {
  EXPECT_EQ(wrong(acl(ace(there))), "");
  EXPECT_THAT(wrong(acl(ace(R"("destination-ipv4-network":"nowhere")"))),
              HasSubstr("acls/acl[name='a']/aces/ace[name='e']/matches/ipv4/"
                        "destination-ipv4-network: "));
  EXPECT_THAT(wrong(acl(ace(there, R"("forwarding":"reject")"))),
              HasSubstr("acls/acl[name='a']/aces/ace[name='e']/actions/"
                        "forwarding: "));
  EXPECT_THAT(wrong(R"({"ietf-dots-data-channel:aliases":{"alias":[)"
                    R"({"name":"w"}]}})"),
              HasSubstr("aliases/alias[name='w']: an alias needs a target"));
  EXPECT_THAT(wrong("{"), Not(""));
  EXPECT_THAT(wrong(R"({"acls":{}})"), HasSubstr("'acls' is not known"));
  EXPECT_THAT(wrong(R"({"ietf-dots-data-channel:cdid":"x"})"),
              HasSubstr("cdid: only 'aliases' and 'acls'"));
}

// DATA-148
TEST(wanted, special_addresses_are_no_targets) {
  for (const char* x : {"127.0.0.1/32", "::1/128", "224.0.0.0/4", "ff02::1/128",
                        "255.255.255.255/32"})
    EXPECT_THAT(wrong(R"({"ietf-dots-data-channel:aliases":{"alias":[)"
                      R"({"name":"w","target-prefix":[")"
                      + std::string{x} + R"("]}]}})"),
                HasSubstr("aliases/alias[name='w']/target-prefix"))
        << x;
}

// DATA-074, DATA-096, DATA-099
TEST(wanted, contradictions_are_not_sent) {
  EXPECT_THAT(wrong(acl(ace(there
                            + R"(,"flags":"more",)"
                              R"("fragment":{"type":"isf"})"))),
              Not(""));
  EXPECT_THAT(wrong(acl(ace(there
                            + R"(,"fragment":{"operator":"match any",)"
                              R"("type":"isf"})"))),
              HasSubstr("fragment/operator"));
  EXPECT_THAT(wrong(R"({"ietf-dots-data-channel:acls":{"acl":[{"name":"a",)"
                    R"("type":"ipv6-acl-type","aces":{"ace":[{"name":"e",)"
                    R"("matches":{"ipv6":{"fragment":{"type":"df"}}},)"
                    R"("actions":{"forwarding":"drop"}}]}}]}})"),
              HasSubstr("fragment/type"));
}

TEST(wanted, an_immediate_filter_says_where_packets_go) {
  EXPECT_EQ(wrong(acl(ace(there), R"("activation-type":"immediate",)")), "");
  EXPECT_THAT(wrong(acl(ace(""), R"("activation-type":"immediate",)")),
              HasSubstr("destination"));
}

// DATA-177
TEST(wanted, what_drivers_cannot_do_is_known_before_it_is_sent) {
  auto limited = read_wanted(
      acl(ace(there, R"("forwarding":"accept","rate-limit":"20.00")")));
  ASSERT_TRUE(limited);
  EXPECT_FALSE(judge(limited->front(), all_abilities));
  auto can = all_abilities;
  can.rate_limit = false;
  auto bad = judge(limited->front(), can);
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->path,
            "acls/acl[name='a']/aces/ace[name='e']/actions/rate-limit");
  EXPECT_TRUE(judge(limited->front(), {}));
}

TEST(wanted, abilities_survive_the_way_through_capabilities) {
  for (auto can :
       {all_abilities, filter_abilities{},
        filter_abilities{true, true, false, false, true, false, true}}) {
    auto back = abilities_of(capabilities_node(can));
    EXPECT_EQ(back.filters, can.filters);
    if (can.filters) {
      EXPECT_EQ(back, can);
    }
  }
}

TEST(wanted, a_local_alias_becomes_one_of_the_server) {
  signal::target what;
  what.prefixes = {*signal::prefix::parse("198.51.100.80")};
  what.ports = {{80, 80}, {8000, 8080}};
  what.protocols = {6};
  what.fqdns = {"www.example.com"};
  auto x = make_alias("web", what);
  EXPECT_EQ(put_body(x),
            R"({"ietf-dots-data-channel:aliases":{"alias":[{"name":"web",)"
            R"("target-prefix":["198.51.100.80/32"],"target-port-range":[)"
            R"({"lower-port":80},{"lower-port":8000,"upper-port":8080}],)"
            R"("target-protocol":[6],"target-fqdn":["www.example.com"]}]}})");
  auto back = read_wanted(put_body(x));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->front().node, x.node);
}

// DATA-110, DATA-169
TEST(wanted, state_is_read_apart_from_configuration) {
  auto x = read_held(
      R"({"ietf-dots-data-channel:dots-client":[{"cuid":"c","acls":{"acl":[)"
      R"({"name":"a","activation-type":"activate-when-mitigating",)"
      R"("pending-lifetime":9000,"aces":{"ace":[{"name":"e","actions":)"
      R"({"forwarding":"drop"},"statistics":{"matched-packets":"7",)"
      R"("matched-octets":"420"}}]}}]}}]})",
      "c");
  ASSERT_TRUE(x) << x.error().message;
  ASSERT_THAT(*x, SizeIs(1));
  auto same = read_wanted(
      R"({"ietf-dots-data-channel:acl":[{"name":"a","aces":{"ace":[)"
      R"({"name":"e","actions":{"forwarding":"drop"}}]}}]})");
  EXPECT_EQ(x->front().node, same->front().node);
  EXPECT_EQ(x->front().whole.number("pending-lifetime"), 9000);
}

TEST(wanted, an_answer_about_another_client_is_none) {
  EXPECT_FALSE(read_held(
      R"({"ietf-dots-data-channel:dots-client":[{"cuid":"d"}]})", "c"));
  EXPECT_FALSE(read_held("{}", "c"));
  EXPECT_FALSE(read_held("no", "c"));
}

TEST(wanted, paths_are_told_below_the_client) {
  EXPECT_EQ(below_client("/m:dots-data/dots-client[cuid='a]b']/acls/acl"),
            "acls/acl");
  EXPECT_EQ(below_client("/m:dots-data/dots-client[cuid=\"a'b\"]"), "");
  EXPECT_EQ(below_client("/m:dots-data/dots-client[cuid='cut"),
            "/m:dots-data/dots-client[cuid='cut");
  EXPECT_EQ(below_client("elsewhere"), "elsewhere");
}

// DATA-044
TEST(advice, tells_what_the_server_said_and_what_to_do) {
  restconf::response x;
  x.status = 403;
  x.body = restconf::error_body(
      {403,
       {yang::error_tag::access_denied,
        "/ietf-dots-data-channel:dots-data/dots-client[cuid='c']/aliases/"
        "alias[name='w']/target-prefix",
        "not yours"}});
  auto why = explain(x);
  EXPECT_EQ(why.code, ec::unauthorized);
  EXPECT_EQ(why.where, "aliases/alias[name='w']/target-prefix");
  EXPECT_THAT(why.detail, HasSubstr("403 (access-denied): not yours; "));
  x = {.status = 508};
  EXPECT_THAT(explain(x).detail, HasSubstr("circle"));
  x = {.status = 302};
  EXPECT_THAT(explain(x).detail, HasSubstr("'server' and 'root'"));
}

} // namespace
} // namespace tocsin::protocol::data
