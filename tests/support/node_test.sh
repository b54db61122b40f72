# shellcheck shell=bash
# Tests with real nodes, processes and networks; to be sourced. TOCSIN_BIN names
# the directory of the programs under test; TOCSIN_KEEP=yes keeps what a test
# wrote.
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"
source "$repo/tools/lib/processes.sh"
source "$repo/tools/lib/namespaces.sh"
source "$repo/tools/lib/ports.sh"

PATH=${TOCSIN_BIN:?}:/usr/sbin:/sbin:$PATH
unset TOCSIN_CONFIG TOCSIN_SOCKET

# need PROGRAM...: tests that cannot run fail; they must not look passed.
need() {
  local program
  for program; do
    command -v "$program" >/dev/null \
      || die "$program is missing; tools/setup installs it"
  done
}
need tocsin jq awk setpriv

state=$(mktemp -d /tmp/tocsin-test.XXXXXX)
cd "$state"
began=$SECONDS
checks=0

leave() {
  local status=$?
  trap - EXIT INT TERM HUP
  finish_all
  [[ $status == 0 ]] || show_logs
  cd /
  if [[ ${TOCSIN_KEEP:-no} == yes ]]; then
    echo "Kept: $state"
  else
    rm -rf "$state"
  fi
  exit "$status"
}
trap leave EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# privately "$@": starts the script anew, in a network of its own.
privately() {
  [[ ${TOCSIN_PRIVATE:-no} == no ]] || return 0
  need nft ip unshare nsenter
  cd /
  rmdir "$state"
  export TOCSIN_PRIVATE=yes
  in_private_network "$0" "$@"
}

show_logs() {
  local log
  for log in *.log; do
    [[ -s $log ]] || continue
    bad "The end of $log:"
    tail -n "${TOCSIN_LOG_LINES:-25}" "$log" | sed 's/^/    /' >&2
  done
}

tell() { printf '%s\n' "$*"; }

# expect WHAT COMMAND...: the test ends at the first thing that is not so.
expect() {
  local what=$1
  shift
  "$@" || die "FAILED: $what ($*)"
  checks=$((checks + 1))
  printf '  ok  %s\n' "$what"
}

# equal WHAT FOUND WANTED
equal() {
  [[ $2 == "$3" ]] || die "FAILED: $1: found '$2', expected '$3'"
  checks=$((checks + 1))
  printf '  ok  %s\n' "$1"
}

# await SECONDS WHAT COMMAND...
await() {
  local patience=$1 what=$2
  shift 2
  wait_for "$patience" "$@" || die "FAILED within $patience s: $what ($*)"
  checks=$((checks + 1))
  printf '  ok  %s\n' "$what"
}

# stays SECONDS WHAT COMMAND...: it is so now, and so long; each second is looked
# at several times, and the first time that it is not ends the test.
stays() {
  local patience=$1 what=$2 since
  shift 2
  since=$(now_ms)
  while :; do
    "$@" >/dev/null \
      || die "FAILED after $(($(now_ms) - since)) ms: $what ($*)"
    (($(now_ms) - since < patience * 1000)) || break
    sleep 0.2
  done
  checks=$((checks + 1))
  printf '  ok  %s\n' "$what"
}

passed() { good "$checks checks passed in $((SECONDS - began)) s."; }

now_ms() {
  local us=${EPOCHREALTIME/[.,]/}
  echo $((us / 1000))
}

# make_pki: an authority, server.example and client.example in pki/.
make_pki() {
  tocsin pki init --dir pki --name "Test CA" >/dev/null
  tocsin pki issue server.example --dir pki --for server \
    --address 127.0.0.1 >/dev/null
  tocsin pki issue client.example --dir pki --for client >/dev/null
}

# write_server ADDRESS: server.toml; standard input is appended: mitigators
# and what else the customer "acme" shall have.
write_server() {
  cat >server.toml <<END
[node]
name = "provider"
data_dir = "server"
control_socket = "server.sock"
log_level = "${TOCSIN_LOG_LEVEL:-info}"

[server]
listen = ["$1"]
certificate = "pki/server.example.pem"
key = "pki/server.example-key.pem"
ca = "pki/ca.pem"
terminating_period = "1s"
max_terminating_period = "1s"

END
  cat >>server.toml
}

# write_client NAME CERTIFICATE ADDRESS: NAME.toml of a client node.
write_client() {
  cat >"$1.toml" <<END
[node]
name = "$1"
data_dir = "$1"
control_socket = "$1.sock"
log_level = "${TOCSIN_LOG_LEVEL:-info}"

[client]
certificate = "pki/$2.pem"
key = "pki/$2-key.pem"
ca = "pki/ca.pem"

[[client.upstream]]
name = "provider"
server = "$3"
server_name = "server.example"
END
}

# write_middle NAME ADDRESS UPSTREAM SERVER: NAME.toml of a node with the
# certificate of NAME.example which is a server at ADDRESS, and at SERVER a client
# of server.example; standard input is appended: relays, customers.
write_middle() {
  cat >"$1.toml" <<END
[node]
name = "$1"
data_dir = "$1"
control_socket = "$1.sock"
log_level = "${TOCSIN_LOG_LEVEL:-info}"

[server]
listen = ["$2"]
certificate = "pki/$1.example.pem"
key = "pki/$1.example-key.pem"
ca = "pki/ca.pem"
terminating_period = "0s"
max_terminating_period = "0s"
conflict_policy = "accept-all"

[client]
certificate = "pki/$1.example.pem"
key = "pki/$1.example-key.pem"
ca = "pki/ca.pem"

[[client.upstream]]
name = "$3"
server = "$4"
server_name = "server.example"

END
  cat >>"$1.toml"
}

# write_hook: an operator's program for the exec driver; orders.txt gets a line
# for each order: action, id, prefixes.
write_hook() {
  cat >hook <<END
#!/bin/sh
echo "\$TOCSIN_ACTION \$TOCSIN_ID \$TOCSIN_PREFIXES" >>"$state/orders.txt"
END
  chmod +x hook
  : >orders.txt
}

# ask NODE FILTER COMMAND...: what a node says as JSON, through jq.
ask() {
  local node=$1 filter=$2
  shift 2
  tocsin "$@" --json -c "$node.toml" 2>/dev/null | jq -er "$filter"
}

node_answers() { tocsin node --json -c "$1.toml" --timeout 5s; }
session_is_up() { [[ $(ask "$1" '.upstreams[0].state' node) == up ]]; }
mitigator_is_up() { [[ $(ask server '.mitigators[0].state' node) == up ]]; }

answers_or_ended() { node_answers "$1" || ! is_alive "$1"; }

# await_node NAME: until it answers its operator.
await_node() {
  wait_for 30 answers_or_ended "$1" || :
  node_answers "$1" >/dev/null || die "The node $1 does not answer."
}

# resident NAME: resident memory of a process in KiB.
resident() {
  awk '/^VmRSS:/ { print $2 }' "/proc/${pid_of[$1]}/status"
}
