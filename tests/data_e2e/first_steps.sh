#!/bin/bash
# A server with a data channel: discovery, then registration, an alias, a filter
# that reaches its driver and what the operator sees, all as docs/operations.md
# says it; and an orderly end.
# ARCH-101, ARCH-106
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
source "$repo/tests/data_e2e/data.sh"

make_pki
tocsin pki issue stranger.example --dir pki --for client >/dev/null
write_hook
port=$(free_port)
data_port=$(free_port)
data_at=127.0.0.1:$data_port
write_server "127.0.0.1:$port" <<END
[server.data]
listen = ["$data_at"]

[[server.mitigator]]
name = "edge"
driver = "exec"
arguments = ["--hook", "$state/hook", "--filters"]

[[server.customer]]
name = "acme"
identities = ["client.example"]
prefixes = ["192.0.2.0/24", "2001:db8:1::/48"]
END

step "The configuration is explained"
expect "check names the data channel" \
  grep -q "data channel on $data_at, /restconf, 1 customer" \
  <(tocsin check -c server.toml)

start server server.log tocsin run -c server.toml
await_node server
await 20 "the driver is up" mitigator_is_up

step "Discovery"
# REST-019, DATA-003
rest client.example GET /.well-known/host-meta
answered "the root is told" 200
expect "it is /restconf" grep -q "href='/restconf'" body.json
rest client.example GET "$dd/capabilities"
answered "capabilities are told" 200
said "the driver can limit rates" \
  '.["ietf-dots-data-channel:capabilities"]["rate-limit"]' true

step "Who may come in"
# REST-010, REST-012, DATA-232
rest stranger.example GET "$dd"
answered "a stranger's certificate is turned away" 403
rest nobody GET "$dd"
answered "without a certificate there is no answer" 000

step "From registration to a filter, as documented"
documented client "From registration to a filter that drops"
# DATA-160
expect "the client's commands say what they should" as_documented client
# DATA-019, DATA-193
filter_is_ordered() { grep -q '^install f' orders.txt; }
await 10 "the driver was ordered to enforce it" filter_is_ordered

step "What the operator sees, as documented"
documented operator "What the operator sees of it"
await 10 "the operator's commands, too" as_documented operator
equal "clients of the data channel are told" \
  "$(ask server '.data_clients[0] | "\(.customer) \(.cuid) \(.aliases) \(.acls)"' data)" \
  "acme edge-1 1 1"
equal "the alias stands for its target" \
  "$(ask server '.alias_list[0]["target-prefix"][0]' data edge-1)" \
  192.0.2.80/32
equal "the ACL is in force" \
  "$(ask server '.acl_list[0] | "\(.name) \(.in_force) \(.entries[0].action)"' \
    data edge-1)" "no-memcached true drop"
equal "its mitigator shows the filter set" \
  "$(ask server '.mitigators[0].filter_sets' node)" 1
expect "an unknown client is an error" \
  test "$(tocsin data nobody -c server.toml >/dev/null 2>&1; echo $?)" = 1

step "An orderly end, and all is back"
expect "the server ends in an orderly way" finish server 15
start server server.log tocsin run -c server.toml
await_node server
# REST-043
rest client.example GET "$dd/dots-client=edge-1?content=config"
answered "the client is still registered" 200
said "with its alias and its filter" \
  '.["ietf-dots-data-channel:dots-client"][0]
    | "\(.aliases.alias[0].name) \(.acls.acl[0].name)"' "web no-memcached"
expect "the server ends in an orderly way" finish server 15
passed
