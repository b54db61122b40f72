#!/bin/bash
# Two server nodes of one organisation, each a process, and three clients: a
# conflict is found across nodes, a node that dies or hangs takes nothing with it,
# and clients are handed over without a gap.
# ARCH-125, SIG-136
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"

# Alternate servers are called at the port of the provisioned one, so the nodes
# differ in their address.
declare -A at=([a]=127.0.0.1 [b]=127.0.0.2)
port=$(free_port)
declare -A calls=()

# write_node NAME OTHER: a node, and the program that puts its rules into force.
write_node() {
  local name=$1 other=$2
  cat >"hook_$name" <<END
#!/bin/sh
echo "\$(date +%s%N) \$TOCSIN_ACTION \$TOCSIN_PREFIXES" >>"$state/orders_$name.txt"
END
  chmod +x "hook_$name"
  : >"orders_$name.txt"
  cat >"$name.toml" <<END
[node]
name = "$name"
data_dir = "$name"
control_socket = "$name.sock"
log_level = "${TOCSIN_LOG_LEVEL:-info}"

[server]
listen = ["${at[$name]}:$port"]
certificate = "pki/$name.example.pem"
key = "pki/$name.example-key.pem"
ca = "pki/ca.pem"
terminating_period = "1s"
max_terminating_period = "1s"

[siblings]
listen = "127.0.0.1:${calls[$name]}"

[[siblings.peer]]
name = "$other"
address = "127.0.0.1:${calls[$other]}"
alt_server = "$other.example"
addresses = ["${at[$other]}"]

[[server.mitigator]]
name = "edge"
driver = "exec"
arguments = ["--hook", "$state/hook_$name"]

[[server.customer]]
name = "acme"
identities = ["client.example", "third.example"]
prefixes = ["192.0.2.0/24"]

[[server.customer]]
name = "beta"
identities = ["second.example"]
prefixes = ["192.0.2.0/24"]
END
}

prepare() {
  make_pki
  local name
  for name in a b; do
    tocsin pki issue "$name.example" --dir pki --for server \
      --address "${at[$name]}" >/dev/null
    calls[$name]=$(free_port)
  done
  for name in second third; do
    tocsin pki issue "$name.example" --dir pki --for client >/dev/null
  done
  write_node a b
  write_node b a
  write_client client client.example "${at[a]}:$port"
  write_client second second.example "${at[b]}:$port"
  write_client third third.example "${at[a]}:$port"
  sed -i 's/^server_name = .*/server_name = "a.example"/' client.toml third.toml
  sed -i 's/^server_name = .*/server_name = "b.example"/' second.toml
}

begin() { start "$1" "$1.log" tocsin run -c "$1.toml"; }
kill_hard() {
  kill -KILL "${pid_of[$1]}"
  wait "${pid_of[$1]}" 2>/dev/null || :
}

sibling_of() { ask "$1" '.siblings[0].state' node; }
sibling_is() { [[ $(sibling_of "$1") == "$2" ]]; }
is_not_up() { ! sibling_is "$1" up; }
is_mitigated() {
  [[ $(ask "$1" .status status "$2") == attack-successfully-mitigated ]]
}
held() { ask "$1" '.mitigations | length' list; }
holds() { [[ $(held "$1") == "$2" ]]; }
is_via() { [[ $(ask "$1" '.upstreams[0].via' node) == *"${at[$2]}:$port" ]]; }
refused_address() {
  sed 's/^listen = "127.0.0.1:.*/listen = "192.0.2.1"/' a.toml >wide.toml
  ! tocsin check -c wide.toml 2>refusal.txt \
    && grep -q "neither encrypted nor authenticated" refusal.txt
}
# takes_less MS COMMAND...
takes_less() {
  local limit=$1 from
  from=$(now_ms)
  shift
  "$@" >/dev/null && [[ $(($(now_ms) - from)) -lt $limit ]]
}
# first_order NODE ACTION PREFIX, last_order: when it was given, in ns.
orders() { awk -v a="$2" -v p="$3" '$2 == a && $3 == p { print $1 }' "orders_$1.txt"; }
first_order() { orders "$@" | head -n 1; }
last_order() { orders "$@" | tail -n 1; }
no_openssl() {
  ! ldd "$(command -v tocsin)" \
    | grep -E 'libcaf_openssl|lib(ssl|crypto)\.so' | grep -vq android
}

