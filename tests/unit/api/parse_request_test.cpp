#include "actors/api.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {
namespace {

using protocol::signal::port_range;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

template <class T>
T accepted(std::string_view method, std::string_view target,
           std::string_view body = {}, const mitigate_order& defaults = {}) {
  auto call = parse_request(method, target, body, defaults);
  if (!call) {
    ADD_FAILURE() << to_string(call.error());
    return {};
  }
  if (auto* value = std::get_if<T>(&*call))
    return *value;
  ADD_FAILURE() << "another call, index " << call->index();
  return {};
}

TEST(parse_request, each_resource_and_method_has_its_call) {
  accepted<get_node>("GET", "/v1/node");
  accepted<list_mitigations>("GET", "/v1/mitigations");
  EXPECT_EQ(accepted<list_sessions>("GET", "/v1/sessions").limit, 1000u);
  EXPECT_EQ(accepted<list_sessions>("GET", "/v1/sessions?limit=0").limit, 0u);
  EXPECT_EQ(accepted<list_audit>("GET", "/v1/audit").limit, 100u);
  EXPECT_EQ(accepted<list_audit>("GET", "/v1/audit?limit=10000").limit, 10000u);
  accepted<list_data_clients>("GET", "/v1/data-clients");
  auto client = accepted<get_data_client>("GET", "/v1/data-clients/a%2Fb");
  EXPECT_EQ(client.cuid, "a/b");
  EXPECT_EQ(client.customer, "");
  client = accepted<get_data_client>("GET", "/v1/data-clients/c?customer=shop");
  EXPECT_EQ(client.customer, "shop");
}

TEST(parse_request, the_data_channel_has_a_call_for_each_order) {
  using verb = data_order::verb;
  using protocol::data::entry_kind;
  auto list = accepted<use_data_channel>("GET", "/v1/data/aliases");
  EXPECT_EQ(list.upstream, "");
  EXPECT_EQ(list.order.what, verb::list);
  EXPECT_EQ(list.order.patience, seconds{60});
  auto put = accepted<use_data_channel>(
      "PUT", "/v1/data/filters/a%2Fb?upstream=provider&wait=5", "{}");
  EXPECT_EQ(put.upstream, "provider");
  EXPECT_EQ(put.order.what, verb::put);
  EXPECT_EQ(put.order.kind, entry_kind::acl);
  EXPECT_EQ(put.order.name, "a/b");
  EXPECT_EQ(put.order.body, "{}");
  EXPECT_EQ(put.order.patience, seconds{5});
  auto what = [](const char* method, const char* target) {
    return accepted<use_data_channel>(method, target).order.what;
  };
  EXPECT_EQ(what("GET", "/v1/data/aliases/web"), verb::show);
  EXPECT_EQ(what("DELETE", "/v1/data/aliases/web"), verb::remove);
  EXPECT_EQ(what("POST", "/v1/data/filters"), verb::put_all);
  EXPECT_EQ(what("GET", "/v1/data/capabilities"), verb::capabilities);
}

TEST(parse_request, mitigations_are_named_by_mid_peer_and_cuid) {
  auto get = accepted<get_mitigation>("GET", "/v1/mitigations/7");
  EXPECT_EQ(get.name.mid, 7u);
  EXPECT_EQ(get.name.peer, "");
  EXPECT_EQ(get.name.cuid, "");
  auto full = accepted<get_mitigation>(
      "GET", "/v1/mitigations/4294967295?peer=a%20b&cuid=x%26%3Dy%2B+");
  EXPECT_EQ(full.name.mid, 4294967295u);
  EXPECT_EQ(full.name.peer, "a b");
  EXPECT_EQ(full.name.cuid, "x&=y++");
  auto gone = accepted<delete_mitigation>(
      "DELETE", "/v1/mitigations/0?wait=5&cuid=c&peer=p");
  EXPECT_EQ(gone.name.mid, 0u);
  EXPECT_EQ(gone.name.peer, "p");
  EXPECT_EQ(gone.name.cuid, "c");
  EXPECT_EQ(gone.wait, seconds{5});
  EXPECT_EQ(accepted<delete_mitigation>("DELETE", "/v1/mitigations/1").wait,
            seconds{60});
}

TEST(parse_request, order_with_every_member_is_read_completely) {
  auto call = accepted<create_mitigation>("POST", "/v1/mitigations?wait=300",
                                          R"({"upstream":"provider",
        "target-prefix":["203.0.113.7","2001:db8::/32"],
        "target-port-range":[{"lower-port":80},
                             {"upper-port":8100,"lower-port":8000}],
        "target-protocol":[6,17,255],
        "target-fqdn":["www.example.com","example.net."],
        "target-uri":["https://example.com/a?b"],
        "alias-name":["web","größe"],
        "lifetime":-1,"renew":true})");
  const auto& order = call.order;
  EXPECT_EQ(call.wait, seconds{300});
  EXPECT_EQ(order.upstream, "provider");
  ASSERT_EQ(order.what.prefixes.size(), 2u);
  EXPECT_EQ(order.what.prefixes[0].to_string(), "203.0.113.7/32");
  EXPECT_EQ(order.what.prefixes[1].to_string(), "2001:db8::/32");
  EXPECT_THAT(order.what.ports,
              ElementsAre(port_range{80, 80}, port_range{8000, 8100}));
  EXPECT_THAT(order.what.protocols, ElementsAre(6, 17, 255));
  EXPECT_THAT(order.what.fqdns, ElementsAre("www.example.com", "example.net."));
  EXPECT_THAT(order.what.uris, ElementsAre("https://example.com/a?b"));
  EXPECT_THAT(order.what.aliases, ElementsAre("web", "größe"));
  EXPECT_EQ(order.lifetime, -1);
  EXPECT_TRUE(order.renew);
}

