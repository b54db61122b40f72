#!/bin/bash
# U-F: a mitigation system at its limit hands part of its work to routers (RFC 8903,
# Section 3.3). It is a client of the orchestrator, and says what it blocks as
# filters, over the data channel; the orchestrator checks them before a router gets
# any. What it mitigates by itself goes on.
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
privately "$@"
source "$repo/tests/e2e/internet.sh"
source "$repo/tests/data_e2e/data.sh"

orchestrator_at=192.0.2.133:4647
data_at=192.0.2.133:8443
curl_in=enterprise

# The orchestrator commands the provider's router; the DMS is the enterprise's.
write_nodes() {
  issue server orchestrator dms
  write_role orchestrator "$orchestrator_at" server.example <<END
[server.data]
listen = ["$data_at"]
max_client_entries = 4
min_source_length = 24
never_filtered = ["203.0.113.0/24"]
immediate_needs_destination = false

[[server.mitigator]]
name = "router"
$nftables

[[server.customer]]
name = "dms"
identities = ["dms.example"]
prefixes = ["192.0.2.0/25"]

$(upstream_of orchestrator dms "$enterprise_at" dms.example)
END
  write_role dms "$enterprise_at" dms.example <<END
[[server.mitigator]]
name = "firewall"
$nftables

[[server.customer]]
name = "enterprise"
identities = ["orchestrator.example"]
prefixes = ["192.0.2.0/25"]

$(upstream_of dms orchestrator "$orchestrator_at" server.example)
END
}

# drop NETWORK...: the filters of the DMS, all at once.
drop() {
  local aces=() net n=0
  for net; do
    n=$((n + 1))
    aces+=("$(ace "e$n" "{\"ipv4\":{\"source-ipv4-network\":\"$net\"}}" \
      '{"forwarding":"drop"}')")
  done
  put_acl dms.example dms-1 offload ipv4 immediate "${aces[@]}"
}

# filters: filter entries in the router's kernel.
filters() {
  in_namespace provider nft list table inet tocsin 2>/dev/null \
    | grep -c '198.51.100.0/24' || :
}
filtered() { (($(filters) > 0)); }
unfiltered() { (($(filters) == 0)); }
# What arrives on the enterprise's link.
wan() { link_rate enterprise rx; }

make_internet
write_nodes
run_node provider orchestrator
run_node enterprise dms
await 40 "the orchestrator has a session with the DMS" session_is_up orchestrator
start_service

step "The DMS mitigates what the orchestrator asks of it"
flood 3000
await 10 "the flood arrives" is_flooded
expect "the orchestrator asks" \
  tocsin mitigate "$www" --protocol udp -c orchestrator.toml
await 15 "the DMS mitigates" is_mitigated orchestrator 1
await 10 "the flood is gone" is_dry
equal "it still fills the link" "$(($(wan) > 2000))" 1

# USE-001, USE-073, USE-074, USE-075, USE-077, ARCH-034, ARCH-038
step "It is at its limit, and hands work over"
register dms.example dms-1
answered "the DMS registers" 201
drop 198.51.100.0/24
answered "its filter is taken" 201
await 10 "the router has it" filtered
light() { (($(wan) < 1000)); }
await 15 "the load of the DMS falls" light
equal "what it mitigates goes on" "$(status_at orchestrator 1)" \
  attack-successfully-mitigated
expect "visitors are served" is_served

# USE-076
step "What is checked"
drop 203.0.113.0/24
answered "a protected source is refused" 403
drop 198.51.0.0/16
answered "so is half of the internet" 403
drop 198.51.100.0/26 198.51.100.64/26 198.51.100.128/26 198.51.100.192/26 \
  198.18.0.0/24
answered "and more entries than the router has room for" 409
expect "the filter before stands" filtered
expect "visitors are served" is_served

# USE-077
step "It needs no help any more"
rest dms.example DELETE "$dd/dots-client=dms-1/acls/acl=offload"
answered "the DMS takes its filter back" 204
await 10 "the router is clear" unfiltered
equal "the mitigation goes on" "$(held dms)" 1

# USE-077
step "The mitigation ends first"
drop 198.51.100.0/24
answered "a filter again" 201
await 10 "the router has it" filtered
expect "the orchestrator withdraws" tocsin withdraw 1 -c orchestrator.toml
await 15 "the DMS is done" holds dms 0
expect "its filter is its own matter, and stands" filtered
rest dms.example DELETE "$dd/dots-client=dms-1"
answered "until the DMS signs off" 204
await 10 "nothing is left" unfiltered

end_nodes dms orchestrator
passed
