# shellcheck shell=bash
# Paths of a multihomed client: interfaces, addresses, names and credentials that
# belong to one provider. The second half of multihomed.sh, which sources it.
need python3

# An address of north's that the routes lead to south, who does not know it.
behind=192.0.2.250

make_detour() {
  ip -n north address add $behind/32 dev lo
  ip -n enterprise route add $behind/32 via 203.0.113.1 metric 10
  ip -n enterprise route add $behind/32 via 198.51.100.1 metric 20
}

# IPv6 at north, where this site has several addresses: one is not to be used
# any more, one is local to the site.
make_ipv6() {
  ip -n north address add 2001:db8:1::1/64 dev down0 nodad
  ip -n enterprise address add fd00:1::2/64 dev up0 nodad
  ip -n enterprise address add 2001:db8:1::2/64 dev up0 nodad
  ip -n enterprise address add 2001:db8:1::bad/64 dev up0 nodad \
    preferred_lft 0
}

# write_caller SERVER [LINE...]: a client of north's, what else its upstream says.
write_caller() {
  local server=$1
  shift
  write_role client - <<END
[client]
certificate = "pki/client.example.pem"
key = "pki/client.example-key.pem"
ca = "pki/ca.pem"

[[client.upstream]]
name = "north"
server = "$server"
server_name = "north.example"
$(printf '%s\n' "$@")
END
}

begin_caller() {
  run_node enterprise client
  await 30 "it has a session" session_is_up client
}
has_none() { ! session_is_up client; }
way_is() { [[ $(ask client '.upstreams[0].via | split(" ")[0]' node) == "$1" ]]; }
called_from() { ask north '.sessions[0].address' sessions; }
data_is_up() {
  ask client '.upstreams[0].data' node | grep -q '^in step: 1 of 1 '
}

make_detour
make_ipv6
write_provider north \
  "198.51.100.1:4646\", \"$behind:4646\", \"[2001:db8:1::1]:4646"
sed -i "s/^\[\[server.mitigator\]\]/[server.data]\nlisten = [\"$behind:8443\"]\n\n&/" \
  north.toml
run_node north north

# MULTI-024, MULTI-025
step "Through an interface, whatever the routes say"
data_section=('' '[client.upstream.data]' 'port = 8443'
  '' '[[client.alias]]' 'name = "web"' 'prefixes = ["192.0.2.7"]' 'publish = true')
write_caller "$behind:4646" "${data_section[@]}"
run_node enterprise client
stays 6 "by the routes, the server is not to be reached" has_none
finish client 15
write_caller "$behind:4646" 'interface = "up0"' "${data_section[@]}"
expect "check says so" grep -q "through up0 only" \
  <(in_namespace enterprise tocsin check -c client.toml)
begin_caller
expect "over UDP" way_is udp
await 20 "with its data channel" data_is_up
finish client 15
write_caller "$behind:4646" 'interface = "up0"' 'transports = ["tcp"]'
begin_caller
expect "and over TCP" way_is tcp
finish client 15

step "An interface that is not there"
write_caller "$behind:4646" 'interface = "eth9"'
does_not_start() {
  ! in_namespace enterprise tocsin run -c client.toml >refusal.txt 2>&1
}
expect "the node does not start" does_not_start
expect "and says what there is" \
  grep -q "'eth9' of upstream 'north': there is no such interface.*has .*up0" \
  refusal.txt

# MULTI-015
step "The address to call from"
write_caller "[2001:db8:1::1]:4646"
begin_caller
equal "is the one that RFC 6724 prefers" \
  "$(called_from | sed 's/:[0-9]*$//')" "[2001:db8:1::2]"
finish client 15

# MULTI-014
step "Names are asked of the provider's own DNS"
start_in north north-dns north-dns.log python3 \
  "$repo/tests/support/name_server.py" 198.51.100.1 dots.north.example \
  198.51.100.1
start_in south south-dns south-dns.log python3 \
  "$repo/tests/support/name_server.py" 203.0.113.1 dots.south.example \
  203.0.113.1
wait_for 10 grep -q ready north-dns.log || die "north has no DNS."
wait_for 10 grep -q ready south-dns.log || die "south has no DNS."
write_provider south 203.0.113.1:4646
run_node south south
write_caller dots.north.example:4646 'resolvers = ["198.51.100.1"]' \
  'interface = "up0"'
cat >>client.toml <<END

[[client.upstream]]
name = "south"
server = "dots.south.example:4646"
server_name = "south.example"
resolvers = ["203.0.113.1"]
interface = "up1"
END
run_node enterprise client
await 30 "it has a session with both" both_up
expect "one was asked for its name" grep -q dots.north.example north-dns.log
expect "the other for its own" grep -q dots.south.example south-dns.log
own_names_only() {
  ! grep -q south.example north-dns.log && ! grep -q north.example south-dns.log
}
expect "and neither for the other's" own_names_only
finish client 15
finish south 15

# MULTI-018
step "Credentials of each provider"
tocsin pki init --dir south-pki --name "CA of south" >/dev/null
for name in south client; do
  tocsin pki issue $name.example --dir south-pki --for both >/dev/null
done
sed -i 's|"pki/|"south-pki/|' south.toml
run_node south south
cat >caller-south <<END

[[client.upstream]]
name = "south"
server = "203.0.113.1:4646"
server_name = "south.example"
END
write_caller 198.51.100.1:4646
cat caller-south >>client.toml
run_node enterprise client
await 30 "with those of one provider, that one is reached" session_is_up client
one_up() {
  [[ $(ask client '[.upstreams[] | select(.state == "up")] | length' node) == 1 ]]
}
stays 5 "and the other one is not" one_up
finish client 15
cat >>client.toml <<END
certificate = "south-pki/client.example.pem"
key = "south-pki/client.example-key.pem"
ca = "south-pki/ca.pem"
END
run_node enterprise client
await 30 "with its own, both are" both_up
finish client 15
