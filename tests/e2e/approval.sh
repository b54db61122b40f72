#!/bin/bash
# U-E: nothing is mitigated before an administrator approves, who chooses with what
# (RFC 8903, Section 3.3); by the JSON API, as a web page would, and by commands.
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
privately "$@"
source "$repo/tests/e2e/internet.sh"
need curl

write_nodes() {
  issue orchestrator sensor
  write_hook
  write_role orchestrator "$enterprise_at" orchestrator.example <<END
[[server.mitigator]]
name = "firewall"
$nftables

[[server.mitigator]]
name = "alert"
driver = "exec"
arguments = ["--hook", "$state/hook"]

[[server.customer]]
name = "sensors"
identities = ["sensor.example"]
prefixes = ["192.0.2.0/25"]
approval = true
END
  write_role sensor - <<END
$(upstream_of sensor orchestrator "$enterprise_at" orchestrator.example)
END
}

# api METHOD PATH [BODY]: sets code; the answer is in answer.json.
api() {
  code=$(curl -sS --unix-socket orchestrator.sock -o answer.json \
    -w '%{http_code}' -X "$1" ${3:+--data "$3"} "http://node$2")
}
only_waits() { [[ $(rules enterprise) == 0 && ! -s orders.txt ]]; }

make_internet
write_nodes
run_node enterprise orchestrator
run_node www sensor
await 20 "the sensor has a session" session_is_up sensor
start_service
flood 2000
await 10 "the flood arrives" is_flooded

# USE-051, USE-066, USE-067, USE-070
step "A request waits for approval"
expect "the sensor asks, and is answered at once" \
  tocsin mitigate "$www" --protocol udp -c sensor.toml
api GET /v1/mitigations
equal "the administrator sees it" \
  "$(jq -r '.mitigations[0] | .approval + " " + ."target-prefix"[0]' answer.json)" \
  "waiting $www/32"
stays 4 "nothing is enforced meanwhile" only_waits
expect "the flood arrives" is_flooded
equal "the sensor sees it in progress" "$(status_at sensor 1)" \
  attack-mitigation-in-progress

# USE-023, USE-057, USE-066
step "It is approved, with a choice"
api PUT /v1/mitigations/1 '{"decision":"approve","mitigators":["nobody"]}'
equal "a mitigator that does not exist is refused" "$code" 404
api PUT /v1/mitigations/1 '{"decision":"approve","mitigators":["firewall"]}'
equal "the approval is taken" "$code" 200
await 10 "the flood is gone" is_dry
await 15 "the sensor hears that it works" is_mitigated sensor 1
equal "the other mitigator was not asked" "$(wc -l <orders.txt)" 0
equal "who approved is on record" \
  "$(ask orchestrator '[.events[] | select(.action == "approve")][0].actor' \
    audit)" "operator (uid 0)"
expect "another choice" tocsin approve 1 --with alert -c orchestrator.toml
await 10 "is carried out" grep -q "^install" orders.txt
no_rules() { [[ $(rules enterprise) == 0 ]]; }
await 10 "and the first one is undone" no_rules

step "It survives the node"
kill -KILL "${pid_of[orchestrator]}"
wait "${pid_of[orchestrator]}" 2>/dev/null || :
unset "pid_of[orchestrator]"
run_node enterprise orchestrator
equal "the choice stands" \
  "$(ask orchestrator '.mitigations[0].approval' list) $(helper orchestrator firewall)" \
  "approved resting"

step "The administrator ends it"
api DELETE /v1/mitigations/1
equal "the order is taken" "$code" 200
await 15 "nothing is left" holds orchestrator 0

# USE-070
step "Another one is rejected"
expect "the sensor asks again" \
  tocsin mitigate "$www" --protocol udp --no-wait -c sensor.toml
await 10 "it waits" holds orchestrator 1
mid=$(ask orchestrator '.mitigations[0].mid' list)
: >orders.txt
expect "the administrator rejects it" tocsin reject "$mid" -c orchestrator.toml
await 20 "it is gone" holds orchestrator 0
gone_at_the_sensor() {
  [[ $(ask sensor ".mitigations[] | select(.mid == $mid) | .note" list) \
    == *"has withdrawn it"* ]]
}
await 30 "the sensor knows" gone_at_the_sensor
expect "nothing was ever enforced" only_waits

end_nodes sensor orchestrator
passed
