# shellcheck shell=bash
# A small internet of network namespaces, for demonstrations with packets; to be
# sourced after node_test.sh. All addresses are reserved for documentation.
#
#   attacker 198.51.100.2 --\
#                            >-- transit ---- provider ---- enterprise ---- www
#   visitor  203.0.113.2 ---/
#
# The enterprise's addresses are 192.0.2.0/25. Its web server www is 192.0.2.2.
source "$repo/tools/lib/bins.sh"

www=192.0.2.2
transit_at=192.0.2.129:4646      # for the provider
provider_at=192.0.2.133:4646     # for the enterprise
enterprise_at=192.0.2.1:4646     # for what is inside
enterprise_out=192.0.2.134:4646  # for the provider

make_internet() {
  local name
  prepare_namespaces
  for name in attacker visitor transit provider enterprise www; do
    add_namespace "$name"
  done
  add_link attacker up0 198.51.100.2/24 transit attacker0 198.51.100.1/24
  add_link visitor up0 203.0.113.2/24 transit visitor0 203.0.113.1/24
  add_link provider up0 192.0.2.130/30 transit down0 192.0.2.129/30
  add_link enterprise up0 192.0.2.134/30 provider down0 192.0.2.133/30
  add_link www up0 192.0.2.2/25 enterprise down0 192.0.2.1/25
  ip -n attacker route add default via 198.51.100.1
  ip -n visitor route add default via 203.0.113.1
  ip -n transit route add 192.0.2.0/25 via 192.0.2.130
  ip -n transit route add 192.0.2.132/30 via 192.0.2.130
  ip -n provider route add default via 192.0.2.129
  ip -n provider route add 192.0.2.0/25 via 192.0.2.134
  ip -n enterprise route add default via 192.0.2.133
  ip -n www route add default via 192.0.2.1
  for name in transit provider enterprise; do make_router "$name"; done
}

# write_role NAME LISTEN CERTIFICATE: NAME.toml of a node with this certificate;
# with a LISTEN of "-" it is no server. Standard input is appended.
write_role() {
  cat >"$1.toml" <<END
[node]
name = "$1"
data_dir = "$1"
control_socket = "$1.sock"
log_level = "${TOCSIN_LOG_LEVEL:-info}"

END
  [[ $2 == - ]] || cat >>"$1.toml" <<END
[server]
listen = ["$2"]
certificate = "pki/$3.pem"
key = "pki/$3-key.pem"
ca = "pki/ca.pem"
terminating_period = "1s"
max_terminating_period = "1s"
status_interval = "3s"
attack_stopped_after = "${attack_stopped_after:-6s}"
conflict_policy = "accept-all"

END
  cat >>"$1.toml"
}

# upstream_of WHO NAME SERVER SERVER_NAME: a [client] with one upstream.
upstream_of() {
  cat <<END
[client]
certificate = "pki/$1.example.pem"
key = "pki/$1.example-key.pem"
ca = "pki/ca.pem"

[[client.upstream]]
name = "$2"
server = "$3"
server_name = "$4"

END
}

# issue NAME...: certificates NAME.example, good for both sides, unless there are.
issue() {
  local name
  [[ -e pki/ca.pem ]] \
    || tocsin pki init --dir pki --name "Demonstration CA" >/dev/null
  for name; do
    [[ -e pki/$name.example.pem ]] \
      || tocsin pki issue "$name.example" --dir pki --for both >/dev/null
  done
}

# run_node NAMESPACE NAME: starts a node and waits until it answers.
run_node() {
  start_in "$1" "$2" "$2.log" tocsin run -c "$2.toml"
  await_node "$2"
}

nftables='driver = "nftables"
arguments = ["--hook", "forward", "--counters-interval", "200"]'

start_service() {
  start_in www victim victim.out tocsin-traffic victim \
    --address "$www" --tcp 80 --udp 53 --log victim.bins
  wait_for 10 test -s victim.out || die "The service does not start."
  start_in visitor visit visit.out tocsin-traffic visit \
    --to "$www:80" --rate 30 --seconds 300 --log visit.bins
}

# flood RATE [SIZE]: in place of the flood before it; 0: none.
flood() {
  finish flood || :
  rm -f flood.bins
  [[ $1 != 0 ]] || return 0
  start_in attacker flood flood.out tocsin-traffic flood --to "$www:53" \
    --rate "$1" --seconds 300 --size "${2:-100}" --sources 16 --log flood.bins
}

# arriving: flood packets at the web server in the last second.
arriving() { per_second victim.bins 1 $(($(now_ms) - 1100)) $(($(now_ms) - 100)); }
answered_visits() {
  per_second visit.bins 2 $(($(now_ms) - 1100)) $(($(now_ms) - 100))
}
is_flooded() { (($(arriving) > 300)); }
is_dry() { (($(arriving) < 20)); }
is_served() { (($(answered_visits) > 20)); }

# link_rate NAMESPACE rx|tx: packets a second through its cable upwards.
link_rate() {
  local before
  before=$(link_packets "$@")
  sleep 1
  echo $(($(link_packets "$@") - before))
}
link_packets() { ip -n "$1" -s -j link show up0 | jq ".[0].stats64.$2.packets"; }

# rules NAMESPACE: mitigations in force in its kernel, each of which counts.
rules() {
  in_namespace "$1" nft -j list counters table inet tocsin 2>/dev/null \
    | jq '[.nftables[].counter | select(. != null)] | length'
}

held() { ask "$1" '.mitigations | length' list; }
holds() { [[ $(held "$1") == "$2" ]]; }
status_at() { ask "$1" .status status "$2"; }
is_status() { [[ $(status_at "$1" "$2") == "$3" ]]; }
is_mitigated() { is_status "$1" "$2" attack-successfully-mitigated; }

# helper NODE MITIGATOR: how far it is with the requests of customers.
helper() {
  ask "$1" "[.mitigations[] | select(.progress == \"\") | .enforcement[]
    | select(.mitigator == \"$2\") | .state][0] // \"none\"" list
}
helper_is() { [[ $(helper "$1" "$2") == "$3" ]]; }

end_nodes() {
  local node
  for node; do
    expect "$node ends in an orderly way" finish "$node" 15
  done
}
