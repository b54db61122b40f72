#!/bin/bash
# Fifty orders while client, server and driver are killed at random moments
# (SIGKILL) and started again: what was acknowledged holds, on both sides and
# in the kernel. TOCSIN_SEED repeats the choices of an earlier run.
source "$(dirname "${BASH_SOURCE[0]}")/../support/node_test.sh"
privately "$@"
need pgrep

seed=${TOCSIN_SEED:-$((EPOCHSECONDS % 32768))}
RANDOM=$seed
patience=100s # of an order; a lost server is noticed after 9 s

prepare() {
  ip link set lo up
  make_pki
  write_server 127.0.0.1:4646 <<'END'
[[server.mitigator]]
name = "edge"
driver = "nftables"

[[server.customer]]
name = "acme"
identities = ["client.example"]
prefixes = ["192.0.2.0/24"]
requests_per_minute = 0
END
  write_client client client.example 127.0.0.1:4646
}

# begin NODE: its earlier logs go to history.
begin() {
  [[ ! -s $1.log ]] || cat "$1.log" >>"$1.history"
  start "$1" "$1.log" tocsin run -c "$1.toml"
}

# kill_node NODE: as a power failure would, and again from the start.
kill_node() {
  local pid=${pid_of[$1]}
  kill -KILL "$pid"
  wait "$pid" 2>/dev/null || :
  begin "$1"
}

# The driver is a child of the server, which starts it again a second later; so
# it may be dead already.
kill_driver() {
  local pid
  pid=$(pgrep -P "${pid_of[server]}" | head -n 1) || return 0
  kill -KILL "$pid" 2>/dev/null || :
}

shuffled() {
  local list=("$@") i j swap
  for ((i = $# - 1; i > 0; i--)); do
    j=$((RANDOM % (i + 1)))
    swap=${list[i]} list[i]=${list[j]} list[j]=$swap
  done
  deck=("${list[@]}")
}

# What is known of a request, by its address: its mid as the client said it,
# and what must hold at the end: in_force, gone, or either.
declare -A mid_of=() wanted=()
orders=0 acknowledged=0 open=0

# order MITIGATE|WITHDRAW ADDRESS: in the background; see `settle_orders`.
order() {
  local words=(mitigate "$2" --protocol udp)
  [[ $1 == mitigate ]] || words=(withdraw "${mid_of[$2]}")
  wanted[$2]=either
  (
    status=0
    tocsin "${words[@]}" --json --timeout "$patience" -c client.toml \
      >"$2.answer" 2>/dev/null || status=$?
    echo "$1 $status" >"$2.done"
  ) &
  running+=("$2:$!")
  orders=$((orders + 1))
}

# Waits for the orders under way and notes what was acknowledged.
settle_orders() {
  local entry address what status
  for entry in "${running[@]}"; do
    wait "${entry#*:}" || :
    address=${entry%:*}
    read -r what status <"$address.done"
    if [[ $status != 0 ]]; then
      open=$((open + 1))
      continue
    fi
    acknowledged=$((acknowledged + 1))
    case $what in
    mitigate)
      mid_of[$address]=$(jq -er .mid "$address.answer")
      wanted[$address]=in_force
      ;;
    withdraw) wanted[$address]=gone ;;
    esac
  done
  running=()
}

# One of the requests known to be in force, or a new one.
next_order() {
  local address in_force=()
  for address in "${!wanted[@]}"; do
    [[ ${wanted[$address]} != in_force ]] || in_force+=("$address")
  done
  if ((${#in_force[@]} > 3 && RANDOM % 5 < 2)); then
    mapfile -t in_force < <(printf '%s\n' "${in_force[@]}" | sort)
    order withdraw "${in_force[RANDOM % ${#in_force[@]}]}"
  else
    order mitigate "192.0.2.$((++addresses))"
  fi
}

# play_batch VICTIM: two or three orders at once, and a death among them.
play_batch() {
  local n=$((2 + batch++ % 2)) delay
  running=()
  while ((n-- > 0)); do next_order; done
  delay=$((RANDOM % 250))
  sleep "0.$(printf %03d $delay)"
  case $1 in
  server | client) kill_node "$1" ;;
  driver) kill_driver ;;
  nobody) ;;
  esac
  settle_orders
  [[ $1 != server && $1 != client ]] || await_node "$1"
  tell "  $orders orders; ${1} killed after $delay ms"
}

# Three views of what is in force, as sorted lines "mid address".
in_client() {
  tocsin list --json -c client.toml | jq -r '.mitigations[]
    | "\(.mid) \(.["target-prefix"][0])"' | sort
}
in_server() {
  tocsin list --json -c server.toml | jq -r '.mitigations[]
    | select(.enforcement[0].state == "active")
    | "\(.mid) \(.["target-prefix"][0])"' | sort
}
in_kernel() {
  nft -j list table inet tocsin | jq -r '.nftables[].map? | objects
    | .elem[]? | "\(.[1].jump.target | sub("^m_[0-9a-f]*-"; "")) \(.[0])/32"' \
    | sort
}

# Nothing is under way, and all views are the same.
all_agree() {
  [[ $(ask client '[.mitigations[] | select(.progress != "active")]
    | length' list) == 0 ]] || return 1
  in_client >client.view
  in_server >server.view
  in_kernel >kernel.view
  [[ $(ask server '.mitigations | length' list) == $(wc -l <server.view) ]] \
    && cmp -s client.view server.view && cmp -s server.view kernel.view
}

show_views() {
  tail -n +1 -- *.view
  tocsin list -c client.toml
  tocsin list -c server.toml
}

judge() {
  local address line broken=0
  for address in "${!wanted[@]}"; do
    line="${mid_of[$address]:-[0-9]*} $address/32"
    case ${wanted[$address]} in
    in_force)
      grep -qx "$line" kernel.view && continue
      bad "$address was acknowledged, and is lost (mid ${mid_of[$address]})"
      ;;
    gone)
      grep -q " $address/32" kernel.view || continue
      bad "$address was withdrawn, and is in force"
      ;;
    either) continue ;;
    esac
    broken=$((broken + 1))
  done
  equal "what was acknowledged holds, what was withdrawn is gone" "$broken" 0
  equal "no mid was given twice" \
    "$(printf '%s\n' "${mid_of[@]}" | sort | uniq -d)" ''
}

tell "Seed $seed"
prepare
begin server
await_node server
await 20 "the driver is up" mitigator_is_up
begin client
await_node client
await 30 "the session is up" session_is_up client

step "Fifty orders, fifteen deaths"
batch=0 addresses=0
victims=()
for ((i = 0; i < 5; i++)); do victims+=(server client driver nobody); done
shuffled "${victims[@]}"
for victim in "${deck[@]}"; do play_batch "$victim"; done
tell "  $acknowledged acknowledged, $open ended without an answer"

step "What is left of it"
wait_for 120 all_agree || {
  show_views >&2
  die "FAILED within 120 s: client, server and kernel agree (seed $seed)"
}
tell "  ok  client, server and kernel agree"
tell "      on $(wc -l <kernel.view) mitigations"
judge
expect "the client ends in an orderly way" finish client 15
expect "the server ends in an orderly way" finish server 15
passed