TEST(parse_request, absent_members_keep_the_defaults_of_the_node) {
  mitigate_order defaults;
  defaults.lifetime = 900;
  defaults.renew = true;
  auto call = accepted<create_mitigation>(
      "POST", "/v1/mitigations", R"({"target-fqdn":["a.example"]})", defaults);
  EXPECT_EQ(call.order.lifetime, 900);
  EXPECT_TRUE(call.order.renew);
  EXPECT_EQ(call.order.upstream, "");
  EXPECT_THAT(call.order.what.ports, IsEmpty());
  EXPECT_EQ(call.wait, default_wait);
  auto other = accepted<create_mitigation>(
      "POST", "/v1/mitigations",
      R"({"alias-name":["w"],"lifetime":4294967295,"renew":false})", defaults);
  EXPECT_EQ(other.order.lifetime, 4294967295);
  EXPECT_FALSE(other.order.renew);
}

struct refusal {
  const char* name;
  const char* method;
  std::string target;
  std::string body;
  ec code;
  const char* where;
};

void PrintTo(const refusal& x, std::ostream* out) {
  *out << x.name;
}

class refused_request : public testing::TestWithParam<refusal> {};

TEST_P(refused_request, names_the_code_and_the_element) {
  const auto& row = GetParam();
  auto call = parse_request(row.method, row.target, row.body);
  ASSERT_FALSE(call);
  EXPECT_EQ(call.error().code, row.code) << to_string(call.error());
  EXPECT_EQ(call.error().where, row.where) << to_string(call.error());
  EXPECT_FALSE(call.error().detail.empty());
}

const std::string post = "/v1/mitigations";

/// An order with a valid target and one more member.
std::string with(const std::string& member) {
  return R"({"alias-name":["a"],)" + member + "}";
}

std::string many(const std::string& name, const std::string& entry) {
  auto text = "{\"" + name + "\":[" + entry;
  for (std::size_t i = 0; i < max_targets; ++i)
    text += ',' + entry;
  return text + "]}";
}

