# What both stories of tools/demo share; to be sourced. Comes with DEMO_BUILD,
# DEMO_QUICK, DEMO_KEEP and DEMO_RATE in the environment.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$repo/tools/lib/processes.sh"
source "$repo/tools/lib/bins.sh"

PATH=$DEMO_BUILD/bin:/usr/sbin:/sbin:$PATH
for program in tocsin tocsin-traffic tocsin-mitigator-nftables \
  tocsin-mitigator-exec jq awk setpriv; do
  command -v "$program" >/dev/null || die "$program is missing"
done

state=$(mktemp -d /tmp/tocsin-demo.XXXXXX)
began=$SECONDS

leave() {
  local status=$?
  trap - EXIT INT TERM HUP
  ((status < 128)) || bad "Interrupted: cleaning up."
  finish_all
  [[ $status == 0 || $status -ge 128 ]] || show_logs
  if [[ $DEMO_KEEP == yes ]]; then
    # Run by root for another: it shall be theirs.
    [[ $(id -u) != 0 ]] || chown -R --reference="$repo" "$state" 2>/dev/null || :
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
cd "$state"

# The ends of the nodes' logs, for whoever wonders why it failed.
show_logs() {
  local log
  for log in server.log client.log; do
    [[ -s $log ]] || continue
    bad "The end of $log:"
    tail -n 15 "$log" | sed 's/^/    /' >&2
  done
}

tell() { printf '%s\n' "$*" | fold -s -w 78; }

# Shows a command, runs it, and shows what it says.
shown() {
  local text='' word
  for word; do
    [[ $word =~ ^[A-Za-z0-9_./:,=@-]+$ ]] || word=${word@Q}
    text+=" $word"
  done
  shown_as "${text:1}" "$@"
}

# shown_as TEXT COMMAND...: the same, under another name.
shown_as() {
  printf '\n  %s$ %s%s\n' "$bold" "$1" "$plain"
  shift
  "$@" 2>&1 | sed 's/^/    /'
}

scene() {
  printf '\n'
  step "$*"
}

# expect WHAT COMMAND...: notes whether a condition holds.
failures=0
expect() {
  local what=$1
  shift
  if "$@"; then
    printf '  %sok%s      %s\n' "$green" "$plain" "$what"
  else
    printf '  %sFAILED%s  %s\n' "$red" "$plain" "$what"
    failures=$((failures + 1))
  fi
}

# is EXPRESSION: arithmetic of awk, e.g. is "3 < 0.01 * 500".
is() { awk "BEGIN { exit !($1) }"; }

# make_pki: an authority, the provider's server and its customer.
make_pki() {
  tell "DOTS agents know each other by certificates. For this demo an" \
    "authority is born that nobody else will ever trust."
  shown tocsin pki init --dir pki --name "Demo CA"
  shown tocsin pki issue dots.provider.example --dir pki --for server
  shown tocsin pki issue dots.enterprise.example --dir pki --for client
}

# write_configs SERVER_ADDRESS: both, but for the server's mitigator, which
# comes from standard input.
write_configs() {
  {
    cat <<END
[node]
name = "provider"
data_dir = "server"

[server]
listen = ["$1"]
certificate = "pki/dots.provider.example.pem"
key = "pki/dots.provider.example-key.pem"
ca = "pki/ca.pem"
# A withdrawn mitigation stays active that long. Two minutes are usual, so that
# routes can settle; the audience of a demo has no routes and less patience.
terminating_period = "2s"
max_terminating_period = "4s"

[[server.customer]]
name = "enterprise"
identities = ["dots.enterprise.example"]
prefixes = ["192.0.2.0/24"]

END
    cat
  } >server.toml
  cat >client.toml <<END
[node]
name = "enterprise"
data_dir = "client"

[client]
certificate = "pki/dots.enterprise.example.pem"
key = "pki/dots.enterprise.example-key.pem"
ca = "pki/ca.pem"

[[client.upstream]]
name = "provider"
server = "$1"
server_name = "dots.provider.example"
END
}

# ask NODE PATH...: what `tocsin COMMAND --json -c NODE.toml` says at FILTER.
ask() {
  local node=$1 filter=$2
  shift 2
  tocsin "$@" --json -c "$node.toml" 2>/dev/null | jq -er "$filter"
}

session_is_up() {
  [[ $(ask client '.upstreams[0].state' node) == up ]]
}

node_answers() { tocsin node --json -c "$1.toml"; }

answers_or_ended() { node_answers "$1" || ! is_alive "$1"; }

await_node() {
  wait_for 20 answers_or_ended "$1" || :
  node_answers "$1" >/dev/null || die "The $1 does not answer."
}

await_session() {
  local from
  from=$(now_ms)
  wait_for 30 session_is_up \
    || die "The client reaches no server: $(ask client \
      '.upstreams[0].detail' node)"
  echo "    The session is up (DTLS 1.2, both sides authenticated)," \
    "$(($(now_ms) - from)) ms later."
}

# request_mitigation: the customer asks; sets mid, asked_at, answered_ms.
request_mitigation() {
  asked_at=$(now_ms)
  shown tocsin mitigate 192.0.2.2 --protocol udp -c client.toml \
    || die "The request failed."
  mid=$(ask client '.mitigations[0].mid' list)
  answered_ms=$(ask client '.mitigations[0].answer_ms' list)
}

status_is() {
  [[ $(ask client .status status "$mid") == "$1" ]]
}

# rules_are N: how many mitigations the server's driver has in force.
rules_are() {
  [[ $(ask server '.mitigators[0].rules' node) == "$1" ]]
}

# seconds QUICK FULL
seconds() {
  if [[ $DEMO_QUICK == yes ]]; then echo "$1"; else echo "$2"; fi
}

finish_node() {
  expect "the $1 ended in an orderly way" finish "$1" 15
}

conclude() {
  printf '\n'
  [[ $failures == 0 ]] \
    || die "$failures of the expectations were not met. ($((SECONDS - began)) s)"
  good "All of it was observed. ($((SECONDS - began)) s)"
}