prepare
step "The configuration is explained"
expect "check tells of the sibling" \
  grep -q "joined with sibling b at 127.0.0.1:${calls[b]}" \
  <(tocsin check -c a.toml --explain)
expect "an address beyond loopback is refused with the reason" refused_address
expect "no OpenSSL comes in" no_openssl

step "Two nodes join"
for node in a b client second third; do
  begin "$node"
  await_node "$node"
done
await 10 "a is joined with b" sibling_is a up
await 10 "b is joined with a" sibling_is b up
for node in client second third; do
  await 20 "$node has a session" session_is_up "$node"
done

step "A conflict is found across nodes"
expect "the client asks a" tocsin mitigate 192.0.2.80 -c client.toml
await 20 "it is mitigated" is_mitigated client 1
expect "the second asks b" \
  tocsin mitigate 192.0.2.80 --no-wait -c second.toml
is_refused() { grep -q "mitigation 1: 4.09 overlapping-targets" second.log; }
await 10 "it is refused, for a's client holds it" is_refused
equal "and b holds nothing" "$(held b)" 0
expect "what overlaps nothing is granted" \
  tocsin mitigate 192.0.2.90 -c second.toml

step "One node is killed"
kill_hard b
expect "the other answers as before" \
  takes_less 3000 tocsin mitigate 192.0.2.81 -c client.toml
await 5 "and says that its sibling is down" sibling_is a down
equal "nothing was withdrawn" "$(grep -c withdraw orders_a.txt || :)" 0
begin b
await_node b
await 20 "the dead one joins again by itself" sibling_is a up
equal "with what it held" "$(held b)" 1

step "One node hangs"
kill -STOP "${pid_of[b]}"
expect "the other answers as before" \
  takes_less 3000 tocsin mitigate 192.0.2.82 -c client.toml
await 5 "and says that its sibling is late" is_not_up a
kill -CONT "${pid_of[b]}"
await 40 "they are joined again" sibling_is a up

step "A client is handed over"
cuid=$(ask client '.upstreams[0].cuid' node)
expect "the operator hands the client over to b" \
  tocsin handover --to b --client "$cuid" -c a.toml
await 10 "a holds nothing of it" holds a 0
equal "b holds all of it, and what it held" "$(held b)" 4
await 40 "the client has a session with b" is_via client b
await 20 "its mitigation is in force" is_mitigated client 1
expect "b put it into force before a let it go" \
  test "$(first_order b install 192.0.2.80/32)" -lt \
  "$(last_order a withdraw 192.0.2.80/32)"
equal "and never withdrew it" "$(orders b withdraw 192.0.2.80/32 | wc -l)" 0

step "A node is drained"
expect "another client asks a" tocsin mitigate 192.0.2.100 -c third.toml
expect "the operator drains a" tocsin handover --to b --all -c a.toml
await 10 "a holds nothing" holds a 0
await 40 "the client has a session with b" is_via third b
equal "newcomers are sent there, too" \
  "$(ask a .redirect node)" "b.example: maintenance"
kill_hard a
await 20 "its mitigation is in force" is_mitigated third 1
equal "b holds all" "$(held b)" 5

step "The end"
expect "the client withdraws" tocsin withdraw 1 -c client.toml
is_withdrawn() { [[ -n $(last_order b withdraw 192.0.2.80/32) ]]; }
await 10 "b ends it" is_withdrawn
begin a
await_node a
await 20 "a is joined with b again" sibling_is b up
for node in client second third a b; do
  expect "$node ends in an orderly way" finish "$node" 15
done
passed
