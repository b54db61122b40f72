#!/bin/bash
# A client node and a server node: what an operator sets up, looks at, switches
# and removes over the data channel by the command line, and what he is told when
# it is not his to set up.
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"

make_pki
write_hook
port=$(free_port)
data_port=$(free_port)
write_server "127.0.0.1:$port" <<END
[server.data]
listen = ["127.0.0.1:$data_port"]

[[server.mitigator]]
name = "edge"
driver = "exec"
arguments = ["--hook", "$state/hook", "--filters"]

[[server.customer]]
name = "acme"
identities = ["client.example"]
prefixes = ["192.0.2.0/24"]
END
write_client client client.example "127.0.0.1:$port"
cat >>client.toml <<END

[client.upstream.data]
port = $data_port

[[client.alias]]
name = "mail"
prefixes = ["192.0.2.25"]
publish = true
END

# do_as WHAT PATTERN COMMAND...: the command succeeds, and says that.
do_as() {
  local what=$1 pattern=$2
  shift 2
  expect "$what" tocsin "$@" -c client.toml >out.txt
  cat out.txt
  grep -qE "$pattern" out.txt || die "FAILED: $what: does not say '$pattern'"
}
aliases_are() {
  [[ $(tocsin data "$cuid" -c server.toml --json 2>/dev/null \
    | jq -r '[.alias_list[].name] | sort | join(" ")') == "$1" ]]
}
in_force() { tocsin data "$cuid" -c server.toml --json \
  | jq -e --arg name "$1" '.acl_list[] | select(.name == $name) | .in_force'; }
is_off() { [[ $(in_force "$1") == false ]]; }

start server server.log tocsin run -c server.toml
await_node server
await 20 "the driver is up" mitigator_is_up
start client client.log tocsin run -c client.toml
await_node client
await 20 "the client has a session" session_is_up client
cuid=$(ask client '.upstreams[0].cuid' node)

# ARCH-114
step "What the configuration publishes"
await 20 "is set up by itself" aliases_are mail

# ARCH-111, ARCH-118, ARCH-044
step "An alias and a filter by hand"
do_as "capabilities are told" "forwarding-actions +accept, drop" capabilities
do_as "an alias" "alias web is set up" alias create web 192.0.2.80 \
  --protocol tcp --port 443
do_as "is listed" "^web +192.0.2.80/32.* operator" alias list
do_as "beside the other one" "^mail +192.0.2.25/32.* configuration" alias list
do_as "a filter" "filter ntp is set up" filter create ntp --to 192.0.2.0/24 \
  --protocol udp --from-port 123 --when always
await 10 "is in force" in_force ntp
do_as "and exported" '"name": "ntp"' filter export

# ARCH-118
step "During a mitigation"
do_as "an alias is a target" "protects +alias web" mitigate --alias web
do_as "a filter is switched" "filters +ntp off" control 1 ntp=off
await 10 "it is out of force" is_off ntp

step "What is not ours"
if tocsin alias create evil 203.0.113.1 -c client.toml 2>error.txt; then
  die "FAILED: a foreign address was taken"
fi
cat error.txt
expect "the reason is told" \
  grep -q "outside the prefixes of customer" error.txt

step "After a restart of both"
for node in client server; do
  expect "$node ends in an orderly way" finish "$node" 15
done
start server server.log tocsin run -c server.toml
await_node server
start client client.log tocsin run -c client.toml
await_node client
await 20 "all aliases are there" aliases_are "mail web"
await 30 "the client has a session" session_is_up client
do_as "the filter is removed" "filter ntp is gone" filter delete ntp
do_as "and the alias" "alias web is gone" alias delete web
await 20 "the server holds what is published" aliases_are mail
for node in client server; do
  expect "$node ends in an orderly way" finish "$node" 15
done
passed
