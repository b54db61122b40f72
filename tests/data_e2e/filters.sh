#!/bin/bash
# A provider's router with a data channel, two customers behind it, and an
# attacker: what customers set up by curl happens to packets, IPv4 and IPv6.
#
#   attacker -- provider (tocsin, nftables) -- acme, beta
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
privately "$@"
source "$repo/tests/interop/coap.sh"
source "$repo/tests/data_e2e/data.sh"
need coap-client-gnutls

acme4=192.0.2.2 acme6=2001:db8:1::2 beta4=203.0.113.2
port=4646

build_network() {
  local name
  prepare_namespaces
  for name in attacker provider acme beta; do add_namespace "$name"; done
  add_link attacker up0 198.51.100.2/24 provider attacker0 198.51.100.1/24
  add_link acme up0 $acme4/24 provider acme0 192.0.2.1/24
  add_link beta up0 $beta4/24 provider beta0 203.0.113.1/24
  ip -n attacker address add 2001:db8:a::2/64 dev up0 nodad
  ip -n provider address add 2001:db8:a::1/64 dev attacker0 nodad
  ip -n acme address add $acme6/64 dev up0 nodad
  ip -n provider address add 2001:db8:1::1/64 dev acme0 nodad
  ip -n attacker route add default via 198.51.100.1
  ip -n attacker route add default via 2001:db8:a::1
  ip -n acme route add default via 192.0.2.1
  ip -n acme route add default via 2001:db8:1::1
  ip -n beta route add default via 203.0.113.1
  make_router provider
  count_at acme
  count_at beta
}

ports=({1001..1009} 11211)

# count_at NAMESPACE: what arrives at these UDP ports is counted, and then
# dropped, so that no ICMP error stops the sender.
count_at() {
  local family n
  {
    echo "table inet seen {"
    for family in 4 6; do
      for n in "${ports[@]}"; do echo "counter c${family}_$n {}"; done
    done
    echo "chain arrivals { type filter hook input priority 0;"
    for family in 4 6; do
      for n in "${ports[@]}"; do
        echo "meta nfproto ipv$family udp dport $n counter name c${family}_$n"
      done
    done
    echo "udp dport { $(IFS=,; echo "${ports[*]}") } drop"
    echo "}"
    echo "}"
  } >count.nft
  in_namespace "$1" nft -f count.nft
}

# arrived NAMESPACE FAMILY PORT: packets so far.
arrived() {
  in_namespace "$1" nft -j list counter inet seen "c$2_$3" \
    | jq '.nftables[].counter? | objects | .packets'
}

# send ADDRESS PORT COUNT [OCTETS]: from the attacker.
send() {
  # shellcheck disable=SC2016
  in_namespace attacker "$BASH" -c '
    exec 3>"/dev/udp/$1/$2"
    text=$(printf "%0$4d" 0)
    for ((i = 0; i < $3; i++)); do printf %s "$text" >&3; done' - \
    "$1" "$2" "$3" "${4:-100}"
}

# passes HOW_MANY NAMESPACE FAMILY ADDRESS PORT [OCTETS]: sends 20 packets, and
# says how many of them arrive.
passes() {
  local before
  before=$(arrived "$1" "$2" "$4")
  send "$3" "$4" 20 "${5:-100}"
  echo $(($(arrived "$1" "$2" "$4") - before))
}

# all_pass WHAT NAMESPACE FAMILY ADDRESS PORT; none_passes the same
all_pass() { equal "$1" "$(passes "${@:2}")" 20; }
none_passes() { equal "$1" "$(passes "${@:2}")" 0; }
is_stopped() { [[ $(passes "$@") == 0 ]]; }
is_let_through() { [[ $(passes "$@") == 20 ]]; }

# Matches of UDP to this port, for put_acl.
udp4() {
  printf '{"ipv4":{"destination-ipv4-network":"%s"},
    "udp":{"destination-port-range-or-operator":{"operator":"eq","port":%d}}}' "$1" "$2"
}
udp6() {
  printf '{"ipv6":{"destination-ipv6-network":"%s"},
    "udp":{"destination-port-range-or-operator":{"operator":"eq","port":%d}}}' "$1" "$2"
}

