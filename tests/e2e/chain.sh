#!/bin/bash
# Gateways in a row (RFC 8811, Section 2.3.1): clients over TCP, a gateway of their
# domain, one of the provider's, and its server, over UDP. Each client has a session
# of its own at the server, which knows whose it is by cdid. Answers, refusals,
# counters and efficacy go through; a ring of gateways does not.
# SIG-098, SIG-099, SIG-100, SIG-101, ARCH-001, ARCH-079, ARCH-082, ARCH-085,
# ARCH-088, ARCH-090, ARCH-091
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
privately "$@"
source "$repo/tests/e2e/internet.sh"

second_at=192.0.2.1:4647

# inner NAME: a client inside, which calls the enterprise's gateway over TCP.
inner() {
  write_role "$1" - <<END
$(upstream_of "$1" gateway "$enterprise_at" enterprise.example)
transports = ["tcp"]
END
}

write_nodes() {
  write_role transit "$transit_at" transit.example <<END
[[server.mitigator]]
name = "router"
$nftables

[[server.customer]]
name = "gateways"
identities = ["provider.example"]
prefixes = ["203.0.113.0/24"]
gateway = true

[[server.customer]]
name = "enterprise"
identities = ["cdid:$(jq -r .cuid enterprise.json)"]
prefixes = ["192.0.2.0/25"]
END
  write_role provider "$provider_at" provider.example <<END
[[server.relay]]
name = "up"
upstream = "transit"
aggregate = false
cdid = true
end_to_end = true

[[server.customer]]
name = "enterprise"
identities = ["enterprise.example"]
prefixes = ["192.0.2.0/24"]

$(upstream_of provider transit "$transit_at" transit.example)
END
  write_role enterprise "$enterprise_at" enterprise.example <<END
[[server.relay]]
name = "up"
upstream = "provider"
end_to_end = true

[[server.customer]]
name = "one"
identities = ["one.example"]
prefixes = ["192.0.2.0/24"]

[[server.customer]]
name = "two"
identities = ["two.example"]
prefixes = ["192.0.2.0/26"]

$(upstream_of enterprise provider "$provider_at" provider.example)
END
  inner one
  inner two
}

# held_for_clients NODE: what its customers have, without what it asks for.
held_for_clients() {
  ask "$1" '[.mitigations[] | select(.progress == "")] | length' list
}

per_client() {
  ask provider '[.upstreams[] | select(.name | startswith("transit/"))] | length' \
    node
}

make_internet
tocsin pki init --dir pki --name "Demonstration CA" >/dev/null
issue transit provider one two
tocsin pki issue enterprise.example --dir pki --for both --json >enterprise.json
write_nodes
for node in transit provider enterprise; do run_node $node $node; done
run_node www one
run_node www two
await 30 "the gateway has a session upwards" session_is_up enterprise
await 20 "a client has one with the gateway" session_is_up one
await 20 "and the other one" session_is_up two
equal "over TCP" "$(ask one '.upstreams[0].via | split(" ")[0]' node)" tcp
equal "while the gateway's is over UDP" \
  "$(ask enterprise '.upstreams[0].via | split(" ")[0]' node)" udp
start_service
flood 3000
await 10 "the flood arrives" is_flooded

step "A request goes through two gateways"
asked=$(now_ms)
expect "a client asks" tocsin mitigate "$www" --protocol udp -c one.toml
tell "      and has the server's answer after $(($(now_ms) - asked)) ms"
equal "the server holds it, for the domain that it is from" \
  "$(ask transit '.mitigations[0].peer' list)" enterprise
equal "over a session for it alone" "$(per_client)" 1
await 20 "the client hears that it works" is_mitigated one 1
await 10 "the flood is gone" is_dry
await 20 "and how much was dropped" \
  ask one '(.dropped.pkts_dropped // 0) > 1000' status 1
expect "what the client says of it" tocsin report 1 fails -c one.toml
heard() { grep -q "under-attack" transit.log; }
await 10 "reaches the server" heard

step "Refusals are the server's"
refused() { ! tocsin mitigate 192.0.2.200 -c one.toml >/dev/null 2>refusal.txt; }
expect "what is not the domain's is refused" refused
expect "in the server's words" grep -q "4.01" refusal.txt
equal "and nothing is left of it" "$(held_for_clients enterprise)" 1

step "Two clients want the same"
expect "the other one asks" tocsin mitigate "$www" --protocol udp -c two.toml
await 20 "and hears that it works" is_mitigated two 1
equal "one request is at the server" "$(held transit)" 1
expect "the first one withdraws" tocsin withdraw 1 -c one.toml
stays 2 "the request stays for the other one" holds transit 1
expect "the flood stays away" is_dry
expect "the other one withdraws" tocsin withdraw 1 -c two.toml
await 20 "nothing is left at the server" holds transit 0
await 10 "the flood is back" is_flooded

# USE-043
step "A ring of gateways"
finish enterprise 15
finish provider 15
finish one 15
# The provider's gateway asks that of the enterprise, which asks it.
write_role provider "$provider_at" provider.example <<END
[[server.relay]]
name = "up"
upstream = "enterprise"

[[server.customer]]
name = "enterprise"
identities = ["enterprise.example"]
prefixes = ["192.0.2.0/24"]

$(upstream_of provider enterprise "$second_at" enterprise.example)
END
write_role enterprise "$enterprise_at\", \"$second_at" enterprise.example <<END
[[server.relay]]
name = "up"
upstream = "provider"

[[server.customer]]
name = "one"
identities = ["one.example"]
prefixes = ["192.0.2.0/24"]

[[server.customer]]
name = "provider"
identities = ["provider.example"]
prefixes = ["192.0.2.0/24"]

$(upstream_of enterprise provider "$provider_at" provider.example)
END
rm -rf provider enterprise
run_node provider provider
run_node enterprise enterprise
run_node www one
await 60 "the ring is closed" session_is_up provider
await 60 "both ways" session_is_up enterprise
await 60 "a client is there" session_is_up one
expect "it asks" tocsin mitigate 192.0.2.9 --no-wait -c one.toml
went_round() { grep -qh "passed too many gateways" provider.log enterprise.log; }
# As long as the client wants it, it starts anew with all its hops.
came_back() {
  ask enterprise 'any(.mitigations[]; .peer == "provider" and .progress == "")' \
    list
}
await 60 "the request has been round" came_back
expect "it withdraws" tocsin withdraw "$(ask one '.mitigations[0].mid' list)" \
  -c one.toml
await 60 "the ring lets go of what nobody wants: the enterprise's gateway" \
  holds enterprise 0
await 30 "and the provider's" holds provider 0
expect "the hop limit did it" went_round

end_nodes one two enterprise provider transit
passed
