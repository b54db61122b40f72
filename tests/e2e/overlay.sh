#!/bin/bash
# U-C: mitigation providers that delegate to each other (RFC 8903, Section 3.2).
# The customer asks one; when that has no room left, it asks the other for help,
# and the customer keeps its one mitigation. Refusal, death and withdrawal.
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
privately "$@"
source "$repo/tests/e2e/internet.sh"
source "$repo/tests/e2e/small_driver.sh"

# The first provider is `provider`, the second one `transit`.
write_nodes() {
  issue transit provider client
  write_small_driver
  write_steering
  write_role transit "$transit_at" transit.example <<END
[[server.mitigator]]
name = "scrubber"
$nftables

[[server.customer]]
name = "provider"
identities = ["provider.example"]
prefixes = ["${entitled:-192.0.2.0/25}"]
END
  write_role provider "$provider_at" provider.example <<END
[[server.mitigator]]
name = "scrubber"
driver = "$state/driver"

[[server.mitigator]]
name = "steering"
driver = "exec"
arguments = ["--hook", "$state/steer"]

[[server.relay]]
name = "partner"
upstream = "transit"
when_overloaded = true
hold = "2s"

[[server.customer]]
name = "enterprise"
identities = ["client.example"]
prefixes = ["192.0.2.0/25"]

$(upstream_of provider transit "$transit_at" transit.example)
END
  write_role client - <<END
$(upstream_of client provider "$provider_at" provider.example)
END
}

# write_steering: what would announce routes; diverted.txt has the prefixes.
write_steering() {
  cat >steer <<END
#!/bin/bash
cd "$state"
case \$TOCSIN_ACTION in
install) echo "\$TOCSIN_PREFIXES" >diverted.txt ;;
*) : >diverted.txt ;;
esac
END
  chmod +x steer
  : >diverted.txt
}
is_diverted() { grep -q "$www" diverted.txt; }
is_direct() { [[ ! -s diverted.txt ]]; }

make_internet
write_nodes
run_node transit transit
run_node provider provider
run_node enterprise client
await 20 "the providers have a session" session_is_up provider
await 20 "the customer has one with its provider" session_is_up client
start_service
await 10 "visitors are served" is_served

# USE-030, USE-036, USE-038, ARCH-003, ARCH-047
step "An attack that one provider copes with"
expect "the customer asks" tocsin mitigate "$www" --protocol udp -c client.toml
await 15 "it is mitigated" is_mitigated client 1
await 10 "traffic is diverted to the provider" is_diverted
equal "the partner rests" "$(helper provider partner)" resting
expect "it is withdrawn" tocsin withdraw 1 -c client.toml
await 15 "traffic takes the direct path again" is_direct

# USE-041, USE-042, USE-044, ARCH-135, ARCH-142, ARCH-143, ARCH-144
step "An attack that it does not cope with"
touch full
flood 4000 200
await 10 "the flood arrives" is_flooded
expect "the customer asks" tocsin mitigate "$www" --protocol udp -c client.toml
asked=$(now_ms)
await 20 "the partner is asked" holds transit 1
await 10 "nothing arrives any more" is_dry
tell "      $(($(now_ms) - asked)) ms after the customer was answered"
await 20 "the customer has one mitigation, which works" is_mitigated client 2
equal "and no other" "$(held client)" 1
await 15 "its counters are the partner's" \
  ask client '(.dropped.pkts_dropped // 0) > 1000' status 2

step "The provider dies and comes back"
kill -KILL "${pid_of[provider]}"
wait "${pid_of[provider]}" 2>/dev/null || :
unset "pid_of[provider]"
run_node provider provider
await 40 "the customer has its session again" session_is_up client
await 40 "its mitigation works" is_mitigated client 2
equal "the partner holds one request, not two" "$(held transit)" 1
expect "nothing arrives" is_dry

step "The attack ends at the partner first"
flood 0
await 40 "the customer is told so" is_status client 2 attack-stopped
rm full
expect "it withdraws" tocsin withdraw 2 -c client.toml
await 20 "the partner holds nothing" holds transit 0
await 15 "traffic takes the direct path" is_direct
equal "nothing is left in the partner's kernel" "$(rules transit)" 0

# USE-039, ARCH-218, ARCH-011
step "A partner that refuses"
touch full
for node in client provider transit; do finish $node 15; done
entitled=203.0.113.0/24 write_nodes
run_node transit transit
run_node provider provider
run_node enterprise client
await 30 "the providers have a session again" session_is_up provider
await 30 "and the customer has one" session_is_up client
expect "the customer asks" tocsin mitigate "$www" --protocol udp -c client.toml
await 30 "and is told that nobody can help" \
  is_status client 3 attack-exceeded-capability
expect "it withdraws" tocsin withdraw 3 -c client.toml

end_nodes client provider transit
passed