INSTANTIATE_TEST_SUITE_P(
    paths_and_methods, refused_request,
    testing::Values(
        refusal{"empty", "GET", "", "", ec::not_found, "path"},
        refusal{"root", "GET", "/", "", ec::not_found, "path"},
        refusal{"no_version", "GET", "/node", "", ec::not_found, "path"},
        refusal{"longer", "GET", "/v1/nodes", "", ec::not_found, "path"},
        refusal{"slash", "GET", "/v1/mitigations/", "", ec::not_found, "path"},
        refusal{"deep", "GET", "/v1/mitigations/7/x", "", ec::not_found,
                "path"},
        refusal{"case", "GET", "/V1/node", "", ec::not_found, "path"},
        refusal{"full_url", "GET", "http://x/v1/node", "", ec::not_found,
                "path"},
        refusal{"post_node", "POST", "/v1/node", "", ec::unsupported, "method"},
        refusal{"put", "PUT", post, "{}", ec::unsupported, "method"},
        refusal{"post_mid", "POST", "/v1/mitigations/7", "{}", ec::unsupported,
                "method"},
        refusal{"lower_case", "get", "/v1/node", "", ec::unsupported, "method"},
        refusal{"no_method", "", "/v1/audit", "", ec::unsupported, "method"},
        refusal{"body", "GET", "/v1/node", "{}", ec::malformed, "body"},
        refusal{"body_delete", "DELETE", "/v1/mitigations/7", "x",
                ec::malformed, "body"},
        refusal{"word", "GET", "/v1/mitigations/seven", "", ec::malformed,
                "mid"},
        refusal{"negative", "GET", "/v1/mitigations/-1", "", ec::malformed,
                "mid"},
        refusal{"plus", "GET", "/v1/mitigations/+1", "", ec::malformed, "mid"},
        refusal{"fraction", "GET", "/v1/mitigations/7.0", "", ec::malformed,
                "mid"},
        refusal{"percent", "GET", "/v1/mitigations/%zz", "", ec::malformed,
                "mid"},
        refusal{"big", "GET", "/v1/mitigations/4294967296", "",
                ec::out_of_range, "mid"},
        refusal{"huge", "GET", "/v1/mitigations/99999999999999999999999", "",
                ec::out_of_range, "mid"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    queries, refused_request,
    testing::Values(
        refusal{"unknown", "GET", "/v1/node?x=1", "", ec::unknown, "x"},
        refusal{"unknown_create", "POST", post + "?limit=1",
                R"({"alias-name":["a"]})", ec::unknown, "limit"},
        refusal{"wait_on_get", "GET", "/v1/mitigations/7?wait=1", "",
                ec::unknown, "wait"},
        refusal{"twice", "GET", "/v1/audit?limit=1&limit=1", "", ec::malformed,
                "limit"},
        refusal{"no_value", "GET", "/v1/audit?limit", "", ec::malformed,
                "query"},
        refusal{"no_name", "GET", "/v1/audit?=1", "", ec::malformed, "query"},
        refusal{"empty_pair", "GET", "/v1/audit?&limit=1", "", ec::malformed,
                "query"},
        refusal{"cut_percent", "GET", "/v1/mitigations/7?peer=%2", "",
                ec::malformed, "query"},
        refusal{"bad_percent", "GET", "/v1/mitigations/7?peer=%g0", "",
                ec::malformed, "query"},
        refusal{"empty_limit", "GET", "/v1/audit?limit=", "", ec::malformed,
                "limit"},
        refusal{"word", "GET", "/v1/sessions?limit=all", "", ec::malformed,
                "limit"},
        refusal{"sessions", "GET", "/v1/sessions?limit=100001", "",
                ec::out_of_range, "limit"},
        refusal{"audit", "GET", "/v1/audit?limit=10001", "", ec::out_of_range,
                "limit"},
        refusal{"wait", "POST", post + "?wait=301", "{}", ec::out_of_range,
                "wait"},
        refusal{"wait_sign", "DELETE", "/v1/mitigations/7?wait=-1", "",
                ec::malformed, "wait"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    bodies, refused_request,
    testing::Values(
        refusal{"none", "POST", post, "", ec::missing, "body"},
        refusal{"blank", "POST", post, "  ", ec::malformed, "body"},
        refusal{"text", "POST", post, "hello", ec::malformed, "body"},
        refusal{"array", "POST", post, "[]", ec::malformed, "body"},
        refusal{"cut", "POST", post, R"({"alias-name":["a"])", ec::malformed,
                "body"},
        refusal{"after", "POST", post, R"({"alias-name":["a"]} x)",
                ec::malformed, "body"},
        refusal{"not_utf8", "POST", post, "{\"alias-name\":[\"\xff\"]}",
                ec::malformed, "body"},
        refusal{"deep", "POST", post, std::string(5000, '['), ec::malformed,
                "body"},
        refusal{"large", "POST", post, std::string(1024 * 1024 + 1, ' '),
                ec::too_large, "body"},
        refusal{"no_target", "POST", post, "{}", ec::missing, "target-prefix"},
        refusal{"ports_only", "POST", post,
                R"({"target-port-range":[{"lower-port":1}]})", ec::missing,
                "target-prefix"},
        refusal{"empty_lists", "POST", post,
                R"({"target-prefix":[],"alias-name":[]})", ec::missing,
                "target-prefix"},
        refusal{"unknown", "POST", post, with(R"("mid":7)"), ec::unknown,
                "mid"},
        refusal{"underscore", "POST", post, with(R"("target_prefix":[])"),
                ec::unknown, "target_prefix"},
        refusal{"twice", "POST", post, with(R"("renew":true,"renew":true)"),
                ec::malformed, "renew"},
        refusal{"escaped_twice", "POST", post,
                with(R"("renew":true,"rene\u0077":true)"), ec::malformed,
                "renew"},
        refusal{"null", "POST", post, with(R"("lifetime":null)"), ec::malformed,
                "lifetime"},
        refusal{"upstream", "POST", post, with(R"("upstream":5)"),
                ec::malformed, "upstream"},
        refusal{"upstream_empty", "POST", post, with(R"("upstream":"")"),
                ec::out_of_range, "upstream"},
        refusal{"upstream_escape", "POST", post,
                with(R"("upstream":"\u001b[2J")"), ec::out_of_range,
                "upstream"},
        refusal{"renew", "POST", post, with(R"("renew":1)"), ec::malformed,
                "renew"}),
    [](const auto& row) { return row.param.name; });

// What a client must not ask for is refused before it is sent.
// SIG-076, SIG-077, SIG-079, SIG-080, SIG-090
INSTANTIATE_TEST_SUITE_P(
    members, refused_request,
    testing::Values(
        refusal{"lifetime_zero", "POST", post, with(R"("lifetime":0)"),
                ec::out_of_range, "lifetime"},
        refusal{"lifetime_minus_two", "POST", post, with(R"("lifetime":-2)"),
                ec::out_of_range, "lifetime"},
        refusal{"lifetime_big", "POST", post, with(R"("lifetime":4294967296)"),
                ec::out_of_range, "lifetime"},
        refusal{"lifetime_huge", "POST", post,
                with(R"("lifetime":18446744073709551615)"), ec::out_of_range,
                "lifetime"},
        refusal{"lifetime_decimal", "POST", post, with(R"("lifetime":60.0)"),
                ec::malformed, "lifetime"},
        refusal{"lifetime_text", "POST", post, with(R"("lifetime":"60")"),
                ec::malformed, "lifetime"},
        refusal{"prefix_scalar", "POST", post,
                R"({"target-prefix":"203.0.113.7"})", ec::malformed,
                "target-prefix"},
        refusal{"prefix_number", "POST", post, R"({"target-prefix":[7]})",
                ec::malformed, "target-prefix"},
        refusal{"prefix_name", "POST", post, R"({"target-prefix":["host"]})",
                ec::malformed, "target-prefix"},
        refusal{"prefix_long", "POST", post,
                R"({"target-prefix":["203.0.113.0/33"]})", ec::out_of_range,
                "target-prefix"},
        refusal{"prefix_loopback", "POST", post,
                R"({"target-prefix":["127.0.0.1"]})", ec::out_of_range,
                "target-prefix"},
        refusal{"prefix_multicast", "POST", post,
                R"({"target-prefix":["ff02::1"]})", ec::out_of_range,
                "target-prefix"},
        refusal{"prefix_many", "POST", post,
                many("target-prefix", R"("203.0.113.7")"), ec::too_large,
                "target-prefix"},
        refusal{"protocol_many", "POST", post, many("target-protocol", "6"),
                ec::too_large, "target-protocol"},
        refusal{"protocol_big", "POST", post,
                with(R"("target-protocol":[256])"), ec::out_of_range,
                "target-protocol"},
        refusal{"protocol_name", "POST", post,
                with(R"("target-protocol":["udp"])"), ec::malformed,
                "target-protocol"},
        refusal{"port_number", "POST", post,
                with(R"("target-port-range":[80])"), ec::malformed,
                "target-port-range"},
        refusal{"port_big", "POST", post,
                with(R"("target-port-range":[{"lower-port":65536}])"),
                ec::out_of_range, "lower-port"},
        refusal{"port_no_lower", "POST", post,
                with(R"("target-port-range":[{"upper-port":1}])"), ec::missing,
                "lower-port"},
        refusal{
            "port_reversed", "POST", post,
            with(R"("target-port-range":[{"lower-port":2,"upper-port":1}])"),
            ec::out_of_range, "upper-port"},
        refusal{
            "port_twice", "POST", post,
            with(R"("target-port-range":[{"lower-port":2,"lower-port":2}])"),
            ec::malformed, "lower-port"},
        refusal{"port_same_lower", "POST", post,
                with(R"("target-port-range":[{"lower-port":2},)"
                     R"({"lower-port":2,"upper-port":3}])"),
                ec::malformed, "lower-port"},
        refusal{"port_unknown", "POST", post,
                with(R"("target-port-range":[{"port":2}])"), ec::unknown,
                "port"},
        refusal{"fqdn_empty", "POST", post, R"({"target-fqdn":[""]})",
                ec::out_of_range, "target-fqdn"},
        refusal{"fqdn_dot", "POST", post, R"({"target-fqdn":["."]})",
                ec::malformed, "target-fqdn"},
        refusal{"fqdn_dots", "POST", post, R"({"target-fqdn":["a..b"]})",
                ec::malformed, "target-fqdn"},
        refusal{"fqdn_space", "POST", post, R"({"target-fqdn":["a b"]})",
                ec::malformed, "target-fqdn"},
        refusal{"fqdn_label", "POST", post,
                R"({"target-fqdn":[")" + std::string(64, 'a') + R"("]})",
                ec::malformed, "target-fqdn"},
        refusal{"uri_bare", "POST", post, R"({"target-uri":["example.com"]})",
                ec::malformed, "target-uri"},
        refusal{"uri_scheme", "POST", post, R"({"target-uri":["1a://x"]})",
                ec::malformed, "target-uri"},
        refusal{"uri_space", "POST", post, R"({"target-uri":["http://a b"]})",
                ec::malformed, "target-uri"},
        refusal{"alias_long", "POST", post,
                R"({"alias-name":[")" + std::string(256, 'a') + R"("]})",
                ec::out_of_range, "alias-name"},
        refusal{"alias_newline", "POST", post, R"({"alias-name":["a\nb"]})",
                ec::out_of_range, "alias-name"}),
    [](const auto& row) { return row.param.name; });

TEST(parse_request, a_wrong_method_learns_the_right_ones) {
  auto call = parse_request("POST", "/v1/mitigations/7", {});
  ASSERT_FALSE(call);
  EXPECT_THAT(call.error().detail, HasSubstr("GET and DELETE and PUT"));
}

TEST(parse_request, an_efficacy_update_says_how_well_it_works) {
  auto call = parse_request("PUT", "/v1/mitigations/7?peer=provider&wait=5",
                            R"({"attack-status":"under-attack"})");
  ASSERT_TRUE(call) << to_string(call.error());
  const auto& x = std::get<report_efficacy>(*call);
  EXPECT_EQ(x.name.mid, 7u);
  EXPECT_EQ(x.name.peer, "provider");
  EXPECT_EQ(x.wait, std::chrono::seconds{5});
  EXPECT_EQ(x.what, protocol::signal::attack_status::under_attack);
  for (const char* bad :
       {"", "{}", "[]", R"({"attack-status":"fine"})", R"({"attack-status":2})",
        R"({"other":"under-attack"})"})
    EXPECT_FALSE(parse_request("PUT", "/v1/mitigations/7", bad)) << bad;
}

TEST(parse_request, a_decision_names_what_is_decided) {
  auto call = parse_request(
      "PUT", "/v1/mitigations/7?peer=sensors&cuid=c",
      R"({"decision":"approve","mitigators":["scrubber","provider"]})");
  ASSERT_TRUE(call) << to_string(call.error());
  const auto& x = std::get<decide_mitigation>(*call);
  EXPECT_EQ(x.name.peer, "sensors");
  EXPECT_EQ(x.order.what, operator_order::kind::approve);
  EXPECT_THAT(x.order.mitigators,
              ::testing::ElementsAre("scrubber", "provider"));
  for (auto what :
       {operator_order::kind::call_help, operator_order::kind::end_help,
        operator_order::kind::approve, operator_order::kind::reject}) {
    auto again = parse_request("PUT", "/v1/mitigations/7",
                               to_json(operator_order{what}));
    ASSERT_TRUE(again) << to_string(again.error());
    EXPECT_EQ(std::get<decide_mitigation>(*again).order.what, what);
  }
}

TEST(parse_request, a_decision_that_makes_no_sense_is_refused) {
  for (const char* bad :
       {R"({"decision":"maybe"})", R"({"mitigators":["scrubber"]})",
        R"({"decision":"reject","mitigators":["scrubber"]})",
        R"({"decision":"approve","mitigators":"scrubber"})",
        R"({"decision":"approve","attack-status":"under-attack"})"})
    EXPECT_FALSE(parse_request("PUT", "/v1/mitigations/7", bad)) << bad;
}

TEST(parse_request, a_redirect_may_leave_all_to_the_configuration) {
  auto call = parse_request("PUT", "/v1/redirect", {});
  ASSERT_TRUE(call);
  EXPECT_TRUE(std::get<set_redirect>(*call).wish.on);
  EXPECT_EQ(std::get<set_redirect>(*call).wish.alt_server, "");
  redirect_wish wish{true, "alt.example", {"192.0.2.7", "2001:db8::7"}, 60};
  call = parse_request("PUT", "/v1/redirect", to_json(wish));
  ASSERT_TRUE(call) << to_string(call.error());
  const auto& read = std::get<set_redirect>(*call).wish;
  EXPECT_EQ(read.alt_server, wish.alt_server);
  EXPECT_EQ(read.records, wish.records);
  EXPECT_EQ(read.max_age, wish.max_age);
  call = parse_request("DELETE", "/v1/redirect", {});
  ASSERT_TRUE(call);
  EXPECT_FALSE(std::get<set_redirect>(*call).wish.on);
  for (const char* bad :
       {R"({"alt-server":"a b"})", R"({"alt-server-record":["192.0.2.7"]})",
        R"({"alt-server":"a","alt-server-record":["192.0.2.0/24"]})",
        R"({"alt-server":"a","max-age":0})", R"({"to":"a"})"})
    EXPECT_FALSE(parse_request("PUT", "/v1/redirect", bad)) << bad;
}

TEST(http_status, follows_from_the_failure_alone) {
  const std::vector<std::pair<ec, unsigned>> table{
      {ec::none, 500},         {ec::truncated, 400}, {ec::malformed, 400},
      {ec::out_of_range, 400}, {ec::missing, 400},   {ec::unknown, 400},
      {ec::unsupported, 501},  {ec::conflict, 409},  {ec::not_found, 404},
      {ec::unauthorized, 403}, {ec::too_large, 413}, {ec::unavailable, 503},
      {ec::timeout, 504},      {ec::closed, 502},    {ec::io, 500},
      {ec::unacceptable, 422}, {ec::internal, 500}};
  for (auto [code, status] : table)
    EXPECT_EQ(http_status(fail(code, "x")), status) << to_string(code);
  EXPECT_EQ(http_status(fail(ec::unsupported, "method")), 405u);
}

TEST(http_status, an_unconfirmed_mitigation_is_merely_accepted) {
  mitigation_view view;
  EXPECT_EQ(http_status(view, 201), 201u);
  view.progress = "active";
  EXPECT_EQ(http_status(view, 201), 201u);
  view.progress = "requested";
  EXPECT_EQ(http_status(view, 201), 202u);
  view.progress = "withdrawing";
  EXPECT_EQ(http_status(view, 200), 202u);
}

} // namespace
} // namespace tocsin::actors
