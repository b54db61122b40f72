#include "protocol/signal/customer_table.hpp"
#include "roles/config/explain.hpp"
#include "roles/config/graph.hpp"
#include "roles/config/load.hpp"
#include "tests/unit/config/base_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::roles {
namespace {

using protocol::signal::mitigation_action;
using protocol::signal::port_range;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

prefix prefix_of(std::string_view text) {
  auto x = prefix::parse(text);
  EXPECT_TRUE(x) << text;
  return *x;
}

loaded parsed(std::string_view text) {
  return parse(text, "/etc/tocsin/test.toml");
}

constexpr const char* least_server = R"([server]
certificate = "a.pem"
key = "b.pem"
ca = "c.pem"
[[server.customer]]
name = "one"
identities = ["one.example"]
prefixes = ["198.51.100.0/24"]
[[server.mitigator]]
name = "edge"
driver = "nftables"
)";

constexpr const char* least_client = R"([client]
certificate = "a.pem"
key = "b.pem"
ca = "c.pem"
[[client.upstream]]
name = "provider"
server = "dots.provider.example"
)";

TEST(good, a_full_configuration_needs_no_remark) {
  auto x = parsed(base_text);
  EXPECT_THAT(x.report(), IsEmpty());
  EXPECT_TRUE(x.good());
}

TEST(good, the_node_is_as_written) {
  auto x = parsed(base_text);
  const auto& node = x.value.node;
  EXPECT_EQ(x.value.file, "/etc/tocsin/test.toml");
  EXPECT_EQ(node.name, "edge-1");
  EXPECT_EQ(node.data_dir, "/etc/tocsin/state");
  EXPECT_EQ(node.database(), "/etc/tocsin/state/tocsin.db");
  EXPECT_EQ(node.control_socket, "/etc/tocsin/state/control.sock");
  EXPECT_EQ(node.log_level, log_level::debug);
  EXPECT_EQ(node.log_format, log_format::json);
}