start_server() {
  make_pki
  tocsin pki issue beta.example --dir pki --for client >/dev/null
  write_server 127.0.0.1:4646 <<'END'
[server.data]
listen = ["192.0.2.1", "[2001:db8:1::1]", "203.0.113.1"]

[[server.mitigator]]
name = "router"
driver = "nftables"
arguments = ["--hook", "forward", "--counters-interval", "200"]

[[server.customer]]
name = "acme"
identities = ["client.example"]
prefixes = ["192.0.2.0/24", "2001:db8:1::/48"]

[[server.customer]]
name = "beta"
identities = ["beta.example"]
prefixes = ["203.0.113.0/24"]
END
  begin_server
}

begin_server() {
  start_in provider server server.log tocsin run -c server.toml
  await_node server
  await 20 "the driver is up" mitigator_is_up
}

as_acme() { curl_in=acme data_at=192.0.2.1:443; }
as_beta() { curl_in=beta data_at=203.0.113.1:443; }

# The coap client calls the signal channel inside the provider.
write_coap_client() {
  cat >coap-client <<'END'
#!/bin/bash
exec nsenter --net=/run/netns/provider -- coap-client-gnutls "$@"
END
  chmod +x coap-client
  client=./coap-client
}

build_network
start_server
write_coap_client
as_acme

# ARCH-037
step "Registration over IPv4 and IPv6"
# DATA-002, DATA-004, DATA-018
register client.example acme-1
answered "acme is registered" 201
curl_in=acme data_at='[2001:db8:1::1]:443'
rest client.example GET "$dd/dots-client=acme-1"
answered "and seen over IPv6" 200
as_beta
register beta.example beta-1
answered "beta is registered" 201

step "Nothing is filtered yet"
all_pass "IPv4 arrives" acme 4 $acme4 1001
all_pass "IPv6 arrives" acme 6 $acme6 1001
all_pass "beta's, too" beta 4 $beta4 1001

step "The filter of docs/operations.md"
as_acme
documented client "From registration to a filter that drops"
all_pass "what it is for arrives" acme 4 $acme4 11211
expect "the commands say what they should" as_documented client
await 10 "and no longer" is_stopped acme 4 $acme4 11211
all_pass "the rest does" acme 4 $acme4 1001
rest client.example DELETE "$dd/dots-client=edge-1"
answered "its client is deleted" 204
await 10 "and it arrives again" is_let_through acme 4 $acme4 11211

# ARCH-036
step "Immediate filters"
# DATA-061, DATA-193
put_acl client.example acme-1 four ipv4 immediate \
  "$(ace drop "$(udp4 192.0.2.0/24 1001)" '{"forwarding":"drop"}')" \
  "$(ace limit "$(udp4 192.0.2.0/24 1003)" \
    '{"forwarding":"accept","rate-limit":"2000.00"}')"
answered "an ACL for IPv4" 201
put_acl client.example acme-1 six ipv6 immediate \
  "$(ace drop "$(udp6 2001:db8:1::/48 1001)" '{"forwarding":"drop"}')" \
  "$(ace limit "$(udp6 2001:db8:1::/48 1003)" \
    '{"forwarding":"accept","rate-limit":"2000.00"}')"
answered "an ACL for IPv6" 201
await 10 "IPv4 to the port is dropped" is_stopped acme 4 $acme4 1001
await 10 "IPv6 to the port is dropped" is_stopped acme 6 $acme6 1001
all_pass "other ports are not" acme 4 $acme4 1002
all_pass "nor over IPv6" acme 6 $acme6 1002
all_pass "and beta's traffic is not touched" beta 4 $beta4 1001
# 20 packets of 628 octets at once; a second's worth and 1,500 octets pass.
limited=$(passes acme 4 $acme4 1003 600)
expect "a burst beyond the rate is cut ($limited of 20 pass)" \
  test "$limited" -ge 1 -a "$limited" -le 10
limited=$(passes acme 6 $acme6 1003 600)
expect "over IPv6, too ($limited of 20 pass)" \
  test "$limited" -ge 1 -a "$limited" -le 10

step "Statistics come back"
statistic() {
  rest client.example GET "$dd/dots-client=acme-1/acls/acl=$1"
  jq -r --arg ace "$2" '.["ietf-dots-data-channel:acls"].acl[0].aces.ace[]
    | select(.name == $ace) | .statistics["matched-packets"]' body.json
}
counted() { [[ $(statistic four drop) == "$1" ]]; }
# is_told: as many as one volley has were counted.
is_told() {
  local packets
  packets=$(statistic four drop)
  [[ $packets -ge 20 ]]
}
# DATA-110
await 5 "what was dropped is told" is_told
before=$(statistic four drop)
none_passes "twenty more" acme 4 $acme4 1001
await 5 "and counted one by one" counted $((before + 20))

