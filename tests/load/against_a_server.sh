#!/bin/bash
# tocsin-load with 200 sessions against a server node: every kind of request,
# handshakes, floods, and clients that vanish.
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
need tocsin-load

start_server() {
  make_pki
  port=$(free_port)
  write_hook
  write_server "127.0.0.1:$port" <<END
[[server.mitigator]]
name = "edge"
driver = "exec"
arguments = ["--hook", "$state/hook"]

[[server.customer]]
name = "acme"
identities = ["client.example"]
prefixes = ["10.0.0.0/8"]
max_mitigations = 10000
max_cuids = 10000
requests_per_minute = 0
END
  start server server.log tocsin run -c server.toml
  await_node server
}

identity=(--server-name server.example --ca pki/ca.pem
  --certificate pki/client.example.pem --key pki/client.example-key.pem)

# load MEASUREMENT OPTION...: its report is in report.json.
load() {
  tocsin-load "$@" --json --server "127.0.0.1:$port" >report.json 2>load.log \
    || die "FAILED: tocsin-load $1 (status $?)"
}

# holds WHAT FILTER: what jq says about the last report.
says() { jq -e "$1" report.json >/dev/null; }
holds() { expect "$1" says "$2"; }

only_success='[.outcomes | keys[] | select(startswith("2.") | not)] == []'

start_server

step "200 sessions in an open loop"
load run "${identity[@]}" --sessions 200 --rate 400 --observers 20 \
  --mix heartbeat=90,get=6,put=3,delete=1 --windows 2 --window 500 \
  --warm-up 100
holds "each kind of request was answered" \
  '.operations | [.heartbeat, .get, .put, .delete] | all(.done > 0)'
holds "no request was refused" "$only_success"
holds "observers were told" '.notifications > 20'

step "the same in a closed loop"
load run "${identity[@]}" --sessions 200 --outstanding 16 --windows 1 \
  --window 300 --warm-up 100
holds "heartbeats were answered" '.operations.heartbeat.done > 0'
holds "no request was refused" "$only_success"

step "Handshakes"
load storm "${identity[@]}" --count 40 --rate 200
holds "40 full ones" '.outcomes == {"full": 40}'
load storm "${identity[@]}" --count 40 --outstanding 20 --resumed
holds "40 resumed ones" '.outcomes == {"resumed": 40}'

step "Floods"
load flood hello --count 2000 --rate 10000
holds "first flights were answered with less than they were" \
  '.sent == 2000 and .answers > 0 and .answer_octets < .sent_octets'
load flood cookie --count 2000 --rate 10000
holds "bad cookies were, too" '.answers > 0 and .answer_octets < .sent_octets'
load flood garbage "${identity[@]}" --sessions 50 --count 2000 --rate 10000
holds "garbage ended no session" \
  '.sent == 2000 and .sessions_alive == 50 and .sessions_lost == 0'

step "Clients that vanish"
load vanish "${identity[@]}" --sessions 20 --duration 1 --leave-mitigations
holds "they were there" '.connect_seconds > 0'
await_node server

step "What is not on this machine"
expect "another target is refused" \
  test "$(tocsin-load flood hello --server 192.0.2.1:4646 2>&1 >/dev/null \
    | grep -c '127.0.0.0/8 only')" == 1
finish server 15
passed
