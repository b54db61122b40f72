#!/bin/bash
# How long an order waits for its answer on a path that loses half of the
# packets each way: loss_distribution.sh [RUNS]. A run: a session exists, the
# loss begins, the operator asks for mitigation at once. Clients on paths of
# their own make the runs side by side. TOCSIN_LOSS: percent, each way;
# TOCSIN_FRESH=yes: no session exists, the client starts within the loss;
# TOCSIN_WAYS='"udp"': what its transports are. By default it has TCP, too, which
# loses nothing here and wins the race for the session.
#
# The claim: at 50 %, 99 of 100 orders are answered within 30 seconds.
# USE-006
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
privately "$@"
runs=${1:-12}
loss=${TOCSIN_LOSS:-50}
fresh=${TOCSIN_FRESH:-no}
ways=${TOCSIN_WAYS:-'"udp", "tcp"'}
most=$((runs < 12 ? runs : 12)) # clients, and thus paths
promised=30 # seconds
patience=${TOCSIN_PATIENCE:-120} # seconds

# configure_client CLIENT RUN: what a client that starts anew asked for before
# must not get in its way, so it is another one, of another cuid, each time.
configure_client() {
  write_client "client$1" "client$1.example" "203.0.113.$((4 * $1 + 1)):4646"
  cat >>"client$1.toml" <<END
transports = [$ways]
cuid = "client-$1-run-$2"
END
}

build_network() {
  local i identities=
  prepare_namespaces
  add_namespace provider
  make_pki
  for ((i = 0; i < most; i++)); do
    add_namespace "client$i"
    add_link provider "down$i" "203.0.113.$((4 * i + 1))/30" \
      "client$i" up0 "203.0.113.$((4 * i + 2))/30"
    tocsin pki issue "client$i.example" --dir pki --for client >/dev/null
    configure_client "$i" first
    identities+=${identities:+, }"\"client$i.example\""
  done
  write_hook
  write_server 0.0.0.0:4646 <<END
[[server.mitigator]]
name = "edge"
driver = "exec"
arguments = ["--hook", "$state/hook"]

[[server.customer]]
name = "acme"
identities = [$identities]
prefixes = ["192.0.2.0/24", "198.51.100.0/24"]
max_mitigations = 1000
max_cuids = 1000
END
}

# lose CLIENT PERCENT: of what arrives at either end of its path, of the signal
# channel only.
lose() {
  local side
  for side in "provider down$1 dport" "client$1 up0 sport"; do
    # shellcheck disable=SC2086
    set -- "$1" "$2" $side
    in_namespace "$3" nft -f - <<END
table inet loss_$4
delete table inet loss_$4
table inet loss_$4 {
  chain arriving {
    type filter hook input priority -400;
    iifname "$4" udp $5 4646 numgen random mod 100 < $2 counter drop
  }
}
END
  done
}

# play CLIENT FIRST LAST: its runs, one after the other; a line each, of
# milliseconds, goes to times.N.
play() {
  local i=$1 run at answer
  for ((run = $2; run < $3; run++)); do
    lose "$i" 0
    if [[ $fresh == yes ]]; then
      finish "client$i" 15 || :
      rm -rf "client$i"
      configure_client "$i" "$run"
      lose "$i" "$loss"
    fi
    if ((run == $2)) || [[ $fresh == yes ]]; then
      start_in "client$i" "client$i" "client$i.log" \
        tocsin run -c "client$i.toml"
      await_node "client$i"
    fi
    if [[ $fresh == no ]]; then
      wait_for 60 session_is_up "client$i" || die "client$i: no session"
      lose "$i" "$loss"
    fi
    at=$(now_ms)
    answer=$(tocsin mitigate "$(target "$run")" --protocol udp --json \
      --timeout "${patience}s" -c "client$i.toml") || answer='{}'
    if [[ $(jq -r '.answer_ms // 0' <<<"$answer") == 0 ]]; then
      echo $((patience * 1000)) # as long as anybody waited
    else
      echo $(($(now_ms) - at))
    fi >>"times.$i"
  done
  lose "$i" 0
  finish "client$i" 15 || :
}

# target RUN: no two runs overlap.
target() {
  local net=192.0.2
  (($1 < 250)) || net=198.51.100
  echo "$net.$((1 + $1 % 250))"
}

# Milliseconds at so many percent of sorted.txt.
percentile() {
  awk -v at="$1" '{ x[NR] = $1 }
    END { n = int((NR * at + 99) / 100); print x[n < 1 ? 1 : n] }' sorted.txt
}

report() {
  local at limit
  cat times.* | sort -n >sorted.txt
  equal "every run has a result" "$(wc -l <sorted.txt)" "$runs"
  step "From order to answer, $runs runs at a loss of $loss %, each way"
  for at in 0 10 25 50 75 90 95 99 100; do
    printf '  %3s %% of the runs within %7s ms\n' "$at" "$(percentile "$at")"
  done
  for limit in 1 3 5 10 20 30 60 120; do
    printf '  within %3s s: %s\n' "$limit" \
      "$(awk -v most=$((limit * 1000)) '$1 <= most' sorted.txt | wc -l)"
  done
}

build_network
start_in provider server server.log tocsin run -c server.toml
await_node server
await 20 "the driver is up" mitigator_is_up
players=()
for ((i = 0; i < most; i++)); do
  (
    pid_of=() # what the script started is not this player's to end
    trap finish_all EXIT
    play "$i" $((runs * i / most)) $((runs * (i + 1) / most))
  ) &
  players+=($!)
done
for player in "${players[@]}"; do
  wait "$player" || die "FAILED: a client could not make its runs"
done
report
late=$(awk -v most=$((promised * 1000)) '$1 > most' sorted.txt | wc -l)
if [[ $loss == 50 && $fresh == no ]]; then
  expect "of $runs orders $late waited longer than $promised s, not more than 1 %" \
    test $((late * 100)) -le "$((runs < 100 ? 100 : runs))"
fi
expect "the server ends in an orderly way" finish server 15
passed
