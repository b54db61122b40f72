#!/bin/bash
# A client, a provider whose mitigator is full, and a transit provider above: help
# is called for, the client is told that it works, and help ends with the request.
# ARCH-046, ARCH-135, ARCH-138, ARCH-140
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
source "$repo/tests/e2e/small_driver.sh"

make_pki
tocsin pki issue provider.example --dir pki --for both --address 127.0.0.1 \
  >/dev/null
write_hook
write_small_driver
transit_port=$(free_port)
provider_port=$(free_port)
# The node above is `server`.
write_server "127.0.0.1:$transit_port" <<END
[[server.mitigator]]
name = "edge"
driver = "exec"
arguments = ["--hook", "$state/hook"]

[[server.customer]]
name = "provider"
identities = ["provider.example"]
prefixes = ["192.0.2.0/24"]
END
write_middle provider "127.0.0.1:$provider_port" transit \
  "127.0.0.1:$transit_port" <<END
[[server.mitigator]]
name = "scrubber"
driver = "$state/driver"

[[server.relay]]
name = "transit"
upstream = "transit"
when_overloaded = true
ineffective_after = "1s"
hold = "2s"

[[server.customer]]
name = "acme"
identities = ["client.example"]
prefixes = ["192.0.2.0/25"]
END
write_client client client.example "127.0.0.1:$provider_port"
sed -i 's/^server_name = .*/server_name = "provider.example"/' client.toml

held() { ask server '.mitigations | length' list; }
holds() { [[ $(held) == "$1" ]]; }
is_mitigated() {
  [[ $(ask client .status status "$1") == attack-successfully-mitigated ]]
}
# helper: what the provider's operator sees of the relay.
helper() {
  ask provider '[.mitigations[] | select(.peer == "acme") | .enforcement[]
    | select(.mitigator == "transit") | .state][0]' list
}
helper_is() { [[ $(helper) == "$1" ]]; }

for node in server provider client; do
  start "$node" "$node.log" tocsin run -c "$node.toml"
  await_node "$node"
done
await 20 "the provider has a session upwards" session_is_up provider
await 20 "the client has a session" session_is_up client

step "The provider copes"
expect "the client is answered" tocsin mitigate 192.0.2.80 -c client.toml
await 30 "it is mitigated" is_mitigated 1
equal "nobody was called" "$(helper)" resting
equal "the node above knows nothing of it" "$(held)" 0
expect "it is withdrawn" tocsin withdraw 1 -c client.toml

# ARCH-012, ARCH-141
step "The provider's mitigator is full"
touch full
expect "the client is answered" tocsin mitigate 192.0.2.81 -c client.toml
await 20 "the node above is asked" holds 1
await 30 "the client is told that it is mitigated" is_mitigated 2
equal "the relay enforces it" "$(helper)" active
expect "why is in the log" grep -q "transit is called for help" provider.log
expect "the client withdraws" tocsin withdraw 2 -c client.toml
await 20 "the node above is let go" holds 0

# USE-037
step "A client that stays under attack"
rm full
expect "the client is answered" tocsin mitigate 192.0.2.82 -c client.toml
await 30 "it is mitigated" is_mitigated 3
equal "nobody was called" "$(helper)" resting
expect "it says that it does not help" \
  tocsin report 3 fails -c client.toml
await 20 "the node above is asked" holds 1
await 10 "the relay enforces it" helper_is active
expect "it says that it is well now" tocsin report 3 works -c client.toml
# longer than the hold
stays 4 "help goes on while the attack does" helper_is active
expect "it is withdrawn" tocsin withdraw 3 -c client.toml
await 20 "the node above is let go" holds 0

for node in client provider server; do
  expect "$node ends in an orderly way" finish "$node" 15
done
passed