// SIG-004
TEST(good, the_server_is_as_written) {
  auto x = parsed(base_text);
  ASSERT_TRUE(x.value.server);
  const auto& server = *x.value.server;
  EXPECT_THAT(server.listen, ElementsAre(endpoint{"192.0.2.1", 4646},
                                         endpoint{"2001:db8::1", 14646}));
  EXPECT_EQ(server.identity.certificate, "/etc/tocsin/pki/dots.pem");
  EXPECT_EQ(server.identity.key, "/etc/tocsin/pki/dots-key.pem");
  EXPECT_EQ(server.identity.ca, "/etc/tocsin/pki/ca.pem");
  EXPECT_EQ(server.identity.crl, "/etc/tocsin/pki/crl.pem");
  EXPECT_EQ(server.reactors, 2u);
  EXPECT_EQ(server.max_sessions, 5000u);
  EXPECT_EQ(server.max_connections, 700u);
  EXPECT_EQ(server.max_handshakes, 64u);
  EXPECT_EQ(server.cookie_rate, 2000u);
  EXPECT_EQ(server.terminating_period, seconds{120});
  EXPECT_EQ(server.max_terminating_period, seconds{300});
  EXPECT_EQ(server.heartbeat_interval, seconds{30});
  EXPECT_EQ(server.missing_hb_allowed, 15u);
  ASSERT_EQ(server.mitigators.size(), 2u);
  EXPECT_EQ(server.mitigators[0].driver, "nftables");
  EXPECT_TRUE(server.mitigators[0].built_in());
  EXPECT_THAT(server.mitigators[0].arguments, ElementsAre("--table", "tocsin"));
  EXPECT_THAT(
      server.mitigators[0].environment,
      ElementsAre(std::pair<const std::string, std::string>{"LANG", "C"}));
  EXPECT_EQ(server.mitigators[1].driver, "/etc/tocsin/drivers/hook");
  EXPECT_FALSE(server.mitigators[1].built_in());
  ASSERT_EQ(server.relays.size(), 1u);
  EXPECT_EQ(server.relays[0].upstream, "provider");
  EXPECT_EQ(server.relays[0].lifetime, std::chrono::minutes{20});
  EXPECT_TRUE(server.relays[0].when_overloaded);
  EXPECT_EQ(server.relays[0].above, 2'000'000'000u);
  EXPECT_EQ(server.relays[0].above_packets, 300'000u);
  EXPECT_EQ(server.relays[0].ineffective_after, std::chrono::minutes{2});
  EXPECT_EQ(server.relays[0].hold, std::chrono::minutes{10});
  EXPECT_THAT(server.customers[1].mitigators,
              ElementsAre("edge", "hook", "up"));
}

TEST(good, a_customer_is_as_written_and_in_normal_form) {
  auto x = parsed(base_text);
  ASSERT_TRUE(x.value.server);
  ASSERT_EQ(x.value.server->customers.size(), 2u);
  const auto& customer = x.value.server->customers[0];
  const auto& who = customer.who;
  EXPECT_EQ(who.name, "example");
  EXPECT_THAT(who.identities.fingerprints,
              ElementsAre("sha256:00112233445566778899aabbccddeeff"
                          "00112233445566778899aabbccddeeff"));
  EXPECT_THAT(who.identities.dns_names, ElementsAre("client.example.com"));
  EXPECT_THAT(who.identities.common_names, ElementsAre("Example Client"));
  EXPECT_THAT(who.prefixes, ElementsAre(prefix_of("198.51.100.0/24"),
                                        prefix_of("2001:db8:6401::/48")));
  EXPECT_THAT(who.domains, ElementsAre("example.com", "*.example.com"));
  EXPECT_EQ(who.limits.max_mitigations, 20u);
  EXPECT_EQ(who.limits.max_cuids, 4u);
  EXPECT_EQ(who.limits.lifetime.max, 43200);
  EXPECT_TRUE(who.limits.lifetime.allow_indefinite);
  EXPECT_EQ(who.limits.requests_per_minute, 60u);
  EXPECT_EQ(who.limits.request_burst, 10u);
  EXPECT_EQ(who.action, mitigation_action::rate_limit);
  EXPECT_EQ(who.rate, 1000u);
  ASSERT_EQ(who.accept.size(), 1u);
  EXPECT_THAT(who.accept[0].sources, ElementsAre(prefix_of("203.0.113.0/24")));
  EXPECT_THAT(who.accept[0].ports,
              ElementsAre(port_range{53, 53}, port_range{8000, 8080}));
  EXPECT_THAT(who.accept[0].protocols, ElementsAre(17, 6));
  EXPECT_THAT(
      customer.names.at("www.example.com"),
      ElementsAre(prefix_of("198.51.100.80"), prefix_of("2001:db8:6401::80")));
  EXPECT_THAT(customer.mitigators, ElementsAre("edge"));
}

// USE-056
TEST(good, values_of_targets_are_as_written) {
  auto x = parsed(base_text);
  ASSERT_TRUE(x.value.server);
  const auto& server = *x.value.server;
  const auto& who = server.customers.at(0).who;
  EXPECT_EQ(who.value, 20u);
  ASSERT_EQ(who.assets.size(), 1u);
  EXPECT_THAT(who.assets[0].prefixes,
              ElementsAre(prefix_of("198.51.100.64/28")));
  EXPECT_EQ(who.assets[0].value, 90u);
  EXPECT_EQ(server.customers[1].who.value, 0u);
  using protocol::signal::value_bounds;
  EXPECT_EQ(server.mitigators.at(0).takes, (value_bounds{0, 95}));
  EXPECT_TRUE(server.mitigators.at(1).takes.holds_all());
  EXPECT_EQ(server.relays.at(0).takes, (value_bounds{50, 100}));
  auto words = explain(x.value);
  EXPECT_THAT(words, HasSubstr("targets are worth 20; 198.51.100.64/28 90"));
  EXPECT_THAT(words, HasSubstr("for targets worth 50 or more"));
  EXPECT_THAT(words, HasSubstr("for targets worth 0 to 95"));
}

TEST(good, the_newest_request_and_relays_do_not_go_together) {
  auto text = std::string{base_text};
  text.replace(text.find("most-specific-wins"), 18, "newest-wins");
  auto x = parsed(text);
  EXPECT_TRUE(x.good());
  EXPECT_THAT(x.report(), HasSubstr("warning: with relays, \"newest-wins\""));
}

// MULTI-018, MULTI-024
TEST(good, an_upstream_has_its_own_interface_and_credentials) {
  auto x = parsed(base_text);
  ASSERT_TRUE(x.value.client);
  const auto& all = x.value.client->upstreams;
  EXPECT_EQ(all.at(0).interface, "eth1");
  EXPECT_THAT(all.at(0).resolvers, ElementsAre(prefix_of("192.0.2.53/32"),
                                               prefix_of("2001:db8::53/128")));
  EXPECT_EQ(all.at(0).identity.certificate, "/etc/tocsin/pki/provider.pem");
  EXPECT_EQ(all.at(0).identity.key, "/etc/tocsin/pki/provider-key.pem");
  EXPECT_EQ(all.at(0).identity.ca, "/etc/tocsin/pki/provider-ca.pem");
  EXPECT_FALSE(all.at(1).identity.given()) << "those of [client]";
  EXPECT_THAT(explain(x.value), HasSubstr("through eth1 only"));
}

TEST(good, upstreams_with_their_own_credentials_need_no_others) {
  std::string text{least_client};
  std::string own;
  for (std::string key : {"certificate", "key", "ca"}) {
    auto at = text.find(key + " = ");
    auto line = text.substr(at, text.find('\n', at) + 1 - at);
    text.erase(at, line.size());
    own += line;
  }
  EXPECT_FALSE(parsed(text).good());
  auto header = text.find("[[client.upstream]]");
  text.insert(text.find('\n', header) + 1, own);
  EXPECT_THAT(parsed(text).report(), IsEmpty());
}

TEST(good, the_signal_channel_is_as_written) {
  auto x = parsed(base_text);
  EXPECT_THAT(x.report(), IsEmpty());
  ASSERT_TRUE(x.value.server && x.value.client);
  const auto& server = *x.value.server;
  EXPECT_THAT(server.listen_tls, ElementsAre(endpoint{"192.0.2.1", 14647}));
  EXPECT_EQ(server.identity.psk, "/etc/tocsin/pki/server.psk");
  EXPECT_FALSE(server.require_alpn);
  EXPECT_EQ(server.ticket_key, "/etc/tocsin/state/tickets");
  EXPECT_EQ(server.status_interval, seconds{20});
  EXPECT_EQ(server.attack_stopped_after, seconds{600});
  EXPECT_EQ(server.conflict_policy,
            protocol::signal::conflict_policy::most_specific_wins);
  EXPECT_FALSE(server.loss_of_signal);
  EXPECT_EQ(server.max_mitigations, 500u);
  EXPECT_EQ(server.session.min_heartbeat_interval, seconds{20});
  EXPECT_EQ(server.session.max_missing_hb_allowed, 20u);
  EXPECT_EQ(server.session.max_age, seconds{7200});
  ASSERT_TRUE(server.redirect);
  EXPECT_EQ(server.redirect->alt_server, "dots2.example.net");
  EXPECT_EQ(server.redirect->max_sessions, 4000u);
  EXPECT_FALSE(server.redirect->when_full);
  EXPECT_EQ(server.redirect->tolerance, 20u);
  EXPECT_TRUE(server.session.end_when_stale);
  EXPECT_TRUE(server.keep_losers);
  EXPECT_THAT(server.customers[0].who.identities.psk_identities,
              ElementsAre("example-edge"));
  const auto& upstream = x.value.client->upstreams[0];
  EXPECT_THAT(upstream.transports,
              ElementsAre(protocol::signal::transport_kind::tcp));
  EXPECT_EQ(upstream.udp_probe, seconds{43200});
  EXPECT_EQ(upstream.mitigating_heartbeat_interval, seconds{15});
  EXPECT_TRUE(x.value.client->defaults.withdraw_when_stopped);
}

// SIG-003, SIG-004
TEST(good, tls_is_served_where_dtls_is_unless_told_otherwise) {
  auto x = parsed(least_server);
  EXPECT_EQ(x.value.server->listen_tls, x.value.server->listen);
  EXPECT_EQ(x.value.server->listen_tls.at(0).port, 4646);
  auto none =
      parsed("[server]\nlisten_tls = []" + std::string{least_server}.substr(8));
  EXPECT_THAT(none.report(), IsEmpty());
  EXPECT_TRUE(none.value.server->listen_tls.empty());
}

// SIG-364, ARCH-112
TEST(good, pre_shared_keys_stand_in_for_certificates) {
  std::string text{least_client};
  for (std::string key : {"certificate", "key", "ca"}) {
    auto at = text.find(key + " = ");
    text.erase(at, text.find('\n', at) + 1 - at);
  }
  text.insert(text.find('\n') + 1, "psk = \"client.psk\"\n");
  EXPECT_THAT(parsed(text).report(), IsEmpty());
}

TEST(good, customers_make_a_table_as_they_are) {
  auto x = parsed(base_text);
  ASSERT_TRUE(x.value.server);
  std::vector<protocol::signal::customer> all;
  for (const auto& one : x.value.server->customers)
    all.push_back(one.who);
  auto table = protocol::signal::customer_table::make(all);
  ASSERT_TRUE(table) << to_string(table.error());
  auto who = table->find({.fingerprints = {},
                          .dns_names = {"second.example.net"},
                          .common_name = ""});
  ASSERT_TRUE(who);
  EXPECT_EQ((*who)->name, "second");
}

// ARCH-108, ARCH-112
TEST(good, the_client_is_as_written) {
  auto x = parsed(base_text);
  ASSERT_TRUE(x.value.client);
  const auto& client = *x.value.client;
  EXPECT_EQ(client.identity.key, "/etc/tocsin/pki/client-key.pem");
  ASSERT_EQ(client.upstreams.size(), 2u);
  EXPECT_EQ(client.upstreams[0].server.host, "dots.provider.example");
  EXPECT_EQ(client.upstreams[0].server_name, "dots.provider.example");
  EXPECT_EQ(client.upstreams[0].source, prefix_of("192.0.2.7"));
  EXPECT_EQ(client.upstreams[0].heartbeat_interval, seconds{0});
  EXPECT_EQ(client.upstreams[0].path_mtu, 1400u);
  EXPECT_EQ(client.upstreams[0].ipv4_path_mtu, 576u);
  EXPECT_EQ(client.upstreams[0].nat64_prefix, "well-known");
  ASSERT_EQ(client.upstreams[0].translations.size(), 2u);
  const auto& forwarded = client.upstreams[0].translations[1];
  EXPECT_EQ(forwarded.internal, prefix_of("10.0.1.5/32"));
  EXPECT_EQ(forwarded.external, prefix_of("198.51.100.77/32"));
  EXPECT_EQ(forwarded.kind, protocol::signal::translation_kind::address);
  EXPECT_EQ(forwarded.internal_ports, (port_range{8000, 8001}));
  EXPECT_EQ(forwarded.external_ports, (port_range{443, 444}));
  EXPECT_FALSE(client.upstreams[1].ipv4_path_mtu);
  EXPECT_THAT(client.upstreams[1].translations, IsEmpty());
  EXPECT_EQ(client.upstreams[1].server, (endpoint{"2001:db8::9", 4747}));
  EXPECT_EQ(client.upstreams[1].server_name, "dots.backup.example");
  EXPECT_EQ(client.upstreams[1].missing_hb_allowed, 3u);
  EXPECT_EQ(client.defaults.lifetime, seconds{1800});
  EXPECT_FALSE(client.defaults.renew);
  ASSERT_EQ(client.aliases.size(), 1u);
  const auto& what = client.aliases[0].what;
  EXPECT_THAT(what.prefixes, ElementsAre(prefix_of("198.51.100.80/32")));
  EXPECT_THAT(what.ports,
              ElementsAre(port_range{80, 80}, port_range{443, 443}));
  EXPECT_THAT(what.protocols, ElementsAre(6));
  EXPECT_THAT(what.fqdns, ElementsAre("www.example.com"));
  EXPECT_THAT(what.uris, ElementsAre("https://www.example.com/"));
}

// SIG-027
TEST(good, the_default_router_stands_in_for_a_server_by_a_name_of_its_own) {
  std::string text{least_client};
  auto at = text.find("server = ");
  text.replace(at, text.find('\n', at) - at,
               "server = \"default-router:4647\"");
  EXPECT_THAT(parsed(text).report(), HasSubstr("'server_name' is needed"));
  text.insert(text.find("server = "), "server_name = \"dots.example\"\n");
  auto x = parsed(text);
  EXPECT_THAT(x.report(), IsEmpty());
  EXPECT_TRUE(x.value.client->upstreams[0].calls_default_router());
  EXPECT_EQ(x.value.client->upstreams[0].server.port, 4647);
  EXPECT_THAT(explain(x.value), HasSubstr("the default routers, port 4647"));
}

// SIG-021
TEST(good, translations_are_explained) {
  auto text = explain(parsed(base_text).value);
  EXPECT_THAT(text, HasSubstr("10.0.0.0/24 is 198.51.100.0/24 outside"));
  EXPECT_THAT(text, HasSubstr("10.0.1.5/32 port 8000-8001 is "
                              "198.51.100.77/32 port 443-444 outside"));
}

// SIG-019
TEST(good, an_alias_that_no_server_can_be_told_of_leads_to_a_warning) {
  std::string text{base_text};
  auto at = text.find("prefixes = [\"198.51.100.80\"]");
  text.replace(at, 28, "prefixes = [\"192.168.0.80\"]");
  text.erase(text.find("publish = true\n"), 15); // or it were an error
  auto x = parsed(text);
  EXPECT_TRUE(x.good()) << x.report();
  EXPECT_THAT(x.report(), HasSubstr("'web' cannot be asked for at 'provider'"));
  EXPECT_THAT(x.report(), HasSubstr("'web' cannot be asked for at 'backup'"));
}

// SIG-056, SIG-391
TEST(good, each_server_may_be_shown_another_cuid) {
  auto x = parsed(base_text);
  ASSERT_TRUE(x.value.client);
  EXPECT_EQ(x.value.client->upstreams[0].cuid, "AAECAwQFBgcICQoLDA0ODw");
  EXPECT_EQ(x.value.client->upstreams[1].cuid, "DDECAwQFBgcICQoLDA0ODw");
}

// SIG-003, SIG-005, SIG-213, SIG-236
TEST(good, the_least_server_gets_the_defaults) {
  auto x = parsed(least_server);
  EXPECT_THAT(x.report(), IsEmpty());
  ASSERT_TRUE(x.value.server);
  const auto& server = *x.value.server;
  EXPECT_THAT(server.listen,
              ElementsAre(endpoint{"0.0.0.0", 4646}, endpoint{"::", 4646}));
  EXPECT_EQ(server.reactors, 1u);
  EXPECT_EQ(server.terminating_period, seconds{120});
  EXPECT_EQ(server.heartbeat_interval, seconds{30});
  EXPECT_EQ(server.missing_hb_allowed, 15u);
  ASSERT_EQ(server.customers.size(), 1u);
  EXPECT_EQ(server.customers[0].who.limits,
            protocol::signal::customer_limits{});
  EXPECT_THAT(server.customers[0].mitigators, ElementsAre("edge"));
  EXPECT_EQ(x.value.node.control_socket, "/var/lib/tocsin/control.sock");
}

// SIG-003, SIG-089, SIG-236
TEST(good, the_least_client_gets_the_defaults) {
  auto x = parsed(least_client);
  EXPECT_THAT(x.report(), IsEmpty());
  ASSERT_TRUE(x.value.client);
  const auto& client = *x.value.client;
  EXPECT_THAT(client.cuid, IsEmpty());
  EXPECT_EQ(client.defaults.lifetime, seconds{3600});
  EXPECT_TRUE(client.defaults.renew);
  EXPECT_EQ(client.upstreams[0].server.port, 4646);
  EXPECT_EQ(client.upstreams[0].heartbeat_interval, seconds{30});
  EXPECT_EQ(client.upstreams[0].missing_hb_allowed, 15u);
}

TEST(good, an_indefinite_lifetime_is_minus_one) {
  auto x = parsed(std::string{least_client}
                  + "[client.defaults]\nlifetime = \"indefinite\"\n");
  EXPECT_THAT(x.report(), IsEmpty());
  EXPECT_EQ(x.value.client->defaults.lifetime, seconds{-1});
}

TEST(good, several_sockets_may_ask_for_any_free_port) {
  auto x = parsed("[server]\nlisten = [\"127.0.0.1:0\", \"127.0.0.1:0\"]"
                  + std::string{least_server}.substr(8));
  EXPECT_THAT(x.report(), IsEmpty());
  EXPECT_EQ(x.value.server->listen.size(), 2u);
}

TEST(remarks, all_errors_are_told_in_the_order_of_the_file) {
  auto x = parsed("[server]\nkey = 5\nlisen = 1\nreactors = 0\n[bogus]\n");
  std::vector<std::string> places;
  for (const auto& remark : x.remarks)
    places.push_back(std::to_string(remark.line) + ":" + remark.message);
  EXPECT_THAT(places, ElementsAre(HasSubstr("1:key 'certificate' is missing"),
                                  HasSubstr("1:key 'ca' is missing"),
                                  HasSubstr("1:[server] has no mitigator"),
                                  HasSubstr("1:no customer is defined"),
                                  HasSubstr("2:key 'key' must be"),
                                  HasSubstr("3:unknown key 'lisen'"),
                                  HasSubstr("4:key 'reactors' is out of range"),
                                  HasSubstr("5:unknown key 'bogus'")));
}

TEST(remarks, a_line_names_file_place_reason_and_remedy) {
  auto x = parsed(std::string{least_client} + "[node]\nnam = \"x\"\n");
  EXPECT_EQ(x.report(), "/etc/tocsin/test.toml:9:1: error: unknown key 'nam' "
                        "in [node]; did you mean 'name'?\n");
}

TEST(remarks, a_node_without_a_role_is_an_error) {
  for (const char* text : {"", "[node]\nname = \"x\"\n"}) {
    auto x = parsed(text);
    EXPECT_FALSE(x.good());
    EXPECT_EQ(x.report(), "/etc/tocsin/test.toml: error: this node has no "
                          "role; add [server] or [client]\n");
  }
}

TEST(remarks, a_server_without_mitigators_is_an_error) {
  std::string text{least_server};
  text.erase(text.find("[[server.mitigator]]"));
  auto x = parsed(text);
  EXPECT_FALSE(x.good());
  EXPECT_THAT(x.report(), HasSubstr("[server] has no mitigator"));
}

TEST(remarks, a_client_without_upstream_is_an_error) {
  std::string text{least_client};
  text.erase(text.find("[[client.upstream]]"));
  auto x = parsed(text);
  EXPECT_FALSE(x.good());
  EXPECT_THAT(x.report(), HasSubstr("key 'upstream' is missing in [client]"));
}

TEST(remarks, overlapping_customers_are_a_warning) {
  auto x = parsed(std::string{least_server}
                  + "[[server.customer]]\nname = \"two\"\n"
                    "identities = [\"two.example\"]\n"
                    "prefixes = [\"198.51.100.128/25\", \"192.0.2.0/24\"]\n");
  ASSERT_EQ(x.remarks.size(), 1u) << x.report();
  EXPECT_TRUE(x.good());
  EXPECT_THAT(x.report(), HasSubstr(":15:13: warning: '198.51.100.128/25' also "
                                    "lies within the prefixes of customer "
                                    "'one'"));
}

TEST(remarks, equal_prefixes_of_two_customers_are_a_warning) {
  auto x = parsed(std::string{least_server}
                  + "[[server.customer]]\nname = \"two\"\n"
                    "identities = [\"two.example\"]\n"
                    "prefixes = [\"198.51.100.0/24\"]\n");
  EXPECT_EQ(x.remarks.size(), 1u) << x.report();
  EXPECT_TRUE(x.good());
}

// ARCH-098
TEST(remarks, two_upstreams_for_one_address_are_an_error) {
  std::string text{least_client};
  text.insert(text.find("[[client.upstream]]"), "choice = \"by-prefix\"\n");
  text += "prefixes = [\"192.0.2.0/24\"]\n[[client.upstream]]\n"
          "name = \"other\"\nserver = \"dots.other.example\"\n"
          "prefixes = [\"192.0.2.128/25\"]\n";
  EXPECT_THAT(parsed(text).report(),
              HasSubstr("'provider' and 'other' are both responsible for "
                        "192.0.2.128/25"));
}

// MULTI-033, MULTI-046
TEST(remarks, two_upstreams_at_one_address_are_a_warning) {
  std::string text{least_client};
  auto server = text.find("server = ");
  auto line = text.substr(server, text.find('\n', server) - server);
  text += "[[client.upstream]]\nname = \"other\"\n" + line
          + "\nserver_name = \"dots.other.example\"\n";
  auto x = parsed(text);
  EXPECT_TRUE(x.good());
  EXPECT_THAT(x.report(), HasSubstr("'provider' and 'other' have one address"));
}

// SIG-058
TEST(remarks, a_cuid_of_unusual_length_is_a_warning) {
  std::string text{least_client};
  text.insert(text.find("[[client.upstream]]"), "cuid = \"short\"\n");
  auto x = parsed(text);
  EXPECT_TRUE(x.good());
  EXPECT_THAT(x.report(), HasSubstr(":5:8: warning: a cuid should have 22"));
}

TEST(remarks, a_server_without_customers_is_a_warning) {
  std::string text{least_server};
  auto begin = text.find("[[server.customer]]");
  text.erase(begin, text.find("[[server.mitigator]]") - begin);
  auto x = parsed(text);
  EXPECT_TRUE(x.good());
  EXPECT_THAT(x.report(), HasSubstr("every client will be turned away"));
}

TEST(graph, shows_who_asks_whom) {
  auto x = parsed(base_text);
  auto text = draw(x.value);
  EXPECT_THAT(text, HasSubstr("edge-1\n  example"));
  EXPECT_THAT(text, HasSubstr("--> edge: nftables\n"));
  EXPECT_THAT(text,
              HasSubstr("(up): DOTS server provider, when it is needed\n"));
  EXPECT_THAT(text, HasSubstr("provider --> dots.provider.example:4646"));
  auto dot = draw_dot(x.value);
  EXPECT_THAT(dot, HasSubstr("\"customer example\" -> \"edge-1\";"));
  EXPECT_THAT(dot, HasSubstr("\"edge-1\" -> \"upstream provider\" "
                             "[label=\"up\", style=dashed];"));
}

TEST(explain, says_what_the_node_is) {
  auto x = parsed(base_text);
  auto text = explain(x.value);
  for (const char* words :
       {"Node edge-1", "/etc/tocsin/state/tocsin.db",
        "listens on 192.0.2.1:4646/udp [2001:db8::1]:14646/udp with 2 reactors",
        "and for TLS on 192.0.2.1:14647/tcp", "most-specific-wins",
        "at most 5000 sessions, 700 connections over TCP\n",
        "sends clients to dots2.example.net",
        "serves example (4 identities): 198.51.100.0/24, 2001:db8:6401::/48",
        "up to 20 mitigations of 12h or without an end, traffic is limited to "
        "1000 packets per second, 1 exemption",
        "by edge, hook, up",
        "relays as up to the DOTS server provider, 20m at a time, called",
        "mitigates with hook: driver /etc/tocsin/drivers/hook",
        "calls provider at dots.provider.example:4646, which must be "
        "dots.provider.example, from 192.0.2.7",
        "heartbeats are off", "lost after 3 without an answer", "asks for 30m",
        "alias web: 198.51.100.80/32, www.example.com, "
        "https://www.example.com/"})
    EXPECT_THAT(text, HasSubstr(words));
}

} // namespace
} // namespace tocsin::roles
