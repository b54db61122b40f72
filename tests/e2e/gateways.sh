#!/bin/bash
# Gateways at the edge of a site with two providers (RFC 9284, Section 4): one that
# has both, then one for each of them, side by side.
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
privately "$@"
source "$repo/tests/e2e/internet.sh"

#   north 198.51.100.1 ------- cpe 10.0.1.1 ---- 10.0.1.2 \
#   south 203.0.113.1 ---/                                hosts
#   south 203.0.113.5 ------- second 10.0.2.1 -- 10.0.2.2 /
make_site() {
  local name
  prepare_namespaces
  for name in north south cpe second hosts; do add_namespace $name; done
  # The first address is the one that the system would call from.
  add_link cpe up0 198.51.100.9/24 north down0 198.51.100.1/24
  ip -n cpe address add 198.51.100.2/24 dev up0
  add_link cpe up1 203.0.113.2/30 south down0 203.0.113.1/30
  add_link second up0 203.0.113.6/30 south down1 203.0.113.5/30
  add_link hosts up0 10.0.1.2/30 cpe inside 10.0.1.1/30
  add_link hosts up1 10.0.2.2/30 second inside 10.0.2.1/30
}

write_provider() {
  write_role "$1" 0.0.0.0:4646 "$1.example" <<END
[[server.mitigator]]
name = "alert"
driver = "exec"
arguments = ["--hook", "$state/hook"]

[[server.customer]]
name = "site"
identities = ["cpe.example", "second.example"]
prefixes = ["192.0.2.0/24"]
END
}

customers='[[server.customer]]
name = "hosts"
identities = ["host.example", "other.example"]
prefixes = ["192.0.2.0/24"]
'

# write_edge NAME LISTEN UPSTREAM SERVER: a gateway to one provider.
write_edge() {
  write_role "$1" "$2" "$1.example" <<END
[[server.relay]]
name = "up"
upstream = "$3"

$customers
$(upstream_of "$1" "$3" "$4" "$3.example")
END
}

held_north_south() { echo "$(held north) $(held south)"; }
targets_at() { ask "$1" '[.mitigations[]."target-prefix"[]] | join(" ")' list; }
address_at() { ask "$1" '.sessions[0].address | split(":")[0]' sessions; }
both_up() {
  [[ $(ask "$1" '[.upstreams[] | select(.state == "up")] | length' node) == 2 ]]
}
newest() {
  ask host "[.mitigations[] | select(.peer == \"operator\")] | max_by(.mid).$1" \
    list
}
is_told() { [[ $(newest status) == attack-successfully-mitigated ]]; }
withdrawn() { tocsin withdraw "$(newest mid)" -c host.toml; }

is_well() { is_mitigated "$1" "$(ask "$1" '[.mitigations[].mid] | max' list)"; }

make_site
issue north south cpe second host other
write_hook
for name in north south; do
  write_provider $name
  run_node $name $name
done

# MULTI-037
step "One gateway with two providers"
write_role cpe 10.0.1.1:4646 cpe.example <<END
[[server.relay]]
name = "up"
upstreams = ["north", "south"]
choice = "by-prefix"

$customers
$(upstream_of cpe north 198.51.100.1:4646 north.example)
source = "198.51.100.2"
prefixes = ["192.0.2.0/25"]

[[client.upstream]]
name = "south"
server = "203.0.113.1:4646"
server_name = "south.example"
source = "203.0.113.2"
prefixes = ["192.0.2.128/25"]
END
run_node cpe cpe
await 30 "it has a session with both" both_up cpe
write_role host - <<END
$(upstream_of host first 10.0.1.1:4646 cpe.example)
END
run_node hosts host
await 20 "a host has one with it" session_is_up host
expect "the host asks for addresses of both" \
  tocsin mitigate 192.0.2.7 192.0.2.207 -c host.toml
await 20 "it is mitigated" is_mitigated host 1
equal "one provider is asked for its own" "$(targets_at north)" 192.0.2.7/32
equal "the other for its own" "$(targets_at south)" 192.0.2.207/32
equal "each from the address that it assigned: the first" \
  "$(address_at north)" 198.51.100.2
equal "and the second" "$(address_at south)" 203.0.113.2
expect "the host withdraws" tocsin withdraw 1 -c host.toml
await 20 "nothing is left at the first" holds north 0
await 20 "nor at the second" holds south 0
finish host 15
finish cpe 15

# MULTI-011, MULTI-039
step "A gateway for each provider, and a client of both"
write_edge cpe 10.0.1.1:4646 north 198.51.100.1:4646
write_edge second 10.0.2.1:4646 south 203.0.113.5:4646
run_node cpe cpe
run_node second second
await 20 "the first one is ready" session_is_up cpe
await 20 "the second one, too" session_is_up second
write_role host - <<END
$(upstream_of host first 10.0.1.1:4646 cpe.example)
prefixes = ["192.0.2.0/25"]

[[client.upstream]]
name = "second"
server = "10.0.2.1:4646"
server_name = "second.example"
prefixes = ["192.0.2.128/25"]
END
sed -i 's/^ca = .*/&\nchoice = "by-prefix"/' host.toml
run_node hosts host
await 30 "the host has a session with both" both_up host
expect "it asks" tocsin mitigate 192.0.2.8 192.0.2.208 -c host.toml
await 20 "it is mitigated" is_told
equal "each provider has what is its own" \
  "$(targets_at north) $(targets_at south)" "192.0.2.8/32 192.0.2.208/32"
expect "it withdraws" withdrawn
await 20 "nothing is left at the first" holds north 0
await 20 "nor at the second" holds south 0
finish host 15

# MULTI-035
step "A client for each of them"
write_role host - <<END
$(upstream_of host first 10.0.1.1:4646 cpe.example)
END
write_role other - <<END
$(upstream_of other second 10.0.2.1:4646 second.example)
END
run_node hosts host
run_node hosts other
await 20 "one has its session" session_is_up host
await 20 "the other one its own" session_is_up other
expect "one asks" tocsin mitigate 192.0.2.9 -c host.toml
await 20 "of its provider alone" is_well host
equal "as that one holds" "$(held_north_south)" "1 0"
expect "the other asks" tocsin mitigate 192.0.2.209 -c other.toml
await 20 "of the other provider" is_well other
equal "each has its own" "$(targets_at north) $(targets_at south)" \
  "192.0.2.9/32 192.0.2.209/32"

end_nodes host other cpe second north south
passed
