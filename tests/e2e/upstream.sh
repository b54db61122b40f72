#!/bin/bash
# U-A: an enterprise under attack, and its transit provider (RFC 8903, Section
# 3.1). The enterprise mitigates by itself while it can; when the flood takes half
# of its link, the provider is asked, and local mitigation goes on.
# USE-008, USE-009
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
privately "$@"
source "$repo/tests/e2e/internet.sh"

write_nodes() {
  issue provider enterprise sensor
  write_role provider "$provider_at" provider.example <<END
[[server.mitigator]]
name = "router"
$nftables

[[server.customer]]
name = "enterprise"
identities = ["enterprise.example"]
prefixes = ["192.0.2.0/25"]
END
  # The link to the provider holds 16 Mbit/s.
  write_role enterprise "$enterprise_at" enterprise.example <<END
[[server.mitigator]]
name = "firewall"
$nftables

[[server.relay]]
name = "provider"
upstream = "provider"
above = 8_000_000
hold = "3s"

[[server.customer]]
name = "sensors"
identities = ["sensor.example"]
prefixes = ["192.0.2.0/25"]

$(upstream_of enterprise provider "$provider_at" provider.example)
END
  write_role sensor - <<END
$(upstream_of sensor enterprise "$enterprise_at" enterprise.example)
END
}

# What reaches the enterprise's link, whether or not its firewall drops it.
on_the_link() { link_rate enterprise rx; }
link_is_free() { (($(on_the_link) < 700)); }

# What the sensor hears, and what the enterprise's own kernel has dropped.
is_dropped_beyond_the_firewall() {
  local told own
  told=$(ask sensor '.dropped.pkts_dropped // 0' status 1)
  own=$(in_namespace enterprise nft -j list counters table inet tocsin \
    | jq '[.nftables[].counter | select(. != null) | .packets] | add // 0')
  ((told > own))
}

make_internet
write_nodes
run_node provider provider
run_node enterprise enterprise
run_node www sensor
await 20 "the enterprise has a session with its provider" session_is_up enterprise
await 20 "the sensor has one with the enterprise" session_is_up sensor
start_service
await 10 "visitors are served" is_served

# USE-010, USE-011, USE-016, USE-017
step "A flood of a quarter of the link"
flood 1000 500
await 10 "it reaches the web server" is_flooded
expect "the sensor asks the enterprise's node" \
  tocsin mitigate "$www" --protocol udp -c sensor.toml
await 15 "it is mitigated" is_mitigated sensor 1
await 10 "nothing of it arrives" is_dry
equal "the enterprise's firewall does it" "$(helper enterprise firewall)" active
equal "the provider rests" "$(helper enterprise provider)" resting
equal "and knows of nothing" "$(held provider)" 0
equal "which fills the link all the same" "$(($(on_the_link) > 700))" 1

# USE-006, USE-013, USE-014, USE-015, USE-018, USE-022, USE-082, ARCH-002,
# ARCH-019, ARCH-048, ARCH-139, ARCH-144, ARCH-186, ARCH-217
step "The flood grows to more than half of the link"
grown=$(now_ms)
flood 4000 500
await 30 "the provider is asked" holds provider 1
await 15 "and mitigates" helper_is enterprise provider active
tell "      $(($(now_ms) - grown)) ms after the flood began to grow"
equal "the firewall goes on" "$(helper enterprise firewall)" active
await 20 "the link is free again" link_is_free
expect "visitors are served" is_served
await 15 "the sensor hears what both have dropped" \
  is_dropped_beyond_the_firewall

# USE-019, USE-020, USE-021
step "The attack ends"
flood 0
await 40 "the sensor is told so" is_status sensor 1 attack-stopped
expect "it withdraws" tocsin withdraw 1 -c sensor.toml
await 20 "nothing is left at the enterprise" holds enterprise 0
await 20 "nor at the provider" holds provider 0
equal "nor in the provider's kernel" "$(rules provider)" 0
expect "visitors are served" is_served

end_nodes sensor enterprise provider
passed
