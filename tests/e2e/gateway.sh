#!/bin/bash
# Two clients, a gateway, and a provider, each a process: what clients ask of the
# gateway is asked of the provider, and ends when nobody wants it any more, while
# processes die.
# ARCH-078, ARCH-081
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"

target=192.0.2.80/32
prepare() {
  make_pki
  local name
  for name in gateway second third; do
    tocsin pki issue "$name.example" --dir pki --for both \
      --address 127.0.0.1 >/dev/null
  done
  write_hook
  provider_port=$(free_port)
  gateway_port=$(free_port)
  write_server "127.0.0.1:$provider_port" <<END
[[server.mitigator]]
name = "edge"
driver = "exec"
arguments = ["--hook", "$state/hook"]

[[server.customer]]
name = "reseller"
identities = ["gateway.example"]
prefixes = ["192.0.2.0/24"]
END
  write_gateway
  write_client client client.example "127.0.0.1:$gateway_port"
  write_client second second.example "127.0.0.1:$gateway_port"
  write_client third third.example "127.0.0.1:$gateway_port"
  sed -i 's/^server_name = .*/server_name = "gateway.example"/' \
    client.toml second.toml third.toml
  echo 'transports = ["tcp"]' >>second.toml
}

write_gateway() {
  write_middle gateway "127.0.0.1:$gateway_port" provider \
    "127.0.0.1:$provider_port" <<END
transports = ["tcp"]

[[server.mitigator]]
name = "inner"
driver = "exec"
arguments = ["--hook", "/bin/true"]

[[server.relay]]
name = "transit"
upstream = "provider"

[[server.customer]]
name = "acme"
identities = ["client.example"]
prefixes = ["192.0.2.0/25"]
mitigators = ["transit"]

[[server.customer]]
name = "beta"
identities = ["second.example"]
prefixes = ["192.0.2.64/26"]
mitigators = ["transit"]

# It has not agreed that others hear of its requests.
[[server.customer]]
name = "gamma"
identities = ["third.example"]
prefixes = ["192.0.2.128/25"]
mitigators = ["inner"]
END
}

begin() { start "$1" "$1.log" tocsin run -c "$1.toml"; }

kill_hard() {
  kill -KILL "${pid_of[$1]}"
  wait "${pid_of[$1]}" 2>/dev/null || :
}

# is_mitigated CLIENT MID: as its server last told it.
is_mitigated() {
  [[ $(ask "$1" .status status "$2") == attack-successfully-mitigated ]]
}
held() { ask server '.mitigations | length' list; }
holds() { [[ $(held) == "$1" ]]; }
covers() {
  [[ $(ask server '[.mitigations[]["target-prefix"][]] | sort | join(" ")' \
    list) == "$1" ]]
}

prepare
step "The configuration is explained"
expect "check tells of the relay" \
  grep -q "relays as transit to the DOTS server provider" \
  <(tocsin check -c gateway.toml)
for node in server gateway client second third; do
  begin "$node"
  await_node "$node"
done
await 20 "the gateway has a session" session_is_up gateway
await 20 "the first client has a session" session_is_up client
await 20 "the second client has a session" session_is_up second
await 20 "the third client has a session" session_is_up third
way_of() { ask "$1" '.upstreams[0].via | split(" ")[0]' node; }
equal "one client calls over UDP, one over TCP, and the gateway over TCP" \
  "$(way_of client) $(way_of second) $(way_of gateway)" "udp tcp tcp"

step "A request goes through the gateway"
expect "the client is answered" tocsin mitigate "$target" -c client.toml
await 20 "the provider mitigates it" holds 1
await 30 "the client is told that it is mitigated" is_mitigated client 1
expect "the provider's mitigator was ordered" \
  grep -q "^install .*192.0.2.80/32" orders.txt
equal "the operator of the gateway sees who enforces it" \
  "$(ask gateway '.mitigations[] | select(.peer == "acme")
    | .enforcement[0] | "\(.mitigator) \(.state)"' list)" "transit active"

# ARCH-004, ARCH-080, ARCH-085
step "A second client wants what overlaps it"
expect "it is answered" tocsin mitigate 192.0.2.64/26 -c second.toml
await 30 "the second client is told that it is mitigated" is_mitigated second 1
await 20 "the provider holds one request for both" covers 192.0.2.64/26
# ARCH-089
equal "over one connection" "$(ask server '.sessions | length' sessions)" 1
expect "the second withdraws" tocsin withdraw 1 -c second.toml
await 20 "the provider keeps what the first one wants" covers "$target"

# ARCH-147
step "A third client keeps to its provider"
expect "it is answered" tocsin mitigate 192.0.2.200 -c third.toml
await 20 "the gateway's own mitigator serves it" is_mitigated third 1
stays 3 "the provider does not hear of it" covers "$target"
expect "it withdraws" tocsin withdraw 1 -c third.toml

step "The gateway is killed"
kill_hard gateway
installs=$(grep -c ^install orders.txt)
begin gateway
await_node gateway
await 40 "the gateway has a session again" session_is_up gateway
is_as_before() {
  [[ $(held) == 1 && $(grep -c ^install orders.txt) == "$installs" ]]
}
# longer than a stray would be kept
stays 12 "nothing is withdrawn, nor asked for anew" is_as_before

step "The provider is killed"
kill_hard server
begin server
await_node server
await 120 "the gateway has a session again" session_is_up gateway
equal "the provider still holds the request" "$(held)" 1

step "The last one who wants it withdraws"
expect "the client withdraws" tocsin withdraw 1 -c client.toml
await 30 "the provider holds nothing" holds 0
await 20 "its mitigator was told" grep -q ^withdraw orders.txt
for node in client second third gateway server; do
  expect "$node ends in an orderly way" finish "$node" 15
done
passed
