#!/bin/bash
# Three clients at work while somebody sends datagrams from addresses all over
# 127.128.0.0/9: flood.sh hello (100,000 first flights of handshakes), cookie
# (the same with cookies that nobody gave) or noise (octets without sense).
# Nobody suffers.
# ARCH-208, ARCH-227
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
need tocsin-load
kind=${1:?}
case $kind in
hello | cookie) packets=100000 rate=10000 ;;
noise) packets=3000 rate=1000 ;;
esac
clients=(one two three)
most_growth=4096 # KiB of resident memory

start_agents() {
  local name
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
identities = ["one.example", "two.example", "three.example", "four.example"]
prefixes = ["192.0.2.0/24"]
END
  start server server.log tocsin run -c server.toml
  await_node server
  for name in "${clients[@]}" four; do
    tocsin pki issue "$name.example" --dir pki --for client >/dev/null
    write_client "$name" "$name.example" "127.0.0.1:$port"
  done
  for name in "${clients[@]}"; do start_client "$name"; done
}

start_client() {
  start "$1" "$1.log" tocsin run -c "$1.toml"
  await_node "$1"
  await 20 "the session of client $1 is up" session_is_up "$1"
}

session_ids() { ask server '[.sessions[].id] | sort | join(" ")' sessions; }

# One round of every client: ask for mitigation, read the status, withdraw.
# Sets `slowest`, in milliseconds from order to answer.
slowest=0 answered=0
work() {
  local name mid from took
  for name in "${clients[@]}"; do
    from=$(now_ms)
    mid=$(ask "$name" .mid mitigate "192.0.2.$((1 + answered % 250))" \
      --timeout 20s) || die "FAILED: client $name got no answer"
    took=$(($(now_ms) - from))
    ((took <= slowest)) || slowest=$took
    ask "$name" .status status "$mid" >/dev/null \
      || die "FAILED: client $name got no status"
    ask "$name" .mid withdraw "$mid" --timeout 20s >/dev/null \
      || die "FAILED: client $name could not withdraw"
    answered=$((answered + 3))
  done
}

# Memory that one sanitizer takes says nothing about ours.
judge_memory() {
  if ldd "$(command -v tocsin)" | grep -q asan; then
    tell "  --  memory is not judged: a sanitizer is in this program"
    return
  fi
  expect "the server grew by $(($1)) KiB, not more than $most_growth" \
    test "$(($1))" -le "$most_growth"
}

start_agents
work
before=$(resident server)
ids=$(session_ids)

step "$packets datagrams ($kind), $rate a second"
start flood flood.out tocsin-load flood "$kind" --json \
  --server "127.0.0.1:$port" --count "$packets" --rate "$rate" --seed 4711
while is_alive flood; do work; done
finish flood || die "FAILED: the flood ended early"
tell "  $(cat flood.out)"
tell "  $answered requests answered, the slowest after $slowest ms"

expect "most of it was sent" \
  test "$(jq .sent flood.out)" -gt $((packets * 9 / 10))
case $kind in
hello | cookie) # cookies, or it was no first flight, and never more than came
  expect "the server asked for cookies" test "$(jq .answers flood.out)" -gt 1000
  expect "it sent less than it got" \
    test "$(jq ".answer_octets < .sent_octets" flood.out)" == true
  ;;
noise)
  expect "hardly any got an answer" test "$(jq .answers flood.out)" -lt 10
  ;;
esac
equal "no session was lost" "$(session_ids)" "$ids"
judge_memory "$(resident server) - before"
start_client four
clients+=(four)
work
expect "a newcomer is served, too" is_alive server
for name in "${clients[@]}" server; do
  expect "node $name ends in an orderly way" finish "$name" 15
done
passed
