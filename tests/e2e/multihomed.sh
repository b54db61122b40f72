#!/bin/bash
# A multihomed enterprise (RFC 9284): a client with two providers, which asks each
# for the addresses that it assigned, one after the other, or both, and calls each
# from the address that belongs to it.
# MULTI-006, MULTI-009, MULTI-010, MULTI-016, MULTI-026, MULTI-031, ARCH-006,
# ARCH-010, ARCH-022, ARCH-093
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
privately "$@"

#   north 198.51.100.1 --\
#                         >-- enterprise: 198.51.100.2 and 203.0.113.2
#   south 203.0.113.1  --/
source "$repo/tests/e2e/internet.sh"

make_pair() {
  local name
  prepare_namespaces
  for name in north south enterprise; do add_namespace $name; done
  add_link enterprise up0 198.51.100.2/24 north down0 198.51.100.1/24
  add_link enterprise up1 203.0.113.2/24 south down0 203.0.113.1/24
}

# write_provider NAME LISTEN
write_provider() {
  write_role "$1" "$2" "$1.example" <<END
[[server.mitigator]]
name = "alert"
driver = "exec"
arguments = ["--hook", "$state/hook"]

[[server.customer]]
name = "enterprise"
identities = ["client.example"]
prefixes = ["192.0.2.0/24"]
END
}

# write_multihomed CHOICE [NORTHS_PREFIX SOUTHS_PREFIX]
write_multihomed() {
  write_role client - <<END
[client]
certificate = "pki/client.example.pem"
key = "pki/client.example-key.pem"
ca = "pki/ca.pem"
choice = "$1"

[[client.upstream]]
name = "north"
server = "198.51.100.1:4646"
server_name = "north.example"
source = "198.51.100.2"
${2:+prefixes = [\"$2\"]}

[[client.upstream]]
name = "south"
server = "203.0.113.1:4646"
server_name = "south.example"
source = "203.0.113.2"
${3:+prefixes = [\"$3\"]}
END
}

both_up() {
  [[ $(ask client '[.upstreams[] | select(.state == "up")] | length' node) == 2 ]]
}
begin_client() {
  run_node enterprise client
  await 60 "it has a session with both" both_up
}
end_client() { finish client 15; }
# newest FIELD: of the operator's newest order.
newest() {
  ask client "[.mitigations[] | select(.peer == \"operator\")] | max_by(.mid).$1" \
    list
}
is_told() { [[ $(newest status) == attack-successfully-mitigated ]]; }
targets_at() { ask "$1" '[.mitigations[]."target-prefix"[]] | join(" ")' list; }
withdrawn() { tocsin withdraw "$(newest mid)" -c client.toml; }
withdraw_all() {
  expect "it withdraws" withdrawn
  await 20 "nothing is left at one" holds north 0
  await 20 "nor at the other" holds south 0
}

make_pair
issue north south client
write_hook
write_provider north 198.51.100.1:4646
write_provider south 203.0.113.1:4646
run_node north north
run_node south south

# MULTI-020, MULTI-021, MULTI-022, MULTI-023, MULTI-034, MULTI-036, MULTI-045,
# MULTI-051, MULTI-052, USE-024, ARCH-009, ARCH-098
step "Each provider for the addresses that it assigned"
write_multihomed by-prefix 192.0.2.0/25 192.0.2.128/25
begin_client
equal "it calls each from the address that it has there" \
  "$(ask client '[.upstreams[].state] | join(" ")' node)" "up up"
expect "an attack on both" tocsin mitigate 192.0.2.7 192.0.2.207 -c client.toml
await 20 "it is mitigated" is_told
equal "one is asked for its own" "$(targets_at north)" 192.0.2.7/32
equal "and the other for its own" "$(targets_at south)" 192.0.2.207/32
withdraw_all
refused() { ! tocsin mitigate 203.0.113.99 -c client.toml >refusal.txt 2>&1; }
expect "what is no provider's is refused" refused
expect "with the reason" grep -q "no upstream is responsible for 203" refusal.txt
equal "and nobody is asked" "$(held north) $(held south)" "0 0"
end_client

# MULTI-017, MULTI-050, USE-022, USE-040, USE-081, ARCH-097
step "One after the other"
write_multihomed serial
begin_client
expect "an attack" tocsin mitigate 192.0.2.7 -c client.toml
await 20 "it is mitigated" is_told
equal "by the first" "$(held north) $(held south)" "1 0"
kill -STOP "${pid_of[north]}"
ip -n enterprise link set up0 down
expect "it ends, while the first cannot be reached" withdrawn
expect "another attack" tocsin mitigate 192.0.2.8 -c client.toml
await 60 "the second is asked" holds south 1
await 20 "and mitigates" is_told
kill -CONT "${pid_of[north]}"
ip -n enterprise link set up0 up
await 90 "the first lets go of what it was not told to" holds north 0
equal "the second goes on" "$(held south)" 1
expect "it is withdrawn" withdrawn
await 20 "the second is let go" holds south 0
end_client

# MULTI-032, MULTI-040
step "Both for everything"
write_multihomed all
begin_client
expect "an attack" tocsin mitigate 192.0.2.7 -c client.toml
await 20 "it is mitigated" is_told
equal "by both" "$(held north) $(held south)" "1 1"
withdraw_all

end_client
finish north 15
finish south 15
source "$repo/tests/e2e/paths.sh"
end_nodes north south
passed
