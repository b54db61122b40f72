# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of tools/bench, which sources this
# Rows of tools/bench: what a node holds, enforces, asks others for and restores.

# PUTs of 1,000 clients in windows of a second until more than 100,000
# mitigations live, and what a start with them costs.
live_seconds=25
live() {
  local windows=$live_seconds window=1000 few many count enough
  serve tocsin
  echo "  $live_seconds s of PUTs ..." >&2
  load put --sessions 1000 --outstanding 64 || return 0
  # Not the first second, in which all clients are new.
  few=$(mean_rate_between 1 30000) many=$(mean_rate_between 100000 100000000)
  if [[ $many == 0 ]]; then
    bad "$live_seconds s are too short for 100,000 mitigations"
    return 0
  fi
  target="ratio >= 0.8"
  row "durable PUTs, over 100,000 live" 1/s "$many" "below 30,000" "$few"
  # Afresh, with as many as the target names, or a few more.
  enough=$(number '[foreach .window_rates[] as $x (0; . + $x)]
    | map(select(. < 100000)) | length + 1')
  windows=$enough
  serve tocsin
  echo "  $enough s of PUTs ..." >&2
  load put --sessions 1000 --outstanding 64 || return 0
  count=$(number '.outcomes["2.01"] // 0')
  finish server 30 || :
  started_again "idle driver" "$count" env
  unshare --net true 2>/dev/null || return 0
  sed -i "s|^driver = .*|driver = \"nftables\"|" server.toml
  started_again nftables "$count" unshare --net bash -c \
    'ip link set lo up; exec "$@"' netns
}

# mean_rate_between LEAST MOST: of the windows that began with so many done.
mean_rate_between() {
  number "[foreach .window_rates[] as \$x ({seen: 0};
    {before: .seen, rate: \$x, seen: (.seen + \$x)})
    | select(.before >= $1 and .before < $2).rate]
    | if length > 0 then add / length else 0 end"
}

node_says() { # FILTER
  tocsin node -c server.toml --json 2>/dev/null | jq -e "$1" >/dev/null
}
# started_again DRIVER COUNT PREFIX...
started_again() {
  local driver=$1 count=$2 began
  shift 2
  began=${EPOCHREALTIME/[.,]/}
  start server restart.log taskset -c "$server_core" "$@" \
    tocsin run -c server.toml
  echo "  start with $count mitigations, $driver ..." >&2
  if ! wait_for 120 node_says .; then
    bad "start with $count mitigations ($driver): not ready within 120 s"
    finish server 30 || :
    return 0
  fi
  target="value <= 5000"
  row "start with $(grouped "$count"), ready" ms \
    "$(((${EPOCHREALTIME/[.,]/} - began) / 1000))"
  if wait_for 180 node_says '[.. | .mitigators? // empty | .[].state]
    | length > 0 and all(. == "up")'; then
    target="value <= 30000"
    row "  reconciled, $driver" ms \
      "$(((${EPOCHREALTIME/[.,]/} - began) / 1000))"
  else
    bad "start with $count mitigations ($driver): not reconciled within 180 s"
  fi
  finish server 30 || :
}

