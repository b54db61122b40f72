# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of tools/bench, which sources this
# Rows of tools/bench: sessions, heartbeats, floods, requests and handshakes of one
# server.

# heartbeat_rows COUNT SERVER...: with so many sessions, beside these servers.
at_100= # heartbeats per second
heartbeat_rows() {
  local count=$1 which name
  shift
  for which in tocsin "$@"; do measure "$which" heartbeat --sessions "$count"; done
  name="heartbeats, $(grouped "$count") sessions"
  [[ $count != 100 ]] || at_100=${found[tocsin.rate]}
  for which in "$@"; do
    [[ $count != 100 || $which != floor ]] || target="ratio >= 0.7"
    beside "$which" "$name" 1/s rate 1
    beside "$which" "$name, p99" ms p99_us 0.001
    beside "$which" "$name, CPU" us server_us 1
  done
}

heartbeats() {
  local count
  for count in 100 1000; do heartbeat_rows "$count" libcoap floor; done
  # With 5,000 sessions libcoap's loop takes half a minute to come up.
  [[ $quick == yes ]] || heartbeat_rows 5000 libcoap floor
  beside libcoap "memory of an idle session" KiB memory_per_session 1/1024
  beside floor "memory of an idle session" KiB memory_per_session 1/1024
}

# libcoap's loop visits every session for every datagram: it takes no part.
many() {
  local count
  for count in 10000 100000; do
    if [[ -z $at_100 ]]; then
      measure tocsin heartbeat --sessions 100
      at_100=${found[tocsin.rate]}
    fi
    heartbeat_rows "$count" floor
    target="ratio >= $([[ $count == 10000 ]] && echo 0.8 || echo 0.7)"
    row "the same beside 100 sessions" 1/s "${found[tocsin.rate]}" \
      "100 sessions" "$at_100"
    [[ $count != 100000 ]] || target="value <= 18"
    beside floor "memory of each" KiB memory_per_session 1/1024
  done
}

# A heartbeat of each every 30 s (RFC 9132, Section 4.5.2), both ways.
idle_count=100000
idle() {
  local name windows=1 window=90000 # three beats of each
  [[ $long == no ]] || window=600000
  name="$(grouped "$idle_count") sessions, beating every 30 s"
  serve tocsin
  load heartbeat --sessions "$idle_count" --rate $((idle_count / 30))
  target="value <= 25"
  row "$name, CPU" % "$(number '.server_share * 100')"
  row "$name, p99" ms "$(number '.p99_us / 1000')"
  target="value <= 0"
  row "$name, heartbeats lost" n "$(number .lost)"
  target="value <= 0"
  row "$name, sessions lost" n "$(sessions_lost)"
}

sessions_lost() {
  number '[.outcomes | to_entries[] | select(.key | startswith("lost:")).value]
    | add // 0'
}

# beside_flood KIND RATE: sessions at work as fast as they can; as soon as all
# are up, somebody sends datagrams of that KIND. The flood runs on the load's
# core, so that the server has its own, and the load has less of it than without
# a flood. Sets $reached, the rate of the flood, and $grown, MiB of memory that
# the same sessions do not take without it.
flood_sessions=1000
beside_flood() {
  local kind=$1 rate=$2 warm_up=4000 who=() seconds expected=$quiet_resident
  seconds=$((1 + (warm_up + windows * window) / 1000))
  [[ $kind != garbage ]] || who=(--sessions "$flood_sessions"
    --server-name server.example --certificate pki/client.example.pem
    --key pki/client.example-key.pem --ca pki/ca.pem)
  [[ $kind != garbage ]] || expected=$((expected + quiet_sessions))
  : >load.log
  start flood flood.json bash -c \
    'until grep -q "are up" load.log; do sleep 0.05; done; exec "$@"' flood \
    taskset -c "$load_core" tocsin-load flood "$kind" --json \
    --server "127.0.0.1:$port" --rate "$rate" --count $((rate * seconds)) \
    "${who[@]}"
  load heartbeat --sessions "$flood_sessions" --outstanding "$outstanding" \
    --warm-up "$warm_up" || return 1
  grown=$((($(resident) - expected) / 1024))
  wait_for $((seconds * 4)) is_over flood || :
  reached=$(tail -n 1 flood.json | jq '.rate // 0' 2>/dev/null || echo 0)
  finish flood || :
}
is_over() { ! is_alive "$1"; }
resident() { awk '/^VmRSS/ { print $2 }' "/proc/${pid_of[server]}/status"; }

