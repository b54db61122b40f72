#!/bin/bash
# U-B: the reverse direction (RFC 8903, Section 3.1). A host inside the enterprise
# attacks somebody outside; the provider asks the enterprise's node to stop it at
# its source. The enterprise remains a client of the provider at the same time.
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
privately "$@"
source "$repo/tests/e2e/internet.sh"

outside=203.0.113.2

write_nodes() {
  issue provider enterprise
  write_role provider "$provider_at" provider.example <<END
[[server.mitigator]]
name = "router"
$nftables

[[server.customer]]
name = "enterprise"
identities = ["enterprise.example"]
prefixes = ["192.0.2.0/25"]

$(upstream_of provider source "$enterprise_out" enterprise.example)
END
  # To the provider it may be of use wherever traffic goes.
  write_role enterprise "$enterprise_out" enterprise.example <<END
[[server.mitigator]]
name = "egress"
$nftables

[[server.customer]]
name = "provider"
identities = ["provider.example"]
prefixes = ["198.51.100.0/24", "203.0.113.0/24"]

$(upstream_of enterprise transit "$provider_at" provider.example)
END
}

# is_asked NODE UPSTREAM STATUS: of what a node asks of others.
is_asked() {
  [[ $(ask "$1" ".mitigations[] | select(.peer == \"$2\" and .mid == 1)
    | .status" list) \
    == "$3" ]]
}

# attack_outside RATE: from the web server, which somebody has broken into.
attack_outside() {
  finish attack || :
  [[ $1 != 0 ]] || return 0
  start_in www attack attack.out tocsin-traffic flood --to "$outside:53" \
    --rate "$1" --seconds 300 --sources 8 --log attack.bins
}
out_there() { per_second outside.bins 1 $(($(now_ms) - 1100)) $(($(now_ms) - 100)); }
is_attacked() { (($(out_there) > 300)); }
is_quiet() { (($(out_there) < 20)); }
# What leaves the enterprise.
wan() { link_rate enterprise tx; }

make_internet
write_nodes
run_node enterprise enterprise
run_node provider provider
await 30 "the provider has a session with the enterprise" session_is_up provider
await 30 "and the enterprise one with the provider" session_is_up enterprise
start_in visitor outside outside.out tocsin-traffic victim \
  --address "$outside" --tcp 80 --udp 53 --log outside.bins
start_in attacker other other.out tocsin-traffic victim \
  --address 198.51.100.2 --tcp 80 --udp 53 --log other.bins
await 10 "somebody is outside" test -s outside.out
await 10 "and somebody else" test -s other.out
start_in www visit visit.out tocsin-traffic visit \
  --to 198.51.100.2:80 --rate 30 --seconds 300 --log visit.bins

# USE-025, USE-026, USE-027
step "An attack from inside"
attack_outside 2000
await 10 "it arrives outside" is_attacked
expect "the provider asks the enterprise" \
  tocsin mitigate "$outside" --protocol udp -c provider.toml
await 15 "it is mitigated" is_asked provider source attack-successfully-mitigated
await 10 "nothing arrives any more" is_quiet
equal "it does not even leave the enterprise" "$(($(wan) < 700))" 1
equal "the provider filters nothing" "$(rules provider)" 0
expect "others inside reach others outside" is_served

# USE-028
step "Both directions at once"
start_service
expect "the enterprise asks its provider" \
  tocsin mitigate "$www" --protocol udp -c enterprise.toml
await 15 "which mitigates" is_asked enterprise transit attack-successfully-mitigated
equal "one of each is at the provider" \
  "$(ask provider '[.mitigations[].peer] | sort | join(" ")' list)" \
  "enterprise source"
equal "one filter is in each kernel" "$(rules provider) $(rules enterprise)" "1 1"
expect "the enterprise withdraws" tocsin withdraw 1 --upstream transit -c enterprise.toml

step "What is not the provider's to ask for"
refused() { ! tocsin mitigate 192.0.2.77 -c provider.toml; }
expect "an address inside is refused" refused

step "The attack ends"
attack_outside 0
await 40 "the provider hears so" is_asked provider source attack-stopped
expect "it withdraws" tocsin withdraw 1 --upstream source -c provider.toml
no_rules() { [[ $(rules enterprise) == 0 ]]; }
await 15 "no filter is left at the enterprise" no_rules

end_nodes provider enterprise
passed
