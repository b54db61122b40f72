#!/bin/bash
# U-D: an orchestrator between sensors and mitigation systems (RFC 8903, Section
# 3.3). One sensor alone is not believed, two are; a small attack is met by the
# enterprise's own system, a larger one by the provider's, too. What is worth
# little is not theirs to mitigate.
# USE-001, USE-045, USE-046, USE-058, USE-060
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
privately "$@"
source "$repo/tests/e2e/internet.sh"

dms_at=192.0.2.1:4647

# The orchestrator and the enterprise's DMS run on its router, each a process.
write_nodes() {
  issue provider orchestrator dms one two admin
  write_hook
  write_role provider "$provider_at" provider.example <<END
[[server.mitigator]]
name = "router"
$nftables

[[server.customer]]
name = "enterprise"
identities = ["orchestrator.example"]
prefixes = ["192.0.2.0/25"]
END
  write_role dms "$dms_at" dms.example <<END
[[server.mitigator]]
name = "firewall"
$nftables

[[server.customer]]
name = "orchestrator"
identities = ["orchestrator.example"]
prefixes = ["192.0.2.0/25"]
END
  write_role orchestrator "$enterprise_at" orchestrator.example <<END
[[server.relay]]
name = "own"
upstream = "dms"
min_value = 50

[[server.relay]]
name = "transit"
upstream = "provider"
above = 8_000_000
hold = "3s"
min_value = 50

[[server.mitigator]]
name = "blackhole"
driver = "exec"
arguments = ["--hook", "$state/hook"]
max_value = 49

[[server.customer]]
name = "sensors"
identities = ["one.example", "two.example"]
prefixes = ["192.0.2.0/25"]
approval = true
agreement = 2
value = 10

[[server.customer.asset]]
prefixes = ["$www"]
value = 80

[[server.customer]]
name = "administrator"
identities = ["admin.example"]
prefixes = ["192.0.2.0/25"]
value = 80

$(upstream_of orchestrator dms "$dms_at" dms.example)

[[client.upstream]]
name = "provider"
server = "$provider_at"
server_name = "provider.example"
END
  local name
  for name in one two admin; do
    write_role $name - <<END
$(upstream_of $name orchestrator "$enterprise_at" orchestrator.example)
END
  done
}

both_up() {
  [[ $(ask orchestrator '[.upstreams[] | select(.state == "up")] | length' \
    node) == 2 ]]
}

make_internet
write_nodes
run_node provider provider
run_node enterprise dms
run_node enterprise orchestrator
run_node www one
run_node www two
run_node enterprise admin
await 30 "the orchestrator has its sessions" both_up
await 20 "a sensor has its session" session_is_up one
await 20 "and the other one" session_is_up two
await 20 "the administrator has one, too" session_is_up admin
start_service

# USE-054, USE-056
step "What a target is worth"
expect "check says who takes what" grep -q \
  "relays as own to .* for targets worth 50 or more" \
  <(tocsin check -c orchestrator.toml)
expect "a sensor sees an attack on what is worth little" \
  tocsin mitigate 192.0.2.60 -c one.toml
expect "and another one" tocsin mitigate 192.0.2.60 -c two.toml
await 20 "it is blackholed" grep -q "^install .*192.0.2.60/32" orders.txt
await 20 "the sensors are told" is_mitigated one 1
equal "no system is called" "$(held dms) $(held provider)" "0 0"
equal "for its value" "$(ask orchestrator '[.mitigations[].enforcement[]
  | select(.mitigator == "own") | .detail][0]' list)" "for targets of other value"
expect "one sensor withdraws" tocsin withdraw 1 -c one.toml
expect "and the other" tocsin withdraw 1 -c two.toml
await 20 "nothing is left" holds orchestrator 0

# USE-065, USE-068
step "The administrator asks, by DOTS"
: >orders.txt
expect "the request is sent to the orchestrator" \
  tocsin mitigate "$www" --protocol udp -c admin.toml
await 20 "the own system is called" holds dms 1
await 20 "the administrator hears that it works" is_mitigated admin 1
equal "and nothing is blackholed" "$(wc -l <orders.txt)" 0
expect "the request is withdrawn" tocsin withdraw 1 -c admin.toml
await 20 "the own system is let go" holds dms 0
await 20 "nothing is left" holds orchestrator 0

# USE-050, USE-051
step "A false positive"
expect "one sensor sees an attack, and is answered" \
  tocsin mitigate "$www" --protocol udp -c one.toml
is_analysed() {
  [[ $(ask orchestrator \
    '[.mitigations[] | select(.progress == "")][0].approval' list) == waiting
    && "$(held dms) $(held provider)" == "0 0" ]]
}
stays 3 "the orchestrator analyses, and no system is called" is_analysed
equal "the sensor sees it in progress" "$(status_at one 2)" \
  attack-mitigation-in-progress
expect "the administrator knows better" tocsin reject 2 -c orchestrator.toml
await 20 "the sensor is told that it was withdrawn" holds orchestrator 0

# USE-052, USE-054, USE-061, USE-064
step "A real attack"
# USE-047: the sensor's level is 300 packets a second.
sense() {
  local i
  for ((i = 0; i < 120; ++i)); do
    is_flooded && tocsin mitigate "$www" --protocol udp -c one.toml && return
    sleep 0.5
  done
  return 1
}
sense &
sensor=$!
is_silent() { kill -0 $sensor && holds orchestrator 0; }
stays 3 "a sensor is silent as long as there is nothing" is_silent
flood 1000 500
expect "it asks by itself when there is" wait $sensor
await 10 "the flood arrives" is_flooded
expect "and the other" \
  tocsin mitigate "$www" --protocol udp --port 53 -c two.toml
await 20 "the enterprise's own system is called" holds dms 1
await 20 "both sensors are told that it works" is_mitigated one 3
await 20 "both of them" is_mitigated two 2
await 10 "the flood is gone" is_dry
equal "the provider rests" "$(held provider)" 0
equal "the administrator sees two requests, by agreement" \
  "$(ask orchestrator '[.mitigations[] | select(.progress == "")
    | .approval] | join(" ")' list)" "approved approved"

# USE-054
step "It grows"
flood 4000 500
await 60 "the provider is called, too" holds provider 1
await 20 "and both mitigate" helper_is orchestrator transit active
equal "the own system goes on" "$(helper orchestrator own)" active

step "The orchestrator dies"
kill -KILL "${pid_of[orchestrator]}"
wait "${pid_of[orchestrator]}" 2>/dev/null || :
unset "pid_of[orchestrator]"
expect "the flood stays away" is_dry
run_node enterprise orchestrator
await 30 "its sessions are back" both_up
await 30 "a sensor's, too" session_is_up one
stays 2 "nothing was ordered twice" holds dms 1
expect "the flood stays away" is_dry

# USE-062
step "The attack ends"
flood 0
await 60 "a sensor is told so" is_status one 3 attack-stopped
await 60 "and the other" is_status two 2 attack-stopped
expect "one withdraws" tocsin withdraw 3 -c one.toml
expect "and the other" tocsin withdraw 2 -c two.toml
await 30 "the own system is let go" holds dms 0
await 30 "and the provider" holds provider 0
equal "no filter is left" "$(rules enterprise) $(rules provider)" "0 0"
expect "visitors are served" is_served

end_nodes one two admin orchestrator dms provider
passed