# In a network namespace with nothing else in it; server and load both.
enforce() {
  if ! unshare --net true 2>/dev/null; then
    bad "No right to make a network namespace: enforcement is left out."
    return 0
  fi
  finish server || :
  port=$(free_port)
  rm -rf data
  configuration "$port" | sed 's|^driver = .*|driver = "nftables"|' >server.toml
  if ! report=$(timeout 120 unshare --net bash -c '
    ip link set lo up
    taskset -c "$1" tocsin run -c server.toml >enforce.log 2>&1 &
    server=$!
    trap "kill $server; wait $server" EXIT
    for ((i = 0; i < 200; i++)); do
      tocsin node -c server.toml --json 2>/dev/null \
        | grep -q "\"state\":\"up\"" && break
      sleep 0.1
    done
    taskset -c "$2" tocsin-load enforce --json --server "127.0.0.1:$3" \
      --server-name server.example --certificate pki/client.example.pem \
      --key pki/client.example-key.pem --ca pki/ca.pem --count 100' \
    enforce "$server_core" "$load_core" "$port" 2>load.log); then
    bad "enforcement: $(tail -n 1 load.log)"
    return 0
  fi
  printf '%s\n' "$report" >>raw.jsonl
  row "PUT to rule in nftables, median" ms "$(number '.p50_us / 1000')"
  target="value <= 10"
  row "PUT to rule in nftables, p99" ms "$(number '.p99_us / 1000')"
  row "  mitigations that did not come" n "$(number .lost)"
}

# Two reactors beside the load on the same two cores say nothing about a rate,
# so this is an estimate: twice the work if neither core waits for the other.
cores() {
  local one two
  [[ ${#cores[@]} -gt 1 ]] || return 0
  measure tocsin heartbeat --sessions 1000
  one=${found[tocsin.server_us]}
  local server_core="${cores[0]},${cores[1]}" reactors=2
  measure tocsin heartbeat --sessions 1000
  two=${found[tocsin.server_us]}
  target="value >= 1.6"
  row "two cores, estimated by CPU of each" x "$(jq -n "2 * $one / $two")"
}

# A node on the server's core that asks another one, on the load's, which stays.
# A gateway, or with MITIGATOR the server of a customer who needs more help.
asking_configuration() { # PORT PORT-OF-THE-OTHER [MITIGATOR]
  configuration "$1" | sed -e 's/^name = "bench"/name = "asking"/' \
    -e 's/^data_dir = .*/data_dir = "asking"/' \
    -e 's/^log_level = .*/log_level = "info"/' \
    -e '/server.mitigator/,/^driver/d'
  cat <<END
${3:-}
[[server.relay]]
name = "up"
upstream = "above"
$(if [[ -n ${3:-} ]]; then echo 'when_overloaded = true'; else echo 'end_to_end = true'; fi)
[client]
certificate = "pki/gateway.example.pem"
key = "pki/gateway.example-key.pem"
ca = "pki/ca.pem"
[[client.upstream]]
name = "above"
server = "127.0.0.1:$2"
server_name = "server.example"
[[client.upstream.translation]]
internal = "10.0.0.0/15"
external = "198.18.0.0/15"
END
}

# serve_asking PORT-OF-THE-OTHER [MITIGATOR]
serve_asking() {
  finish server || :
  port=$(free_port)
  rm -rf asking
  asking_configuration "$port" "$@" >server.toml
  start server asking.log taskset -c "$server_core" tocsin run -c server.toml
  wait_for 20 node_says '.upstreams[0].state == "up"' \
    || die "The node that asks reaches no server."
}

# serve_above: a server for nodes that ask, afresh; sets $above, its port.
serve_above() {
  finish above || :
  above=$(free_port)
  rm -rf data
  configuration "$above" \
    | sed -e 's/^identities = .*/identities = ["gateway.example"]/' \
      -e 's|^prefixes = .*|prefixes = ["198.18.0.0/15"]|' \
      -e 's/^log_level = .*/log_level = "info"/' >above.toml
  start above above.log taskset -c "$load_core" tocsin run -c above.toml
  wait_for 10 listens "$above" || die "The server above does not start."
}

hop() {
  local direct above many=64 sessions=1000
  [[ -e pki/gateway.example.pem ]] \
    || tocsin pki issue gateway.example --for both --dir pki >>pki.log
  serve tocsin
  load put --sessions 1 --outstanding 1
  direct=$(number '.p50_us / 1000')
  finish server || :
  serve_above
  serve_asking "$above"
  load put --sessions 1 --outstanding 1
  row "PUT answered through a gateway, median" ms "$(number '.p50_us / 1000')" \
    "the server alone" "$direct"
  load put --sessions "$sessions" --outstanding "$many"
  row "PUTs through a gateway, $(grouped $sessions) clients" 1/s "$(number .rate)"
  row "  p99" ms "$(number '.p99_us / 1000')"
  finish server || :
  recursion
  finish above || :
}

# From a request accepted to the same accepted by the server that helps.
recursion() {
  local full
  full=$(printf '%s\n' "[[server.mitigator]]" 'name = "full"' \
    "driver = \"$build_dir/bin/tocsin-bench-driver\"" 'arguments = ["--full"]')
  serve_above
  serve_asking "$above" "$full"
  load put --sessions 1 --rate 20
  sleep 1
  report=$(jq -Rnc --slurpfile ours <(accepted asking.log) \
    --slurpfile theirs <(accepted above.log) '
    [$ours, $theirs] | transpose | map(select(all) | .[1] - .[0]) | sort
    | {many: length, median: .[length / 2 | floor]}')
  if [[ $(number .many) == 0 ]]; then
    bad "recursion: the server above was never asked"
    return 0
  fi
  row "recursion: accepted here to accepted above" ms "$(number .median)"
  row "  mitigations" n "$(number .many)"
}

# accepted LOG: when mitigations were, in milliseconds.
accepted() {
  grep 'mitigation .* accepted for' "$1" \
    | sed 's/^\([-0-9]*\) \([0-9:]*\)\.\([0-9]*\).*/\1T\2Z \3/' \
    | jq -R 'split(" ") | (.[0] | fromdateiso8601) * 1000 + (.[1] | tonumber)'
}

clients_are_back() {
  [[ $(tocsin data -c server.toml --json 2>/dev/null \
    | jq '.data_clients | length') == 1000 ]]
}

# The data channel: 1,000 clients with an ACL of 100 entries each.
data_channel() {
  data_port=$(free_port)
  serve tocsin
  port=$data_port
  load data-put --sessions 1000 --outstanding 8
  row "PUTs of 100 filter entries" 1/s "$(number .rate)"
  row "PUTs of 100 filter entries, p99" ms "$(number '.p99_us / 1000')"
  row "memory of 100 filter entries" KiB "$(number '.memory_per_session / 1024')"
  load data-get --sessions 1000 --outstanding 8
  row "GETs of 100 filter entries" 1/s "$(number .rate)"
  row "GETs of 100 filter entries, p99" ms "$(number '.p99_us / 1000')"
  finish server
  local began=${EPOCHREALTIME/[.,]/}
  start server restart.log taskset -c "$server_core" tocsin run -c server.toml
  wait_for 60 clients_are_back || die "The data clients are not back."
  row "start with 100,000 filter entries" ms \
    "$(((${EPOCHREALTIME/[.,]/} - began) / 1000))"
  data_port=
}

# loss NAME DRIVER PREFIX...: ten thousand clients lost at once; sets $report.
loss() {
  local name=$1 driver=$2
  shift 2
  rm -f loss.db*
  if ! report=$("$@" tocsin-bench-loss --clients 10000 --driver "$driver" \
    --store loss.db 2>"loss.$name.log"); then
    bad "clients lost at once ($name): $(tail -n 1 "loss.$name.log")"
    return 1
  fi
  printf '%s\n' "$report" >>raw.jsonl
}

losses() {
  local idle_all
  loss idle "$build_dir/bin/tocsin-bench-driver" env || return 0
  idle_all=$(number .all_ms)
  row "10,000 clients lost, half in force" ms "$(number .half_ms)"
  target="value <= 5000"
  row "10,000 clients lost, all in force" ms "$idle_all"
  row "10,000 clients lost, orders" n "$(number .orders)"
  # In a network namespace of its own: no packet of this host is touched. Not in
  # a user namespace: there the kernel limits the size of a transaction.
  if ! unshare --net true 2>/dev/null; then
    bad "No right to make a network namespace: nftables is left out."
    return 0
  fi
  loss nftables nftables unshare --net || return 0
  target="value <= 5000"
  row "the same, nftables" ms "$(number .all_ms)" "a driver that does nothing" \
    "$idle_all"
  row "the same, nftables, orders" n "$(number .orders)"
}