floods() {
  local rates=(200000) rate kind name quiet quiet_resident quiet_sessions
  [[ $quick == yes ]] || rates=(50000 200000)
  serve tocsin
  load heartbeat --sessions "$flood_sessions" --outstanding "$outstanding"
  quiet=$(number .rate) quiet_resident=$(resident)
  quiet_sessions=$(number ".memory_per_session * $flood_sessions / 1024 | round")
  for kind in hello cookie garbage; do
    for rate in "${rates[@]}"; do
      serve tocsin
      if ! beside_flood "$kind" "$rate"; then
        bad "flood of $kind at $rate/s: the sessions did not come up"
        continue
      fi
      name="$(grouped "$flood_sessions") sessions, flood of $kind"
      target="ratio >= 0.2"
      row "$name $(grouped "$rate")/s" 1/s "$(number .rate)" "no flood" "$quiet"
      row "  flood sent" 1/s "$reached"
      row "  p99" ms "$(number '.p99_us / 1000')"
      row "  heartbeats lost" n "$(number .lost)"
      target="value <= 0"
      row "  sessions lost" n "$(sessions_lost)"
      target="value <= 16"
      row "  memory grown by" MiB "$grown"
    done
  done
}

gets() {
  serve tocsin
  load get --outstanding "$outstanding" --sessions 1000
  row "GETs, 1,000 sessions" 1/s "$(number .rate)"
  row "GETs, 1,000 sessions, p99" ms "$(number '.p99_us / 1000')"
}

# The disk's own pace, one append after the other, is the measure here.
puts() {
  report=$(taskset -c "$load_core" tocsin-load disk --json --windows "$windows" \
    --window "$window" disk.bin)
  local disk_rate disk_p99 how="one fdatasync each"
  disk_rate=$(number .rate) disk_p99=$(number '.p99_us / 1000')
  local many
  for many in 1 64; do
    serve tocsin
    load put --sessions 100 --outstanding "$many"
    row "durable PUTs, $many under way" 1/s "$(number .rate)" \
      "$how" "$disk_rate"
    row "durable PUTs, $many under way, p99" ms "$(number '.p99_us / 1000')" \
      "$how" "$disk_p99"
  done
  # Windows of a second are over before so many new clients are known.
  [[ $quick == no ]] || return 0
  serve tocsin
  load put --sessions 1000 --outstanding 256
  target="value >= 10000"
  row "durable PUTs, 1,000 clients, 256 under way" 1/s "$(number .rate)" \
    "$how" "$disk_rate"
  target="value <= 50"
  row "durable PUTs, 1,000 clients, p99" ms "$(number '.p99_us / 1000')"
}

handshakes() {
  local which full many=5000
  [[ $quick == no ]] || many=2000
  for which in tocsin libcoap floor; do measure "$which" handshake; done
  for which in libcoap floor; do
    [[ $which != floor ]] || target="ratio >= 0.8"
    beside "$which" "handshakes" 1/s rate 1
    beside "$which" "handshakes, p99" ms p99_us 0.001
    beside "$which" "handshakes, CPU" us server_us 1
  done
  full=${found[tocsin.rate]}
  serve tocsin
  report=$(taskset -c "$load_core" tocsin-load storm --json --resumed --keep \
    --server "127.0.0.1:$port" --server-name server.example \
    --certificate pki/client.example.pem --key pki/client.example-key.pem \
    --ca pki/ca.pem --watch "${pid_of[server]}" --count "$many" \
    --outstanding "$outstanding" 2>load.log) || { cat load.log >&2; return 0; }
  printf '%s\n' "$report" >>raw.jsonl
  target="ratio >= 3"
  row "handshakes, resumed" 1/s "$(number .rate)" "full ones" "$full"
  row "handshakes, resumed, CPU" us "$(number .server_us)" "full ones" \
    "${found[tocsin.server_us]}"
}
