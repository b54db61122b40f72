#pragma once

namespace tocsin::roles {

/// A good configuration with every option in it; tests change one line.
inline constexpr const char* base_text = R"([node]
name = "edge-1"
data_dir = "state"
control_socket = "state/control.sock"
log_level = "debug"
log_format = "json"

[server]
listen = ["192.0.2.1", "[2001:db8::1]:14646"]
certificate = "pki/dots.pem"
key = "pki/dots-key.pem"
ca = "pki/ca.pem"
crl = "pki/crl.pem"
reactors = 2
max_sessions = 5000
max_connections = 700
max_handshakes = 64
cookie_rate = 2000
terminating_period = "2m"
max_terminating_period = "5m"
heartbeat_interval = "30s"
missing_hb_allowed = 15
listen_tls = ["192.0.2.1:14647"]
require_alpn = false
psk = "pki/server.psk"
ticket_key = "state/tickets"
status_interval = "20s"
attack_stopped_after = "10m"
conflict_policy = "most-specific-wins"
keep_losers = true
loss_of_signal = false
max_mitigations = 500

[server.session]
min_heartbeat_interval = "20s"
max_heartbeat_interval = "120s"
min_missing_hb_allowed = 5
max_missing_hb_allowed = 20
max_probing_rate = 10
max_age = "2h"
end_when_stale = true

[server.redirect]
alt_server = "dots2.example.net"
addresses = ["192.0.2.200"]
max_age = "30m"
max_sessions = 4000
when_mitigators_fail = false
when_full = false
tolerance = 20

[server.data]
listen = ["192.0.2.1", "[2001:db8::1]:8443"]
root = "/dots/restconf"
lifetime = "30d"
conflict_policy = "allow"
allow_immediate = false
immediate_needs_destination = false
direct_configuration = false
max_clients = 3
max_client_aliases = 11
max_client_acls = 12
max_client_entries = 13
max_aliases = 21
max_acls = 22
max_entries = 23
max_size = 4096
max_body = 65536
max_connections = 7
requests_per_minute = 600
request_burst = 40
idle_timeout = "2m"

[[server.customer]]
name = "example"
identities = ["sha256:00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff", "Client.Example.COM.", "cn:Example Client", "psk:example-edge"]
prefixes = ["198.51.100.0/24", "2001:db8:6401::/48"]
domains = ["example.com", "*.example.com"]
names = { "www.example.com" = ["198.51.100.80", "2001:db8:6401::80"] }
max_mitigations = 20
max_cuids = 4
max_lifetime = "12h"
allow_indefinite = true
requests_per_minute = 60
request_burst = 10
action = "rate-limit"
rate = 1000
mitigators = ["edge"]
value = 20

[[server.customer.asset]]
prefixes = ["198.51.100.64/28"]
value = 90

[[server.customer.accept]]
sources = ["203.0.113.0/24"]
ports = [53, "8000-8080"]
protocols = ["udp", 6]

[[server.customer]]
name = "second"
identities = ["second.example.net"]
prefixes = ["203.0.113.0/25"]

[[server.mitigator]]
name = "edge"
driver = "nftables"
arguments = ["--table", "tocsin"]
environment = { LANG = "C" }
stage = 2
max_value = 95

[[server.mitigator]]
name = "hook"
driver = "./drivers/hook"

[[server.relay]]
name = "up"
upstream = "provider"
lifetime = "20m"
when_overloaded = true
above = 2000000000
above_packets = 300000
ineffective_after = "2m"
hold = "10m"
min_value = 50

[client]
certificate = "pki/client.pem"
key = "pki/client-key.pem"
ca = "pki/ca.pem"
cuid = "AAECAwQFBgcICQoLDA0ODw"

[[client.upstream]]
name = "provider"
server = "dots.provider.example"
source = "192.0.2.7"
interface = "eth1"
resolvers = ["192.0.2.53", "2001:db8::53"]
certificate = "pki/provider.pem"
key = "pki/provider-key.pem"
ca = "pki/provider-ca.pem"
transports = ["tcp"]
udp_probe = "12h"
mitigating_heartbeat_interval = "15s"
heartbeat_interval = "0s"
path_mtu = 1400
ipv4_path_mtu = 576
nat64_prefix = "well-known"

[[client.upstream.translation]]
internal = "10.0.0.0/24"
external = "198.51.100.0/24"

[[client.upstream.translation]]
internal = "10.0.1.5"
external = "198.51.100.77"
kind = "address"
internal_ports = "8000-8001"
external_ports = "443-444"

[client.upstream.data]
enabled = true
host = "data.provider.example"
port = 8443
server_name = "restconf.provider.example"
root = "/top/restconf"
filters = "filters.json"
mitigate_by_name = true

[[client.upstream]]
name = "backup"
server = "[2001:db8::9]:4747"
server_name = "dots.backup.example"
cuid = "DDECAwQFBgcICQoLDA0ODw"
missing_hb_allowed = 3

[client.defaults]
lifetime = "30m"
renew = false
withdraw_when_stopped = true

[[client.alias]]
name = "web"
prefixes = ["198.51.100.80"]
ports = [80, 443]
protocols = ["tcp"]
fqdns = ["www.example.com"]
uris = ["https://www.example.com/"]
publish = true
)";

} // namespace tocsin::roles