# ARCH-032, ARCH-035, ARCH-111
step "Filters of a mitigation, and one by an alias"
# DATA-194
put_acl client.example acme-1 later ipv4 activate-when-mitigating \
  "$(ace pass "$(udp4 192.0.2.0/24 1005)" '{"forwarding":"accept"}')" \
  "$(ace drop "$(udp4 192.0.2.0/24 1004)" '{"forwarding":"drop"}')"
answered "an ACL for mitigations" 201
put_acl client.example acme-1 spare ipv4 deactivate \
  "$(ace drop "$(udp4 192.0.2.0/24 1002)" '{"forwarding":"drop"}')"
answered "and one that is not activated" 201
put_alias client.example acme-1 host 192.0.2.2/32
answered "an alias of the host" 201
all_pass "neither is in force" acme 4 $acme4 1004
# DATA-138
ask_server put mitigate/cuid=acme-1/mid=1 "$(request "0d81$(text host)")"
code_is "a mitigation of the alias is granted" 2.01
await 10 "it drops what goes to the host" is_stopped acme 4 $acme4 1006
await 10 "what the ACL accepts passes it by" \
  is_let_through acme 4 $acme4 1005
none_passes "what the ACL drops is dropped" acme 4 $acme4 1004
equal "both are seen in the mitigator" \
  "$(ask server '.mitigators[0] | "\(.rules) \(.filter_sets)"' node)" "1 1"
ask_server delete mitigate/cuid=acme-1/mid=1
code_is "it is withdrawn" 2.02
await 15 "then the host is reached again" is_let_through acme 4 $acme4 1006
await 5 "and the ACL is out of force" is_let_through acme 4 $acme4 1004

# ARCH-092, ARCH-210, ARCH-211
step "A client sees and touches only its own"
as_beta
# DATA-248, REST-066, REST-073, REST-074
rest beta.example GET "$dd/dots-client=acme-1"
answered "another customer's client is not there" 404
rest beta.example GET "$dd"
said "nor in the list" \
  '[.["ietf-dots-data-channel:dots-data"]["dots-client"][].cuid] | join(" ")' \
  beta-1
rest beta.example DELETE "$dd/dots-client=acme-1/acls/acl=four"
answered "its ACLs cannot be deleted" 404
put_acl beta.example beta-1 theft ipv4 immediate \
  "$(ace drop "$(udp4 192.0.2.0/24 1007)" '{"forwarding":"drop"}')"
answered "another's destination is refused" 403
put_alias beta.example beta-1 theft 192.0.2.2/32
answered "so is its address in an alias" 403
put_acl beta.example beta-1 own ipv4 activate-when-mitigating \
  "$(ace drop '{"udp":{"destination-port-range-or-operator":{"operator":"eq","port":1008}}}' \
    '{"forwarding":"drop"}')"
answered "a filter without a destination is accepted" 201
certificate=beta.example
ask_server put mitigate/cuid=beta-1/mid=1 \
  "$(request "0681$(text 203.0.113.99/32)")"
code_is "beta mitigates" 2.01
certificate=client.example
await 10 "it is in force for beta" is_stopped beta 4 $beta4 1008
all_pass "and not for acme" acme 4 $acme4 1008
none_passes "acme's filters are as before" acme 4 $acme4 1001

step "A restart, a death, and nothing is lost"
as_acme
expect "the server ends in an orderly way" finish server 15
none_passes "filters hold while it is down" acme 4 $acme4 1001
begin_server
none_passes "and when it is back" acme 4 $acme4 1001
rest client.example GET "$dd/dots-client=acme-1?content=config"
said "all is there" '.["ietf-dots-data-channel:dots-client"][0]
  | "\([.acls.acl[].name] | join(" ")), \(.aliases.alias[0].name)"' \
  "four six later spare, host"
rest client.example DELETE "$dd/dots-client=acme-1/acls/acl=four"
answered "an ACL is deleted" 204
kill -KILL "${pid_of[server]}"
wait "${pid_of[server]}" 2>/dev/null || :
begin_server
await 10 "and stays so after a death" is_let_through acme 4 $acme4 1001
none_passes "the other one stays" acme 6 $acme6 1001

step "The end of a client"
rest client.example DELETE "$dd/dots-client=acme-1"
answered "it is deleted" 204
await 10 "with its filters" is_let_through acme 6 $acme6 1001
expect "the server ends in an orderly way" finish server 15
passed
