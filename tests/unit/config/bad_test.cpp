#include "roles/config/load.hpp"
#include "tests/unit/config/base_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>

namespace tocsin::roles {
namespace {

using ::testing::HasSubstr;

/// One mistake. `line` of the good configuration becomes `instead`, in which
/// "@@" stands before what the error must point at.
struct mistake {
  const char* name;
  const char* line;
  const char* instead;
  const char* message;
  const char* hint;
};

void PrintTo(const mistake& x, std::ostream* out) {
  *out << x.instead;
}

const mistake mistakes[] = {
    // TOML itself
    {"unclosed_text", "name = \"edge-1\"", "name = \"edge-1@@\n", "string",
     "toml.io"},
    {"key_given_twice", "reactors = 2", "reactors = 2\nreactors = @@3",
     "reactors", "toml.io"},
    {"comment_in_a_table_header", "[client.defaults]", "[@@#client]",
     "expected bare key", "toml.io"},
    {"letter_of_another_alphabet", "log_level = \"debug\"", "cl@@\xC3\xA9 = 1",
     "saw", "toml.io"},
    {"three_brackets", "[client.defaults]", "[[@@[client.defaults]]]",
     "expected bare key", "toml.io"},
    {"table_given_twice", "[client.defaults]", "@@[server]", "server",
     "toml.io"},
    // unknown keys and tables
    {"misspelt_key", "listen = [\"192.0.2.1\", \"[2001:db8::1]:14646\"]",
     "@@lisen = [\"192.0.2.1\"]", "unknown key 'lisen' in [server]",
     "did you mean 'listen'?"},
    {"misspelt_table", "[client.defaults]", "[client.@@default]",
     "unknown key 'default' in [client]", "did you mean 'defaults'?"},
    {"foreign_key", "log_level = \"debug\"", "@@zebra = 1",
     "unknown key 'zebra' in [node]", "possible here: name, data_dir"},
    {"unknown_role", "[client.defaults]", "[@@gateways]\n[client.defaults]",
     "unknown key 'gateways' in the file", "possible here: node, server"},
    {"unknown_customer_key", "max_cuids = 4", "@@max_cuid = 4",
     "unknown key 'max_cuid' in [[server.customer]]", "'max_cuids'"},
    {"unknown_accept_key", "sources = [\"203.0.113.0/24\"]",
     "@@source = [\"203.0.113.0/24\"]",
     "unknown key 'source' in [[server.customer.accept]]", "'sources'"},
    {"control_characters_are_not_echoed", "log_level = \"debug\"",
     "@@\"a\\nb\" = 1", "unknown key 'a?b' in [node]", "possible here"},
    // kinds
    {"number_instead_of_text", "name = \"edge-1\"", "name = @@7",
     "key 'name' must be text, not a number", ""},
    {"text_instead_of_number", "reactors = 2", "reactors = @@\"2\"",
     "key 'reactors' must be a number, not text", ""},
    {"fraction_instead_of_number", "reactors = 2", "reactors = @@2.5",
     "must be a number, not a fraction", ""},
    {"text_instead_of_boolean", "renew = false", "renew = @@\"no\"",
     "must be true or false, not text", ""},
    {"number_instead_of_duration", "terminating_period = \"2m\"",
     "terminating_period = @@120", "must be a duration, not a number",
     "with its unit"},
    {"text_instead_of_list", "prefixes = [\"203.0.113.0/25\"]",
     "prefixes = @@\"203.0.113.0/25\"", "must be a list, not text",
     "in brackets"},
    {"single_table_instead_of_repeated", "[[client.alias]]", "@@[client.alias]",
     "'client.alias' must be a repeated table", "[[client.alias]]"},
    {"repeated_table_instead_of_single", "[client.defaults]",
     "@@[[client.defaults]]", "'defaults' must be a table, not a list", ""},
    {"date_instead_of_text", "name = \"edge-1\"", "name = @@1979-05-27",
     "must be text, not a date or time", ""},
    {"text_instead_of_names", "environment = { LANG = \"C\" }",
     "environment = @@\"LANG=C\"", "must be a table, not text", ""},
    {"number_in_list_of_text", "domains = [\"example.com\", \"*.example.com\"]",
     "domains = [\"example.com\", \"*.example.com\", @@5]",
     "key 'domains' must be text, not a number", ""},
    {"number_as_path", "data_dir = \"state\"", "data_dir = @@3",
     "must be a path, not a number", ""},
    {"empty_path", "data_dir = \"state\"", "data_dir = @@\"\"",
     "not a usable path", ""},
    {"number_as_prefix", "prefixes = [\"203.0.113.0/25\"]", "prefixes = [@@5]",
     "must be a prefix, not a number", "192.0.2.0/24"},
    {"boolean_as_port", "ports = [80, 443]", "ports = [80, @@true]",
     "must be a list of ports", ""},
    {"number_as_address", "server = \"dots.provider.example\"",
     "server = @@4646", "must be an address as text", ""},
    // ranges
    {"no_reactor", "reactors = 2", "reactors = @@0",
     "key 'reactors' is out of range: 0", "from 1 to 256"},
    {"too_many_reactors", "reactors = 2", "reactors = @@257", "out of range",
     "from 1 to 256"},
    {"negative_number", "max_sessions = 5000", "max_sessions = @@-1",
     "out of range: -1", "from 1 to 10000000"},
    {"no_connection", "max_connections = 700", "max_connections = @@0",
     "out of range: 0", "from 1 to 1000000"},
    {"too_many_connections", "max_connections = 700",
     "max_connections = @@1000001", "out of range", "from 1 to 1000000"},
    {"number_beyond_32_bits", "missing_hb_allowed = 15",
     "missing_hb_allowed = @@4294967296", "out of range", "from 1 to 65535"},
    // SIG-238
    {"heartbeats_too_often", "heartbeat_interval = \"30s\"",
     "heartbeat_interval = @@\"14s\"", "out of range: 14s",
     "from 15s to 4m, or 0s"},
    {"heartbeats_too_rare", "heartbeat_interval = \"30s\"",
     "heartbeat_interval = @@\"241s\"", "out of range: 241s", "from 15s to 4m"},
    {"no_lifetime", "lifetime = \"30m\"", "lifetime = @@\"0s\"",
     "out of range: 0s", "from 1s"},
    {"endless_max_lifetime", "max_lifetime = \"12h\"",
     "max_lifetime = @@\"indefinite\"", "'indefinite' is not valid", "30s"},
    {"duration_without_unit", "lifetime = \"30m\"", "lifetime = @@\"30\"",
     "'30' is not valid for key 'lifetime'", "\"30s\""},
    {"duration_with_unknown_unit", "lifetime = \"30m\"", "lifetime = @@\"3w\"",
     "'3w' is not valid", "\"1d\""},
    {"duration_with_units_reversed", "lifetime = \"30m\"",
     "lifetime = @@\"30s2m\"", "is not valid", "\"1h30m\""},
    {"negative_duration", "lifetime = \"30m\"", "lifetime = @@\"-5m\"",
     "is not valid", ""},
    {"duration_beyond_64_bits", "lifetime = \"30m\"",
     "lifetime = @@\"999999999999999999d\"", "is not valid", "too long"},
    {"protocol_too_large", "protocols = [\"tcp\"]", "protocols = [@@256]",
     "out of range: 256", "from 0 to 255"},
    {"port_too_large", "ports = [80, 443]", "ports = [80, @@65536]",
     "'65536' is not valid", "0 to 65535"},
    {"port_range_reversed", "ports = [80, 443]", "ports = [@@\"90-80\"]",
     "'90-80' is not valid", "lower port comes first"},
    {"port_range_unfinished", "ports = [80, 443]", "ports = [@@\"90-\"]",
     "'90-' is not valid", "8000-8080"},
    {"unknown_protocol", "protocols = [\"tcp\"]", "protocols = [@@\"tpc\"]",
     "'tpc' is not valid", "tcp, udp"},
    // forms
    {"unknown_log_level", "log_level = \"debug\"", "log_level = @@\"loud\"",
     "'loud' is not valid for key 'log_level'", "trace, debug, info"},
    {"unknown_action", "action = \"rate-limit\"", "action = @@\"rate_limit\"",
     "'rate_limit' is not valid", "one of drop, rate-limit"},
    {"name_with_space", "name = \"example\"", "name = @@\"ex ample\"",
     "'ex ample' is not valid for key 'name'", "letters, digits"},
    {"name_that_climbs", "name = \"web\"", "name = @@\"../web\"",
     "'../web' is not valid", "starts with a letter"},
    {"bad_prefix", "prefixes = [\"203.0.113.0/25\"]",
     "prefixes = [@@\"203.0.113/25\"]", "'203.0.113/25' is not a prefix",
     "2001:db8::/32"},
    {"prefix_too_long", "prefixes = [\"203.0.113.0/25\"]",
     "prefixes = [@@\"203.0.113.0/33\"]", "is not a prefix", ""},
    {"prefix_with_host_bits", "prefixes = [\"203.0.113.0/25\"]",
     "prefixes = [@@\"203.0.113.7/25\"]", "bits beyond its length",
     "did you mean \"203.0.113.0/25\"?"},
    {"short_fingerprint", "identities = [\"second.example.net\"]",
     "identities = [@@\"sha256:abcd\"]", "'sha256:abcd' is not valid",
     "64 hexadecimal digits"},
    {"identity_of_no_kind", "identities = [\"second.example.net\"]",
     "identities = [@@\"not a name\"]", "'not a name' is not valid", "cn:"},
    {"empty_common_name", "identities = [\"second.example.net\"]",
     "identities = [@@\"cn:\"]", "'cn:' is not valid", "1 to 64"},
    {"bad_domain", "domains = [\"example.com\", \"*.example.com\"]",
     "domains = [\"example.com\", \"*.example.com\", @@\"*.*.net\"]",
     "'*.*.net' is not valid", "*.example.com"},
    {"listening_on_a_name", "listen = [\"192.0.2.1\", \"[2001:db8::1]:14646\"]",
     "listen = [@@\"dots.example.net\"]", "not an address to listen on",
     "[::]:4646"},
    {"address_without_brackets",
     "listen = [\"192.0.2.1\", \"[2001:db8::1]:14646\"]",
     "listen = [@@\"2001:db8::1\"]", "is not valid", "[2001:db8::1]:port"},
    {"port_of_address_too_large",
     "listen = [\"192.0.2.1\", \"[2001:db8::1]:14646\"]",
     "listen = [@@\"192.0.2.1:65536\"]", "is not valid", "192.0.2.1:port"},
    {"no_port_to_call", "server = \"[2001:db8::9]:4747\"",
     "server = @@\"[2001:db8::9]:0\"", "has no usable port", "from 1"},
    {"bad_server_name", "server_name = \"dots.backup.example\"",
     "server_name = @@\"two words\"", "'two words' is not valid",
     "www.example.com"},
    {"bad_cuid", "cuid = \"AAECAwQFBgcICQoLDA0ODw\"", "cuid = @@\"a/b\"",
     "'a/b' is not valid for key 'cuid'", "no slash"},
    {"bad_uri", "uris = [\"https://www.example.com/\"]", "uris = [@@\"www\"]",
     "'www' is not valid for key 'uris'", "https://www.example.com/"},
    {"unknown_driver", "driver = \"nftables\"", "driver = @@\"nftable\"",
     "'nftable' is not valid for key 'driver'", "\"nftables\" and \"exec\""},
    {"exec_without_hook", "driver = \"./drivers/hook\"", "driver = @@\"exec\"",
     "has no program to run", "--hook"},
    {"bad_variable", "environment = { LANG = \"C\" }",
     "environment = { @@\"LA=NG\" = \"C\" }", "'LA=NG' is no name", ""},
    // missing
    {"no_certificate", "certificate = \"pki/dots.pem\"", "",
     "key 'certificate' is missing in [server]", "belong together"},
    {"no_customer_name", "name = \"second\"", "",
     "key 'name' is missing in [[server.customer]]", "Unique"},
    {"no_prefixes", "prefixes = [\"203.0.113.0/25\"]", "",
     "key 'prefixes' is missing in [[server.customer]]", "address space"},
    {"no_driver", "driver = \"./drivers/hook\"", "",
     "key 'driver' is missing in [[server.mitigator]]", "nftables"},
    {"no_server_to_call", "server = \"dots.provider.example\"", "",
     "key 'server' is missing in [[client.upstream]]", "4646"},
    // contradictions
    {"duplicate_customer", "name = \"second\"", "name = @@\"example\"",
     "duplicate customer 'example'", "first one is in line 75"},
    {"duplicate_mitigator", "name = \"hook\"", "name = @@\"edge\"",
     "duplicate mitigator 'edge'", "first one is in line"},
    {"relay_named_as_a_mitigator", "name = \"up\"", "name = @@\"edge\"",
     "duplicate mitigator 'edge'", "first one is in line"},
    {"relay_to_nobody", "upstream = \"provider\"", "upstream = @@\"provder\"",
     "there is no upstream 'provder'", "did you mean 'provider'?"},
    {"nobody_to_begin", "mitigators = [\"edge\"]", "mitigators = [\"up\"]",
     "all mitigators of customer 'example' are called for help only",
     "name another one"},
    {"two_relays_to_one", "upstream = \"provider\"",
     "upstream = \"provider\"\n[[server.relay]]\nname = \"down\"\n"
     "upstream = @@\"provider\"",
     "duplicate upstream of a relay 'provider'", "first one is in line"},
    {"no_upstream_of_a_relay", "upstream = \"provider\"", "",
     "key 'upstream' is missing in [[server.relay]]", "client.upstream"},
    {"duplicate_upstream", "name = \"backup\"", "name = @@\"provider\"",
     "duplicate upstream 'provider'", "first one is in line"},
    {"duplicate_alias", "name = \"web\"",
     "name = \"web\"\nprefixes = [\"198.51.100.1\"]\n[[client.alias]]\n"
     "name = @@\"web\"",
     "duplicate alias 'web'", "first one is in line"},
    {"duplicate_identity", "identities = [\"second.example.net\"]",
     "identities = [@@\"client.example.com\"]",
     "duplicate identity 'client.example.com'", "first one is in line 76"},
    {"duplicate_fingerprint", "identities = [\"second.example.net\"]",
     "identities = [@@\"sha256:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:"
     "ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff\"]",
     "duplicate identity 'sha256:0011", "first one is in line 76"},
    {"duplicate_name", "prefixes = [\"203.0.113.0/25\"]",
     "prefixes = [\"203.0.113.0/25\"]\ndomains = [\"*.example.com\"]\n"
     "names = { @@\"www.example.com\" = [\"203.0.113.1\"] }",
     "duplicate name with fixed addresses 'www.example.com'",
     "first one is in line 79"},
    {"duplicate_prefix", "prefixes = [\"203.0.113.0/25\"]",
     "prefixes = [\"203.0.113.0/25\", @@\"203.0.113.0/25\"]",
     "duplicate prefix '203.0.113.0/25'", "first one is in line"},
    {"duplicate_address", "listen = [\"192.0.2.1\", \"[2001:db8::1]:14646\"]",
     "listen = [\"192.0.2.1\", @@\"192.0.2.1:4646\"]",
     "duplicate address '192.0.2.1:4646'", "first one is in line"},
    {"rate_without_limit", "action = \"rate-limit\"", "",
     "'rate' has no meaning with action \"drop\"", "remove it"},
    {"limit_without_rate", "rate = 1000", "", "needs a 'rate'", ""},
    {"unknown_mitigator", "mitigators = [\"edge\"]",
     "mitigators = [@@\"egde\"]", "there is no mitigator 'egde'",
     "did you mean 'edge'?"},
    {"empty_mitigators", "mitigators = [\"edge\"]", "mitigators = @@[]",
     "'mitigators' is empty", "leave it out"},
    {"empty_prefixes", "prefixes = [\"203.0.113.0/25\"]", "prefixes = @@[]",
     "'prefixes' is empty", "cannot be protected"},
    {"empty_identities", "identities = [\"second.example.net\"]",
     "identities = @@[]", "'identities' names nobody", ""},
    {"empty_transports", "transports = [\"tcp\"]", "transports = @@[]",
     "'transports' is empty", "leave it out"},
    {"unknown_transport", "transports = [\"tcp\"]", "transports = [@@\"sctp\"]",
     "'sctp' is not valid for key 'transports'", "udp, tcp"},
    {"unknown_policy", "conflict_policy = \"newest-wins\"",
     "conflict_policy = @@\"loudest-wins\"",
     "'loudest-wins' is not valid for key 'conflict_policy'", "first-wins"},
    {"status_too_often", "status_interval = \"20s\"",
     "status_interval = @@\"2s\"", "'status_interval' is out of range", ""},
    {"redirect_prefix", "addresses = [\"192.0.2.200\"]",
     "addresses = [@@\"192.0.2.0/24\"]",
     "'192.0.2.0/24' is a prefix, not an address", ""},
    {"interval_outside_ranges", "heartbeat_interval = \"30s\"",
     "heartbeat_interval = @@\"200s\"",
     "is not within what [server.session] accepts", ""},
    {"udp_probed_too_often", "udp_probe = \"12h\"", "udp_probe = @@\"4m\"",
     "'udp_probe' is out of range", ""},
    {"empty_psk_identity", "identities = [\"second.example.net\"]",
     "identities = [@@\"psk:\"]", "'psk:' is not valid", "1 to 128 octets"},
    {"empty_listen", "listen = [\"192.0.2.1\", \"[2001:db8::1]:14646\"]",
     "listen = @@[]", "'listen' is empty", "leave it out"},
    {"loopback_as_target", "prefixes = [\"203.0.113.0/25\"]",
     "prefixes = [@@\"127.0.0.0/8\"]", "'127.0.0.0/8' can never be protected",
     "loopback"},
    {"multicast_alias", "prefixes = [\"198.51.100.80\"]",
     "prefixes = [@@\"ff02::1\"]", "'ff02::1/128' can never be protected",
     "multicast"},
    {"alias_without_target", "[[client.alias]]",
     "@@[[client.alias]]\nname = \"none\"\n[[client.alias]]",
     "alias 'none' names no target", "'fqdns' or 'uris'"},
    {"name_outside_domains",
     "names = { \"www.example.com\" = [\"198.51.100.80\", "
     "\"2001:db8:6401::80\"] }",
     "names = { @@\"www.example.org\" = [\"198.51.100.80\"] }",
     "'www.example.org' is not within 'domains'", "add it there"},
    {"address_outside_prefixes",
     "names = { \"www.example.com\" = [\"198.51.100.80\", "
     "\"2001:db8:6401::80\"] }",
     "names = { \"www.example.com\" = [@@\"192.0.2.80\"] }",
     "'192.0.2.80' is not within 'prefixes'", ""},
    {"prefix_as_address_of_name",
     "names = { \"www.example.com\" = [\"198.51.100.80\", "
     "\"2001:db8:6401::80\"] }",
     "names = { \"www.example.com\" = [@@\"198.51.100.0/25\"] }",
     "is a prefix, not an address", ""},
    {"accept_everything", "[[server.customer.accept]]",
     "@@[[server.customer.accept]]\n[[server.customer.accept]]",
     "accepts all traffic", "sources, ports or protocols"},
    {"data_channel_without_address",
     "listen = [\"192.0.2.1\", \"[2001:db8::1]:8443\"]", "",
     "key 'listen' is missing in [server.data]", ""},
    {"data_channel_without_addresses",
     "listen = [\"192.0.2.1\", \"[2001:db8::1]:8443\"]", "listen = @@[]",
     "'listen' is empty", "no data channel"},
    {"data_channel_twice_at_an_address",
     "listen = [\"192.0.2.1\", \"[2001:db8::1]:8443\"]",
     "listen = [\"192.0.2.1\", @@\"192.0.2.1:443\"]",
     "duplicate address '192.0.2.1:443'", "first one is in line"},
    {"data_channel_by_name", "listen = [\"192.0.2.1\", \"[2001:db8::1]:8443\"]",
     "listen = [@@\"data.example\"]", "is not an address to listen on",
     "192.0.2.1:443"},
    {"data_channel_where_the_signal_channel_is",
     "listen = [\"192.0.2.1\", \"[2001:db8::1]:8443\"]",
     "listen = [@@\"192.0.2.1:14647\"]",
     "is where the signal channel listens for TLS", "a port of its own"},
    {"root_without_slash", "root = \"/dots/restconf\"", "root = @@\"restconf\"",
     "'restconf' is not valid for key 'root'", "a path like \"/restconf\""},
    {"root_among_well_known_ones", "root = \"/dots/restconf\"",
     "root = @@\"/.well-known/restconf\"", "is not valid for key 'root'", ""},
    {"entries_that_live_less_than_a_week", "lifetime = \"30d\"",
     "lifetime = @@\"6d\"", "'lifetime' is shorter than a week", "RFC 8783"},
    {"more_aliases_of_one_than_of_all", "max_client_aliases = 11",
     "max_client_aliases = @@22",
     "'max_client_aliases' is greater than 'max_aliases'", ""},
    {"more_acls_of_one_than_of_all", "max_client_acls = 12",
     "max_client_acls = @@23", "'max_client_acls' is greater than 'max_acls'",
     ""},
    {"more_entries_of_one_than_of_all", "max_client_entries = 13",
     "max_client_entries = @@24",
     "'max_client_entries' is greater than 'max_entries'", ""},
    {"more_entries_than_a_filter_set_has", "max_client_entries = 13",
     "max_client_entries = @@2001", "'max_client_entries' is out of range",
     "2000"},
    {"entries_too_large_to_be_sent", "max_size = 4096", "max_size = @@65537",
     "'max_size' is greater than 'max_body'", ""},
    {"unknown_policy_of_filters", "conflict_policy = \"allow\"",
     "conflict_policy = @@\"first-wins\"",
     "'first-wins' is not valid for key 'conflict_policy'", "refuse-newcomer"},
    {"stage_of_no_number", "stage = 2", "stage = @@0",
     "'stage' is out of range", "16"},
    {"terminating_beyond_its_limit", "terminating_period = \"2m\"",
     "terminating_period = @@\"6m\"", "longer than 'max_terminating_period'",
     ""},
    {"address_without_server_name", "server_name = \"dots.backup.example\"", "",
     "so 'server_name' is needed", "server's certificate"},
    {"translation_of_other_length", "external = \"198.51.100.0/24\"",
     "external = \"198.51.100.0/25\"", "key 'external' does not fit",
     "as long as 'internal'"},
    {"more_ports_outside_than_inside", "external_ports = \"443-444\"",
     "external_ports = \"443-445\"", "key 'external_ports' does not fit",
     "as many"},
    {"translation_twice", "internal = \"10.0.1.5\"",
     "internal = \"10.0.1.5\"\nexternal = \"198.51.100.78\"\n"
     "[[client.upstream.translation]]\ninternal = \"10.0.1.5\"",
     "10.0.1.5/32 is translated twice", "leave one"},
    {"no_nat64_prefix", "nat64_prefix = \"well-known\"",
     "nat64_prefix = @@\"64:ff9b::/95\"", "'64:ff9b::/95' is no NAT64 prefix",
     "32, 40"},
    {"path_mtu_below_that_of_ipv6", "path_mtu = 1400", "path_mtu = @@1279",
     "'path_mtu' is out of range", ""},
    {"path_mtu_below_that_of_ipv4", "ipv4_path_mtu = 576",
     "ipv4_path_mtu = @@575", "'ipv4_path_mtu' is out of range", ""},
    {"source_of_other_family", "cuid = \"DDECAwQFBgcICQoLDA0ODw\"",
     "source = @@\"192.0.2.8\"", "different address families", ""},
    {"source_is_a_prefix", "source = \"192.0.2.7\"",
     "source = @@\"192.0.2.0/24\"", "is a prefix, not an address", ""},
    {"socket_path_too_long", "control_socket = \"state/control.sock\"",
     "control_socket = @@\"/"
     "0123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789012345678901234567890123456789\"",
     "longer than 107 octets", "shorter 'control_socket'"},
};

class bad : public ::testing::TestWithParam<mistake> {};

TEST_P(bad, configuration_is_refused_at_its_place_with_a_reason) {
  const auto& m = GetParam();
  std::string text{base_text};
  auto at = text.find(std::string{m.line} + "\n");
  ASSERT_NE(at, std::string::npos) << m.line;
  text.replace(at, std::string_view{m.line}.size(), m.instead);
  auto mark = text.find("@@");
  if (mark != std::string::npos)
    text.erase(mark, 2);

  auto x = parse(text, "/etc/tocsin/test.toml");
  ASSERT_EQ(x.remarks.size(), 1u) << x.report();
  EXPECT_FALSE(x.good());
  const auto& remark = x.remarks[0];
  EXPECT_THAT(remark.message, HasSubstr(m.message));
  EXPECT_THAT(remark.hint, HasSubstr(m.hint));
  if (mark != std::string::npos) {
    auto before = text.substr(0, mark);
    auto line = 1 + std::count(before.begin(), before.end(), '\n');
    auto start = before.rfind('\n') + 1; // npos + 1 is 0
    EXPECT_EQ(remark.line, line) << x.report();
    EXPECT_EQ(remark.column, mark - start + 1) << x.report();
  } else {
    EXPECT_GT(remark.line, 1u) << x.report(); // where the table begins
  }
}

INSTANTIATE_TEST_SUITE_P(table, bad, ::testing::ValuesIn(mistakes),
                         [](const auto& x) { return x.param.name; });

} // namespace
} // namespace tocsin::roles
